"""Amounts that are mostly zero: their mean ahead, from the series' own values drawn again."""

from __future__ import annotations

import numpy as np
from scipy import stats

from insights.messages import _, number, percent

__all__ = ["demand", "described", "mean_ahead", "unfit", "windows"]

ZERO_SHARE = 0.3  # from here a series is intermittent
LUMPY = 0.49  # CV² of sizes from which intermittent demand is lumpy (Syntetos and Boylan 2005)
LEAST = 8  # values above zero below which nothing is said of their rate
UNLIKELY = 0.01  # chance of the zeros at the end below which a series may have stopped
HALF_LIVES = (np.inf, 1 / 4, 1 / 12)  # of a value's weight, as parts of the series
WINDOWS = 4  # side by side, below which no way to forecast is left out
DRAWS = 2000


def demand(values: np.ndarray) -> str:
    """'intermittent' or 'lumpy' for amounts of which 30 % or more are zero, else ''.

    Syntetos and Boylan (2005), doi 10.1016/j.ijforecast.2004.10.001: lumpy where the squared
    coefficient of variation of the sizes is .49 or more.
    """
    if values.min() < 0 or (values == 0).mean() < ZERO_SHARE:
        return ""
    sizes = values[values > 0]
    return "lumpy" if (sizes.std() / sizes.mean()) ** 2 >= LUMPY else "intermittent"


def described(values: np.ndarray, unit: str) -> str:
    """Write 'lumpy: 70% of the values are zero (one above zero in 3.3 days, CV² of … .81)'."""
    sizes = values[values > 0]
    return _(
        "{kind}: {zeros} of the values are zero (one above zero in {every} {unit}s, CV² of their "
        "sizes {varied})",
        kind=demand(values),
        zeros=percent(float((values == 0).mean())),
        every=number(len(values) / len(sizes), 1),
        unit=unit,
        varied=number(float(np.square(sizes.std() / sizes.mean())), 2),
    )


def unfit(values: np.ndarray) -> str:
    """Say why nothing is said of the rate of a series of many zeros; '' where it is fit."""
    last = int(np.flatnonzero(values)[-1])
    run = len(values) - 1 - last
    if run and float((values[: last + 1] == 0).mean()) ** run < UNLIKELY:
        return _("the last {run} are, more than chance has: it may have stopped", run=run)
    above = int((values > 0).sum())
    if above < LEAST:
        return _(
            "{above} above zero are too few to tell a rate from, at least {least} are needed: add "
            "the values up to a longer period",
            above=above,
            least=LEAST,
        )
    return ""


def mean_ahead(
    values: np.ndarray, horizon: int, rng: np.random.Generator, draws: int = DRAWS
) -> np.ndarray:
    """Draw the mean of the next values; shape (draws,), never below zero.

    The draws are shared by means that take all values alike and that let their weight halve over
    a quarter and a twelfth of the series: whether the rate has moved is seldom clear, and the
    interval has to hold either. One is left out where it is shown to do worse than another.
    A mean whose weights fade is the forecast of Teunter, Syntetos and Babai (2011), doi
    10.1016/j.ejor.2011.05.018, with one rate for occurrence and size.

    Parameters
    ----------
    values
        The series; shape (n,).
    horizon
        Periods ahead.
    rng
        Source of the draws.
    draws
        How many, about.
    """
    parts = _possible(values, horizon)
    each = -(-draws // len(parts))
    weights = [_weights(len(values), part) for part in parts]
    return np.concatenate([_drawn(values, horizon, one, rng, each) for one in weights])


def windows(n: int, horizon: int) -> np.ndarray:
    """Origins of forecast windows side by side in the last two thirds of n values, last first."""
    return np.arange(n - horizon, n // 3, -horizon)


def _weights(n: int, part: float) -> np.ndarray:
    """Weights of n values that halve over a part of them, the last one 1."""
    return 0.5 ** (np.arange(n)[::-1] / (part * n))


def _possible(values: np.ndarray, horizon: int) -> list[float]:
    """Half-lives whose mean is not shown to forecast the next horizon worse than another's.

    Squared errors over windows side by side, in the last two thirds; Student's t of their paired
    differences at 5 %, one-sided.
    """
    n, origins = len(values), windows(len(values), horizon)
    if len(origins) < WINDOWS:
        return list(HALF_LIVES)
    after = np.array([values[o : o + horizon].mean() for o in origins])
    errors = {
        part: np.array([np.average(values[:o], weights=_weights(n, part)[-o:]) for o in origins])
        for part in HALF_LIVES
    }
    errors = {part: (found - after) ** 2 for part, found in errors.items()}
    best = min(errors.values(), key=lambda found: found.mean())
    limit = stats.t.ppf(0.95, len(origins) - 1)
    return [
        part
        for part, found in errors.items()
        if (found - best).mean() <= limit * stats.sem(found - best)
    ]


def _drawn(
    values: np.ndarray, horizon: int, weights: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Bayesian bootstrap of blocks (Rubin 1981, doi 10.1214/aos/1176345338).

    Each draw first takes shares of the blocks of the past, which holds what is not known of the
    rate, then the blocks that make up a horizon; their length keeps together what hangs together.
    """
    n = len(values)
    length = min(max(round(n ** (1 / 3)), round(2 * _memory(values))), horizon, n // 4)
    blocks = np.lib.stride_tricks.sliding_window_view(values, length)
    weight = weights[length - 1 :]  # of a block: that of its last value
    worth = max(weight.sum() ** 2 / (weight @ weight) / length, 1.0)
    shares = rng.standard_gamma(weight / weight.sum() * worth, (draws, len(weight)))
    reach = np.cumsum(shares, axis=1)
    count = -(-horizon // length)
    drawn = rng.uniform(size=(draws, count)) * reach[:, -1:]
    picked = np.stack([np.searchsorted(r, u) for r, u in zip(reach, drawn, strict=True)])
    ahead = blocks[np.minimum(picked, len(weight) - 1)].reshape(draws, count * length)
    return ahead[:, :horizon].mean(axis=1)


def _memory(values: np.ndarray) -> float:
    """Integrated autocorrelation time in periods: 1 where neighbours have nothing in common."""
    rest = values - values.mean()
    lags = np.array([rest[k:] @ rest[:-k] for k in range(1, len(rest) // 4)]) / (rest @ rest)
    clear = lags > 1.64 / np.sqrt(len(rest))
    first = int(np.argmin(clear)) if not clear.all() else len(clear)
    return 1 + 2 * float(lags[:first].sum())
