"""Change numbers in the code, one at a time, and see whether a test notices.

    python tools/mutate.py src/insights/stats --each 8
    python tools/mutate.py src/insights/analyses/topics/emergence.py --each 20 --seed 3

A mutant is a module with one change: operators and comparisons swapped, a constant changed, a
sign or a term dropped, two ends of an interval or two branches exchanged. A seeded sample of each
module is tried on the tests of its folder (`tests/stats` for `src/insights/stats`), of which those
files run that call the changed function, the quickest tests that call it first, until one fails.
Plots, sentences, messages and annotations are left alone: a change there is no number.

The tests are collected once; each mutant runs in a fork of that process, in which the code of the
changed function, its defaults, or the constant of its module are replaced. Nothing is written to
the tree. Programs that a test starts, and values computed at import, do not see the change.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import gc
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "insights"
# only draws, words or declares
LEFT_ALONE = ("plots.py", "params.py", "__init__.py", "result.py", "forecasts.py")
WORDS = {"text", "headline", "doubts", "html", "plot", "table", "__post_init__", "_repr_html_"}
SWAPS: dict[type, type] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "floor": "ceil",
         "ceil": "floor", "any": "all", "all": "any", "argmin": "argmax", "argmax": "argmin",
         "cumsum": "cumprod", "sum": "max", "mean": "max", "median": "max", "sqrt": "abs",
         "log": "sqrt", "exp": "expm1", "expm1": "exp", "log1p": "log"}  # fmt: skip
ENDS = ("low", "high"), ("lower", "upper")


@dataclass(frozen=True)
class Mutant:
    """One change: where, in which function (first line, 0 for the module), and the new module."""

    path: Path
    line: int
    function: int
    change: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.line}  {self.change}"


def main() -> None:
    """Try a sample of mutants of each module and print what was caught and what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="modules or packages of src/insights")
    parser.add_argument("--each", type=int, default=8, help="mutants a module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0,
                        help="of tests a mutant; tests beyond are not run for it")  # fmt: skip
    parser.add_argument("--tests", type=Path, nargs="*", default=[],
                        help="folders or files, instead of the module's own")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="name the mutants and run nothing")
    given = parser.parse_args()
    os.chdir(ROOT)
    modules = [
        path for named in given.paths
        for path in sorted([named] if named.suffix == ".py" else named.rglob("*.py"))
        if path.name not in LEFT_ALONE
    ]  # fmt: skip
    by_tests: dict[tuple[Path, ...], list[Mutant]] = defaultdict(list)
    for path in map(Path.resolve, modules):
        by_tests[tuple(given.tests) or (tests_of(path),)] += sample(path, given.each, given.seed)
    if given.list:
        print(*(mutant for mutants in by_tests.values() for mutant in mutants), sep="\n")
        return
    sys.path[:0] = [str(SOURCE.parent), str(ROOT)]
    outcomes: list[tuple[Mutant, str]] = []
    for places, mutants in by_tests.items():
        trial = Trial(mutants, given.seconds)
        options = ["-q", "-s", "-p", "no:cacheprovider", *map(str, places)]
        pytest.main(options, [trial])
        outcomes += trial.outcomes
    _summarise(outcomes)


def _summarise(outcomes: list[tuple[Mutant, str]]) -> None:
    tried: dict[Path, list[str]] = defaultdict(list)
    for mutant, outcome in outcomes:
        if outcome != "no change":
            tried[mutant.path].append(outcome)
    print(f"\n{'module':48} {'tried':>6} {'caught':>7}")
    for path, found in tried.items():
        print(f"{path.relative_to(SOURCE)!s:48} {len(found):6} {found.count('caught'):7}")
    every = [outcome for found in tried.values() for outcome in found]
    share = every.count("caught") / max(len(every), 1)
    print(f"{'all':48} {len(every):6} {every.count('caught'):7}  {share:.0%}")


def tests_of(path: Path) -> Path:
    """Folder of tests of a module: that of its package, or of the analysis it is a part of."""
    folder = ROOT / "tests" / path.parent.relative_to(SOURCE)
    while not folder.is_dir():
        folder = folder.parent
    return folder


# --- the changes -----------------------------------------------------------------------------


