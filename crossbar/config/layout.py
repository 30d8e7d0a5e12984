"""The tables of a configuration file that describe an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BeforeValidator, Field, create_model

from circuits.device import Parameter
from circuits.errors import InputError
from circuits.liwes import CALIBRATIONS, LIWES
from circuits.selector import SELECTOR
from crossbar.array import MOST_CELLS, liwes
from crossbar.config.electrolyte import ElectrolyteTable
from crossbar.config.fields import Ohms, OhmsAboveZero, Seed, Table
from crossbar.config.quantities import Quantity
from crossbar.facade import Array
from crossbar.lines import Access, Lines, Selector, Switch
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


def _volts(name: str, instead: str) -> Quantity:
    known = SELECTOR.parameter(name)
    return Quantity("V", known.low, known.high, instead)


class SelectorTable(Table):
    """A threshold selector: an access device that follows the voltage across it alone."""

    threshold: Annotated[float, _volts("threshold", '"0.6 V"')] = 0.6
    """Where it opens, in both directions: it carries width / on there. At most 35 widths."""
    width: Annotated[float, _volts("threshold_width", '"20 mV"')] = 0.02
    """Below the threshold current rises e-fold in that much."""
    on: OhmsAboveZero = 1e5
    """Resistance beyond the threshold."""
    off: OhmsAboveZero = 1e12
    """Resistance around 0 V; above `on`."""

    def build(self) -> Selector:
        """The selector."""
        return Selector(**self.model_dump())


class AccessTable(Table):
    """Access devices of every cell; `false` wires straight through."""

    gate: OptionalSwitch = SwitchTable()
    """Between gate line and gate."""
    channel: OptionalSwitch = None
    """At both ends of the channel."""
    reservoir: OptionalSwitch = SwitchTable()
    """Between electrolyte and LFP, closed only while pre-charging."""
    gate_selector: SelectorTable | None = None
    """Between gate line and gate, instead of a switch."""
    channel_selector: SelectorTable | None = None
    """At both ends of the channel, instead of a switch."""

    def build(self) -> Access:
        """The devices; raises InputError when a place has two."""
        tables = {name: getattr(self, name) for name in ("gate", "channel", "reservoir")}
        for name in ("gate", "channel"):
            if (selector := getattr(self, f"{name}_selector")) is None:
                continue
            if name in self.model_fields_set and tables[name]:
                raise InputError(f"{name}_selector", name, f"a selector or a switch at the {name}", f"{name} = false")
            tables[name] = selector
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
