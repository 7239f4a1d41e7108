"""Means at a fixed mix, and changes split into true change and change of mix.

Somebody who wrote ten times counts as one source of chance, not ten (`stats.clusters`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insights.settings import DEFAULT_LEVEL
from insights.stats.clusters import Mean, cluster_interval

__all__ = ["Mix", "Split", "level_effects", "mix_of", "split_change", "standardised_mean"]

_LEAST = 5  # records of a level, in a window, below which it has no change of its own
_PER_TERM = 5  # records for each term of a model
_STAYED = 0.5  # of the records, in levels of both windows: below it a dimension names the time
_STRAGGLER = 0.05  # of its share in one window that a level of few records must hold in the other
_AS_OFTEN = 0.2  # of its share in one window that a missing value must hold in the other
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
    """One dimension of two windows: code of each record's level, and how the levels moved.

    A record without a level (-1) counts as the mean of the others of its window.
    """

    code: np.ndarray
    late: np.ndarray
    share: np.ndarray  # (2, levels)
    thick: np.ndarray  # levels with records enough in both windows

    @property
    def listed(self) -> np.ndarray:
        """All levels but the most usual one."""
        return np.delete(np.arange(self.share.shape[1]), int(self.share.sum(axis=0).argmax()))

    def rows(self, columns: np.ndarray) -> np.ndarray:
        """Give each record the row of its level; columns of shape (levels, terms)."""
        usual = (self.share @ columns)[self.late.astype(int)]
        known = (self.code >= 0)[:, None]
        return np.where(known, columns[np.maximum(self.code, 0)], usual)

    @property
    def moved(self) -> float:
        return float(np.abs(self.share[1] - self.share[0]).sum()) / 2

    @property
    def stayed(self) -> float:
        there = self.thick | (self.share.min(axis=0) >= _STRAGGLER * self.share.max(axis=0))
        return float(self.share.mean(axis=0)[there].sum())


@dataclass(frozen=True)
class _Model:
    """A design for least squares, ready for any values."""

    made: np.ndarray
    loads: np.ndarray  # (n, terms): weight of each record in each term
    leverage: np.ndarray
    inverse: np.ndarray
    gram: np.ndarray

    def fit(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the terms, and the residuals, each widened by its leverage (HC2)."""
        terms = self.loads.T @ values
        return terms, (values - self.made @ terms) / np.sqrt(1 - self.leverage)

    def identifies(self, contrast: np.ndarray) -> bool:
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
    model = _model(np.hstack(columns)[inside])
    first = np.zeros(len(model.gram))
    first[0] = 1.0
    if not model.identifies(first):
        return unknown
    terms, rest = model.fit((values - expected)[inside])
    load = model.loads[:, 0]
    mean = float(sum(s @ u for s, u in zip(shares, usual, strict=True))) + float(terms[0])
    low, high, _ = cluster_interval(
        mean, load * rest, load, rest, clusters[inside], level, len(load) - len(terms)
    )
    return Mean(mean, low, high, n)


