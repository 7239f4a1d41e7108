"""Figures of the ROI notebook: they draw what a result holds."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

from insights import drawing
from insights.analyses.roi.result import input_text
from insights.messages import _, number, percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.roi.result import Priorities, Ranking, RoiDistribution, Sensitivity

__all__ = ["as_png", "impact_effort", "net_present_values", "rank_matrix", "tornado"]

_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
_COLOURS = {
    "P0": drawing.GOOD,
    "P1": drawing.ACCENT,
    "P2": drawing.PALETTE[4],
    "P3": drawing.MUTED,
}

_LIVE_WIDTH = 7.6  # inches


def as_png(result: RoiDistribution) -> bytes:
    """Figure of the eight highest net present values as PNG; nothing stays open.

    It is drawn once, with margins from the length of the labels: letting the layout find them
    takes a second drawing, for which a slider has no time.
    """
    height = 1.5 + 0.42 * max(min(result.n, 8), 3)
    figure, ax = plt.subplots(figsize=(_LIVE_WIDTH, height), layout="none")
    net_present_values(result, ax, rows=8)
    ems = max((_ems(label.get_text()) for label in ax.get_yticklabels()), default=0.0)
    left, right = (8.5 * ems + 24) / 72 / _LIVE_WIDTH, 1 - 0.85 / _LIVE_WIDTH
    figure.subplots_adjust(left=left, right=right, top=1 - 0.4 / height, bottom=0.85 / height)
    figure.text(0.01, 0.99, ax.get_title(loc="left"), va="top", fontsize=11, fontweight="bold")
    ax.set_title("", loc="left")
    if result.n:  # the caption has the width of the figure, too
        note = ax.texts[-1]
        figure.text(0.01, 0.02, note.get_text(), fontsize=7.5, color=note.get_color())
        note.remove()
    target = io.BytesIO()
    settings = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 1}}
    figure.canvas.print_png(target, **settings)  # type: ignore[attr-defined]
    plt.close(figure)
    return target.getvalue()


def _ems(text: str) -> float:
    """Width of a text in font sizes: Chinese fills a square, Latin letters about .6 of it."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6 for c in text)


def _label(text: str, width: int = 30) -> str:
    text = " ".join(_EMOJI.sub("", str(text)).split())
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _short(value: float, _position: object = None) -> str:
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def _empty(ax: Axes, text: str) -> Axes:
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    return ax


def _unit(name: str, currency: str) -> str:
    return _("{name} ({unit})", name=name, unit=currency or _("currency of the costs"))


