"""Market series made of known parts: level, trend, season, a regressor's effect, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.synthetic.truth import SeriesTruth

__all__ = ["market_series"]


@dataclass(frozen=True, kw_only=True)
class _SeriesPlan:
    series_id: str
    dates: pd.DatetimeIndex
    season: np.ndarray
    level: float
    trend: float
    effect: float
    noise_sd: float
    noise_ar: float


def market_series(rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, SeriesTruth]]:
    """Two series in one long frame: weekly trial sign-ups and monthly demand for offices."""
    weeks = pd.date_range("2020-01-06", "2025-12-29", freq="W-MON")
    months = pd.date_range("2018-01-01", "2025-12-01", freq="MS")
    week = weeks.day_of_year.to_numpy() / 365.25
    weekly = 60 * np.sin(2 * np.pi * (week - 0.1)) + 35 * np.cos(4 * np.pi * week)
    monthly = np.array([120, 60, 150, 90, 20, -60, -190, -230, 140, 160, 40, -300.0])
    plans = (
        _SeriesPlan(
            series_id="trial_signups_weekly",
            dates=weeks,
            season=weekly - weekly.mean(),
            level=640.0,
            trend=1.1,
            effect=3.2,
            noise_sd=22.0,
            noise_ar=0.4,
        ),
        _SeriesPlan(
            series_id="office_demand_monthly",
            dates=months,
            season=monthly[months.month - 1],
            level=2900.0,
            trend=13.0,
            effect=1.8,
            noise_sd=45.0,
            noise_ar=0.3,
        ),
    )
    parts = [_one(rng, plan) for plan in plans]
    frame = pd.concat([part for part, _ in parts], ignore_index=True)
    return frame, {truth.series_id: truth for _, truth in parts}


def _one(rng: np.random.Generator, plan: _SeriesPlan) -> tuple[pd.DataFrame, SeriesTruth]:
    n = len(plan.dates)
    spend = np.round(np.clip(rng.gamma(2.0, 8.0, n) * (rng.random(n) < 0.4), 0, 60), 1)
    shocks = rng.normal(0, plan.noise_sd * np.sqrt(1 - plan.noise_ar**2), n)
    noise = np.empty(n)
    state = rng.normal(0, plan.noise_sd)
    for step in range(n):
        state = plan.noise_ar * state + shocks[step]
        noise[step] = state
    line = plan.level + plan.trend * np.arange(n)
    components = pd.DataFrame(
        {
            "date": plan.dates,
            "level_trend": line,
            "season": plan.season,
            "regressor": spend,
            "effect": plan.effect * spend,
            "noise": noise,
        }
    )
    value = np.round(line + plan.season + plan.effect * spend + noise, 2)
    frame = pd.DataFrame(
        {
            "series_id": plan.series_id,
            "date": plan.dates,
            "value": value,
            "campaign_spend": spend,
        }
    )
    truth = SeriesTruth(
        series_id=plan.series_id,
        season_length=12 if plan.dates.freqstr == "MS" else 52,
        level=plan.level,
        trend=plan.trend,
        effect=plan.effect,
        noise_sd=plan.noise_sd,
        noise_ar=plan.noise_ar,
        components=components,
    )
    return frame, truth
