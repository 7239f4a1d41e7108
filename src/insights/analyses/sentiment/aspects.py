"""What a mixed message praises and what it blames, clause by clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from insights.enrich.lexicon import clauses, lexicon_scores
from insights.errors import ParamsError
from insights.result import Check
from insights.stats.intervals import wilson_bounds

from .params import Params
from .result import Aspects

__all__ = ["aspects", "intent", "mentioned"]

_LONGEST = 3_000
_NEUTRAL = 0.05
_REQUEST = re.compile(
    r"\b(?:please|could you|can you|would (?:be|love|like)|wish|hope|suggest|feature request"
    r"|should (?:add|allow|have|offer)|we need|i need|needs? to)\b"
    r"|希望|建议|能否|可否|能不能|可不可以|最好能|请(?!假|客|求)|期待|盼"
)
_QUESTION = re.compile(
    r"^(?:how|what|which|when|where|who|why|is|are|do|does|can)\b|吗|怎么|如何|是否|哪"
)


def aspects(feedback: pd.DataFrame, *, params: Params) -> Aspects:
    """Find the aspects each clause mentions and the polarity of the clause, by word lists.

    One row an aspect and clause. A clause that names an aspect but holds no word of the lists is
    neutral. `span` is the clause as written. `intent` says whether it asks for something, which is
    another matter than its polarity: "please add push messages" is a request and not praise. The
    study's own words for aspects come from `aspect_words` and stand beside the fixed list.

    Raises
    ------
    ParamsError
        `aspect_words` is not written as 'name: word, word; name: word'.
    """
    own = _own_terms(params.aspect_words)
    ordered = feedback.sort_values("feedback_id", kind="stable")
    rows: list[tuple[str, str, str]] = []
    for key, text in zip(ordered["feedback_id"].astype(str), ordered["text"], strict=True):
        if not isinstance(text, str):
            continue
        for clause in clauses(text[:_LONGEST]):
            rows.extend((key, name, clause.text) for name in mentioned(clause.text, own))
    found = pd.DataFrame(rows, columns=["feedback_id", "aspect", "span"], dtype=object)
    spans = found["span"].drop_duplicates()
    by_span = dict(zip(spans, lexicon_scores(spans.tolist()), strict=True))
    score = found["span"].map(by_span).to_numpy(float)
    found["label"] = np.where(
        np.abs(score) < _NEUTRAL, "neutral", np.where(score > 0, "positive", "negative")
    ).astype(object)
    found["score"] = score
    found["intent"] = found["span"].map({span: intent(span) for span in spans}).astype(object)
    records = found[["feedback_id", "aspect", "label", "span", "score", "intent"]]
    n = int(records["feedback_id"].nunique())
    return Aspects(
        n=n,
        checks=(
            Check(
                "aspects come from a fixed list",
                None,
                "a small list of words in both languages; what it does not name is not found, and "
                "its polarity has the error of the word lists",
            ),
        ),
        records=records,
        summary=_summary(records, params.min_cell),
        n_records=len(ordered),
    )


def mentioned(clause: str, own: Sequence[tuple[str, re.Pattern]] = ()) -> list[str]:
    """Return the aspects that a clause names, sorted; `own` are the study's terms."""
    folded = clause.lower()
    return sorted({name for name, pattern in (*_terms(), *own) if pattern.search(folded)})


def intent(clause: str) -> str:
    """Whether a clause is a 'request', a 'question' or a 'statement', by its words."""
    if _REQUEST.search(clause.lower()):
        return "request"
    return "question" if _QUESTION.search(clause.lower()) else "statement"


def _summary(records: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Messages an aspect, by the sum of its clauses: share negative with Wilson's interval."""
    one = records.groupby(["aspect", "feedback_id"], as_index=False)["score"].sum()
    rows = []
    for name, part in one.groupby("aspect"):
        total = part["score"].to_numpy(float)
        good, bad = int(np.sum(total >= _NEUTRAL)), int(np.sum(total <= -_NEUTRAL))
        if len(part) >= min_cell:
            rows.append((str(name), len(part), good, bad))
    table = pd.DataFrame(rows, columns=["aspect", "n", "positive", "negative"])
    low, high = wilson_bounds(table["negative"].to_numpy(int), table["n"].to_numpy(int))
    table["negative_share"] = (table["negative"] / table["n"]).astype(float)
    table["low"], table["high"] = low, high
    return table.sort_values(
        ["negative_share", "aspect"], ascending=[False, True], ignore_index=True
    )


@cache
def _terms() -> tuple[tuple[str, re.Pattern], ...]:
    """Read the list of aspects that comes with the package."""
    path = resources.files("insights.analyses.sentiment").joinpath("aspects.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    return _patterns([line for line in lines if line.strip() and not line.startswith("#")])


def _own_terms(written: str) -> tuple[tuple[str, re.Pattern], ...]:
    parts = [part for part in re.split("[;；]", written) if part.strip()]
    for part in parts:
        name, _, words = part.replace("：", ":").partition(":")
        if not name.strip() or not words.strip(" ,，"):
            raise ParamsError(
                f"sentiment: 'aspect_words' holds {part.strip()!r}; write each aspect as "
                "'name: word, word' and part aspects by ';'."
            )
    return _patterns([part.replace("：", ":").replace("，", ",") for part in parts])


def _patterns(lines: Sequence[str]) -> tuple[tuple[str, re.Pattern], ...]:
    """Latin words at word borders (with plural), Chinese anywhere."""
    found = []
    for line in lines:
        name, _, words = line.partition(":")
        terms = [word.strip().lower() for word in words.split(",") if word.strip()]
        latin = [re.escape(word) for word in terms if word.isascii()]
        other = [re.escape(word) for word in terms if not word.isascii()]
        parts = [rf"(?<![a-z])(?:{'|'.join(latin)})(?:s|es)?(?![a-z])"] if latin else []
        found.append((name.strip(), re.compile("|".join(parts + other))))
    return tuple(sorted(found, key=lambda item: item[0]))
