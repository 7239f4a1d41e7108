"""How far a study's texts lie from what the prior was taught on, told without a rating.

Two measures, both of what the teacher read. *Nearness*: the mean cosine of a text's vector with
the nearest of 64 centres of the texts that the head was fitted on. *Agreement*: the correlation of
the head with the word lists, which were made apart from it; where both tell good from bad they go
together, and where neither does, or no text takes a side, they do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.enrich.prior import head
from insights.messages import _, fixed, number

__all__ = ["Shift", "shift"]

# halfway between the least of ten rated sets (.34, .50) and the most of five sets of other kinds
# (card and bank complaints, generated tickets, headlines: .29; complaints and headlines .28)
_NEAREST = 0.31
_AGREEMENT = 0.40
_FEW = 30  # texts below which nothing is said


@dataclass(frozen=True)
class Shift:
    """Nearness and agreement of `n` texts; `agreement_high` is the upper 97.5 % bound."""

    near: float
    agreement: float
    agreement_high: float
    n: int

    @property
    def beyond(self) -> bool | None:
        """Whether the texts lie beyond what the prior was tried on; None when too few tell."""
        if self.n < _FEW:
            return None
        return bool(self.near < _NEAREST or self.agreement_high < _AGREEMENT)

    def text(self) -> str:
        """Say both measures with what is needed."""
        if self.n < _FEW:
            return _(
                "{n} distinct texts with letters are too few to tell, {few} are needed",
                n=self.n,
                few=_FEW,
            )
        measured = _(
            "nearness of {n} texts to those the prior was taught on {near}, {nearest} is needed; "
            "agreement of its two parts {agreement}, {least} is needed",
            n=number(self.n),
            near=fixed(self.near),
            nearest=_NEAREST,
            agreement=fixed(self.agreement),
            least=_AGREEMENT,
        )
        if self.agreement_high >= _AGREEMENT or self.near < _NEAREST:
            return measured
        return _(
            "{measured} (little agreement is also what texts of one side alone show)",
            measured=measured,
        )


def shift(vectors: np.ndarray, lists: np.ndarray) -> Shift:
    """Measure the shift of distinct texts from their vectors and their scores by the lists."""
    n = len(vectors)
    if n < 4:
        return Shift(np.nan, np.nan, np.nan, n)
    length = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
    near = float((vectors @ head().centres.T / length[:, None]).max(axis=1).mean())
    side = vectors @ head().weights
    flat = np.ptp(side) == 0 or np.ptp(lists) == 0
    r = 0.0 if flat else float(np.corrcoef(side, lists)[0, 1])
    high = np.tanh(np.arctanh(min(r, 0.999)) + stats.norm.ppf(0.975) / np.sqrt(n - 3))
    return Shift(near, r, float(high), n)
