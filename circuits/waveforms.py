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
    Raises InputError when plateaus overlap or are shorter than the ramps, and unless rise > 0.
    """
    if not (math.isfinite(rise) and rise > 0):
        raise InputError("rise", rise, "a finite time above 0 s", "1e-9")
    times: list[float] = []
    values: list[float] = []
    half, clock = rise / 2, -math.inf
    for start, end, value in plateaus:
        if not end - start > rise or start - half < clock:
            raise InputError("width", end - start, f"wider than its rise of {rise:g} s, pulses apart", "a longer width")
        if start - half > clock:
            times.append(start - half)
            values.append(base)
        times += [start + half, end - half, end + half]
        values += [value, value, base]
        clock = end + half
    if not times:
        return constant(base)
    return Waveform(tuple(times), tuple(values))
