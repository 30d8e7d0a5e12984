"""TR-BDF2 over all stops: every waveform edge is hit, steps are accepted by their embedded error.

Bank et al., IEEE Trans. Electron Devices 32 (1985) 1992, DOI 10.1109/T-ED.1985.22232; embedded error of Hosea and
Shampine, Appl. Numer. Math. 20 (1996) 21, DOI 10.1016/0168-9274(95)00115-8.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import Kernel, jit
from circuits.native.sparse import solve
from circuits.native.stage import Point, Work, charge, settle
from circuits.native.system import System

Floats = NDArray[np.float64]

GAMMA = 2.0 - math.sqrt(2.0)
DIAGONAL = GAMMA / 2.0
OUTER = math.sqrt(2.0) / 4.0
ERROR = ((1.0 - 4.0 * OUTER) / 3.0, 1.0 / 3.0, -2.0 * DIAGONAL / 3.0)

FROZEN = 1e-30
SAVED = 0.004
SPECK = 1e-30
ROUNDING = 4.5e-16
FINISHED, FULL, STUCK, ENDLESS = 0, 1, -1, -2
T_HERE, T_STEP, T_STOP, T_STEPS, T_REJECTED, T_NEWTON, T_BETWEEN = range(7)


class Plan(NamedTuple):
    """Where to stop and how exactly.

    stops: times, increasing from 0 [s]; edge: whether a waveform bends there; keep: whether to record there
    waves: every waveform at every stop, shape (stops, waveforms)
    tolerance: local error relative to the largest value of its kind so far; floor: absolute part
    energy: energy the run may lose track of, relative to its heat
    fixed: number of equal steps between stops, or 0 for adaptive; limit: most adaptive steps between stops
    """

    stops: Floats
    edge: NDArray[np.bool_]
    keep: NDArray[np.bool_]
    waves: Floats
    tolerance: float
    floor: float
    energy: float
    tight: float
    fixed: int
    limit: int
    every: bool


class Tally(NamedTuple):
    """Integrals so far: charge, energy of driven nodes; heat of conductors; loss of devices; lift of currents.

    lost: what the steps' quadrature lost track of [J], shape (1,)
    """

    charge: Floats
    energy: Floats
    heat: Floats
    loss: Floats
    lift: Floats
    lost: Floats


class Record(NamedTuple):
    """`filled` counts the rows in use."""

    time: Floats
    z: Floats
    charge: Floats
    energy: Floats
    filled: NDArray[np.int64]


class Room(NamedTuple):
    """Vectors a step needs; `past` is z one step ago and `pace` how long that step was (0: of no use); `lost` [J]."""

    before: Point
    middle: Point
    after: Point
    work: Work
    charges: Floats
    known: Floats
    spare: Floats
    waves: Floats
    scale: Floats
    past: Floats
    pace: Floats
    lost: Floats


@jit()
def _at(plan: Plan, k: int, since: float, out: Floats) -> None:
    theta = since / (plan.stops[k + 1] - plan.stops[k])
    for w in range(len(out)):
        out[w] = plan.waves[k, w] + theta * (plan.waves[k + 1, w] - plan.waves[k, w])


@jit()
def begin(kernel: Kernel, s: System, plan: Plan, room: Room) -> bool:
    """Solve the nodes at time 0 with every charge held at what `room.known` says."""
    room.waves[:] = plan.waves[0]
    room.work.factored[0] = -1.0
    done = settle(kernel, s, room.waves, room.before, room.work, FROZEN, room.known, plan.tight)
    room.work.factored[0] = -1.0
    return done > 0


@jit()
def _step(kernel: Kernel, s: System, plan: Plan, room: Room, k: int, since: float, h: float) -> int:
    """From `before` to `after`; Newton iterations, or -1."""
    size, weight = len(s.capacity), DIAGONAL * h
    before, middle, after = room.before, room.middle, room.after
    charge(s, before.z, room.charges)
    for i in range(size):
        room.known[i] = room.charges[i] + (weight * before.flow[i] if s.dynamic[i] else 0.0)
    middle.z[:] = before.z
    if room.pace[0] > 0.0:
        ahead = GAMMA * h / room.pace[0]
        for i in range(size):
            middle.z[i] += ahead * (before.z[i] - room.past[i])
    _at(plan, k, since + GAMMA * h, room.waves)
    first = settle(kernel, s, room.waves, middle, room.work, weight, room.known, plan.tight)
    if first < 0:
        return -1
    for i in range(size):
        room.known[i] = room.charges[i]
        if s.dynamic[i]:
            room.known[i] += h * OUTER * (before.flow[i] + middle.flow[i])
        after.z[i] = before.z[i] + (middle.z[i] - before.z[i]) / GAMMA
    _at(plan, k, since + h, room.waves)
    second = settle(kernel, s, room.waves, after, room.work, weight, room.known, plan.tight)
    return -1 if second < 0 else first + second


@jit()
def _error(s: System, plan: Plan, room: Room, h: float) -> float:
    """Largest local error over its allowance; the estimate is filtered so that stiff parts do not inflate it."""
    size, weight = len(s.capacity), DIAGONAL * h
    a, b, c = room.before.flow, room.middle.flow, room.after.flow
    for i in range(size):
        room.spare[i] = 0.0
        if s.dynamic[i]:
            room.spare[i] = (ERROR[0] * a[i] + ERROR[1] * b[i] + ERROR[2] * c[i]) * h / weight
    solve(s.pattern, room.work.values, room.spare)
    for i in range(size):
        if s.kind[i] >= 0:
            room.scale[s.kind[i]] = max(room.scale[s.kind[i]], abs(room.after.z[i]))
    worst = 0.0
    for i in range(size):
        if s.kind[i] >= 0:
            allowed = plan.tolerance * room.scale[s.kind[i]] + plan.floor
            worst = max(worst, abs(room.spare[i]) / allowed)
    return worst


@jit()
def _leak(s: System, plan: Plan, room: Room, tally: Tally, h: float) -> float:
    """Energy the step's quadrature loses track of in what devices and capacitors store, over its allowance.

    The method conserves charge exactly but energy only to second order; this keeps the first law to `plan.energy`.
    """
    before, middle, after = room.before, room.middle, room.after
    lost = heat = rounding = 0.0
    for k in range(len(s.devices.state)):
        i = s.devices.state[k]
        a, b, c = before.press[k], middle.press[k], after.press[k]
        moved = s.capacity[i] * (after.z[i] - before.z[i])
        part = s.capacity[i] * (middle.z[i] - before.z[i])
        curve = 0.0
        if abs(part) > 1e-3 * abs(moved) and abs(moved - part) > 1e-3 * abs(moved):
            curve = ((b - a) / part - (c - a) / moved) / (part - moved)
        held = 0.5 * (a + c) * moved - curve * moved**3 / 6.0
        flow = OUTER * (a * before.flow[i] + b * middle.flow[i]) + DIAGONAL * c * after.flow[i]
        lost += held - h * flow
        rounding += abs(c * s.capacity[i] * after.z[i])
    for e in range(len(tally.heat)):
        heat += h * (OUTER * (before.heat[e] + middle.heat[e]) + DIAGONAL * after.heat[e])
    for e in range(len(tally.loss)):
        heat += h * (OUTER * (before.loss[e] + middle.loss[e]) + DIAGONAL * after.loss[e])
    charge(s, after.z, room.spare)
    for i in range(len(s.capacity)):
        if s.dynamic[i] and s.capacity[i] == 0.0:
            held = 0.5 * (before.z[i] + after.z[i]) * (room.spare[i] - room.charges[i])
            work = OUTER * (before.z[i] * before.flow[i] + middle.z[i] * middle.flow[i])
            lost += held - h * (work + DIAGONAL * after.z[i] * after.flow[i])
            rounding += abs(after.z[i] * room.spare[i])
    room.lost[0] = lost
    # What earlier steps left of their allowance is there for idle times, when hardly any heat turns up.
    saved = max(plan.energy * (tally.heat.sum() + tally.loss.sum()) - abs(tally.lost[0]), 0.0)
    return float(abs(lost) / (max(plan.energy * heat, SAVED * saved) + ROUNDING * rounding + SPECK))


@jit()
def _accept(s: System, room: Room, tally: Tally, h: float) -> None:
    """Add the step's integrals by the method's own weights and make `after` the new `before`."""
    size = len(s.capacity)
    before, middle, after = room.before, room.middle, room.after
    outer, inner = h * OUTER, h * DIAGONAL
    charge(s, after.z, room.spare)
    for d in range(len(s.driven_wave)):
        i = size + d
        stored = room.spare[i] - room.charges[i]
        a, b, c = before.flow[i], middle.flow[i], after.flow[i]
        tally.charge[d] += stored - outer * (a + b) - inner * c
        work = outer * (a * before.z[i] + b * middle.z[i]) + inner * c * after.z[i]
        tally.energy[d] += 0.5 * (before.z[i] + after.z[i]) * stored - work
    for e in range(len(tally.heat)):
        tally.heat[e] += outer * (before.heat[e] + middle.heat[e]) + inner * after.heat[e]
    for e in range(len(tally.loss)):
        tally.loss[e] += outer * (before.loss[e] + middle.loss[e]) + inner * after.loss[e]
    for e in range(len(tally.lift)):
        tally.lift[e] += outer * (before.lift[e] + middle.lift[e]) + inner * after.lift[e]
    tally.lost[0] += room.lost[0]
    room.past[:] = before.z
    room.pace[0] = h
    before.z[:] = after.z
    before.flow[:] = after.flow
    before.heat[:] = after.heat
    before.loss[:] = after.loss
    before.press[:] = after.press
    before.lift[:] = after.lift


@jit()
def note(record: Record, tally: Tally, z: Floats, time: float) -> None:
    """Record the present."""
    row = record.filled[0]
    record.time[row] = time
    record.z[row] = z
    record.charge[row] = tally.charge
    record.energy[row] = tally.energy
    record.filled[0] = row + 1


@jit()
def _length(plan: Plan, k: int, since: float, wish: float) -> float:
    """The next step: the wish, cut so that the stop is hit and no sliver is left before it."""
    left = float(plan.stops[k + 1] - plan.stops[k]) - since
    if plan.fixed > 0:
        wish = float(plan.stops[k + 1] - plan.stops[k]) / plan.fixed
        return left if left < 1.5 * wish else wish
    if wish >= left * (1.0 - 1e-9):
        return left
    return min(wish, 0.5 * left) if 2.0 * wish > left else wish


@jit()
def _judge(s: System, plan: Plan, room: Room, tally: Tally, h: float) -> float:
    """The step's error over its allowance; steps of a fixed length are taken as they are."""
    return 0.0 if plan.fixed > 0 else max(_error(s, plan, room, h), _leak(s, plan, room, tally, h))


