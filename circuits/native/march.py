"""All stops, each waveform edge hit: steps are accepted by their embedded error and by the energy they lose track of.

The tableau is native.tableau's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.native.approach import Approach
from circuits.native.room import KEPT, Plan, Record, Room, Tally
from circuits.native.stage import LOST, Point, charge, settle
from circuits.native.system import System
from circuits.native.tableau import DIAGONAL, ERROR, GUESS, ORDER, SHARE, STAGES, TIME, WEIGHTS

Floats = NDArray[np.float64]

FROZEN = 1e-30
MOST = 10.0  # growth of a step
SAVED = 0.004
SPECK = 1e-30
ROUNDING = 4.5e-16
FINISHED, FULL, STUCK, ENDLESS, ADRIFT = 0, 1, -1, -2, -3
T_HERE, T_STEP, T_STOP, T_STEPS, T_REJECTED, T_NEWTON, T_BETWEEN = range(7)
LOST_NOW, WORK_DONE = range(2)


@jit()
def _at(plan: Plan, k: int, since: float, out: Floats) -> None:
    theta = since / (plan.stops[k + 1] - plan.stops[k])
    for w in range(len(out)):
        out[w] = plan.waves[k, w] + theta * (plan.waves[k + 1, w] - plan.waves[k, w])


@jit()
def begin(s: System, approach: Approach, plan: Plan, room: Room) -> int:
    """Solve the nodes at time 0 with every charge held; Newton steps, or what settle says."""
    room.work.waves[:] = plan.waves[0]
    room.work.known[:] = s.devices.capacity * _states(s, room.before.inside)
    done = settle(s, approach, room.before, room.work, FROZEN, plan.tight)
    room.work.trust[0] = 0.0
    return done


@jit()
def _states(s: System, inside: Floats) -> Floats:
    """The states among what is inside devices."""
    result = np.empty(len(s.devices.capacity))
    v = q = 0
    for group in range(len(s.devices.counts)):
        nodes, states = (
            s.devices.counts[group] * s.devices.nodes[group],
            s.devices.counts[group] * s.devices.states[group],
        )
        result[q : q + states] = inside[v + nodes : v + nodes + states]
        q += states
        v += nodes + states
    return result


@jit()
def _guess(room: Room, stage: int, h: float) -> None:
    """Where stage `stage` will be, from the stages before it or, for the first, from the last step."""
    now, before = room.now, room.before
    if stage == 1:
        ahead = TIME[1] * h / room.pace[0] if room.pace[0] > 0.0 else 0.0
        for i in range(len(now.z)):
            now.z[i] = before.z[i] + (ahead * (before.z[i] - room.past[i]) if ahead > 0.0 else 0.0)
        for i in range(len(now.inside)):
            now.inside[i] = before.inside[i]
            if ahead > 0.0:
                now.inside[i] += ahead * (before.inside[i] - room.past_inside[i])
        return
    now.z[:] = 0.0
    now.inside[:] = 0.0
    for j in range(stage):
        share = GUESS[stage, j]
        if share != 0.0:
            for i in range(len(now.z)):
                now.z[i] += share * room.potentials[j % KEPT, i]
            for i in range(len(now.inside)):
                now.inside[i] += share * room.insides[j % KEPT, i]


@jit()
def _step(s: System, approach: Approach, plan: Plan, room: Room, stop: int, since: float, h: float) -> int:
    """From `before` to `now`; Newton steps, or what settle says when it fails."""
    weight, done = DIAGONAL * h, 0
    charge(s, room.before.z, room.charges)
    start = s.devices.capacity * _states(s, room.before.inside)
    room.heat[:] = 0.0
    room.loss[:] = 0.0
    room.lift[:] = 0.0
    room.driven[:] = 0.0
    room.lost[WORK_DONE] = 0.0
    _at(plan, stop, since, room.work.waves)
    _add(s, room, room.before, 0, h)
    for stage in range(1, STAGES):
        for k, i in enumerate(s.charged):
            room.work.held[i] = room.charges[i]
            for j in range(stage):
                room.work.held[i] += h * WEIGHTS[stage, j] * room.flows[j, k]
        room.work.known[:] = start
        for j in range(stage):
            share = h * WEIGHTS[stage, j]
            if share != 0.0:
                for q in range(len(start)):
                    room.work.known[q] += share * room.moves[j, q]
        _guess(room, stage, h)
        _at(plan, stop, since + TIME[stage] * h, room.work.waves)
        steps = settle(s, approach, room.now, room.work, weight, plan.tight)
        if steps < 0:
            return steps
        done += steps
        _add(s, room, room.now, stage, h)
        if stage == 2:
            room.press[:] = room.now.press
    return done


@jit()
def _add(s: System, room: Room, p: Point, stage: int, h: float) -> None:
    """Keep a stage and its share of the step's integrals; p is at the waveforms of room.work."""
    if stage < STAGES - 1:
        room.potentials[stage % KEPT] = p.z
        room.insides[stage % KEPT] = p.inside
        room.moves[stage] = p.move
        for k, i in enumerate(s.charged):
            room.flows[stage, k] = p.flow[i]
    share, size = h * SHARE[stage], len(s.dynamic)
    if share == 0.0:
        return
    _warm(s, p.z, room.work.waves, share, room.heat)
    for e in range(len(p.loss)):
        room.loss[e] += share * p.loss[e]
    for e in range(len(p.lift)):
        room.lift[e] += share * p.lift[e]
    for d in range(len(s.driven_wave)):
        room.driven[0, d] += share * p.flow[size + d]
        room.driven[1, d] += share * p.flow[size + d] * p.z[size + d]
    work = 0.0
    for q in range(len(p.move)):
        work += p.press[q] * p.move[q]
    for i in s.charged:
        work += p.z[i] * p.flow[i]
    room.lost[WORK_DONE] += share * work


