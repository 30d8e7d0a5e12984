"""Solve a netlist in time or at one instant with the native engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import typeof, types
from numpy.typing import NDArray

from circuits.elements import Currents, Drives, Instances, Resistors, Switches
from circuits.errors import InputError, OutcomeError
from circuits.native.march import (
    ENDLESS,
    FINISHED,
    STUCK,
    T_HERE,
    T_NEWTON,
    T_REJECTED,
    T_STEP,
    T_STEPS,
    T_STOP,
    Plan,
    Record,
    Room,
    Tally,
    begin,
    march,
    note,
)
from circuits.native.stage import new_point, new_work
from circuits.native.system import Assembly, System, assemble
from circuits.netlist import Netlist
from circuits.solution import Solution
from circuits.writers.kernel import SIGNATURE, compiled

Floats = NDArray[np.float64]
Progress = Callable[[float], None]

CHUNK = 256
STEPS_LIMIT = 1_000_000  # between two stops; a pulse takes 2,000 at the default accuracy
RANGES = {"tolerance": (1e-12, 1e-1), "floor": (1e-300, 1.0), "energy": (1e-10, 1.0), "newton": (1e-15, 1e-6)}


@dataclass(frozen=True)
class Accuracy:
    """How exactly the native engine steps.

    tolerance: local error of each state relative to the largest of its kind; floor: absolute part
    energy: energy the run may lose track of, relative to its heat
    newton: last update relative to the largest potential; steps: equal steps between stops instead of adaptive ones
    """

    tolerance: float = 1e-6
    floor: float = 1e-12
    energy: float = 8e-7
    newton: float = 1e-12
    steps: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"accuracy.{name}", value, f"from {low:g} to {high:g}", f"{getattr(Accuracy, name)}")
        if self.steps < 0 or self.steps % 1:
            raise InputError("accuracy.steps", self.steps, "a whole number from 0 (adaptive)", "0")


def simulate(
    netlist: Netlist,
    end: float,
    samples: Sequence[float] | Floats | None = None,
    *,
    accuracy: Accuracy | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Behaviour of `netlist` from 0 to `end` [s], recorded at `samples` (each is hit), or at every step without them.

    progress: called now and then with the fraction done. Raises InputError for a bad end or samples, OutcomeError
    when no step is small enough.
    """
    if not np.isfinite(end) or end <= 0:
        raise InputError("end", end, "a finite time above 0 s", "1e-3")
    chosen = accuracy or Accuracy()
    assembly = assemble(netlist)
    plan = _plan(netlist, end, samples, chosen)
    run = _Run(assembly, plan)
    run.go(progress)
    return run.solution()


def operating_point(netlist: Netlist) -> Solution:
    """Potentials at time 0 with every state and capacitor held; one sample, no energy. Raises OutcomeError."""
    assembly = assemble(netlist)
    run = _Run(assembly, _plan(netlist, 1.0, (0.0,), Accuracy()))
    run.start()
    return run.solution()


def _plan(netlist: Netlist, end: float, samples: Sequence[float] | Floats | None, accuracy: Accuracy) -> Plan:
    wanted = np.unique(np.asarray([] if samples is None else samples, float))
    if len(wanted) and not (wanted[0] >= 0 and wanted[-1] <= end):
        raise InputError("samples", wanted, f"times from 0 to {end:g} s", "times inside the run")
    edges = np.unique(np.array([t for w in netlist.waveforms for t in w.times], float))
    edges = edges[(edges > 0) & (edges < end)]
    stops = np.unique(np.concatenate([[0.0, end], edges, wanted]))
    waves = np.stack([w(stops) for w in netlist.waveforms], axis=1) if netlist.waveforms else np.zeros((len(stops), 0))
    keep = np.isin(stops, wanted) | (stops == 0) | (stops == end)
    return Plan(
        stops,
        np.isin(stops, edges),
        keep,
        np.ascontiguousarray(waves),
        accuracy.tolerance,
        accuracy.floor,
        accuracy.energy,
        accuracy.newton,
        accuracy.steps,
        STEPS_LIMIT,
        samples is None,
    )


@cache
def _prepare() -> None:
    """Compile the entry points for any kernel at all, so that one copy on disk serves every device."""
    s = assemble(Netlist("", ("ground",), ()))
    room, none = _room(s.system, 1, 0), np.zeros(0)
    plan, tally = _plan(s.netlist, 1.0, None, Accuracy()), Tally(none, none, none, none, none, none)
    record = Record(none, np.zeros((0, 1)), np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(1, np.int64))
    kernel = types.FunctionType(SIGNATURE)
    typed: Callable[[object], Any] = typeof
    given = [typed(item) for item in (s.system, plan, room)]
    more = typed(tally), typed(record), typed(none), types.int64
    entries: tuple[tuple[Any, tuple[Any, ...]], ...] = ((begin, ()), (march, more))
    for entry, arguments in entries:
        entry.compile((kernel, *given, *arguments))
        entry.disable_compile()


