"""Piecewise-linear waveforms: the same breakpoints reach both engines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError


@dataclass(frozen=True)
class Waveform:
    """Straight lines between (time, value) points, constant before the first and after the last.

    times: strictly increasing [s]; values: as many [unit of what it drives]
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values) or not self.times:
            raise InputError(
                "waveform", (len(self.times), len(self.values)), "as many values as times", "equal lengths"
            )
        if not all(math.isfinite(x) for x in self.times + self.values):
            raise InputError("waveform", self, "finite times and values", "numbers without nan or inf")
        if any(b <= a for a, b in zip(self.times, self.times[1:], strict=False)):
            raise InputError("waveform.times", self.times, "strictly increasing times", "a ramp for every jump")

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Values at `time`, same shape."""
        return np.asarray(np.interp(np.asarray(time, float), self.times, self.values))

    @property
    def is_constant(self) -> bool:
        """Whether the value never changes."""
        return min(self.values) == max(self.values)


def constant(value: float) -> Waveform:
    """The same `value` for ever."""
    return Waveform((0.0,), (float(value),))


def steps(base: float, plateaus: list[tuple[float, float, float]], rise: float) -> Waveform:
    """`base` except for plateaus (start, end, value), ordered in time; each edge is a ramp centred on its instant.

    Centring makes a plateau's area value * (end - start) whatever the rise [s].
    Raises InputError when plateaus overlap or are shorter than the ramps.
    """
    times: list[float] = []
    values: list[float] = []
    half, level, clock = rise / 2, base, -math.inf
    for start, end, value in plateaus:
        if end - start <= rise or start - half < clock:
            raise InputError("width", end - start, f"wider than its rise of {rise:g} s, pulses apart", "a longer width")
        adjoining = bool(times) and start - half <= clock
        times += [start - half] * (not adjoining) + [start + half, end - half]
        values += [level] * (not adjoining) + [value, value]
        clock, level = end - half, value
        times.append(end + half)
        values.append(base)
        clock, level = end + half, base
    if not times:
        return constant(base)
    return Waveform(tuple(times), tuple(values))
