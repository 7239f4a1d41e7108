"""How much each input matters to an output: one at a time, together, and in money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import interpolate, optimize, stats

from insights.stats.distributions import Distribution, Point

__all__ = ["Indices", "break_even", "elasticity", "evpi", "evppi", "one_at_a_time", "sobol"]

Model = Callable[[Mapping[str, np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Indices:
    """Shares of the output's variance: an input alone, and with all it interacts in."""

    first_order: dict[str, float]
    total: dict[str, float]
    n: int


def sobol(
    model: Model, inputs: Mapping[str, Distribution], rng: np.random.Generator, *, power: int = 12
) -> Indices:
    """Sobol indices of a scalar model whose inputs are independent.

    Parameters
    ----------
    model
        Values by input name, arrays of one shape (of known inputs: (1,)), to outputs of that
        shape.
    inputs
        Known inputs (`Point`) have index 0 exactly and take no part in the sample.
    power
        The base sample holds 2**power rows; (number of inputs + 2) times as many evaluations.

    Notes
    -----
    First order S_i = Var(E[Y | X_i]) / Var(Y); total T_i = E[Var(Y | X_-i)] / Var(Y).
    Saltelli et al. (2010), doi 10.1016/j.cpc.2009.09.018, through `scipy.stats`. Not-a-number
    when the output does not vary.
    """
    moving = {key: dist for key, dist in inputs.items() if not isinstance(dist, Point)}
    fixed = {key: dist.mean for key, dist in inputs.items() if key not in moving}
    first = dict.fromkeys(inputs, 0.0)
    total = dict.fromkeys(inputs, 0.0)
    if not moving:
        nothing = dict.fromkeys(inputs, float("nan"))
        return Indices(nothing, dict(nothing), 0)

    def evaluate(x: np.ndarray) -> np.ndarray:
        values = {key: np.array([value]) for key, value in fixed.items()}
        values |= dict(zip(moving, x, strict=True))
        return np.atleast_2d(model(values) + np.zeros(x.shape[1:]))

    if len(moving) == 1:  # all of the variance is its own
        alone = dict.fromkeys(moving, 1.0)
        return Indices(first | alone, total | alone, 2**power)
    found = stats.sobol_indices(
        func=evaluate, n=2**power, dists=[_Inside(d) for d in moving.values()], rng=rng
    )
    if not np.any(found.total_order > 0):
        nothing = dict.fromkeys(inputs, float("nan"))
        return Indices(nothing, dict(nothing), 2**power)
    first |= dict(zip(moving, map(float, np.ravel(found.first_order)), strict=True))
    total |= dict(zip(moving, map(float, np.ravel(found.total_order)), strict=True))
    return Indices(first, total, 2**power)


@dataclass(frozen=True)
class _Inside:
    """A distribution whose quantile 0 and 1 (a scrambled Sobol point may be 0) stay finite."""

    base: Distribution

    def ppf(self, q: np.ndarray) -> np.ndarray:
        return self.base.ppf(np.clip(q, 1e-9, 1 - 1e-9))


def one_at_a_time(
    model: Model, base: Mapping[str, float], changed: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """Outputs with one input moved to each of two values, all others at `base`.

    The tornado: it misses interactions, which the total Sobol index holds.
    """
    return {key: (_at(model, base, key, a), _at(model, base, key, b)) for key, (a, b) in
            changed.items()}  # fmt: skip


def elasticity(model: Model, base: Mapping[str, float], key: str, step: float = 1e-5) -> float:
    """Per cent change of the output for one per cent of an input: dlnY / dlnX at `base`.

    By central differences; the relative error is of the order step². Not-a-number at output 0.
    """
    centre = _at(model, base, key, base[key])
    if centre == 0:
        return float("nan")
    up = _at(model, base, key, base[key] * (1 + step))
    down = _at(model, base, key, base[key] * (1 - step))
    return (up - down) / (2 * step * centre)


def break_even(
    model: Model,
    base: Mapping[str, float],
    key: str,
    *,
    between: tuple[float, float],
    steps: int = 400,
) -> float:
    """Value of one input, the nearest to its base within `between`, at which the output is 0.

    Not-a-number when no value in that range does it. All other inputs stay at `base`.
    """
    grid = np.linspace(*between, steps + 1)
    values = {name: np.full(grid.shape, value) for name, value in base.items()} | {key: grid}
    y = np.asarray(model(values), float)
    roots = list(grid[y == 0])
    for i in np.flatnonzero(y[:-1] * y[1:] < 0):
        roots.append(
            optimize.brentq(lambda x: _at(model, base, key, x), grid[i], grid[i + 1], xtol=1e-14)
        )
    return float(min(roots, key=lambda x: abs(x - base[key]))) if roots else float("nan")


def evpi(net: np.ndarray) -> float:
    """Expected value of perfect information for a go / no-go choice: E[max(X, 0)] - max(E[X], 0).

    For Normal(m, s): s phi(m / s) - |m| Phi(-|m| / s). Raiffa and Schlaifer (1961).
    """
    x = np.asarray(net, float)
    return float(max(np.maximum(x, 0).mean() - max(x.mean(), 0.0), 0.0))


def evppi(
    model: Model, inputs: Mapping[str, Distribution], rng: np.random.Generator, *, power: int = 12
) -> dict[str, float]:
    """Value of learning one input alone: E[max(E[X | input], 0)] - max(E[X], 0), by input.

    With independent inputs E[X | input = v] is the mean of the model at v over the others. It is
    taken at nine values of the input, over 2**power Sobol points of the others, the same ones at
    each value; a cubic spline runs between, exact where the model is linear in the input, and is
    averaged over the input's quantiles. No regression on draws of X: its noise and its lack of
    fit (a cubic in normal scores: 11 % for a share) do not enter.

    Parameters
    ----------
    model
        As for `sobol`; smooth in each input.
    """
    moving = {key: dist for key, dist in inputs.items() if not isinstance(dist, Point)}
    worth = dict.fromkeys(inputs, 0.0)
    if not moving:
        return worth
    values = {key: np.array([dist.mean]) for key, dist in inputs.items() if key not in moving}
    points = stats.qmc.Sobol(len(moving), rng=rng).random_base2(power).T
    for (key, dist), u in zip(moving.items(), points, strict=True):
        sample = _Inside(dist).ppf(u)
        values[key] = sample + (dist.mean - sample.mean())  # their means are known exactly
    ranks = (np.arange(_RANKS) + 0.5) / _RANKS
    for key, dist in moving.items():
        at = dist.ppf(ranks)
        low, high = float(at[0]), float(at[-1])
        if not high > low:
            continue
        nodes = low + (high - low) * (1 - np.cos(np.pi * np.arange(9) / 8)) / 2
        means = [float(np.mean(model(values | {key: np.array([node])}))) for node in nodes]
        worth[key] = evpi(interpolate.CubicSpline(nodes, means)(at))
    return worth


_RANKS = 8192  # quantiles over which an input's conditional mean is averaged


def _at(model: Model, base: Mapping[str, float], key: str, value: float) -> float:
    values = {name: np.array([number], float) for name, number in base.items()}
    return float(np.asarray(model(values | {key: np.array([value], float)}))[0])