def sample(path: Path, each: int, seed: int) -> list[Mutant]:
    """Return a seeded sample of a module's mutants, by line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sites = list(_sites(tree))
    chosen = random.Random(f"{seed} {path.relative_to(SOURCE)}").sample(
        range(len(sites)), min(each, len(sites))
    )
    mutants = []
    for index in sorted(chosen):
        changed = copy.deepcopy(tree)
        node, function, change = list(_sites(changed))[index]
        # as text at once: the change is made in place and shows in its surroundings
        before = ast.unparse(node)
        line = node.lineno
        change()
        words = _words(before, ast.unparse(node))
        mutants.append(Mutant(path, line, function, words, ast.fix_missing_locations(changed)))
    return mutants


def _words(before: str, after: str) -> str:
    """Both around the place where they first differ."""
    pairs = enumerate(zip(before, after, strict=False))
    place = next((at for at, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = max(place - 25, 0)
    return "  →  ".join(text[start : start + 60].replace("\n", " ") for text in (before, after))


def _sites(node: ast.AST, function: int = 0) -> Iterator[tuple[ast.AST, int, Callable]]:
    """Every change that can be made below a node: where, in which function, and how."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _wordy(child):
                inner = _first_line(child) if isinstance(child, ast.FunctionDef) else function
                yield from ((child, inner, change) for change in _changes(child))
                yield from _sites(child, inner)


def _first_line(node: ast.FunctionDef) -> int:
    """As its code object has it: that of the first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _wordy(node: ast.AST) -> bool:
    """Whether only words, types or refusals are below."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.FunctionDef):
        return node.name in WORDS
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test) or isinstance(node.body[0], ast.Raise)
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in ("Check", "TypeVar", "round", "cast")


def _changes(node: ast.AST) -> Iterator[Callable]:
    """Ways to change the number that a node makes; each changes the node in place."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        if not (isinstance(node, ast.BinOp) and _is_text(node)):
            yield lambda: setattr(node, "op", SWAPS[type(node.op)]())
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
                yield lambda: node.__dict__.update(op=ast.Add(), right=ast.Constant(0))
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield lambda: node.ops.__setitem__(0, SWAPS[type(node.ops[0])]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert | ast.Not):
        yield lambda: setattr(node, "op", ast.UAdd()) or _drop(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield lambda: setattr(node, "attr", NAMES[node.attr])
    elif isinstance(node, ast.Name) and node.id in ("min", "max", "any", "all"):
        yield lambda: setattr(node, "id", NAMES[node.id])
    elif isinstance(node, ast.IfExp):
        yield lambda: node.__dict__.update(body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Dict | ast.Call | ast.Tuple):
        yield from _ends(node)


def _drop(node: ast.UnaryOp) -> None:
    """Leave out the operator: as `+x`, but for arrays of truth values too."""
    held = node.operand
    node.__class__ = held.__class__  # type: ignore[assignment]
    node.__dict__ = dict(held.__dict__)


def _constants(node: ast.Constant) -> Iterator[Callable]:
    value = node.value
    if isinstance(value, bool):
        yield lambda: setattr(node, "value", not value)
    elif isinstance(value, int):
        yield lambda: setattr(node, "value", value + 1)
        if abs(value) > 2:
            yield lambda: setattr(node, "value", value * 2)
    elif isinstance(value, float):
        yield lambda: setattr(node, "value", value * 2 if value else 1.0)
        if abs(value) > 1e-5:
            yield lambda: setattr(node, "value", value / 2)


def _ends(node: ast.Dict | ast.Call | ast.Tuple) -> Iterator[Callable]:
    """Exchange what stands for the two ends of an interval."""
    if isinstance(node, ast.Dict):
        names = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    elif isinstance(node, ast.Call):
        names = [keyword.arg for keyword in node.keywords]
    else:
        names = [getattr(item, "id", None) for item in node.elts]
    for low, high in ENDS:
        if low in names and high in names:
            yield partial(_exchange, node, names.index(low), names.index(high))


def _exchange(node: ast.Dict | ast.Call | ast.Tuple, first: int, second: int) -> None:
    if isinstance(node, ast.Call):
        low, high = node.keywords[first], node.keywords[second]
        low.value, high.value = high.value, low.value
    else:
        items = node.values if isinstance(node, ast.Dict) else node.elts
        items[first], items[second] = items[second], items[first]


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


# --- the tests -------------------------------------------------------------------------------


class Trial:
    """A pytest plugin: runs the collected tests once as they are, then some of them a mutant."""

    def __init__(self, mutants: list[Mutant], seconds: float) -> None:
        self.mutants, self.seconds = mutants, seconds
        self.outcomes: list[tuple[Mutant, str]] = []

    def pytest_configure(self):
        """Let hypothesis neither shrink nor keep what it finds: one failure is enough."""
        from hypothesis import Phase, settings

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", phases=phases, database=None, deadline=None)
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Run everything in forks, so that each starts from the state after collection."""
        if not session.items or session.testsfailed:
            pytest.exit("no tests, or they cannot be collected", returncode=1)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            if _in_a_fork(lambda: _record(session, Path(file.name)), None, shown=True) != 0:
                pytest.exit("the tests do not pass unchanged", returncode=1)
            found = json.loads(Path(file.name).read_text(encoding="utf-8"))
        total = sum(seconds for seconds, _ in found.values())
        print(f"\n{len(found)} tests, {total:.0f} s; {len(self.mutants)} mutants", flush=True)
        items = {item.nodeid: item for item in session.items}
        for mutant in self.mutants:
            chosen, seconds = choose(mutant, found, self.seconds)
            outcome = "no test"
            if chosen:
                work = partial(_run, session, [items[name] for name in chosen], mutant)
                code = _in_a_fork(work, 3 * seconds + 20)
                outcome = {0: "missed", 3: "no change"}.get(code, "caught")
            self.outcomes.append((mutant, outcome))
            print(f"{outcome:9} {mutant}", flush=True)
        return True


