"""The Chinese catalogue: nothing is missing, nothing says more or less than the English."""

import importlib.util
import re
import string
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from babel.messages.pofile import read_po

from insights import drawing
from insights.messages import _, items, plural, prose, speaking, translated, translated_prose
from insights.report.tables import html_table
from insights.stats.calendar import period_name

ROOT = Path(__file__).parents[1]
TERMS = ROOT / "docs" / "terms.zh.md"
_spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tools" / "catalogue.py")
catalogue = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(catalogue)

CAUSES = "导致|驱动|引起|造成|致使|促使|因而流失"
CODE = r"`[^`]*`|'[^']*'|\"[^\"]*\"|“[^”]+: [^”]*”"  # also settings in quotation marks
NO_TERMS = ("google trends",)  # names that hold a term and are none


@pytest.fixture(scope="module")
def parts():
    return catalogue.parts()


@pytest.fixture(scope="module")
def pairs(parts):
    """English (of two forms the last, which holds {n}), Chinese."""
    return [
        (message.id if isinstance(message.id, str) else message.id[1], catalogue.text(message))
        for part in parts.values()
        for message in part
        if message.id and catalogue.text(message)
    ]


def fields(text):
    """Names of the fields, as often as they occur; a field that is repeated may be said once."""
    return {name for _text, name, *_rest in string.Formatter().parse(text) if name is not None}


def literal(text):
    """The text without its fields."""
    return "".join(part for part, *_rest in string.Formatter().parse(text))


def bare(text):
    """The text without code."""
    return re.sub(r"`[^`]*`", " ", text)


def fixed_terms():
    """English forms to the Chinese that one of must be there, the longest first."""
    table = TERMS.read_text(encoding="utf-8").split("## By context")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, flags=re.M)[1:]
    found = {
        english: chinese.split(" / ")
        for forms, chinese in ((a.strip(), b.strip()) for a, b in rows if "---" not in a)
        for english in forms.split(" / ")
    }
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def missing_terms(english, chinese, terms):
    """Terms of the English without their Chinese; what a longer term covers is not asked again."""
    rest, found = bare(literal(english)).lower(), []
    for name in NO_TERMS:
        rest = rest.replace(name, " ")
    for term, allowed in terms.items():
        pattern = rf"(?<![\w-]){re.escape(term.lower())}s?(?![\w-])"
        rest, count = re.subn(pattern, " ", rest)
        if count and not any(one in chinese for one in allowed):
            found.append(term)
    return found


def test_every_message_has_its_chinese(parts):
    missing = {
        name: [catalogue.key(one) for one in part if one.id and not catalogue.text(one)]
        for name, part in parts.items()
    }
    counts = {name: len(found) for name, found in missing.items() if found}
    assert not counts, (counts, [found[:5] for found in missing.values() if found])


def test_the_files_hold_what_the_tool_writes_and_nothing_is_half_done(parts, tmp_path, capsys):
    catalogue.write(tmp_path)
    capsys.readouterr()
    for path in sorted(catalogue.CHINESE.glob("*.po")):
        text = path.read_text(encoding="utf-8")
        assert text == (tmp_path / path.name).read_text(encoding="utf-8"), (
            f"{path.name}: run tools/catalogue.py"
        )
        assert "#, fuzzy" not in text and "#~" not in text
        with path.open("rb") as file:
            assert read_po(file, locale="zh").num_plurals == 1
    assert {path.stem for path in tmp_path.iterdir()} == set(parts)


def test_english_and_chinese_name_the_same_fields_and_numbers(pairs):
    def numbers(text):
        return Counter(float(one) for one in re.findall(r"\d*\.?\d+", literal(text)))

    faults = [
        (english, chinese)
        for english, chinese in pairs
        if fields(english) != fields(chinese) or numbers(english) != numbers(chinese)
    ]
    assert not faults, faults


def test_marks_of_markdown_stay(pairs):
    def marks(text):
        found = re.findall(r"^#+ |`[^`]+`|^[-*] |^\d+\. |\*\*|^\|", text, flags=re.M)
        return Counter(found)

    faults = [(english, chinese) for english, chinese in pairs if marks(english) != marks(chinese)]
    assert not faults, faults


