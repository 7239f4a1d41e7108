"""Clean HTML put into the page's form: headings, tables, figures that any reader can use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from insights.messages import _, spoken

__all__ = ["Heading", "Outline", "languages_marked", "rewrite"]

_VOID = {"br", "col", "hr", "img"}
_AS_TYPED = {"code", "pre"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_WIDE = 13  # columns from which a table is set across the paper
_KANA, _HANGUL, _HAN = "\u3041-\u30ff", "\uac00-\ud7a3", "\u3400-\u9fff\uf900-\ufaff"
_EAST = f"{_HAN}{_KANA}{_HANGUL}\U00020000-\U0003134f"
# words of an East Asian script, with the digits, marks and blanks between them
_EASTERN = re.compile(
    f"[{_EAST}](?:[{_EAST}0-9\u3000-\u303f\uff00-\uff65，。！？、；：“”…—%~. -]*"
    f"[{_EAST}\u3000-\u303f\uff00-\uff65，。！？、；：…])?"
)


@dataclass(frozen=True)
class Heading:
    """A heading of the page's contents list."""

    level: int
    text: str
    anchor: str


class Outline:
    """What the cells of one page share: its title, its contents, the anchors taken.

    `topics`: address of the page that holds a card for each topic; empty: there is none.
    """

    def __init__(self, topics: str = "") -> None:
        self.title = ""
        self.headings: list[Heading] = []
        self.level = 1  # of the last heading of the prose
        self.tables = 0
        self.topics = topics
        self._anchors: set[str] = set()

    def anchor(self, text: str) -> str:
        """Return a new anchor made of a heading's words, in any script."""
        words = "-".join(re.findall(r"\w+", text.lower()))[:60] or "section"
        name, count = f"s-{words}", 2
        while name in self._anchors:
            name, count = f"s-{words}-{count}", count + 1
        self._anchors.add(name)
        return name


def languages_marked(text: str) -> str:
    """Return text as HTML, escaped; words of an East Asian script name their language, where it is
    not the page's.
    """
    language = "ja" if re.search(f"[{_KANA}]", text) else "zh"
    parts, end = [], 0
    for found in _EASTERN.finditer(text):
        parts.append(escape(text[end : found.start()], quote=False))
        one = "ko" if re.search(f"[{_HANGUL}]", found.group()) else language
        said = escape(found.group(), quote=False)
        parts.append(said if one == spoken() else f'<span lang="{one}">{said}</span>')
        end = found.end()
    return "".join(parts) + escape(text[end:], quote=False)


