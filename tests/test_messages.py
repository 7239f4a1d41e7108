"""What a reader sees is made of messages: whole, with named fields, marked for translation."""

import ast
import string
from collections import Counter
from pathlib import Path

import pytest

from insights import messages
from insights.messages import _, interval, items, number, percent, plural, speak

PACKAGE = Path(messages.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MARKS = {"_": 1, "plural": 2}  # function, and how many of its first arguments are messages
SHOWN = {"xlabel", "ylabel", "title", "label"}  # arguments that a figure writes
WRITERS = {"Check", "set_title", "set_xlabel", "set_ylabel", "caption", "suptitle"}
# Texts not marked yet, by package: no number here may grow, and each ends at 0.
UNMARKED = {
    "churn": 0, "collect": 0, "forecast": 93, "roi": 0, "sentiment": 154, "topics": 119,
}  # fmt: skip


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_text(node: ast.AST) -> bool:
    """Whether the node is words, and not a mark, a number or a name alone."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    words = "".join(str(p.value) for p in parts if isinstance(p, ast.Constant) and
                    isinstance(p.value, str))  # fmt: skip
    return sum(character.isalpha() for character in words) > 2


def unmarked(node: ast.AST) -> int:
    """Number of texts below a node that no mark covers."""
    if isinstance(node, ast.Call) and called(node) in MARKS:
        return 0
    if isinstance(node, ast.JoinedStr | ast.Constant):
        return int(is_text(node))
    if isinstance(node, ast.Subscript):
        return unmarked(node.value)  # a key is no text
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
            found += sum(unmarked(value) for value in given)
    return found


def marked(path: Path):
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)) if "from insights.messages import" in source else ():
        name = node.func.id if isinstance(getattr(node, "func", None), ast.Name) else ""
        if name in MARKS:
            yield node, node.args[: MARKS[name]]


@pytest.mark.parametrize("analysis", sorted(UNMARKED))
def test_no_text_is_left_without_a_mark(analysis):
    found = Counter()
    for path in (PACKAGE / "analyses" / analysis).rglob("*.py"):
        found[path.name] += texts(ast.parse(path.read_text(encoding="utf-8")))
    assert sum(found.values()) <= UNMARKED[analysis], dict(+found)


def test_the_count_sees_an_unmarked_text_and_passes_a_marked_one():
    source = "def sentences(self):\n    return [{}]\n"
    assert texts(ast.parse(source.format('f"{a} rows were kept"'))) == 1
    assert texts(ast.parse(source.format('_("{a} rows were kept", a=row["kept rows"])'))) == 0
    assert texts(ast.parse('Check("name here", True, f"of {n} rows")')) == 2
    assert texts(ast.parse('ax.set(xlabel="share", ylabel="", xlim=(0, 1))')) == 1


def test_a_marked_message_stands_in_the_code_as_it_is_and_gets_the_fields_it_names():
    seen = 0
    for path in MODULES:
        for call, given in marked(path):
            where = f"{path.name}:{call.lineno}"
            assert all(isinstance(one, ast.Constant) for one in given), f"{where}: no f-string"
            names = {name for one in given for _, name, *_ in string.Formatter().parse(one.value)
                     if name is not None}  # fmt: skip
            assert all(name.isidentifier() for name in names), f"{where}: fields have names"
            words = {word.arg for word in call.keywords}
            if None not in words and words:  # else fields come as a mapping, or later
                own = {"n"} if call.func.id == "plural" else set()
                assert names - own == words - own, where
            seen += 1
    assert seen > 40


def test_numbers_intervals_and_lists_are_written_in_one_way():
    assert number(12345.6) == "12,346" and number(0.126, 2) == "0.13"
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