def choose(mutant: Mutant, found: dict, seconds: float) -> tuple[list[str], float]:
    """Tests of the files that call the changed function: callers first, the quickest first."""
    path = str(mutant.path)

    def calls(name: str) -> bool:
        lines = found[name][1].get(path, ())
        return bool(lines) if mutant.function == 0 else mutant.function in lines

    files = {name.split("::")[0] for name in found if calls(name)}
    order = sorted(
        (name for name in found if name.split("::")[0] in files),
        key=lambda name: (not calls(name), found[name][0]),
    )
    chosen, spent = [], 0.0
    for name in order:
        if not chosen or spent + found[name][0] <= seconds:
            chosen.append(name)
            spent += found[name][0]
    return chosen, spent


def _run(session, items: list, mutant: Mutant | None = None) -> int:
    """0 when all pass, 1 at the first failure, 3 when the change could not be made."""
    if mutant and not apply(mutant):
        return 3
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def apply(mutant: Mutant) -> bool:
    """Change the imported module; whether anything changed."""
    name = ".".join(mutant.path.relative_to(SOURCE.parent).with_suffix("").parts)
    module = sys.modules.get(name)
    if module is None:
        return False
    compiled = compile(mutant.tree, str(mutant.path), "exec")
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compiled)}
    changed = False
    for held in [item for item in gc.get_objects() if isinstance(item, FunctionType)]:
        old = held.__code__
        new = codes.get((old.co_qualname, old.co_firstlineno))
        if old.co_filename == str(mutant.path) and new is not None and new != old:
            with contextlib.suppress(ValueError):  # a name of the surroundings is used no more
                held.__code__ = new
                changed = True
    return changed or _apply_values(module, compiled)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for held in code.co_consts:
        if isinstance(held, CodeType):
            yield held
            yield from _codes(held)


def _apply_values(module, compiled: CodeType) -> bool:
    """Constants of a module, wherever they were imported, and defaults of its functions."""
    fresh = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compiled, fresh)
    changed = False
    for name, old in list(vars(module).items()):
        new = fresh.get(name)
        if isinstance(old, FunctionType) and isinstance(new, FunctionType):
            for part in ("__defaults__", "__kwdefaults__"):
                if getattr(old, part) != getattr(new, part):
                    setattr(old, part, getattr(new, part))
                    changed = True
        elif isinstance(old, int | float | str | tuple | dict | frozenset | set) and old != new:
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(name) is old:
                    setattr(other, name, new)
            changed = True
    return changed


def _record(session, out: Path) -> int:
    """Run all tests; write the processor's seconds and the called functions of each.

    What a fixture calls counts for every test that uses it, not only for the first.
    """
    calls: list[dict[str, set[int]]] = [defaultdict(set)]
    fixtures: dict[object, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    found = {}

    class Fixtures:
        @pytest.hookimpl(wrapper=True)
        def pytest_fixture_setup(self, fixturedef):
            calls.append(fixtures[fixturedef])
            try:
                return (yield)
            finally:
                calls.pop()

    def called(frame, *_):
        path = frame.f_code.co_filename
        if path.startswith(str(SOURCE)):
            for held in calls:
                held[path].add(frame.f_code.co_firstlineno)

    session.config.pluginmanager.register(Fixtures())
    for place, item in enumerate(session.items):
        mine: dict[str, set[int]] = defaultdict(set)
        calls[0] = mine
        start = time.process_time()
        sys.settrace(called)
        following = session.items[place + 1] if place + 1 < len(session.items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        sys.settrace(None)
        if session.testsfailed:
            return 1
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for path, lines in fixtures[definitions[-1]].items():
                mine[path] |= lines
        lines = {path: sorted(lines) for path, lines in mine.items()}
        found[item.nodeid] = (time.process_time() - start, lines)
    out.write_text(json.dumps(found), encoding="utf-8")
    return 0


def _in_a_fork(work: Callable[[], int], seconds: float | None, shown: bool = False) -> int:
    """Exit code of the work done in a fork; -1 when it took longer than it may."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 1
    try:
        if seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
            signal.alarm(int(20 * seconds))  # for what waits without end
        if not shown:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
        code = work()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
