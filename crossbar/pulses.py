"""Programming pulses and the waveforms that carry them to cells one slot after another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from circuits.errors import InputError

Cell: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Pulse:
    """A train of equal pulses on a gate, relative to the rest potential of the self-gate.

    amplitude: [V], positive potentiates; width: of each [s]; count: how many; interval: from the end of one to the
    start of the next [s]; rise: of both edges [s]
    Raises InputError for a value that is not finite or out of range.
    """

    amplitude: float
    width: float
    count: int = 1
    interval: float = 10e-3
    rise: float = 1e-9

    def __post_init__(self) -> None:
        for name in ("amplitude", "width", "interval", "rise", "count"):
            if isinstance(value := getattr(self, name), bool) or not isinstance(value, (int, float)):
                raise InputError(name, value, "a number in SI units", str(getattr(Pulse, name, 0.5)))
        if not math.isfinite(self.amplitude) or abs(self.amplitude) > 10:
            raise InputError("amplitude", self.amplitude, "a finite voltage from -10 to 10 V", "0.5")
        if not math.isfinite(self.rise) or self.rise <= 0:
            raise InputError("rise", self.rise, "a time above 0 s", "1e-9")
        if not math.isfinite(self.width) or self.width <= 2 * self.rise:
            raise InputError("width", self.width, f"a time above twice the rise ({2 * self.rise:g} s)", "10e-3")
        if not math.isfinite(self.count) or self.count < 1 or self.count != int(self.count):
            raise InputError("count", self.count, "a whole number from 1", "1")
        if not math.isfinite(self.interval) or self.interval <= 4 * self.rise:
            raise InputError("interval", self.interval, f"a time above four rises ({4 * self.rise:g} s)", "10e-3")

    @property
    def duration(self) -> float:
        """From the first rise to the last fall [s]."""
        return self.count * self.width + (self.count - 1) * self.interval

    def plateaus(self, start: float) -> list[tuple[float, float]]:
        """(start, end) of each pulse when the first begins at `start` [s]."""
        period = self.width + self.interval
        return [(start + k * period, start + k * period + self.width) for k in range(self.count)]


def slots(pulses: Mapping[Cell, Pulse], line_of: Mapping[Cell, int]) -> list[dict[Cell, Pulse]]:
    """Pulses in groups that can run together: on one gate line either one cell, or cells that want the same pulse.

    Cells are taken in order, so a full array goes row by row (or column by column).
    """
    result: list[dict[Cell, Pulse]] = []
    for cell in sorted(pulses):
        for slot in result:
            sharing = [other for other in slot if line_of[other] == line_of[cell]]
            if all(slot[other] == pulses[cell] for other in sharing):
                slot[cell] = pulses[cell]
                break
        else:
            result.append({cell: pulses[cell]})
    return result
