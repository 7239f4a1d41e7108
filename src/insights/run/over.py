"""One study a value of a column, run side by side: `insights run STUDY --over plan`.

The study's own `collect` runs first. Each value's study reads the collected rows of its customers
(or its records, for a column of feedback), so personal data are withheld already; what has no
customers, such as a market series, is read as in the whole study.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights import report
from insights.errors import DataError, ParamsError, did_you_mean
from insights.messages import _, items, plural
from insights.run import edits, folder, publish
from insights.run.execute import Options, Prepared, Run, run_study
from insights.run.outcome import EXIT_CODES, exit_code
from insights.run.progress import Teller, teller

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Group", "Over", "groups", "run_over"]

_MADE = ("source", "line", "copies", "repeat_group", "repeats")  # by collect; made anew
_ID = "customer_id"
_COLLECT = "collect"


@dataclass(frozen=True)
class Group:
    """The rows of one value, or of several that are too small to be shown alone."""

    name: str
    slug: str
    values: tuple[str, ...]
    customers: int
    records: int


@dataclass(frozen=True)
class Over:
    """What `--over` says: a column, and its values where not all are wanted."""

    column: str
    values: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The column's name as that of a folder."""
        return re.sub(r"[^\w-]+", "-", self.column)

    @classmethod
    def read(cls, text: str) -> Over:
        """Read 'plan' or 'plan=pro,free'."""
        column, sign, listed = text.partition("=")
        values = tuple(value.strip() for value in listed.split(",") if value.strip())
        if not column.strip() or (sign and not values):
            raise ParamsError(
                _("--over {text}: write it as COLUMN or COLUMN=VALUE,VALUE.", text=text)
            )
        return cls(column.strip(), values)


def groups(
    frames: Mapping[str, pd.DataFrame], over: Over, *, min_cell: int
) -> tuple[list[Group], list[str]]:
    """Return the groups of a column, the largest first, and what must be said of the others.

    A value of fewer than `min_cell` customers (records, where no customer is known) is merged
    with the other small ones; what is too small even so is left out.

    Raises
    ------
    ParamsError
        There is no such column, or no such value.
    """
    table = _table_of(frames, over.column)
    rows = frames[table].dropna(subset=[over.column])
    rows = rows.assign(**{over.column: rows[over.column].astype(str)})
    known = sorted(rows[over.column].unique())
    for value in over.values:
        if value not in known:
            raise ParamsError(
                _("--over: '{column}' never is '{value}'.", column=over.column, value=value)
                + did_you_mean(value, known)
                + _(" It is: {values}.", values=items(known, 12))
            )
    units = rows[_ID].fillna(rows.index.to_series().astype(str)) if _ID in rows else rows.index
    sizes = units.groupby(rows[over.column]).nunique().sort_values(ascending=False, kind="stable")
    wanted = [value for value in sizes.index if not over.values or value in over.values]
    large = [(value, (value,)) for value in wanted if sizes[value] >= min_cell]
    small = tuple(value for value in wanted if sizes[value] < min_cell)
    said = []
    if small:
        together = int(units[rows[over.column].isin(small)].nunique())
        names = items(small)
        if together >= min_cell:
            large.append((_("other ({values})", values=names), small))
            said.append(_("merged, being fewer than {n} each: {values}", n=min_cell, values=names))
        else:
            said.append(_("left out, being fewer than {n}: {values}", n=min_cell, values=names))
    without = int(frames[table][over.column].isna().sum())
    if without:
        fields = {"table": table, "column": over.column}
        said.append(
            plural("{n} row of {table} has no {column}", "{n} rows of {table} have no {column}",
                   without, **fields)
        )  # fmt: skip
    found: list[Group] = []
    for name, values in large:
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:24]
        if not slug or slug in {group.slug for group in found}:
            slug = f"group-{len(found) + 1}"
        own = of_group(frames, over.column, values)
        customers = int(units[rows[over.column].isin(values)].nunique())
        found.append(Group(name, slug, values, customers, len(own.get("feedback", ()))))
    return found, said


def _table_of(frames: Mapping[str, pd.DataFrame], column: str) -> str:
    """Return the table whose column it is: of customers, else of feedback."""
    tables = [name for name in ("customers", "feedback") if name in frames]
    for name in tables:
        if column in frames[name].columns and column not in (_ID, "text"):
            return name
    known = dict.fromkeys(str(name) for table in tables for name in frames[table].columns
                          if name not in (*_MADE, _ID, "text"))  # fmt: skip
    raise ParamsError(
        _("--over {column}: neither customers nor feedback has it.", column=column)
        + did_you_mean(column, known)
        + _(" There is: {names}.", names=items(known, 12))
    )


