"""Negative, neutral or positive, in English and Chinese: from the study's own ratings if it can.

Five engines behind one function. `lexicon` counts words of lists; `prior` adds a linear head that
was fitted elsewhere and is recalibrated on what ratings there are; `calibrated` learns from 200
ratings or more; `auto` takes the best of these that the ratings allow; `transformers/MODEL` asks
somebody else's fine-tuned model and recalibrates it like the prior. Wherever ratings are used,
every record, rated or not, is scored by models that saw no rating of it, of its text in another
record or of another record of its customer (as far as the data can be cut that way). So the error
measured on the rated records is that of the scores that are used, or a little more: with few
ratings an unrated record is scored by the mean of several such models, a rated one by one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from scipy import sparse

from insights import scale
from insights.enrich.crossfit import cross_fitted, linked_blocks
from insights.enrich.finetuned import finetuned_probabilities
from insights.enrich.intent import only_asks
from insights.enrich.lexicon import lexicon_probabilities, lexicon_scores
from insights.enrich.model_names import check_engine
from insights.enrich.negation import EITHER, OPEN, doubtful
from insights.enrich.polarity_features import Learner, PolarityFeatures, learner, polarity_features
from insights.enrich.prior import prior_probabilities
from insights.enrich.shift import Shift
from insights.errors import DataError
from insights.messages import _

__all__ = ["CLASSES", "ENOUGH", "Engine", "Polarity", "Used", "rating_class", "score_polarity"]

CLASSES = ("negative", "neutral", "positive")
ENOUGH = 200  # ratings below which the prior is recalibrated and nothing more is learnt
Engine = str  # 'auto', 'lexicon', 'prior', 'calibrated' or 'transformers/MODEL'
Used = Literal["lexicon", "prior", "calibrated", "transformers"]

_FEW = 10  # ratings of a class below which the class is not learnt
_BAND = 0.65  # a larger probability than this, or the record counts as unsure
_ASKED = 0.5  # what is left of the sides of a text that only asks and would be called positive
_CONTRARY = 0.4  # score of the word lists that contradicts a label of the other side


@dataclass(frozen=True, eq=False)
class Polarity:
    """Scores of n texts, in the order given.

    Attributes
    ----------
    probability
        Shape (n, 3), columns as `CLASSES`; a row of not-a-number for an empty text.
    label
        Shape (n,), one of `CLASSES`.
    method
        Shape (n,): 'calibrated', 'prior', 'lexicon', 'transformers' or 'empty'.
    engine
        What scored the texts.
    reason
        Why that engine, in words.
    linked
        What was kept out together: 'customer and text', 'text' or 'nothing'.
    lexicon
        Shape (n,), the score of the word lists, for comparison; not-a-number where it was not
        needed.
    learnt
        The classes that were learnt or recalibrated; empty where no rating was used.
    shift
        How far the texts lie from what the prior was taught on; None where it was not asked.
    doubt
        Shape (n,): side of words that a negation may turn or not, `EITHER` where an expectation
        stands against what came; None where ratings taught.
    unsure
        Shape (n,): no class is likelier than .65, or words and label contradict each other, as
        they do in sarcasm, or a negation of a short text may turn the words its label rests on.
    """

    probability: np.ndarray
    label: np.ndarray
    method: np.ndarray
    engine: Used
    reason: str
    linked: str
    lexicon: np.ndarray
    learnt: tuple[str, ...] = ()
    shift: Shift | None = None
    doubt: np.ndarray | None = None

    @property
    def score(self) -> np.ndarray:
        """Probability of positive less that of negative, -1 to 1; shape (n,)."""
        return self.probability[:, 2] - self.probability[:, 0]

    @property
    def unsure(self) -> np.ndarray:
        """Whether a label is not to be relied on; shape (n,)."""
        side = np.where(self.label == "positive", 1, np.where(self.label == "negative", -1, 0))
        with np.errstate(invalid="ignore"):
            contrary = np.nan_to_num(self.lexicon) * side < -_CONTRARY
            vague = ~(self.probability.max(axis=1) >= _BAND)
        doubt = np.zeros(len(side), int) if self.doubt is None else self.doubt
        denied = (side == 0) & ((doubt == -1) | (doubt == OPEN))
        told = (side * doubt > 0) & (np.abs(doubt) == 1)
        return contrary | vague | told | (doubt == EITHER) | denied


def rating_class(rating: np.ndarray) -> np.ndarray:
    """Class of a rating share: 0 below .4, 1 to .6, 2 above; -1 where there is none."""
    share = np.round(np.asarray(rating, float), 9)
    found = np.where(share < 0.4, 0, np.where(share <= 0.6, 1, 2))
    return np.where(np.isnan(share), -1, found)


def score_polarity(
    texts: Sequence[str],
    rating: np.ndarray,
    *,
    customers: Sequence[str | None] | None = None,
    part_of: np.ndarray | None = None,
    engine: Engine = "auto",
    seed: int,
) -> Polarity:
    """Score texts from the ratings that some of them have, else by what is known beforehand.

    Parameters
    ----------
    texts
        Shape (n,).
    rating
        Shape (n,), shares 0-1 of the declared scale, not-a-number where there is none.
    customers
        Shape (n,), who wrote each; None where unknown.
    part_of
        Shape (n,), for a text that is a part of another one the position of that one, else -1.
        A part is scored by the model that saw no rating of it or the whole; its rating is learnt
        from and does not count towards the ratings needed.
    engine
        'auto' learns when there are at least 200 ratings and ten of each of two classes, and
        takes the prior otherwise.

    Raises
    ------
    ParamsError
        `engine` is none of those named.
    MissingExtra
        A transformer is asked for and its library is not installed.
    DataError
        `engine` is 'calibrated' and the ratings cannot be learnt from.
    """
    check_engine(engine)
    read = np.array([_readable(text) for text in texts], dtype=object)
    truth = rating_class(rating)
    truth[read == ""] = -1
    share = np.asarray(rating, float)
    # what a part was given is its whole's rating over again: it does not make more of them
    own = truth if part_of is None else np.where(part_of >= 0, -1, truth)
    obstacle = _obstacle(own, share, ENOUGH)
    if engine == "calibrated" and obstacle:
        raise DataError(
            f"engine 'calibrated' cannot be used: {obstacle}. "
            "Use engine 'auto', 'prior' or 'lexicon', or add ratings."
        )
    if engine == "lexicon" or not (read != "").any():
        reason = obstacle or _("the setting engine is 'lexicon'")
        return _by_lexicon(read, lexicon_scores(read.tolist()), reason)
    few = bool(_obstacle(own, share, 2 * _FEW))
    n_rated = int((own >= 0).sum())
    rated = _Rated(read, truth, *_blocks(read, customers, part_of), seed)
    if engine.startswith("transformers/"):
        found = _by_transformer(read, engine.partition("/")[2])
        if few:
            return found
        fit = rated.recalibrator(found.probability)
        return rated.scored(fit, "transformers", _again(found.reason, n_rated), found.lexicon)
    features = polarity_features(read, truth, seed=seed)
    chosen: Used = "prior"
    if engine == "prior":
        reason = _("the setting engine is 'prior'")
    elif obstacle:
        reason = obstacle
    else:
        chosen, reason = "calibrated", _("{n} ratings to learn from", n=n_rated)
    if few:
        return _by_prior(read, features, reason)
    if chosen == "prior":
        reason = _again(reason, n_rated)
    fit = partial(features.learner, blocks=rated.blocks, rich=chosen == "calibrated", seed=seed)
    return rated.scored(fit, chosen, reason, features.lexicon, features.shift)


@dataclass(frozen=True)
class _Rated:
    """Texts of which some have a class, and what is kept out together."""

    read: np.ndarray
    truth: np.ndarray
    blocks: np.ndarray
    linked: str
    seed: int

    def recalibrator(self, probability: np.ndarray) -> Callable[..., Learner]:
        """Learn slope and shifts of the log-odds of somebody else's probabilities."""
        logs = np.log(np.nan_to_num(probability, nan=1 / 3) + 1e-4)
        design = sparse.csr_matrix(logs[:, [0, 2]] - logs.mean(axis=1, keepdims=True))
        return lambda target, order: learner(
            lambda at: design[order[at]], target[order], self.seed, balanced=True
        )

    def scored(
        self,
        fit: Callable[..., Learner],
        engine: Used,
        reason: str,
        lexicon: np.ndarray,
        shift: Shift | None = None,
    ) -> Polarity:
        """Score every text by what was learnt without its block."""
        text = np.unique(self.read, return_inverse=True)[1]
        order = np.lexsort([self.truth, self.blocks, text])
        learnt = np.array([k for k in range(3) if np.sum(self.truth == k) >= _FEW])
        learnable = np.isin(self.truth, learnt)
        target = np.where(learnable, np.searchsorted(learnt, self.truth), -1)
        inner = cross_fitted(
            fit(target, order),
            target[order],
            self.blocks[order],
            np.random.default_rng(self.seed),
        )
        probability = np.zeros((len(self.read), 3))
        probability[np.ix_(order, learnt)] = inner
        return Polarity(
            **_finished(self.read, probability, _labels(probability, learnt), engine),
            engine=engine,
            reason=reason,
            linked=self.linked,
            lexicon=lexicon,
            learnt=tuple(CLASSES[k] for k in learnt),
            shift=shift,
        )