def net_present_values(result: RoiDistribution, ax: Axes | None = None, *, rows: int = 20) -> Axes:
    """Median, middle half and 5–95 % range of each net present value, highest on top."""
    shown = result.known.head(rows)
    ax = drawing.axes(ax, height=1.5 + 0.42 * max(len(shown), 3))
    if shown.empty:
        return _empty(ax, _("No initiative could be valued"))
    y = np.arange(len(shown))[::-1]
    ax.axvline(0, color="#3A424B", linewidth=1)
    colours = [drawing.ACCENT if p > 0.5 else drawing.BAD for p in shown["p_positive"]]
    ax.hlines(y, shown["npv_p5"], shown["npv_p95"], color=colours, linewidth=1.6)
    ax.hlines(y, shown["npv_p25"], shown["npv_p75"], color=colours, linewidth=6, alpha=0.45)
    ax.scatter(shown["npv_p50"], y, color=colours, s=30, zorder=3)
    for at, share in zip(y, shown["p_positive"], strict=True):
        ax.annotate(
            percent(share),
            (1.0, at),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.annotate(
        _("P(NPV > 0)"),
        (1.0, 1.0),
        xycoords="axes fraction",
        xytext=(6, -2),
        textcoords="offset points",
        fontsize=7.5,
        color="#5F6B7A",
        va="top",
    )
    ax.set_yticks(y, [_label(title) for title in shown["title"]])
    ax.set_ylim(-0.6, len(shown) - 0.2)
    ax.xaxis.set_major_formatter(FuncFormatter(_short))
    ax.set_xlabel(
        _unit(
            plural(
                "net present value over {n} month",
                "net present value over {n} months",
                result.horizon_months,
            ),
            result.currency,
        )
    )
    likely = int((result.known["p_positive"] > 0.5).sum())
    ax.set_title(
        _(
            "{likely} of {n} more likely than not to return more than the cost",
            likely=likely,
            n=result.n,
        )
    )
    left = (
        _("The {shown} highest of {n}.", shown=len(shown), n=result.n)
        if len(shown) < result.n
        else ""
    )
    return drawing.caption(
        ax,
        _(
            "Dot: median; thick: middle half; thin: 5–95 %; n = {draws} draws each.",
            draws=number(result.draws),
        )
        + (left and f" {left}"),
    )


def tornado(result: Sensitivity, ax: Axes | None = None) -> Axes:
    """Net present value with each input at its P10 and P90, and at ±20 %."""
    rows = result.bars if len(result.estimates) else result.estimates
    ax = drawing.axes(ax, height=1.7 + 0.36 * max(len(rows), 3))
    if rows.empty:
        return _empty(ax, _("No initiative could be valued"))
    y = np.arange(len(rows))[::-1]
    for column, colour, name in (
        ("npv_at_p10", drawing.PALETTE[1], _("input at its P10")),
        ("npv_at_p90", drawing.PALETTE[0], _("input at its P90")),
    ):
        ax.barh(y, rows[column] - result.base, left=result.base, height=0.62, color=colour,
                label=name)  # fmt: skip
    ax.scatter(rows["npv_minus20"], y, marker="|", s=110, color="#1C232B", zorder=3,
               label=_("input ±20 %"))  # fmt: skip
    ax.scatter(rows["npv_plus20"], y, marker="|", s=110, color="#1C232B", zorder=3)
    ax.axvline(result.base, color="#3A424B", linewidth=1)
    ax.axvline(0, color="#3A424B", linewidth=1, linestyle=":")
    names = [_label(input_text(name), 36) for name in rows["input"]]
    ax.set_yticks(y, names)
    ax.xaxis.set_major_formatter(FuncFormatter(_short))
    ax.set_xlabel(_unit(_("net present value"), result.currency))
    ax.set_title(_("“{title}” hangs most on {input}", title=_label(result.title), input=names[0]))
    ax.legend(loc="lower right", frameon=True, facecolor="white", edgecolor="none")
    return drawing.caption(
        ax,
        _(
            "All other inputs at their mean (solid line); dotted line: breaks even. "
            "Inputs without a bar are known numbers or settings."
        ),
    )


def rank_matrix(result: Ranking, ax: Axes | None = None) -> Axes:
    """Probability of each rank, one row an initiative, most likely first on top."""
    count = min(result.n, 15)
    ax = drawing.axes(ax, height=1.5 + 0.4 * max(count, 3))
    if result.n == 0:
        return _empty(ax, _("No initiative could be ranked"))
    order = result.order.head(count)
    wide = result.estimates.pivot(index="initiative_id", columns="rank", values="probability")
    values = wide.loc[list(order["initiative_id"])].to_numpy()
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.grid(False)
    for (i, j), value in np.ndenumerate(values):
        if value >= 0.005:
            ink = "white" if value > 0.55 else "#1C232B"
            ax.text(j, i, percent(value), ha="center", va="center", fontsize=8, color=ink)
    ax.set_yticks(range(count), [_label(title) for title in order["title"]])
    ax.set_xticks(range(result.n), [str(rank + 1) for rank in range(result.n)])
    ax.set_xlabel(_("rank by net present value, 1 = highest"))
    pairs = result.n * (result.n - 1) // 2
    ax.set_title(
        _(
            "{unseparated} of {pairs} pairs cannot be put in order",
            unseparated=len(result.unseparated),
            pairs=pairs,
        )
    )
    return drawing.caption(
        ax, _("Probability of each rank; n = {draws} draws.", draws=number(result.draws))
    )


def impact_effort(result: Priorities, ax: Axes | None = None) -> Axes:
    """Net present value with its 5–95 % range against effort, coloured by priority."""
    ax = drawing.axes(ax, height=4.4)
    rows = result.estimates[result.estimates["priority"] != "cannot tell"]
    if rows.empty:
        return _empty(ax, _("No initiative has a priority"))
    ax.axhline(0, color="#3A424B", linewidth=1)
    for name, colour in _COLOURS.items():
        part = rows[rows["priority"] == name]
        if len(part):
            x = part[result.effort]
            ax.vlines(x, part["npv_p5"], part["npv_p95"], color=colour, linewidth=1.6)
            ax.scatter(x, part["npv_p50"], color=colour, s=36, zorder=3, label=name)
    middle = (rows[result.effort].min() + rows[result.effort].max()) / 2
    for row in rows.to_dict("records"):
        right = row[result.effort] <= middle
        ax.annotate(
            _label(row["title"], 24),
            (row[result.effort], row["npv_p50"]),
            xytext=(6 if right else -6, 4),
            ha="left" if right else "right",
            textcoords="offset points",
            fontsize=8,
        )
    ax.margins(x=0.12)
    ax.yaxis.set_major_formatter(FuncFormatter(_short))
    if result.effort == "effort":
        ax.set_xlabel(_("effort (person-weeks)"))
    else:
        ax.xaxis.set_major_formatter(FuncFormatter(_short))
        ax.set_xlabel(_unit(_("expected cost, discounted"), result.currency))
    ax.set_ylabel(_unit(_("net present value"), result.currency))
    ax.legend(title=_("priority"), title_fontsize=8.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    first = int((rows["priority"] == "P0").sum())
    ax.set_title(_("{first} of {n} initiatives have priority P0", first=first, n=len(rows)))
    return drawing.caption(
        ax, _("Dot: median; line: 5–95 % range; n = {n} initiatives.", n=len(rows))
    )
