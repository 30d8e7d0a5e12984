"""Currents of a grid for potentials at its line ends, exactly: the way is chosen, the answer is the same."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal, TypeAlias

import numpy as np

from circuits.errors import InputError, OutcomeError
from circuits.memory import check_memory
from circuits.planes.conjugate import Contacted, State, Sums, cross, iterate, leave
from circuits.planes.connected import check_connected
from circuits.planes.direct import eliminate, network
from circuits.planes.factors import Factors, factors, state
from circuits.planes.flows import (
    NOT_KEPT,
    Account,
    Crossed,
    Flow,
    Potentials,
    accounted,
    crossed,
    flow,
    join,
    kept,
    lost,
)
from circuits.planes.grid import Contacts, Ends, Floats, Grid, Sides
from circuits.planes.lumped import line_potentials
from circuits.planes.ported import ported, seconds

Method: TypeAlias = Literal["auto", "iterate", "ports", "direct"]
FINEST, COARSEST = 1e-13, 1e-2
LIMIT = 1000  # steps of iteration where nothing else will do
VECTOR = 4e-4, 1.2e-7  # s; what a vector takes by iteration, and more for each crossing
MANY = 4  # vectors from which another way is worth a thought
STEP = 7e-9  # s; what a step of iteration takes for each crossing
DRIFT = 40  # steps after which rounding may have moved the residual that is carried along
ROUNDS = 8
SMALLER = "a smaller array or tiles, fewer vectors, or potentials that are not kept."
ARRAYS = 9  # of the grid's size that iteration needs
FILL = 300  # bytes a crossing and doubling of their number that elimination needs


def solve(
    grid: Grid,
    ends: Ends,
    *,
    tolerance: float = 1e-10,
    start: Potentials = NOT_KEPT,
    keep: bool = False,
    method: Method = "auto",
) -> Flow:
    """Solve `grid` with its line ends connected as `ends` says.

    tolerance: of every line's current, relative to itself or, where that is larger, to a millionth of the largest
    start: potentials that were kept, of a grid of this shape: what is near is found sooner
    keep: whether potentials come back; method: "auto" chooses by what each will take: "iterate" vector by vector,
        "ports" all vectors at once without potentials, "direct" where neither will do
    Raises InputError for a grid with metal that no contact reaches, a tolerance out of reach, or a start that does not
    fit; OutcomeError for too little memory or a solution that is not reached.
    """
    contacts = ends.contacts(grid)
    _check(grid, contacts, tolerance, start, method, keep=keep)
    check_connected(grid, contacts)
    # Where all ends share a potential nothing flows: lowered to 0 V, that is exact.
    levels = contacts.levels()
    found = _solve(grid, contacts.lowered(levels), start.raised(-levels), tolerance, method, keep=keep)
    return replace(found, potentials=found.potentials.raised(levels))


def _solve(grid: Grid, contacts: Contacts, start: Potentials, tolerance: float, method: str, *, keep: bool) -> Flow:
    ideal = [_ideal(segments) for segments in (grid.word[:, 1:-1], grid.bit[1:-1])]
    if method == "direct":
        return _direct(grid, contacts, keep=keep)
    if all(every for every, _ in ideal) and method != "ports":
        return _lumped(grid, contacts, keep=keep)
    matrix = seconds(grid.shape, sum(np.isfinite(getattr(contacts.resistance, f.name)).any() for f in fields(Sides)))
    one_by_one = contacts.vectors * (VECTOR[0] + VECTOR[1] * grid.crossing.size)
    many = contacts.vectors >= MANY and matrix < one_by_one
    if method == "ports" or (method == "auto" and not keep and many):
        return ported(grid, contacts)
    # By then the port matrix is as quick; it knows no potentials.
    limit = LIMIT if keep or method == "iterate" else max(40, int(matrix / (STEP * grid.crossing.size)))
    found = _turned(grid, contacts, start, tolerance, limit, [some for _, some in ideal], keep=keep)
    if found is None and method == "iterate":
        raise OutcomeError(
            f"Iteration did not reach a relative error of {tolerance:g} in {limit} steps.",
            "conductances many decades apart in a regular pattern, or ideal segments on lines of both kinds.",
            'method="auto", which then eliminates.',
        )
    if found is None:
        return _direct(grid, contacts, keep=True) if keep else ported(grid, contacts)
    return found


def _turned(
    grid: Grid, contacts: Contacts, start: Potentials, tolerance: float, limit: int, ideal: list[bool], *, keep: bool
) -> Flow | None:
    """The flow by iteration, ideal segments on the lines that are eliminated first; None where that does not work."""
    if not ideal[1]:
        return _iterated(grid, contacts, tolerance, start, limit, keep=keep)
    if ideal[0]:
        return None
    turned = grid.transposed(), contacts.transposed()
    found = _iterated(*turned, tolerance, start.transposed(), limit, keep=keep)
    return None if found is None else found.transposed()


def _check(grid: Grid, contacts: Contacts, tolerance: float, start: Potentials, method: str, *, keep: bool) -> None:
    if not FINEST <= tolerance <= COARSEST:
        allowed = f"from {FINEST:g}, about what double precision holds, to {COARSEST:g}"
        raise InputError("tolerance", tolerance, allowed, "1e-10")
    if method not in ("auto", "iterate", "ports", "direct") or (method == "ports" and keep):
        raise InputError("method", method, '"auto", "iterate", "direct", or "ports" without potentials', '"auto"')
    shape = (contacts.vectors, *grid.shape)
    if len(start.bit) and not start.bit.shape == start.word.shape == shape:
        raise InputError("start", start.bit.shape, f"potentials of shape {shape}", "solve(..., keep=True).potentials")


def _ideal(segments: Floats) -> tuple[bool, bool]:
    """Whether all segments are ideal, and whether any is."""
    zero = segments[tuple(slice(None) if step else slice(1) for step in segments.strides)] == 0
    return bool(zero.all()), bool(zero.any())


def _work(grid: Grid) -> str:
    return f"A read of {grid.shape[0]} x {grid.shape[1]} crossings"


def _iterated(
    grid: Grid, contacts: Contacts, tolerance: float, start: Potentials, limit: int, *, keep: bool
) -> Flow | None:
    """The flow by conjugate gradients, None where that does not converge."""
    check_memory((ARRAYS + 2 * contacts.vectors * keep) * grid.crossing.nbytes, _work(grid), SMALLER)
    made = factors(grid, contacts.resistance)
    work, flows = state(made), []
    for vector in range(contacts.vectors):
        work.x[: grid.shape[0], : grid.shape[1]] = start.bit[vector] if len(start.bit) else 0.0
        found = _vector(grid, contacts, vector, made, work, tolerance, limit, keep=keep)
        if found is None:
            return None
        flows.append(found)
    return join(flows)


def _vector(
    grid: Grid, contacts: Contacts, vector: int, made: Factors, work: State, tolerance: float, limit: int, *, keep: bool
) -> Flow | None:
    (rows, columns), volts = grid.shape, _volts(contacts, vector, len(work.still))
    for row, free, held in ((0, made.columns.free_top, volts.top), (rows - 1, made.columns.free_bottom, volts.bottom)):
        work.x[row, :columns] = np.where(free > 0, work.x[row, :columns], held)
    sums = Sums(np.zeros(columns), np.zeros(rows), np.zeros(columns), np.zeros(rows))
    word, none, steps, energy = np.zeros((rows if keep else 0, columns)), np.zeros((0, columns)), 0, 0.0
    for _ in range(ROUNDS):
        cross(made.rows, work, volts, sums, none)
        leave(made.rows, made.columns, work, volts)
        taken, error, energy = iterate(*made, work, sums, energy, tolerance, limit)
        steps += taken
        if not error <= tolerance:
            return None
        if taken <= DRIFT:
            break
    cross(made.rows, work, volts, sums, word)
    seen = Crossed(work.q[:rows, :columns], sums.bit, sums.word, word, work.x[:rows, :columns])
    found = flow(grid, contacts, vector, seen)
    account = Account(steps, error, *leave(made.rows, made.columns, work, volts))
    found = accounted(found, grid, contacts, vector, account)
    return kept(found, seen) if keep else found


def _volts(contacts: Contacts, vector: int, padded: int) -> Contacted:
    volts, rows = contacts.potential, contacts.potential.left.shape[1]
    left, right = np.zeros(padded), np.zeros(padded)
    left[:rows], right[:rows] = volts.left[vector], volts.right[vector]
    return Contacted(left, right, np.array(volts.top[vector]), np.array(volts.bottom[vector]))


def _lumped(grid: Grid, contacts: Contacts, *, keep: bool) -> Flow:
    if grid.shape[1] > grid.shape[0]:
        return _lumped(grid.transposed(), contacts.transposed(), keep=keep).transposed()
    pairs = zip(*line_potentials(grid, contacts), strict=True)
    seen = (crossed(grid, *np.broadcast_arrays(word[:, None], bit)) for word, bit in pairs)
    return join([_exact(grid, contacts, vector, one, keep=keep) for vector, one in enumerate(seen)])


def _direct(grid: Grid, contacts: Contacts, *, keep: bool) -> Flow:
    check_memory(FILL * grid.crossing.size * np.log2(grid.crossing.size + 2), f"{_work(grid)} by elimination", SMALLER)
    made = network(grid, contacts.resistance)
    factored = eliminate(made)
    volts = (factored.potentials(contacts, vector, np.longdouble) for vector in range(contacts.vectors))
    seen = (crossed(grid, v[made.word], v[made.bit]) for v in volts)
    return join([_exact(grid, contacts, vector, one, keep=keep) for vector, one in enumerate(seen)])


def _exact(grid: Grid, contacts: Contacts, vector: int, seen: Crossed, *, keep: bool) -> Flow:
    found = flow(grid, contacts, vector, seen)
    account = Account(lost=lost(grid, contacts, found, seen))
    found = accounted(found, grid, contacts, vector, account)
    return kept(found, seen) if keep else found
