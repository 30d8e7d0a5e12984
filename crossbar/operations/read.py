"""Read: currents through the frozen conductances, with every segment's IR drop, exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError
from circuits.planes.changes import changed
from circuits.planes.connected import check_connected
from circuits.planes.flows import NOT_KEPT, Flow, Potentials, join
from circuits.planes.grid import Ends, Grid, Sides
from circuits.planes.ported import port_matrix
from circuits.planes.ports import Ports as PortMatrix
from circuits.planes.read import solve
from crossbar.array import Floats, Layout, State
from crossbar.operations.run import Settings
from crossbar.operations.wired import by_ngspice, line_ends, series, wired
from crossbar.pulses import Cell
from crossbar.sensing import Sensing

HIGHEST = 10.0  # V


@dataclass(frozen=True, eq=False)
class Ports:
    """What the array is, seen from its line ends: currents are this matrix times voltages.

    admittance: current into every driven end per volt at every driven end [S], word lines then bit lines, shape
    (rows + columns, rows + columns); symmetric, its rows sum to zero
    matrix: the same with what `changed` needs; series: resistance of a channel's access switches [ohm]
    """

    admittance: Floats
    rows: int
    matrix: PortMatrix
    series: float

    @cached_property
    def effective(self) -> Floats:
        """Current out of each bit line per volt on each word line [S], shape (rows, columns)."""
        return np.ascontiguousarray(-self.admittance[: self.rows, self.rows :])

    def currents(self, word: ArrayLike) -> Floats:
        """Bit-line currents [A] for word-line voltages of shape (..., rows)."""
        return np.asarray(word, float) @ self.effective

    def power(self, word: ArrayLike) -> Floats:
        """What the word-line drivers supply [W] for voltages of shape (..., rows)."""
        volts = np.asarray(word, float)
        return np.asarray(np.einsum("...i,ij,...j->...", volts, self.admittance[: self.rows, : self.rows], volts))

    def changed(self, cell: Cell, conductance: float) -> Ports:
        """The ports after one channel was set to `conductance` [S]: far quicker than anew, and as exact.

        Raises InputError unless they were made with changes=True, and for a cell outside the array.
        """
        if not 0 < conductance < np.inf:
            raise InputError("conductance", conductance, "a finite conductance above 0 S", "array.conductance(state)")
        matrix = changed(self.matrix, *cell, 1 / (1 / conductance + self.series))
        return replace(self, admittance=matrix.admittance, matrix=matrix)


@dataclass(frozen=True, eq=False)
class Reading:
    """One read, or one for each vector of voltages.

    currents: into the end of each bit line [A], shape (..., columns); ideal: without line resistance;
    energy: supplied by all ends [J], shape (...); latency: [s]; balance: |supplied - dissipated| / supplied, the worst
    into: current into the array at every line end [A], shapes (..., rows) and (..., columns); power: [W], shape (...)
    steps: of iteration, the most any vector took; error: relative error of the currents as estimated, the worst
    potentials: of the lines at every cell [V], shape (vectors, rows, columns), where sensing.keep asked for them
    """

    currents: Floats
    ideal: Floats
    energy: Floats
    latency: float
    balance: float
    into: Sides
    power: Floats
    steps: int
    error: float
    potentials: Potentials

    @property
    def ir_drop(self) -> float:
        """Largest current lost to line resistance, relative to the largest ideal current."""
        return float(np.abs(self.ideal - self.currents).max() / max(np.abs(self.ideal).max(), 1e-300))


def ports(layout: Layout, conductance: ArrayLike, *, changes: bool = False) -> Ports:
    """Admittance between all line ends for given channel conductances [S], shape (rows, columns); raises InputError.

    changes: whether single devices will be changed in it, which takes memory
    """
    grid = wired(layout, _conductances(layout, conductance), Sensing())
    ends = line_ends(np.zeros((1, layout.rows)), np.zeros((1, layout.columns)), Sensing()).contacts(grid)
    matrix = port_matrix(grid, ends.resistance, changes=changes)
    return Ports(matrix.admittance, layout.rows, matrix, series(layout))


def read(
    layout: Layout,
    state: State,
    word_line: ArrayLike = 0.1,
    *,
    bit_line: ArrayLike = 0.0,
    duration: float = 1e-6,
    sensing: Sensing = Sensing(),  # noqa: B008 - frozen
    start: Potentials = NOT_KEPT,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Reading:
    """Currents of all bit lines, states frozen (a read is short).

    word_line, bit_line: [V], a number for all lines or shape (..., rows) and (..., columns); nan lets go of a line
    duration: how long the lines stay driven [s]; sensing: drivers, amplifiers, faults
    start: potentials of an earlier reading, from which a little changed array is solved in fewer steps
    Raises InputError for voltages of another shape or not finite, a duration that is not above 0, and metal that no
    driven line end reaches; OutcomeError for too little memory.
    """
    word, bit = _voltages("word_line", word_line, layout.rows), _voltages("bit_line", bit_line, layout.columns)
    if not math.isfinite(duration) or duration <= 0:
        raise InputError("duration", duration, "a finite time above 0 s", "1e-6")
    shape = _shape(word, bit)
    word, bit = (np.broadcast_to(v, (*shape, v.shape[-1])).reshape(-1, v.shape[-1]) for v in (word, bit))
    conductance = layout.conductance(layout.check_state(state))
    grid = wired(layout, conductance, sensing)
    flows, order = [], []
    # Lines that float are wired differently: vectors are solved together where the same ones do.
    for group in _alike(np.isnan(np.concatenate([word, bit], axis=1))):
        ends = line_ends(word[group], bit[group], sensing)
        begin = replace(start, word=start.word[group], bit=start.bit[group]) if len(start.bit) else start
        flows.append(_flow(layout, conductance, sensing, grid, ends, begin, settings))
        order.append(group)
    back = np.argsort(np.concatenate(order))
    ideal = np.concatenate([_ideal(grid, word[g], bit[g], sensing) for g in order])[back]
    return _reading(_sorted(join(flows), back), ideal, shape, duration)


def _flow(
    layout: Layout,
    conductance: Floats,
    sensing: Sensing,
    grid: Grid,
    ends: Ends,
    start: Potentials,
    settings: Settings,
) -> Flow:
    if settings.engine == "ngspice":
        contacts = ends.contacts(grid)
        check_connected(grid, contacts)
        return by_ngspice(layout, conductance, sensing, grid, contacts)
    return solve(grid, ends, tolerance=sensing.tolerance, start=start, keep=sensing.keep)


def _voltages(name: str, values: ArrayLike, lines: int) -> Floats:
    """Voltages of shape (..., lines), nan where a line floats; raises InputError."""
    try:
        volts = np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise InputError(name, values, f"numbers of shape (..., {lines})", "0.1") from error
    volts = np.full(lines, float(volts)) if volts.ndim == 0 else volts
    if (
        volts.shape[-1] != lines
        or (np.abs(volts) > HIGHEST).any()
        or (np.isnan(volts).all(axis=-1).any() and name == "word_line")
    ):
        allowed = f"finite voltages from -{HIGHEST:g} to {HIGHEST:g} V, shape (..., {lines}); nan where one line floats"
        raise InputError(name, values, allowed, "0.1")
    return volts


def _shape(word: Floats, bit: Floats) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(word.shape[:-1], bit.shape[:-1])
    except ValueError as error:
        allowed = f"as many vectors as word_line, shape {(*word.shape[:-1], bit.shape[-1])}"
        raise InputError("bit_line", bit.shape, allowed, "0.0") from error


def _alike(floating: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Positions of rows of `floating` that are equal, pattern by pattern."""
    _, which = np.unique(floating, axis=0, return_inverse=True)
    return [np.flatnonzero(which.ravel() == k) for k in range(int(which.max()) + 1)]


