"""Theme, formats and repeated marks of every figure."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import matplotlib as mpl
import numpy as np
from matplotlib import dates as mdates
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.ticker import NullFormatter, PercentFormatter

from insights.messages import _, spoken

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

__all__ = [
    "ACCENT",
    "BAD",
    "DENSITY",
    "GOOD",
    "MUTED",
    "PALETTE",
    "axes",
    "caption",
    "dates",
    "empty",
    "free_labels",
    "grouped_intervals",
    "interval_band",
    "intervals",
    "percent",
    "plain_log",
    "png",
    "short",
    "shown_width",
    "svg",
    "theme",
]

# Okabe and Ito's palette: told apart by colour-blind readers (https://jfly.uni-koeln.de/color/)
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A7A00", "#5F6B7A")
ACCENT, BAD, GOOD, MUTED = PALETTE[0], PALETTE[1], PALETTE[2], "#8A94A0"
_DPI = 110
DENSITY = 1.5  # pixels of a figure's file for one on the page, so that it can be enlarged
_CHINESE_FONT = "pylopdf_fonts_zh_cn"
# where a label may stand, from its bubble: direction and horizontal alignment
_PLACES = (
    (1, 0, "left"), (-1, 0, "right"), (0, 1, "center"), (0, -1, "center"),
    (0.8, 0.8, "left"), (-0.8, 0.8, "right"), (0.8, -0.8, "left"), (-0.8, -0.8, "right"),
)  # fmt: skip
_GAPS = (3, 12, 22)  # points between a bubble and its label


def png(ax: Axes) -> bytes:
    """Return the figure of `ax` as PNG of at most 256 colours, the same on every run; close it."""
    image = io.BytesIO()
    figure = cast("Figure", ax.figure)
    figure.savefig(image, format="png", metadata={"Software": None})
    plt.close(figure)
    return _few_colours(image.getvalue())


def svg(ax: Axes) -> bytes:
    """Return the figure of `ax` as SVG whose letters are shapes: it prints alike everywhere."""
    shapes = io.BytesIO()
    cast("Figure", ax.figure).savefig(shapes, format="svg", metadata={"Date": None})
    return shapes.getvalue()


def _few_colours(image: bytes) -> bytes:
    from PIL import Image  # only a notebook that draws needs it

    flat = Image.open(io.BytesIO(image)).convert("RGB")
    few = flat.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def shown_width(image: bytes) -> int:
    """Return the width in pixels at which a PNG of `png` is meant to be seen."""
    return round(int.from_bytes(image[16:20]) / DENSITY)


def theme() -> None:
    """Set the look of every figure: fonts that hold Chinese, quiet grid, reproducible SVG."""
    import seaborn as sns  # takes seconds to load; a notebook without figures needs none

    families = ["DejaVu Sans"]
    found = importlib.util.find_spec(_CHINESE_FONT)
    if found is not None and found.origin is not None:
        chinese = _chinese(Path(found.origin).with_name("NotoSansSC-Regular.otf"))
        families.insert(0 if spoken() == "zh" else 1, chinese)  # it holds Latin letters as well
    sns.set_theme(
        style="whitegrid",
        palette=list(PALETTE),
        rc={
            "font.family": families,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#C3CAD2",
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.labelsize": 9,
            "axes.unicode_minus": False,
            "xtick.labelsize": 8.5,
            "ytick.labelsize": 8.5,
            "legend.fontsize": 8.5,
            "legend.frameon": False,
            "grid.color": "#E7EAEE",
            "figure.figsize": (7.6, 4.2),
            "figure.dpi": _DPI,
            "savefig.dpi": _DPI * DENSITY,
            "savefig.bbox": "tight",
            "svg.hashsalt": "insights",
        },
    )
    mpl.rcParams["figure.constrained_layout.use"] = True


def _chinese(path: Path) -> str:
    """Make the font known, also as its own bold face: there is none, and titles are bold."""
    name = font_manager.FontProperties(fname=str(path)).get_name()
    fonts = font_manager.fontManager
    if not any(entry.fname == str(path) for entry in fonts.ttflist):
        fonts.addfont(str(path))
        regular = next(entry for entry in fonts.ttflist if entry.fname == str(path))
        fonts.ttflist.append(dataclasses.replace(regular, weight=700))
    return name


def axes(ax: Axes | None = None, *, height: float | None = None) -> Axes:
    """Return `ax`, or new axes of the theme's width and the given height in inches."""
    if ax is not None:
        return ax
    width, usual = mpl.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, height or usual))[1]


def caption(ax: Axes, text: str) -> Axes:
    """Write the small print (n, level, source) under the axes, and return them."""
    ax.annotate(
        text,
        xy=(0, 0),
        xytext=(0, -38 if ax.get_xlabel() else -28),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=7.5,
        color="#5F6B7A",
        ha="left",
        va="top",
        wrap=False,
    )
    return ax


def dates(ax: Axes, fewest: int, most: int) -> None:
    """Mark a time axis with between `fewest` and `most` dates, written briefly."""
    locator = mdates.AutoDateLocator(minticks=fewest, maxticks=most)
    ax.xaxis.set_major_locator(locator)
    form = mdates.ConciseDateFormatter(locator)
    if spoken() == "zh":
        form.formats[:3] = ["%Y年", "%m月", "%d日"]
        form.zero_formats[1:4] = ["%Y年", "%m月", "%m月%d日"]
        form.offset_formats[1:4] = ["%Y年", "%Y年%m月", "%Y年%m月%d日"]
    ax.xaxis.set_major_formatter(form)


def percent(ax: Axes, axis: str = "y", decimals: int | None = 0) -> None:
    """Show shares of 0-1 on an axis as per cent."""
    (ax.yaxis if axis == "y" else ax.xaxis).set_major_formatter(PercentFormatter(1.0, decimals))


