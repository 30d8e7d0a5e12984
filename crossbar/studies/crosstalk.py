"""Who gets how much of a pulse: ionic crosstalk through the electrolyte all cells share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crossbar.array import Floats, Layout, State
from crossbar.operations.program import Policy, program
from crossbar.operations.run import Run, Settings
from crossbar.pulses import Cell, Pulse
from crossbar.studies.common import isolated, silent


@dataclass(frozen=True, eq=False)
class Crosstalk:
    """Shares of a pulse, relative to what it does to the same cell all by itself.

    conductance: change of each cell's conductance when the pulse ends [1], shape (rows, columns)
    lithium: likewise of its channel's lithium [1], same shape
    alone_conductance: change of conductance of the cell by itself [S]; alone_lithium: of its channel's lithium [1]
    cell: the selected one; run: the array's
    """

    cell: Cell
    conductance: Floats
    lithium: Floats
    alone_conductance: float
    alone_lithium: float
    run: Run

    @property
    def keeps(self) -> float:
        """Share of the change of conductance that stays with the selected cell."""
        return float(self.conductance[self.cell])

    @property
    def nearest(self) -> float:
        """Largest share of a cell beside the selected one, in its row or column; 0 where there is none."""
        return float(self.neighbours(self.conductance).max(initial=0.0))

    def neighbours(self, share: Floats) -> Floats:
        """Of the cells beside the selected one, above, below, left and right, those there are; shape (up to 4,)."""
        row, column = self.cell
        around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        inside = [place for place in around if min(place) >= 0 and place[0] < len(share) and place[1] < share.shape[1]]
        return np.array([share[place] for place in inside])


def crosstalk(
    layout: Layout,
    state: State,
    cell: Cell,
    pulse: Pulse,
    *,
    unselected: Policy = "float",
    idle: Literal["float", "ground"] = "float",
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Crosstalk:
    """Pulse one gate and see what every cell gets of it.

    unselected, idle: as in crossbar.operations.program.program
    Raises the errors of `program`.
    """
    alone, start = isolated(layout, state, cell)
    quiet = silent(settings)
    reference = program(alone, start, {(0, 0): pulse}, unselected=unselected, idle=idle, settings=quiet)
    run = program(layout, state, {cell: pulse}, unselected=unselected, idle=idle, settings=settings)
    moved = float((alone.lithium(reference.state) - alone.lithium(start))[0, 0])
    change = float(reference.change[0, 0])
    lithium = layout.lithium(run.state) - layout.lithium(state)
    return Crosstalk(cell, run.change / change, lithium / moved, change, moved, run)