@jit()
def _warm(s: System, z: Floats, waves: Floats, time: float, heat: Floats) -> None:
    """Add what conductors turn into heat in this time."""
    for e in range(len(s.conductors.start)):
        g, wave = s.conductors.value[e], s.conductors.wave[e]
        if wave >= 0:
            g = waves[wave]
        across = z[s.conductors.start[e]] - z[s.conductors.end[e]]
        heat[e] += time * g * across * across


@jit()
def _error(s: System, plan: Plan, room: Room, h: float) -> float:
    """Largest local error over its allowance; each estimate is filtered by its own stiffness, not to be inflated."""
    weight, own, d, worst = DIAGONAL * h, room.work.own, s.devices, 0.0
    states = _states(s, room.now.inside)
    for q in range(len(states)):
        room.scale[d.kind[q]] = max(room.scale[d.kind[q]], abs(states[q]))
    for q in range(len(states)):
        error = ERROR[-1] * room.now.move[q]
        for j in range(STAGES - 1):
            error += ERROR[j] * room.moves[j, q]
        error *= h / (d.capacity[q] + max(own[q], 0.0) * weight)
        worst = max(worst, abs(error) / (plan.tolerance * room.scale[d.kind[q]] + plan.floor))
    nodes = s.kinds
    for i in s.charged:
        room.scale[nodes] = max(room.scale[nodes], abs(room.now.z[i]))
    for k, i in enumerate(s.charged):
        error = ERROR[-1] * room.now.flow[i]
        for j in range(STAGES - 1):
            error += ERROR[j] * room.flows[j, k]
        error *= h / (weight * room.work.values[s.matrix.diagonal[i]])
        worst = max(worst, abs(error) / (plan.tolerance * room.scale[nodes] + plan.floor))
    return worst


@jit()
def _leak(s: System, plan: Plan, room: Room, tally: Tally) -> float:
    """Energy the step's quadrature loses track of in what devices and capacitors store, over its allowance.

    The method conserves charge exactly but energy only to its order; this keeps the first law to `plan.energy`.
    """
    begin, end = _states(s, room.before.inside), _states(s, room.now.inside)
    middle = _states(s, room.insides[2])
    held = rounding = 0.0
    for q in range(len(end)):
        a, b, c, capacity = room.before.press[q], room.press[q], room.now.press[q], s.devices.capacity[q]
        moved, part, curve = capacity * (end[q] - begin[q]), capacity * (middle[q] - begin[q]), 0.0
        if abs(part) > 1e-3 * abs(moved) and abs(moved - part) > 1e-3 * abs(moved):
            curve = ((b - a) / part - (c - a) / moved) / (part - moved)
        held += 0.5 * (a + c) * moved - curve * moved**3 / 6.0
        rounding += abs(c * capacity * end[q])
    charge(s, room.now.z, room.spare)
    for i in s.charged:
        held += 0.5 * (room.before.z[i] + room.now.z[i]) * (room.spare[i] - room.charges[i])
        rounding += abs(room.now.z[i] * room.spare[i])
    lost = held - room.lost[WORK_DONE]
    room.lost[LOST_NOW] = lost
    heat = room.heat.sum() + room.loss.sum()
    # What earlier steps left of their allowance is there for idle times, when hardly any heat turns up.
    saved = max(plan.energy * (tally.heat.sum() + tally.loss.sum()) - abs(tally.lost[0]), 0.0)
    return float(abs(lost) / (max(plan.energy * heat, SAVED * saved) + ROUNDING * rounding + SPECK))