class _Run:
    """One march, in chunks so that it can be watched and interrupted."""

    def __init__(self, assembly: Assembly, plan: Plan) -> None:
        self.assembly, self.plan = assembly, plan
        s = assembly.system
        _prepare()
        self.kernel = compiled(tuple(g.device for g in assembly.netlist.devices))
        self.room = _room(s, assembly.length, plan.waves.shape[1])
        self.room.before.z[:] = assembly.start()
        self.room.known[:] = assembly.held()
        driven = len(s.driven_wave)
        counts = len(s.conductors.start), int(s.devices.counts.sum()), len(s.currents.start)
        self.tally = Tally(np.zeros(driven), np.zeros(driven), *(np.zeros(n) for n in (*counts, 1)))
        self.clock = np.zeros(7)
        self.rows: list[tuple[Floats, Floats, Floats, Floats]] = []
        self._fresh()

    def _fresh(self) -> None:
        length, driven = self.assembly.length, len(self.tally.charge)
        self.record = Record(
            np.zeros(CHUNK),
            np.zeros((CHUNK, length)),
            np.zeros((CHUNK, driven)),
            np.zeros((CHUNK, driven)),
            np.zeros(1, np.int64),
        )

    def start(self) -> None:
        """Solve the nodes at time 0."""
        if not begin(self.kernel, self.assembly.system, self.plan, self.room):
            raise OutcomeError(
                "No operating point was found at time 0.",
                "a node with no way for current to leave, or values many decades apart.",
                "checking switches, resistances and initial states.",
            )
        note(self.record, self.tally, self.room.before.z, 0.0)

    def go(self, progress: Progress | None) -> None:
        """March to the end."""
        self.start()
        stops = self.plan.stops
        self.clock[T_STEP] = 1e-3 * (stops[1] - stops[0])
        status = None
        while status != FINISHED:
            arguments = self.plan, self.room, self.tally, self.record, self.clock, 4 * CHUNK
            status = march(self.kernel, self.assembly.system, *arguments)
            self._drain()
            here = stops[int(self.clock[T_STOP])] + self.clock[T_HERE]
            if progress is not None:
                progress(float(here / stops[-1]))
            if status in {STUCK, ENDLESS}:
                happened = "No step was small enough" if status == STUCK else f"{STEPS_LIMIT} steps were not enough"
                raise OutcomeError(
                    f"{happened} at t = {here:.9g} s.",
                    "a parameter far outside its physical range, or a tolerance near rounding.",
                    "a larger accuracy.tolerance (1e-6 is usual) or milder values.",
                )

    def _drain(self) -> None:
        n = int(self.record.filled[0])
        r = self.record
        self.rows.append((r.time[:n], r.z[:n], r.charge[:n], r.energy[:n]))
        self._fresh()

    def solution(self) -> Solution:
        """What was recorded, in the netlist's own order."""
        self._drain()
        time, z, charge, energy = (np.concatenate(part) for part in zip(*self.rows, strict=True))
        a, netlist = self.assembly, self.assembly.netlist
        drives = {g.name: a.drives[g.name] for g in netlist.groups if isinstance(g, Drives)}
        return Solution(
            engine="native",
            netlist=netlist,
            time=time,
            potentials=z[:, a.place],
            variables={name: z[:, where] for name, where in a.local.items()},
            charge={name: charge[:, where] for name, where in drives.items()},
            energy={name: energy[:, where] for name, where in drives.items()},
            dissipated=self._heat(),
            work={"steps": self.clock[T_STEPS], "rejected": self.clock[T_REJECTED], "newton": self.clock[T_NEWTON]},
        )

    def _heat(self) -> dict[str, Floats]:
        """Heat of every group; a current source turns back what it supplies."""
        result = {}
        for kinds, values in (
            ((Resistors, Switches), self.tally.heat),
            (Instances, self.tally.loss),
            (Currents, -self.tally.lift),
        ):
            first = 0
            for group in self.assembly.netlist.groups:
                if isinstance(group, kinds):
                    last = first + (group.count if isinstance(group, Instances) else len(group.start))
                    result[group.name] = values[first:last]
                    first = last
        return result


def _room(s: System, length: int, waves: int) -> Room:
    kinds = int(s.kind.max(initial=-1)) + 1
    return Room(
        before=new_point(s),
        middle=new_point(s),
        after=new_point(s),
        work=new_work(s),
        charges=np.zeros(length),
        known=np.zeros(len(s.capacity)),
        spare=np.zeros(length),
        waves=np.zeros(waves),
        scale=np.zeros(kinds),
        past=np.zeros(length),
        pace=np.zeros(1),
        lost=np.zeros(1),
    )
