"""Read: currents through the frozen conductances, with every segment's IR drop, exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from circuits.elements import Drives, Resistors, Switches
from circuits.errors import InputError
from circuits.netlist import Netlist
from circuits.ngspice.engine import operating_point
from crossbar.array import Floats, Layout, State
from crossbar.operations.run import Settings
from crossbar.wiring import CELLS, frozen

HIGHEST = 10.0  # V


@dataclass(frozen=True, eq=False)
class Ports:
    """What the array is, seen from its line ends: currents are this matrix times voltages.

    admittance: current into every driven end per volt at every driven end [S], word lines then bit lines, shape
    (rows + columns, rows + columns); symmetric, its rows sum to zero
    """

    admittance: Floats
    rows: int

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


@dataclass(frozen=True, eq=False)
class Reading:
    """One read.

    currents: into the virtual ground of each bit line [A], shape (..., columns); ideal: without line resistance;
    energy: supplied by the word lines [J], shape (...); latency: [s]; balance: |supplied - dissipated| / supplied
    """

    currents: Floats
    ideal: Floats
    energy: Floats
    latency: float
    balance: float

    @property
    def ir_drop(self) -> float:
        """Largest current lost to line resistance, relative to the largest ideal current."""
        return float(np.abs(self.ideal - self.currents).max() / max(np.abs(self.ideal).max(), 1e-300))


def ports(layout: Layout, conductance: ArrayLike) -> Ports:
    """Admittance between all line ends for given channel conductances [S], shape (rows, columns); raises InputError."""
    values = _conductances(layout, conductance)
    netlist = frozen(layout, values, np.zeros(layout.rows))
    start, end, g = _conductors(netlist)
    driven = np.concatenate([group.node for group in netlist.groups if isinstance(group, Drives)])
    total = len(netlist.nodes)
    laplacian = coo_matrix(
        (
            np.concatenate([g, g, -g, -g]),
            (np.concatenate([start, end, start, end]), np.concatenate([start, end, end, start])),
        ),
        (total, total),
    ).tocsc()
    inner = np.setdiff1d(np.arange(1, total), driven)
    seen = laplacian[driven][:, driven].toarray()
    if len(inner):
        out = laplacian[inner][:, driven].toarray()
        seen = seen - out.T @ splu(laplacian[inner][:, inner].tocsc()).solve(out)
    return Ports(seen, layout.rows)


def read(
    layout: Layout,
    state: State,
    word_line: ArrayLike = 0.1,
    *,
    duration: float = 1e-6,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Reading:
    """Currents of all bit lines at virtual ground, states frozen (a read is short).

    word_line: [V], a number for all rows or shape (..., rows); duration: how long the lines stay driven [s]
    Raises InputError for voltages of another shape or not finite, and a duration that is not above 0.
    """
    try:
        volts = np.asarray(word_line, float)
    except (TypeError, ValueError) as error:
        raise InputError("word_line", word_line, f"numbers of shape (..., {layout.rows})", "0.1") from error
    volts = np.full(layout.rows, float(volts)) if volts.ndim == 0 else volts
    if volts.shape[-1] != layout.rows or not (np.abs(volts) <= HIGHEST).all():
        allowed = f"finite voltages from -{HIGHEST:g} to {HIGHEST:g} V of shape (..., {layout.rows})"
        raise InputError("word_line", word_line, allowed, "0.1")
    if not math.isfinite(duration) or duration <= 0:
        raise InputError("duration", duration, "a finite time above 0 s", "1e-6")
    conductance = layout.conductance(layout.check_state(state))
    if settings.engine == "ngspice":
        return _from_ngspice(layout, conductance, volts, duration)
    seen = ports(layout, conductance)
    currents = seen.currents(volts)
    # Into the array at the word lines, out of it at grounded bit lines: what goes in must come out.
    entering = (volts @ seen.admittance[: layout.rows, : layout.rows]).sum(axis=-1)
    gap = float(np.abs(entering - currents.sum(axis=-1)).max() / max(np.abs(entering).max(), 1e-300))
    return Reading(currents, volts @ conductance, seen.power(volts) * duration, duration, gap)


def _from_ngspice(layout: Layout, conductance: Floats, volts: Floats, duration: float) -> Reading:
    rows = volts.reshape(-1, layout.rows)
    currents, power, gaps = [], [], []
    for row in rows:
        netlist = frozen(layout, conductance, row)
        potentials = operating_point(netlist).potentials[-1]
        start, end, g = _conductors(netlist)
        cells = netlist.group(CELLS)
        assert isinstance(cells, Resistors)  # noqa: S101 - frozen() made it so
        through = (potentials[cells.start] - potentials[cells.end]) / cells.resistance
        currents.append(through.reshape(layout.shape).sum(axis=0))
        entering = through.reshape(layout.shape).sum(axis=1)
        power.append(float(entering @ row))
        heat = float((g * (potentials[start] - potentials[end]) ** 2).sum())
        gaps.append(abs(power[-1] - heat) / max(abs(power[-1]), 1e-300))
    shape = volts.shape[:-1]
    seen = np.array(currents).reshape(*shape, layout.columns)
    return Reading(seen, volts @ conductance, np.array(power).reshape(shape) * duration, duration, max(gaps))


def _conductors(netlist: Netlist) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    start, end, g = [], [], []
    for group in netlist.groups:
        if isinstance(group, Resistors):
            g.append(1 / group.resistance)
        elif isinstance(group, Switches):
            g.append(np.array([w.values[0] for w in group.waveforms])[group.which])
        else:
            continue
        start.append(group.start)
        end.append(group.end)
    return np.concatenate(start), np.concatenate(end), np.concatenate(g)


def _conductances(layout: Layout, conductance: ArrayLike) -> Floats:
    values = np.asarray(conductance, float)
    if values.shape != layout.shape or not (np.isfinite(values) & (values > 0)).all():
        raise InputError(
            "conductance", values.shape, f"finite values above 0 S of shape {layout.shape}", "array.conductance(state)"
        )
    return values
