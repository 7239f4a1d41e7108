"""The plan: which notebooks run, in which order, with which settings; read, never executed."""

from __future__ import annotations

import ast
import importlib.util
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from insights.errors import ParamsError, did_you_mean
from insights.messages import _, items
from insights.run.study import Study
from insights.settings import Assignment, Evidence, Params, assignments, complaint

__all__ = ["Parameter", "Plan", "Spec", "make_plan", "overrides", "read_notebook"]

ANALYSES = Path(__file__).resolve().parents[1] / "analyses"
_GRAPH = ("upstream", "late", "inputs", "state", "edited")
_ORDER = "order"
_TYPES = {"bool": bool, "int": int, "float": float, "str": str}


@dataclass(frozen=True)
class Parameter:
    """One line of a notebook's parameters cell."""

    name: str
    kind: str
    default: bool | int | float | str
    about: str


@dataclass(frozen=True)
class Spec:
    """What a notebook says of itself in its parameters cell.

    An input is a canonical table, or several of which one is enough: 'customers|snapshot'. A
    notebook with an `order` is part of every study that does not say `name: false`; one without
    runs where a study names it.
    """

    name: str
    path: Path
    needs: tuple[str, ...]
    uses: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    state: tuple[str, ...] = ()  # folders that a run hands to the next one
    late: tuple[str, ...] = ()  # upstream that it may start without: it waits where it reads them
    edited: tuple[str, ...] = ()  # files beside the study that people edit
    order: int | None = None  # place among the notebooks of every study

    @property
    def analysis(self) -> Path | None:
        """The settings of the package that the notebook is made of; a person's own has none."""
        path = ANALYSES / self.name / "params.py"
        return path if path.is_file() else None


@dataclass(frozen=True)
class Plan:
    """Notebooks in the order of running, their settings, and why some are skipped."""

    specs: tuple[Spec, ...]
    settings: Mapping[str, Mapping[str, Any]]
    skipped: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All notebooks in order, the skipped ones among them."""
        return tuple(spec.name for spec in self.specs)

    def upstream(self, spec: Spec) -> tuple[str, ...]:
        """Notebooks whose results `spec` reads: required ones, and optional ones in the plan."""
        return (*spec.needs, *(name for name in spec.uses if name in self.names))

    def readers(self, name: str) -> tuple[Spec, ...]:
        """Notebooks that read what `name` makes, or what a reader of it makes."""
        found: list[Spec] = []
        names = {name}
        for spec in self.specs:  # in the order of running
            if names & set(self.upstream(spec)):
                found.append(spec)
                names.add(spec.name)
        return tuple(found)


def read_notebook(path: Path) -> Spec:
    """Read a notebook's parameters cell without running it; refusals name the file and line."""
    name = path.stem
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise ParamsError(f"{path.name}: is not a notebook (no JSON with cells).") from None
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) != 1:
        raise ParamsError(
            f"{path.name}: {len(tagged)} cells are tagged 'parameters'; exactly one is needed."
        )
    source = "".join(tagged[0]["source"])
    try:
        lines = assignments(source)
    except SyntaxError as error:
        raise ParamsError(
            f"{path.name}: parameters cell, line {error.lineno}: {error.msg}."
        ) from None
    graph: dict[str, tuple[str, ...]] = {}
    parameters = []
    order = None
    for line in lines:
        kind, value = _literal(line, path.name)
        if line.name == _ORDER:
            order = value
        elif line.name in _GRAPH:
            graph[line.name] = tuple(value)
        else:
            parameters.append(Parameter(line.name, kind, value, line.about))
    upstream = graph.get("upstream", ())
    return Spec(
        name,
        path,
        needs=tuple(item for item in upstream if not item.endswith("?")),
        uses=tuple(item[:-1] for item in upstream if item.endswith("?")),
        inputs=graph.get("inputs", ()),
        parameters=tuple(parameters),
        state=graph.get("state", ()),
        late=graph.get("late", ()),
        edited=graph.get("edited", ()),
        order=order,
    )


def _literal(line: Assignment, name: str) -> tuple[str, Any]:
    """Return the kind and the value of a line, which must be a plain literal of its kind."""
    where, key = f"{name}: parameters cell, line {line.line}", line.name
    if line.value is None:
        raise ParamsError(f"{where}: only lines such as 'days: int = 90  # meaning' are allowed.")
    try:
        value = ast.literal_eval(line.value)
    except ValueError:
        raise ParamsError(f"{where}: '{key}' must be a plain literal.") from None
    if key == _ORDER:
        if type(value) is not int:
            raise ParamsError(f"{where}: 'order' must be a whole number.")
        return "int", value
    if key in _GRAPH:
        if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise ParamsError(f"{where}: '{key}' must be a list of names.")
        return "list", value
    kind = line.kind or type(value).__name__
    if kind not in _TYPES:
        raise ParamsError(f"{where}: '{key}' is {kind}; allowed: {', '.join(_TYPES)}.")
    return kind, value


def settings_model(spec: Spec) -> type[BaseModel]:
    """Return the model a notebook's settings must fit: its analysis', else its own cell's."""
    if spec.analysis:
        return module_alone(spec.analysis).Params
    fields: dict[str, Any] = {
        item.name: (_TYPES[item.kind], item.default) for item in spec.parameters
    }
    return create_model(
        f"{spec.name}_settings", __config__=ConfigDict(extra="forbid", strict=True), **fields
    )


