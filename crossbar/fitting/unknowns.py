"""What a fit looks for: device parameters, and the coordinates in which they are searched."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

import numpy as np

from circuits.device import Device, Parameter
from circuits.errors import InputError
from crossbar.array import Floats, Model

Bounds: TypeAlias = Mapping[str, tuple[float, float]]

DECADE = 10.0  # a positive parameter that may vary by more is searched by its logarithm


@dataclass(frozen=True)
class Unknown:
    """A parameter with its start and bounds [its unit].

    A coordinate is 0 at the start and moves by 1 for a factor e, or by 1 for the start's size where the bounds let the
    parameter be zero or keep it within a decade.
    """

    name: str
    start: float
    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether its logarithm is searched."""
        return self.low > 0 and self.high / self.low >= DECADE

    @property
    def size(self) -> float:
        """What a coordinate counts in where it is not logarithmic."""
        return abs(self.start) or self.high - self.low

    def coordinate(self, value: float) -> float:
        """Of a value of the parameter."""
        return math.log(value / self.start) if self.logarithmic else (value - self.start) / self.size

    def value(self, coordinate: Floats) -> Floats:
        """The parameter at coordinates of any shape, never beyond its bounds."""
        found = self.start * np.exp(coordinate) if self.logarithmic else self.start + self.size * coordinate
        return np.clip(found, self.low, self.high)


def unknowns(device: Model, names: Sequence[str] | str, bounds: Bounds) -> tuple[Unknown, ...]:
    """The parameters of `device` that are asked for, each from its value there; raises InputError."""
    asked = (names,) if isinstance(names, str) else tuple(names)
    if not asked:
        raise InputError("parameters", asked, "at least one parameter", '("exchange_current", "film_resistance")')
    for name in asked:
        if asked.count(name) > 1:
            raise InputError("parameters", name, "each parameter once", f"one {name!r}")
    if strange := [name for name in bounds if name not in asked]:
        raise InputError("bounds", strange[0], f"parameters that are fitted: {', '.join(asked)}", "it in parameters")
    return tuple(_unknown(device, name, bounds) for name in asked)


def _unknown(device: Model, name: str, bounds: Bounds) -> Unknown:
    parameter = _parameter(device.device, name)
    low, high = _bounds(parameter, bounds.get(name, (parameter.low, parameter.high)))
    start = device.values[name]
    if not low <= start <= high:
        instead = f"{name} = {math.sqrt(low * high) if low > 0 else (low + high) / 2:g} to start from, or other bounds"
        raise InputError(f"start {name}", start, f"from {low:g} to {high:g} {parameter.unit}, its bounds", instead)
    return Unknown(name, start, low, high)


def _parameter(device: Device, name: str) -> Parameter:
    """The parameter, if it is one that can vary; raises InputError."""
    known = {parameter.name: parameter for parameter in device.parameters if parameter.low < parameter.high}
    if name not in known:
        close = get_close_matches(str(name), known, 1)
        raise InputError("parameters", name, ", ".join(known), repr(close[0]) if close else "one of these names")
    return known[name]


def _bounds(parameter: Parameter, given: tuple[float, float]) -> tuple[float, float]:
    """Low and high as floats within the parameter's own range; raises InputError."""
    allowed = f"(low, high) with {parameter.low:g} <= low < high <= {parameter.high:g} {parameter.unit}"
    try:
        low, high = (float(value) for value in given)
    except (TypeError, ValueError):
        low = high = math.nan
    if not parameter.low <= low < high <= parameter.high:
        example = (parameter.low, parameter.high)
        raise InputError(f"bounds {parameter.name}", given, allowed, f"{example[0]:g}, {example[1]:g}")
    return low, high
