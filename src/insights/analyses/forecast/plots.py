"""Drawings of the forecast's results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import EngFormatter

from insights import drawing
from insights.analyses.forecast.naming import short_name, units
from insights.analyses.forecast.tables import shown
from insights.messages import _, items, percent
from insights.messages import number as decimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.forecast.change import SeriesChange
    from insights.analyses.forecast.lead import Leads
    from insights.analyses.forecast.result import Backtest, Forecast
    from insights.analyses.forecast.scenarios import Scenarios
    from insights.analyses.forecast.screening_result import Intermittent, SeriesScreening
    from insights.analyses.forecast.structure import Decomposition, Diagnostics
    from insights.analyses.forecast.unusual import Unusual

__all__ = [
    "change",
    "correlogram",
    "decomposition",
    "fan",
    "forecasts",
    "gains",
    "intermittent",
    "leads",
    "scenarios",
    "screening",
    "small_multiples",
    "unusual",
]

_VERDICT = {
    "forecast": drawing.GOOD,
    "not tested": drawing.PALETTE[4],
    "intermittent": drawing.PALETTE[2],
    "not forecast": drawing.MUTED,
    "refused": drawing.BAD,
}
_LASTING = {"level shift": (drawing.BAD, "D"), "trend change": (drawing.PALETTE[2], "^")}


def _model(name: str) -> str:
    return short_name(name).replace("_", " ")


def _values(ax: Axes) -> None:
    """Write large values with thousands separated, others as they are."""
    if max(abs(limit) for limit in ax.get_ylim()) >= 10000:
        ax.yaxis.set_major_formatter(EngFormatter(sep=""))


def _short(text: str, limit: int = 34) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def screening(result: SeriesScreening, ax: Axes | None = None) -> Axes:
    """Draw one bar a series over its dates, coloured by verdict; at most 40."""
    drawn = [s for s in result.series if len(s.values)][:40]
    ax = drawing.axes(ax, height=max(1.8, 0.9 + 0.2 * len(drawn)))
    for row, one in enumerate(drawn):
        ax.hlines(row, one.dates[0], one.dates[-1], color=_VERDICT[one.verdict], linewidth=5)
    ax.set_yticks(range(len(drawn)), [_short(one.series_id) for one in drawn])
    ax.invert_yaxis()
    ax.set_ylim(len(drawn) - 0.5, -0.5)
    drawing.dates(ax, 3, 7)
    for verdict in dict.fromkeys(one.verdict for one in drawn):
        ax.plot([], [], color=_VERDICT[verdict], linewidth=5, label=shown(verdict))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ax.set_title(_("{usable} of {n} series can be forecast", usable=len(result.usable), n=result.n))
    ax.grid(axis="y", visible=False)
    return ax


def intermittent(result: Intermittent, ax: Axes | None = None) -> Axes:
    """Draw the mean ahead of series with many zeros, and the mean of as many values before."""
    frame = result.rows.head(30)
    ax = drawing.axes(ax, height=max(1.9, 1.2 + 0.24 * len(frame)))
    place = np.arange(len(frame))
    drawing.intervals(ax, place, frame["estimate"], frame["low"], frame["high"])
    ax.plot(frame["before"], place, "x", color=drawing.MUTED, label=_("mean of as many before"))
    ax.set_yticks(place, [_short(key) for key in frame["series_id"]])
    ax.set_ylim(max(len(frame), 1) - 0.5, -0.5)
    ax.set_xlabel(_("mean ahead, in the unit of each series"))
    ax.set_title(_("Expected means of series with many zeros"))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def gains(result: Backtest, ax: Axes | None = None) -> Axes:
    """Draw the gain over naive of each series with its 90 % interval, best first; at most 30."""
    frame = result.summary().dropna(subset=["gain"]).sort_values(["gain", "series_id"]).head(30)
    ax = drawing.axes(ax, height=max(1.9, 1.2 + 0.24 * len(frame)))
    place = np.arange(len(frame))
    beats = frame["beats_naive"].to_numpy(bool)
    for mask, colour, label in (
        (beats, drawing.ACCENT, _("beats naive, alone or jointly")),
        (~beats, drawing.MUTED, _("not shown to beat it: no finding")),
    ):
        part = frame[mask]
        if len(part):
            drawing.intervals(
                ax, place[mask], part["gain"], part["gain_low"], part["gain_high"], color=colour
            )
            ax.plot([], [], color=colour, marker="o", markersize=5, label=label)
    ax.axvline(0, color="#3B444D", linewidth=1)
    reach = float(np.nanmax(np.abs(frame["gain"]))) if len(frame) else 1.0
    limit = max(2.5 * reach, 0.5)
    ax.set_xlim(-limit, limit)
    ax.set_yticks(place, [_short(key) for key in frame["series_id"]])
    ax.set_ylim(max(len(frame), 1) - 0.5, -0.5)
    ax.set_xlabel(_("model's error minus the naive one's, in MASE (left is better)"))
    chosen = int(result.summary()["beats_naive"].sum())
    ax.set_title(
        _(
            "A model beats the naive forecast in {chosen} of {n} series",
            chosen=chosen,
            n=len(result.rolls),
        )
    )
    if len(frame):
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    note = _("{n} forecast origins; paired 90 % intervals, cut at the edge", n=result.n)
    if (~beats & (frame["gain_high"] < 0)).any():
        note = _(
            "{n} forecast origins; paired 90 % intervals, cut at the edge; grey left of 0: another "
            "naive forecast does better, or other seasons were tested",
            n=result.n,
        )
    return drawing.caption(ax, note)


def forecasts(result: Forecast, ax: Axes | None = None) -> Axes:
    """One series' history, back-test and fan, or up to nine side by side."""
    if len(result.means) == 1 or ax is not None:
        return fan(result, result.leading()[0], ax)
    return small_multiples(result)


