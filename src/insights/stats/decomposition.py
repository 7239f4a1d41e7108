"""Means at a fixed mix, and changes split into true change and change of mix.

Somebody who wrote ten times counts as one source of chance, not ten (`stats.clusters`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insights.settings import DEFAULT_LEVEL
from insights.stats.clusters import Mean, cluster_interval

__all__ = ["Split", "level_effects", "split_change", "standardised_mean"]

_LEAST = 5  # records of a level, in a window, below which it has no change of its own
_PER_TERM = 5  # records for each term of a model
_STAYED = 0.5  # of the records, in levels of both windows: below it a dimension names the time
_STRAGGLER = 0.05  # of its share in one window that a level of few records must hold in the other
_COVERED = 0.5  # share of the pooled mix of the first dimension that a period must hold


@dataclass(frozen=True)
class Split:
    """A change of means, second less first, as true change + change of mix, exactly.

    With shares p and means m of the levels of one dimension, `true` is the sum of the mean share
    times the change of m, `mix` the sum of the mean m times the change of p (Kitagawa 1955, doi
    10.1080/01621459.1955.10501299; Das Gupta 1993). With several dimensions m are the main effects
    of a linear model (Oaxaca 1973, doi 10.2307/2525981; Blinder 1973), and `parts` are the
    dimensions' shares of `mix`, in the order given: 0 for one that was not held fixed (`fixed`),
    not-a-number for one that cannot be told from another. The interaction, sum of the two changes,
    is shared equally between true change and mix. Not-a-number where no level of the first
    dimension is there in both windows.
    """

    raw: float
    raw_low: float
    raw_high: float
    true: float
    true_low: float
    true_high: float
    mix: float
    mix_low: float
    mix_high: float
    interaction: float
    p: float
    n_first: int
    n_second: int
    parts: tuple[float, ...] = ()
    fixed: tuple[bool, ...] = ()


@dataclass(frozen=True)
class _Levels:
    """One dimension of two windows: code of each record's level, and how the levels moved."""

    code: np.ndarray
    share: np.ndarray  # (2, levels)
    thick: np.ndarray  # levels with records enough in both windows

    @property
    def moved(self) -> float:
        return float(np.abs(self.share[1] - self.share[0]).sum()) / 2

    @property
    def stayed(self) -> float:
        there = self.thick | (self.share.min(axis=0) >= _STRAGGLER * self.share.max(axis=0))
        return float(self.share.mean(axis=0)[there].sum())


@dataclass(frozen=True)
class _Fit:
    """Least squares with the influence of each record on every term."""

    terms: np.ndarray
    loads: np.ndarray  # (n, terms): weight of each record in each term
    rest: np.ndarray  # residuals, each widened by its leverage (HC2)
    inverse: np.ndarray
    gram: np.ndarray

    def told(self, contrast: np.ndarray) -> bool:
        """Whether the data settle this sum of terms."""
        back = self.inverse @ (self.gram @ contrast)
        return bool(np.abs(back - contrast).max() < 1e-6)


def level_effects(values: np.ndarray, codes: np.ndarray, periods: np.ndarray) -> list[np.ndarray]:
    """Effect of each level of each dimension on the values, whatever the period.

    Main effects of least squares within periods, so that a change in time is none of theirs; each
    dimension's effects have mean 0 over the records.

    Parameters
    ----------
    values, codes, periods
        Shapes (n,), (n, dimensions) of codes from 0, and (n,).
    """
    when = np.unique(periods, return_inverse=True)[1]
    columns: list[np.ndarray] = []
    for d in range(codes.shape[1]):
        size = int(codes[:, d].max()) + 1 if len(codes) else 0
        columns.append(_indicators(codes[:, d], np.arange(size)))
    design = np.hstack(columns) if columns else np.zeros((len(values), 0))
    within = design - _means_by(design, when)
    gram = within.T @ within
    apart = values - _means_by(values[:, None], when)[:, 0]
    slopes = np.linalg.pinv(gram, rcond=1e-9, hermitian=True) @ (within.T @ apart)
    found, start = [], 0
    for d, block in enumerate(columns):
        effect = slopes[start : start + block.shape[1]]
        found.append(effect - effect[codes[:, d]].mean())
        start += block.shape[1]
    return found


