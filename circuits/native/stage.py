"""One implicit stage: flows at a point, Newton's method on charge(z) - weight * flow(z) = known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import Kernel, jit
from circuits.native.sparse import factor, solve
from circuits.native.system import System

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEWTON_LIMIT = 40
STAGNATION = 1e-9
SLOW = 0.1


class Point(NamedTuple):
    """What is known at one instant; full-length vectors unless said otherwise.

    z: potentials and states; flow: into every row; heat: of each conductor; loss: of each device; press: what flow
    into each device state works against; lift: power of each current source [W]
    """

    z: Floats
    flow: Floats
    heat: Floats
    loss: Floats
    press: Floats
    lift: Floats


class Work(NamedTuple):
    """Room the stages share: matrix values (factored), what they were factored for, own slope of rows, scratch."""

    values: Floats
    factored: Floats
    own: Floats
    right: Floats
    scratch: Floats
    local: Floats
    slope: Floats
    charges: Floats


def new_point(system: System) -> Point:
    """A point at rest."""
    length = len(system.capacity) + len(system.driven_wave) + 1
    devices = int(system.devices.counts.sum()), len(system.devices.state)
    counts = length, length, len(system.conductors.start), *devices, len(system.currents.start)
    return Point(*(np.zeros(n) for n in counts))


def new_work(system: System) -> Work:
    """Scratch for `system`; nothing is factored yet."""
    size = len(system.capacity)
    return Work(
        np.zeros(len(system.pattern.column)),
        np.full(1, -1.0),
        np.zeros(size),
        np.zeros(size),
        np.zeros(size),
        np.zeros(len(system.devices.place)),
        np.zeros(len(system.devices.slot)),
        np.zeros(size + len(system.driven_wave) + 1),
    )


@jit()
def evaluate(kernel: Kernel, s: System, waves: Floats, p: Point, work: Work, weight: float) -> None:
    """Flows at p.z with waveforms at `waves`; unless `weight` is 0 also the matrix charge'(z) / weight - flow'(z)."""
    size = len(s.capacity)
    for n in range(len(s.driven_wave)):
        p.z[size + n] = waves[s.driven_wave[n]]
    p.z[len(p.z) - 1] = 0.0
    if weight > 0.0:
        _charge_matrix(s, work, weight)
    _linear(s, waves, p, work, weight)
    d = s.devices
    kernel(d.counts, p.z, d.place, d.given, work.local, work.slope, p.loss, p.press, weight > 0.0)
    for k in range(len(d.place)):
        p.flow[d.place[k]] += work.local[k]
    if weight > 0.0:
        for k in range(len(d.slot)):
            if d.slot[k] >= 0:
                work.values[d.slot[k]] -= work.slope[k]


@jit()
def _charge_matrix(s: System, work: Work, weight: float) -> None:
    work.values[:] = 0.0
    for i in range(len(s.capacity)):
        work.values[s.pattern.diagonal[i]] = s.capacity[i] / weight
    for e in range(len(s.capacitors.start)):
        _stamp(work.values, s.capacitors.slot[e], s.capacitors.value[e] / weight)


@jit()
def _linear(s: System, waves: Floats, p: Point, work: Work, weight: float) -> None:
    """Flows of conductors and current sources, from nothing; with a weight also their slopes."""
    p.flow[:] = 0.0
    for e in range(len(s.conductors.start)):
        a, b, g = s.conductors.start[e], s.conductors.end[e], s.conductors.value[e]
        if s.conductors.wave[e] >= 0:
            g = waves[s.conductors.wave[e]]
        current = g * (p.z[a] - p.z[b])
        p.flow[a] -= current
        p.flow[b] += current
        p.heat[e] = current * (p.z[a] - p.z[b])
        if weight > 0.0:
            _stamp(work.values, s.conductors.slot[e], g)
    for e in range(len(s.currents.start)):
        a, b, current = s.currents.start[e], s.currents.end[e], waves[s.currents.wave[e]]
        p.flow[a] -= current
        p.flow[b] += current
        p.lift[e] = current * (p.z[b] - p.z[a])


@jit()
def _stamp(values: Floats, slot: Integers, value: float) -> None:
    for k in range(4):
        if slot[k] >= 0:
            values[slot[k]] += value if k < 2 else -value


@jit()
def charge(s: System, z: Floats, out: Floats) -> None:
    """Charge of every row, driven nodes and ground too."""
    out[:] = 0.0
    for i in range(len(s.capacity)):
        out[i] = s.capacity[i] * z[i]
    for e in range(len(s.capacitors.start)):
        a, b = s.capacitors.start[e], s.capacitors.end[e]
        q = s.capacitors.value[e] * (z[a] - z[b])
        out[a] += q
        out[b] -= q


@jit()
def settle(
    kernel: Kernel, s: System, waves: Floats, p: Point, work: Work, weight: float, known: Floats, tight: float
) -> int:
    """Solve charge(z) - weight * flow(z) = known from the guess in p.z, keeping factors while they serve.

    `tight` is the last update's size relative to the largest potential. Returns iterations, or -1 on failure.
    """
    size = len(s.capacity)
    fresh = work.factored[0] != weight
    previous = np.inf
    for iteration in range(NEWTON_LIMIT):
        evaluate(kernel, s, waves, p, work, weight if fresh else 0.0)
        if fresh:
            for i in range(size):
                work.own[i] = work.values[s.pattern.diagonal[i]] - s.capacity[i] / weight
            if not factor(s.pattern, work.values, work.scratch):
                work.factored[0] = -1.0
                return -1
            work.factored[0] = weight
        charge(s, p.z, work.charges)
        for i in range(size):
            work.right[i] = (known[i] - work.charges[i]) / weight + p.flow[i]
        solve(s.pattern, work.values, work.right)
        largest = 1e-6
        for i in range(len(p.z)):
            largest = max(largest, abs(p.z[i]))
        step = 0.0
        for i in range(size):
            p.z[i] += work.right[i]
            step = max(step, abs(work.right[i]))
        if not np.isfinite(step):
            work.factored[0] = -1.0
            return -1
        # What is left after this update shrinks by the same rate as the updates have.
        rate = min(step / previous, 1.0)
        left = step if iteration == 0 else step * rate / max(1.0 - rate, 0.1)
        small = step <= STAGNATION * largest
        if left <= tight * largest or (small and step > 0.5 * previous):
            evaluate(kernel, s, waves, p, work, 0.0)
            _agree(s, p, work, weight, known)
            return iteration + 1
        fresh = step > SLOW * previous
        previous = step
    work.factored[0] = -1.0
    return -1


@jit()
def _agree(s: System, p: Point, work: Work, weight: float, known: Floats) -> None:
    """Make states and the flows into them agree to the last digit, so that conservation does not wait for Newton.

    Whichever is known better gives the other: rounding in z grows by stiffness in the flow, and the reverse.
    """
    for i in range(len(s.capacity)):
        if s.capacity[i] > 0.0:
            if work.own[i] * weight > s.capacity[i]:
                p.flow[i] = (s.capacity[i] * p.z[i] - known[i]) / weight
            else:
                p.z[i] = (known[i] + weight * p.flow[i]) / s.capacity[i]
    # A good conductor's current is known worse than the sum of what else meets at its end.
    for k in range(len(s.route)):
        i = s.route[k, 0]
        if not s.dynamic[i]:
            p.flow[s.route[k, 1]] += p.flow[i]
            p.flow[i] = 0.0
