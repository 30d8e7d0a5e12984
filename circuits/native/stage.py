"""One implicit stage: Newton's method on the nodes' currents, while every device settles its own insides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.native.approach import Approach, Store, new_store, prepare
from circuits.native.krylov import Basis, new_basis, refine
from circuits.native.sparse import Indices
from circuits.native.system import System
from circuits.writers.compiled import roomy, run
from circuits.writers.trace import LANES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEWTON_LIMIT = 40
STAGNATION = 1e-8
OUTGROWN = 2.0
CURVATURE = 100.0  # error left by a Newton step, relative to the step squared [1/V], until it has been seen
REACH = 4.0  # steps longer than this many times the one it was seen on are not judged by it
LOST = -2  # the linear solver ran away: the factors drop too much


class Point(NamedTuple):
    """What is known at one instant.

    z: potential of every node; flow: into every node; inside: of devices; move: flow into each device state
    press: what that works against; loss: heat of each device; lift: power of each source [W]
    """

    z: Floats
    flow: Floats
    inside: Floats
    move: Floats
    press: Floats
    loss: Floats
    lift: Floats


class Work(NamedTuple):
    """Room the stages share.

    values: the matrix; store: what stands in for its inverse; firm: diagonal of the matrix that was made for
    flow, admit, follow: of devices (see writers.compiled)
    shift: of nodes since devices saw them; waves: values of waveforms; held, known: what a stage starts from, of nodes
    and of device states; own: slope of each state's own flow; trust: see settle
    """

    values: Floats
    store: Store
    firm: Floats
    right: Floats
    shift: Floats
    follow: Floats
    charges: Floats
    flow: Floats
    admit: Floats
    own: Floats
    trust: Floats
    waves: Floats
    held: Floats
    known: Floats
    basis: Basis


T_FACTORED, T_BEST, T_CURVE, T_LINEAR, T_FACTORS, T_SEEN = range(6)


def new_point(system: System) -> Point:
    """A point at rest."""
    d = system.devices
    nodes, devices = len(system.dynamic) + len(system.driven_wave) + 1, int(d.counts.sum())
    sizes = nodes, nodes, 0, len(d.capacity), len(d.capacity), devices
    return Point(*(roomy(np.zeros(n)) for n in (*sizes, len(system.currents.start))))


def new_work(system: System, approach: Approach, waves: int) -> Work:
    """Scratch for `system`; nothing is factored yet."""
    size, entries, d = len(system.dynamic), len(system.matrix.column), system.devices
    return Work(
        np.zeros(entries),
        new_store(approach),
        np.zeros(size),
        np.zeros(size),
        np.zeros(size + len(system.driven_wave) + 1),
        roomy(np.zeros(int((d.counts * d.follows).sum()))),
        np.zeros(size + len(system.driven_wave) + 1),
        roomy(np.zeros(len(d.place))),
        roomy(np.zeros(len(d.slot))),
        roomy(np.zeros(len(d.capacity))),
        np.array([0.0, 0.0, CURVATURE, 0.0, 0.0, np.inf]),
        np.zeros(waves),
        np.zeros(size + len(system.driven_wave) + 1),
        roomy(np.zeros(len(d.capacity))),
        new_basis(size),
    )


@jit()
def _stamp(values: Floats, slot: Indices, e: int, value: float) -> None:
    for k in range(4):
        if slot[e, k] >= 0:
            values[slot[e, k]] += value if k < 2 else -value


@jit()
def evaluate(s: System, p: Point, work: Work, weight: float, kernel: Integers) -> float:
    """Flows at p.z, insides moved one Newton step on by s.devices.kernel or .last; the largest move."""
    size, waves = len(s.dynamic), work.waves
    for n in range(len(s.driven_wave)):
        p.z[size + n] = waves[s.driven_wave[n]]
    p.z[len(p.z) - 1] = 0.0
    p.flow[:] = 0.0
    for e in range(len(s.conductors.start)):
        a, b, g = s.conductors.start[e], s.conductors.end[e], s.conductors.value[e]
        if s.conductors.wave[e] >= 0:
            g = waves[s.conductors.wave[e]]
        current = g * (p.z[a] - p.z[b])
        p.flow[a] -= current
        p.flow[b] += current
    for e in range(len(s.currents.start)):
        a, b, current = s.currents.start[e], s.currents.end[e], waves[s.currents.wave[e]]
        p.flow[a] -= current
        p.flow[b] += current
        p.lift[e] = current * (p.z[b] - p.z[a])
    return _settled(s, p, work, weight, kernel)


@jit()
def _settled(s: System, p: Point, work: Work, weight: float, kernel: Integers) -> float:
    """What devices add to p.flow, and all else their kernels tell; the largest move."""
    d, largest = s.devices, 0.0
    t = v = u = g = q = a = c = 0
    for group in range(len(d.counts)):
        count = d.counts[group]
        moved = run(
            kernel[group], count, d.shared[group], weight,
            (
                p.z, work.shift, d.place[t:], p.inside[v:], work.follow[u:], d.given[g:], work.known[q:],
                work.flow[t:], work.admit[a:], p.move[q:], p.press[q:], p.loss[c:], work.own[q:],
            ),
        )  # fmt: skip
        if not np.isfinite(moved):
            return float(moved)
        largest = max(largest, moved)
        c += count
        t += count * d.terminals[group]
        v += count * (d.nodes[group] + d.states[group])
        u += count * d.follows[group]
        g += (LANES if d.shared[group] else count) * d.gives[group]
        q += count * d.states[group]
        a += count * d.terminals[group] ** 2
    for k in range(len(d.place)):
        p.flow[d.place[k]] += work.flow[k]
    return float(largest)


@jit()
def _assemble(s: System, work: Work, weight: float) -> None:
    """The matrix: what elements and, by their last evaluation, devices conduct."""
    waves = work.waves
    work.values[:] = 0.0
    for e in range(len(s.conductors.start)):
        g, wave = s.conductors.value[e], s.conductors.wave[e]
        if wave >= 0:
            g = waves[wave]
        _stamp(work.values, s.conductors.slot, e, g)
    for e in range(len(s.capacitors.start)):
        _stamp(work.values, s.capacitors.slot, e, s.capacitors.value[e] / weight)
    slot, first = s.devices.slot, 0
    for group in range(len(s.devices.counts)):
        count, entries = s.devices.counts[group], s.devices.terminals[group] ** 2
        # Device by device: what one adds lies close together in the matrix.
        for device in range(count):
            for k in range(first + device, first + count * entries, count):
                if slot[k] >= 0:
                    work.values[slot[k]] += work.admit[k]
        first += count * entries


@jit()
def _outgrown(s: System, work: Work) -> bool:
    """Whether some node is held so much better or worse than factors know that they misjudge its error."""
    for i in range(len(s.matrix.diagonal)):
        now, then = work.values[s.matrix.diagonal[i]], work.firm[i]
        if then > OUTGROWN * now or now > OUTGROWN * then:
            return True
    return False


@jit()
def charge(s: System, z: Floats, out: Floats) -> None:
    """Charge capacitors hold at every node."""
    out[:] = 0.0
    for e in range(len(s.capacitors.start)):
        a, b = s.capacitors.start[e], s.capacitors.end[e]
        q = s.capacitors.value[e] * (z[a] - z[b])
        out[a] += q
        out[b] -= q


@jit()
def _missing(s: System, p: Point, work: Work, weight: float) -> None:
    """What each free node's equation lacks."""
    charge(s, p.z, work.charges)
    for i in range(len(s.dynamic)):
        work.right[i] = p.flow[i]
        if s.dynamic[i]:
            work.right[i] += (work.held[i] - work.charges[i]) / weight


