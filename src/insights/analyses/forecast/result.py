"""Results of the forecast: the screening of the series, the back-test, the forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.choice import Choice
from insights.analyses.forecast.paths import Chance
from insights.analyses.forecast.rolling import NAIVE, PROSE, SHORT, Rolling
from insights.analyses.forecast.screening import Series
from insights.analyses.forecast.tables import OUTPUTS
from insights.errors import listed
from insights.messages import _, percent, plural
from insights.result import Check, Estimate, Result
from insights.stats.intervals import wilson

__all__ = ["Backtest", "Forecast", "Intermittent", "SeriesScreening", "number"]


def number(value: float) -> str:
    """Write a value of unknown scale with three digits and thousands separated."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.3g}"


def share(value: float) -> str:
    """Write the share .95 as '95 %'."""
    return percent(value).replace("%", " %")


def series_name(key: object) -> str:
    """Write the id of a series so that one of digits does not read as a number."""
    return f"series {key}" if str(key).isdigit() else str(key)


def plain_model(name: str) -> str:
    """Write a model's name as prose."""
    return PROSE.get(name, name)


@dataclass(frozen=True, kw_only=True)
class SeriesScreening(Result, kind="gate", figure="screening"):
    """Which series may be forecast; n counts series."""

    series: tuple[Series, ...]

    @property
    def usable(self) -> tuple[Series, ...]:
        """The series that are forecast."""
        return tuple(s for s in self.series if s.verdict in ("forecast", "not tested"))

    @property
    def rare(self) -> tuple[Series, ...]:
        """The intermittent series, of which only the mean ahead is forecast."""
        return tuple(s for s in self.series if s.verdict == "intermittent")

    def table(self) -> pd.DataFrame:
        """One row a series."""
        return pd.DataFrame([_screening_row(one) for one in self.series])

    def sentences(self) -> list[str]:
        """Say how many series can be forecast, and why others cannot."""
        counts = pd.Series([s.verdict for s in self.series]).value_counts()
        full, short = int(counts.get("forecast", 0)), int(counts.get("not tested", 0))
        calendars = listed(dict.fromkeys(s.frequency.text() for s in self.usable if s.frequency))
        parts = []
        left = [s.series_id for s in self.series if s.verdict == "not forecast"]
        if left:
            be = "is" if len(left) == 1 else "are"
            parts.append(
                f"{len(left)} of {self.n} series {be} left out, the smallest (max_series: "
                f"{len(self.usable) + len(self.rare)}): {listed(left, 3)}."
            )
        parts += [
            f"{len(self.usable)} of {self.n} series {'is' if self.n == 1 else 'are'} forecast"
            f" ({calendars}): {full} with a back-test, {short} too short for one."
        ]
        refused = [s for s in self.series if s.verdict == "refused"]
        if refused:
            why = listed([f"{s.series_id}: {s.notes[-1]}" for s in refused], 3)
            parts.append(f"{len(refused)} refused: {why}.")
        return parts


def _screening_row(s: Series) -> dict:
    dates = s.dates
    return {
        "series_id": s.series_id,
        "verdict": s.verdict,
        "frequency": s.frequency.text() if s.frequency else "",
        "start": dates[0] if len(dates) else pd.NaT,
        "end": dates[-1] if len(dates) else pd.NaT,
        "rows": s.rows,
        "n": len(s.values),
        "filled": s.filled,
        "dropped": s.dropped,
        "duplicates": s.duplicates,
        "season": s.season,
        "horizon": s.horizon,
        "logarithm": s.log,
        "bound_low": s.bounds.low if np.isfinite(s.bounds.low) else np.nan,
        "bound_high": s.bounds.high if np.isfinite(s.bounds.high) else np.nan,
        "bounds_from": s.bounds.reason,
        "outlier_at_end": s.outlier_at_end,
        "notes": "; ".join(s.notes),
    }