def _blocks(
    read: np.ndarray, customers: Sequence[str | None] | None, part_of: np.ndarray | None
) -> tuple[np.ndarray, str]:
    """Link records of a text or a customer; a part goes with its whole and links nothing."""
    if part_of is None or not (part_of >= 0).any():
        return linked_blocks(read, customers)
    whole = np.flatnonzero(part_of < 0)
    who = None if customers is None else [customers[int(i)] for i in whole]
    blocks = np.empty(len(read), int)
    blocks[whole], linked = linked_blocks(read[whole], who)
    parts = np.flatnonzero(part_of >= 0)
    blocks[parts] = blocks[part_of[parts]]
    return blocks, linked


def _readable(text: object) -> str:
    return text.strip() if isinstance(text, str) else ""


def _again(reason: str, n: int) -> str:
    return _("{reason}; recalibrated on {n} ratings", reason=reason, n=n)


def _obstacle(truth: np.ndarray, rating: np.ndarray, needed: int) -> str:
    """Why these ratings cannot be learnt from; nothing when they can."""
    rated = truth >= 0
    n = int(rated.sum())
    if n == 0:
        return _("no record with text has a rating")
    if np.unique(rating[rated]).size == 1:
        return _("all {n} ratings are the same", n=n)
    if n < needed:
        return _("{n} ratings are fewer than the {needed} needed to learn from", n=n, needed=needed)
    counts = [int(np.sum(truth == k)) for k in range(3)]
    if min(counts[0], counts[2]) < _FEW:
        return _(
            "the ratings hold {negative} negative and {positive} positive records, at least "
            "{few} of each are needed",
            negative=counts[0],
            positive=counts[2],
            few=_FEW,
        )
    return ""