def standardised_mean(
    values: np.ndarray,
    strata: np.ndarray,
    clusters: np.ndarray,
    *,
    weights: np.ndarray | list[np.ndarray],
    levels: np.ndarray | list[np.ndarray],
    level: float = DEFAULT_LEVEL,
) -> Mean:
    """Mean of one period at the pooled mix, given what is usual for each level.

    The estimate is the pooled mean plus the deviation of the period from what is usual for its
    levels, taken at the pooled mix of the levels that are present (five records or more); a level
    that is absent is taken to have moved as the others did. The levels present of the first
    dimension must hold half of its pooled mix. The error of `levels` is left out: they rest on
    all periods.

    Parameters
    ----------
    strata
        Codes, shape (n,) or (n, dimensions).
    weights, levels
        Pooled share and usual value, or effect, of each level; one array a dimension, or one array.
    """
    codes = strata[:, None] if strata.ndim == 1 else strata
    shares = [weights] if isinstance(weights, np.ndarray) else weights
    usual = [levels] if isinstance(levels, np.ndarray) else levels
    n = len(values)
    unknown = Mean(np.nan, np.nan, np.nan, n)
    expected = sum((u[codes[:, d]] for d, u in enumerate(usual)), np.zeros(n))
    columns: list[np.ndarray] = [np.ones((n, 1))]
    for d, share in enumerate(shares):
        count = np.bincount(codes[:, d], minlength=len(share))
        present = (count >= _LEAST) & (share > 0)
        if d == 0 and (n == 0 or float(share[present].sum()) < _COVERED):
            return unknown
        block = _centred(codes[:, d], np.flatnonzero(present), share)
        if sum(c.shape[1] for c in columns) + block.shape[1] <= max(n / _PER_TERM, 1) or d == 0:
            columns.append(block)
        if d == 0:
            inside = present[codes[:, 0]]
    made = np.hstack(columns)[inside]
    fit = _fitted(made, (values - expected)[inside])
    first = np.zeros(made.shape[1])
    first[0] = 1.0
    if not fit.told(first):
        return unknown
    pooled = float(sum(s @ u for s, u in zip(shares, usual, strict=True)))
    mean = pooled + float(fit.terms[0])
    low, high, _ = cluster_interval(
        mean, fit.loads[:, 0] * fit.rest, fit.loads[:, 0], fit.rest, clusters[inside], level,
        len(made) - made.shape[1],
    )  # fmt: skip
    return Mean(mean, low, high, n)


