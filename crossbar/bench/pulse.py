"""A transient to be measured: one pulse on one cell of a whole array, and what follows until it has decayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuits.native.engine import Accuracy, simulate
from circuits.netlist import Netlist
from circuits.solution import Floats, Solution
from circuits.waveforms import constant, steps
from crossbar.array import Layout
from crossbar.bench.effort import Answer, Run, timed
from crossbar.wiring import CELLS, Line, Switching, netlist, quiet

AMPLITUDE, WIDTH, END, RISE = 0.5, 10e-3, 0.1, 1e-9  # V, s
ACCURACY = Accuracy(tolerance=3e-4, energy=1e-3, newton=1e-6)  # leaves a peak error of some 4e-4
CONVERGED = Accuracy(tolerance=3e-6, energy=1e-5)  # a hundred times tighter
CHARGED = 0.4  # lithium before


def pulsed(size: int) -> Netlist:
    """The array with all lines, neighbouring electrolytes and access switches, one cell in its middle pulsed."""
    layout = Layout(size, size)
    still, middle = quiet(layout), (size // 2, size // 2)
    begin = 4 * RISE
    span, switch = (begin, begin + WIDTH), layout.access.gate[0]
    on, off = 1 / switch.on, 1 / switch.off
    gate = list(still.gate)
    gate[middle[0]] = Line(steps(0.0, [(*span, AMPLITUDE)], RISE))
    which = np.zeros(layout.shape, np.int64)
    which[middle] = 1
    gates = Switching((constant(off), steps(off, [(*span, on)], RISE)), which)
    stimulus = replace(still, gate=tuple(gate), gates=gates)
    return netlist(layout, layout.rest(CHARGED), stimulus, "one pulse")


@dataclass(frozen=True)
class Pulse:
    """One 0.5 V, 10 ms pulse and 90 ms of decay; fields as in networks.Read."""

    name: str = "pulse"
    words: str = "0.5 V, 10 ms pulse and 90 ms decay"
    size: int = 8
    alone: tuple[int, ...] = (32,)
    most: int = 1024

    def case(self, size: int) -> Netlist:
        """The circuit every engine is given."""
        return pulsed(size)

    def ours(self, case: Netlist) -> Run:
        """The native engine, from netlist to final state; a second run, step by step the same, tells the waveforms."""

        def end() -> Solution:
            return simulate(case, END, [END], accuracy=ACCURACY)

        return lambda: timed(end, lambda _: waveforms(simulate(case, END, accuracy=ACCURACY)))

    def errors(self, case: Netlist, answers: Sequence[Answer]) -> list[float]:
        """Largest error at any point an engine chose, of each answer: see `peak_error`."""
        times = np.unique(np.concatenate([answer["time"] for answer in answers]))
        exact = waveforms(simulate(case, END, times, accuracy=CONVERGED))
        return [peak_error(answer, exact) for answer in answers]


def waveforms(solution: Solution) -> Answer:
    """Everything that moves, at every point of a solution; the first axis is time."""
    return {
        "time": solution.time,
        "states": solution.states(CELLS),
        "conductance": solution.output(CELLS, "conductance")[..., None],
        "potentials": solution.potentials[:, :, None],
    }


def peak_error(found: Answer, exact: Answer) -> float:
    """Largest error of any state, conductance or potential, relative to how far the largest of its kind moves.

    exact has all times of found.
    """
    at = np.searchsorted(exact["time"], found["time"])
    return max(_worst(found[name], exact[name][at], exact[name]) for name in ("states", "conductance", "potentials"))


def _worst(found: Floats, exact: Floats, every: Floats) -> float:
    """found, exact: shape (time, count, kinds)."""
    error, moved = np.abs(found - exact).max(axis=(0, 1)), np.abs(every - every[0]).max(axis=(0, 1))
    return float((error / np.maximum(moved, np.finfo(float).tiny)).max())