@jit()
def _accept(s: System, room: Room, tally: Tally, h: float) -> None:
    """Add the step's integrals and make `now` the new `before`."""
    size, before, now = len(s.dynamic), room.before, room.now
    charge(s, now.z, room.spare)
    for d in range(len(s.driven_wave)):
        i = size + d
        stored = room.spare[i] - room.charges[i]
        tally.charge[d] += stored - room.driven[0, d]
        tally.energy[d] += 0.5 * (before.z[i] + now.z[i]) * stored - room.driven[1, d]
    tally.heat[:] += room.heat
    tally.loss[:] += room.loss
    tally.lift[:] += room.lift
    tally.lost[0] += room.lost[LOST_NOW]
    room.past[:] = before.z
    room.past_inside[:] = before.inside
    room.pace[0] = h
    before.z[:] = now.z
    before.flow[:] = now.flow
    before.inside[:] = now.inside
    before.move[:] = now.move
    before.press[:] = now.press
    before.loss[:] = now.loss
    before.lift[:] = now.lift


@jit()
def note(record: Record, tally: Tally, p: Point, time: float) -> None:
    """Record the present."""
    row, nodes = record.filled[0], len(p.z)
    record.time[row] = time
    record.z[row, :nodes] = p.z
    record.z[row, nodes:] = p.inside
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
    return 0.0 if plan.fixed > 0 else max(_error(s, plan, room, h), _leak(s, plan, room, tally))


@jit()
def _retry(plan: Plan, clock: Floats, k: int, h: float, error: float) -> bool:
    """Shorten the step after a rejection; False when that makes no sense."""
    clock[T_REJECTED] += 1
    # Behind a stop there may be an edge, where errors fall with the step itself.
    order, least = (1.0, 0.05) if clock[T_HERE] == 0.0 else (ORDER, 0.2)
    clock[T_STEP] = h * (0.2 if not np.isfinite(error) else max(least, 0.9 * error ** (-1.0 / order)))
    return bool(plan.fixed == 0 and clock[T_STEP] >= 1e-13 * (plan.stops[k + 1] - plan.stops[k]))


@jit()
def march(
    s: System,
    approach: Approach,
    plan: Plan,
    room: Room,
    tally: Tally,
    record: Record,
    most: int,
) -> int:
    """Advance until the last stop, a full record, or `most` steps; call again to go on.

    STUCK when no step serves, ENDLESS when too many do, ADRIFT when the factors drop too much.
    """
    taken, clock = 0, room.clock
    while int(clock[T_STOP]) < len(plan.stops) - 1:
        if record.filled[0] >= len(record.time) or taken >= most:
            return FULL
        k, since = int(clock[T_STOP]), clock[T_HERE]
        h = _length(plan, k, since, clock[T_STEP])
        iterations = _step(s, approach, plan, room, k, since, h)
        if iterations == LOST and not approach.near.complete:
            return ADRIFT
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
        growth = np.inf if error == 0.0 else min(MOST, 0.9 * error ** (-1.0 / ORDER))
        # A step that may grow a little keeps its length, and with it the factors.
        if growth < 1.0 or growth > 1.25:
            clock[T_STEP] = max(h * growth, clock[T_STEP] if growth > 1.0 else 0.0)
        clock[T_HERE] = since + h
        if h == plan.stops[k + 1] - plan.stops[k] - since:
            _arrive(plan, record, tally, room, k)
        elif plan.every:
            note(record, tally, room.before, plan.stops[k] + since + h)
    return FINISHED


@jit()
def _arrive(plan: Plan, record: Record, tally: Tally, room: Room, k: int) -> None:
    clock = room.clock
    clock[T_STOP] = k + 1
    clock[T_HERE] = 0.0
    clock[T_BETWEEN] = 0.0
    if plan.keep[k + 1] or plan.every:
        note(record, tally, room.before, plan.stops[k + 1])
    if plan.edge[k + 1] and k + 2 < len(plan.stops):
        nearest = min(plan.stops[k + 1] - plan.stops[k], plan.stops[k + 2] - plan.stops[k + 1])
        clock[T_STEP] = min(clock[T_STEP], nearest)
        room.pace[0] = 0.0
