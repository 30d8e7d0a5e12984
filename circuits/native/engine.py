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
from circuits.memory import check_memory
from circuits.native.approach import DIRECT, Approach, exact, quick
from circuits.native.krylov import DEPTH
from circuits.native.march import (
    ADRIFT,
    ENDLESS,
    FINISHED,
    STUCK,
    T_HERE,
    T_NEWTON,
    T_REJECTED,
    T_STEP,
    T_STEPS,
    T_STOP,
    begin,
    march,
    note,
)
from circuits.native.room import KEPT, Plan, Record, Room, Tally
from circuits.native.stage import T_FACTORS, T_LINEAR, new_point, new_work
from circuits.native.system import Assembly, assemble
from circuits.native.tableau import STAGES
from circuits.netlist import Netlist
from circuits.solution import Solution
from circuits.writers.compiled import roomy

Floats = NDArray[np.float64]
Progress = Callable[[float], None]

CHUNK = 256
WATCHED = 16  # steps between two looks at the progress
ROWS = 1 << 28  # bytes of the record kept before it is handed over
STEPS_LIMIT = 1_000_000  # between two stops; a pulse takes 2,000 at the default accuracy
RANGES = {"tolerance": (1e-12, 1e-1), "floor": (1e-300, 1.0), "energy": (1e-10, 1.0), "newton": (1e-15, 1e-6)}


@dataclass(frozen=True)
class Accuracy:
    """How exactly the native engine steps.

    tolerance: local error of each state relative to the largest of its kind; floor: absolute part
    energy: energy the run may lose track of, relative to its heat
    newton: what the nodes are left with, relative to the largest potential: charge closes to a tenth of it
    steps: equal steps between stops instead of adaptive ones
    """

    tolerance: float = 1e-6
    floor: float = 1e-12
    energy: float = 8e-7
    newton: float = 1e-11
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
    _check_memory(netlist, 0 if samples is None else len(samples))
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
        float(accuracy.tolerance),
        float(accuracy.floor),
        float(accuracy.energy),
        float(accuracy.newton),
        int(accuracy.steps),
        STEPS_LIMIT,
        samples is None,
    )


def _check_memory(netlist: Netlist, samples: int) -> None:
    """Refuse a run larger than the machine, by what its vectors, its matrix and its record take."""
    nodes, entries, inside, states = len(netlist.nodes), len(netlist.nodes), 0, 0
    for group in netlist.groups:
        if isinstance(group, Instances):
            entries += group.terminals.size * group.terminals.shape[1]
            inside += group.count * len(group.device.variables)
            states += group.count * len(group.device.states)
        elif not isinstance(group, Drives):
            entries += 2 * len(group.start)
    numbers = (KEPT + DEPTH + 18) * nodes + 7 * entries + (KEPT + 6) * inside + (STAGES + 8) * states
    check_memory(
        8.0 * (numbers + 2 * (samples + 2) * (nodes + inside)),
        f"A run of {sum(group.count for group in netlist.devices)} devices",
        "a smaller array, or fewer samples.",
    )


@cache
def _prepare() -> None:
    """Compile the entry points, so that all runs of this process find one copy on disk."""
    run = _Run(assemble(Netlist("", ("ground",), ())), None)
    typed: Callable[[object], Any] = typeof
    given = [typed(item) for item in (run.assembly.system, run.approach, run.plan, run.room)]
    more = typed(run.tally), typed(run.record), types.int64
    entries: tuple[tuple[Any, tuple[Any, ...]], ...] = ((begin, ()), (march, more))
    for entry, arguments in entries:
        entry.compile((*given, *arguments))
        entry.disable_compile()