@jit()
def _retry(plan: Plan, clock: Floats, k: int, h: float, error: float) -> bool:
    """Shorten the step after a rejection; False when that makes no sense."""
    clock[T_REJECTED] += 1
    clock[T_STEP] = h * (0.2 if not np.isfinite(error) else max(0.2, 0.9 * error ** (-1.0 / 3.0)))
    return bool(plan.fixed == 0 and clock[T_STEP] >= 1e-13 * (plan.stops[k + 1] - plan.stops[k]))


@jit()
def march(
    kernel: Kernel, s: System, plan: Plan, room: Room, tally: Tally, record: Record, clock: Floats, most: int
) -> int:
    """Advance until the last stop, a full record, or `most` steps; call again to go on.

    STUCK when no step serves, ENDLESS when too many do.
    """
    taken = 0
    while int(clock[T_STOP]) < len(plan.stops) - 1:
        if record.filled[0] >= len(record.time) or taken >= most:
            return FULL
        k, since = int(clock[T_STOP]), clock[T_HERE]
        h = _length(plan, k, since, clock[T_STEP])
        iterations = _step(kernel, s, plan, room, k, since, h)
        error = _judge(s, plan, room, tally, h) if iterations > 0 else np.inf
        if not error <= 1.0:
            if not _retry(plan, clock, k, h, error):
                return STUCK
            continue
        taken += 1
        clock[T_STEPS] += 1
        clock[T_BETWEEN] += 1
        if plan.fixed == 0 and clock[T_BETWEEN] > plan.limit:
            return ENDLESS
        clock[T_NEWTON] += iterations
        _accept(s, room, tally, h)
        growth = 4.0 if error == 0.0 else min(4.0, 0.9 * error ** (-1.0 / 3.0))
        # A step that may grow a little keeps its length, and with it the factors.
        if growth < 1.0 or growth > 1.25:
            clock[T_STEP] = max(h * growth, clock[T_STEP] if growth > 1.0 else 0.0)
        clock[T_HERE] = since + h
        if h == plan.stops[k + 1] - plan.stops[k] - since:
            _arrive(plan, record, tally, room, clock, k)
        elif plan.every:
            note(record, tally, room.before.z, plan.stops[k] + since + h)
    return FINISHED


@jit()
def _arrive(plan: Plan, record: Record, tally: Tally, room: Room, clock: Floats, k: int) -> None:
    clock[T_STOP] = k + 1
    clock[T_HERE] = 0.0
    clock[T_BETWEEN] = 0.0
    if plan.keep[k + 1] or plan.every:
        note(record, tally, room.before.z, plan.stops[k + 1])
    if plan.edge[k + 1] and k + 2 < len(plan.stops):
        nearest = min(plan.stops[k + 1] - plan.stops[k], plan.stops[k + 2] - plan.stops[k + 1])
        clock[T_STEP] = min(clock[T_STEP], nearest)
        room.pace[0] = 0.0