def split_change(
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    level: float = DEFAULT_LEVEL,
    dispersion: float = 1.0,
    freedom: float = np.inf,
    mix: Mix | None = None,
) -> Split:
    """Split second less first; each is (values, strata, clusters) with shared codes.

    Strata are codes of one dimension, shape (n,), or of several, shape (n, dimensions), the first
    of which is always held fixed. The others follow in the order in which their shares moved, as
    far as there are five records for each term; one half of whose records lie in levels that are
    not there in both windows is a name of the time (a version, a month) and is not held fixed. A
    level with fewer than five records in a window is taken to have moved as the others did, and
    levels with fewer than five in all are taken together. A code of -1 is a missing value: a level
    of its own where it is about as frequent in both windows, else (a question that was not asked
    all the time) taken to be as the others of its window.

    Parameters
    ----------
    dispersion
        Factor of every variance: how much more the values move between the periods of a window
        than between their records (1: no more).
    freedom
        Most degrees of freedom of Student's t.
    mix
        What `mix_of` makes of the strata, where several values are split by the same ones.
    """
    n1, n2 = len(first[0]), len(second[0])
    values = np.concatenate([first[0], second[0]])
    clusters = np.concatenate([first[2], second[2]])
    made = mix_of(first[1], second[1]) if mix is None else mix
    late, dims, model = made.late, made.dims, made.model
    terms, rest = model.fit(values)
    sign = np.where(late > 0, 1 / n2, -1 / n1)
    means = np.array([first[0].mean(), second[0].mean()])
    raw = float(means[1] - means[0])
    about = values - means[late.astype(int)]
    spare = n1 + n2 - len(terms)
    free = min(freedom, n1 + n2 - 2)
    of_raw = sign * about * np.where(late > 0, _root(n2), _root(n1))
    raw_low, raw_high, _ = cluster_interval(
        raw, of_raw, sign, about, clusters, level, free, late, dispersion
    )
    none = (np.nan,) * 3
    if not made.chosen and dims:  # the first dimension shares no level between the windows
        return Split(
            raw, raw_low, raw_high, *none, *none, np.nan, np.nan, n1, n2,
            (np.nan,) * len(dims), (False,) * len(dims),
        )  # fmt: skip
    true = float(terms[1])
    moved = raw - true
    blocks = _filled(made, terms)
    # what the records of a window say of its shares, at the change of each cell about the mean one
    gap = sum((dims[d].rows(b.change[:, None])[:, 0] for d, b in blocks.items()), 0 * values)
    gap = gap - np.array([gap[late == w].mean() for w in (0, 1)])[late.astype(int)]
    of_true = model.loads[:, 1] * rest + 0.5 * np.abs(sign) * gap
    of_mix = of_raw - of_true
    true_low, true_high, p = cluster_interval(
        true, of_true, model.loads[:, 1], rest, clusters, level, min(freedom, spare), late,
        dispersion,
    )  # fmt: skip
    mix_low, mix_high, _ = cluster_interval(
        moved, of_mix, sign, about, clusters, level, min(freedom, spare), late, dispersion
    )
    parts, apart = _parts(made, blocks)
    return Split(
        raw=raw,
        raw_low=raw_low,
        raw_high=raw_high,
        true=true,
        true_low=true_low,
        true_high=true_high,
        mix=moved,
        mix_low=mix_low,
        mix_high=mix_high,
        interaction=apart,
        p=p,
        n_first=n1,
        n_second=n2,
        parts=parts,
        fixed=made.fixed,
    )


@dataclass(frozen=True)
class Mix:
    """The dimensions of two windows and the model that holds them fixed; see `split_change`."""

    late: np.ndarray
    dims: list[_Levels]
    chosen: list[int]
    own: list[int]
    model: _Model

    @property
    def fixed(self) -> tuple[bool, ...]:
        """Which dimensions are held fixed: those chosen that have more than one level."""
        return tuple(d in self.chosen and dim.share.shape[1] > 1 for d, dim in enumerate(self.dims))


def mix_of(first: np.ndarray, second: np.ndarray) -> Mix:
    """Choose what can be held fixed between two windows of strata, (n,) or (n, dimensions)."""
    codes = np.concatenate([np.reshape(part, (len(part), -1)) for part in (first, second)])
    late = np.repeat([0.0, 1.0], [len(first), len(second)])
    dims = [_levels(codes[:, d], late) for d in range(codes.shape[1])]
    chosen, own = _chosen(dims, len(codes))
    while True:
        model = _model(_design(dims, chosen, own, late))
        contrast = np.zeros(len(model.gram))
        contrast[1] = 1.0
        if model.identifies(contrast) or not chosen:
            return Mix(late, dims, chosen, own, model)
        if own:
            own = own[:-1]
        else:  # what moved most goes first: the likeliest name of the time
            chosen = [chosen[0], *chosen[2:]] if len(chosen) > 1 else []


