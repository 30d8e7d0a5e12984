"""The kinds of field a configuration file has, each with its range and what to write instead."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from crossbar.array import MOST_CELLS
from crossbar.config.quantities import Quantity, refused

LONGEST_TEXT = 120
KEEP = "keep"


class Table(BaseModel):
    """A table of the file: exact types, no field it does not know."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    def build(self) -> object:
        """What it describes; raises InputError."""
        return None

    @model_validator(mode="after")
    def _builds(self) -> Table:
        self.build()
        return self


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT or not value.isprintable() or any(word.startswith(".") for word in value.split()):
        allowed = f"up to {LONGEST_TEXT} printable characters on one line, no word that starts with a dot"
        raise refused(allowed, '"My array"')
    return value


def _cell(value: object, info: ValidationInfo) -> tuple[int, int]:
    ok = isinstance(value, list) and len(value) == 2 and all(type(k) is int and k >= 0 for k in value)
    rows, columns = (info.context or {}).get("shape", (MOST_CELLS, MOST_CELLS))
    if not isinstance(value, list) or not ok or value[0] >= rows or value[1] >= columns:
        raise refused(f"[row, column] from [0, 0] to [{rows - 1}, {columns - 1}]", "[0, 0]")
    return (value[0], value[1])


_VOLTAGE = Quantity("V", -10, 10, '"0.1 V"')
_CONDUCTANCE = Quantity("S", 0, 1e3, '"900 uS"', above=True)


def _voltages(value: object, info: ValidationInfo) -> float | tuple[float, ...]:
    if not isinstance(value, list):
        return _VOLTAGE.read(value)
    rows = (info.context or {}).get("shape", (len(value), 0))[0]
    if len(value) != rows:
        raise refused(f"one voltage, or a list of {rows} (one a row)", '"0.1 V"')
    return tuple(_VOLTAGE.read(volts) for volts in value)


def _targets(value: object, info: ValidationInfo) -> float | tuple[tuple[float, ...], ...]:
    """A conductance for all cells, or one a cell where nan (KEEP in the file) leaves it alone."""
    if not isinstance(value, list):
        return _CONDUCTANCE.read(value)
    rows, columns = (info.context or {}).get("shape", (len(value), -1))
    lengths = {len(row) if isinstance(row, list) else -1 for row in value}
    if len(value) != rows or len(lengths) != 1 or -1 in lengths or not (columns == -1 or lengths == {columns}):
        size = "rows lists of columns" if columns == -1 else f"{rows} lists of {columns}"
        raise refused(f"one conductance for all cells, or {size}", '"900 uS"')
    return tuple(tuple(np.nan if item == KEEP else _CONDUCTANCE.read(item) for item in row) for row in value)


Text: TypeAlias = Annotated[str, AfterValidator(_text)]
Cell: TypeAlias = Annotated[tuple[int, int], BeforeValidator(_cell, json_schema_input_type=list[int])]
Voltages: TypeAlias = Annotated[Any, BeforeValidator(_voltages, json_schema_input_type=float | str | list[float | str])]
Targets: TypeAlias = Annotated[
    Any, BeforeValidator(_targets, json_schema_input_type=float | str | list[list[float | str]])
]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]
Ohms: TypeAlias = Annotated[float, Quantity("ohm", 0, 1e18, '"0.7 ohm"')]
OhmsAboveZero: TypeAlias = Annotated[float, Quantity("ohm", 0, 1e18, '"1 kohm"', above=True)]
Seconds: TypeAlias = Annotated[float, Quantity("s", 0, 1e9, '"10 ms"', above=True)]
Volts: TypeAlias = Annotated[float, _VOLTAGE]
Lithium: TypeAlias = Annotated[float, Quantity("1", 0, 0.7, "0.4")]
Policy: TypeAlias = Literal["float", "ground"]
