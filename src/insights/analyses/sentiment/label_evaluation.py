"""What hand labels say: how far people agree, how often the classifier does, how many are what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from insights.claim import Claim, unknown
from insights.enrich.polarity import CLASSES
from insights.messages import _, fixed, interval, items, number, percent, plural
from insights.result import Check, Result
from insights.stats.agreement import krippendorff
from insights.stats.labelled_sample import error_estimates, predicted_shares

from .labels import COLUMNS, Label, checked_labels
from .params import Params
from .result import Classified
from .sampling import draw_sample

__all__ = ["LabelEvaluation", "hand_labels", "label_evaluation", "progress", "taught"]

_ENOUGH = 50  # labelled records of the draw below which nothing is estimated from them
_RELIABLE = 0.667  # alpha below which Krippendorff (2004, p. 241) would draw no conclusion
_SIZE = 200
_RATING = {"negative": 0.0, "neutral": 0.5, "positive": 1.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelEvaluation(Result, kind="labelled", table="measures", figure="label_evaluation"):
    """Hand labels beside the classifier. `n`: records that somebody labelled.

    Attributes
    ----------
    labels
        One row a record and labeller, as in the file, labelled ones only.
    measures
        measure, estimate, low, high, n.
    shares
        label, estimate, low, high: shares of all records; empty below 50 labelled ones.
    sample
        The rows of the file, else a sample that could be labelled.
    drawn
        Whether the file is there.
    """

    labels: pd.DataFrame
    measures: pd.DataFrame
    shares: pd.DataFrame
    sample: tuple[Label, ...]
    drawn: bool

    def claims(self) -> list[Claim]:
        """Say what is not known while nobody has labelled a record."""
        if self.n:
            return []
        text = _("How often people would agree with the classifier: no record is labelled by hand.")
        return [unknown("", text)]

    def sentences(self) -> list[str]:
        """Say how far people agree with one another and with the classifier."""
        if not self.n:
            return [
                _(
                    "No record has been labelled by hand (n = 0): how often people would "
                    "agree with the classifier is not known."
                ),
                _("insights label STUDY draws a sample."),
            ]
        who = self.labels["labeller"].nunique()
        parts = [
            plural(
                "{records} records were labelled by hand, by {n} person.",
                "{records} records were labelled by hand, by {n} people.",
                who,
                records=number(self.n),
            )
        ]
        at = self.measures.set_index("measure")
        if "alpha, ordinal" in at.index:
            row = at.loc["alpha, ordinal"]
            alpha = fixed(row["estimate"])
            if np.isfinite(row["low"]):
                alpha = f"{alpha} {interval(row['low'], row['high'])}"
            parts.append(
                _(
                    "On the {n} that two or more labelled they agree with alpha "
                    "{alpha} (0 is chance, 1 perfect).",
                    n=int(row["n"]),
                    alpha=alpha,
                )
            )
        if "labelled as people do" in at.index:
            row = at.loc["labelled as people do"]
            parts.append(
                _(
                    "The classifier gives {estimate} {interval} of all records the label "
                    "that people would.",
                    estimate=percent(row["estimate"]),
                    interval=interval(row["low"], row["high"], ".0%"),
                )
            )
        return parts


def hand_labels(path: Path) -> tuple[Label, ...]:
    """Read the labels beside the study; none where there is no file.

    Raises
    ------
    ParamsError
        With every complaint, each with line and column.
    """
    return checked_labels(path)


def progress(rows: Sequence[Label], *, seed: int) -> str:
    """Say how many records are labelled, by whom, and how far people agree."""
    done = [row for row in rows if row.label]
    whole = len({row.feedback_id for row in rows})
    each = pd.Series([row.labeller for row in done], dtype=object).value_counts().sort_index()
    named = items((f"{who} {n}" for who, n in each.items()), len(each))
    fields = {"n": len({r.feedback_id for r in done}), "whole": whole}
    parts = [
        _("{n} of {whole} records are labelled ({named}).", **fields, named=named)
        if named
        else _("{n} of {whole} records are labelled.", **fields)
    ]
    frame = pd.DataFrame([asdict(row) for row in done], columns=[*COLUMNS, "line"])
    parts += [f"{check.name}: {check.detail}." for check in _agreement(frame, seed)[1]]
    return " ".join(parts)


def taught(feedback: pd.DataFrame, rows: Sequence[Label], *, params: Params) -> pd.DataFrame:
    """Put hand labels in the place of ratings, for the classifier alone to learn from.

    With `labels` 'with', a labelled record has its label instead of its rating and the others keep
    theirs; 'only' leaves ratings aside; 'check' teaches nothing. Where labellers disagree most
    voices count; without a majority the record keeps its rating.
    """
    votes = _votes([row for row in rows if row.label])
    if params.labels == "check" or votes.empty:
        return feedback
    ids = feedback["feedback_id"].astype(str)
    most = votes.max(axis=1)
    clear = (votes.eq(most, axis=0).sum(axis=1) == 1).to_numpy()
    majority = votes[clear].idxmax(axis=1).map(_RATING)
    given = pd.Series(np.nan, index=feedback.index)
    if "rating" in feedback and params.labels == "with":
        given = pd.to_numeric(feedback["rating"], errors="coerce").astype(float)
    label = ids.map(majority).astype(float)
    return feedback.assign(rating=label.where(label.notna(), given))


def label_evaluation(
    feedback: pd.DataFrame, rows: Sequence[Label], classified: Classified, *, params: Params
) -> LabelEvaluation:
    """Compare hand labels with one another and with the classifier.

    Every labelled record was scored by a model that had not seen its label. Estimates weigh each
    record by the records it stands for; added rows without a weight are left out of them. Where
    labellers disagree, a record counts as each class by the share of its votes.

    Parameters
    ----------
    feedback
        The records, of which a sample is drawn where no file of labels is there.
    rows
        Rows of the file of labels; those without a label are still to do.
    classified
        What `classify` made of the same records.
    params
        `seed` of the draw and of the intervals.
    """
    sample = tuple(rows) or (
        draw_sample(feedback, classified.records, size=_SIZE, seed=params.seed)
        if classified.n
        else ()
    )
    done = [row for row in rows if row.label]
    votes = _votes(done)
    frame = pd.DataFrame([asdict(row) for row in done], columns=[*COLUMNS, "line"])
    measures, checks = _agreement(frame, params.seed)
    found, shares, more = _estimates(rows, votes, classified, params.seed)
    columns = ["measure", "estimate", "low", "high", "n"]
    return LabelEvaluation(
        n=len(votes),
        checks=(*checks, *more),
        labels=frame.drop(columns=["text", "language", "line"]),
        measures=pd.DataFrame([*measures, *found], columns=columns),
        shares=shares,
        sample=sample,
        drawn=bool(rows),
    )


def _votes(done: Sequence[Label]) -> pd.DataFrame:
    """Votes of each class, one row a labelled record."""
    if not done:
        return pd.DataFrame(columns=list(CLASSES), dtype=float)
    pairs = pd.DataFrame({"id": [r.feedback_id for r in done], "label": [r.label for r in done]})
    counts = pd.crosstab(pairs["id"], pairs["label"])
    return counts.reindex(columns=list(CLASSES), fill_value=0).sort_index()


def _agreement(frame: pd.DataFrame, seed: int) -> tuple[list[tuple], list[Check]]:
    """Alpha over the records that two or more people labelled."""
    if frame["labeller"].nunique() < 2:
        detail = _("one labeller: whether people agree is not known; two on the same records tell")
        return [], [Check(_("people agree"), None, detail, id="people_agree")] if len(frame) else []
    wide = frame.assign(code=frame["label"].map(CLASSES.index)).pivot_table(
        index="feedback_id", columns="labeller", values="code", aggfunc="first"
    )
    rows = []
    for metric in ("nominal", "ordinal"):
        found = krippendorff(wide.to_numpy(float), np.random.default_rng(seed), metric)  # type: ignore[arg-type]
        rows.append((f"alpha, {metric}", found.estimate, found.low, found.high, found.n))
    if not np.isfinite(found.estimate):
        detail = _(
            "cannot be told from {n} records labelled twice that hold one class only", n=found.n
        )
        return [], [Check(_("people agree"), None, detail, id="people_agree")]
    detail = _(
        "Krippendorff's alpha {estimate}, ordinal, on {n} records; below "
        "{reliable} labels are no ground to judge a classifier by",
        estimate=fixed(found.estimate),
        n=found.n,
        reliable=_RELIABLE,
    )
    return rows, [Check(_("people agree"), found.estimate >= _RELIABLE, detail, id="people_agree")]


def _estimates(
    rows: Sequence[Label], votes: pd.DataFrame, classified: Classified, seed: int
) -> tuple[list[tuple], pd.DataFrame, list[Check]]:
    """Error and shares over all records from the labelled part of the draw."""
    blank = pd.DataFrame(columns=["label", "estimate", "low", "high"])
    drawn = {row.feedback_id: row for row in rows if np.isfinite(row.weight)}
    table = classified.records[classified.records["method"] != "empty"].set_index("feedback_id")
    use = [name for name in votes.index if name in drawn and name in table.index]
    gone = len(votes) - sum(name in table.index for name in votes.index)
    checks = []
    if gone:
        detail = _(
            "{gone} labelled records are not among the records with text of this run", gone=gone
        )
        checks.append(Check(_("labelled records are still there"), None, detail))
    if len(use) < _ENOUGH:
        detail = _(
            "{n} labelled records of the draw, {enough} are needed for an estimate",
            n=len(use),
            enough=_ENOUGH,
        )
        return (
            [],
            blank,
            [*checks, Check(_("hand labels are enough"), None, detail)] if rows else [],
        )
    size = pd.Series({name: row.weight for name, row in drawn.items()}).groupby(
        {name: row.stratum for name, row in drawn.items()}
    ).sum()  # fmt: skip
    stratum = np.array([drawn[name].stratum for name in use])
    truth = votes.loc[use].to_numpy(float)
    truth = truth / truth.sum(axis=1, keepdims=True)
    stated = table.loc[use, [f"p_{label}" for label in CLASSES]].to_numpy(float)
    predicted = np.array([CLASSES.index(label) for label in table.loc[use, "label"]])
    rng = np.random.default_rng(seed)
    errors = error_estimates(truth, predicted, stated[:, 0], stratum, size, rng)
    every = table[[f"p_{label}" for label in CLASSES]].to_numpy(float).mean(axis=0)
    shares = predicted_shares(truth, stated, stratum, size, every)
    found = [(name, e.estimate, e.low, e.high, e.n) for name, e in errors.items()]
    frame = pd.DataFrame(
        [(label, e.estimate, e.low, e.high) for label, e in zip(CLASSES, shares, strict=True)],
        columns=blank.columns,
    )
    return found, frame, [*checks, *_drawn_checks(size, stratum, len(table), len(use))]


def _drawn_checks(size: pd.Series, stratum: np.ndarray, n: int, used: int) -> list[Check]:
    detail = _(
        "{used} records of a stratified random draw from {size}; this run holds "
        "{n} with text, and later ones are taken to resemble those",
        used=used,
        size=number(size.sum()),
        n=number(n),
    )
    found = [Check(_("labelled records were drawn at random"), None, detail, id="labels_at_random")]
    unseen = size[~size.index.isin(stratum)]
    if len(unseen):
        share = unseen.sum() / size.sum()
        detail = _(
            "no label yet in {strata}: {share} of the records",
            strata=items(unseen.index, len(unseen)),
            share=percent(share, 1),
        )
        found.append(
            Check(_("every stratum has a label"), bool(share < 0.02), detail, id="strata_labelled")
        )
    return found
