"""Results of the forecast: the back-test and the forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.choice import Choice
from insights.analyses.forecast.claims import forecast_claims
from insights.analyses.forecast.naming import (
    model_name,
    number,
    series_name,
    share,
    short_name,
    units,
)
from insights.analyses.forecast.paths import Chance
from insights.analyses.forecast.rolling import NAIVE, Rolling
from insights.analyses.forecast.tables import OUTPUTS
from insights.claim import Claim
from insights.messages import _, plural
from insights.result import Estimate, Result

__all__ = ["Backtest", "Forecast"]


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
        verdict = np.where(frame["beats_naive"], _("beats naive"), _("not shown to beat naive"))
        verdict = np.where(frame["gain"] >= 0, _("does not beat naive"), verdict)
        # the gain is that of the best model, which is not kept
        verdict = np.where(frame["chosen"].isin(NAIVE), _("naive is kept"), verdict)
        return pd.DataFrame(
            {
                _("series"): frame["series_id"],
                _("forecast"): frame["chosen"].map(short_name),
                _("verdict"): np.where(tested, verdict, _("not tested")),
                _("MASE"): frame["mase"],
                _("naive MASE"): frame["mase_benchmark"],
                _("80 % held"): frame["coverage_80"],
                _("95 % held"): frame["coverage_95"],
                _("origins"): frame["origins"],
            }
        )

    def sentences(self) -> list[str]:
        """Say what beats naive and what coverage the intervals reached."""
        tested = [r for r in self.rolls if len(r.origins)]
        if not tested:
            return [
                _(
                    "No series is long enough for a back-test: whether any model beats the naive "
                    "forecast cannot be told (n = {n} series).",
                    n=len(self.rolls),
                )
            ]
        won = [r for r in tested if self.choices[r.series.series_id].headlined]
        if len(tested) == 1:
            parts = [self._single(tested[0])]
        else:
            fields = {"won": len(won), "tested": len(tested), "n": self.n}
            parts = [
                _(
                    "In {won} of {tested} series a model beats the naive forecast on values it had "
                    "not seen ({n} forecast origins).",
                    **fields,
                )
                if len(won) == len(tested)
                else _(
                    "In {won} of {tested} series a model beats the naive forecast on values it had "
                    "not seen ({n} forecast origins); elsewhere what is kept is no finding.",
                    **fields,
                )
            ]
        return [*parts, *self._coverage()]

    def _coverage(self) -> list[str]:
        """Sentence on what the intervals held in the back-test."""
        inner, outer = self.coverage.get(0.8), self.coverage.get(0.95)
        if inner is None or outer is None:
            return []
        return [
            _(
                "The 80 % intervals held {inner} of outcomes [{inner_low}, {inner_high}] and the "
                "95 % intervals held {outer} of outcomes [{outer_low}, {outer_high}] ({n} dates).",
                inner=share(inner.estimate),
                inner_low=share(inner.low),
                inner_high=share(inner.high),
                outer=share(outer.estimate),
                outer_low=share(outer.low),
                outer_high=share(outer.high),
                n=inner.n,
            )
        ]

    def _single(self, roll: Rolling) -> str:
        choice = self.choices[roll.series.series_id]
        kept = model_name(choice.model)
        if choice.rival is None or choice.gain is None:
            return _(
                "No model could be fitted, so the {kept} forecast is kept ({n} forecast origins).",
                kept=kept,
                n=self.n,
            )
        fields = {
            "model": model_name(choice.rival),
            "naive": model_name(choice.benchmark),
            "gain": choice.gain.text("{:+.2f}"),
            "n": self.n,
            "kept": kept,
        }
        if choice.headlined:
            return _(
                "{model} beats the {naive} forecast on values it had not seen: its scaled error "
                "differs by {gain} (90 %, {n} forecast origins; negative is better).",
                **fields,
            )
        if choice.model == choice.rival:
            return _(
                "{model} is not shown to beat the {naive} forecast on values it had not seen: its "
                "scaled error differs by {gain} (90 %, {n} forecast origins; negative is better); "
                "it is kept as the forecast of least expected error, and is no finding.",
                **fields,
            )
        return _(
            "{model} is not shown to beat the {naive} forecast on values it had not seen: its "
            "scaled error differs by {gain} (90 %, {n} forecast origins; negative is better), so "
            "the {kept} forecast is kept.",
            **fields,
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
                _("series"): keys,
                _("mean ahead"): [number(one.estimate) for one in means],
                _("low"): [number(one.low) for one in means],
                _("high"): [number(one.high) for one in means],
                # a direction is a claim: only where the forecast was shown to beat naive
                _("chance above"): [
                    self.chances[k].probability if is_shown else np.nan
                    for k, is_shown in zip(keys, shown, strict=True)
                ],
                _("compared with"): [
                    self.chances[k].compared if is_shown else ""
                    for k, is_shown in zip(keys, shown, strict=True)
                ],
                _("beats naive"): shown,
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
        span = (
            _("the next {n} {units}", n=series.horizon, units=units(unit))
            if series.horizon > 1
            else _("the next {unit}", unit=unit)
        )
        head = _(
            "{series}: the mean of {span} is expected at {mean} [{low}, {high}] ({level} interval, "
            "{model}, n = {n} {units})",
            series=series_name(key),
            span=span,
            mean=number(mean.estimate),
            low=number(mean.low),
            high=number(mean.high),
            level=share(mean.level),
            model=model_name(choice.model),
            n=len(series.values),
            units=units(unit),
        )
        if choice.model in ("naive", "seasonal_naive"):
            return _("{head}; a naive forecast takes no view on the direction.", head=head)
        if not choice.headlined:
            return _(
                "{head}; it is not shown to beat naive, so no chance of a rise is given.", head=head
            )
        return f"{head}; {self.chances[key].text()}."

    def claims(self) -> list[Claim]:
        """Say what is expected of each series, where that can be told."""
        return forecast_claims(self)

    def touching(self, claim: Claim) -> list[str]:
        """Return the failed checks that touch the claim, those of the back-test too."""
        return [*super().touching(claim), *self.backtest.touching(claim)]

    def sentences(self) -> list[str]:
        """Headline a forecast that beats naive; else say plainly that none does."""
        if not self.n:
            return [_("No series is forecast date by date (n = 0 series).")]
        choices = self.backtest.choices
        keys = self.leading()
        won = [k for k in keys if choices[k].headlined]
        if not won:
            return [self._nothing_shown(), self.sentence(keys[0])]
        if self.n == 1:
            return [self.sentence(won[0])]
        return [
            plural(
                "{n} of {all} series has a forecast that beats naive.",
                "{n} of {all} series have a forecast that beats naive.",
                len(won),
                all=self.n,
            ),
            self.sentence(won[0]),
        ]

    def _nothing_shown(self) -> str:
        if any(len(r.origins) for r in self.backtest.rolls):
            if self.n == 1:
                return _(
                    "No model is shown to beat the naive forecast in the one series, so what is "
                    "given with its interval is no insight."
                )
            return _(
                "No model is shown to beat the naive forecast in {n} series, so what is given with "
                "its interval is no insight.",
                n=self.n,
            )
        if self.n == 1:
            return _("The one series is too short to test any model, so what is given is untested.")
        return _(
            "{n} series are too short to test any model, so what is given is untested.", n=self.n
        )
