"""Shares of the three classes, corrected for the mistakes of the classifier."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.enrich.polarity import CLASSES
from insights.result import Check
from insights.settings import DEFAULT_LEVEL
from insights.stats.intervals import wilson_bounds

from .labelled import Labelled
from .params import Params
from .result import Classified, Shares

__all__ = ["class_shares", "corrected_shares"]

_DRAWS = 500
_ROUNDS = 400
_EDGE = 1e-3  # share from which a class that seems not to occur begins
_BLIND = 1e-6  # relative singular value under which labels say nothing in a direction
_ENOUGH = 100  # ratings below which the confusion is not known well enough


def class_shares(
    classified: Classified, labelled: Labelled | None = None, *, params: Params
) -> Shares:
    """Raw counts of the labels, and shares corrected by hand labels, else by the confusion.

    Hand labels of a random draw correct without any assumption (`predicted_shares`), so they go
    first. Without them rated records count as their rating says. For the others the observed
    labels are a mixture of the columns of the confusion; its weights are found by maximum
    likelihood, which in two classes is Rogan and Gladen's estimate (1978, doi
    10.1093/oxfordjournals.aje.a112510). The interval
    draws confusion and labels anew from their multinomials.
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
    if labelled is not None and len(labelled.shares):
        return _by_hand(n, table, labelled)
    rated = records["rated"] != ""
    confusion = classified.confusion
    if confusion is None or rated.sum() < _ENOUGH or not classified.trusted:
        checks = (
            *(c for c in classified.checks if c.name == "text predicts the ratings"),
            Check("shares corrected for error", None, _why_not(classified, rated.sum())),
        )
        return Shares(n=n, checks=checks, shares=table, n_rated=int(rated.sum()))
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
    detail = (
        f"the correction assumes that text goes with rating in the {int((~rated).sum())} unrated "
        f"records as in the {int(rated.sum())} rated ones"
    )
    never = table.loc[(table["counted"] == 0) & (given.to_numpy() > 0), "label"]
    if len(never):
        detail += f"; no record is called {' or '.join(never)}, whose share is that of rated ones"
    checks = (Check("rated records resemble unrated ones", None, detail),)
    return Shares(n=n, checks=checks, shares=table, n_rated=int(rated.sum()))


def _by_hand(n: int, table: pd.DataFrame, labelled: Labelled) -> Shares:
    at = labelled.shares.set_index("label").loc[table["label"]]
    table["corrected"], table["low"], table["high"] = (
        at[name].to_numpy(float) for name in ("estimate", "low", "high")
    )
    names = ("labelled records were drawn at random", "every stratum has a label", "people agree")
    checks = tuple(check for check in labelled.checks if check.name in names)
    return Shares(n=n, checks=checks, shares=table, n_rated=labelled.n, by_hand=True)


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
    for _ in range(_ROUNDS):
        joint = weight[:, :, None] * rows
        weight = np.sum(joint / joint.sum(axis=1, keepdims=True) * seen[:, None, :], axis=2)
    return weight[0], weight[1:]


def _why_not(classified: Classified, rated: int) -> str:
    if classified.trusted is False:
        return "not corrected: text does not predict the ratings, so labels hold no information"
    return f"not corrected: {rated} usable ratings, {_ENOUGH} with both kinds are needed"
