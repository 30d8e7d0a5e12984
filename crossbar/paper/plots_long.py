"""Plots of Figures 2, 3, S2, S3 and of what bears on lasting changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from circuits.liwes import READ_NOISE
from crossbar import plot
from crossbar.paper.draw import MICRO, MILLI, dots, line, panels, remark, stated, straight
from crossbar.paper.found import Found
from crossbar.paper.measures import changes, linearity, slope, spread, steps_within, trace

All = Mapping[str, Found]
PHASES = (("M", 0.0, 0.01), ("T", 0.05, 0.12), ("C", 0.32, 0.7))
PULSE = "pulse"
CONDUCTANCE = "conductance [µS]"
CHANGE = "change of conductance [µS]"


def filling(found: All) -> Figure:
    """2b, 2c."""
    seen = found["2bc"]
    lithium = trace(seen, "channel_lithium")
    with panels(2, 3.2) as (figure, (left, right)):
        line(left, lithium, -trace(seen, "reservoir"))
        stated(left, -1.1, "-1.1 V at Li0.4", place=0.02)
        stated(left, -0.45, "from 0.45 V", place=0.72)
        stated(left, -1.45, "to 1.45 V", place=0.72)
        left.plot([0.4], [-1.1], "D", color=plot.ORANGE, ms=6)
        line(right, lithium, trace(seen, "long_term"), "at rest")
        line(right, lithium, trace(seen, "conductance"), "while 0.1 nA flow", plot.GREY, lw=1)
        low = float(trace(seen, "long_term").min())
        stated(right, low, "lowest", place=0.45)
        stated(right, low * 1e4, "four orders of magnitude above", place=0.03)
        right.set_yscale("log")
        right.legend(loc="center right")
        for axis in (left, right):
            for name, begin, end in PHASES:
                axis.axvspan(begin, end, color=plot.GRID, alpha=0.6, zorder=0)
                axis.annotate(name, ((begin + end) / 2, 0.0), (0, 4), xycoords=("data", "axes fraction"),
                              textcoords="offset points", ha="center", fontsize=8, color=plot.SOFT)  # fmt: skip
            axis.set_xlabel("lithium x")
        left.set_ylabel("film against LFP [V]")
        right.set_ylabel("conductance [S]")
        return figure


def charging(found: All) -> Figure:
    """Pre-charge."""
    seen = found["precharge"]
    time = seen["time"][0]
    with panels() as (figure, (axis,)):
        line(axis, time[1:], trace(seen, "channel_lithium")[1:], "channel")
        line(axis, time[1:], trace(seen, "gate_lithium")[1:], "gate", plot.GREEN, ls="--")
        stated(axis, 0.4, "Li0.4WO3")
        axis.set_xscale("log")
        axis.set_xlim(0.1, 1e4)
        axis.set_xlabel("time at -1.1 V against LFP [s]")
        axis.set_ylabel("lithium x")
        axis.legend(loc="center right")
        return figure


def ladder(found: All) -> Figure:
    """3a."""
    with panels(2, 3.1) as (figure, axes):
        for axis, count in zip(axes, (512, 1024), strict=True):
            values = trace(found[f"3a-{count}"])[: 2 * count + 1]
            line(axis, np.arange(len(values)), values * MICRO)
            up = values[1 : count + 1]
            straight(axis, np.arange(1, count + 1), up * MICRO)
            smallest = np.abs(np.diff(values[: count + 1])).min() / READ_NOISE
            remark(axis, f"up: R² {linearity(up):.4f}\nsmallest step {smallest:.0f} η", 0.97, 0.92)
            stated(axis, count, f"{count} up, {count} down", along="x", place=0.03)
            axis.set_xlabel(PULSE)
        axes[0].set_ylabel(CONDUCTANCE)
        return figure


def amplitude(found: All) -> Figure:
    """3b."""
    seen = found["3b"]
    return _sweep(seen, seen["amplitude"], "amplitude [V], 10 ms", (0.1, 2.0))


def width(found: All) -> Figure:
    """3c."""
    seen = found["3c"]
    return _sweep(seen, seen["width"] * MILLI, "width [ms], 0.5 V", (10.0, 500.0))


def _sweep(seen: Found, x: np.ndarray, label: str, ends: tuple[float, float]) -> Figure:
    values = changes(seen)
    with panels(2) as (figure, axes):
        for axis, column, title in zip(axes, (1, 2), ("at the pulse's end", "2 s later, gate grounded"), strict=True):
            straight(axis, x, values[:, column] * MICRO)
            dots(axis, x, values[:, column] * MICRO)
            remark(axis, f"R² {linearity(values[:, column], x):.4f}")
            axis.set_title(title)
            axis.set_xlabel(label)
            for k, end in enumerate(ends):
                stated(axis, end, f"{'to' if k else 'from'} {end:g}", along="x", place=0.6)
        axes[0].set_ylabel(CHANGE)
        return figure


def number(found: All) -> Figure:
    """3d, and tension 1."""
    with panels(2, 3.1) as (figure, (left, right)):
        for name, colour in (("3d", plot.BLUE), ("3d-500", plot.GREEN)):
            if name in found:
                values = trace(found[name])
                label = "unified" if name == "3d" else "fig3e_500pct"
                line(left, np.arange(len(values)), values * 1e3, label, colour)
        left.set_ylabel("conductance [mS]")
        left.legend(loc="lower right")
        values = trace(found["3d"])
        begins = np.arange(0, 2400, 400)
        slopes = [slope(values[a : a + 401]) * MICRO for a in begins]
        right.bar(begins + 200, slopes, width=340, color=plot.BLUE)
        right.set_ylabel("change per pulse [µS], unified")
        for axis in (left, right):
            stated(axis, 800, "linear up to 800", along="x", place=0.9)
            axis.set_xlabel(PULSE)
        return figure


def cycling(found: All) -> Figure:
    """3e, and tension 1."""
    with panels(2, 3.1) as (figure, axes):
        for axis, name, title in zip(axes, ("3e", "3e-500"), ("unified", "fig3e_500pct"), strict=True):
            values = trace(found[name]) * MICRO
            line(axis, np.arange(len(values)), values, lw=1)
            last = values[-101:]
            low, high = float(last.min()), float(last.max())
            stated(axis, 6 * low, "500 % above the lowest", place=0.3)
            remark(axis, f"last cycle spans {(high - low) / low:.0%}", 0.97, 0.97)
            axis.set_ylim(0, 9.0 * low)
            axis.set_title(title)
            axis.set_xlabel(PULSE)
        axes[0].set_ylabel(CONDUCTANCE)
        return figure


def storage(found: All) -> Figure:
    """3f."""
    seen = found["3f"]
    with panels() as (figure, (axis,)):
        for case, (name, colour) in enumerate((("pristine WO3", plot.GREY), ("Li0.4WO3", plot.BLUE))):
            values = seen["conductance"][case, :, 0]
            line(axis, seen["time"][case] / 3600, 1e2 * (values / values[0] - 1), name, colour, marker="o", ms=3)
        axis.set_xlabel("time at 80 °C [h]")
        axis.set_ylabel("drift of conductance [%]")
        axis.legend(loc="upper left")
        return figure


def endurance(found: All) -> Figure:
    """S2."""
    seen = found["S2"]
    conductance, cycles = seen["conductance"] * MICRO, seen["cycle"]
    with panels(2, 3.1, (1.5, 1.0)) as (figure, (left, right)):
        left.vlines(100 * cycles, conductance.min(axis=1), conductance.max(axis=1), color=plot.BLUE, lw=3)
        left.set_xscale("log")
        stated(left, 1e5, "100 000 pulses", along="x", place=0.5)
        left.set_xlim(60, 4e5)
        left.set_xlabel("pulses so far")
        left.set_ylabel(f"{CONDUCTANCE}, lowest to highest")
        for row, label, colour in (
            (0, "cycle 1", plot.GREY),
            (-2, "cycle 20", plot.GREEN),
            (-1, "cycle 1000", plot.BLUE),
        ):
            line(right, np.arange(101), conductance[row], label, colour)
        right.set_xlabel("pulse in the cycle")
        right.legend(loc="upper right")
        return figure


def variation(found: All) -> Figure:
    """S3."""
    with panels(2, 3.1) as (figure, (left, right)):
        devices = found["S3-devices"]["long_term"]
        each = (devices[0, -1] - devices[0, 0]) / 50
        left.hist(each * MICRO, bins=20, color=plot.BLUE)
        mean = float(each.mean()) * MICRO
        for sign in (-1, 1):
            stated(left, mean * (1 + sign * 0.065), f"{sign * 6.5:+.1f} %", along="x", place=0.93)
        left.set_ylim(0, 1.15 * left.get_ylim()[1])
        remark(left, f"spread {spread(each):.1%}", 0.02, 0.8)
        left.set_xlabel("lasting change per pulse [µS]")
        left.set_ylabel("devices")
        cycles = trace(found["S3-cycles"], "long_term")
        steps = np.diff(cycles) * MICRO
        right.plot(np.arange(len(steps)), steps, ".", color=plot.BLUE, ms=2.5)
        remark(right, f"spread within a ramp {spread(steps_within(cycles, 50)):.1%}", 0.5, 0.47)
        right.set_xlabel(PULSE)
        right.set_ylabel("lasting change of a pulse [µS]")
        return figure


def idle(found: All) -> Figure:
    """Tension 4."""
    seen = found["idle"]
    values = changes(seen) * MICRO
    with panels() as (figure, (axis,)):
        for case, (name, colour) in enumerate((("gate let go", plot.BLUE), ("gate grounded", plot.ORANGE))):
            after = seen["time"][case] > 0.2
            line(axis, seen["time"][case][after] - 0.2, values[case][after], name, colour)
        axis.set_xscale("log")
        axis.set_ylim(0, None)
        axis.set_xlabel("time after ten pulses of 0.5 V, 10 ms [s]")
        axis.set_ylabel(CHANGE)
        axis.legend(loc="lower left")
        return figure


def crosstalk(found: All) -> Figure:
    """Tension 5."""
    seen = found["crosstalk"]
    ohms = EngFormatter("Ω")
    names = [ohms(ohm) + ("\nliteral PEO" if literal else "") for ohm, literal in
             zip(seen["neighbour"], seen["literal"], strict=True)]  # fmt: skip
    with panels() as (figure, (axis,)):
        places = np.arange(len(names))
        axis.bar(places - 0.2, seen["kept"], 0.38, color=plot.BLUE, label="the pulsed cell keeps")
        axis.bar(places + 0.2, seen["leaked"], 0.38, color=plot.ORANGE, label="its neighbour gets")
        for place, kept, leaked in zip(places, seen["kept"], seen["leaked"], strict=True):
            axis.annotate(
                f"{kept:.1%}", (place - 0.2, kept), (0, 2), textcoords="offset points", ha="center", fontsize=8
            )
            axis.annotate(f"{leaked:.2%}", (place + 0.2, leaked), (0, 2), textcoords="offset points", ha="center",
                          fontsize=8)  # fmt: skip
        axis.set_xticks(places, names)
        axis.set_ylim(0, 1.15)
        axis.set_ylabel("of a lone device's change")
        axis.set_xlabel("electrolyte between neighbours, 3 x 3 cells")
        axis.legend(loc="upper left")
        return figure