def of_group(
    frames: Mapping[str, pd.DataFrame], column: str, values: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the tables of a group: its customers and all rows of theirs, or its feedback."""
    table = _table_of(frames, column)
    mine = frames[table][frames[table][column].astype(str).isin(values)]
    if table == "feedback":
        return {name: mine if name == table else frame for name, frame in frames.items()}
    return {
        name: mine if name == table else frame[frame[_ID].isin(mine[_ID])]
        for name, frame in frames.items()
    }


def run_over(prepared: Prepared, over: Over, told: Teller) -> Run:
    """Run one study a value; return what they left: the page over them, an outcome a group."""
    options = prepared.options
    base = run_study(
        replace(prepared, options=replace(options, only=(_COLLECT,), force=False)), told
    )
    if base.exit_code:
        return base
    frames = _frames(base.folder)
    found, said = groups(frames, over, min_cell=prepared.study.evidence.min_cell)
    if not found:
        raise DataError(
            _("--over {column}: no group is left. ", column=over.column) + "; ".join(said)
        )
    place = prepared.outputs / "over" / over.column
    with folder.locked(place, wait=options.wait):
        studies = [_study(prepared, over, group, frames) for group in found]
        codes = _run_all(prepared, studies, place, found)
        text = report.render_over(
            prepared.study.title or prepared.study.study,
            column=over.column,
            notes=said,
            groups=[_row(place / file.stem, group, code)
                    for group, file, code in zip(found, studies, codes, strict=True)],
        )  # fmt: skip
        folder.write_atomically(place / "index.html", prepared.secrets.redact(text))
    outcomes = [_outcome(code) for code in codes]
    entries = {one.slug: {"outcome": outcome} for one, outcome in zip(found, outcomes, strict=True)}
    return Run(folder=place, manifest={"notebooks": entries, "exit_code": exit_code(outcomes)})


def _outcome(code: int) -> str:
    """Return the outcome of an exit code; one that no table has is a failure."""
    known = {own: name for name, own in EXIT_CODES.items()} | {0: "ok"}
    return known.get(code, "failed")


def _frames(run: Path) -> dict[str, pd.DataFrame]:
    """Return the collected tables in which customers are named."""
    import pandas as pd

    from insights.ingest.schema import TABLES

    paths = {name: run / _COLLECT / "tables" / f"{name}.parquet" for name in TABLES}
    read = {name: pd.read_parquet(path) for name, path in paths.items() if path.is_file()}
    return {name: frame for name, frame in read.items() if _ID in frame.columns}


def _study(
    prepared: Prepared, over: Over, group: Group, frames: Mapping[str, pd.DataFrame]
) -> Path:
    """Write a group's tables and its study file; return the file."""
    import yaml

    from insights.ingest.schema import TABLES

    name = f"{prepared.study.study[: 63 - len(group.slug)]}-{group.slug}"
    place = (
        prepared.project / ".insights" / "over" / prepared.study.study / over.column / group.slug
    )
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    values = prepared.study.model_dump(mode="json", exclude_unset=True)
    for table, frame in of_group(frames, over.column, group.values).items():
        kept = frame.drop(columns=[column for column in _MADE if column in frame.columns])
        kept = kept.dropna(axis=1, how="all")
        path = place / f"{table}.parquet"
        kept.to_parquet(path, index=False)
        declared = {column.name for column in TABLES[table].columns}
        values["sources"][table] = [{
            "path": str(path.relative_to(prepared.project)),
            "dimensions": [str(column) for column in frame.columns
                           if column in kept.columns and column not in declared],
        }]  # fmt: skip
    title = prepared.study.title or prepared.study.study
    values |= {"study": name, "title": f"{title}: {over.column} {group.name}"}
    file = place / f"{name}.yml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for edit, path in prepared.edits.items():
        shutil.copy2(path, edits.place(file, edit))
    return file


def _run_all(
    prepared: Prepared, studies: Sequence[Path], place: Path, found: Sequence[Group]
) -> list[int]:
    """Run the studies, `jobs` at a time in processes, or on the workers of a Dask cluster."""
    options = prepared.options
    commands = [_command(options, prepared.project, file, place) for file in studies]
    if options.scheduler:
        from distributed import Client

        with Client(options.scheduler) as client:
            return list(client.gather(client.map(_remote, commands, pure=False)))
    progress = teller([group.slug for group in found])
    processes: list[subprocess.Popen] = []

    def run(number: int) -> int:
        progress.tell("start", notebook=found[number].slug)
        process = subprocess.Popen(
            commands[number], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        processes.append(process)
        code = process.wait()
        progress.tell("end", notebook=found[number].slug, outcome=_outcome(code), reason="")
        return code

    with ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        waiting = [pool.submit(run, number) for number in range(len(commands))]
        try:
            return [one.result() for one in waiting]
        except KeyboardInterrupt:
            for one in waiting:
                one.cancel()
            for process in processes:
                process.terminate()  # each ends in order, and keeps its record
            raise
        finally:
            progress.close()


def _remote(command: list[str]) -> int:
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def _command(options: Options, project: Path, study: Path, place: Path) -> list[str]:
    words = ["run", str(study), "--project", str(project), "--output", str(place), "--jobs", "1"]
    for text in options.extra:
        words += ["-p", text]
    if options.only:
        words += ["--only", ",".join(options.only)]
    if options.force:
        words.append("--force")
    words += ["--cell-timeout", str(options.limits.cell_seconds)]
    words += ["--timeout", str(options.limits.total_seconds)]
    return [sys.executable, "-m", "insights", *words]


def _row(place: Path, group: Group, code: int) -> dict[str, Any]:
    """Return what the page shows of a group: its size, how it ended, and what was found."""
    runs = folder.manifests(place)
    run, values = runs[0] if runs else (place, folder.read_manifest(place))
    headlines = {
        name: str((publish.read_results(run / name) or {}).get("headline") or "")
        for name, entry in values["notebooks"].items()
        if report.state(entry["outcome"]).fine and name != _COLLECT
    }
    return {
        "name": group.name, "customers": group.customers, "records": group.records, "code": code,
        "page": f"{place.name}/{run.name}/index.html" if runs else "",
        "headlines": {name: text for name, text in headlines.items() if text},
    }  # fmt: skip
