"""What stands beside the forecast: residuals, parts, changes, events, leads, scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights.analyses.forecast.result import number
from insights.errors import listed
from insights.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Change", "Decomposition", "Diagnostics", "Leads", "Scenarios", "Unusual"]


def counted(count: int, word: str) -> str:
    """Write '1 outlier' or '2 outliers'."""
    return f"{count} {word}{'' if count == 1 else 's'}"


@dataclass(frozen=True, kw_only=True)
class Diagnostics(Result):
    """What the ARIMA models left unexplained; n counts models.

    Attributes
    ----------
    coefficients, tests
        One row a series and coefficient; one row a series and test.
    correlations
        Series id to autocorrelations of the residuals from lag 1, and their 95 % bound.
    """

    coefficients: pd.DataFrame
    tests: pd.DataFrame
    correlations: dict[str, tuple[np.ndarray, float]]

    def table(self) -> pd.DataFrame:
        """One row a series and coefficient, on the standardised scale."""
        return self.coefficients

    def text(self) -> str:
        """Say which assumptions the residuals contradict."""
        if not self.n:
            return "No ARIMA was fitted, so there are no residuals to examine (n = 0)."
        lost = self.tests[self.tests["p"] < 0.01].groupby("test")["series_id"].nunique()
        found = listed([f"{name} in {count}" for name, count in lost.items()]) or "none"
        return (
            f"Residuals of {self.n} ARIMA models were tested at 1 %; assumptions contradicted: "
            f"{found}. {self.doubts()}"
        ).strip()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the residual autocorrelations of the first model."""
        from insights.analyses.forecast.plots import correlogram

        return correlogram(self, ax)


@dataclass(frozen=True, kw_only=True)
class Decomposition(Result):
    """Trend, season and remainder of seasonal series; n counts series.

    Attributes
    ----------
    parts
        One row a series and date; `provisional` marks the last season.
    strengths
        One row a series: strength of trend and season, and how far the trend's end moved when
        a season of data was added.
    """

    parts: pd.DataFrame
    strengths: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a series: strengths and revision."""
        return self.strengths

    def text(self) -> str:
        """Say how seasonal the first series is, and how provisional its end."""
        if not self.n:
            return "No series has two full seasons, so none is decomposed (n = 0)."
        first = self.strengths.iloc[0]
        moved = (
            f": a season earlier its end has since moved by {number(first['revision'])}"
            if np.isfinite(first["revision"])
            else ", and too few seasons are there to say by how much it will move"
        )
        return (
            f"{first['series_id']}: season explains {first['season_strength']:.0%} and trend "
            f"{first['trend_strength']:.0%} of what varies beside it (n = {first['n']}; "
            f"{self.n} series decomposed). The trend over the last season is provisional{moved}."
        ).replace("%", " %")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw value and trend with the provisional end shaded."""
        from insights.analyses.forecast.plots import decomposition

        return decomposition(self, ax)


@dataclass(frozen=True, kw_only=True)
class Unusual(Result):
    """Outliers, level shifts and trend changes; n counts series that were looked at.

    Attributes
    ----------
    rows
        One row an event: kind, size in the unit of the series (of a trend change: a period) with
        its 95 % interval at that date, as a share of what it would have been, t value, the periods
        that a level shift takes from its date on, the 95 % interval of the date of what lasts, and
        the mean ahead with and without the outliers of the series.
    """

    rows: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row an event."""
        return self.rows

    def text(self) -> str:
        """Say what was found, what the largest shift is, and what outliers do to the forecast."""
        if not self.n:
            return "No ARIMA was fitted, so nothing could be told from its shocks (n = 0)."
        counts = self.rows["kind"].value_counts()
        words = ("outlier", "level shift", "trend change")
        numbers = [counted(int(counts.get(word, 0)), word) for word in words]
        where = f"in {self.n} series" if self.n > 1 else "in the one series"
        parts = [f"{numbers[0]}, {numbers[1]} and {numbers[2]} stand out {where}."]
        for kind, noun in (("level shift", "shift"), ("trend change", "change of trend")):
            lasting = self.rows[self.rows["kind"] == kind]
            if len(lasting):
                row = lasting.loc[lasting["t"].abs().idxmax()]
                size = f"{number(row['size'])} [{number(row['size_low'])}, "
                size += f"{number(row['size_high'])}]"
                size += " a period" if kind == "trend change" else ""
                if np.isfinite(row["relative"]):
                    size += f" ({row['relative']:+.0%})".replace("%", " %")
                over = f"over {row['periods']} periods from" if row["periods"] > 1 else "on"
                parts.append(
                    f"The clearest {noun} is of {size} in {row['series_id']}, {over} "
                    f"{row['date']:%Y-%m-%d} [{row['date_low']:%Y-%m-%d}, "
                    f"{row['date_high']:%Y-%m-%d}] (95 % bootstrap interval, n = {row['n']})."
                )
        return " ".join([*parts, self.doubts()]).strip()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the series with most events, marked."""
        from insights.analyses.forecast.plots import unusual

        return unusual(self, ax)


