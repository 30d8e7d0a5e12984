"""Which line is at which potential when one cell is meant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circuits.errors import InputError
from crossbar.array import Floats, Layout
from crossbar.operations.program import Policy
from crossbar.pulses import Cell

# Share of the amplitude on word lines and on bit lines that are not selected; nan lets go of them.
SHARES = {"ground": (0.0, 0.0), "V/2": (1 / 2, 1 / 2), "V/3": (1 / 3, 2 / 3), "float": (np.nan, np.nan)}


class Bias(NamedTuple):
    """Potentials of word lines, shape (rows,), and of bit lines, shape (columns,) [V]; nan where a line floats."""

    word_line: Floats
    bit_line: Floats


def select(layout: Layout, cell: Cell, amplitude: float = 0.1, unselected: Policy = "V/2") -> Bias:
    """`amplitude` [V] across one cell: its word line there, its bit line at 0 V, the others by policy.

    unselected: "V/2" puts half on every other line, "V/3" a third on word lines and two on bit lines, so that no
        other cell sees more than that share; "float" lets go of them, "ground" holds them at 0 V
    Raises InputError for a cell outside the array, an amplitude that is not finite, or an unknown policy.
    """
    row, column = layout.check_cell(cell)
    if unselected not in SHARES:
        raise InputError("unselected", unselected, ", ".join(SHARES), '"V/2"')
    if not np.isfinite(amplitude):
        raise InputError("amplitude", amplitude, "a finite voltage", "0.1")
    word_share, bit_share = SHARES[unselected]
    word, bit = np.full(layout.rows, amplitude * word_share), np.full(layout.columns, amplitude * bit_share)
    word[row], bit[column] = amplitude, 0.0
    return Bias(word, bit)