def split_change(
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    level: float = DEFAULT_LEVEL,
    dispersion: float = 1.0,
    freedom: float = np.inf,
) -> Split:
    """Split second less first; each is (values, strata, clusters) with shared codes.

    Strata are codes of one dimension, shape (n,), or of several, shape (n, dimensions), the first
    of which is always held fixed. The others follow in the order in which their shares moved, as
    far as there are five records for each term; one half of whose records lie in levels that are
    not there in both windows is a name of the time (a version, a month) and is not held fixed. A
    level with fewer than five records in a window is taken to have moved as the others did, and
    levels with fewer than five in all are taken together.

    Parameters
    ----------
    dispersion
        Factor of every variance: how much more the values move between the periods of a window
        than between their records (1: no more).
    freedom
        Most degrees of freedom of Student's t.
    """
    n1, n2 = len(first[0]), len(second[0])
    values = np.concatenate([first[0], second[0]])
    codes = np.concatenate([np.reshape(w[1], (len(w[0]), -1)) for w in (first, second)])
    clusters = np.concatenate([first[2], second[2]])
    late = np.repeat([0.0, 1.0], [n1, n2])
    dims = [_levels(codes[:, d], late) for d in range(codes.shape[1])]
    chosen, own = _chosen(dims, n1 + n2)
    while True:
        made, blocks = _design(dims, chosen, own, late)
        fit = _fitted(made, values)
        contrast = np.zeros(made.shape[1])
        contrast[1] = 1.0
        if fit.told(contrast) or not chosen:
            break
        if own:
            own = own[:-1]
        else:  # what moved most goes first: the likeliest name of the time
            chosen = [chosen[0], *chosen[2:]] if len(chosen) > 1 else []
    sign = np.where(late > 0, 1 / n2, -1 / n1)
    means = np.array([first[0].mean(), second[0].mean()])
    raw = float(means[1] - means[0])
    about = values - means[late.astype(int)]
    spare = n1 + n2 - made.shape[1]
    free = min(freedom, n1 + n2 - 2)
    of_raw = sign * about * np.where(late > 0, _root(n2), _root(n1))
    raw_low, raw_high, _ = cluster_interval(
        raw, of_raw, sign, about, clusters, level, free, late, dispersion
    )
    none = (np.nan,) * 3
    if not chosen and dims:  # the first dimension shares no level between the windows
        return Split(
            raw, raw_low, raw_high, *none, *none, np.nan, np.nan, n1, n2,
            (np.nan,) * len(dims), (False,) * len(dims),
        )  # fmt: skip
    true = float(fit.terms[1])
    mix = raw - true
    _filled(dims, blocks, own, fit.terms)
    # what the records of a window say of its shares, at the change of each cell about the mean one
    gap = sum((blocks[d].change[dims[d].code] for d in chosen), np.zeros(len(values)))
    gap = gap - np.array([gap[late == w].mean() for w in (0, 1)])[late.astype(int)]
    of_true = fit.loads[:, 1] * fit.rest + 0.5 * np.abs(sign) * gap
    of_mix = of_raw - of_true
    true_low, true_high, p = cluster_interval(
        true, of_true, fit.loads[:, 1], fit.rest, clusters, level, min(freedom, spare), late,
        dispersion,
    )  # fmt: skip
    mix_low, mix_high, _ = cluster_interval(
        mix, of_mix, sign, about, clusters, level, min(freedom, spare), late, dispersion
    )
    parts, apart = _parts(dims, blocks, fit)
    return Split(
        raw=raw,
        raw_low=raw_low,
        raw_high=raw_high,
        true=true,
        true_low=true_low,
        true_high=true_high,
        mix=mix,
        mix_low=mix_low,
        mix_high=mix_high,
        interaction=apart,
        p=p,
        n_first=n1,
        n_second=n2,
        parts=parts,
        fixed=tuple(d in chosen for d in range(len(dims))),
    )


def _parts(
    dims: list[_Levels], blocks: dict[int, _Block], fit: _Fit
) -> tuple[tuple[float, ...], float]:
    """What each dimension's shares add to the mix, and the interaction of all."""
    parts, apart = np.zeros(len(dims)), 0.0
    for d, block in blocks.items():
        step = dims[d].share[1] - dims[d].share[0]
        along = np.zeros(len(fit.terms))
        along[block.place] = step[block.listed]
        settled = len(blocks) == 1 or fit.told(along)
        parts[d] = step @ (block.effect + block.change / 2) if settled else np.nan
        apart += float(step @ block.change)
    return tuple(parts.tolist()), apart


@dataclass
class _Block:
    """The terms of one dimension: where they stand, and what they came to, level by level."""

    place: np.ndarray
    listed: np.ndarray
    effect: np.ndarray
    change: np.ndarray


