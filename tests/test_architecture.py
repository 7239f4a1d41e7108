"""The law of the house: layers, names in six places, where drawing and statistics may live."""

import ast
import functools
import graphlib
import importlib
import json
import re
from pathlib import Path

import pytest

from insights.result import Result

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "insights"
LAYERS = {
    "errors": 0, "claim": 0, "settings": 0, "result": 0, "messages": 0, "yaml_lines": 0,
    "tables": 0,
    "synthetic": 1, "stats": 1, "scale": 1, "drawing": 1,
    "ingest": 2, "enrich": 2,
    "analyses": 3,
    "run": 4, "report": 4, "notebook": 4,
    "cli": 5, "__main__": 5,
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))
ANALYSES = sorted(path.name for path in (PACKAGE / "analyses").iterdir() if path.is_dir()
                  and path.name != "__pycache__")  # fmt: skip


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Every node of a module, the module first; read once for all laws."""
    return list(ast.walk(ast.parse(text_of(path))))


@functools.cache
def for_types_alone(path: Path) -> set[ast.AST]:
    """Nodes below `if TYPE_CHECKING:`."""
    conditions = [node for node in nodes_of(path) if isinstance(node, ast.If)]
    blocks = [node for node in conditions if "TYPE_CHECKING" in ast.unparse(node.test)]
    return {child for block in blocks for line in block.body for child in ast.walk(line)}


@functools.cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def inner(path: Path) -> set[str]:
    names = {name.removeprefix("insights").lstrip(".") for name in imports(path)
             if name == "insights" or name.startswith("insights.")}  # fmt: skip
    return names - {""}


def run_time_imports(path: Path) -> set[str]:
    """Modules that the file imports when it runs, also inside functions; not for types alone."""
    modules = {name_of(module) for module in MODULES}
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found = set()
    for node in nodes_of(path):
        if node in for_types_alone(path):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = ["insights", *package.split(".")]
            base = ".".join(parts[: len(parts) + 1 - node.level]) if node.level else ""
            base = ".".join(filter(None, [base, node.module]))
            for whole in (f"{base}.{alias.name}" for alias in node.names):
                found.add(whole if whole.removeprefix("insights.") in modules else base)
    found = {name.removeprefix("insights.") for name in found if name.startswith("insights.")}
    return (found & modules) - {name_of(path)}


def layer(name: str) -> int:
    return LAYERS[name.split(".")[0]]


def test_a_module_imports_only_its_own_layer_s_package_and_lower_layers():
    assert not inner(PACKAGE / "__init__.py"), "the package itself imports nothing"
    for path in filter(name_of, MODULES):
        me = name_of(path)
        for other in inner(path):
            if other.split(".")[0] not in LAYERS:
                continue  # a name such as __version__
            same_package = other.split(".")[0] == me.split(".")[0]
            # the ground floor is one, so are run, report and notebook, and the two ways to call
            beside = layer(me) == layer(other) and layer(me) in (0, 4, 5)
            assert same_package or beside or layer(other) < layer(me), f"{me} imports {other}"


def test_the_import_graph_of_files_has_no_circle():
    graph = {name_of(path): run_time_imports(path) for path in MODULES}
    assert graph["notebook"] >= {"result", "drawing"}  # it sees imports at all
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def results() -> list[type[Result]]:
    for path in MODULES:
        if "analyses" in path.parts:
            importlib.import_module(f"insights.{name_of(path)}")
    found, left = [], [Result]
    while left:
        left += (children := left.pop().__subclasses__())
        found += [one for one in children if one.__module__.startswith("insights.")]
    return found


def test_a_result_declares_a_table_that_it_holds_and_a_figure_that_its_package_draws():
    assert len(results()) > 50
    for one in results():
        if one._table:
            assert one._table in one.__dataclass_fields__, one
        if one._figure:
            package = importlib.import_module(f"{one.__module__.rpartition('.')[0]}.plots")
            assert callable(getattr(package, one._figure, None)), one


def test_analyses_never_import_each_other():
    for path in MODULES:
        parts = name_of(path).split(".")
        if parts[0] == "analyses" and len(parts) > 1:
            others = {name.split(".")[1] for name in inner(path) if name.startswith("analyses.")}
            assert others <= {parts[1]}, f"{name_of(path)} imports {others}"


def test_pages_are_made_without_knowing_how_notebooks_run():
    for path in (PACKAGE / "report").glob("*.py"):
        assert not {name for name in inner(path) if name.split(".")[0] in ("run", "notebook")}


def test_only_plots_and_drawing_touch_matplotlib():
    for path in MODULES:
        if path.stem in ("plots", "drawing"):
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Import | ast.ImportFrom) and node not in for_types_alone(path):
                text = ast.unparse(node)
                assert not re.search(r"\b(matplotlib|seaborn)\b", text), f"{name_of(path)}: {text}"


def test_no_statistics_where_things_are_drawn_rendered_or_run():
    for path in MODULES:
        me = name_of(path)
        if path.stem.startswith("plots") or me.split(".")[0] in ("report", "run", "cli"):
            found = {name.split(".")[0] for name in imports(path)}
            assert not found & {"scipy", "statsmodels", "sklearn"}, me
            stats = {name for name in inner(path) if name.startswith("stats.")}
            assert not {name for name in stats if not name.startswith("stats.calendar")}, me


def test_an_init_re_exports_and_does_nothing_else():
    for path in MODULES:
        if path.name != "__init__.py" or path.parent == PACKAGE:
            continue
        for node in nodes_of(path)[0].body:
            documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            exports = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            assert documents or exports or isinstance(node, ast.ImportFrom), (
                f"{name_of(path)}: {ast.unparse(node)}"
            )


def test_every_all_is_sorted_and_complete():
    for path in MODULES:
        tree = nodes_of(path)[0]
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names = ast.literal_eval(node.value)
                assert list(names) == sorted(names, key=_constants_first), name_of(path)
                defined = _top_names(tree)
                assert set(names) <= defined, f"{name_of(path)}: {set(names) - defined}"


def _constants_first(name: str):
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return (kind, name)


def _top_names(tree: ast.Module) -> set[str]:
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {leaf.id for target in targets for leaf in ast.walk(target)
                      if isinstance(leaf, ast.Name)}  # fmt: skip
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "helpers", "common", "constants", "misc"}
    assert not [name_of(path) for path in MODULES if path.stem in drawers]


def test_modules_and_functions_stay_readable():
    for path in MODULES:
        assert text_of(path).count("\n") <= 450, f"{name_of(path)}: a module of two ideas"
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                assert lines <= 70, f"{name_of(path)}.{node.name}: {lines} lines"


def test_a_class_name_stands_for_one_class():
    found = [node.name for path in MODULES for node in nodes_of(path)
             if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]  # fmt: skip
    assert {name for name in found if found.count(name) > 1} <= {"Params"}


def test_errors_are_not_swallowed_outside_the_run_layer():
    for path in MODULES:
        if name_of(path).split(".")[0] in ("run", "cli"):
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else ""
                assert caught not in ("", "Exception", "BaseException"), name_of(path)
            assert not isinstance(node, ast.Assert), f"{name_of(path)}:{node.lineno}: assert"


def test_an_analysis_draws_no_random_numbers_from_global_state_and_prints_nothing():
    for path in MODULES:
        if name_of(path) and layer(name_of(path)) <= 3:
            text, where = text_of(path), name_of(path)
            assert not re.search(r"np\.random\.(seed|rand|randn|randint|choice|normal)\(", text), (
                where
            )
            assert not re.search(r"(?<![\w.])print\(", text), where


@pytest.mark.parametrize("analysis", ANALYSES)
def test_one_name_stands_in_six_places(analysis):
    assert (PACKAGE / "analyses" / analysis / "__init__.py").is_file()
    assert (ROOT / "notebooks" / f"{analysis}.ipynb").is_file()
    assert (ROOT / "tests" / "analyses" / analysis).is_dir()
    assert (ROOT / "docs" / "methods" / f"{analysis}.md").is_file()
    assert importlib.import_module(f"insights.analyses.{analysis}").Params


def test_the_notebooks_of_every_study_are_the_analyses_each_in_its_own_place():
    from insights.run.plan import all_specs

    order = {name: spec.order for name, spec in all_specs(ROOT / "notebooks").items()}
    assert sorted(order) == ANALYSES
    assert None not in order.values() and len(set(order.values())) == len(order)


def test_the_architecture_page_names_what_is_on_disk():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tops = {path.name for path in PACKAGE.iterdir()
            if (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"}  # fmt: skip
    for name in tops - {"__init__.py"}:
        assert name in page, f"docs/architecture.md does not name {name}"
    for analysis in ANALYSES:
        assert f"{analysis}" in page


def test_the_error_tree_in_the_docstring_is_the_tree_in_the_code():
    from insights import errors

    drawn = re.findall(r"^ {4,8}(\w+)", errors.__doc__, flags=re.M)
    defined = [name for name in vars(errors) if isinstance(getattr(errors, name), type)
               and issubclass(getattr(errors, name), Exception)]  # fmt: skip
    assert sorted(drawn) == sorted(defined)


def test_no_data_file_is_in_the_repository():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8")
    assert "data/*" in ignored and "outputs/*" in ignored


def test_notebook_metadata_is_plain():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        node = json.loads(path.read_text(encoding="utf-8"))
        assert node["metadata"]["kernelspec"]["name"] == "python3", path.name