@dataclass(frozen=True)
class _Block:
    """One dimension as fitted: its terms, and the effect and the change of each level."""

    along: np.ndarray  # the terms, each times how far its level's share moved
    effect: np.ndarray
    change: np.ndarray


def _filled(mix: Mix, terms: np.ndarray) -> dict[int, _Block]:
    """Put the fitted terms into the dimensions, level by level."""
    blocks, start = {}, 2
    for d in mix.chosen:
        dim = mix.dims[d]
        listed = dim.listed
        place = start + np.arange(len(listed))
        effect, along = np.zeros(dim.share.shape[1]), np.zeros(len(terms))
        effect[listed] = terms[place]
        along[place] = (dim.share[1] - dim.share[0])[listed]
        blocks[d] = _Block(along, effect, np.zeros(len(effect)))
        start += len(listed)
    for d in mix.own:
        present = np.flatnonzero(mix.dims[d].thick)
        gained = np.append(terms[start : start + len(present) - 1], 0.0)
        weight = mix.dims[d].share.mean(axis=0)[present]
        blocks[d].change[present] = gained - gained @ weight / weight.sum()
        start += len(present) - 1
    return blocks


def _parts(mix: Mix, blocks: dict[int, _Block]) -> tuple[tuple[float, ...], float]:
    """What each dimension's shares add to the mix, and the interaction of all."""
    parts, apart = np.zeros(len(mix.dims)), 0.0
    for d, block in blocks.items():
        step = mix.dims[d].share[1] - mix.dims[d].share[0]
        settled = len(blocks) == 1 or mix.model.identifies(block.along)
        parts[d] = step @ (block.effect + block.change / 2) if settled else np.nan
        apart += float(step @ block.change)
    return tuple(parts.tolist()), apart


def _levels(code: np.ndarray, late: np.ndarray) -> _Levels:
    """Code the levels anew; those with fewer than five records in all become one."""
    missing = code < 0
    gone = [float(missing[late == w].mean()) for w in (0, 1)]
    if missing.any() and min(gone) < _AS_OFTEN * max(gone):
        if missing[late == 0].all() or missing[late == 1].all():
            return _Levels(np.zeros(len(code), int), late, np.ones((2, 1)), np.ones(1, bool))
        inner = _levels(code[~missing], late[~missing])
        again = np.full(len(code), -1)
        again[~missing] = inner.code
        return _Levels(again, late, inner.share, inner.thick)
    names, again, count = np.unique(code, return_inverse=True, return_counts=True)
    rare = count < _LEAST
    if rare.sum() > 1:
        merged = np.where(rare, len(names), np.arange(len(names)))
        again = np.unique(merged[again], return_inverse=True)[1]
    size = int(again.max()) + 1
    count = np.array([np.bincount(again[late == w], minlength=size) for w in (0, 1)])
    return _Levels(
        again, late, count / count.sum(axis=1, keepdims=True), count.min(axis=0) >= _LEAST
    )


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


def _design(dims: list[_Levels], chosen: list[int], own: list[int], late: np.ndarray) -> np.ndarray:
    """Intercept, the change, the levels' effects and the levels' changes about the mean one."""
    columns = [np.ones((len(late), 1)), late[:, None]]
    every = {d: np.arange(dims[d].share.shape[1]) for d in chosen}
    columns += [dims[d].rows(_indicators(every[d], dims[d].listed)) for d in chosen]
    for d in own:
        share = dims[d].share.mean(axis=0)
        block = _centred(every[d], np.flatnonzero(dims[d].thick), share)
        columns.append(late[:, None] * dims[d].rows(block))
    return np.hstack(columns)


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


def _model(design: np.ndarray) -> _Model:
    gram = design.T @ design
    inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
    loads = design @ inverse
    leverage = np.clip(np.einsum("ij,ij->i", loads, design), 0, 0.99)
    return _Model(design, loads, leverage, inverse, gram)


def _root(n: int) -> float:
    return float(np.sqrt(n / (n - 1))) if n > 1 else 1.0
