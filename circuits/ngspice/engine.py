"""Netlists through ngspice: transient and operating point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.errors import MissingEngineError, OutcomeError
from circuits.netlist import Netlist
from circuits.ngspice.log import problems
from circuits.ngspice.process import Found, Limits, Reply, Worker
from circuits.solution import Solution, drive_groups
from circuits.writers.spice import (
    TOLERANCE,
    Deck,
    clock,
    deck,
    sample_times,
    state_nodes,
    transient,
    vectors,
)

Floats = NDArray[np.float64]

SAME_TIME = 1e-12  # of the run's length
SHARED = Worker()


def available(worker: Worker = SHARED) -> Found | None:
    """The ngspice there is, found by running it, or None."""
    try:
        return worker.start().found
    except MissingEngineError:
        return None


def simulate(
    netlist: Netlist,
    end: float,
    samples: Sequence[float] | Floats | None = None,
    *,
    tolerance: float = TOLERANCE,
    limits: Limits | None = None,
    worker: Worker = SHARED,
) -> Solution:
    """`netlist` from time 0 to `end` [s], at `samples` or at every point the solver chose.

    Raises InputError for times or a tolerance that cannot be used, MissingEngineError without ngspice, OutcomeError
    when a limit is met or ngspice says anything that is not known to be harmless.
    """
    times = sample_times(end, [end] if samples is None else samples)
    words = deck(netlist, tolerance=tolerance).with_cards(clock(np.union1d(times, [end])))
    analysis = transient(netlist, end, tolerance)
    reply, found = _run(netlist, words, analysis, ["time", *vectors(netlist, words)], limits, worker)
    every = _Points(netlist, words, reply.table[0], reply.table[1:], reply.taken)
    keep = _rising(every.time) if samples is None else _at(every.time, times, end)
    return every.solution(str(found), keep)


def operating_point(netlist: Netlist, *, limits: Limits | None = None, worker: Worker = SHARED) -> Solution:
    """Potentials while every state is held at its initial value and capacitors carry no current: one time, 0.

    Raises MissingEngineError and OutcomeError as `simulate` does.
    """
    words = deck(netlist, frozen=True)
    reply, found = _run(netlist, words, ".op", vectors(netlist, words), limits, worker)
    return _Points(netlist, words, np.zeros(1), reply.table, reply.taken).solution(str(found), np.zeros(1, np.int64))


def _run(
    netlist: Netlist, words: Deck, analysis: str, wanted: Sequence[str], limits: Limits | None, worker: Worker
) -> tuple[Reply, Found]:
    """The vectors `wanted`; raises OutcomeError when anything is odd."""
    found = worker.start().found
    extra = {"noinit": "1"} | ({"klu": "1"} if found.klu else {})
    lines = [*words.with_options(extra).lines(analysis, vectors(netlist, words))]
    reply = worker.run(lines, wanted, limits)
    wrong = problems(reply.said)
    if wrong or reply.missing or not reply.table.size or not np.isfinite(reply.table).all():
        worker.close()
        missing = [f"no {name}" for name in reply.missing[:1]]
        raise OutcomeError(
            f"{found} did not solve the circuit ({'; '.join([*wrong[:3], *missing]) or 'values that are not finite'}).",
            "values far outside what the device model is made for, or steps that became too short.",
            "smaller amplitudes or slower edges; the native engine.",
        )
    return reply, found


@dataclass(frozen=True, eq=False)
class _Points:
    """What the solver found: time, shape (points,); rows in the order of `vectors`, shape (vectors, points)."""

    netlist: Netlist
    words: Deck
    time: Floats
    rows: Floats
    taken: Mapping[str, float]

    def solution(self, engine: str, keep: NDArray[np.int64]) -> Solution:
        """The points `keep` as a Solution."""
        charge, energy = self._supplied(keep)
        return Solution(
            engine=engine,
            netlist=self.netlist,
            time=self.time[keep],
            potentials=self._potentials(keep),
            variables=self._variables(keep),
            charge=charge,
            energy=energy,
            work={"points": float(len(self.time)), **self.taken},
        )

    def _potentials(self, keep: NDArray[np.int64]) -> Floats:
        result = np.zeros((len(keep), len(self.netlist.nodes)))
        result[:, 1:] = self.rows[: len(self.netlist.nodes) - 1, keep].T
        return result

    def _supplied(self, keep: NDArray[np.int64]) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """Charge and energy of each drive since time 0, from every point of the solver."""
        charge, energy = {}, {}
        row = len(self.netlist.nodes) - 1
        for group in drive_groups(self.netlist):
            current = -self.rows[row : row + len(group.node)]
            row += len(group.node)
            charge[group.name] = _integral(self.time, current, np.ones_like(current))[:, keep].T
            energy[group.name] = _integral(self.time, current, self.rows[group.node - 1])[:, keep].T
        return charge, energy

    def _variables(self, keep: NDArray[np.int64]) -> dict[str, Floats]:
        result = {}
        potentials = self._potentials(keep)
        row = len(self.rows) - sum(len(state_nodes(g, self.words)) for g in self.netlist.devices)
        for group in self.netlist.devices:
            nodes, states = len(group.device.nodes), len(group.device.states)
            values = np.full((len(keep), group.count, nodes + states), np.nan)
            values[..., : group.device.terminals] = potentials[:, group.terminals]
            block = self.rows[row : row + group.count * states, keep]
            values[..., nodes:] = block.T.reshape(len(keep), group.count, states)
            row += group.count * states
            result[group.name] = values
        return result


def _integral(time: Floats, one: Floats, other: Floats) -> Floats:
    """Integral from time 0 of the product of two quantities that go straight from point to point, (rows, points).

    Exact for that path: a capacitor's charge moves by the trapezium rule too, so no charge is lost on the way. The
    first step is an implicit Euler step, in which it moves by what flows at the end.
    """
    a, b, c, d = one[:, :-1], one[:, 1:], other[:, :-1], other[:, 1:]
    parts = np.diff(time) * (2 * a * c + 2 * b * d + a * d + b * c) / 6
    if len(time) > 1:
        parts[:, 0] = (time[1] - time[0]) * one[:, 1] * other[:, 1]
    return np.concatenate([np.zeros((len(one), 1)), np.cumsum(parts, axis=1)], axis=1)


def _rising(time: Floats) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(time, prepend=-np.inf) > 0)


def _at(time: Floats, samples: Floats, end: float) -> NDArray[np.int64]:
    """The points at `samples`; raises OutcomeError when the solver did not stop there."""
    after = np.clip(np.searchsorted(time, samples), 1, len(time) - 1)
    nearest = np.where(samples - time[after - 1] < time[after] - samples, after - 1, after)
    late = np.abs(time[nearest] - samples).max()
    if late > SAME_TIME * end:
        raise OutcomeError(
            f"ngspice missed a sample by {late:.3g} s.", "samples closer together than it can step.", "fewer samples."
        )
    return nearest
