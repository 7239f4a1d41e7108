"""Where two outputs differ first: table by table, figure by figure, cell by cell, page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights import report
from insights.messages import _, items, plural
from insights.run.folder import file_hash

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Place", "pages_beside", "places"]

# what differs, as it was, as it is
Place = tuple[str, str, str]
_WORD = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|\w+|\s+|.", re.S)
_AROUND, _LONGEST = 30, 80


def places(before: Path, after: Path, *, pages: bool) -> Iterator[Place]:
    """Yield the first place of each table, figure, notebook and page in which two folders differ.

    Both are folders of one notebook; what is equal byte for byte is not opened. Without `pages`
    only what a notebook saved is compared.
    """
    saved = {"results.json": _text, "tables/*.parquet": _table, "figures/*": _figure}
    kinds = saved | ({"*.ipynb": _notebook, "*.html": _page} if pages else {})
    for pattern, compare in kinds.items():
        for name in sorted({str(path.relative_to(place)) for place in (before, after)
                            for path in place.glob(pattern)}):  # fmt: skip
            old, new = before / name, after / name
            if not (old.is_file() and new.is_file()):
                words = {True: _("present"), False: _("absent")}
                yield _title(name), words[old.is_file()], words[new.is_file()]
            elif file_hash(old) != file_hash(new) and (found := compare(old, new)):
                where, was, now = found
                yield " ".join(filter(None, [_title(name), where])), was, now


def pages_beside(before: Path, after: Path) -> Iterator[Place]:
    """Yield where the index pages of two runs differ first."""
    old, new = before / "index.html", after / "index.html"
    if old.is_file() and new.is_file() and (found := _page(old, new)):
        yield "index.html", *found[1:]


def _title(name: str) -> str:
    path = Path(name)
    kind = {
        "tables": _("table {name}", name=path.stem),
        "figures": _("figure {name}", name=path.name),
    }
    return kind.get(path.parts[0], name)


def _table(before: Path, after: Path) -> Place | None:
    import pandas as pd  # slow to load, and equal tables are not opened

    old, new = pd.read_parquet(before), pd.read_parquet(after)
    if list(old.columns) != list(new.columns):
        return _("columns"), items(old.columns, 30), items(new.columns, 30)
    if len(old) != len(new):
        first = _first_cell(old, new)
        where = _("length; {cell}", cell=first[0]) if first else _("length")
        was, now = (plural("{n} row", "{n} rows", len(frame)) for frame in (old, new))
        return where, was, now
    found = _first_cell(old, new)
    kinds = [(name, str(a), str(b)) for name, a, b in
             zip(old.columns, old.dtypes, new.dtypes, strict=True) if a != b]  # fmt: skip
    return found or next(((_("type of {column}", column=c), a, b) for c, a, b in kinds), None)


def _first_cell(old: pd.DataFrame, new: pd.DataFrame) -> Place | None:
    """Return the first cell, in order of reading, of the rows that both have."""
    rows = min(len(old), len(new))
    differing: dict[str, list[int]] = {}
    for column in old.columns:
        was, now = old[column].iloc[:rows], new[column].iloc[:rows]
        if not was.equals(now):
            pairs = enumerate(zip(was.tolist(), now.tolist(), strict=True))
            if found := [row for row, (a, b) in pairs if not _same(a, b)]:
                differing[column] = found
    if not differing:
        return None
    row = min(found[0] for found in differing.values())
    column = next(name for name, found in differing.items() if found[0] == row)
    others = sum(map(len, differing.values())) - 1
    more = plural(" ({n} more cell)", " ({n} more cells)", others) if others else ""
    where = _("row {row}, column {column}{more}", row=row + 1, column=column, more=more)
    return where, _short(old[column].iloc[row]), _short(new[column].iloc[row])


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    a, b = (item.tolist() if hasattr(item, "tolist") else item for item in (a, b))
    return type(a) is type(b) and repr(a) == repr(b)


def _figure(before: Path, after: Path) -> Place | None:
    from PIL import Image, ImageChops

    try:
        old, new = (Image.open(path).convert("RGB") for path in (before, after))
    except OSError:
        return _text(before, after)
    if old.size != new.size:
        was, now = (f"{image.width} × {image.height}" for image in (old, new))
        return _("size in pixels"), was, now
    difference = ImageChops.difference(old, new)
    box = difference.getbbox()
    if box is None:
        return _("bytes (its pixels are equal)"), file_hash(before)[:12], file_hash(after)[:12]
    x = difference.crop((0, box[1], old.width, box[1] + 1)).getbbox()[0]  # type: ignore[index]
    changed = sum(difference.convert("L").point(lambda level: 255 * (level > 0)).histogram()[1:])
    where = plural(
        "{n} pixel, at {x}, {y}", "{n} pixels, first at {x}, {y}", changed, x=x, y=box[1]
    )
    return where, str(old.getpixel((x, box[1]))), str(new.getpixel((x, box[1])))


def _notebook(before: Path, after: Path) -> Place | None:
    import nbformat

    old, new = (report.normal_form(nbformat.read(path, as_version=4)) for path in (before, after))
    if len(old.cells) != len(new.cells):
        return _("number of cells"), str(len(old.cells)), str(len(new.cells))
    for index, (was, now) in enumerate(zip(old.cells, new.cells, strict=True)):
        if was != now:
            texts = [json.dumps(cell, ensure_ascii=False, sort_keys=True) for cell in (was, now)]
            return _first_words(_("cell {number}", number=index + 1), *texts)
    return None


def _page(before: Path, after: Path) -> Place | None:
    old, new = (report.normal_page(path.read_text("utf-8", "replace")) for path in (before, after))
    return None if old == new else _first_words("", old, new)


def _text(before: Path, after: Path) -> Place:
    return _first_words(
        "", before.read_text("utf-8", "replace"), after.read_text("utf-8", "replace")
    )


def _first_words(where: str, old: str, new: str) -> Place:
    """Return the first word or number that differs in two texts, with what stands before it."""
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
              min(len(old), len(new)))  # fmt: skip
    start = max(at - _LONGEST, 0)  # a little before, so that a number is shown whole
    was, now = (_WORD.findall(text[start : at + _LONGEST]) for text in (old, new))
    same = 0
    while same < min(len(was), len(now)) and was[same] == now[same]:
        same += 1
    before = "…" + "".join(was[:same])[-_AROUND:]
    return where, *(_short(before + "".join(words[same : same + 1])) for words in (was, now))  # type: ignore[return-value]


def _short(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
