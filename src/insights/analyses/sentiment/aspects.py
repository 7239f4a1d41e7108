"""What a mixed message praises and what it blames, clause by clause."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from insights import scale
from insights.enrich.polarity import CLASSES, Polarity, score_polarity
from insights.messages import _
from insights.result import Check
from insights.stats.intervals import wilson_bounds
from insights.stats.sampling import stable_sample

from .params import Params
from .result import Aspects
from .spans import Span, Terms, spans, terms, topic_terms

__all__ = ["aspects"]

_RATED = 8_000  # rated messages that the polarity of clauses is learnt from
_BAND = 0.65  # where no class neutral was learnt: probability below which a clause is neutral
_ASKED = 2.0  # log-odds of neutral that a question or request adds
_TURNED = 1.0  # log-odds against the tone of the clause across a turning word, at most


def aspects(
    feedback: pd.DataFrame,
    *,
    topics: pd.DataFrame | None = None,
    params: Params,
    trusted: bool | None = None,
) -> Aspects:
    """Find the aspects each clause names, and the polarity of the clause.

    One row an aspect and clause. The classifier of messages reads the clause alone: learnt from
    the study's ratings where there are enough, by a model that did not see the rating of the
    clause's message, else the prior. To learn how clauses sound, the clauses of rated messages that
    do not turn ("but", "不过") are learnt from beside the messages, with the rating of theirs. A
    clause across a turning word leans the other way, one that asks leans to neutral. `span` is the
    clause as written, `intent` whether it asks, which stands apart from its polarity.

    Parameters
    ----------
    feedback
        feedback_id and text; rating where there is one.
    topics
        label and keywords of the study's topics. A clause that names two keywords of one, and
        nothing of the lists, speaks of that topic.
    trusted
        Whether text predicts the ratings, as `classify` found; where it does not, no share is said.

    Raises
    ------
    ParamsError
        `aspect_words` is not written as 'name: word, word; name: word'.
    """
    named = terms(params.aspect_words, shipped=params.shipped_aspects)
    ordered = feedback.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    texts = [text if isinstance(text, str) else "" for text in ordered["text"]]
    work = partial(_cut, named=named, topical=topic_terms(topics))
    found = [(i, span) for i, cut in enumerate(scale.map_rows(work, texts)) for span in cut]
    parent = np.array([i for i, _ in found], int)
    clauses = [span for _, span in found]
    scored = _scored(ordered, texts, clauses, parent, params)
    probability = _leaning(scored, clauses, parent, len(scored.label) - len(clauses))
    records = _records(ordered["feedback_id"].astype(str).to_numpy(object), found, probability)
    messages = _per_message(records)
    return Aspects(
        n=int(records["feedback_id"].nunique()),
        checks=_checks(scored),
        records=records.drop(columns=list(CLASSES)),
        messages=messages,
        summary=_summary(messages, params.min_cell),
        n_records=len(ordered),
        engine=scored.engine,
        trusted=trusted,
        unlike=bool(
            scored.engine == "prior"
            and not scored.learnt
            and scored.shift is not None
            and scored.shift.beyond
        ),
    )


def _cut(texts: Sequence[str], named: Terms, topical: Terms | None) -> list[list[Span]]:
    return [spans(text, named, topical) for text in texts]


def _scored(
    ordered: pd.DataFrame,
    texts: list[str],
    clauses: Sequence[Span],
    parent: np.ndarray,
    params: Params,
) -> Polarity:
    """Score messages to learn from, and after them the clauses as parts of theirs."""
    rating = np.full(len(texts), np.nan)
    if "rating" in ordered:
        rating = pd.to_numeric(ordered["rating"], errors="coerce").to_numpy(float, na_value=np.nan)
    rated = np.flatnonzero(np.isfinite(rating))
    rated = rated[stable_sample([texts[i] for i in rated], _RATED, seed=params.seed)]
    shown = np.full(len(texts), np.nan)
    shown[rated] = rating[rated]
    whole = np.union1d(rated, parent).astype(int)
    home = np.searchsorted(whole, parent)
    turns = np.bincount(parent, [span.turned for span in clauses], minlength=len(texts)) > 0
    customers = None
    if "customer_id" in ordered:
        names = ordered["customer_id"].to_numpy(object)
        customers = [names[i] if isinstance(names[i], str) else None for i in whole]
        customers += [None] * len(clauses)
    return score_polarity(
        [texts[i] for i in whole] + [span.scored for span in clauses],
        np.r_[shown[whole], np.where(turns[parent], np.nan, shown[parent])],
        customers=customers,
        part_of=np.r_[np.full(len(whole), -1), home].astype(int),
        engine="auto" if params.engine == "calibrated" else params.engine,
        seed=params.seed,
    )


def _leaning(
    scored: Polarity, clauses: Sequence[Span], parent: np.ndarray, whole: int
) -> np.ndarray:
    """Probabilities of the clauses with what stands around them; shape (clauses, 3)."""
    if not clauses:
        return np.zeros((0, 3))
    share = scored.probability[whole:]
    base = np.log(np.nan_to_num(share, nan=1 / 3) + 1e-4)
    if scored.engine == "calibrated" and "neutral" in scored.learnt:
        base -= 0.5 * np.log(np.nanmean(scored.probability, axis=0) + 1e-4)
    elif not np.any(share[:, 1] > 0):
        base[:, 1] = np.log(_BAND)
    lean = base.copy()
    lean[:, 1] += _ASKED * np.array([span.intent != "statement" for span in clauses])
    second = np.flatnonzero(
        np.array([span.turned for span in clauses])[1:] & (parent[1:] == parent[:-1])
    )
    for one, other in ((second, second + 1), (second + 1, second)):
        tone = _TURNED * np.tanh((base[one, 2] - base[one, 0]) / 2)
        np.add.at(lean, other, np.column_stack([tone, -np.abs(tone) / 2, -tone]))
    found = np.exp(lean - lean.max(axis=1, keepdims=True))
    return found / found.sum(axis=1, keepdims=True)


def _records(
    keys: np.ndarray, found: Sequence[tuple[int, Span]], probability: np.ndarray
) -> pd.DataFrame:
    """One row an aspect and clause, in the order of the messages."""
    rows = [
        (keys[i], name, span.text, span.intent, k)
        for k, (i, span) in enumerate(found)
        for name in span.aspects
    ]
    table = pd.DataFrame(
        rows, columns=["feedback_id", "aspect", "span", "intent", "k"], dtype=object
    )
    share = probability[table["k"].to_numpy(int)]
    return pd.DataFrame(
        {
            "feedback_id": table["feedback_id"],
            "aspect": table["aspect"],
            "label": np.array(CLASSES, object)[share.argmax(axis=1)],
            "span": table["span"],
            "score": share[:, 2] - share[:, 0],
            "intent": table["intent"],
            **dict(zip(CLASSES, share.T, strict=True)),
        }
    )


def _per_message(records: pd.DataFrame) -> pd.DataFrame:
    """One row a message and aspect: the likeliest class over the mean of its clauses."""
    keys = ["feedback_id", "aspect"]
    mean = records.groupby(keys, as_index=False)[[*CLASSES, "score"]].mean()
    share = mean[list(CLASSES)].to_numpy(float)
    label = np.array(CLASSES, object)[share.argmax(axis=1)]
    return mean[keys].assign(label=label, score=mean["score"].astype(float))


def _summary(messages: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Messages an aspect that praise and blame it; share negative with Wilson's interval."""
    counts = pd.crosstab(messages["aspect"], messages["label"]).reindex(
        columns=["positive", "negative"], fill_value=0
    )
    table = counts.assign(n=messages["aspect"].value_counts()).rename_axis(columns=None)
    table = table[table["n"] >= min_cell].reset_index()[["aspect", "n", "positive", "negative"]]
    low, high = wilson_bounds(table["negative"].to_numpy(int), table["n"].to_numpy(int))
    table["negative_share"] = (table["negative"] / table["n"]).astype(float)
    table["low"], table["high"] = low, high
    return table.sort_values(
        ["negative_share", "aspect"], ascending=[False, True], ignore_index=True
    )


def _checks(scored: Polarity) -> tuple[Check, ...]:
    how = {
        "calibrated": _("learnt from the ratings of whole messages, not of aspects"),
        "prior": _("that of a prior fitted on other texts ({reason})", reason=scored.reason),
        "transformers": _("that of a fine-tuned model of others ({reason})", reason=scored.reason),
        "lexicon": _("that of word lists ({reason})", reason=scored.reason),
    }[scored.engine]
    return (
        Check(
            _("aspects come from lists"),
            None,
            _(
                "words in both languages, the study's own and the keywords of its "
                "topics; what none of them names is not found"
            ),
        ),
        Check(
            _("polarity of clauses"),
            None,
            _("{how}; its error on clauses is not measured here", how=how),
        ),
    )