def _levels(code: np.ndarray, late: np.ndarray) -> _Levels:
    """Code the levels anew; those with fewer than five records in all become one."""
    names, again, count = np.unique(code, return_inverse=True, return_counts=True)
    rare = count < _LEAST
    if rare.sum() > 1:
        merged = np.where(rare, len(names), np.arange(len(names)))
        again = np.unique(merged[again], return_inverse=True)[1]
    size = int(again.max()) + 1
    count = np.array([np.bincount(again[late == w], minlength=size) for w in (0, 1)])
    return _Levels(again, count / count.sum(axis=1, keepdims=True), count.min(axis=0) >= _LEAST)


def _chosen(dims: list[_Levels], n: int) -> tuple[list[int], list[int]]:
    """Which dimensions are held fixed, and which of them have changes level by level."""
    most = max(n / _PER_TERM, 2)
    order = [0, *sorted(range(1, len(dims)), key=lambda d: -dims[d].moved)] if dims else []
    chosen, own, terms = [], [], 2
    for d in order:
        size = len(dims[d].share[0]) - 1
        if d and (dims[d].stayed < _STAYED or terms + size > most or not size):
            continue
        chosen.append(d)
        terms += size
    for d in chosen:
        size = int(dims[d].thick.sum()) - 1
        if size > 0 and terms + size <= most:
            own.append(d)
            terms += size
    return chosen, own


def _design(
    dims: list[_Levels], chosen: list[int], own: list[int], late: np.ndarray
) -> tuple[np.ndarray, dict[int, _Block]]:
    """Intercept, the change, the levels' effects and the levels' changes about the mean one."""
    columns = [np.ones((len(late), 1)), late[:, None]]
    blocks, start = {}, 2
    for d in chosen:
        dim = dims[d]
        size = dim.share.shape[1]
        usual = int(dim.share.sum(axis=0).argmax())
        listed = np.delete(np.arange(size), usual)
        columns.append(_indicators(dim.code, listed))
        blocks[d] = _Block(start + np.arange(len(listed)), listed, np.zeros(size), np.zeros(size))
        start += len(listed)
    for d in own:
        columns.append(
            late[:, None]
            * _centred(dims[d].code, np.flatnonzero(dims[d].thick), dims[d].share.mean(axis=0))
        )
    return np.hstack(columns), blocks


def _filled(
    dims: list[_Levels], blocks: dict[int, _Block], own: list[int], terms: np.ndarray
) -> None:
    """Put the fitted terms into the blocks, level by level."""
    start = 2 + sum(len(block.place) for block in blocks.values())
    for block in blocks.values():
        block.effect[block.listed] = terms[block.place]
    for d in own:
        present = np.flatnonzero(dims[d].thick)
        gained = np.append(terms[start : start + len(present) - 1], 0.0)
        weight = dims[d].share.mean(axis=0)[present]
        blocks[d].change[present] = gained - gained @ weight / weight.sum()
        start += len(present) - 1


def _indicators(code: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return (code[:, None] == levels).astype(float)


def _centred(code: np.ndarray, present: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Indicators of the present levels but the last, of mean 0 at the given mix of them."""
    if len(present) < 2:
        return np.zeros((len(code), 0))
    inside = np.isin(code, present)[:, None]
    weight = share[present] / share[present].sum()
    return np.where(inside, _indicators(code, present[:-1]) - weight[:-1], 0.0)


def _means_by(rows: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Mean of the columns over the records of the same code; shape of `rows`."""
    count = np.bincount(code)
    sums = np.stack([np.bincount(code, column) for column in rows.T], axis=1) if rows.size else rows
    return (sums / count[:, None])[code] if rows.size else rows


def _fitted(design: np.ndarray, values: np.ndarray) -> _Fit:
    gram = design.T @ design
    inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
    loads = design @ inverse
    terms = loads.T @ values
    leverage = np.clip(np.einsum("ij,ij->i", loads, design), 0, 0.99)
    rest = (values - design @ terms) / np.sqrt(1 - leverage)
    return _Fit(terms, loads, rest, inverse, gram)


def _root(n: int) -> float:
    return float(np.sqrt(n / (n - 1))) if n > 1 else 1.0
