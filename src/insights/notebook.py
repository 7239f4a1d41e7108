"""What a notebook needs of the run layer: its settings, its tables, and a place to save.

A notebook reads and saves only through here::

    nb = notebook.start("churn", globals())
    feedback = nb.table("feedback")
    risk = churn.hazard_ratios(feedback, …, params=nb.params)
    nb.show(risk, table="churn_topics")
    nb.doubts()
    nb.save(risk)
"""

from __future__ import annotations

import html
import importlib
import importlib.util
import json
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import yaml
from IPython.display import HTML, display

from insights import drawing
from insights.errors import DataError
from insights.messages import _, number, plural, speak, translated
from insights.report.tables import html_table
from insights.result import Result, plain
from insights.run.context import Context, here
from insights.run.export import export_tables
from insights.run.key import pseudonym_key
from insights.run.plan import read_notebook
from insights.run.state import AFTER
from insights.run.study import Study, load_study
from insights.settings import Evidence, Params
from insights.stats.calendar import Calendar
from insights.tables import OutputTable

__all__ = ["Notebook", "start"]


def start(name: str, cell: Mapping[str, Any]) -> Notebook:
    """Open notebook `name`; `cell` is its `globals()`, from which the settings are read."""
    context = here(name)
    study = load_study(context.study_file, project=context.project)
    speak(context.language or study.languages[0])
    if context.live:
        drawing.theme()  # a person may draw at once
    return Notebook(name, context, study, cell)


