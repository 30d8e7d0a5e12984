"""Plots of Figures 4, 5, S5 and Table 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from circuits.liwes import READ_NOISE
from crossbar import plot
from crossbar.paper import measures
from crossbar.paper.draw import MICRO, MILLI, PAPER, dots, line, panels, remark, stated
from crossbar.paper.found import Found
from crossbar.paper.measures import changes, decay, linearity, ramps, table_1, trace
from crossbar.paper.refit import VARIANTS

All = Mapping[str, Found]
COLOURS = (plot.GREY, plot.GREEN, plot.BLUE)
CHANGE = "change of conductance [µS]"
WINDOWS = (0.05, 0.1, 0.5, 5.0)
"""Lengths of record the tension on Table 1 fits [s]."""


def gating(found: All) -> Figure:
    """4c."""
    with panels() as (figure, (axis,)):
        _decays(axis, found["4c"], "")
        stated(axis, READ_NOISE * MICRO, "η of Table 1", place=0.85)
        axis.set_ylabel(CHANGE)
        return figure


def doping(found: All) -> Figure:
    """4d, and tension 3."""
    with panels(2, 3.1) as (figure, (left, right)):
        _decays(left, found["4d"], " on LFP")
        stated(left, READ_NOISE * MICRO, "η of Table 1", place=0.7)
        left.set_ylabel(CHANGE)
        left.set_title("then let go")
        seen = found["4d-idle"]
        values, volts = changes(seen) * MICRO, seen["amplitude"]
        for held, name, colour in ((0, "let go", plot.BLUE), (1, "held at 0 V", plot.GREY)):
            chosen = seen["held"] == held
            line(right, volts[chosen], values[chosen][:, -1], name, colour, marker="o", ms=4)
        stated(right, 1.1, "OCV 1.1 V", along="x", place=0.05)
        right.set_yscale("symlog", linthresh=1.0)
        right.set_ylim(-3e3, 30.0)
        right.set_xlabel("amplitude on LFP, absolute [V]")
        right.set_title(f"{seen['time'][0][-1]:.1g} s after the pulse")
        right.legend(loc="center right")
        return figure


def _decays(axis: object, seen: Found, where: str) -> None:
    for case, volts in enumerate(seen["amplitude"]):
        time = seen["time"][case][1:] - seen["time"][case][1] + 5e-7
        line(axis, time, changes(seen)[case][1:] * MICRO, f"{volts:g} V{where}", COLOURS[case])  # type: ignore[arg-type]
    axis.set_xscale("log")  # type: ignore[attr-defined]
    axis.set_yscale("log")  # type: ignore[attr-defined]
    axis.set_xlabel("time after the pulse [s]")  # type: ignore[attr-defined]
    axis.legend(loc="lower left")  # type: ignore[attr-defined]


def speed(found: All) -> Figure:
    """4e, and tension 5."""
    with panels() as (figure, (axis,)):
        for name, label, colour in (("4e", "unified", plot.BLUE), ("4e-literal", "PEO taken literally", plot.GREY)):
            if name in found:
                line(
                    axis,
                    found[name]["width"] * MICRO,
                    changes(found[name])[:, 1] * MICRO,
                    label,
                    colour,
                    marker="o",
                    ms=4,
                )
        stated(axis, 0.5, "500 ns", along="x", place=0.85)
        stated(axis, READ_NOISE * MICRO, "η of Table 1", place=0.6)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel("width [µs], 1 V")
        axis.set_ylabel("change at the end [µS]")
        axis.legend(loc="lower right")
        return figure


def fast_cycling(found: All) -> Figure:
    """4f."""
    values = (trace(found["4f"]) - trace(found["4f"])[0]) * MICRO
    straightness = [linearity(ramp) for ramp in ramps(values, 50)]
    with panels() as (figure, (axis,)):
        line(axis, np.arange(len(values)), values, lw=1)
        remark(axis, f"R² of a ramp {min(straightness):.4f} to {max(straightness):.4f}", 0.97, 0.9)
        axis.set_xlabel("pulse of 1 V, 1 µs, one every 10 µs")
        axis.set_ylabel(CHANGE)
        return figure


def pairs(found: All) -> Figure:
    """5a, 5b."""
    interval, higher = measures.facilitation(found["5ab"])
    a, fast, b, slow, stays = measures.two_decays(interval, higher, constant=True)
    grid = np.geomspace(interval[0], interval[-1], 200)
    with panels() as (figure, (axis,)):
        fitted = a * np.exp(-grid / fast) + b * np.exp(-grid / slow) + stays
        line(axis, grid * MILLI, fitted * MICRO, f"two decays, {fast * MILLI:.1f} and {slow * MILLI:.0f} ms", plot.GREY)
        dots(axis, interval * MILLI, higher * MICRO, "simulated")
        paper = a * np.exp(-grid / 19e-3) + b * np.exp(-grid / 433e-3) + stays
        line(axis, grid * MILLI, paper * MICRO, "with the paper's 19 and 433 ms", PAPER, ls="--", lw=1.2)
        axis.set_xscale("log")
        axis.set_xlabel("interval between two pulses [ms]")
        axis.set_ylabel("G2 - G1 [µS]")
        axis.legend(loc="upper right")
        return figure


def filtering(found: All) -> Figure:
    """5c, 5d."""
    rate, gain = measures.gains(found["5cd"])
    seen = found["5cd"]
    whole = changes(seen)
    with panels(2, 3.1) as (figure, (left, right)):
        for case, colour in ((0, plot.GREY), (3, plot.GREEN), (7, plot.BLUE)):
            peaks = whole[case, 1::2]
            line(left, np.arange(1, 11), peaks * MICRO, f"{rate[case]:g} Hz", colour, marker="o", ms=4)
        left.set_xlabel("pulse")
        left.set_ylabel("peak change [µS]")
        left.legend(loc="upper left")
        line(right, rate, gain, "short-term part", marker="o", ms=4)
        line(right, rate, whole[:, -1] / whole[:, 1], "change of G", plot.GREY, marker="o", ms=4)
        stated(right, 1, "rises from 1 Hz", along="x", place=0.9)
        stated(right, 80, "to 80", along="x", place=0.05)
        right.set_xscale("log")
        right.set_xlabel("rate [Hz]")
        right.set_ylabel("gain G10 / G1")
        right.legend(loc="center left")
        return figure


def refits(found: Found) -> list[tuple[float, float, float]]:
    """Length of record, and the two time constants fitted to it [s]."""
    time, left = decay(found)
    fits = [
        (window, measures.two_decays(time[time <= window], left[time <= window], constant=False)) for window in WINDOWS
    ]
    return [(window, float(best[1]), float(best[3])) for window, best in fits]


def table(found: All) -> Figure:
    """Table 1, and tension 6."""
    with panels(2, 3.1) as (figure, (left, right)):
        time, values = decay(found["table1"])
        shown = time <= 0.1 + 1e-9
        line(left, time[shown] * MILLI, values[shown] * MICRO, "unified")
        if "table1-200us" in found:
            other, seen = decay(found["table1-200us"])
            near = other <= 0.1 + 1e-9
            line(left, other[near] * MILLI, seen[near] * MICRO, "table1_200us", plot.GREEN, lw=1.2)
        line(left, time[shown] * MILLI, table_1(time[shown]) * MICRO, "Table 1", PAPER, ls="--")
        left.set_xlabel("time after 1 V, 200 µs [ms]")
        left.set_ylabel(CHANGE)
        left.legend(loc="upper right")
        for window, fast, slow in refits(found["table1"]):
            right.plot([window] * 2, [fast * MILLI, slow * MILLI], "o", color=plot.BLUE, ms=5)
        for value in (5, 92):
            stated(right, value, f"{value} ms", place=0.75)
        right.set_xscale("log")
        right.set_yscale("log")
        right.set_xlabel("length of record [s]")
        right.set_ylabel("fitted time constants [ms]")
        return figure


def refitted(found: All) -> Figure:
    """Table 1 fitted again: each parameter, and what each fit leaves."""
    seen = found["refit"]
    apart = 1e2 * (seen["fitted"] / seen["shipped"] - 1)
    with panels(2, 3.1) as (figure, (left, right)):
        places = np.arange(apart.shape[1])
        for row, ((name, _, _), colour) in enumerate(zip(VARIANTS, (plot.BLUE, plot.GREEN, plot.GREY), strict=True)):
            left.bar(places + 0.26 * (row - 1), apart[row], 0.24, color=colour, label=name)
            line(right, seen["after"] * MILLI, np.abs(seen["residual"][row]) * MICRO, "", colour)
        left.set_xticks(places, ["τ1", "τ2", "share 1", "share 2"])
        left.set_ylabel("from table1_200us [%]")
        left.legend(loc="lower left", fontsize=8)
        stated(right, READ_NOISE * MICRO, "η of Table 1", place=0.6)
        right.set_yscale("log")
        right.set_xlabel("time after 1 V, 200 µs [ms]")
        right.set_ylabel("|curve - fit| [µS]")
        return figure


def energy(found: All) -> Figure:
    """S5, and tension 2."""
    seen = found["S5"]
    kinds = sorted({(float(v), float(w)) for v, w in zip(seen["amplitude"], seen["width"], strict=True)},
                   key=lambda kind: -measures.energies(seen, *kind)[1].max())  # fmt: skip
    shades = (plot.INK, plot.GREEN, plot.BLUE, plot.GREY, plot.SOFT)
    with panels(1, 3.2) as (figure, (left,)):
        for (volts, seconds), colour in zip(kinds, shades, strict=True):
            area, price = measures.energies(seen, volts, seconds)
            line(left, area * 1e12, price, f"{volts:g} V, {_seconds(seconds)}", colour, marker="o", ms=4)
        stated(left, 2e-12, "about 2 pJ", place=0.6)
        stated(left, 1e4, "50 x 200 µm²", along="x", place=0.93)
        left.set_xscale("log")
        left.set_yscale("log")
        left.set_xlabel("area of gate and channel, each [µm²]")
        left.set_ylabel("energy of one pulse [J]")
        left.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


def _seconds(value: float) -> str:
    return f"{value * 1e3:g} ms" if value >= 1e-3 else f"{value * 1e6:g} µs"
