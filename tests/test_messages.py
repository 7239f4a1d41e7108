"""What a reader sees is made of messages: whole, with named fields, marked for translation."""

import ast
import importlib.util
import io
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract

from insights import messages
from insights.messages import _, fixed, interval, items, number, percent, plural, signed, speak

PACKAGE = Path(messages.__file__).parent
ROOT = Path(__file__).parents[1]
MODULES = sorted(PACKAGE.rglob("*.py"))
KEYWORDS = {"_": None, "plural": (1, 2)}  # function, and which arguments are messages
MARKS = {"_": 1, "plural": 2}
SHOWN = {"xlabel", "ylabel", "title", "label"}  # arguments that a figure writes
WRITERS = {"Check", "set_title", "set_xlabel", "set_ylabel", "caption", "suptitle", "empty"}
SILENT = {"Field", "declared", "compile"}  # calls whose texts nobody reads on a page of findings
PLACES = {"xycoords", "textcoords", "loc"}  # arguments that say where a figure writes
# Texts not marked yet, by package: no number here may grow, and each ends at 0.
UNMARKED = {
    "churn": 0, "collect": 0, "forecast": 0, "roi": 0, "sentiment": 0, "topics": 0,
}  # fmt: skip
# Texts of several words that stay as they are: how many a file holds, and what they are.
VALUES = "values and names of columns of saved tables, the same in every language"
NOT_SHOWN = {
    "churn/cumulative_incidence.py": (2, VALUES),
    "churn/design.py": (2, "names of the model's columns"),
    "churn/hazard.py": (2, VALUES),
    "churn/landmarks.py": (4, "names of the model's columns, and a value of a saved table"),
    "churn/mentions.py": (6, "ids of topics that the feedback does not name"),
    "churn/model.py": (4, "names of the model's columns"),
    "churn/money.py": (1, VALUES),
    "churn/naive.py": (3, "names of the model's columns"),
    "churn/params.py": (1, "words looked for in names of channels"),
    "churn/people.py": (6, VALUES),
    "churn/permutation_test.py": (4, VALUES),
    "churn/result.py": (8, VALUES),
    "churn/segments.py": (1, "names of the model's columns"),
    "churn/sensitivity.py": (2, "names of the model's columns"),
    "collect/gather.py": (1, "an error"),
    "collect/quality.py": (2, VALUES),
    "collect/summary.py": (1, VALUES),
    "collect/tables.py": (3, "types and meanings of columns"),
    "forecast/arima.py": (2, "orders in saved tables"),
    "forecast/combination.py": (1, "parts in saved tables"),
    "forecast/frequency.py": (3, "calendars in saved tables"),
    "forecast/naming.py": (1, "length of a period, looked up"),
    "roi/amounts.py": (5, "errors"),
    "roi/cases.py": (6, "errors"),
    "roi/matching.py": (1, "how a name was matched, shown nowhere"),
    "roi/ranking.py": (1, VALUES),
    "sentiment/bursts.py": (1, VALUES),
    "sentiment/label_evaluation.py": (1, VALUES),
    "sentiment/label_panel.py": (3, "buttons in two languages"),
    "sentiment/labels.py": (8, "errors"),
    "sentiment/result.py": (2, VALUES),
    "topics/codebook.py": (8, "faults of the codebook, told before a run"),
    "topics/curation.py": (2, "the head of the codebook's file, and a fault of it"),
    "topics/labels.py": (4, "a question to a model, and words of saved labels"),
    "topics/overview.py": (7, "HTML around texts"),
    "topics/records.py": (1, "HTML around texts"),
    "topics/registry.py": (1, "an error"),
    "topics/segments.py": (1, VALUES),
}


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def words(node: ast.AST) -> str:
    """The words of a text, X where a field stands."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    else "X" for part in parts)  # fmt: skip


def is_text(node: ast.AST) -> bool:
    """Whether the node is words, and not a mark, a number or a name alone."""
    return sum(character.isalpha() for character in words(node).replace("X", "")) > 2


def is_sentence(node: ast.AST) -> bool:
    """Whether the node is several words, as no key or name is."""
    found = re.search(r"[A-Za-z]{2,}[,;:)”]? \S|[A-Za-z,;:] X|X [a-z]", words(node))
    return is_text(node) and found is not None


def unmarked(node: ast.AST) -> int:
    """Number of texts below a node that no mark covers."""
    if isinstance(node, ast.Call) and called(node) in MARKS:
        return 0
    if isinstance(node, ast.JoinedStr | ast.Constant):
        return int(is_text(node))
    if isinstance(node, ast.Subscript):
        return unmarked(node.value)  # a key is no text
    if isinstance(node, ast.Compare):
        return 0
    return sum(unmarked(child) for child in ast.iter_child_nodes(node))


def texts(tree: ast.AST) -> int:
    """Unmarked texts of sentences, checks and figures."""
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "sentences":
            found += sum(unmarked(child.value) for child in ast.walk(node)
                         if isinstance(child, ast.Return) and child.value)  # fmt: skip
        elif isinstance(node, ast.Call):
            given = [word.value for word in node.keywords if word.arg in SHOWN]
            given += node.args if called(node) in WRITERS else []
            found += sum(unmarked(value) for value in given if not isinstance(value, ast.Tuple))
    return found


class Sentences(ast.NodeVisitor):
    """Texts of several words without a mark, wherever they stand: variables, values, fields."""

    def __init__(self, tree: ast.AST, known: frozenset[str] = frozenset()) -> None:
        self.known, self.found = known, list[str]()
        self.visit(tree)

    def text(self, node: ast.Constant | ast.JoinedStr) -> None:
        if is_sentence(node) and words(node) not in self.known:
            self.found.append(f"{node.lineno}: {words(node)}")
        for part in getattr(node, "values", []):
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    visit_JoinedStr = text

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.text(node)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # else a docstring
            self.generic_visit(node)

    def visit_Raise(self, node):
        pass

    def visit_arg(self, node):
        pass

    def visit_Subscript(self, node):
        self.visit(node.value)

    def visit_Compare(self, node):
        for child in (node.left, *node.comparators):
            if not isinstance(child, ast.Constant):
                self.visit(child)

    def visit_Call(self, node):
        name = called(node)
        if name in SILENT or name.endswith("Error"):
            return
        if name not in MARKS:
            for child in (node.func, *node.args):
                self.visit(child)
        for word in node.keywords:
            if word.arg not in PLACES:
                self.visit(word.value)


def values_shown(package: Path) -> frozenset[str]:
    """Values of closed columns that the package's `shown` writes in the reader's language."""
    tree = ast.parse((package / "tables.py").read_text(encoding="utf-8"))
    return frozenset(
        node.value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == "shown"
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def marked(path: Path):
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)) if "from insights.messages import" in source else ():
        name = node.func.id if isinstance(getattr(node, "func", None), ast.Name) else ""
        if name in MARKS:
            yield node, node.args[: MARKS[name]]


def extracted(path: Path) -> set[tuple[str, ...]]:
    with path.open("rb") as file:
        found = extract("python", file, keywords=KEYWORDS)
        return {one if isinstance(one, tuple) else (one,) for _line, one, *_rest in found}


def fields(text: str) -> set[str]:
    return {name for _text, name, *_rest in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("analysis", sorted(UNMARKED))
def test_no_text_is_left_without_a_mark(analysis):
    found = Counter()
    for path in (PACKAGE / "analyses" / analysis).rglob("*.py"):
        found[path.name] += texts(ast.parse(path.read_text(encoding="utf-8")))
    assert sum(found.values()) <= UNMARKED[analysis], dict(+found)


@pytest.mark.parametrize("analysis", sorted(name for name, count in UNMARKED.items() if not count))
def test_no_sentence_is_built_of_texts_without_a_mark(analysis):
    package = PACKAGE / "analyses" / analysis
    known = values_shown(package)
    for path in sorted(package.glob("*.py")):
        found = Sentences(ast.parse(path.read_text(encoding="utf-8")), known).found
        count, _why = NOT_SHOWN.get(f"{analysis}/{path.name}", (0, ""))
        assert len(found) == count, (path.name, found)


def test_the_count_sees_an_unmarked_text_and_passes_a_marked_one():
    source = "def sentences(self):\n    return [{}]\n"
    assert texts(ast.parse(source.format('f"{a} rows were kept"'))) == 1
    assert texts(ast.parse(source.format('_("{a} rows were kept", a=row["kept rows"])'))) == 0
    assert texts(ast.parse('Check("name here", True, f"of {n} rows")')) == 2
    assert texts(ast.parse('ax.set(xlabel="share", ylabel="", xlim=(0, 1))')) == 1


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('detail = f"of {n} rows"', 1),
        ('names = {"x": "left of own will"}', 1),
        ('_("{a} rows", a="none at all" if a else f"{b} more")', 2),
        ("parts.append(f\"{a}{' and more' if b else ''}\")", 1),
        ('raise DataError(f"no rows in {name}")', 0),
        ('"""What a file holds."""', 0),
        ('if kind == "put right" or table["odds ratio"]: pass', 0),
        ('ax.annotate(x, xycoords="axes fraction")', 0),
        ('key = "odds_ratio"; form = "%Y-%m-%d"; unit = ", "', 0),
        ('plural("{n} row", "{n} rows", n, what="both kinds")', 1),
    ],
)
def test_sentences_are_seen_wherever_they_are_built(source, count):
    assert len(Sentences(ast.parse(source)).found) == count


@pytest.mark.parametrize(
    "path", [p for p in MODULES if next(marked(p), None)], ids=lambda p: p.stem
)
def test_a_marked_message_can_be_extracted_and_gets_the_fields_it_names(path):
    found = extracted(path)
    for call, given in marked(path):
        where = f"{path.name}:{call.lineno}"
        assert all(isinstance(one, ast.Constant) for one in given), f"{where}: no f-string"
        written = tuple(one.value for one in given)
        assert written in found, f"{where}: a catalogue would miss it"
        names = fields(written[0])
        assert all(name.isidentifier() for name in names), f"{where}: fields have names"
        own = {"n"} if call.func.id == "plural" else set()
        assert all(fields(one) | own == names | own for one in written), where
        said = {word.arg for word in call.keywords}
        if None not in said and said:  # else fields come as a mapping, or later
            assert names - own == said - own, where


def test_no_variable_takes_the_name_of_a_mark():
    writers = {"_", "plural", "number", "fixed", "signed", "percent", "interval", "items"}
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        for scope in ast.walk(ast.parse(source)) if "from insights.messages" in source else ():
            if isinstance(scope, ast.FunctionDef):
                nodes = list(ast.walk(scope))
                inside = {id(node) for inner in nodes if isinstance(inner, ast.comprehension)
                          for node in ast.walk(inner.target)}  # fmt: skip
                uses = {node.func.id for node in nodes if isinstance(node, ast.Call)
                        and isinstance(node.func, ast.Name)}  # fmt: skip
                names = {node.id for node in nodes if isinstance(node, ast.Name)
                         and isinstance(node.ctx, ast.Store)
                         and id(node) not in inside}  # fmt: skip
                assert not uses & names & writers, f"{path.name}:{scope.lineno}"


def test_the_extraction_sees_what_a_catalogue_needs():
    source = b'plural("{n} row of {a}", "{n} rows of {a}", n, a=a)\n_("all")\n_(f"{a} rows")\n'
    found = [one for _line, one, *_rest in extract("python", io.BytesIO(source), keywords=KEYWORDS)]
    assert found == [("{n} row of {a}", "{n} rows of {a}"), "all"]


def test_the_template_of_the_catalogue_holds_code_pages_and_declared_texts():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "catalogue.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = tool.template()
    kinds = {message.id: message.locations[0][0] for message in made if message.id}
    assert kinds["Nothing found that chance would not explain."].endswith("churn/result.py")
    assert kinds["What could be wrong"].endswith(".j2")
    assert kinds[("touches {n} finding", "touches {n} findings")].endswith("index.html.j2")
    assert kinds["seed of every random draw"].endswith("params.py")
    assert kinds["lower bound of the interval"].endswith("tables.py")
    assert kinds["## Who could have left, and when"] == "notebooks/churn.ipynb"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.j2")), ids=lambda path: path.name)
def test_pages_hold_no_text_without_a_mark(path):
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.S)
    shown = re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", text)
    shown += re.findall(r'(?:aria-label|alt|title)="([^"]*[A-Za-z]{2}[^"]*)"', text)
    names = r"insights run|\w+\.json"  # a command, files
    assert [one for one in shown if not re.fullmatch(names, one.strip())] == []


def test_numbers_intervals_and_lists_are_written_in_one_way():
    assert number(12345.6) == "12,346" and number(0.126, 2) == "0.13"
    assert fixed(1234.567) == "1234.57" and signed(0.5) == "+0.50" and signed(-3, 0) == "-3"
    assert percent(0.126) == "13%" and percent(0.126, 1) == "12.6%"
    assert interval(0.1, 0.25) == "[0.10, 0.25]" and interval(0.1, 0.25, ".0%") == "[10%, 25%]"
    assert items("abc") == "a, b, c" and items("abcdefg", 2) == "a, b, … and 5 more"
    assert plural("{n} row", "{n} rows", 1) == "1 row"
    assert plural("{n} {what} row", "{n} {what} rows", 1200, what="good") == "1,200 good rows"


def test_an_unknown_language_is_refused_and_a_missing_catalogue_leaves_english():
    with pytest.raises(ValueError, match="'fr' is not one of en, zh"):
        speak("fr")
    speak("zh")
    try:
        assert _("a text that no catalogue holds: {x}", x="{y}") == (
            "a text that no catalogue holds: {y}"
        )
    finally:
        speak("en")