class Notebook:
    """One running notebook: settings in, tables and findings out."""

    def __init__(self, name: str, context: Context, study: Study, cell: Mapping[str, Any]) -> None:
        self.name = name
        self.context = context
        self.study = study
        self.params = _params(name, cell, study.evidence)
        self.upstream = tuple(str(item).rstrip("?") for item in cell.get("upstream", ()))
        self._tried = {
            key: value for key, value in cell.items() if isinstance(value, bool | int | float | str)
        }
        self._figures: list[str] = []
        self._shown: dict[str, Result] = {}
        self._quiet: set[str] = set()
        self._tables: dict[str, pd.DataFrame] = {}
        shutil.rmtree(context.folder / "figures", ignore_errors=True)

    @property
    def live(self) -> bool:
        """Whether a person opened the notebook."""
        return self.context.live

    @property
    def key(self) -> bytes:
        """The key that turns customer ids into pseudonyms."""
        return pseudonym_key(self.study, self.context.project)

    @property
    def cache(self) -> Path:
        """Folder of what was slow to get, by content; kept between runs, out of every output."""
        return self.context.project / ".insights" / "cache"

    @property
    def calendar(self) -> Calendar:
        """The study's time zone and week."""
        return Calendar(self.study.timezone, self.study.week_start)

    @property
    def settings(self) -> pd.DataFrame:
        """The settings in force, one row each: name, value, meaning."""
        if not isinstance(self.params, Params):
            values = vars(self.params)
            return pd.DataFrame({"setting": list(values), "value": list(values.values())})
        fields = type(self.params).model_fields
        return pd.DataFrame(
            {
                "setting": list(fields),
                "value": [str(getattr(self.params, key)) for key in fields],
                "meaning": [translated(field.description or "") for field in fields.values()],
            }
        )

    def has(self, table: str) -> bool:
        """Whether an upstream notebook saved this table."""
        return self._find(table) is not None

    def table(self, table: str) -> pd.DataFrame:
        """Read a table that an upstream notebook saved; says the command when it is missing."""
        path = self._find(table)
        if path is None:
            where = f"params/{self.study.study}.yml"
            raise DataError(
                f"table '{table}' of study '{self.study.study}' is not there: looked in "
                f"{', '.join(self.upstream) or 'no upstream notebook'}. "
                f"Run first: insights run {where}"
            )
        return pd.read_parquet(path)

    def texts(self) -> pd.DataFrame:
        """Read the feedback in which something was written, and say how much is a score alone."""
        feedback = self.table("feedback")
        silent = feedback["text"].isna()
        if silent.any():
            said = _(
                "{n} of {total} pieces of feedback are a score without a text; what this page "
                "says of texts leaves them out.",
                n=number(int(silent.sum())),
                total=number(len(feedback)),
            )
            display(HTML(f'<p class="note">{html.escape(said)}</p>'))
        return feedback if silent.all() else feedback[~silent]  # of nothing the notebook tells

    def _find(self, table: str):
        folders = (self.context.ended(name) for name in self.upstream)
        paths = (folder / "tables" / f"{table}.parquet" for folder in folders if folder)
        return next((path for path in paths if path.is_file()), None)

    def state(self, name: str) -> dict[str, str]:
        """Read the state that the last run left, as text by file name; empty before the first."""
        folder = self.context.state(name)
        return {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(folder.glob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def keep(self, name: str, files: Mapping[str, str]) -> None:
        """Write state for the next run; it takes the old one's place when the run ends well.

        A notebook that a person opened writes beside its own tables and changes nothing else.
        """
        folder = self.context.folder / AFTER / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for key, text in files.items():
            (folder / key).write_text(text, encoding="utf-8", newline="\n")

    def edited(self, name: str) -> Path:
        """File beside the study that people edit, such as params/demo.codebook.yml."""
        return self.context.edited(name)

    def show(
        self,
        result: Result,
        name: str | None = None,
        *,
        table: str = "",
        figure: bool = True,
        finding: bool = True,
    ) -> None:
        """Show a result: its finding, its figure or what stands for it, its numbers.

        What is shown is also kept: its checks for `doubts`, its finding and table for `save`.

        Parameters
        ----------
        name
            Name of the finding and of the figure's file; the class's name by default.
        table
            Name under which the numbers are saved; empty: they are shown only.
        figure
            Whether to draw it.
        finding
            Whether it says something to conclude with; else it only describes.
        """
        name = name or result.finding_kind
        self._shown[name] = result
        if not finding:
            self._quiet.add(name)
        meta = {"insights": {"result": name, "table": table}}
        display(HTML(f'<p class="finding">{html.escape(result.text())}</p>'), metadata=meta)
        page = result.html()
        if figure and page:
            display(HTML(page), metadata=meta)
        elif figure:
            self._figure(result, name)
        numbers = result.table()
        if table:
            self._tables[table] = numbers
        if len(numbers):
            summary = plural("The numbers: {n} row", "The numbers: {n} rows", len(numbers))
            display(
                HTML(
                    f'<details class="numbers"><summary>{html.escape(summary)}</summary>'
                    f"{html_table(numbers)}</details>"
                ),
                metadata=meta,
            )

    def _figure(self, result: Result, name: str) -> None:
        drawing.theme()
        ax = result.plot()
        shapes, image = drawing.svg(ax), drawing.png(ax)
        folder = self.context.folder / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(image)
        (folder / f"{name}.svg").write_bytes(shapes)
        self._figures.append(name)
        alt = result.alt()
        about = {"figure": name, "caption": alt != result.text()}  # else it stands right above
        width = drawing.shown_width(image)
        meta = {"image/png": {"alt": alt, "width": width}, "insights": about}
        display({"image/png": image, "text/plain": alt}, raw=True, metadata=meta)

    def explore(self, build: Callable[..., Any], *args: Any) -> None:
        """Show live controls to a person; a run, which has nobody to move them, says so."""
        if self.live:
            display(build(*args))
        else:
            note = _("Open this notebook in JupyterLab to move the controls yourself.")
            display(HTML(f'<p class="note">{note}</p>'))

    def panel(self, build: Callable[..., Any], *args: Any) -> None:
        """Show a panel to a person; a run, which has nobody to use it, says where it is."""
        if self.live:
            display(build(*args))
        else:
            note = _("The panel is in the notebook: insights lab opens it.")
            display(HTML(f'<p class="note">{note}</p>'))

    def frame(self, frame: pd.DataFrame, title: str = "") -> None:
        """Show a table as it is, every cell escaped."""
        heading = f"<p><strong>{html.escape(translated(title))}</strong></p>" if title else ""
        display(HTML(heading + html_table(frame)))

    def show_settings(self) -> None:
        """Show the settings that differ from their defaults; all stand in the parameters cell."""
        defaults, told = self._defaults(), self.settings.set_index("setting", drop=False)
        if isinstance(self.params, Params):  # where 0 stands for the study's own
            defaults = Evidence().filled(type(self.params), defaults)
        given = [
            name for name in told.index if getattr(self.params, name, None) != defaults.get(name)
        ]
        if not given:
            same = _("Every setting has its default value.")
            display(HTML(f'<p class="note">{html.escape(same)}</p>'))
            return
        frame = told.loc[given].assign(default=[str(defaults.get(name)) for name in given])
        order = [name for name in ("setting", "value", "default", "meaning") if name in frame]
        self.frame(frame[order], _("Settings that differ from their defaults"))

    def doubts(self, *results: Result) -> None:
        """Show what could be wrong: every check of what was shown and given, failures first."""
        found = dict.fromkeys(
            check for result in (*self._shown.values(), *results) for check in result.checks
        )
        checks = sorted(
            found, key=lambda check: (check.passed is not False, check.passed is not None)
        )
        verdict = {True: "passed", False: "failed", None: "for information"}
        self.frame(
            pd.DataFrame(
                [(c.name, verdict[c.passed], c.detail) for c in checks],
                columns=["check", "verdict", "detail"],
            )
        )

    def save(self, *first: Result, **tables: pd.DataFrame) -> None:
        """Conclude: show the findings, `first` leading; write tables and results.json."""
        folder = self.context.folder
        shutil.rmtree(folder / "tables", ignore_errors=True)
        (folder / "tables").mkdir(parents=True)
        tables = self._tables | tables
        for key, frame in tables.items():
            frame.to_parquet(folder / "tables" / f"{key}.parquet", index=False)
        concluded = self._concluded(first)
        findings = [one.finding(key) for key, one in concluded.items()]
        saved = {
            "notebook": self.name,
            "headline": findings[0]["headline"] if findings else "",
            "findings": findings,
            "figure": next(iter(self._figures), None),
            "tables": {key: len(frame) for key, frame in tables.items()},
            "dictionary": _dictionary(self.name, tables),
            "settings": dict(zip(self.settings["setting"], self.settings["value"], strict=True)),
        }
        text = json.dumps(plain(saved), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "results.json").write_text(text + "\n", encoding="utf-8")
        items = "".join(f"<li>{html.escape(one.text())}</li>" for one in concluded.values())
        display(HTML(f'<ul class="conclusion">{items}</ul>'))
        if self.live and (lasting := self.lasting()):
            display(HTML(f'<pre class="note">{html.escape(lasting)}</pre>'))

    def lasting(self) -> str:
        """Say how the settings that a person tried here become the study's own; empty: none was."""
        given = self.study.notebooks.get(self.name) or {}
        standing = {**self._defaults(), **(given if isinstance(given, dict) else {})}
        tried = {
            name: self._tried[name]
            for name, default in self._defaults().items()
            if name in self._tried and self._tried[name] not in (default, standing[name])
        }
        if not tried:
            return ""
        file = self.context.study_file
        inside = file.is_relative_to(self.context.project)
        shown = file.relative_to(self.context.project) if inside else file
        options = " ".join(
            f"-p {shlex.quote(f'{self.name}.{name}={value}')}" for name, value in tried.items()
        )
        values = {"notebooks": {self.name: tried}}
        line = yaml.safe_dump(values, default_flow_style=False, allow_unicode=True)
        return _(
            "Settings tried here that the study does not have. For one run:\n"
            "insights run {study} {options}\n\nTo make them last, in {study}:\n{line}",
            study=shown, options=options, line=line.strip(),
        )  # fmt: skip

    def _defaults(self) -> dict[str, Any]:
        if isinstance(self.params, Params):
            return {name: one.default for name, one in type(self.params).model_fields.items()}
        path = self.context.project / "notebooks" / f"{self.name}.ipynb"
        found = read_notebook(path).parameters if path.is_file() else ()
        return {one.name: one.default for one in found}

    def _concluded(self, first: tuple[Result, ...]) -> dict[str, Result]:
        """Results to conclude with, by name: `first`, then what else was shown as a finding."""
        names = {id(result): name for name, result in self._shown.items()}
        found = {names.get(id(one), one.finding_kind): one for one in first}
        shown = {key: one for key, one in self._shown.items() if key not in self._quiet}
        return found | {key: one for key, one in shown.items() if key not in found}

    def csv(self, folder: str | Path) -> list[Path]:
        """Write the tables of the study's latest run as CSV below a folder; return the files."""
        latest = self.context.project / "outputs" / self.study.study / "latest"
        return export_tables(latest, Path(folder))

    def end_without(self, *names: str, instead: Result | None) -> None:
        """End the notebook with `instead` when upstream saved none of a table named here.

        A run then leaves the later cells off the page; a person's notebook stops with a line.
        """
        missing = [name for name in names if not self.has(name)]
        if not missing:
            return
        if instead is None:
            self.table(missing[0])  # says what is missing, and the command
            return
        self.doubts(instead)
        self.save(instead, **{instead.finding_kind: instead.table()})
        told = _(
            "The study has no table of {tables}, so nothing more follows.",
            tables=_(" and no ").join(missing),
        )
        page = f"<p>{html.escape(told)}</p>"
        display(HTML(page), metadata={"insights": {"end": True}})
        if self.live:
            raise NotebookEnded(told)


class NotebookEnded(Exception):
    """Stops a notebook that a person runs as a whole, where nothing more follows."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]  # one line, in place of a traceback


def _params(name: str, cell: Mapping[str, Any], evidence: Evidence) -> Params | SimpleNamespace:
    module = f"insights.analyses.{name}"
    if name.isidentifier() and importlib.util.find_spec(module) is not None:
        model = importlib.import_module(module).Params
        found = {key: cell[key] for key in model.model_fields if key in cell}
        return model.checked(evidence.filled(model, found), where=f"notebook {name}")
    scalars = {
        key: value
        for key, value in cell.items()
        if isinstance(value, bool | int | float | str) and not key.startswith("_")
        if key != "order"  # of the notebook, no setting
    }
    return SimpleNamespace(**scalars)


def _dictionary(name: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Say of each saved table what a row is and what its columns hold, where that is declared."""
    module = f"insights.analyses.{name}.tables"
    known = name.isidentifier() and importlib.util.find_spec(f"insights.analyses.{name}")
    if not known or importlib.util.find_spec(module) is None:
        return {}
    outputs: Mapping[str, OutputTable] = importlib.import_module(module).OUTPUTS
    return {
        key: {"row": outputs[key].row, "columns": outputs[key].about(frame)}
        for key, frame in tables.items()
        if key in outputs
    }