@jit()
def settle(s: System, approach: Approach, p: Point, work: Work, weight: float, tight: float) -> int:
    """Solve charge - weight * flow = held at the nodes, = known inside devices, from the guess in p.

    `tight` is the error left in the nodes relative to the largest potential. Factors are kept while few iterations
    of the linear solver are enough: work.trust holds for which weight they are (0: none), the fewest iterations they
    took, and the curvature seen, which tells after one Newton step what it left, with the length of the step it was
    seen on. Returns Newton steps, -1 on failure, LOST when the linear solver failed with fresh factors.
    """
    trust = work.trust
    previous = np.inf
    work.shift[:] = 0.0
    for iteration in range(NEWTON_LIMIT):
        step = evaluate(s, p, work, weight, s.devices.kernel)
        _assemble(s, work, weight)
        if _outgrown(s, work):
            trust[T_FACTORED] = 0.0
        _missing(s, p, work, weight)
        largest = 1e-6
        for i in range(len(p.z)):
            largest = max(largest, abs(p.z[i]))
        done = _linear(s, approach, work, weight, 0.1 * tight * largest)
        if done < 0:
            return done
        for i in range(len(work.right)):
            p.z[i] += work.right[i]
            work.shift[i] = work.right[i]
            step = max(step, abs(work.right[i]))
        if not np.isfinite(step):
            trust[T_FACTORED] = 0.0
            return -1
        if 1e-6 < previous < np.inf:
            trust[T_CURVE] = max(step / previous**2, 0.5 * trust[T_CURVE])
            trust[T_SEEN] = previous if trust[T_SEEN] == np.inf else max(previous, 0.5 * trust[T_SEEN])
        left = trust[T_CURVE] * step * step if step <= REACH * trust[T_SEEN] else np.inf
        if left <= tight * largest or (step <= STAGNATION * largest and step > 0.5 * previous):
            evaluate(s, p, work, weight, s.devices.last)
            _route(s, p)
            return iteration + 1
        previous = step
    return -1


@jit()
def _linear(s: System, approach: Approach, work: Work, weight: float, wanted: float) -> int:
    """Solve for work.right; fresh factors when the old ones serve badly."""
    trust = work.trust
    if trust[T_FACTORED] > 0.0:
        # Right side kept, in case the old factors fail.
        keep = work.right.copy()
        done = _refined(s, approach, work, wanted)
        if done >= 0:
            trust[T_LINEAR] += done
            trust[T_BEST] = min(trust[T_BEST], done)
            if done > trust[T_BEST] + 2:
                trust[T_FACTORED] = 0.0
            return done
        work.right[:] = keep
    trust[T_FACTORS] += 1
    for i in range(len(work.firm)):
        work.firm[i] = work.values[s.matrix.diagonal[i]]
    if not prepare(approach, work.values, work.store):
        trust[T_FACTORED] = 0.0
        return -1
    done = _refined(s, approach, work, wanted)
    if done < 0:
        trust[T_FACTORED] = 0.0
        return LOST
    trust[T_LINEAR] += done
    trust[T_FACTORED], trust[T_BEST] = weight, done
    return done


@jit()
def _refined(s: System, approach: Approach, work: Work, wanted: float) -> int:
    curve = 0.1 * work.trust[T_CURVE]
    return int(refine(s.matrix, work.values, approach, work.store, work.right, work.basis, wanted, curve))


@jit()
def _route(s: System, p: Point) -> None:
    """A good conductor's current is known worse than the sum of what else meets at its end."""
    for k in range(len(s.route)):
        i = s.route[k, 0]
        if not s.dynamic[i]:
            p.flow[s.route[k, 1]] += p.flow[i]
            p.flow[i] = 0.0
