"""Feedback as series of its own, and market series that may move ahead of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import signal, stats
from statsmodels.tsa.ar_model import AutoReg, ar_select_order

from insights.analyses.forecast.arima import level_stationary
from insights.analyses.forecast.naming import series_name, units
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.predictive import differences
from insights.analyses.forecast.screening_result import SeriesScreening
from insights.analyses.forecast.series import PREFIX, Series
from insights.analyses.forecast.tables import OUTPUTS
from insights.messages import _, interval
from insights.result import Check, Result
from insights.settings import Period
from insights.stats.calendar import Calendar
from insights.stats.multiplicity import q_values

__all__ = ["Leads", "feedback_series", "leads", "with_feedback"]

LEAST = 30  # overlapping periods below which no lead is tested
MOST_LAGS = 12


@dataclass(frozen=True, kw_only=True)
class Leads(Result, table="rows", figure="leads"):
    """Whether market series move before the volume of feedback; n counts pairs tested.

    Attributes
    ----------
    rows
        One row a pair and lag: correlation after prewhitening, interval, p and q.
    fdr
        Share of false findings accepted among those reported.
    """

    rows: pd.DataFrame
    fdr: float

    @property
    def found(self) -> pd.DataFrame:
        """The rows that stand after correction for all lags and pairs."""
        return self.rows[self.rows["q"] < self.fdr]

    def sentences(self) -> list[str]:
        """Name the clearest lead, or say that none stands."""
        if not self.n:
            return [_("No market series and feedback overlap long enough to test a lead (n = 0).")]
        tests = _(
            "{n} series, {lags} lags tested, q < {fdr}",
            n=self.n,
            lags=len(self.rows),
            fdr=f"{self.fdr:g}",
        )
        if not len(self.found):
            return [
                _(
                    "No market series is shown to move ahead of the feedback volume ({tests}).",
                    tests=tests,
                )
            ]
        row = self.found.loc[self.found["correlation"].abs().idxmax()]
        return [
            _(
                "{n} market series move ahead of the feedback volume ({tests}).",
                n=self.found["series_id"].nunique(),
                tests=tests,
            ),
            _(
                "{series} is {lag} {units} ahead: correlation {correlation} {interval} after "
                "prewhitening (n = {n}).",
                series=series_name(row["series_id"]),
                lag=row["lag"],
                units=units(row["unit"]),
                correlation=f"{row['correlation']:+.2f}",
                interval=interval(row["low"], row["high"], "+.2f"),
                n=row["n"],
            ),
            _("To move ahead is not to cause."),
        ]


def feedback_series(
    feedback: pd.DataFrame,
    sentiment: pd.DataFrame | None,
    *,
    params: Params,
    calendar: Calendar,
) -> pd.DataFrame:
    """Volume, NPS and mean sentiment a period, as rows of the market table.

    Days up to four months of records, weeks up to four years, then months. The first and the last
    period are left out, as records may begin and end inside them; a period without records has
    volume 0 and no score. A score needs `min_cell` records in its period.

    Parameters
    ----------
    feedback, sentiment
        Canonical tables; without the second there is no sentiment series.
    """
    columns = ["series_id", "date", "value"]
    dated = feedback[feedback["created_at"].notna()]
    if not len(dated):
        return pd.DataFrame(columns=columns)
    days = (dated["created_at"].max() - dated["created_at"].min()).days
    period: Period = "day" if days <= 120 else "week" if days <= 1500 else "month"
    starts = calendar.period_start(dated["created_at"], period)
    frame = pd.DataFrame(
        {"date": starts.to_numpy(), "feedback_id": dated["feedback_id"].to_numpy()}
    )
    if "nps" in dated:
        score = pd.to_numeric(dated["nps"], errors="coerce").to_numpy(float, na_value=np.nan)
        frame["NPS"] = np.where(np.isnan(score), np.nan, (score >= 9) * 1.0 - (score <= 6))
    if sentiment is not None and len(sentiment):
        frame = frame.merge(sentiment[["feedback_id", "score"]], on="feedback_id", how="left")
        frame = frame.rename(columns={"score": "sentiment"})
    alias = calendar.frequency(period)
    grid = pd.period_range(starts.min(), starts.max(), freq=alias).start_time[1:-1]
    grouped = frame.groupby("date")
    parts = [grouped.size().reindex(grid, fill_value=0).rename("volume")]
    for name in ("NPS", "sentiment"):
        if name in frame and frame[name].notna().any():
            counted = grouped[name].agg(["mean", "count"]).reindex(grid)
            parts.append(counted["mean"].where(counted["count"] >= params.min_cell).rename(name))
    rows = [
        pd.DataFrame({"series_id": PREFIX + str(p.name), "date": grid, "value": p.to_numpy(float)})
        for p in parts
        if p.notna().any()
    ]
    return (
        pd.concat(rows, ignore_index=True)[columns] if len(grid) else pd.DataFrame(columns=columns)
    )


def with_feedback(
    market: pd.DataFrame,
    feedback: pd.DataFrame | None,
    sentiment: pd.DataFrame | None,
    *,
    params: Params,
    calendar: Calendar,
) -> pd.DataFrame:
    """Return the market table with the series of the feedback below it, when asked for."""
    if not params.feedback or feedback is None or not len(feedback):
        return market
    own = feedback_series(feedback, sentiment, params=params, calendar=calendar)
    return pd.concat([market, own], ignore_index=True) if len(own) else market


def leads(
    screening: SeriesScreening, feedback: pd.DataFrame | None, params: Params, *, calendar: Calendar
) -> Leads:
    """Test every market series for moving ahead of the feedback volume, one to twelve periods.

    The market series is made white by differences and an autoregression, the volume passes
    through the same filter, and their cross-correlations have standard error 1/√n when neither
    knows of the other, whatever correlation the volume has with its own past (Box, Jenkins and
    Reinsel, Time Series Analysis, section 12.1). False findings are controlled over all lags and
    pairs (Benjamini and Hochberg).

    Parameters
    ----------
    calendar
        The zone in which a record's day is read; the market's dates have none.
    """
    names = OUTPUTS["leads"].names[:-1]
    times = pd.Series(dtype="datetime64[ns]")
    if feedback is not None and len(feedback):
        times = calendar.local(feedback["created_at"].dropna())
    rows: list[tuple] = []
    tested = 0
    for one in screening.usable:
        if one.series_id.startswith(PREFIX) or not len(times):
            continue
        found = _pair(one, times, params.level)
        tested += bool(found)
        rows += found
    frame = pd.DataFrame(rows, columns=names)
    frame["q"] = q_values(frame["p"].to_numpy(float)) if len(frame) else []
    note = Check(
        _("lead of market series"),
        None,
        _("{n} series with {least} periods in common", n=tested, least=LEAST),
    )
    return Leads(n=tested, rows=frame, fdr=params.fdr, checks=(note,))


def _pair(one: Series, times: pd.Series, level: float) -> list[tuple]:
    """Cross-correlations of one market series with the volume at its own calendar."""
    if one.frequency is None:
        return []
    at = one.frequency.covering(pd.DatetimeIndex(times))
    first, last = (
        max(int(at.min()) + 1, int(one.ordinals[0])),
        min(int(at.max()), int(one.ordinals[-1]) + 1),
    )
    n = last - first
    if n < LEAST:
        return []
    volume = np.bincount(at[(at >= first) & (at < last)] - first, minlength=n).astype(float)
    market = one.values[first - int(one.ordinals[0]) :][:n]
    white, other = prewhitened(market, volume, one.season)
    if white is None or other is None or len(white) < LEAST - 5:
        return []
    m, unit = len(white), one.frequency.unit
    z = stats.norm.ppf(0.5 + level / 2)
    rows = []
    for lag in range(1, min(MOST_LAGS, m // 5) + 1):
        r = float(white[:-lag] @ other[lag:] / np.sqrt((white @ white) * (other @ other)))
        error = np.sqrt(m - lag) / m
        middle, width = np.arctanh(np.clip(r, -0.999, 0.999)), z / np.sqrt(m)
        p = float(2 * stats.norm.sf(abs(r) / error))
        bounds = np.tanh(middle - width), np.tanh(middle + width)
        rows.append((one.series_id, lag, unit, r, *(float(b) for b in bounds), p, m))
    return rows


def prewhitened(
    market: np.ndarray, volume: np.ndarray, season: int
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Both series through the filter that makes the first one white; None when it is constant.

    One seasonal difference where three seasons are there, one difference unless KPSS finds a
    level, then an autoregression with the order of least AIC.
    """
    delta = np.ones(1)
    if 1 < season <= len(market) // 3:
        delta = differences(0, 1, season)
    rest = np.convolve(market, delta)[len(delta) - 1 : len(market)]
    if not level_stationary(rest):
        delta = np.convolve(delta, [1.0, -1.0])
    x, y = (np.convolve(v, delta)[len(delta) - 1 : len(market)] for v in (market, volume))
    if x.std() < 1e-12 * (np.abs(market).max() or 1.0) or y.std() == 0:
        return None, None
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    ar = _autoregression(x, min(10, len(x) // 8))
    skip = len(ar) - 1
    white, other = (signal.lfilter(ar, [1.0], v)[skip:] for v in (x, y))
    return white - white.mean(), other - other.mean()


def _autoregression(x: np.ndarray, most: int) -> np.ndarray:
    """Coefficients of 1 - a1 B - …, by least squares, the order of least AIC."""
    lags = ar_select_order(x, most, ic="aic", trend="n").ar_lags
    if not lags:
        return np.ones(1)
    return np.concatenate([[1.0], -AutoReg(x, lags, trend="n", hold_back=most).fit().params])
