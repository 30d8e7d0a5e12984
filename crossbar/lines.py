"""What connects the cells: metal lines, access switches, the shared electrolyte."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from circuits.errors import InputError


def _check(field_name: str, value: float, *, zero: bool, instead: str) -> None:
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise InputError(
            field_name, value, "a finite resistance, 0 or more" if zero else "a finite resistance above 0", instead
        )


@dataclass(frozen=True)
class Lines:
    """Metal lines. A word line joins the drains of a row, a bit line the sources of a column.

    word, bit, gate: resistance of a segment between neighbouring cells, and from the driver to the first [ohm]; 0 is
    an ideal line. driver: output resistance of a driver that can let go [ohm]; gate_along: what a gate line joins
    """

    word: float = 0.7
    bit: float = 0.7
    gate: float = 0.7
    driver: float = 1.0
    gate_along: Literal["row", "column"] = "row"

    def __post_init__(self) -> None:
        for name in ("word", "bit", "gate"):
            _check(f"lines.{name}", getattr(self, name), zero=True, instead="0.7")
        _check("lines.driver", self.driver, zero=False, instead="1.0")
        if self.gate_along not in ("row", "column"):
            raise InputError("lines.gate_along", self.gate_along, '"row" or "column"', '"row"')


@dataclass(frozen=True)
class Switch:
    """An access device: on and off resistance [ohm]."""

    on: float = 1e3
    off: float = 1e12

    def __post_init__(self) -> None:
        _check("switch.on", self.on, zero=False, instead="1e3")
        _check("switch.off", self.off, zero=False, instead="1e12")
        if self.off <= self.on:
            raise InputError("switch.off", self.off, f"above switch.on = {self.on:g} ohm", "1e12")


@dataclass(frozen=True)
class Access:
    """Access switches of every cell; an empty tuple means it is wired straight through.

    gate: between gate line and gate; channel: at both ends of the channel (one end
    alone would leave an ionic path through the other); reservoir: an ionic valve towards LFP,
    open unless the array is pre-charged (without it cells stay coupled through LFP)
    """

    gate: tuple[Switch, ...] = field(default_factory=lambda: (Switch(),))
    channel: tuple[Switch, ...] = ()
    reservoir: tuple[Switch, ...] = field(default_factory=lambda: (Switch(),))

    def __post_init__(self) -> None:
        for name in ("gate", "channel", "reservoir"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or len(value) > 1 or not all(isinstance(item, Switch) for item in value):
                raise InputError(f"access.{name}", value, "a tuple of one switch or none", "(Switch(),) or ()")


@dataclass(frozen=True)
class Electrolyte:
    """The shared PEO film.

    neighbour: ionic resistance between neighbouring cells [ohm]; 0 makes one node of it
    reservoir_at: "plate" faces LFP to every cell (the reservoir's resistance spread evenly), "edge" to row 0 only
    """

    neighbour: float = 1e8
    reservoir_at: Literal["plate", "edge"] = "plate"

    def __post_init__(self) -> None:
        _check("electrolyte.neighbour", self.neighbour, zero=True, instead="1e8")
        if self.reservoir_at not in ("plate", "edge"):
            raise InputError("electrolyte.reservoir_at", self.reservoir_at, '"plate" or "edge"', '"plate"')