@dataclass(frozen=True, kw_only=True)
class Intermittent(Result, table="rows", figure="intermittent", needs_rows=True):
    """Mean ahead of the series with many zeros; n counts them.

    Attributes
    ----------
    rows
        One row a series: share of zeros, mean ahead with its interval, chance of any value above
        zero, mean of as many values before, and how many windows of the past the intervals held.
    """

    rows: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say what is expected of the largest, and how the intervals did."""
        if not self.n:
            return [_("No series is mostly zero, so none is forecast by its mean alone (n = 0).")]
        row = self.rows.iloc[0]
        return [
            plural(
                "{n} series has many zeros, so that only its mean is forecast.",
                "{n} series have many zeros, so that only their means are forecast.",
                self.n,
            ),
            _(
                "{series}: the mean of the next {horizon} {unit}s is expected at {mean} "
                "[{low}, {high}] ({level} interval, n = {n}, {zeros} of them zero); that of the "
                "{horizon} before was {before}.",
                series=series_name(row["series_id"]),
                horizon=row["horizon"],
                unit=row["unit"],
                mean=number(row["estimate"]),
                low=number(row["low"]),
                high=number(row["high"]),
                level=share(row["level"]),
                n=row["n"],
                zeros=share(row["zeros"]),
                before=number(row["before"]),
            ),
        ]

    def own_checks(self) -> tuple[Check, ...]:
        """Whether intervals made in the past held what came."""
        tested, held = int(self.rows["windows"].sum()), int(self.rows["held"].sum())
        if not tested:
            return ()
        level = float(self.rows["level"].iloc[0])
        name = _("intervals of means of many zeros cover {level}", level=share(level))
        detail = _("held {held} of {n} windows side by side", held=held, n=tested)
        return (Check(name, wilson(held, tested).high >= level, detail),)


@dataclass(frozen=True, kw_only=True)
class Backtest(Result, figure="gains"):
    """How every candidate did on values it had not seen; n counts forecast origins."""

    rolls: tuple[Rolling, ...]
    choices: dict[str, Choice]
    hits: dict[str, dict[str, np.ndarray]]
    coverage: dict[float, Estimate]
    level: float
    seed: int

    def table(self) -> pd.DataFrame:
        """One row a series, model and step ahead."""
        rows = [row for roll in self.rolls for row in self._rows(roll)]
        return pd.DataFrame(rows, columns=OUTPUTS["backtest"].names)

    def _rows(self, roll: Rolling):
        key = roll.series.series_id
        choice = self.choices[key]
        for model in roll.past:
            points, errors = roll.points(model), roll.scaled_errors(model)
            size = np.abs(points) + np.abs(roll.actual)
            smape = 2 * np.abs(points - roll.actual) / np.where(size == 0, 1.0, size)
            hit = self.hits[model][key]
            for h in range(roll.series.horizon):
                yield (
                    key,
                    model,
                    h + 1,
                    float(errors[:, h].mean()),
                    float(smape[:, h].mean()),
                    float(hit[1, :, h].mean()),
                    float(hit[2, :, h].mean()),
                    model == choice.model,
                    choice.beats[model],
                    len(roll.origins),
                )

    def summary(self) -> pd.DataFrame:
        """One row a series: the kept forecast, its error and the paired gain over naive."""
        rows = []
        for roll in self.rolls:
            key, choice = roll.series.series_id, self.choices[roll.series.series_id]
            tested = choice.model in roll.past
            base = float(roll.scaled_errors(choice.benchmark).mean()) if tested else np.nan
            gain = choice.gain
            hit = self.hits[choice.model][key] if tested else np.full((3, 1, 1), np.nan)
            rows.append(
                {
                    "series_id": key,
                    "chosen": choice.model,
                    "benchmark": choice.benchmark,
                    "mase": float(roll.scaled_errors(choice.model).mean()) if tested else np.nan,
                    "mase_benchmark": base,
                    "best_model": choice.rival or "",
                    "gain": gain.estimate if gain else np.nan,
                    "gain_low": gain.low if gain else np.nan,
                    "gain_high": gain.high if gain else np.nan,
                    "coverage_80": float(hit[1].mean()),
                    "coverage_95": float(hit[2].mean()),
                    "beats_naive": choice.headlined,
                    "origins": len(roll.origins),
                    "verdict": choice.reason,
                }
            )
        names = ["series_id", *OUTPUTS["summary"].names[6:]]
        return pd.DataFrame(rows, columns=names)

    def overview(self) -> pd.DataFrame:
        """One row a series for reading: what is kept, errors, coverage, and a short verdict."""
        frame = self.summary()
        tested = frame["origins"] > 0
        verdict = np.where(frame["beats_naive"], "beats naive", "not shown to beat naive")
        verdict = np.where(frame["gain"] >= 0, "does not beat naive", verdict)
        # the gain is that of the best model, which is not kept
        verdict = np.where(frame["chosen"].isin(NAIVE), "naive is kept", verdict)
        return pd.DataFrame(
            {
                "series": frame["series_id"],
                "forecast": frame["chosen"].map(lambda name: SHORT.get(name, name)),
                "verdict": np.where(tested, verdict, "not tested"),
                "MASE": frame["mase"],
                "naive MASE": frame["mase_benchmark"],
                "80 % held": frame["coverage_80"],
                "95 % held": frame["coverage_95"],
                "origins": frame["origins"],
            }
        )

    def sentences(self) -> list[str]:
        """Say what beats naive and what coverage the intervals reached."""
        tested = [r for r in self.rolls if len(r.origins)]
        if not tested:
            return [
                "No series is long enough for a back-test: whether any model beats the "
                f"naive forecast cannot be told (n = {len(self.rolls)} series)."
            ]
        won = [r for r in tested if self.choices[r.series.series_id].headlined]
        if len(tested) == 1:
            parts = [self._single(tested[0])]
        else:
            parts = [
                f"In {len(won)} of {len(tested)} series a model beats the naive forecast on values "
                f"it had not seen ({self.n} forecast origins)"
                f"{'' if len(won) == len(tested) else '; elsewhere what is kept is no finding'}."
            ]
        shares = [
            f"{level:.0%} intervals held {share.estimate:.0%} of outcomes "
            f"[{share.low:.0%}, {share.high:.0%}]".replace("%", " %")
            for level, share in self.coverage.items()
            if level > 0.5
        ]
        if shares:
            dates = next(iter(self.coverage.values())).n
            parts.append(f"The {' and the '.join(shares)} ({dates} dates).")
        return parts

    def _single(self, roll: Rolling) -> str:
        choice = self.choices[roll.series.series_id]
        naive = f"the {plain_model(choice.benchmark)} forecast"
        if choice.rival is None or choice.gain is None:
            return (
                f"No model could be fitted, so the {plain_model(choice.model)} forecast is kept "
                f"({self.n} forecast origins)."
            )
        won = choice.headlined
        then = (
            ""
            if won
            else "; it is kept as the forecast of least expected error, and is no finding"
            if choice.model == choice.rival
            else f", so the {plain_model(choice.model)} forecast is kept"
        )
        return (
            f"{plain_model(choice.rival)} {'beats' if won else 'is not shown to beat'} {naive} on "
            f"values it had not seen: its scaled error differs by "
            f"{choice.gain.text('{:+.2f}')} (90 %, {self.n} forecast origins; negative is better)"
            f"{then}."
        )


@dataclass(frozen=True, kw_only=True)
class Forecast(Result, table="rows", figure="forecasts", needs_rows=True):
    """What comes next, by the forecast kept for each series; n counts series.

    Attributes
    ----------
    rows, candidates
        The kept forecast, and that of every model: one row a series, date (and model).
    means, chances
        Series id to the mean over the horizon, and to the chance of exceeding the past.
    """

    backtest: Backtest
    rows: pd.DataFrame
    candidates: pd.DataFrame
    means: dict[str, Estimate]
    chances: dict[str, Chance]

    def summary(self) -> pd.DataFrame:
        """One row a series: finding, error, coverage and verdict."""
        keys = list(self.means)
        if not keys:
            return OUTPUTS["summary"].empty()
        own = pd.DataFrame(
            {
                "series_id": keys,
                "mean_ahead": [self.means[k].estimate for k in keys],
                "low": [self.means[k].low for k in keys],
                "high": [self.means[k].high for k in keys],
                "chance_above": [self.chances[k].probability for k in keys],
                "compared_with": [self.chances[k].compared for k in keys],
            }
        )
        return own.merge(self.backtest.summary(), on="series_id", how="left")

    def overview(self) -> pd.DataFrame:
        """One row a series for reading: the mean ahead, its interval and the chance."""
        keys = self.leading()
        means = [self.means[key] for key in keys]
        shown = [self.backtest.choices[key].headlined for key in keys]
        return pd.DataFrame(
            {
                "series": keys,
                "mean ahead": [number(one.estimate) for one in means],
                "low": [number(one.low) for one in means],
                "high": [number(one.high) for one in means],
                # a direction is a claim: only where the forecast was shown to beat naive
                "chance above": [
                    self.chances[k].probability if is_shown else np.nan
                    for k, is_shown in zip(keys, shown, strict=True)
                ],
                "compared with": [
                    self.chances[k].compared if is_shown else ""
                    for k, is_shown in zip(keys, shown, strict=True)
                ],
                "beats naive": shown,
            }
        )

    def leading(self) -> list[str]:
        """Series ids, headlined ones (a model that beats naive) first, then by level."""
        choices = self.backtest.choices
        ordered = sorted(
            self.backtest.rolls,
            key=lambda r: (
                not choices[r.series.series_id].headlined,
                r.series.outlier_at_end,
                -r.series.level,
                r.series.series_id,
            ),
        )
        return [roll.series.series_id for roll in ordered]

    def sentence(self, key: str) -> str:
        """Say what is expected of one series, with interval, n and chance."""
        roll = next(r for r in self.backtest.rolls if r.series.series_id == key)
        choice, mean, series = self.backtest.choices[key], self.means[key], roll.series
        unit = series.frequency.unit if series.frequency else "period"
        span = f"the next {series.horizon} {unit}s" if series.horizon > 1 else f"the next {unit}"
        head = (
            f"{series_name(key)}: the mean of {span} is expected at {number(mean.estimate)} "
            f"[{number(mean.low)}, {number(mean.high)}] ({mean.level:.0%} interval, "
            f"{plain_model(choice.model)}, n = {len(series.values)} {unit}s)"
        ).replace("%", " %")
        if choice.model in ("naive", "seasonal_naive"):
            return f"{head}; a naive forecast takes no view on the direction."
        if not choice.headlined:
            return f"{head}; it is not shown to beat naive, so no chance of a rise is given."
        return f"{head}; {self.chances[key].text()}."

    def sentences(self) -> list[str]:
        """Headline a forecast that beats naive; else say plainly that none does."""
        if not self.n:
            return [_("No series is forecast date by date (n = 0 series).")]
        choices = self.backtest.choices
        keys = self.leading()
        won = [k for k in keys if choices[k].headlined]
        if not won:
            series = "the one series" if self.n == 1 else f"{self.n} series"
            start = (
                f"No model is shown to beat the naive forecast in {series}, so what is "
                "given with its interval is no insight"
                if any(len(r.origins) for r in self.backtest.rolls)
                else f"{series[0].upper()}{series[1:]} {'is' if self.n == 1 else 'are'} too short "
                "to test any model, so what is given is untested"
            )
            return [
                f"{start}.",
                self.sentence(keys[0]),
            ]
        if self.n == 1:
            return [self.sentence(won[0])]
        return [
            f"{len(won)} of {self.n} series {'has' if len(won) == 1 else 'have'} a forecast that "
            "beats naive.",
            self.sentence(won[0]),
        ]