def _ideal(grid: Grid, word: Floats, bit: Floats, sensing: Sensing) -> Floats:
    """Bit-line currents [A] if lines had no resistance, shape (vectors, columns)."""
    if not np.isnan(word).any() and not np.isnan(bit).any() and sensing.driver == sensing.amplifier == 0:
        return np.asarray(word @ grid.crossing - bit * grid.crossing.sum(axis=0))
    return solve(Grid.of(grid.crossing), line_ends(word, bit, replace(sensing, drive="left", sense="top"))).bit


def _sorted(found: Flow, back: NDArray[np.int64]) -> Flow:
    """Vectors in another order."""
    return found if len(back) == 1 else found.taken(back)


def _reading(found: Flow, ideal: Floats, shape: tuple[int, ...], duration: float) -> Reading:
    into = Sides(**{f.name: getattr(found.into, f.name).reshape(*shape, -1) for f in fields(Sides)})
    power = found.power.reshape(shape)
    return Reading(
        found.bit.reshape(*shape, -1),
        ideal.reshape(*shape, -1),
        power * duration,
        duration,
        float(found.balance.max()),
        into,
        power,
        int(found.steps.max()),
        float(found.error.max()),
        found.potentials,
    )


def _conductances(layout: Layout, conductance: ArrayLike) -> Floats:
    values = np.asarray(conductance, float)
    if values.shape != layout.shape or not (np.isfinite(values) & (values > 0)).all():
        raise InputError(
            "conductance", values.shape, f"finite values above 0 S of shape {layout.shape}", "array.conductance(state)"
        )
    return values
