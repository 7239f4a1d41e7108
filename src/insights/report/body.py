"""Executed notebook → the body of its page, and what the page says about it."""

from __future__ import annotations

import ast
import base64
import binascii
import functools
import html
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights.messages import _, plural, translated
from insights.report import safe
from insights.report.rewrite import Heading, Outline, languages_marked, rewrite
from insights.settings import assignments

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Body", "Failure", "key_figure", "notebook_body", "notebook_title"]

_TEMPLATES = Path(__file__).with_name("templates")
_PRIORITY = (
    "text/html", "image/png", "image/jpeg", "text/markdown",
    "application/vnd.jupyter.widget-view+json", "text/latex", "text/plain",
)  # fmt: skip
_BANNERS = {"papermill-error-cell-tag"}
_ONE_AT_A_TIME = threading.Lock()
_LONGEST = 20_000  # characters of printed text on a page


@dataclass(frozen=True)
class Failure:
    """The error that ended a notebook."""

    anchor: str
    number: int
    message: str


@dataclass(frozen=True)
class Body:
    """A notebook made into a page's body.

    Attributes
    ----------
    title, lede
        The first heading, and the prose of the cell that holds it.
    places
        Id of a finding, and 'table NAME', to the anchor of its cell.
    """

    title: str
    lede: str
    html: str
    headings: tuple[Heading, ...]
    places: Mapping[str, str]
    failure: Failure | None


def notebook_body(nb: NotebookNode, *, project: Path | None = None, topics: str = "") -> Body:
    """Render the cells of a notebook to safe HTML; `topics`: address of the page of topics."""
    cells = [cell for cell in nb.cells if not _BANNERS & set(cell.metadata.get("tags", ()))]
    writer = _Cells(cells, project, topics)
    shown = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [_scrubbed(cell, index, project) for index, cell in enumerate(cells)],
    }
    with _ONE_AT_A_TIME:  # the filters belong to this notebook, the exporter to all
        exporter = _exporter()
        exporter.environment.globals.update(_=_, plural=plural)
        exporter.register_filter("anchor", lambda cell: f"cell-{writer.number(cell)}")
        for name in ("number", "is_settings", "settings", "output", "prose"):
            exporter.register_filter(name, getattr(writer, name))
        body, _resources = exporter.from_notebook_node(_node(shown))
    outline = writer.outline
    return Body(
        title=outline.title,
        lede=writer.lede,
        html=safe.body(body),
        headings=tuple(outline.headings),
        places=writer.places,
        failure=writer.failure,
    )


def notebook_title(nb: NotebookNode) -> str:
    """Return the notebook's first level-one heading, or nothing."""
    for cell in nb.cells:
        found = cell.cell_type == "markdown" and re.search(r"^#\s+(.+)", _text(cell.source), re.M)
        if found:
            return safe.plain_text(found.group(1)).strip().rstrip("#").strip()
    return ""


