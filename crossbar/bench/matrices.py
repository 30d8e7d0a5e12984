"""Port matrices to be measured: all reads of an array at once, and one device changed in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuits.planes.changes import changed
from circuits.planes.grid import End, Ends, Floats
from circuits.planes.ported import port_matrix
from circuits.planes.ports import Ports
from circuits.planes.reference import reference
from crossbar.bench.effort import Answer, Run, timed
from crossbar.bench.networks import Network, drives, relative, rough

SAMPLED = 4  # word lines whose row of the matrix is compared with a reference


@dataclass(frozen=True, eq=False)
class Change:
    """A network in which the device of one cell is set to another conductance [S]."""

    network: Network
    cell: tuple[int, int]
    conductance: float

    @property
    def after(self) -> Network:
        """The network with it."""
        crossing = self.network.crossing.copy()
        crossing[self.cell] = self.conductance
        return replace(self.network, crossing=crossing)


@dataclass(frozen=True)
class Matrix:
    """The port matrix of an array from scratch; fields as in networks.Read."""

    name: str = "ports"
    words: str = "port matrix"
    size: int = 512
    alone: tuple[int, ...] = ()
    most: int = 1024

    def case(self, size: int) -> Network:
        """10 kohm to 10 Mohm on 1 ohm segments."""
        return Network(rough(size, 1e4, 1e7), 1.0, drives(1, size))

    def ours(self, case: Network) -> Run:
        """By elimination, from conductances to matrix."""
        return lambda: timed(lambda: matrix(case), lambda found: sampled(found, case))

    def errors(self, case: Network, answers: Sequence[Answer]) -> list[float]:
        """Largest relative error of any entry in the rows that were sampled."""
        return off(case, answers)


@dataclass(frozen=True)
class Changed:
    """One device changed in a port matrix that is already there."""

    name: str = "ports changed"
    words: str = "one device changed in it"
    size: int = 512
    alone: tuple[int, ...] = ()
    most: int = 1024

    def case(self, size: int) -> Change:
        """A device near the middle that conducts 30 times as much afterwards."""
        network, cell = Matrix().case(size), (size // 2, size // 3)
        return Change(network, cell, 30 * float(network.crossing[cell]))

    def ours(self, case: Change) -> Run:
        """By a change of rank one."""
        made = matrix(case.network, changes=True)
        return lambda: timed(
            lambda: changed(made, *case.cell, case.conductance), lambda found: sampled(found, case.network)
        )

    def errors(self, case: Change, answers: Sequence[Answer]) -> list[float]:
        """As of a matrix from scratch."""
        return off(case.after, answers)


def matrix(case: Network, *, changes: bool = False) -> Ports:
    """The port matrix of a network."""
    grid = case.grid
    return port_matrix(grid, case.ends.contacts(grid).resistance, changes=changes)


def sampled(found: Ports, case: Network) -> Answer:
    """Rows of the matrix: current at every bit line for a volt on one word line [S], shape (SAMPLED, columns)."""
    return {"rows": found.between("left", "bottom").T[_rows(case)]}


def off(case: Network, answers: Sequence[Answer]) -> list[float]:
    """Largest relative error of the rows in each answer."""
    rows = _rows(case)
    unit: Floats = np.eye(len(case.crossing))[rows]
    exact = reference(case.grid, Ends(left=End(unit))).bit
    return [relative(answer["rows"], exact) for answer in answers]


def _rows(case: Network) -> list[int]:
    return [int(row) for row in np.linspace(0, len(case.crossing) - 1, SAMPLED)]
