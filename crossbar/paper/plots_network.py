"""Plots of Figure 6 and of what its ratios depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crossbar import plot
from crossbar.paper.benchmark import SYNAPSES
from crossbar.paper.claims_network import PUBLISHED, runs
from crossbar.paper.draw import MICRO, MILLI, PAPER, line, panels, stated
from crossbar.paper.found import Floats, Found

All = Mapping[str, Found]
Draw = Callable[[All], Figure]
SHADES = {"NO-STP": plot.GREY, "LiWES": plot.BLUE, "IDEAL": plot.GREEN}


def example(found: All) -> Figure:
    """6b."""
    seen = found["6b"]
    time = seen["time"] * MILLI
    names = (("liwes", "LiWES, Eq 1-3", plot.BLUE), ("ideal", "IDEAL", plot.GREEN), ("circuit", "circuit", plot.INK))
    with panels(2, 3.1) as (figure, (left, right)):
        for name, label, colour in names:
            line(left, time, seen[f"{name}_conductance"] * MICRO, label, colour, lw=1.1)
            line(right, time, seen[f"{name}_membrane"] * MICRO, "", colour, lw=1.1)
        line(right, time, seen["static_membrane"] * MICRO, "NO-STP, k matched", plot.GREY, lw=1.1)
        for axis in (left, right):
            axis.eventplot(seen["spike"] * MILLI, lineoffsets=-0.12, linelengths=0.12, colors=plot.SOFT)
            axis.set_xlabel("time [ms]")
        left.set_ylabel("change of conductance [µS]")
        right.set_ylabel("membrane [µS], τ = 10 ms")
        left.legend(loc="upper left")
        right.legend(loc="upper left")
        return figure


def separability(figure: str) -> Draw:
    """6f or 6g."""

    def draw(found: All) -> Figure:
        told = PUBLISHED[figure]
        with panels(2, 3.0, (2.2, 1.0)) as (drawn, (left, right)):
            for place, name in enumerate(SHADES):
                _runs(left, place, runs(found[figure], name) * MICRO, SHADES[name])
                left.plot([place + 0.12], [told.separabilities[name]], "D", color=PAPER, ms=6, mec="white")
            if told.tau < 50:  # three decades there, less than one on the slow membrane
                left.set_yscale("log")
            left.set_xticks(range(len(SHADES)), list(SHADES))
            left.set_ylabel("separability [µS]")
            left.plot([], [], "D", color=PAPER, ms=6, label="the paper's one run")
            left.plot([], [], "o", color=plot.SOFT, ms=4, label="single runs, median, middle 95 %")
            left.legend(loc="lower right")
            static = runs(found[figure], "NO-STP")
            for place, (name, ratio) in enumerate(zip(("LiWES", "IDEAL"), told.boosts, strict=True)):
                _runs(right, place, runs(found[figure], name) / static, SHADES[name])
                right.plot([place + 0.12], [ratio], "D", color=PAPER, ms=6, mec="white")
            right.set_xticks(range(2), ["LiWES", "IDEAL"])
            right.set_xlim(-0.6, 1.6)
            right.set_ylim(0, None)
            right.set_ylabel("over NO-STP, same trains")
            return drawn

    return draw


def _runs(axis: Axes, place: int, values: Floats, colour: str) -> None:
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    beside = place - 0.22 + 0.1 * np.random.default_rng(0).standard_normal(len(values)).clip(-1.5, 1.5) / 1.5
    axis.plot(beside, values, "o", color=colour, ms=2.5, alpha=0.35, mew=0)
    axis.plot([place] * 2, [low, high], color=colour, lw=2.2, solid_capstyle="butt")
    axis.plot([place], [middle], "o", color=colour, ms=7, mec="white")


def reading_time(name: str) -> Draw:
    """What 128x, or 1.4x, depends on."""

    def draw(found: All) -> Figure:
        with panels(1, 3.1) as (figure, (axis,)):
            pause, swept = found[name]["pause"] * MILLI, found[name]["swept"]
            static = swept[SYNAPSES.index("NO-STP")]
            for synapse in ("LiWES", "IDEAL"):
                _band(axis, pause, swept[SYNAPSES.index(synapse)] / static, synapse, SHADES[synapse])
            if "6-circuit" in found:
                solved = found["6-circuit"]["swept"][list(PUBLISHED).index(name)]
                _band(axis, pause, solved / static[: len(solved)], "circuit", plot.INK)
            axis.plot([50, 50], PUBLISHED[name].boosts, "D", color=PAPER, ms=6, mec="white", label="paper", ls="none")
            stated(axis, 50, "read here", along="x", place=0.9)
            axis.set_yscale("log")
            axis.set_xlabel(f"t_read - t_end [ms], τ = {PUBLISHED[name].tau:g} ms")
            axis.set_ylabel("separability over NO-STP")
            axis.legend(loc="upper left")
            return figure

    return draw


def _band(axis: Axes, x: Floats, ratios: Floats, label: str, colour: str) -> None:
    low, middle, high = np.quantile(ratios, [0.025, 0.5, 0.975], axis=0)
    axis.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    line(axis, x, middle, label, colour)


def circuits(found: All) -> Figure:
    """Eq 1-3 against circuit solves."""
    shown = (
        ("ideal", "6-circuit", "IDEAL\n(Eq 1-3)", plot.GREEN),
        ("superposed", "6-circuit", "Eq 2 summed\nover spikes", plot.GREY),
        ("circuit", "6-circuit-200us", "circuit,\ntable1_200us", plot.INK),
        ("circuit", "6-circuit", "circuit,\nunified", plot.INK),
        ("noisy", "6-circuit", "circuit, unified,\nwith η", plot.BLUE),
    )
    with panels(2, 3.0) as (figure, axes):
        for place, (axis, name) in enumerate(zip(axes, ("6f", "6g"), strict=True)):
            for row, (key, source, _, colour) in enumerate(shown):
                _runs(axis, row, found[source][key][place] * MICRO, colour)
            axis.plot([0], [PUBLISHED[name].separabilities["IDEAL"]], "D", color=PAPER, ms=6, mec="white")
            axis.set_xticks(range(len(shown)), [label for _, _, label, _ in shown], fontsize=6.5)
            axis.set_ylim(0, None)
            axis.set_title(f"τ = {PUBLISHED[name].tau:g} ms")
        axes[0].set_ylabel("separability [µS]")
        return figure