@cache
def module_alone(path: Path) -> Any:
    """Load a module of an analysis: its package would bring every library it computes with."""
    label = f"insights_alone_{path.parent.name}_{path.stem}"
    found = importlib.util.spec_from_file_location(label, path)
    if found is None or found.loader is None:
        raise ParamsError(f"{path.parent.name}/{path.name} cannot be loaded.")
    module = importlib.util.module_from_spec(found)
    sys.modules[label] = module  # pydantic looks names up there
    found.loader.exec_module(module)
    return module


def overrides(texts: Sequence[str], specs: Mapping[str, Spec]) -> dict[str, dict[str, Any]]:
    """Parse 'notebook.key=value' texts by the declared type of the parameter."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        target, sign, value = text.partition("=")
        notebook, dot, key = target.partition(".")
        if not (sign and dot and key):
            raise ParamsError(f"-p {text!r}: write it as NOTEBOOK.KEY=VALUE.")
        if notebook not in specs:
            raise ParamsError(
                f"-p {text!r}: there is no notebook '{notebook}'.{did_you_mean(notebook, specs)} "
                f"Notebooks: {', '.join(specs)}."
            )
        spec = specs[notebook]
        known = {item.name: item for item in spec.parameters}
        if key not in known:
            raise ParamsError(
                f"-p {text!r}: {notebook} has no parameter '{key}'.{did_you_mean(key, known)} "
                f"Allowed: {', '.join(known)}."
            )
        found.setdefault(notebook, {})[key] = _parse(value, known[key], text)
    return found


def _parse(value: str, parameter: Parameter, text: str) -> Any:
    if parameter.kind == "str":
        return value
    if parameter.kind == "bool":
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if value.lower() in words:
            return words[value.lower()]
        raise ParamsError(f"-p {text!r}: '{value}' is not true or false.")
    try:
        return int(value) if parameter.kind == "int" else float(value)
    except ValueError:
        raise ParamsError(f"-p {text!r}: '{value}' is not of type {parameter.kind}.") from None


def all_specs(folder: Path) -> dict[str, Spec]:
    """Read every notebook of the folder, those with an order first, in the order of reading."""
    specs = [read_notebook(path) for path in sorted(folder.glob("*.ipynb"))]
    specs.sort(key=lambda spec: math.inf if spec.order is None else spec.order)
    return {spec.name: spec for spec in specs}


def make_plan(study: Study, folder: Path, *, where: str = "", extra: Sequence[str] = ()) -> Plan:
    """Choose, order and parameterise the notebooks of a study.

    Those with an order run unless the study says `name: false`, others when the study names them.
    Every complaint is collected and raised once, as ParamsError.
    """
    specs = all_specs(folder)
    faults = []
    for name in study.notebooks:
        if name not in specs:
            faults.append(
                f"{where}notebooks: there is no notebook '{name}'.{did_you_mean(name, specs)} "
                f"Notebooks: {', '.join(specs)}."
            )
    chosen = {
        name: spec
        for name, spec in specs.items()
        if study.notebooks.get(name, False if spec.order is None else {}) is not False
    }
    given = overrides(extra, specs)
    settings: dict[str, dict[str, Any]] = {}
    for name, spec in chosen.items():
        values = {**(study.notebooks.get(name) or {}), **given.get(name, {})}
        try:
            settings[name] = _validated(spec, values, study.evidence)
        except ValidationError as error:
            faults.append(complaint(error, settings_model(spec), where=f"{where}notebooks.{name}"))
    if faults:
        raise ParamsError("\n".join(faults))
    ordered = _ordered(chosen)
    return Plan(ordered, settings, _skips(study, ordered))


def _validated(spec: Spec, values: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    model = settings_model(spec)
    kinds = {item.name: item.kind for item in spec.parameters}
    # a whole number is a fine float; nothing else is turned into another type
    values = {
        key: float(value) if kinds.get(key) == "float" and type(value) is int else value
        for key, value in values.items()
    }
    strict = None
    if issubclass(model, Params):
        values, strict = evidence.filled(model, values), True
    settings = model.model_validate(values, strict=strict)
    return {item.name: getattr(settings, item.name) for item in spec.parameters}


def _ordered(chosen: Mapping[str, Spec]) -> tuple[Spec, ...]:
    """Order by the graph; among those that are free, the order of reading decides."""
    graph: TopologicalSorter[str] = TopologicalSorter(
        {name: {*spec.needs, *spec.uses} & set(chosen) for name, spec in chosen.items()}
    )
    try:
        graph.prepare()
    except CycleError as error:
        ring = ", ".join(sorted(set(error.args[1])))
        raise ParamsError(f"the notebooks {ring} wait for each other (upstream).") from None
    free: set[str] = set()
    done: list[str] = []
    while graph.is_active():
        free |= set(graph.get_ready())
        name = next(name for name in chosen if name in free)
        free.remove(name)
        graph.done(name)
        done.append(name)
    return tuple(chosen[name] for name in done)


def _skips(study: Study, specs: Sequence[Spec]) -> dict[str, str]:
    """Say of each notebook that cannot run in this study why: input or upstream not there."""
    tables = set(study.sources.tables())
    reasons: dict[str, str] = {}
    names = {spec.name for spec in specs}
    for spec in specs:
        missing = [
            item.replace("|", _(" or "))
            for item in spec.inputs
            if not tables & set(item.split("|"))
        ]
        absent = [item for item in spec.needs if item not in names or item in reasons]
        if missing:
            reasons[spec.name] = _("the study has no {tables}", tables=_(" and no ").join(missing))
        elif absent:
            reasons[spec.name] = _(
                "it needs {notebooks}, which does not run in this study", notebooks=items(absent)
            )
    return reasons
