"""Shares of the three classes, corrected for the mistakes of the classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.sentiment.tables import shown
from insights.enrich.polarity import CLASSES
from insights.enrich.prior import expected_shares
from insights.messages import _, interval, number, percent
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.intervals import wilson_bounds

from .label_evaluation import LabelEvaluation
from .params import Params
from .result import LIKE, PREDICTS, Classified

__all__ = ["Shares", "class_shares", "corrected_shares", "labels_needed"]

CORRECTED = "shares_corrected"  # id of the check
_DRAWS = 500
_ROUNDS = 400
_EDGE = 1e-3  # share from which a class that seems not to occur begins
_BLIND = 1e-6  # relative singular value under which labels say nothing in a direction
_HALF = 0.05  # half of the interval that hand labels are to reach
_FEWEST_LABELS = 50  # hand labels below which nothing is estimated from them
_ENOUGH = 100  # ratings below which the confusion is not known well enough


@dataclass(frozen=True, kw_only=True, eq=False)
class Shares(Result, table="shares", figure="class_shares"):
    """Shares of the three classes, as counted and corrected. `n`: records with text.

    `n_rated` counts rated records, or hand labels where the basis is 'hand'. `basis` is what the
    shares rest on: hand labels, the confusion measured on ratings, how far shares were off
    elsewhere, or nothing. `needed` hand labels would tell the share of negative records to within
    five points.
    """

    shares: pd.DataFrame
    n_rated: int
    basis: Literal["hand", "ratings", "elsewhere", "nothing"] = "nothing"
    needed: int = 0

    @property
    def by_hand(self) -> bool:
        """Whether the shares rest on hand labels."""
        return self.basis == "hand"

    @property
    def corrected(self) -> bool:
        """Whether the error could be corrected for."""
        return bool(self.shares["corrected"].notna().all())

    def sentences(self) -> list[str]:
        """Give the share of negative records, counted and corrected."""
        row = self.shares.iloc[0]
        counted = _(
            "{raw} of {n} records were called negative",
            raw=percent(row["raw"], 1),
            n=number(self.n),
        )
        if self.by_hand:
            return [
                _(
                    "Corrected by {n_rated} hand labels, {corrected} {interval} of the "
                    "records are negative; {counted}.",
                    n_rated=number(self.n_rated),
                    corrected=percent(row["corrected"], 1),
                    interval=interval(row["low"], row["high"], ".1%"),
                    counted=counted,
                )
            ]
        if self.basis == "ratings" and self.n_rated == self.n:
            return [
                _(
                    "By their own ratings {corrected} {interval} of the {n} records are "
                    "negative, all of them being rated; by text {raw} were called so.",
                    corrected=percent(row["corrected"], 1),
                    interval=interval(row["low"], row["high"], ".1%"),
                    n=number(self.n),
                    raw=percent(row["raw"], 1),
                )
            ]
        if self.basis == "ratings":
            return [
                _(
                    "Corrected for the classifier's mistakes, {corrected} {interval} of the "
                    "records are negative; {counted}.",
                    corrected=percent(row["corrected"], 1),
                    interval=interval(row["low"], row["high"], ".1%"),
                    counted=counted,
                ),
                _(
                    "The correction assumes that the {n_rated} rated records resemble the rest.",
                    n_rated=number(self.n_rated),
                ),
            ]
        if self.corrected:
            return [
                _(
                    "About {corrected} {interval} of the {n} records are negative, told "
                    "without ratings enough to measure the error here.",
                    corrected=percent(row["corrected"]),
                    interval=interval(row["low"], row["high"], ".0%"),
                    n=number(self.n),
                ),
                _(
                    "The interval holds how far such shares were off on other sets, which "
                    "the model had not seen; {counted}.",
                    counted=counted,
                ),
                self._labels(),
            ]
        found = self.check(CORRECTED)
        why = found.detail if found else ""
        return [
            _(
                "How many of the {n} records are negative cannot be told: {why}.",
                n=number(self.n),
                why=why,
            ),
            _("{counted}, which is a count of labels, mistakes and all.", counted=counted),
            self._labels(),
        ]

    def _labels(self) -> str:
        """Say how many hand labels would settle it."""
        return _(
            "Hand labels on about {needed} records drawn by insights label STUDY "
            "would tell it to within 5 points.",
            needed=number(self.needed),
        )


def class_shares(
    classified: Classified, evaluation: LabelEvaluation | None = None, *, params: Params
) -> Shares:
    """Raw counts of the labels, and shares corrected by hand labels, else by the confusion.

    Hand labels of a random draw correct without any assumption (`predicted_shares`), so they go
    first. Without them rated records count as their rating says. For the others the observed
    labels are a mixture of the columns of the confusion; its weights are found by maximum
    likelihood, which in two classes is Rogan and Gladen's estimate (1978, doi
    10.1093/oxfordjournals.aje.a112510). The interval
    draws confusion and labels anew from their multinomials.

    With too few ratings for that, the shares are those the prior states, with an interval that
    holds how far they were off on other sets; where the texts lie beyond these, none is given.
    """
    records = classified.records[classified.records["method"] != "empty"]
    n = len(records)
    count = records["label"].value_counts().reindex(CLASSES, fill_value=0).to_numpy(int)
    low, high = wilson_bounds(count, max(n, 1))
    table = pd.DataFrame(
        {
            "label": CLASSES,
            "counted": count,
            "raw": count / max(n, 1),
            "raw_low": low,
            "raw_high": high,
            "corrected": np.nan,
            "low": np.nan,
            "high": np.nan,
        }
    )
    if evaluation is not None and len(evaluation.shares):
        return _by_hand(n, table, evaluation)
    rated = records["rated"] != ""
    confusion = classified.confusion
    if n and rated.all():
        return _by_rating(n, table, records)
    if confusion is None or rated.sum() < _ENOUGH or not classified.trusted:
        return _without_ratings(n, table, classified, int(rated.sum()))
    other = records.loc[~rated, "label"].value_counts().reindex(CLASSES, fill_value=0)
    given = records.loc[rated, "rated"].value_counts().reindex(CLASSES, fill_value=0)
    rng = np.random.default_rng(params.seed)
    estimate, draws = corrected_shares(confusion.to_numpy(), other.to_numpy(int), rng)
    part = len(records.loc[~rated]) / n
    known = given.to_numpy(float) / rated.sum()
    again = rng.multinomial(int(rated.sum()), known, len(draws)) / rated.sum()
    table["corrected"] = part * estimate + (1 - part) * known
    tail = 0.5 - DEFAULT_LEVEL / 2
    ends = np.quantile(part * draws + (1 - part) * again, [tail, 1 - tail], axis=0)
    table["low"] = np.minimum(ends[0], table["corrected"])
    table["high"] = np.maximum(ends[1], table["corrected"])
    detail = _(
        "the correction assumes that text goes with rating in the {unrated} "
        "unrated records as in the {rated} rated ones",
        unrated=int((~rated).sum()),
        rated=int(rated.sum()),
    )
    never = table.loc[(table["counted"] == 0) & (given.to_numpy() > 0), "label"]
    if len(never):
        uncalled = _(
            "no record is called {labels}, whose share is that of rated ones",
            labels=_(" or ").join(map(shown, never)),
        )
        detail = _("; ").join((detail, uncalled))
    checks = (Check(_("rated records resemble unrated ones"), None, detail),)
    return Shares(n=n, checks=checks, shares=table, n_rated=int(rated.sum()), basis="ratings")


def _without_ratings(n: int, table: pd.DataFrame, classified: Classified, rated: int) -> Shares:
    """Shares as the prior states them, with its error on other sets; none beyond these."""
    checks = tuple(check for check in classified.checks if check.id in (PREDICTS, LIKE))
    records = classified.records[classified.records["method"] != "empty"]
    stated = records[[f"p_{label}" for label in CLASSES]].to_numpy(float)
    found = expected_shares(stated) if n else np.full((len(CLASSES), 3), np.nan)
    why = _why_not(classified, rated)
    if not why and n and np.isnan(found).any():
        why = _("what the prior states of these texts is like that of no set it was tried on")
    if why or not n:
        detail = why or _("no record has text")
        checks = (*checks, Check(_("shares corrected for error"), None, detail, id=CORRECTED))
        table = table.assign(raw_low=np.nan, raw_high=np.nan)
        return Shares(
            n=n, checks=checks, shares=table, n_rated=rated, needed=labels_needed(0, 1, n)
        )
    table["corrected"], table["low"], table["high"] = found.T
    table["raw_low"] = table["raw_high"] = np.nan
    low, high = found[0, 1:]
    return Shares(
        n=n,
        checks=checks,
        shares=table,
        n_rated=rated,
        basis="elsewhere",
        needed=labels_needed(low, high, n),
    )


def labels_needed(low: float, high: float, n: int) -> int:
    """Hand labels that tell a share between `low` and `high` to within five points.

    Binomial at the end nearest a half, for a draw from `n` records (finite population).
    """
    worst = float(np.clip(0.5, low, high))
    size = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2) ** 2 * worst * (1 - worst) / _HALF**2
    return max(_FEWEST_LABELS, int(np.ceil(size / (1 + size / max(n, 1)))))


def _by_rating(n: int, table: pd.DataFrame, records: pd.DataFrame) -> Shares:
    """Shares where every record is rated: those of the ratings, with their interval by chance."""
    given = records["rated"].value_counts().reindex(CLASSES, fill_value=0).to_numpy(int)
    low, high = wilson_bounds(given, n)
    table = table.assign(corrected=given / n, low=low, high=high)
    return Shares(n=n, shares=table, n_rated=n, basis="ratings")


def _by_hand(n: int, table: pd.DataFrame, evaluation: LabelEvaluation) -> Shares:
    at = evaluation.shares.set_index("label").loc[table["label"]]
    table["corrected"], table["low"], table["high"] = (
        at[name].to_numpy(float) for name in ("estimate", "low", "high")
    )
    keys = ("labels_at_random", "strata_labelled", "people_agree")
    checks = tuple(check for check in evaluation.checks if check.id in keys)
    return Shares(n=n, checks=checks, shares=table, n_rated=evaluation.n, basis="hand")


def corrected_shares(
    confusion: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the true classes behind observed labels, and draws of them.

    Parameters
    ----------
    confusion
        Shape (k, k), counts, true class by label; a class without a row is taken not to occur.
        What labels cannot tell, as of a class that is never called, stays as in these counts.
    labels
        Shape (k,), counts of the labels in the records to be corrected.

    Returns
    -------
    The estimate, shape (k,), and 500 draws of it, shape (500, k).
    """
    if labels.sum() == 0:
        return np.zeros(len(labels)), np.zeros((_DRAWS, len(labels)))
    size = int(confusion.sum())
    drawn = rng.multinomial(size, confusion.ravel() / size, _DRAWS).reshape(-1, *confusion.shape)
    again = rng.multinomial(int(labels.sum()), labels / labels.sum(), _DRAWS)
    stack = np.concatenate([confusion[None], drawn]).astype(float)
    seen = np.concatenate([labels[None], again]).astype(float)
    there = stack.sum(axis=2) > 0
    rows = (stack + 1e-9) / (stack + 1e-9).sum(axis=2, keepdims=True)
    seen /= seen.sum(axis=1, keepdims=True)
    # inside the simplex the likelihood is largest where the confusion gives the labels exactly;
    # steps from there move only what lies outside, while steps from afar take thousands
    given = stack.sum(axis=2) / stack.sum(axis=(1, 2))[:, None]
    left = seen - np.einsum("nij,ni->nj", rows, given)
    turned = np.linalg.pinv(rows.transpose(0, 2, 1), rcond=_BLIND)
    exact = given + np.einsum("nij,nj->ni", turned, left)
    weight = np.clip(exact, _EDGE, None) * there
    weight /= weight.sum(axis=1, keepdims=True)
    for _round in range(_ROUNDS):
        joint = weight[:, :, None] * rows
        weight = np.sum(joint / joint.sum(axis=1, keepdims=True) * seen[:, None, :], axis=2)
    return weight[0], weight[1:]


def _why_not(classified: Classified, rated: int) -> str:
    """Why no share can be stated without ratings enough; nothing where one can."""
    if classified.trusted is False:
        return _("text does not predict the ratings, so labels hold no information")
    if classified.engine != "prior":
        detail = _(
            "{rated} usable ratings, {enough} with both kinds are needed",
            rated=rated,
            enough=_ENOUGH,
        )
        return _(
            "the error of the engine '{engine}' is not known here ({detail})",
            engine=classified.engine,
            detail=detail,
        )
    like = classified.check(LIKE)
    if like is None:
        return _(
            "{rated} usable ratings are too few, {enough} with both kinds are needed",
            rated=rated,
            enough=_ENOUGH,
        )
    return "" if like.passed else _("the prior was not tried on texts like these")