def key_figure(nb: NotebookNode, name: str = "") -> tuple[bytes, str] | None:
    """Return the figure called `name`, else the first of a result: PNG and alternative text."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", ())]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    named = [output for output in pictures if "insights" in output.get("metadata", {})]
    wanted = [output for output in named if output.metadata["insights"].get("figure") == name]
    for output in (*wanted, *named, *pictures):
        try:
            picture = base64.b64decode(_text(output.data["image/png"]), validate=False)
        except binascii.Error:
            continue
        return picture, safe.plain_text(str(_about(output, "alt")))
    return None


@functools.lru_cache
def _exporter() -> Any:
    # slow to import, and every notebook's kernel imports this package for its tables
    from nbconvert.exporters import HTMLExporter
    from traitlets.config import Config

    return HTMLExporter(
        config=Config(NbConvertBase={"display_data_priority": list(_PRIORITY)}),
        template_name="body",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
    )


def _node(value: dict[str, Any]) -> NotebookNode:
    import nbformat

    return nbformat.from_dict(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(str(part) for part in value)


def _scrubbed(cell: NotebookNode, index: int, project: Path | None) -> dict[str, Any]:
    outputs = [_clean(output, project) for output in cell.get("outputs", ())]
    tags = {"tags": list(cell.metadata.get("tags", ())), "number": index + 1}
    clean = {
        "cell_type": cell.cell_type,
        "metadata": tags,
        "source": safe.scrub(_text(cell.source), project),
        "id": f"c{index + 1}",
    }
    if cell.cell_type == "code":
        clean |= {"outputs": outputs, "execution_count": None}
    if cell.get("attachments"):
        clean["attachments"] = cell.attachments
    return clean


def _clean(value: Any, project: Path | None, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _clean(item, project, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, project, key) for item in value]
    if isinstance(value, str) and not key.startswith("image/"):
        return safe.scrub(value, project)
    return value


def _about(output: Any, key: str) -> Any:
    """Return what the metadata of a picture say of it: 'alt' or 'width'."""
    metadata = output.get("metadata", {})
    for kind in ("image/png", "image/jpeg"):
        told = metadata.get(kind, {})
        if isinstance(told, dict) and told.get(key):
            return told[key]
    return ""


class _Cells:
    """The filters of the body's template, and what they learn on the way."""

    def __init__(self, cells: list[Any], project: Path | None, topics: str) -> None:
        self.project = project
        self.outline = Outline(topics)
        self.lede = ""
        self.places: dict[str, str] = {}
        self.failure: Failure | None = None
        self.figures = 0
        self.section = ""
        self.injected: dict[str, str] = {}
        self.declared = False
        for cell in cells:
            tags = cell.metadata.get("tags", ())
            self.declared |= "parameters" in tags
            if "injected-parameters" in tags:
                lines = _assignments(safe.scrub(_text(cell.source), project))
                self.injected |= {name: value for name, value, _ in lines}

    def number(self, cell: Any) -> int:
        return int(cell.metadata["number"])

    def is_settings(self, cell: Any) -> bool:
        return bool({"parameters", "injected-parameters"} & set(cell.metadata.get("tags", ())))

    def settings(self, cell: Any) -> str:
        """Show a parameters cell as a list of names and values, with what the run put in."""
        given = "injected-parameters" in cell.metadata.get("tags", ())
        if given and self.declared:
            return ""
        rows = "".join(
            f"<dt>{html.escape(name)}</dt><dd><code>{html.escape(self.injected.get(name, value))}"
            f"</code>{f' <span>{html.escape(translated(about))}</span>' if about else ''}</dd>"
            for name, value, about in _assignments(cell.source)
        )
        title = _("Settings of this run") if self.injected else _("Settings")
        if not rows:
            return ""
        return f'<details class="settings"><summary>{title}</summary><dl>{rows}</dl></details>'

    def prose(self, text: str, cell: Any) -> str:
        """Show a Markdown cell; the one with the title gives the page its first words."""
        had_title = bool(self.outline.title)
        text = rewrite(safe.fragment(text, links=True), self.outline, prose=True)
        if self.outline.headings:
            self.section = self.outline.headings[-1].text
        if self.outline.title and not had_title and not self.outline.headings:
            self.lede = safe.body(text)
            return ""
        return f'<div class="cell prose" id="cell-{self.number(cell)}">{text}</div>'

    def output(self, output: Any, cell: Any) -> str:
        """Show one output in its safest rich form."""
        if output.output_type == "stream":
            return self._stream(output)
        if output.output_type == "error":
            return self._failure(output, cell)
        kind = next((kind for kind in _PRIORITY if kind in output.get("data", {})), "")
        if kind.startswith("image/"):
            return self._figure(output, kind)
        text = _text(output.data[kind]) if kind.startswith("text/") else ""
        if kind == "text/html":
            self._place(output, cell)
            return self._fragment(text)
        if kind == "text/markdown":
            from nbconvert.filters.markdown import markdown2html

            return self._fragment(markdown2html(text))
        if kind.startswith("text/"):
            return _printed(text)
        note = _("A live control: open the notebook in JupyterLab to move it.")
        return f'<p class="note">{note}</p>' if kind else ""

    def _fragment(self, text: str) -> str:
        return rewrite(safe.fragment(text), self.outline, prose=False, caption=self.section)

    def _place(self, output: Any, cell: Any) -> None:
        about, place = output.get("metadata", {}).get("insights", {}), f"cell-{self.number(cell)}"
        if about.get("result"):
            self.places.setdefault(str(about["result"]), place)
        if about.get("table"):
            self.places.setdefault(f"table {about['table']}", place)

    def _figure(self, output: Any, kind: str) -> str:
        self.figures += 1
        alt = str(_about(output, "alt")) or _("No description was given.")
        data = re.sub(r"\s+", "", _text(output.data[kind]))
        if not re.fullmatch(r"[A-Za-z0-9+/=]+", data):
            left_out = _("A picture was left out: its data are not an image.")
            return f'<p class="note">{left_out}</p>'
        width = _about(output, "width")
        size = f' width="{width}"' if isinstance(width, int) else ""
        place = f"figure-{self.figures}"
        name = _("Figure {number}", number=self.figures)
        said = f'<a href="#{place}">{html.escape(name)}</a>'
        if output.get("metadata", {}).get("insights", {}).get("caption", True):
            said += f". {languages_marked(alt)}"
        return (
            f'<figure id="{place}">'
            f'<img src="data:{kind};base64,{data}" alt="{html.escape(alt)}"{size}>'
            f"<figcaption>{said}</figcaption></figure>"
        )

    def _stream(self, output: Any) -> str:
        text = _text(output.text)
        if output.get("name") != "stderr":
            return _printed(text)
        text = safe.short_paths(text, self.project)
        title = _("Messages")
        return f'<details class="messages"><summary>{title}</summary>{_printed(text)}</details>'

    def _failure(self, output: Any, cell: Any) -> str:
        message = f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"
        message = safe.short_paths(message, self.project).strip().rstrip(":")
        number = self.number(cell)
        self.failure = Failure(f"cell-{number}", number, message)
        trace = safe.short_paths(
            safe.plain_text("\n".join(output.get("traceback", ()))), self.project
        )
        title, failed = _("Traceback"), _("Cell {number} failed.", number=number)
        folded = f"<details><summary>{title}</summary>{_printed(trace)}</details>" if trace else ""
        return (
            f'<div class="failure"><p><strong>{failed}</strong></p>'
            f"{_printed(message)}{folded}</div>"
        )


def _printed(text: str) -> str:
    more = len(text) - _LONGEST
    rest = _("{n} more characters are in the notebook.", n=f"{more:,}")
    note = f"<p class='note'>{rest}</p>" if more > 0 else ""
    text = html.escape(text[:_LONGEST].rstrip(), quote=False)
    return f'<pre tabindex="0">{text}</pre>{note}' if text else ""


@functools.lru_cache(maxsize=64)
def _assignments(source: str) -> tuple[tuple[str, str, str], ...]:
    """Read 'name: type = value  # meaning' lines: name, value, meaning."""
    try:
        lines = assignments(source)
    except SyntaxError:
        return (("source", source.strip(), ""),)
    return tuple((line.name, ast.unparse(line.value), line.about) for line in lines if line.value)