def rewrite(html: str, outline: Outline, *, prose: bool, caption: str = "") -> str:
    """Return clean HTML in the page's form.

    `prose`: from a Markdown cell, whose headings make the contents list and whose first h1 is
    the page's title (taken out here); headings of outputs are demoted below them. Tables get a
    scroll container, a caption for screen readers and the scope of their headings; images get
    alternative text; words of another script name their language.
    """
    writer = _Writer(outline, prose=prose, caption=caption)
    writer.feed(html)
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    """Copies well-formed HTML, changed on the way."""

    def __init__(self, outline: Outline, *, prose: bool, caption: str) -> None:
        super().__init__(convert_charrefs=True)
        self.outline, self.prose, self.caption = outline, prose, caption
        self.parts: list[str] = []
        self.heading: tuple[str, int] | None = None
        self.said: list[str] = []  # text since the last block began: a table's caption
        self.in_head = False
        self.code = 0
        self.topic = False  # whether the cell holds a topic's id
        self.first = self.last = 0  # levels of the first and the last heading of an output
        self.opened = self.rows = self.columns = 0  # a table's place, rows, cells of its first
        self.spoken: list[bool] = []  # of the open elements: whether they name a language

    def text(self) -> str:
        return "".join(self.parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag in _HEADINGS:
            self._open_heading(tag)
            return
        if tag == "table":
            self._open_table(values)
            return
        if tag == "thead":
            self.in_head = True
        elif tag == "td":
            self.topic = values.get("class") == "topic-id"
        elif tag == "tr":
            self.rows += 1
        elif tag == "th":
            values.setdefault("scope", "col" if self.in_head else "row")
        elif tag == "img":
            if not values.get("src"):
                self.parts.append(escape(values.get("alt") or _("[picture left out]")))
                return
            values["alt"] = values.get("alt") or _("Picture without a description")
        elif tag in ("p", "summary"):
            self.said = []
        self.columns += tag in ("td", "th") and self.rows == 1
        self.code += tag in _AS_TYPED
        if tag not in _VOID:
            self.spoken.append("lang" in values or (self.spoken or [False])[-1])
        self._open(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._close_heading(tag)
            return
        if tag == "thead":
            self.in_head = False
        self.code -= tag in _AS_TYPED
        if tag not in _VOID:
            self.spoken.pop()
            self.parts.append(f"</{tag}>")
        if tag == "table":
            if self.columns >= _WIDE:
                opening = self.parts[self.opened]
                self.parts[self.opened] = opening.replace('"scroll"', '"scroll wide"', 1)
            self.parts.append("</div>")
            self.said = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        if self.topic and self.outline.topics and re.fullmatch(r"\d+", data):
            address = f"{self.outline.topics}#topic-{data}"
            self.parts.append(f'<a href="{escape(address)}">{data}</a>')
            return
        text = data if self.code else re.sub(r"(?<=\d) %", "\u00a0%", data)
        known = self.code or (self.spoken or [False])[-1]
        self.parts.append(escape(text, quote=False) if known else languages_marked(text))

    def _open(self, tag: str, values: dict[str, str]) -> None:
        written = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
        self.parts.append(f"<{tag}{written}>")

    def _open_table(self, values: dict[str, str]) -> None:
        caption = " ".join("".join(self.said).split())[:150] or self.caption
        self.outline.tables += 1
        number = self.outline.tables
        name = _("Table {number}", number=number)
        caption = f"{name}: {caption}" if caption else name
        self.opened, self.rows, self.columns = len(self.parts), 0, 0
        self.parts.append(
            f'<p class="tools"><a id="table-{number}" href="#table-{number}">{escape(name)}</a></p>'
            f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}">'
        )
        self.spoken.append(False)
        self._open("table", values)
        self.parts.append(f'<caption class="unseen">{escape(caption)}</caption>')

    def _open_heading(self, tag: str) -> None:
        level = int(tag[1])
        if not self.prose:
            self.first = self.first or level
            below = self.outline.level + 1
            level = min(6, below + max(0, level - self.first), (self.last or below - 1) + 1)
            self.last = level
        elif level == 1 and self.outline.title:
            level = 2
        if self.prose:
            level = min(level, self.outline.level + 1)
        self.heading = (f"h{level}", len(self.parts))
        self.said = []

    def _close_heading(self, tag: str) -> None:
        name, start = self.heading or (tag, len(self.parts))
        inner, self.heading = "".join(self.parts[start:]), None
        del self.parts[start:]
        words = " ".join("".join(self.said).replace("¶", "").split())
        self.said = []
        inner = re.sub(r'<a href="#[^"]*"[^>]*>¶</a>', "", inner)
        if name == "h1":
            self.outline.title = words
            return
        if not words:
            return
        anchor = self.outline.anchor(words) if self.prose else ""
        if self.prose:
            self.outline.level = int(name[1])
        if self.prose and name in ("h2", "h3"):
            self.outline.headings.append(Heading(int(name[1]), words, anchor))
        place = f' id="{escape(anchor)}"' if anchor else ""
        if anchor:
            link = escape(_("Link to this section"))
            inner += f' <a class="anchor" href="#{escape(anchor)}" aria-label="{link}">#</a>'
        self.parts.append(f"<{name}{place}>{inner}</{name}>")
