"""The tables of a configuration file that describe the electrolyte: one film, islands, or every edge for itself."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from circuits.errors import InputError
from crossbar.array import MOST_CELLS
from crossbar.config.fields import Ohms, Table
from crossbar.config.quantities import Quantity, refused
from crossbar.electrolyte import Edges, Electrolyte, Islands

TRENCH = "trench"
_OHMS = Quantity("ohm", 0, 1e18, '"1 Gohm"')


def _across(value: object) -> float:
    """Ohms, or inf for a trench that lets nothing through."""
    if value == TRENCH:
        return math.inf
    try:
        return _OHMS.read(value)
    except PydanticCustomError:
        raise refused(f'{_OHMS.allowed}, or "{TRENCH}"', f'"{TRENCH}"') from None


def _grid(value: object, info: ValidationInfo) -> tuple[tuple[float, ...], ...]:
    """A list of rows of resistances, one an edge."""
    less = (0, 1) if info.field_name == "horizontal" else (1, 0)
    shape = (info.context or {}).get("shape")
    rows = value if isinstance(value, list) else []
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    wanted = (shape[0] - less[0], shape[1] - less[1]) if shape else (len(rows), next(iter(lengths), 0))
    if not isinstance(value, list) or len(rows) != wanted[0] or not lengths <= {wanted[1]} or -1 in lengths:
        size = f"{wanted[0]} lists of {wanted[1]}" if shape else "lists of one length"
        raise refused(f'{size} resistances, or "{TRENCH}" for none', f'[["1 Mohm", "{TRENCH}"]]')
    return tuple(tuple(_across(item) for item in row) for row in rows)


Across: TypeAlias = Annotated[Any, BeforeValidator(_across, json_schema_input_type=float | str)]
EdgeGrid: TypeAlias = Annotated[Any, BeforeValidator(_grid, json_schema_input_type=list[list[float | str]])]


class IslandsTable(Table):
    """Equal islands of electrolyte with trenches around them; `neighbour` holds within one."""

    rows: int = Field(ge=1, le=MOST_CELLS, examples=[2])
    """Cells of an island down a column."""
    columns: int = Field(ge=1, le=MOST_CELLS, examples=[2])
    """Cells of an island along a row."""
    between: Across = Field(default=TRENCH, validate_default=True)
    """Ionic resistance across a trench; "trench", the default, lets nothing through."""


class EdgesTable(Table):
    """Ionic resistance of every edge by itself, instead of `neighbour`."""

    horizontal: EdgeGrid = Field(examples=[[["1 Mohm", TRENCH], ["1 Mohm", TRENCH]]])
    """Between neighbours in a row: as many lists as rows, each one shorter than a row."""
    vertical: EdgeGrid = Field(examples=[[["1 Mohm", "1 Mohm", "1 Mohm"]]])
    """Between neighbours in a column: one list fewer than rows, each as long as a row."""

    def build(self) -> Edges:
        """The edges."""
        return Edges(self.horizontal, self.vertical)


class ElectrolyteTable(Table):
    """The ion conductor all cells share."""

    neighbour: Ohms = 1e8
    """Ionic resistance between neighbouring cells; 0 makes one node of it."""
    islands: IslandsTable | None = None
    """Trenches in equal distances."""
    edges: EdgesTable | None = None
    """Every edge by itself."""
    reservoir_at: Literal["plate", "edge"] = "plate"
    """Whether LFP faces every cell or row 0 only."""

    def build(self) -> Electrolyte:
        """The electrolyte; raises InputError when it is described twice."""
        if self.edges is not None and (self.islands is not None or "neighbour" in self.model_fields_set):
            raise InputError("edges", "edges", "edges alone, without neighbour or islands", "one of the two")
        return Electrolyte(self._between(), self.reservoir_at)

    def _between(self) -> float | Islands | Edges:
        if self.edges is not None:
            return self.edges.build()
        if self.islands is None:
            return self.neighbour
        return Islands(self.islands.rows, self.islands.columns, self.neighbour, self.islands.between)
