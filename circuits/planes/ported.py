"""Flow from the port matrix: for many vectors, and for grids that iteration does not converge on."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from circuits.planes.flows import NOT_KEPT, Account, Flow, accounted, join
from circuits.planes.grid import Contacts, Floats, Grid, Sides
from circuits.planes.ports import Ports, port_admittance

IDEAL = 1e30  # S; metal without resistance, to the last digit of everything behind it
ROUNDING = 1e-14  # relative error of an entry of the matrix


def seconds(shape: tuple[int, int], sides: int) -> float:
    """What the port matrix takes, roughly, for an array whose lines end on some sides: to choose, not to report."""
    each = (350e-9 + 0.8e-9 * max(shape)) * (1.0 if sides <= 2 else 1.6)
    return 2e-4 + each * shape[0] * shape[1]


def ported(grid: Grid, contacts: Contacts) -> Flow:
    """The flow of every vector, potentials not kept."""
    into = _into(grid, contacts, port_matrix(grid, contacts.resistance))
    return join([_one(grid, contacts, vector, into) for vector in range(contacts.vectors)])


def port_matrix(grid: Grid, ends: Sides, *, changes: bool = False) -> Ports:
    """Admittance between the contacts, of resistance `ends` [ohm], of all lines; see `port_admittance`."""
    word, bit = _siemens(grid.word), _siemens(grid.bit)
    word[:, 0], word[:, -1] = _siemens(grid.word[:, 0] + ends.left), _siemens(grid.word[:, -1] + ends.right)
    bit[0], bit[-1] = _siemens(grid.bit[0] + ends.top), _siemens(grid.bit[-1] + ends.bottom)
    return port_admittance(grid.crossing, word, bit, changes=changes)


def _one(grid: Grid, contacts: Contacts, vector: int, every: Sides) -> Flow:
    into = Sides(**{f.name: getattr(every, f.name)[vector : vector + 1] for f in fields(Sides)})
    pairs = [(getattr(into, f.name)[0], getattr(contacts.potential, f.name)[vector]) for f in fields(Sides)]
    bit, word = -(into.top + into.bottom), into.left + into.right
    power = np.array([sum(float(current @ volts) for current, volts in pairs)])
    blank = np.zeros(1)
    found = Flow(bit, word, into, power, np.zeros(1, np.int64), blank, blank, blank, NOT_KEPT)
    rest = abs(sum(float(current.sum()) for current, _ in pairs))
    highest = max(float(np.abs(volts).max()) for _, volts in pairs)
    account = Account(error=ROUNDING, rest=rest, lost=rest * highest)
    return accounted(found, grid, contacts, vector, account)


def _siemens(resistance: Floats) -> Floats:
    found: Floats = np.full(resistance.shape, IDEAL)
    np.divide(1.0, resistance, out=found, where=resistance > 1 / IDEAL)
    return found


def _into(grid: Grid, contacts: Contacts, seen: Ports) -> Sides:
    """Current into the grid at every contact [A], shape (vectors, lines)."""
    volts = [getattr(contacts.potential, f.name)[:, getattr(seen, f.name)] for f in fields(Sides)]
    v, c = np.concatenate(volts, axis=1), np.maximum(-seen.admittance, 0.0)
    places = {f.name: seen.where(f.name) for f in fields(Sides)}
    currents = np.zeros_like(v)
    # What ties both ends of one line together may be any number of decades above all else: by differences.
    for first, last in (("left", "right"), ("top", "bottom")):
        _, a, b = np.intersect1d(getattr(seen, first), getattr(seen, last), return_indices=True)
        a, b = a + places[first].start, b + places[last].start
        loop = c[a, b] * (v[:, a] - v[:, b])
        currents[:, a] += loop
        currents[:, b] -= loop
        c[a, b] = c[b, a] = 0.0
    np.fill_diagonal(c, 0.0)
    currents += v * c.sum(axis=1) - v @ c
    sides = {}
    for name, place in places.items():
        sides[name] = np.zeros((len(v), getattr(contacts.resistance, name).size))
        sides[name][:, getattr(seen, name)] = currents[:, place]
    _share(sides["left"], sides["right"], grid.word, contacts.resistance.left + contacts.resistance.right)
    _share(sides["top"], sides["bottom"], grid.bit.T, contacts.resistance.top + contacts.resistance.bottom)
    return Sides(**sides)


def _share(first: Floats, last: Floats, segments: Floats, ends: Floats) -> None:
    """Where a line is ideal from end to end, both ends share its current evenly."""
    direct = np.flatnonzero(ends == 0)
    ideal = direct[segments[direct].sum(axis=1) == 0]
    first[:, ideal] = last[:, ideal] = (first[:, ideal] + last[:, ideal]) / 2