class _Run:
    """One march, in chunks so that it can be watched and interrupted."""

    def __init__(self, assembly: Assembly, plan: Plan | None) -> None:
        self.assembly, s = assembly, assembly.system
        self.plan = plan or _plan(assembly.netlist, 1.0, None, Accuracy())
        matrix = s.matrix
        self.approach = quick(matrix, assembly.cell, assembly.kind) if len(s.dynamic) > DIRECT else exact(matrix)
        if plan is not None:
            _prepare()
        self.room = _room(assembly, self.approach, self.plan.waves.shape[1])
        self.room.before.inside[:] = assembly.inside()
        self.room.work.held[:] = assembly.held()
        driven = len(s.driven_wave)
        counts = len(s.conductors.start), int(s.devices.counts.sum()), len(s.currents.start)
        self.tally = Tally(np.zeros(driven), np.zeros(driven), *(np.zeros(n) for n in (*counts, 1)))
        self.rows: list[tuple[Floats, Floats, Floats, Floats]] = []
        chunk = int(np.clip(ROWS // (8 * assembly.length), 1, CHUNK))
        z, charge, energy = (np.zeros((chunk, width)) for width in (assembly.length, driven, driven))
        self.record = Record(np.zeros(chunk), z, charge, energy, np.zeros(1, np.int64))

    def start(self) -> None:
        """Solve the nodes at time 0."""
        done = self._begin()
        if done < 0 and not self.approach.near.complete:
            self._complete()
            done = self._begin()
        if done < 0:
            raise OutcomeError(
                "No operating point was found at time 0.",
                "a node with no way for current to leave, or values many decades apart.",
                "checking switches, resistances and initial states.",
            )
        note(self.record, self.tally, self.room.before, 0.0)

    def _begin(self) -> int:
        return int(begin(self.assembly.system, self.approach, self.plan, self.room))

    def _complete(self) -> None:
        """Drop nothing from now on."""
        system = self.assembly.system
        self.approach = exact(system.matrix)
        old, new = self.room.work, new_work(system, self.approach, self.plan.waves.shape[1])
        self.room = self.room._replace(work=new._replace(waves=old.waves, held=old.held, known=old.known))

    def go(self, progress: Progress | None) -> None:
        """March to the end."""
        self.start()
        stops = self.plan.stops
        self.room.clock[T_STEP] = 1e-3 * (stops[1] - stops[0])
        status = None
        while status != FINISHED:
            arguments = self.plan, self.room, self.tally, self.record, WATCHED
            status = march(self.assembly.system, self.approach, *arguments)
            self._drain()
            if status == ADRIFT:
                self._complete()
            here = stops[int(self.room.clock[T_STOP])] + self.room.clock[T_HERE]
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
        r, n = self.record, int(self.record.filled[0])
        self.rows.append((r.time[:n].copy(), r.z[:n].copy(), r.charge[:n].copy(), r.energy[:n].copy()))
        r.filled[0] = 0

    def solution(self) -> Solution:
        """What was recorded, in the netlist's own order; the march is over."""
        self._drain()
        a, netlist, clock, trust = self.assembly, self.assembly.netlist, self.room.clock, self.room.work.trust
        del self.room, self.approach, self.record
        time, z, charge, energy = (np.concatenate(part) for part in zip(*self.rows, strict=True))
        self.rows.clear()
        drives = {g.name: a.drives[g.name] for g in netlist.groups if isinstance(g, Drives)}
        return Solution(
            engine="native",
            netlist=netlist,
            time=time,
            potentials=z[:, a.place],
            variables=a.variables(z),
            charge={name: charge[:, where] for name, where in drives.items()},
            energy={name: energy[:, where] for name, where in drives.items()},
            dissipated=self._heat(),
            work={
                "steps": clock[T_STEPS],
                "rejected": clock[T_REJECTED],
                "newton": clock[T_NEWTON],
                "linear": trust[T_LINEAR],
                "factors": trust[T_FACTORS],
            },
        )

    def _heat(self) -> dict[str, Floats]:
        """Heat of every group; a current source turns back what it supplies."""
        result, s = {}, self.assembly.system
        heat, lift = np.empty_like(self.tally.heat), np.empty_like(self.tally.lift)
        heat[s.conductors.order], lift[s.currents.order] = self.tally.heat, self.tally.lift
        for kinds, values in (((Resistors, Switches), heat), (Instances, self.tally.loss), (Currents, -lift)):
            first = 0
            for group in self.assembly.netlist.groups:
                if isinstance(group, kinds):
                    last = first + (group.count if isinstance(group, Instances) else len(group.start))
                    result[group.name] = values[first:last]
                    first = last
        return result


def _room(assembly: Assembly, approach: Approach, waves: int) -> Room:
    s = assembly.system
    nodes, inside, states = assembly.nodes, assembly.length - assembly.nodes, len(s.devices.capacity)
    before, now = (new_point(s)._replace(inside=roomy(np.zeros(inside))) for _ in range(2))
    return Room(
        before=before,
        now=now,
        work=new_work(s, approach, waves),
        charges=np.zeros(nodes),
        spare=np.zeros(nodes),
        scale=np.zeros(s.kinds + 1),
        potentials=np.zeros((KEPT, nodes)),
        insides=np.zeros((KEPT, inside)),
        flows=np.zeros((STAGES - 1, len(s.charged))),
        moves=np.zeros((STAGES - 1, states)),
        past=np.zeros(nodes),
        past_inside=np.zeros(inside),
        pace=np.zeros(1),
        heat=np.zeros(len(s.conductors.start)),
        loss=np.zeros(int(s.devices.counts.sum())),
        lift=np.zeros(len(s.currents.start)),
        driven=np.zeros((2, len(s.driven_wave))),
        press=np.zeros(states),
        lost=np.zeros(2),
        clock=np.zeros(7),
    )
