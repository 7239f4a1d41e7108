"""Estimates of one family pulled together by as much as they are noise, with what is then known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import signal, special

__all__ = ["Shrunken", "shrink"]

_DEGREES = 3.0  # of freedom of the prior: heavy tails, so that a clear estimate stays where it is
_SPREADS = 12  # values of the prior's spread that are averaged over
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
        Possible true values, equally spaced, shape (g,).
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
    prior. True values are m + t x Student's t with 3 degrees of freedom; m is Normal(0, scale²)
    and t half-normal with standard deviation .6 scale. Both are integrated out on a grid, so that
    what few estimates leave open about them widens the posterior. The tails are heavy: a lone
    clear estimate is hardly pulled (a normal prior would take it for noise).

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
    likelihood = np.exp(-0.5 * ((x[:, None] - grid) / s[:, None]) ** 2) / s[:, None]
    spreads = 0.6 * special.ndtri(0.5 + (np.arange(_SPREADS) + 0.5) / _SPREADS / 2)
    edges = (np.arange(1 - cells, cells + 1) - 0.5) * step
    priors = [np.diff(special.stdtr(_DEGREES, edges / spread))[None, :] for spread in spreads]
    # of estimate j where the common mean is in cell g, by spread: shape (spreads, k, g)
    marginal = np.log([np.maximum(_spread_out(likelihood, prior), _FLOOR) for prior in priors])
    joint = marginal.sum(axis=1) - 0.5 * grid**2
    joint -= joint.max()
    chance = np.zeros_like(likelihood)
    for prior, own, all_of_it in zip(priors, marginal, joint, strict=True):
        others = np.exp(np.minimum(all_of_it - own, 100.0))  # what the rest say of the mean
        chance += _spread_out(others, prior)
    chance = np.maximum(chance, 0.0) * likelihood
    chance /= chance.sum(axis=1, keepdims=True)
    mean = chance @ grid
    sd = np.sqrt(np.maximum(chance @ grid**2 - mean**2, 0.0))
    weight = np.exp(joint).sum(axis=1)
    between = float(spreads @ weight / weight.sum()) * (_DEGREES / (_DEGREES - 2)) ** 0.5
    return Shrunken(mean * scale, sd * scale, grid * scale, chance, between * scale)


def _grid(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Cells a third of the smallest standard error wide, or as many as are allowed."""
    reach = 4.5 * np.minimum(s, 1.0)
    low, high = min(float((x - reach).min()), -0.5), max(float((x + reach).max()), 0.5)
    return np.linspace(low, high, int(np.clip((high - low) / (s.min() / 3), *_CELLS)))


def _spread_out(rows: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Convolve each row with the prior, cell by cell."""
    cells = rows.shape[1]
    return signal.fftconvolve(rows, prior, axes=1)[:, cells - 1 : 2 * cells - 1]
