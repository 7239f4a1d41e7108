"""The page of one notebook: what it found, what could be wrong, then how it got there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from insights.report import safe
from insights.report.body import Body, Failure, notebook_body
from insights.report.finding import doubts, duration, findings, mappings, moment, state
from insights.report.template import render

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["render_notebook"]


def render_notebook(
    nb: NotebookNode,
    *,
    results: Mapping[str, Any] | None = None,
    manifest: Mapping[str, Any],
    name: str,
    links: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> str:
    """Return the page of an executed notebook: one file, no script from data, no request.

    The page's own script sorts and pages tables and enlarges figures; its policy names it by its
    hash.

    Parameters
    ----------
    results
        What the notebook saved (results.json); None when it saved nothing.
    manifest
        The run's manifest, or as much of it as is known (title, study, run, versions,
        notebooks[name] with outcome, reason, error, seconds, parameters).
    links
        Relative addresses: 'index', 'history', 'notebook', 'results', and 'previous' and
        'next' pages; the first four have defaults that follow the layout of a run's folder.
        'topics': the page with a card for each topic, if the run has one.
    project
        The project's root: paths under it become relative, others lose their folders.
    """
    entry = (manifest.get("notebooks") or {}).get(name) or {}
    about = state(entry.get("outcome") or manifest.get("status"))
    content = notebook_body(nb, project=project, topics=(links or {}).get("topics", ""))
    found = findings(results, content.places, project)
    error = entry.get("error") or (content.failure.message if content.failure else "")
    study = str(manifest.get("title") or manifest.get("study") or "Study")
    return render(
        "notebook.html.j2",
        title=content.title or name.replace("_", " ").capitalize(),
        lede=Markup(content.lede),
        body=Markup(content.html),
        headings=content.headings,
        failure=content.failure or _stopped(entry, content),
        name=name,
        study=study,
        run=str(manifest.get("run") or ""),
        state=about,
        reason=safe.short_paths(str(entry.get("reason") or ""), project),
        error=safe.short_paths(str(error), project),
        findings=found,
        doubts=doubts(found),
        tables=_tables(results, content.places),
        settings=_settings(entry, results),
        links={
            "index": "../index.html",
            "history": "../../history.html",
            "notebook": "notebook.ipynb",
            "results": "results.json" if results else "",
            "previous": "",
            "next": "",
            **{key: value for key, value in (links or {}).items() if safe.file_path(value)},
        },
        finished=moment(manifest.get("finished") or manifest.get("started")),
        seconds=duration(entry.get("seconds")),
        normal_form=str(entry.get("normal_form") or ""),
        seed=manifest.get("seed"),
        commit=str(manifest.get("commit") or ""),
        dirty=bool(manifest.get("dirty")),
        versions=dict(sorted((manifest.get("versions") or {}).items())),
    )


def _stopped(entry: Mapping[str, Any], content: Body) -> Failure | None:
    """Return where a notebook stopped that ran out of time or lost its process."""
    number = entry.get("cell")
    place = f"cell-{number}"
    there = isinstance(number, int) and f'id="{place}"' in content.html
    return Failure(place, int(number or 0), str(entry.get("error") or "")) if there else None


def _tables(results: Mapping[str, Any] | None, places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Name, address, number of rows and columns of each saved table, with what they hold."""
    saved, dictionary = _mapping(results, "tables"), _mapping(results, "dictionary")
    found = []
    for name, rows in sorted(saved.items()):
        if re.fullmatch(r"[^/\\\x00]+", name):
            about = _mapping(dictionary, name)
            found.append(
                {
                    "name": name,
                    "address": f"tables/{quote(name)}.parquet",
                    "rows": rows if isinstance(rows, int) else None,
                    "row": str(about.get("row") or ""),
                    "place": places.get(f"table {name}", ""),
                    "columns": mappings(about.get("columns")),
                }
            )
    return found


def _mapping(results: Mapping[str, Any] | None, key: str) -> dict[str, Any]:
    value = (results or {}).get(key)
    return value if isinstance(value, dict) else {}


def _settings(entry: Mapping[str, Any], results: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    values = {**_mapping(results, "settings"), **(entry.get("parameters") or {})}
    return [(str(key), str(value)) for key, value in values.items()]
