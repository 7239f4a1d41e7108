"""Level, trend and season at once: a Gaussian structural model that shrinks what it cannot see.

The value is a constant, a slope, a level that wanders, seasons and noise, each with a variance
(Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter; as a Gaussian
process: Rasmussen and Williams 2006, chapters 2 and 5). A season of weeks or days in a year has
more places than a few years can fill, so that its variance decides how much of it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from insights.analyses.forecast.predictive import student_widening

__all__ = ["LONG", "Structural", "profile_of", "shared_profile", "structural"]

LONG = 24.0  # periods in a season from which it is called long
MEMORY = 10.0  # seasons over which a season keeps 1/e of itself, and at least 200 periods
HARMONICS = 6  # of a long season, with variances that fall with the square of the frequency
MOST_FITTED = 500  # last values from which variances are estimated
ITERATIONS, AGAIN = 20, 6  # of the optimiser, at first and from earlier variances
CONSTANT = 100.0  # variance of the level's start, in that of the working scale
PLACES = 160  # at most, at which a shift is looked for
RAMPS = (1, 4, 9)  # periods that a shift may take
MOST_SHIFTS = 3
USUAL, USUAL_SLOPE, PULL = -3.0, 3.0, 4.0  # log variances to which all are weakly pulled
SHARING = 3  # other series from which their season is used
ALPHA = 0.01  # share of series without a shift in which one is found


def seasonal_kernels(
    times: np.ndarray, period: float, profile: np.ndarray | None = None
) -> list[np.ndarray]:
    """Covariances of a season at these times: of its places, if long of a smooth wave, and shared.

    Parameters
    ----------
    times
        Number of each period; shape (n,).
    period
        Periods in a season.
    profile
        Season of other series at each place, or None.
    """
    gap = times - times[0]
    places, decay = times % round(period), np.exp(-gap / max(MEMORY * period, 200.0))
    kernels = [linalg.toeplitz(decay * (gap % round(period) == 0))]
    if period > LONG:
        waves = np.arange(1, HARMONICS + 1)
        weights = waves**-2.0 / (waves**-2.0).sum()
        turns = np.cos(2 * np.pi / period * np.multiply.outer(waves, gap))
        kernels.append(linalg.toeplitz(decay * (weights @ turns)))
    if profile is not None:
        shared = profile[places.astype(int)]
        kernels.append(np.outer(shared, shared))
    return kernels


def profile_of(values: np.ndarray, start: int, season: int) -> np.ndarray | None:
    """Season of one series by place, as a share of its level if positive; None where too short.

    Deviations from a centred mean over a season, at least a quarter of a season of them; a place
    without any is not-a-number.
    """
    n, window = len(values), season + 1 - season % 2
    if n < window + season // 4:
        return None
    level = np.convolve(values, np.full(window, 1.0 / window), mode="valid")
    rest = values[window // 2 :][: len(level)] - level
    rest = rest / (level if values.min() > 0 else (float(rest.std()) or 1.0))
    places = (start + window // 2 + np.arange(len(rest))) % season
    counts = np.bincount(places, minlength=season)
    with np.errstate(invalid="ignore"):
        return np.bincount(places, rest, minlength=season) / counts


def shared_profile(profiles: list[np.ndarray]) -> np.ndarray | None:
    """Median season of several series, standardised; None below three."""
    if len(profiles) < SHARING:
        return None
    table = np.array(profiles)
    there = np.isfinite(table).any(axis=0)
    middle = np.zeros(table.shape[1])
    middle[there] = np.nanmedian(table[:, there], axis=0)
    middle = np.where(there, middle - middle[there].mean(), 0.0)
    spread = float(middle.std())
    return middle / spread if spread > 0 else None


@dataclass(frozen=True)
class Structural:
    """Fitted variances, and the factor of the covariance of values and horizon.

    Attributes
    ----------
    variances
        Of slope, level and each season, over that of the noise.
    factor
        Lower Cholesky factor of the covariance of values and horizon, noise 1; its leading parts
        are those of the values before each origin.
    z, white
        Values on the working scale, and what each adds to those before it.
    seasons
        Covariances of the long seasons, weighted and summed, or None.
    scanned
        Whether shifts of the level are looked for.
    """

    variances: np.ndarray
    factor: np.ndarray
    z: np.ndarray
    white: np.ndarray
    seasons: np.ndarray | None
    shifts: np.ndarray
    whitened: np.ndarray

    def forecast(
        self, origins: np.ndarray, horizon: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Means, standard deviations and psi at every origin, by the values before it."""
        mean = np.empty((len(origins), horizon))
        sd = np.empty_like(mean)
        for row, origin in enumerate(origins):
            ahead = slice(origin, origin + horizon)
            mean[row] = self.factor[ahead, :origin] @ self.white[:origin]
            inner = self.factor[ahead, ahead]
            variance = (np.tril(inner) ** 2).sum(axis=1)
            chosen, size, covariance, left = self.found(origin)
            if len(chosen):
                gain = self.shifts[ahead][:, chosen]
                gain = gain - self.factor[ahead, :origin] @ self.whitened[:origin, chosen]
                mean[row] += gain @ size
                variance = variance + np.einsum("hi,ij,hj->h", gain, covariance, gain)
            free = np.array(max(origin - len(self.variances) - 2 * len(chosen) - 1, 2))
            scale = np.sqrt(np.mean(left**2) * origin / free) * student_widening(free)
            sd[row] = scale * np.sqrt(variance)
        first = self.factor[origins[0] : origins[0] + horizon, origins[0]]
        return mean, sd, first / first[0]

    def found(self, origin: int) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
        """Shifts of the level before an origin: columns, sizes, covariance, and what is left.

        The largest first, as long as its t value passes Bonferroni's limit (Chen and Liu 1993).
        """
        white, columns = self.white[:origin], self.whitened[:origin]
        chosen: list[int] = []
        left, size, covariance = white, np.empty(0), np.empty((0, 0))
        sums = (columns**2).sum(axis=0)
        limit = stats.norm.isf(ALPHA / 2 / max(columns.shape[1], 1))
        usable = (self.shifts[origin - 1] >= 1) & (self.shifts[origin - 4] > 0) & (sums > 1e-8)
        while usable.any() and len(chosen) < MOST_SHIFTS:
            spread = 1.4826 * float(np.median(np.abs(left)))
            t = np.where(usable, np.abs(columns.T @ left) / np.sqrt(np.maximum(sums, 1e-8)), 0.0)
            best = int(np.argmax(t))
            if t[best] <= limit * spread:
                break
            chosen.append(best)
            within = columns[:, chosen]
            covariance = np.linalg.pinv(within.T @ within)
            size = covariance @ within.T @ white
            left = white - within @ size
            usable[best] = False
        return chosen, size, covariance, left

    def season(self, origin: int) -> np.ndarray:
        """Long season of all values and the horizon, by the values before an origin."""
        total = len(self.factor)
        if self.seasons is None:
            return np.zeros(total)
        left = self.found(origin)[3]
        inner = self.factor[:origin, :origin]
        weights = linalg.solve_triangular(inner, left, lower=True, trans="T")
        return self.seasons[:, :origin] @ weights


