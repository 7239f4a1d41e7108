"""What may reach a page: allowed tags, clean characters, no machine path.

Customer text is hostile input. nbconvert lets Markdown, Styler and `HTML()` outputs through
unescaped, so every fragment passes `fragment`, and the whole body passes `body` once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nh3

__all__ = ["body", "file_path", "fragment", "plain_text", "scrub", "short_paths", "write"]

_TEXT = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd",
    "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s",
    "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
# dropped with all they hold: the text of a removed style or script is no prose
_DROPPED = {
    "applet", "audio", "button", "canvas", "embed", "form", "frame", "frameset", "head", "iframe",
    "input", "math", "noembed", "noframes", "noscript", "object", "option", "portal", "script",
    "select", "style", "svg", "template", "textarea", "title", "video", "xmp",
}  # fmt: skip
_CLASSES = {
    "bar", "conclusion", "count", "dataframe", "date", "down", "facts", "failed", "finding",
    "information", "note", "number", "numbers", "passed", "text", "topic-card", "topic-cards",
    "topic-id", "tree", "up", "verdict", "words",
    *(f"n{place}" for place in range(1, 41)),  # columns of a table that hold numbers
    *(f"w{width}" for width in range(0, 101, 2)),  # of bars, for styles are not let through
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "div": {"id"},
    "blockquote": {"lang"},
    "img": {"alt", "src", "width"},
    "ol": {"start"},
    "span": {"lang"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SCHEMES = {"http", "https", "mailto", "data"}
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.I)
_OUTSIDE = re.compile(r"(https?://|mailto:)[^\s]+", re.I)
_INSIDE = re.compile(r"#[^\s]*")
_OF_THE_RUN = re.compile(r"\.\./topics/report\.html#topic-\d+")
_TOPIC = re.compile(r"topic-\d+")  # the one kind of id that an output may bear

_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")
# control characters, and marks that reorder the text a reader sees
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_KERNEL_FILE = re.compile(r"[\w./\\:~-]*ipykernel_\d+[/\\]\d+\.py")
_UNIX = re.compile(r"(?<![\w./:~<…-])/(?:[\w.@+~=-]+/)+[\w.@+~=-]*")
_WINDOWS = re.compile(r"(?<![\w])[A-Za-z]:\\(?:[^\\\s\"'<>|:]+\\)*[^\\\s\"'<>|:]*")


def _filter(*, outside: bool, whole: bool = False) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            return value if _IMAGE.fullmatch(value) else None
        if attribute == "href":
            value = value.strip()
            fine = _INSIDE.fullmatch(value) or _OF_THE_RUN.fullmatch(value)
            return value if fine or (outside and _OUTSIDE.fullmatch(value)) else None
        if (tag, attribute) == ("div", "id") and not whole:
            return value if _TOPIC.fullmatch(value) else None
        return value

    return keep


def _cleaner(*, outside: bool) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TEXT,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter(outside=outside),
        allowed_classes={tag: _CLASSES for tag in _TEXT},
        url_schemes=_SCHEMES,
    )


_PROSE, _OUTPUT = _cleaner(outside=True), _cleaner(outside=False)
_BODY = nh3.Cleaner(
    tags=_TEXT | {"section"},
    clean_content_tags=_DROPPED,
    attributes={
        **_ATTRIBUTES,
        "a": {"href", "rel"},
        "*": {"aria-label", "aria-labelledby", "class", "id", "role", "tabindex"},
    },
    attribute_filter=_filter(outside=True, whole=True),
    url_schemes=_SCHEMES,
    link_rel=None,  # links to elsewhere come from fragments, which give it
)


def fragment(html: str, *, links: bool = False) -> str:
    """Return one output or Markdown cell with allowed tags only, every element closed.

    `links`: whether links to other sites stay (prose of the author); links within the page
    always do. No id but a topic's is kept, so that data cannot take the place of a part of the
    page.
    """
    return (_PROSE if links else _OUTPUT).clean(plain_text(html))


def body(html: str) -> str:
    """Return the finished body, once more reduced to what a page may hold."""
    return _BODY.clean(html)


def plain_text(text: str) -> str:
    """Return text without terminal colours, control characters and reordering marks."""
    text = _UNSEEN.sub("", _ANSI.sub("", text))
    return text.encode("utf-8", "replace").decode("utf-8")


def file_path(path: str) -> bool:
    """Whether a link stays among the files of the study: relative, no scheme."""
    return not re.match(r"\s*([a-z][a-z0-9+.-]*:|[/\\])", path, re.I)


def scrub(text: str, project: Path | None = None) -> str:
    """Return clean text in which the project's path has become a relative one."""
    text = plain_text(text)
    roots = {str(project), str(project.resolve())} if project else set()
    for root in sorted(roots, key=len, reverse=True):
        if len(root) > 3:
            text = text.replace(root.rstrip("/\\") + "/", "").replace(root, ".")
    return text


def short_paths(text: str, project: Path | None = None) -> str:
    """Return a traceback or message without any path of this machine.

    Files of the project become relative, those of installed packages start at the package, and
    of any other only the name stays.
    """
    text = _KERNEL_FILE.sub("<notebook>", scrub(text, project))
    return _WINDOWS.sub(_short, _UNIX.sub(_short, text))


def _short(found: re.Match[str]) -> str:
    path = found.group().replace("\\", "/")
    for root in ("/site-packages/", "/dist-packages/"):
        if root in path:
            return path.rsplit(root, 1)[1]
    return "…/" + path.rstrip("/").rsplit("/", 1)[-1]


def write(path: Path, page: str) -> None:
    """Write a page whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(page, encoding="utf-8", newline="\n")
    part.replace(path)