def _by_lexicon(read: np.ndarray, lexicon: np.ndarray, reason: str) -> Polarity:
    label = np.where(np.abs(lexicon) < 0.05, 1, np.where(lexicon > 0, 2, 0))
    return Polarity(
        **_finished(read, lexicon_probabilities(lexicon), np.array(CLASSES)[label], "lexicon"),
        engine="lexicon",
        reason=reason,
        linked="nothing",
        lexicon=lexicon,
        doubt=_doubt(read),
    )


def _by_prior(read: np.ndarray, features: PolarityFeatures, reason: str) -> Polarity:
    """Heads and word lists as they come, each text for itself."""
    probability = np.zeros((len(read), 3))
    there = read != ""
    probability[there] = prior_probabilities(*features.unrated[there].T)
    return Polarity(
        **_finished(read, probability, np.array(CLASSES)[probability.argmax(axis=1)], "prior"),
        engine="prior",
        reason=reason,
        linked="nothing",
        lexicon=features.lexicon,
        shift=features.shift,
        doubt=_doubt(read),
    )


def _doubt(read: np.ndarray) -> np.ndarray:
    distinct, code = np.unique(read, return_inverse=True)
    return np.array(scale.map_rows(_doubts, distinct.tolist()), int)[code]


def _doubts(texts: Sequence[str]) -> list[int]:
    return [doubtful(text) for text in texts]


def _by_transformer(read: np.ndarray, model: str) -> Polarity:
    """What the model says; without a class neutral of its own, neutral is the abstain band."""
    there = np.flatnonzero(read != "")
    probability = np.zeros((len(read), 3))
    probability[there] = finetuned_probabilities(read[there].tolist(), model)
    learnt = np.flatnonzero(probability.sum(axis=0) > 0)
    label = _labels(probability, learnt)
    if 1 in learnt:
        label = np.array(CLASSES)[probability.argmax(axis=1)]
    return Polarity(
        **_finished(read, probability, label, "transformers"),
        engine="transformers",
        reason=_("the setting engine is 'transformers/{model}'", model=model),
        linked="nothing",
        lexicon=lexicon_scores(read.tolist()),
    )


def _finished(
    read: np.ndarray, probability: np.ndarray, label: np.ndarray, method: str
) -> dict[str, Any]:
    """A request or question alone is no praise, in however mild words; nothing is neutral."""
    empty = read == ""
    probability, label = probability.copy(), label.copy()
    asking = np.flatnonzero(label == "positive")
    asking = asking[np.array([only_asks(str(read[i])) for i in asking], bool)]
    probability[asking] *= _ASKED
    probability[asking, 1] += 1 - _ASKED
    label[asking] = "neutral"
    probability = np.where(empty[:, None], np.nan, probability)
    return {
        "probability": probability,
        "label": np.where(empty, "neutral", label),
        "method": np.where(empty, "empty", method),
    }


def _labels(probability: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Likeliest class, a rare class counting for more; without a neutral one, a band abstains.

    Each probability is divided by the square root of the class's mean, a step halfway from
    'most often right' to 'every class found equally well'.
    """
    if 1 not in learnt:
        sure = probability.max(axis=1) >= _BAND
        return np.array(CLASSES)[np.where(sure, probability.argmax(axis=1), 1)]
    weight = np.zeros(3)
    weight[learnt] = 1 / np.sqrt(probability[:, learnt].mean(axis=0))
    return np.array(CLASSES)[(probability * weight).argmax(axis=1)]
