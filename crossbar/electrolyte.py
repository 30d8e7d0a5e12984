"""The ion conductor all cells share: one film, islands in it, or every edge for itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circuits.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Shape: TypeAlias = tuple[int, int]
TRENCH = math.inf
PASSABLE = float(np.finfo(float).max)  # the largest resistance that is no trench [ohm]


@dataclass(frozen=True, eq=False)
class Edges:
    """Ionic resistance between neighbours [ohm], edge by edge: inf is a trench, 0 makes one node of two cells.

    horizontal: between neighbours in a row, shape (rows, columns - 1)
    vertical: between neighbours in a column, shape (rows - 1, columns)
    """

    horizontal: Floats
    vertical: Floats

    def __post_init__(self) -> None:
        for name in ("horizontal", "vertical"):
            object.__setattr__(self, name, _resistances(f"electrolyte.{name}", getattr(self, name)))
        (rows, gaps), (rifts, columns) = self.horizontal.shape, self.vertical.shape
        if (gaps, rifts) != (columns - 1, rows - 1):
            shapes = self.horizontal.shape, self.vertical.shape
            raise InputError("electrolyte.neighbour", shapes, "(rows, columns - 1) and (rows - 1, columns)", "both")

    @property
    def shape(self) -> Shape:
        """(rows, columns) of the array they fit."""
        return (self.horizontal.shape[0], self.vertical.shape[1])

    def joins(self, most: float) -> tuple[Integers, Integers, Floats]:
        """Edges of at most `most` [ohm]: the cells they join, counted row by row, and their resistance [ohm]."""
        cell = np.arange(self.shape[0] * self.shape[1]).reshape(self.shape)
        start = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
        end = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
        value = np.concatenate([self.horizontal.ravel(), self.vertical.ravel()])
        there = value <= most
        return start[there], end[there], value[there]

    def groups(self, most: float) -> Integers:
        """For each cell the first cell it reaches through edges of at most `most` [ohm], shape (rows, columns)."""
        size = self.shape[0] * self.shape[1]
        start, end, _ = self.joins(most)
        _, label = connected_components(coo_matrix((np.ones(len(start)), (start, end)), (size, size)), directed=False)
        _, first = np.unique(label, return_index=True)
        return np.asarray(first[label].reshape(self.shape), np.int64)


@dataclass(frozen=True)
class Islands:
    """Electrolyte in equal islands with trenches around them; the last of a row or column may be smaller.

    rows, columns: cells of an island; within: between neighbours on one island [ohm], 0 makes one node of it;
    between: across a trench [ohm], inf lets nothing through
    """

    rows: int
    columns: int
    within: float = 1e8
    between: float = TRENCH

    def __post_init__(self) -> None:
        for name in ("rows", "columns"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise InputError(f"islands.{name}", value, "a whole number from 1", "2")
        _check("islands.within", self.within, "a finite resistance, 0 or more", "1e8", finite=True)
        _check("islands.between", self.between, "a resistance, 0 or more, or inf", "inf", finite=False)


@dataclass(frozen=True)
class Electrolyte:
    """The shared PEO film.

    neighbour: ionic resistance between neighbouring cells [ohm], where 0 makes one node of it; Islands; or Edges
    reservoir_at: "plate" faces LFP to every cell (the reservoir's resistance spread evenly), "edge" to row 0 only
    """

    neighbour: float | Islands | Edges = 1e8
    reservoir_at: Literal["plate", "edge"] = "plate"

    def __post_init__(self) -> None:
        if not isinstance(self.neighbour, (Islands, Edges)):
            _check("electrolyte.neighbour", self.neighbour, "a finite resistance, 0 or more", "1e8", finite=True)
        if self.reservoir_at not in ("plate", "edge"):
            raise InputError("electrolyte.reservoir_at", self.reservoir_at, '"plate" or "edge"', '"plate"')

    def check(self, shape: Shape) -> None:
        """Raise InputError when these are the edges of an array of another shape than `shape`."""
        if isinstance(self.neighbour, Edges) and self.neighbour.shape != shape:
            allowed = f"edges of an array of shape {shape}"
            raise InputError("electrolyte.neighbour", self.neighbour.shape, allowed, "Islands(...), for any shape")

    def edges(self, shape: Shape) -> Edges:
        """Every edge of an array of `shape`; raises InputError as `check` does."""
        self.check(shape)
        if isinstance(self.neighbour, Edges):
            return self.neighbour
        rows, columns = shape
        alike = self.neighbour
        islands = alike if isinstance(alike, Islands) else Islands(rows, columns, within=alike)
        gaps, rifts = np.arange(1, columns) % islands.columns == 0, np.arange(1, rows) % islands.rows == 0
        horizontal = np.where(gaps, islands.between, islands.within)
        vertical = np.where(rifts, islands.between, islands.within)
        return Edges(
            np.broadcast_to(horizontal, (rows, columns - 1)), np.broadcast_to(vertical[:, None], (rows - 1, columns))
        )

    def least(self, shape: Shape) -> float:
        """Least resistance between neighbours in an array of `shape` [ohm], inf in a single cell."""
        return float(self.edges(shape).joins(TRENCH)[2].min(initial=TRENCH))

    def faced(self, shape: Shape) -> NDArray[np.bool_]:
        """Which cells LFP faces, shape (rows, columns)."""
        result = np.zeros(shape, bool)
        result[slice(None) if self.reservoir_at == "plate" else slice(1)] = True
        return result

    def reached(self, shape: Shape) -> NDArray[np.bool_]:
        """Which cells have an ionic way to LFP, shape (rows, columns): the others keep what lithium they have."""
        island = self.edges(shape).groups(PASSABLE)
        return np.isin(island, island[self.faced(shape)])


def _resistances(name: str, values: ArrayLike) -> Floats:
    """`values` as a grid of its own; raises InputError."""
    try:
        grid = np.array(values, float)
    except (TypeError, ValueError) as error:
        raise InputError(name, values, "rows of resistances of one length", "inf for a trench") from error
    wrong = ~(grid >= 0)
    if grid.ndim != 2 or wrong.any():
        bad = float(grid[wrong][0]) if wrong.any() else grid.shape
        raise InputError(name, bad, "rows of resistances, each 0 or more, or inf", "inf for a trench")
    grid.setflags(write=False)
    return grid


def _check(name: str, value: object, allowed: str, instead: str, *, finite: bool) -> None:
    if isinstance(value, (int, float, np.integer, np.floating)) and value >= 0 and not (finite and math.isinf(value)):
        return
    raise InputError(name, value, allowed, instead)
