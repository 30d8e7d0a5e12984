"""What single pulses cost, and how far the native engine is from ngspice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from circuits.errors import MissingEngineError
from circuits.solution import Floats, Solution
from circuits.writers.spice import export
from crossbar.array import Layout
from crossbar.demo.plan import Plan
from crossbar.demo.tiles import Hear
from crossbar.facade import Array
from crossbar.operations.read import Reading
from crossbar.operations.run import Run, Settings, solve
from crossbar.pulses import Cell, Pulse
from crossbar.studies.pulse import pulse_energy
from crossbar.variation import device_to_device
from crossbar.wiring import CELLS

SIDE = 4
NEARLY = 0.39  # lithium the sub-array's pre-charge starts from: the last stretch, as ngspice is slow over hours
CELL: Cell = (1, 2)
PAIR = Pulse(0.5, 10e-3, count=2, interval=10e-3)
AFTER = 30e-3  # s drawn behind the second pulse
REFERENCE = Pulse(1.0, 1e-6)
NAMES = ("energy_relative", "conductance_relative", "lithium_absolute")


@dataclass(frozen=True)
class PulseCosts:
    """Energy one device takes: for a front-end spike, for a 1 V, 1 us pulse [J]."""

    spike: float
    reference: float


@dataclass(frozen=True, eq=False)
class Trace:
    """One cell under the pair of pulses: time [s], gate line [V], change of conductance [S], each (time,)."""

    time: Floats
    gate: Floats
    change: Floats


@dataclass(frozen=True, eq=False)
class Check:
    """The two engines on one sub-array through pre-charge, two pulses and a read.

    netlist: the pulses, as ngspice runs them
    version: of ngspice, empty when it was not run, `reason` then says why
    differences: energy_relative, conductance_relative, lithium_absolute, the largest of the operations; by_operation
    traces: the pulses by engine
    """

    netlist: str
    version: str
    reason: str
    differences: Mapping[str, float] = field(default_factory=dict)
    by_operation: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    traces: Mapping[str, Trace] = field(default_factory=dict)


def pulse_costs(plan: Plan, hear: Hear) -> PulseCosts:
    """From one device on ideal lines, gate back at 0 V afterwards; the first solve on a machine compiles the engine."""
    hear(0.0, "compiling the engine, once")
    return PulseCosts(pulse_energy(plan.spike), pulse_energy(REFERENCE))


def cross_check(plan: Plan) -> Check:
    """Both engines on the sub-array; without ngspice, the native one and the netlist."""
    nominal = plan.array(SIDE, SIDE)
    array = nominal.varied(device_to_device(nominal, plan.chance("check"), plan.spread))
    native = _operations(array, "native")
    netlist = native.pulses.solution.netlist
    end, times = _times(native.pulses)
    text = export(netlist, end, times)
    traces = {"native": _trace(array, solve(netlist, end, times, Settings()))}
    if not plan.cross_check:
        return Check(text, "", "it was not asked for", traces=traces)
    try:
        other = _operations(array, "ngspice")
        traces["ngspice"] = _trace(array, solve(netlist, end, times, Settings(engine="ngspice")))
    except MissingEngineError as error:
        return Check(text, "", error.happened.rstrip("."), traces=traces)
    found = _compare(native, other)
    largest = {name: max(each[name] for each in found.values() if name in each) for name in NAMES}
    return Check(text, other.pulses.solution.engine, "", largest, found, traces)


@dataclass(frozen=True, eq=False)
class _Chain:
    """Pre-charge, pulses and read on one engine, each from where the one before it ended."""

    precharge: Run
    pulses: Run
    read: Reading


def _operations(array: Array, engine: str) -> _Chain:
    charged = array.precharge(array.device.values["rest_lithium"], state=array.rest(NEARLY), engine=engine)
    pulsed = array.program(charged.state, {CELL: PAIR}, engine=engine)
    return _Chain(charged, pulsed, array.read(pulsed.state, engine=engine))


def _compare(one: _Chain, other: _Chain) -> dict[str, dict[str, float]]:
    """How far `one` is from `other`, by operation."""
    found = {}
    for name in ("precharge", "pulses"):
        mine, theirs = getattr(one, name), getattr(other, name)
        # A solution counts from rest, where LFP supplies nothing: the run's account has all of it.
        energy = abs(mine.energy.total / theirs.energy.total - 1)
        found[name] = mine.difference(theirs) | {"energy_relative": energy}
    currents = np.abs(one.read.currents / other.read.currents - 1).max()
    energy = float(np.abs(one.read.energy / other.read.energy - 1).max())
    found["read"] = {"energy_relative": energy, "current_relative": float(currents)}
    return found


def _times(run: Run) -> tuple[float, Floats]:
    """End and instants [s] of what is drawn: evenly, and denser behind each edge, where most of it happens."""
    end = run.latency + AFTER
    edges = run.solution.netlist.waveforms
    corners = np.unique([t for wave in edges for t in wave.times])
    close = (corners[:, None] + np.geomspace(1e-6, 2e-3, 12)).ravel()
    times = np.unique(np.concatenate([np.linspace(0, end, 161), corners, close]))
    return end, times[(times >= 0) & (times <= end)]


def _trace(array: Layout, solution: Solution) -> Trace:
    row, column = CELL
    cell = row * array.columns + column
    conductance = solution.output(CELLS, "conductance")[:, cell]
    line = f"gate_{array.gate_line(row, column)}"
    return Trace(solution.time, solution.potential(line), conductance - conductance[0])
