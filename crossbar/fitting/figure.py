"""A fit as a picture: what was applied, what was measured and what the device shows, and what lies between them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crossbar.fitting.curve import Curve
from crossbar.fitting.fit import Fit
from crossbar.plot import BLUE, GREY, INK, MICRO, ORANGE, SOFT, STYLE

SCALES = ((1e3, "ms"), (1e6, "µs"), (1e9, "ns"))


def picture(fit: Fit) -> Figure:
    """Gate voltage, conductance and residual over time; where the gate floats its panel is shaded."""
    factor, unit = _scale(fit.curve.instants[-1])
    times = fit.curve.instants * factor
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 5.4), layout="constrained")
        gate, shown, left = figure.subplots(3, 1, sharex=True, height_ratios=(1, 2.6, 1.2))
        _gate(gate, fit.curve, factor)
        gate.set_title(f"{fit.start.calibration}, {len(fit.values)} unknowns fitted to {len(times)} readings")
        shown.plot(times, fit.curve.measured * MICRO, "o", color=GREY, ms=3, mew=0, label="measured")
        shown.plot(times, fit.fitted * MICRO, color=BLUE, lw=1.4, label="the fitted device")
        shown.set_ylabel("conductance [µS]")
        shown.legend(loc="best")
        left.plot(times, fit.residual * MICRO, "o", color=ORANGE, ms=3, mew=0)
        for level in (-fit.noise, 0.0, fit.noise):
            left.axhline(level * MICRO, color=SOFT, lw=1, ls="-" if level == 0 else (0, (4, 3)))
        left.set_ylabel("residual [µS]")
        left.set_xlabel(f"time [{unit}]")
        figure.align_ylabels()
        return figure


def _gate(axis: Axes, curve: Curve, factor: float) -> None:
    times = (curve.time - curve.time[0]) * factor
    axis.plot(times, curve.voltage, color=INK, lw=1.2, drawstyle="steps-post" if curve.gate == "steps" else "default")
    floats = np.flatnonzero(np.isnan(curve.voltage[:-1]))
    for start in floats:
        axis.axvspan(times[start], times[start + 1], color=GREY, alpha=0.25, lw=0)
    axis.set_ylabel("gate [V]\nshaded: floats" if len(floats) else "gate [V]")


def _scale(end: float) -> tuple[float, str]:
    """What turns seconds into the unit of an axis that ends at `end` [s]."""
    return next(((factor, unit) for factor, unit in SCALES if end * factor >= 1), SCALES[-1]) if end < 1 else (1.0, "s")
