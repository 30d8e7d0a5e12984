"""Solutions to compare with: residuals in extended precision, corrected until nothing moves.

np.longdouble has 64 bits of mantissa on x86 (and is no better than double where the platform has nothing better). A
small grid is refined around a sparse LU of all its nodes; a large one, whose factors would not fit, around conjugate
gradients, with the word lines eliminated in extended precision by other code than the solver's.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from circuits.errors import InputError, OutcomeError
from circuits.planes.conjugate import Sums, iterate
from circuits.planes.direct import eliminate, network
from circuits.planes.factors import DIRECT, Factors, factors, state
from circuits.planes.flows import Crossed, Flow, crossed, flow, join, kept
from circuits.planes.grid import OPEN, Contacts, Ends, Floats, Grid, Sides

SMALL = 1 << 16  # crossings up to which elimination is the quicker way
ROUNDS = 12
LOOSE = 1e-6  # what a round gains
LIMIT = 5000
FINE = 2e-17  # of the largest potential at a contact: what no double can tell
Long = Any  # arrays of np.longdouble


def reference(grid: Grid, ends: Ends, *, small: int = SMALL) -> Flow:
    """The flow in `grid`, exact to double rounding, with potentials; slow. Raises as `solve` does.

    small: crossings up to which all nodes are eliminated
    """
    contacts = ends.contacts(grid)
    if grid.crossing.size <= small:
        made = network(grid, contacts.resistance)
        factored = eliminate(made)
        volts = [factored.potentials(contacts, k, np.longdouble) for k in range(contacts.vectors)]
        seen = [crossed(grid, v[made.word], v[made.bit]) for v in volts]
    else:
        seen = _refined(grid, contacts)
    return join([kept(flow(grid, contacts, k, one), one) for k, one in enumerate(seen)])


class _Lines:
    """The lines of a grid in extended precision; word lines eliminated, one column of crossings after the other."""

    def __init__(self, grid: Grid, contacts: Contacts) -> None:
        ends, kind = contacts.resistance, np.longdouble
        self.volts, self.crossing = contacts.potential, grid.crossing.T.astype(kind)
        word = np.minimum(grid.word.T, OPEN).astype(kind)
        left, right = word[0] + np.minimum(ends.left, OPEN), word[-1] + np.minimum(ends.right, OPEN)
        self.keep, self.on = np.empty(self.crossing.shape, kind), np.empty(self.crossing.shape, kind)
        behind = 1 / np.maximum(left, 1 / kind(DIRECT))
        for j, g in enumerate(self.crossing):
            self.keep[j] = np.divide(behind, g + behind, out=np.ones_like(g), where=g > 0)
            after = word[j + 1] if j < len(word) - 2 else right
            self.on[j] = 1 / (1 + after * (behind + g))
            behind = (behind + g) * self.on[j]
        self.bit = _siemens(grid.bit[1:-1])
        self.top, self.bottom = _siemens(grid.bit[0] + ends.top), _siemens(grid.bit[-1] + ends.bottom)
        self.held = (grid.bit[0] + ends.top == 0, grid.bit[-1] + ends.bottom == 0)

    def hold(self, bit: Long, vector: int) -> None:
        """Put the crossings that are themselves contacts at their potentials."""
        bit[0] = np.where(self.held[0], self.volts.top[vector], bit[0])
        bit[-1] = np.where(self.held[1], self.volts.bottom[vector], bit[-1])

    def cross(self, bit: Long, vector: int) -> tuple[Long, Long]:
        """Current from bit to word line through every crossing [A], and the word lines' potentials there [V]."""
        p, word = np.ascontiguousarray(bit.T), np.empty_like(self.keep)
        before = np.empty((len(p) + 1, len(bit)), np.longdouble)
        before[0] = self.volts.left[vector]
        for j, here in enumerate(p):
            before[j + 1] = here + self.keep[j] * (before[j] - here)
        after = np.empty_like(before)
        after[-1] = self.volts.right[vector]
        for j in range(len(p) - 1, -1, -1):
            after[j] = before[j + 1] + self.on[j] * (after[j + 1] - before[j + 1])
        word = after[:-1]
        away = self.keep * (1 - self.on) * (p - before[:-1]) + self.on * (p - after[1:])
        return (self.crossing * away).T, word.T

    def leave(self, bit: Long, through: Long, vector: int) -> Long:
        """Current that leaves every crossing of the bit lines and goes nowhere [A]."""
        left, along = through.copy(), self.bit * np.diff(bit, axis=0)
        left[:-1] -= along
        left[1:] += along
        left[0] += self.top * (bit[0] - self.volts.top[vector])
        left[-1] += self.bottom * (bit[-1] - self.volts.bottom[vector])
        left[0][self.held[0]] = 0
        left[-1][self.held[1]] = 0
        return left


def _siemens(resistance: Floats) -> Long:
    ohms = resistance.astype(np.longdouble)
    return np.divide(1, ohms, out=np.zeros_like(ohms), where=(ohms > 0) & (ohms < OPEN))


def _refined(grid: Grid, contacts: Contacts) -> list[Crossed]:
    if (grid.bit[1:-1] == 0).any():
        raise InputError("grid.bit", 0.0, "bit segments above 0 ohm in a grid this large", "the transposed grid")
    made, lines = factors(grid, contacts.resistance), _Lines(grid, contacts)
    return [_one(grid, made, lines, vector) for vector in range(contacts.vectors)]


def _one(grid: Grid, made: Factors, lines: _Lines, vector: int) -> Crossed:
    (rows, columns), work = grid.shape, state(made)
    bit: Long = np.zeros(grid.shape, np.longdouble)
    lines.hold(bit, vector)
    highest = max(float(np.abs(getattr(lines.volts, side.name)[vector]).max()) for side in fields(Sides))
    for _ in range(ROUNDS):
        through, word = lines.cross(bit, vector)
        work.x[:] = 0.0
        work.q[:rows, :columns] = lines.leave(bit, through, vector)
        sums = Sums(np.zeros(columns), np.zeros(rows), np.zeros(columns), np.zeros(rows))
        iterate(*made, work, sums, 0.0, LOOSE, LIMIT)
        correction = work.x[:rows, :columns]
        bit += correction
        if np.abs(correction).max() <= FINE * highest:
            through, word = lines.cross(bit, vector)
            return Crossed(through, -through.sum(axis=0), -through.sum(axis=1), word, bit)
    raise OutcomeError(
        f"A reference of {rows} x {columns} crossings still moves after {ROUNDS} rounds.",
        "conductances many decades apart in a regular pattern.",
        "a smaller grid, which is eliminated.",
    )