def test_the_terms_are_used_without_exception(pairs):
    terms = fixed_terms()
    assert terms["odds ratio"] == ["比值比"] and len(terms) > 60
    faults = [
        (term, english, chinese)
        for english, chinese in pairs
        for term in missing_terms(english, chinese, terms)
    ]
    assert not faults, faults[:20]


def test_a_term_is_looked_for_as_a_whole_word_and_the_longest_first():
    terms = fixed_terms()
    assert missing_terms("the odds ratios of {n} topics", "主题", terms) == ["odds ratio"]
    assert missing_terms("a context of {topic}", "上下文", terms) == []
    assert missing_terms("the naive forecast", "朴素预测", terms) == []
    assert missing_terms("run `topics`", "运行", terms) == []


def test_no_association_becomes_a_cause_and_punctuation_is_chinese(pairs):
    half = r"[一-鿿][,;:!?]|[,;!?][一-鿿]|[一-鿿]\.(?:\s|$)|[一-鿿]\(|\)[一-鿿]"
    wrong = f"{CAUSES}|{half}|[，。；：、（][，。；：、）]"
    faults = [
        (found.group(), english, chinese)
        for english, chinese in pairs
        if (found := re.search(wrong, re.sub(CODE, " ", chinese)))
    ]
    assert not faults, faults


def test_lists_sentences_and_plurals_are_written_as_chinese_does():
    with speaking("zh"):
        assert items("abc") == "a、b、c" and items("abcdefg", 2) == "a、b……另有 5 项"
        assert prose(["一。", "", "二。"]) == "一。二。"
        assert plural("{n} row", "{n} rows", 1) == "1 行"
        assert plural("{n} row", "{n} rows", 1200) == "1,200 行"
        assert translated("odds ratio") == "比值比" and _("Findings") == "发现"
        assert translated_prose("## Conclusion\n\nnobody wrote this") == (
            "## 结论\n\nnobody wrote this"
        )
        start = pd.Timestamp("2024-03-01")
        shown = [period_name(start, one) for one in ("month", "quarter", "year", "week")]
        assert shown == ["2024年3月", "2024年第1季度", "2024年", "2024-03-01 所在的一周"]
    assert prose(["One.", "", "Two."]) == "One. Two." and translated_prose("a\n\n\nb") == "a\n\n\nb"


def test_beside_a_field_stands_a_space_between_chinese_and_latin_words_only():
    message = "Of these dimensions {mix_dimension} explains the most of it ({mix_of_it})."
    with speaking("zh"):
        said = [_(message, mix_dimension=name, mix_of_it="+0.1") for name in ("渠道", "plan")]
    assert said == [
        "这些维度中，渠道解释的部分最多（+0.1）。",
        "这些维度中，plan 解释的部分最多（+0.1）。",
    ]


def test_headings_and_closed_values_of_tables_are_chinese_and_peoples_words_stay():
    frame = pd.DataFrame({"odds_ratio": [1.25], "status": ["reported"], "text": ["reported"],
                          "fitted": [True]})  # fmt: skip
    with speaking("zh"):
        shown = html_table(frame)
    assert "比值比" in shown and "<td>已报告</td>" in shown and "<td>是</td>" in shown
    assert "<td>reported</td>" in shown and "1.25" in shown
    assert html_table(frame).count("reported") == 2


def test_a_figure_needs_no_chinese_font_of_the_machine(recwarn):
    with speaking("zh"):
        drawing.theme()
        ax = drawing.axes()
        ax.set_title("检验的 {n} 个主题中有 3 个与离开相关 – “比值比”（−1,200.5 ± 3%）")
        drawing.caption(ax, _("odds ratio of leaving in a month (log scale)"))
        ax.plot(pd.date_range("2024-01-05", "2025-02-03"), range(396))
        drawing.dates(ax, 4, 8)
        ax.figure.canvas.draw()
        months = [label.get_text() for label in ax.get_xticklabels()]
        drawing.png(ax)
    assert "Noto Sans SC" in mpl.rcParams["font.family"]
    assert "2025年" in months and not re.search("[A-Za-z]", "".join(months))
    assert not [one for one in recwarn if "Glyph" in str(one.message)]