def interval_band(ax: Axes, x, low, high, **kwargs) -> None:
    """Shade an interval around a line."""
    ax.fill_between(x, low, high, **{"alpha": 0.18, "linewidth": 0, "color": ACCENT, **kwargs})


def intervals(ax: Axes, y, estimate, low, high, **kwargs) -> None:
    """Draw horizontal point-and-interval marks, one a row."""
    colour = kwargs.pop("color", ACCENT)
    ax.hlines(y, low, high, color=colour, linewidth=2, **kwargs)
    ax.scatter(estimate, y, color=colour, s=26, zorder=3)


def grouped_intervals(
    rows: pd.DataFrame,
    order: list[str],
    names: tuple[str, str, str],
    ax: Axes | None,
    *,
    log: bool = False,
    zero: bool = True,
) -> Axes:
    """Draw marks with intervals, a group of them a topic, one colour a way.

    Parameters
    ----------
    rows
        topic_id, label, way, and the columns `names`; 12 topics are drawn, 6 with
        many ways.
    order
        The ways, from top to bottom.
    names
        Columns of estimate, low and high.
    log, zero
        Whether the axis is logarithmic, and whether a line marks no effect.
    """
    most = 12 if len(order) < 4 else 6
    topics = list(dict.fromkeys(rows["topic_id"]))[:most] if len(rows) else []
    ax = axes(ax, height=1.6 + (0.2 + 0.16 * len(order)) * max(len(topics), 2))
    if not topics:
        return ax
    labels = dict(zip(rows["topic_id"], map(short, rows["label"]), strict=True))
    for place, way in enumerate(order):
        mine = rows[(rows["way"] == way) & rows["topic_id"].isin(topics)]
        if mine.empty:
            continue
        y = np.array([len(topics) - 1 - topics.index(t) for t in mine["topic_id"]])
        y = y - 0.16 * (place - (len(order) - 1) / 2)
        values = [mine[name].clip(0.02, 50) if log else mine[name] for name in names]
        intervals(ax, y, *values, color=PALETTE[place], label=way)
    ax.axvline(1.0 if log else 0.0, color=MUTED, linewidth=1, alpha=float(zero))
    if log:
        ax.set_xscale("log")
        plain_log(ax, rows[names[1]].min(), rows[names[2]].max())
    ax.set_yticks(np.arange(len(topics))[::-1], [labels[t] for t in topics])
    ax.set_ylim(-0.7, len(topics) - 0.3)
    ax.grid(axis="y", visible=False)
    if len(order) > 1:
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def plain_log(ax: Axes, low: float, high: float) -> None:
    """Mark a logarithmic axis of ratios in plain numbers."""
    low, high = max(low, 0.05), min(max(high, 1.1), 100)
    marks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
             if low / 1.6 <= t <= high * 1.6]  # fmt: skip
    ax.set_xticks(marks, [f"{t:g}" for t in marks])
    ax.xaxis.set_minor_formatter(NullFormatter())


def short(label: object, width: int = 34) -> str:
    """Return a label as it may stand beside a mark: no pictograms, at most `width` long."""
    plain = "".join(c for c in str(label) if ord(c) < 0x1F000 and not 0xFE00 <= ord(c) <= 0xFE0F)
    plain = plain.replace("$", r"\$")
    return textwrap.shorten(plain, width, placeholder="…") if " " in plain else plain[:width]


def empty(ax: Axes, title: str, reason: str) -> Axes:
    """Write why there is nothing to draw."""
    ax.set_title(title)
    ax.text(0.5, 0.5, reason or _("nothing to draw"), ha="center", va="center",
            transform=ax.transAxes, color="#5F6B7A")  # fmt: skip
    ax.set_axis_off()
    return ax


def free_labels(
    ax: Axes, x: np.ndarray, y: np.ndarray, labels: Sequence[str], *, radii: np.ndarray
) -> None:
    """Write the label of each bubble, in order, in the first free place beside it, or not at all.

    A label keeps off the number in the middle of every bubble and off all labels written before.

    Parameters
    ----------
    x, y
        Shape (n,): centres of the bubbles, in data coordinates.
    radii
        Shape (n,): in points.
    """
    ax.figure.canvas.draw()  # the layout decides where points lie
    centre = ax.transData.transform(np.column_stack([x, y]))
    inside = ax.get_window_extent()
    taken: list[Bbox] = []
    cores = np.minimum(radii, 9) * ax.figure.dpi / 72
    for at, text, radius in zip(zip(x, y, strict=True), labels, radii, strict=True):
        for gap, (dx, dy, align) in ((g, p) for g in _GAPS for p in _PLACES):
            label = ax.annotate(
                text,
                at,
                xytext=(dx * (radius + gap), dy * (radius + gap)),
                textcoords="offset points",
                ha=align,
                va="center" if dy == 0 else "bottom" if dy > 0 else "top",
                fontsize=7.5,
            )
            label.set_in_layout(False)
            box = label.get_window_extent()
            free = inside.x0 <= box.x0 and box.x1 <= inside.x1
            free &= inside.y0 <= box.y0 and box.y1 <= inside.y1
            free = free and not any(box.overlaps(other) for other in taken)
            if free and not _covers(box, centre, cores):
                taken.append(box)
                break
            label.remove()


def _covers(box: Bbox, centre: np.ndarray, cores: np.ndarray) -> bool:
    """Whether the box covers the number in the middle of some bubble."""
    near = np.column_stack(
        [np.clip(centre[:, 0], box.x0, box.x1), np.clip(centre[:, 1], box.y0, box.y1)]
    )
    return bool((np.linalg.norm(near - centre, axis=1) < cores).any())