@dataclass(frozen=True, kw_only=True)
class Change(Result):
    """How series have changed; n counts series.

    Attributes
    ----------
    rows
        One row a series and measure: trend a year, the last year against the one before (in the
        unit, and as a share of the year before), with a verdict (rose, fell, cannot tell), the
        first and last date used, and the date of a level shift between them.
    profile, holidays
        Distance from the trend at each place of the season; mean remainder on each holiday.
    """

    rows: pd.DataFrame
    profile: pd.DataFrame
    holidays: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a series and measure."""
        return self.rows

    def text(self) -> str:
        """Say how many series rose and fell on the year, by how much the largest, and trends."""
        parts = [self._year(), self._trend(), self.doubts()]
        return " ".join(part for part in parts if part).replace("%", " %")

    def _year(self) -> str:
        shares = self.rows[self.rows["measure"] == "year on year, share"]
        if not len(shares):
            return f"No series has two full years above zero to compare (n = {self.n} series)."
        counts = shares["verdict"].value_counts()
        row = shares.iloc[0]
        parts = [
            f"Against the year before, {counts.get('rose', 0)} of {len(shares)} series rose and "
            f"{counts.get('fell', 0)} fell beyond their {row['level']:.0%} interval. "
            f"{row['series_id']}: {row['estimate']:+.1%} [{row['low']:+.1%}, {row['high']:+.1%}], "
            f"the last {row['n']} of {2 * row['n']} periods ({row['start']:%Y-%m-%d} to "
            f"{row['end']:%Y-%m-%d}) against those before."
        ]
        moved = shares[shares["shift"].notna()]
        if len(moved):
            named = listed([f"{r.series_id} ({r.shift:%Y-%m-%d})" for r in moved.itertuples()], 3)
            parts.append(
                f"Within the periods compared lies a level shift of {named}: the change there is "
                "one between two levels, not a steady one."
            )
        return " ".join(parts)

    def _trend(self) -> str:
        trends = self.rows[self.rows["measure"] == "trend a year"]
        if not len(trends):
            return "No series is long enough for a trend with an interval."
        counts = trends["verdict"].value_counts()
        rose, fell = counts.get("rose", 0), counts.get("fell", 0)
        left = len(trends) - rose - fell
        untold = f"; in {left} the direction of the trend cannot be told" if left else ""
        return (
            f"Over the whole of each series, {rose} of {len(trends)} rise and {fell} fall{untold} "
            f"({trends['level'].iloc[0]:.0%} intervals that allow for a wandering level"
            f"{'; level shifts found are taken out' if trends['shift'].notna().any() else ''})."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the change on the year of each series with its interval."""
        from insights.analyses.forecast.plots import change

        return change(self, ax)


@dataclass(frozen=True, kw_only=True)
class Leads(Result):
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

    def table(self) -> pd.DataFrame:
        """One row a pair and lag."""
        return self.rows

    def text(self) -> str:
        """Name the clearest lead, or say that none stands."""
        if not self.n:
            return "No market series overlaps the feedback long enough to test a lead (n = 0)."
        tests = f"{self.n} series, {len(self.rows)} lags tested, q < {self.fdr:g}"
        if not len(self.found):
            return f"No market series is shown to move ahead of the feedback volume ({tests})."
        row = self.found.loc[self.found["correlation"].abs().idxmax()]
        return (
            f"{self.found['series_id'].nunique()} market series move ahead of the feedback volume "
            f"({tests}). {row['series_id']} is {row['lag']} {row['unit']}s ahead: correlation "
            f"{row['correlation']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}] after prewhitening "
            f"(n = {row['n']}). To move ahead is not to cause. {self.doubts()}"
        ).strip()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the correlations of the clearest series by lag."""
        from insights.analyses.forecast.plots import leads

        return leads(self, ax)


@dataclass(frozen=True, kw_only=True)
class Scenarios(Result):
    """Futures a reader can plan with; n counts series.

    Attributes
    ----------
    rows
        One row a series, scenario and date; `about` says what the scenario is. Series whose
        forecast beats naive come first.
    shown
        Series whose forecast is shown to beat naive.
    """

    rows: pd.DataFrame
    shown: frozenset[str]

    def table(self) -> pd.DataFrame:
        """One row a series and scenario: mean and total over the horizon, and against base."""
        grouped = self.rows.groupby(["series_id", "scenario", "about"], sort=False)["value"]
        frame = grouped.agg(mean="mean", total="sum", periods="size").reset_index()
        base = frame[frame["scenario"] == "base"].set_index("series_id")["mean"]
        frame["against_base"] = frame["mean"] - frame["series_id"].map(base)
        return frame

    def text(self) -> str:
        """Give the three means of the first series."""
        frame = self.table()
        key = frame["series_id"].iloc[0]
        part = frame[frame["series_id"] == key].set_index("scenario")["mean"]
        return (
            f"{key}: mean of the periods ahead {number(part['low'])} in the low, "
            f"{number(part['base'])} in the base and {number(part['high'])} in the high scenario; "
            f"one path in ten lies below the low one and one in ten above the high one "
            f"(n = {self.n} series)."
            f"{'' if key in self.shown else ' No model is shown to beat naive there.'}"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the scenarios of the first series."""
        from insights.analyses.forecast.plots import scenarios

        return scenarios(self, ax)