def fan(result: Forecast, key: str, ax: Axes | None = None, *, small: bool = False) -> Axes:
    """Draw history, back-tested forecasts and the fan of one series."""
    ax = drawing.axes(ax)
    roll = next(r for r in result.backtest.rolls if r.series.series_id == key)
    series, choice = roll.series, result.backtest.choices[key]
    rows = result.rows[result.rows["series_id"] == key]
    shown = slice(-min(len(series.values), max(5 * series.season, 6 * series.horizon)), None)
    seen = series.values[shown]
    ax.plot(series.dates[shown], seen, color="#3B444D", linewidth=1.2, label=_("observed"))
    if choice.model in roll.past:
        points, first = roll.points(choice.model), len(series.values) + (shown.start or 0)
        for i in range(len(roll.origins) - 1, -1, -max(1, series.horizon // 2)):
            o = int(roll.origins[i])
            if o >= first:
                ax.plot(
                    series.dates[o : o + series.horizon],
                    points[i],
                    color=drawing.PALETTE[4],
                    linewidth=0.9,
                    alpha=0.8,
                    label=_("earlier forecasts") if i == len(roll.origins) - 1 else None,
                )
    for level, alpha in ((95, 0.15), (80, 0.2), (50, 0.3)):
        drawing.interval_band(
            ax,
            rows["date"],
            rows[f"low_{level}"],
            rows[f"high_{level}"],
            alpha=alpha,
            label=f"{level} %",
        )
    ax.plot(
        rows["date"],
        rows["estimate"],
        color=drawing.ACCENT,
        linewidth=1.6,
        label=_model(choice.model),
    )
    drawing.dates(ax, 3, 7)
    _values(ax)
    if small:
        ax.set_title(f"{_short(key, 26)} ({_model(choice.model)})", fontsize=8.5)
        return ax
    ax.set_title(f"{_short(key, 40)}: {_model(choice.model)}, {choice.reason}", fontsize=10)
    ax.set_ylabel(_("value"))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return drawing.caption(ax, _errors(result, key))


def _errors(result: Forecast, key: str) -> str:
    """Write the back-test errors and coverage of one series."""
    row = result.backtest.summary().set_index("series_id").loc[key]
    if not row["origins"]:
        return _("bands 50, 80, 95 %; {n} forecast origins: not tested", n=row["origins"])
    return _(
        "bands 50, 80, 95 %; {n} forecast origins: error {error} MASE against {naive} of the naive "
        "one; 80 % held {inner}, 95 % held {outer}",
        n=row["origins"],
        error=decimal(row["mase"], 2),
        naive=decimal(row["mase_benchmark"], 2),
        inner=percent(row["coverage_80"]),
        outer=percent(row["coverage_95"]),
    )


def small_multiples(result: Forecast) -> Axes:
    """Draw up to nine series, headlined ones first."""
    keys = result.leading()[:9]
    columns = min(3, len(keys))
    lines = -(-len(keys) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(9.6, 0.5 + 2.1 * lines), squeeze=False)
    for ax, key in zip(grid.flat, keys, strict=False):
        fan(result, key, ax, small=True)
    for ax in grid.flat[len(keys) :]:
        ax.set_visible(False)
    figure.suptitle(
        _(
            "{shown} of {n} series: observed, earlier forecasts (orange), fan 50/80/95 %",
            shown=len(keys),
            n=result.n,
        ),
        x=0.01,
        ha="left",
        fontsize=11,
        fontweight="bold",
    )
    return grid.flat[0]


def correlogram(result: Diagnostics, ax: Axes | None = None) -> Axes:
    """Draw the residual autocorrelations of the first model with their 95 % bound."""
    ax = drawing.axes(ax, height=2.6)
    if not result.correlations:
        ax.set_title(_("No ARIMA was fitted"))
        return ax
    key, (values, bound) = next(iter(result.correlations.items()))
    lags = np.arange(1, len(values) + 1)
    outside = int((np.abs(values) > bound).sum())
    ax.vlines(lags, 0, values, color=drawing.ACCENT, linewidth=2)
    ax.axhspan(-bound, bound, color=drawing.MUTED, alpha=0.2, linewidth=0)
    ax.axhline(0, color="#3B444D", linewidth=0.8)
    ax.set_title(
        _(
            "{series}: {outside} of {n} residual autocorrelations leave the 95 % band",
            series=_short(key, 40),
            outside=outside,
            n=len(lags),
        )
    )
    ax.set_xlabel(_("lag in periods"))
    ax.set_ylabel(_("autocorrelation"))
    return ax


def decomposition(result: Decomposition, ax: Axes | None = None) -> Axes:
    """Draw the first series with its trend; the provisional end is shaded."""
    ax = drawing.axes(ax)
    if not len(result.strengths):
        ax.set_title(_("No series has two full seasons"))
        return ax
    key = result.strengths["series_id"].iloc[0]
    part = result.parts[result.parts["series_id"] == key]
    end = part[part["provisional"]]
    ax.plot(part["date"], part["value"], color=drawing.MUTED, linewidth=1, label=_("observed"))
    ax.plot(
        part["date"],
        part["trend"] + part["seasonal"],
        color=drawing.PALETTE[5],
        linewidth=1,
        label=_("trend and season"),
    )
    ax.plot(part["date"], part["trend"], color=drawing.ACCENT, linewidth=2, label=_("trend"))
    ax.plot(end["date"], end["trend"], color=drawing.BAD, linewidth=2, label=_("provisional"))
    ax.axvspan(
        end["date"].iloc[0], end["date"].iloc[-1], color=drawing.BAD, alpha=0.08, linewidth=0
    )
    strength = float(result.strengths["season_strength"].iloc[0])
    ax.set_title(
        _(
            "{series}: strength of season {strength} of 1",
            series=_short(key, 40),
            strength=decimal(strength, 2),
        )
    )
    ax.set_ylabel(_("value"))
    drawing.dates(ax, 3, 7)
    _values(ax)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def unusual(result: Unusual, ax: Axes | None = None) -> Axes:
    """Draw when events fell in each series: outliers as dots, what lasts with its interval."""
    keys = list(dict.fromkeys(result.rows["series_id"]))[:30]
    ax = drawing.axes(ax, height=max(1.8, 1.0 + 0.22 * len(keys)))
    if not keys:
        ax.set_title(_("No outlier and no break stands out in {n} series", n=result.n))
        ax.set_axis_off()
        return ax
    for row in result.rows[result.rows["series_id"].isin(keys)].itertuples():
        place = keys.index(row.series_id)
        if row.kind in _LASTING:
            colour, marker = _LASTING[row.kind]
            ax.hlines(place, row.date_low, row.date_high, color=colour, linewidth=3)
            ax.plot(row.date, place, marker=marker, color=colour, markersize=5)
        elif row.kind == "slow move":
            ax.plot(row.date, place, marker="s", color=drawing.MUTED, markersize=4.5)
        else:
            ax.plot(row.date, place, marker="o", color=drawing.ACCENT, markersize=4.5)
    for kind in dict.fromkeys(kind for kind in result.rows["kind"] if kind in _LASTING):
        colour, marker = _LASTING[kind]
        ax.plot(
            [],
            [],
            marker,
            color=colour,
            markersize=5,
            label=_("{kind}, 95 % of its date", kind=shown(kind)),
        )
    ax.plot([], [], "o", color=drawing.ACCENT, markersize=4.5, label=_("outlier"))
    if "slow move" in set(result.rows["kind"]):
        label = _("start of a slow move, not tested")
        ax.plot([], [], "s", color=drawing.MUTED, markersize=4.5, label=label)
    ax.set_yticks(range(len(keys)), [_short(key) for key in keys])
    ax.set_ylim(len(keys) - 0.5, -0.5)
    drawing.dates(ax, 3, 7)
    counts = result.rows["kind"].value_counts()
    ax.set_title(items([f"{count} × {shown(kind)}" for kind, count in counts.items()]))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return drawing.caption(
        ax, _("{n} series; Bonferroni over dates and kinds, 1 % a series", n=result.n)
    )


def change(result: SeriesChange, ax: Axes | None = None) -> Axes:
    """Draw the change on the year of each series with its interval; at most 30."""
    frame = result.rows[result.rows["measure"] == "year on year, share"].head(30)
    ax = drawing.axes(ax, height=max(1.8, 1.1 + 0.24 * len(frame)))
    if not len(frame):
        ax.set_title(_("No series has two full years above zero to compare"))
        ax.set_axis_off()
        return ax
    place = np.arange(len(frame))
    drawing.intervals(ax, place, frame["estimate"], frame["low"], frame["high"])
    ax.axvline(0, color="#3B444D", linewidth=1)
    ax.set_yticks(place, [_short(key) for key in frame["series_id"]])
    ax.set_ylim(max(len(frame), 1) - 0.5, -0.5)
    drawing.percent(ax, "x")
    ax.set_xlabel(_("last year against the year before"))
    rose = int((frame["low"] > 0).sum())
    title = _(
        "{rose} of {n} series rose on the year beyond their interval", rose=rose, n=len(frame)
    )
    ax.set_title(title)
    level = percent(frame["level"].iloc[0])
    return drawing.caption(ax, _("{level} intervals that allow for overlap in time", level=level))


def leads(result: Leads, ax: Axes | None = None) -> Axes:
    """Draw the correlations of the clearest series with later feedback volume."""
    ax = drawing.axes(ax, height=2.6)
    if not len(result.rows):
        ax.set_title(_("No market series overlaps the feedback long enough"))
        ax.set_axis_off()
        return ax
    key = result.rows.sort_values(["p", "series_id", "lag"])["series_id"].iloc[0]
    part = result.rows[result.rows["series_id"] == key]
    stands = part["q"] < result.fdr
    ax.vlines(part["lag"], part["low"], part["high"], color=drawing.MUTED, linewidth=2)
    for mask, colour, label in (
        (stands, drawing.ACCENT, f"q < {result.fdr:g}"),
        (~stands, drawing.MUTED, _("not told from none")),
    ):
        if mask.any():
            ax.scatter(part["lag"][mask], part["correlation"][mask], color=colour, label=label)
    ax.axhline(0, color="#3B444D", linewidth=0.8)
    unit = units(part["unit"].iloc[0])
    ax.set_xlabel(_("{units} by which the market series is ahead", units=unit))
    ax.set_ylabel(_("correlation"))
    title = _(
        "{series} and later feedback: {n} lags stand", series=_short(key, 40), n=int(stands.sum())
    )
    ax.set_title(title)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    caption = _(
        "n = {n}, after prewhitening; {tested} series tested",
        n=part["n"].iloc[0],
        tested=result.n,
    )
    return drawing.caption(ax, caption)


def scenarios(result: Scenarios, ax: Axes | None = None) -> Axes:
    """Draw the scenarios of the first series."""
    ax = drawing.axes(ax, height=3.0)
    key = result.rows["series_id"].iloc[0]
    part = result.rows[result.rows["series_id"] == key]
    colours = {"low": drawing.BAD, "base": drawing.ACCENT, "high": drawing.GOOD}
    for name, rows in part.groupby("scenario", sort=False):
        style = "-" if name in colours else "--"
        colour = colours.get(name, drawing.MUTED)
        ax.plot(
            rows["date"],
            rows["value"],
            style,
            color=colour,
            label=shown(name),
            linewidth=1.8,
        )
    drawing.dates(ax, 3, 7)
    _values(ax)
    ax.set_ylabel(_("value"))
    ax.set_title(_("{series}: low, base and high", series=_short(key, 40)))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return drawing.caption(ax, _("one path in ten lies below low, one in ten above high"))
