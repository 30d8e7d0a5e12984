"""What connects the cells to the outside: metal lines and access devices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from circuits.errors import InputError
from circuits.selector import SELECTOR, STEEPEST


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
    """An access device that follows the operation: on and off resistance [ohm]."""

    on: float = 1e3
    off: float = 1e12

    def __post_init__(self) -> None:
        _check("switch.on", self.on, zero=False, instead="1e3")
        _check("switch.off", self.off, zero=False, instead="1e12")
        if self.off <= self.on:
            raise InputError("switch.off", self.off, f"above switch.on = {self.on:g} ohm", "1e12")


@dataclass(frozen=True)
class Selector:
    """An access device that follows the voltage across it alone; circuits.selector has its equations.

    threshold: where it carries width / on, in both directions [V], at most 35 widths
    width: current rises e-fold in that much below it [V]
    on: resistance beyond the threshold [ohm]; off: around 0 V [ohm]
    """

    threshold: float = 0.6
    width: float = 0.02
    on: float = 1e5
    off: float = 1e12

    def __post_init__(self) -> None:
        _check("selector.on", self.on, zero=False, instead="1e5")
        _check("selector.off", self.off, zero=False, instead="1e12")
        if self.off <= self.on:
            raise InputError("selector.off", self.off, f"above selector.on = {self.on:g} ohm", "1e12")
        for name, symbol in (("threshold", "threshold"), ("width", "threshold_width")):
            known, value = SELECTOR.parameter(symbol), getattr(self, name)
            if not known.low <= value <= known.high:
                raise InputError(f"selector.{name}", value, f"{known.low:g} to {known.high:g} V", f"{known.value:g}")
        if self.threshold > STEEPEST * self.width:
            allowed = f"from threshold / {STEEPEST:g} = {self.threshold / STEEPEST:g} V"
            raise InputError("selector.width", self.width, allowed, f"{self.threshold / 30:g}")

    @property
    def parameters(self) -> dict[str, float]:
        """Of the device in circuits.selector."""
        return {
            "threshold": self.threshold,
            "threshold_width": self.width,
            "on_resistance": self.on,
            "off_resistance": self.off,
        }


@dataclass(frozen=True)
class Access:
    """Access devices of every cell; an empty tuple means it is wired straight through.

    gate: between gate line and gate; channel: at both ends of the channel (one end
    alone would leave an ionic path through the other); reservoir: an ionic valve towards LFP,
    open unless the array is pre-charged (without it cells stay coupled through LFP)
    """

    gate: tuple[Switch | Selector, ...] = field(default_factory=lambda: (Switch(),))
    channel: tuple[Switch | Selector, ...] = ()
    reservoir: tuple[Switch, ...] = field(default_factory=lambda: (Switch(),))

    def __post_init__(self) -> None:
        for name, kinds in (("gate", (Switch, Selector)), ("channel", (Switch, Selector)), ("reservoir", (Switch,))):
            value = getattr(self, name)
            if not isinstance(value, tuple) or len(value) > 1 or not all(isinstance(item, kinds) for item in value):
                words = "switch or selector" if Selector in kinds else "switch"
                raise InputError(f"access.{name}", value, f"a tuple of one {words} or none", "(Switch(),) or ()")

    @property
    def channel_resistance(self) -> float:
        """Both switches of a channel, closed [ohm]; raises InputError for selectors, which are no resistors to read."""
        for item in self.channel:
            if isinstance(item, Selector):
                allowed = "switches or nothing, for a read of channels as resistors"
                raise InputError("access.channel", item, allowed, "Access(channel=(Switch(),))")
        return sum(2 * item.on for item in self.channel)

    @property
    def cuts_gates(self) -> bool:
        """Whether an operation can cut a single gate off its line."""
        return any(isinstance(item, Switch) for item in self.gate)
