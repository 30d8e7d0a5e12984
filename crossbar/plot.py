"""Figures of arrays and of what one does with them. Each function gives a matplotlib Figure; `png` makes it a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, PercentFormatter

from circuits.solution import Floats

INK, SOFT, GRID = "#1f2733", "#6b7686", "#e4e8ee"
BLUE, ORANGE, GREEN, GREY = "#2466a8", "#d9772b", "#3a8f6b", "#9aa5b4"
STYLE: Any = {
    "axes.edgecolor": SOFT,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 9,
    "grid.color": GRID,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
}
MICRO = 1e6


@dataclass(frozen=True, eq=False)
class Map:
    """Tiles to draw: values (tiles, rows, columns) in SI, the limits of their colours, and what they are."""

    title: str
    values: Floats
    low: float
    high: float
    colours: str = "cividis"
    label: str = "conductance [µS]"


@dataclass(frozen=True, eq=False)
class Share:
    """A share with its interval, and the single trials behind it, shape (trials,), none where there is one."""

    label: str
    mean: float
    low: float
    high: float
    trials: Floats
    colour: str = BLUE


@dataclass(frozen=True)
class Bar:
    """A quantity on a logarithmic axis, its value written beside it."""

    label: str
    value: float
    text: str
    colour: str = BLUE


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity over time [s]; dots where it is a second opinion on a line."""

    label: str
    time: Floats
    values: Floats
    colour: str = BLUE
    dots: bool = False


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=170)
    return file.getvalue()


def maps(panels: Sequence[Map]) -> Figure:
    """Tiles side by side, one panel below the other; word lines run downwards, as bit lines do to the right."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.05 * len(panels) + 0.3), layout="constrained")
        axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
        for axis, panel in zip(axes, panels, strict=True):
            _map(figure, axis, panel)
        axes[-1].set_xlabel(f"tile, of {panels[-1].values.shape[1]} word lines each")
        return figure


def _map(figure: Figure, axis: Axes, panel: Map) -> None:
    tiles, rows, columns = panel.values.shape
    gap = np.full((tiles, 1, columns), np.nan)
    laid = np.concatenate([panel.values, gap], axis=1).reshape(-1, columns)[:-1].T * MICRO
    image = axis.imshow(
        laid, cmap=panel.colours, vmin=panel.low * MICRO, vmax=panel.high * MICRO, aspect="auto", interpolation="none"
    )
    axis.set_title(panel.title)
    axis.set_ylabel("bit line")
    axis.set_xticks([k * (rows + 1) + (rows - 1) / 2 for k in range(tiles)], [f"{k + 1}" for k in range(tiles)])
    axis.set_yticks([0, columns - 1], ["1", f"{columns}"])
    axis.grid(visible=False)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axis, pad=0.01, fraction=0.04, label=panel.label)
    bar.outline.set_visible(False)


def shares(rows: Sequence[Share], threshold: float, label: str) -> Figure:
    """Means with their 95 % intervals; faint dots are single trials, the dashed line a threshold."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.62 * len(rows) + 0.9), layout="constrained")
        axis = figure.subplots()
        for place, row in enumerate(rows):
            y = len(rows) - 1 - place
            axis.plot([row.low, row.high], [y, y], color=row.colour, lw=2.2, solid_capstyle="butt")
            axis.plot(row.trials, np.full(len(row.trials), y - 0.24), "o", color=row.colour, ms=3.5, alpha=0.4, mew=0)
            axis.plot([row.mean], [y], "o", color=row.colour, ms=8, mec="white", mew=1.2)
            axis.annotate(
                f"{row.mean:.1%}", (row.mean, y), (0, 8), textcoords="offset points", ha="center", weight="bold"
            )
        axis.axvline(threshold, color=SOFT, lw=1, ls=(0, (4, 3)))
        lowest = min(threshold, *(min(row.low, row.trials.min(initial=1.0)) for row in rows))
        axis.set_xlim(np.floor((lowest - 0.02) * 50) / 50, 1.0)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.set_yticks(range(len(rows)), [row.label for row in reversed(rows)])
        axis.tick_params(axis="y", length=0)
        axis.grid(visible=False, axis="y")
        axis.xaxis.set_major_formatter(PercentFormatter(1.0, 0))
        axis.set_xlabel(label)
        return figure


def bars(rows: Sequence[Bar], unit: str, label: str) -> Figure:
    """Quantities of very different size, on a logarithmic axis."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.46 * len(rows) + 0.8), layout="constrained")
        axis = figure.subplots()
        places = np.arange(len(rows))[::-1]
        values = np.array([row.value for row in rows])
        low = 10 ** (np.floor(np.log10(values.min())) - 1)
        axis.barh(places, values - low, left=low, height=0.62, color=[row.colour for row in rows])
        for place, row in zip(places, rows, strict=True):
            axis.annotate(row.text, (row.value, place), (5, 0), textcoords="offset points", va="center", weight="bold")
        axis.set_xscale("log")
        axis.set_xlim(low, values.max() * 60)
        axis.set_yticks(places, [row.label for row in rows])
        axis.tick_params(axis="y", length=0)
        axis.grid(visible=False, axis="y")
        axis.xaxis.set_major_formatter(EngFormatter(unit=unit))
        axis.minorticks_off()
        axis.set_xlabel(label)
        return figure


def transients(drive: Curve, curves: Sequence[Curve], title: str) -> Figure:
    """What is applied, what the cell makes of it, and how far the second curve is from the first."""
    with mpl.rc_context(STYLE):
        heights = (1, 2.6, 1.2) if len(curves) == 2 else (1, 2.6)
        figure = Figure(figsize=(7.2, 1.15 * sum(heights)), layout="constrained")
        axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        axes[0].plot(drive.time * 1e3, drive.values, color=drive.colour, lw=1.6)
        axes[0].set_ylabel(drive.label)
        axes[0].set_title(title)
        for curve in curves:
            _curve(axes[1], curve)
        axes[1].set_ylabel("change of\nconductance [µS]")
        axes[1].legend(loc="upper right")
        if len(curves) == 2:
            gap = np.abs(curves[1].values - curves[0].values) / np.abs(curves[0].values).max()
            axes[2].semilogy(curves[0].time * 1e3, np.maximum(gap, 1e-12), color=INK, lw=1)
            axes[2].set_ylabel("difference\nof largest")
            axes[2].set_ylim(1e-10, 1e-2)
            axes[2].axhline(1e-3, color=SOFT, lw=1, ls=(0, (4, 3)))
        axes[-1].set_xlabel("time [ms]")
        figure.align_ylabels()
        return figure


def _curve(axis: Axes, curve: Curve) -> None:
    style = {"ls": "none", "marker": "o", "ms": 3.2, "mew": 0.9, "mfc": "white"} if curve.dots else {"lw": 1.8}
    every = max(1, len(curve.time) // 60) if curve.dots else 1
    axis.plot(
        curve.time[::every] * 1e3,
        curve.values[::every] * MICRO,
        color=curve.colour,
        label=curve.label,
        **style,
    )
