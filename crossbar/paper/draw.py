"""What all plots of the paper share: panels in one style, and how a value the paper states is marked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from crossbar import plot

PAPER = plot.ORANGE
MICRO, MILLI = 1e6, 1e3
DASHED = (0, (4, 3))


@contextmanager
def panels(
    columns: int = 1, height: float = 2.9, ratios: tuple[float, ...] = ()
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of `columns` panels side by side, in the project's style while the block draws."""
    with mpl.rc_context(plot.STYLE):
        figure = Figure(figsize=(8.6, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False, width_ratios=ratios or None)[0]
        yield figure, list(axes)


def stated(axis: Axes, value: float, words: str, *, along: str = "y", place: float = 0.02) -> None:
    """A dashed line at a value the paper states, and what it says; `place` is where along the line, 0 to 1."""
    if along == "y":
        axis.axhline(value, color=PAPER, lw=1.2, ls=DASHED, zorder=1)
        axis.annotate(words, (place, value), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                      color=PAPER, fontsize=8)  # fmt: skip
        return
    axis.axvline(value, color=PAPER, lw=1.2, ls=DASHED, zorder=1)
    axis.annotate(words, (value, place), (3, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
                  color=PAPER, fontsize=8)  # fmt: skip


def remark(axis: Axes, words: str, x: float = 0.97, y: float = 0.05) -> None:
    """What was computed, in a corner of the panel."""
    across, up = ("right" if x > 0.5 else "left"), ("top" if y > 0.5 else "bottom")
    axis.annotate(words, (x, y), xycoords="axes fraction", ha=across, va=up, fontsize=8, color=plot.SOFT)


def line(axis: Axes, x: ArrayLike, y: ArrayLike, label: str = "", colour: str = plot.BLUE, **more: object) -> None:
    """A curve."""
    axis.plot(x, y, color=colour, label=label or None, **({"lw": 1.6} | more))  # type: ignore[arg-type]


def dots(axis: Axes, x: ArrayLike, y: ArrayLike, label: str = "", colour: str = plot.BLUE, size: float = 4.0) -> None:
    """Points."""
    axis.plot(x, y, "o", color=colour, label=label or None, ms=size, mew=0)


def straight(axis: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """The straight line through points, thin and grey."""
    at, values = np.asarray(x, float), np.asarray(y, float)
    axis.plot(at, np.polyval(np.polyfit(at, values, 1), at), color=plot.GREY, lw=1, zorder=1)