def structural(
    z: np.ndarray,
    known: int,
    horizon: int,
    *,
    start: int = 0,
    periods: tuple[float, ...] = (),
    profile: np.ndarray | None = None,
    near: np.ndarray | None = None,
) -> Structural | None:
    """Fit the variances to the first `known` values by likelihood; None where it fails.

    Shifts of the level are taken out and the variances fitted again, so that one large step is
    not taken for a level that wanders.

    Parameters
    ----------
    z
        Values on the working scale; shape (n,).
    start
        Number of the first period, which places it in the season.
    profile
        Season of other series at the places of the last period.
    near
        Variances to start from.
    """
    times = np.arange(len(z) + horizon, dtype=float)
    kernels, long = _kernels(times, start, periods, profile, len(z))
    if not len(z) >= known > 0:
        return None
    fitted = near
    values = z
    found = None
    for _ in range(2):
        fitted = _variances(values[:known], kernels, fitted)
        if fitted is None:
            return None
        found = _factored(z, kernels, long, fitted)
        if found is None:
            return None
        chosen, size, _, _ = found.found(known)
        if not len(chosen):
            break
        values = z - found.shifts[: len(z), chosen] @ size
    return found


def _kernels(
    times: np.ndarray, start: int, periods: tuple[float, ...], profile, n: int
) -> tuple[np.ndarray, list[int]]:
    """Covariances of slope, level and seasons, and which of them are long seasons."""
    slope = np.outer(times, times) / n**2
    walk = np.minimum.outer(times, times)
    kernels, long = [slope, walk], list[int]()
    for period in periods:
        shared = profile if period == max(periods) else None
        own = seasonal_kernels(times + start, period, shared)
        if period > LONG:
            long += range(len(kernels), len(kernels) + len(own))
        kernels += own
    return np.array(kernels), long


