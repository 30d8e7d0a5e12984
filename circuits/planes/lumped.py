"""Grids whose lines are ideal: every line is one node."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from circuits.planes.factors import DIRECT, contact
from circuits.planes.grid import Contacts, Floats, Grid


def line_potentials(grid: Grid, contacts: Contacts) -> tuple[Floats, Floats]:
    """Potential of every word line, shape (vectors, rows), and of every bit line, shape (vectors, columns) [V]."""
    g, ends = grid.crossing, contacts.resistance
    left, right_contact = contact(grid.word[:, 0] + ends.left), contact(grid.word[:, -1] + ends.right)
    top, bottom = contact(grid.bit[0] + ends.top), contact(grid.bit[-1] + ends.bottom)
    volts = contacts.potential
    word_source = left * volts.left + right_contact * volts.right
    bit_source = top * volts.top + bottom * volts.bottom
    word_own, bit_own = left + right_contact + g.sum(axis=1), top + bottom + g.sum(axis=0)
    right = bit_source + (word_source / word_own) @ g
    if (left + right_contact >= DIRECT).all():
        bit = right / bit_own
    else:
        schur = np.diag(bit_own) - g.T @ (g / word_own[:, None])
        bit = cho_solve(cho_factor(schur), right.T).T
    return (word_source + bit @ g.T) / word_own, bit
