"""Clean HTML put into the page's form: headings, tables, figures that any reader can use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from insights.messages import _

__all__ = ["Heading", "Outline", "rewrite"]

_VOID = {"br", "col", "hr", "img"}
_AS_TYPED = {"code", "pre"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


@dataclass(frozen=True)
class Heading:
    """A heading of the page's contents list."""

    level: int
    text: str
    anchor: str


class Outline:
    """What the cells of one page share: its title, its contents, the anchors taken."""

    def __init__(self) -> None:
        self.title = ""
        self.headings: list[Heading] = []
        self._anchors: set[str] = set()

    def anchor(self, text: str) -> str:
        """Return a new anchor made of a heading's words, in any script."""
        words = "-".join(re.findall(r"\w+", text.lower()))[:60] or "section"
        name, count = f"s-{words}", 2
        while name in self._anchors:
            name, count = f"s-{words}-{count}", count + 1
        self._anchors.add(name)
        return name


def rewrite(html: str, outline: Outline, *, prose: bool, caption: str = "") -> str:
    """Return clean HTML in the page's form.

    `prose`: from a Markdown cell, whose headings make the contents list and whose first h1 is
    the page's title (taken out here); headings of outputs are demoted below them. Tables get a
    scroll container, a caption for screen readers and the scope of their headings; images get
    alternative text.
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
        elif tag == "th":
            values.setdefault("scope", "col" if self.in_head else "row")
        elif tag == "img":
            if not values.get("src"):
                self.parts.append(escape(values.get("alt") or _("[picture left out]")))
                return
            values["alt"] = values.get("alt") or _("Picture without a description")
        elif tag in ("p", "summary"):
            self.said = []
        self.code += tag in _AS_TYPED
        self._open(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._close_heading(tag)
            return
        if tag == "thead":
            self.in_head = False
        self.code -= tag in _AS_TYPED
        if tag not in _VOID:
            self.parts.append(f"</{tag}>")
        if tag == "table":
            self.parts.append("</div>")
            self.said = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        text = data if self.code else re.sub(r"(?<=\d) %", "\u00a0%", data)
        self.parts.append(escape(text, quote=False))

    def _open(self, tag: str, values: dict[str, str]) -> None:
        written = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
        self.parts.append(f"<{tag}{written}>")

    def _open_table(self, values: dict[str, str]) -> None:
        caption = " ".join("".join(self.said).split())[:150] or self.caption or _("Table")
        self.parts.append(
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        )
        self._open("table", values)
        self.parts.append(f'<caption class="unseen">{escape(caption)}</caption>')

    def _open_heading(self, tag: str) -> None:
        level = int(tag[1])
        if not self.prose:
            level = min(6, max(4, level + 2))
        elif level == 1 and self.outline.title:
            level = 2
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
        if self.prose and name in ("h2", "h3"):
            self.outline.headings.append(Heading(int(name[1]), words, anchor))
        place = f' id="{escape(anchor)}"' if anchor else ""
        self.parts.append(f"<{name}{place}>{inner}</{name}>")
