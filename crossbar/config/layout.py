"""The tables of a configuration file that describe an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BeforeValidator, Field, create_model

from circuits.device import Parameter
from circuits.liwes import CALIBRATIONS, LIWES
from crossbar.array import MOST_CELLS, liwes
from crossbar.config.fields import Ohms, OhmsAboveZero, Seed, Table
from crossbar.config.quantities import Quantity
from crossbar.facade import Array
from crossbar.lines import Access, Electrolyte, Lines, Switch
from crossbar.reservoir import CONTACT, HIGH, LOW, RESISTANCE, Reservoir
from crossbar.variation import DEVICE_TO_DEVICE, device_to_device


class LinesTable(Table):
    """Metal lines: resistance of a segment between neighbouring cells."""

    word: Ohms = 0.7
    """Segment of a word line (a row, on the drains)."""
    bit: Ohms = 0.7
    """Segment of a bit line (a column, on the sources)."""
    gate: Ohms = 0.7
    """Segment of a gate line."""
    driver: OhmsAboveZero = 1.0
    """Output resistance of a driver that can let go."""
    gate_along: Literal["row", "column"] = "row"
    """What a gate line joins."""

    def build(self) -> Lines:
        """The lines."""
        return Lines(**self.model_dump())


class ElectrolyteTable(Table):
    """The ion conductor all cells share."""

    neighbour: Ohms = 1e8
    """Ionic resistance between neighbouring cells; 0 makes one node of it."""
    reservoir_at: Literal["plate", "edge"] = "plate"
    """Whether LFP faces every cell or row 0 only."""

    def build(self) -> Electrolyte:
        """The electrolyte."""
        return Electrolyte(**self.model_dump())


class ReservoirTable(Table):
    """The one LFP electrode that charges every cell, with a finite amount of lithium."""

    capacity: Annotated[float, Quantity("C", 0, 1e9, '"0.5 C"', above=True)] = 0.5
    """Charge for a whole lithium per formula unit."""
    lithium: Annotated[float, Quantity("1", LOW, HIGH, "0.6")] = 0.6
    """Lithium y in Li_yFePO4 when made."""
    resistance: OhmsAboveZero = RESISTANCE
    """Electrolyte between LFP and the array."""
    contact: OhmsAboveZero = CONTACT
    """Charge transfer at LFP."""

    def build(self) -> Reservoir:
        """The reservoir."""
        return Reservoir(**self.model_dump())


class SwitchTable(Table):
    """An access switch."""

    on: OhmsAboveZero = 1e3
    """Resistance when closed."""
    off: OhmsAboveZero = 1e12
    """Resistance when open; above `on`."""

    def build(self) -> Switch:
        """The switch."""
        return Switch(**self.model_dump())


OptionalSwitch: TypeAlias = Annotated[
    SwitchTable | None,
    BeforeValidator(lambda v: None if v is False else v, json_schema_input_type=SwitchTable | Literal[False]),
    Field(examples=[False]),
]


class AccessTable(Table):
    """Access switches of every cell; `false` wires straight through."""

    gate: OptionalSwitch = SwitchTable()
    """Between gate line and gate."""
    channel: OptionalSwitch = None
    """At both ends of the channel."""
    reservoir: OptionalSwitch = SwitchTable()
    """Between electrolyte and LFP, closed only while pre-charging."""

    def build(self) -> Access:
        """The switches."""
        tables = {name: getattr(self, name) for name in ("gate", "channel", "reservoir")}
        return Access(**{name: (table.build(),) if table else () for name, table in tables.items()})


class SpreadTable(Table):
    """Spread between devices, drawn once from a seeded generator."""

    device_to_device: Annotated[float, Quantity("1", 0, 0.99, "0.065")] = DEVICE_TO_DEVICE
    """Relative spread of a pulse's effect among devices."""
    seed: Seed = Field(examples=[1])
    """What the random draws start from."""


def _parameter(parameter: Parameter) -> tuple[Any, Any]:
    quantity = Quantity(parameter.unit, parameter.low, parameter.high, f"{parameter.value:g}")
    return (Annotated[float, quantity], Field(default=None, description=f"[{parameter.unit}] {parameter.source}"))


if TYPE_CHECKING:
    ParametersTable: TypeAlias = Table
else:
    ParametersTable = create_model(
        "ParametersTable",
        __base__=Table,
        __doc__="Device parameters that differ from the calibration.",
        **{p.name: _parameter(p) for p in LIWES.parameters if p.low < p.high},
    )


class ArrayTable(Table):
    """A self-gated LiWES array."""

    rows: int = Field(ge=1, le=MOST_CELLS, examples=[4])
    """Word lines."""
    columns: int = Field(ge=1, le=MOST_CELLS, examples=[4])
    """Bit lines."""
    calibration: Literal[tuple(CALIBRATIONS)] = "unified"  # type: ignore[valid-type]
    """A named parameter set, fitted to one figure of the paper."""
    parameters: ParametersTable = ParametersTable()
    lines: LinesTable = LinesTable()
    electrolyte: ElectrolyteTable = ElectrolyteTable()
    reservoir: ReservoirTable = ReservoirTable()
    access: AccessTable = AccessTable()
    spread: SpreadTable | None = None

    def build(self) -> Array:
        """The array, its spread drawn."""
        array = Array(
            self.rows,
            self.columns,
            device=liwes(self.calibration, **self.parameters.model_dump(exclude_unset=True)),
            lines=self.lines.build(),
            electrolyte=self.electrolyte.build(),
            reservoir=self.reservoir.build(),
            access=self.access.build(),
        )
        if self.spread is None:
            return array
        rng = np.random.default_rng(self.spread.seed)
        drawn = device_to_device(array, rng, self.spread.device_to_device)
        return Array(**{**vars(array), "spread": drawn})
