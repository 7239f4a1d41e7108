"""Estimates of one family pulled together by as much as they are noise, with what is then known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["Shrunken", "shrink"]

_DEGREES = 3.0  # of freedom of the prior: heavy tails, so that a clear estimate stays where it is
_SPREADS = 12  # values of the prior's spread that are averaged over
_NULLS = np.array([0.0, 0.3, 0.6, 0.8, 0.95])  # shares of true values that are 0, equally likely
_CELLS = (256, 1500)  # of the grid of true values
_FLOOR = 1e-13  # of likelihoods, which come from a Fourier transform


@dataclass(frozen=True)
class Shrunken:
    """What is known of each true value.

    Attributes
    ----------
    mean, sd
        Of the posterior, shape (k,).
    grid
        Possible true values, shape (g,), ascending: equally spaced, and 0 three times, of which
        the one in the middle stands for no more than 0 itself.
    chance
        Probability of the cell around each of them, shape (k, g); rows sum to 1.
    between
        Standard deviation of the true values, posterior mean: how unlike they are.
    """

    mean: np.ndarray
    sd: np.ndarray
    grid: np.ndarray
    chance: np.ndarray
    between: float


def shrink(estimate: ArrayLike, se: ArrayLike, *, scale: float = 1.0) -> Shrunken:
    """Posterior of true values, given normal estimates with known standard errors.

    The largest of several noisy estimates is too large on average (the optimiser's curse: Smith
    and Winkler 2006, doi 10.1287/mnsc.1050.0451); these means are not, over worlds like the
    prior. A two-group prior (Efron 2008, doi 10.1214/07-STS236; Stephens 2017, doi
    10.1093/biostatistics/kxw041): a share w of the true values is 0, the others are m + t x
    Student's t with 3 degrees of freedom. w is 0, .3, .6, .8 or .95, m Normal(0, scale²), t
    half-normal with standard deviation .6 scale. All three are integrated out by the marginal
    likelihood on a grid, so that what few estimates leave open about them widens the posterior. A
    lone clear estimate among nothing is hardly pulled, and the largest of nothing is pulled to 0.

    Parameters
    ----------
    estimate, se
        Shape (k,), k at least 1; standard errors above 0.
    scale
        Size of what true values may be: 1 for log odds ratios.
    """
    x, s = np.asarray(estimate, float) / scale, np.asarray(se, float) / scale
    if x.size == 0 or np.any(~(s > 0)) or not np.all(np.isfinite(x) & np.isfinite(s)):
        raise ValueError(
            "estimates must be finite, at least one, and standard errors finite and above 0"
        )
    grid = _grid(x, s)
    step, cells = grid[1] - grid[0], grid.size
    likelihood = np.diff(special.ndtr((_edges(grid) - x[:, None]) / s[:, None]), axis=1) / step
    at_zero = np.exp(-0.5 * (x / s) ** 2) / s / np.sqrt(2 * np.pi)
    spreads = 0.6 * special.ndtri(0.5 + (np.arange(_SPREADS) + 0.5) / _SPREADS / 2)
    distances = (np.arange(1 - cells, cells + 1) - 0.5) * step
    priors = [np.diff(special.stdtr(_DEGREES, distances / spread))[None, :] for spread in spreads]
    null = _NULLS[:, None, None]
    # of estimate j where the common mean is in cell g, by share of nulls; shape (nulls, k, g)
    marginals = [
        np.log(
            null * at_zero[:, None] + (1 - null) * np.maximum(_spread_out(likelihood, p), _FLOOR)
        )
        for p in priors
    ]
    joint = np.array([each.sum(axis=1) for each in marginals]) - 0.5 * grid**2
    joint -= joint.max()
    chance, zero = np.zeros_like(likelihood), np.zeros(x.size)
    for prior, own, all_of_it in zip(priors, marginals, joint, strict=True):
        others = np.exp(np.minimum(all_of_it[:, None] - own, 100.0))  # what the rest say
        zero += (null * others).sum(axis=(0, 2))
        chance += _spread_out(((1 - null) * others).sum(axis=0), prior)
    chance = np.maximum(chance, 0.0) * likelihood
    chance, values = _with_zero(chance, grid, zero * at_zero)
    chance /= chance.sum(axis=1, keepdims=True)
    mean = chance @ values
    sd = np.sqrt(np.maximum(chance @ values**2 - mean**2, 0.0))
    weight = np.exp(joint)
    variance = (1 - _NULLS[:, None]) * (
        _DEGREES / (_DEGREES - 2) * spreads[:, None, None] ** 2 + _NULLS[:, None] * grid**2
    )
    between = float((weight * np.sqrt(variance)).sum() / weight.sum())
    return Shrunken(mean * scale, sd * scale, values * scale, chance, between * scale)


def _grid(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Cells a third of the smallest standard error wide, or as many as are allowed."""
    reach = 4.5 * np.minimum(s, 1.0)
    low, high = min(float((x - reach).min()), -0.5), max(float((x + reach).max()), 0.5)
    return np.linspace(low, high, int(np.clip((high - low) / (s.min() / 3), *_CELLS)))


def _edges(grid: np.ndarray) -> np.ndarray:
    half = (grid[1] - grid[0]) / 2
    return np.append(grid - half, grid[-1] + half)


def _with_zero(
    chance: np.ndarray, grid: np.ndarray, zero: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add the probability of 0 itself, between two values of 0 that nothing is spread beyond."""
    at = [int(np.searchsorted(grid, 0.0))] * 3
    chance = np.insert(chance, at, 0.0, axis=1)
    chance[:, at[0] + 1] = zero
    return chance, np.insert(grid, at, 0.0)


def _spread_out(rows: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Convolve each row with the prior, cell by cell."""
    cells = rows.shape[1]
    from scipy.signal import fftconvolve  # slow to load

    return fftconvolve(rows, prior, axes=1)[:, cells - 1 : 2 * cells - 1]