def _variances(z: np.ndarray, kernels: np.ndarray, near: np.ndarray | None) -> np.ndarray | None:
    """Variances over that of the noise which make the values likeliest, the noise profiled out."""
    n = len(z)
    part = slice(max(0, n - MOST_FITTED), n)
    values, parts = z[part], kernels[:, part, part]
    m = len(values)
    base = np.eye(m)

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        ratios = np.exp(logs)
        total = np.tensordot(ratios, parts, axes=1) + base + CONSTANT * (1 + ratios.sum())
        try:
            factor = linalg.cholesky(total, lower=True, check_finite=False)
        except linalg.LinAlgError:
            return 1e10, np.zeros(len(logs))
        inverse = linalg.lapack.dpotri(factor, lower=1)[0]
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        alpha = inverse @ values
        square = float(values @ alpha)
        value = 0.5 * m * np.log(square / m) + np.log(np.diag(factor)).sum()
        slopes = np.empty(len(logs))
        constant = CONSTANT * (inverse.sum() - m * alpha.sum() ** 2 / square)
        for i, ratio in enumerate(ratios):
            fit = m * float(alpha @ parts[i] @ alpha) / square
            slopes[i] = 0.5 * ratio * (float((inverse * parts[i]).sum()) - fit + constant)
        # a weak prior keeps variances of what is not there from running to their bound
        pull = (logs - usual) / PULL
        return value + 0.5 * float(pull @ pull), slopes + pull / PULL

    usual = np.full(len(parts), USUAL)
    usual[0] = USUAL_SLOPE
    again = near is not None and len(near) == len(parts)
    first = np.log(near) if near is not None and again else usual
    found = optimize.minimize(
        cost, first, jac=True, method="L-BFGS-B", bounds=[(-12.0, 8.0)] * len(parts),
        options={"maxiter": AGAIN if again else ITERATIONS},
    )  # fmt: skip
    return np.exp(found.x) if np.isfinite(found.fun) and found.fun < 1e9 else None


def _factored(
    z: np.ndarray, kernels: np.ndarray, long: list[int], ratios: np.ndarray
) -> Structural | None:
    n, total = len(z), kernels.shape[1]
    covariance = np.tensordot(ratios, kernels, axes=1) + np.eye(total)
    covariance += CONSTANT * (1 + ratios.sum())
    try:
        factor = linalg.cholesky(covariance, lower=True)
    except linalg.LinAlgError:
        return None
    shifts = _shift_columns(n, total)
    inner = factor[:n, :n]
    white = linalg.solve_triangular(inner, z, lower=True)
    whitened = linalg.solve_triangular(inner, shifts[:n], lower=True)
    seasons = np.tensordot(ratios[long], kernels[long], axes=1) if long else None
    return Structural(ratios, factor, z, white, seasons, shifts, whitened)


def _shift_columns(n: int, total: int) -> np.ndarray:
    """Levels that rise by one at a place, at once or over some periods; shape (total, columns)."""
    step = -(-n // PLACES)
    places = np.arange(4, n - 3, step)
    times = np.arange(total)[:, None]
    return np.concatenate(
        [np.clip((times - places + 1) / ramp, 0.0, 1.0) for ramp in RAMPS], axis=1
    )
