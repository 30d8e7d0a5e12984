"""Signed weights as conductances, which are positive: how many devices a weight takes and which of them moves.

    differential   w = scale (G_plus - G_minus); both rest in the middle of the window and move apart
    one_sided      w = scale (G_plus - G_minus); both rest at the window's low end, one of them moves
    offset         w = scale (G - G_offset); all rest in the middle, one column of resting devices is the offset

A weight matrix is (inputs, outputs). Output j of a pair scheme is on bit lines 2j (plus) and 2j + 1 (minus); the offset
column follows its block's outputs. Conductances are rounded to states, which are evenly spaced over the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError

Array = NDArray[np.float64]
Real = NDArray[np.floating[Any]]
Kind = Literal["differential", "one_sided", "offset"]
ScalePer = Literal["column", "tile"]
BiasAs = Literal["row", "digital"]
CHOICES = {
    "kind": ("differential", "one_sided", "offset"),
    "scale_per": ("column", "tile"),
    "bias": ("row", "digital"),
}


@dataclass(frozen=True)
class Window:
    """The conductances that weights may use: from `low` to `high` [S]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a window that holds no conductance."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and 0 < self.low < self.high):
            raise InputError(
                "window", (self.low, self.high), "two conductances [S], 0 < low < high", "Window(50e-6, 150e-6)"
            )

    @property
    def width(self) -> float:
        """high - low [S]."""
        return self.high - self.low


@dataclass(frozen=True)
class Scheme:
    """How weights become conductances.

    kind: differential, one_sided or offset, as above; scale_per: whether each column, or each block on a tile, takes
    the whole window; window: of conductances; states: how many a device has in it, math.inf for a continuum
    clip: percentile of the magnitudes (of a column, or a block) that takes the whole window; larger weights saturate
    bias: "row", one more row of devices driven in every step, or "digital", added outside
    Raises InputError for a choice that is not there, fewer than 2 states, a percentile outside (0, 100].
    """

    kind: Kind = "differential"
    scale_per: ScalePer = "column"
    window: Window = Window(50e-6, 150e-6)
    states: float = 1024
    clip: float = 100.0
    bias: BiasAs = "row"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                allowed = ", ".join(f'"{choice}"' for choice in choices)
                raise InputError(f"scheme.{name}", getattr(self, name), allowed, f'{name}="{choices[0]}"')
        if not self.states >= 2 or (math.isfinite(self.states) and self.states != int(self.states)):
            raise InputError("scheme.states", self.states, "a whole number from 2, or math.inf", "states=1024")
        if not 0 < self.clip <= 100:
            raise InputError("scheme.clip", self.clip, "a percentile above 0, at most 100", "clip=99.9")

    @property
    def step(self) -> float:
        """Between neighbouring states [S]; 0 for a continuum."""
        return self.window.width / (self.states - 1)

    @property
    def rest(self) -> float:
        """Conductance of a zero weight [S], which pre-charge leaves all devices at; of two middle states the upper."""
        if self.kind == "one_sided":
            return self.window.low
        if math.isinf(self.states):
            return self.window.low + self.window.width / 2
        return self.window.low + int(self.states // 2) * self.step

    def devices(self, outputs: int) -> int:
        """Bit lines that `outputs` take."""
        return outputs + 1 if self.kind == "offset" else 2 * outputs

    def outputs(self, columns: int) -> int:
        """How many outputs `columns` bit lines carry; raises InputError when none."""
        found = columns - 1 if self.kind == "offset" else columns // 2
        if found < 1:
            raise InputError("columns", columns, "at least 2 bit lines a tile", "xb.Array(64, 128)")
        return found

    def rounded(self, conductances: Array) -> Array:
        """The nearest states [S], the upper of two; states go on beyond the window."""
        if math.isinf(self.states):
            return conductances
        steps = np.floor((conductances - self.window.low) / self.step + 0.5)
        return np.asarray(self.window.low + steps * self.step)

    def signed(self, devices: Real) -> Real:
        """What reading subtracts: (..., bit lines) to (..., outputs), in the unit given."""
        if self.kind == "offset":
            return devices[..., :-1] - devices[..., -1:]
        return differences(devices)


@dataclass(frozen=True, eq=False)
class Mapped:
    """Weights as conductances.

    conductances: target of each device [S], shape (inputs, bit lines)
    exact: the same without states and saturation [S]
    scale: weight per siemens of each output, shape (outputs,)
    """

    scheme: Scheme
    conductances: Array
    exact: Array
    scale: Array

    def weights(self, conductances: Array) -> Array:
        """The weights (inputs, outputs) that `conductances` [S] (inputs, bit lines) hold at this scale."""
        return np.asarray(self.scheme.signed(conductances) * self.scale)

    def error(self, conductances: Array) -> Array:
        """Weights held minus weights meant, shape (inputs, outputs): exactly 0 where `conductances` are exact."""
        return np.asarray(self.scheme.signed(conductances - self.exact) * self.scale)


def differences(pairs: Real) -> Real:
    """Plus minus minus along the last axis: (..., 2 * outputs) to (..., outputs)."""
    return pairs[..., 0::2] - pairs[..., 1::2]


def encode(weights: Array, scheme: Scheme) -> Mapped:
    """Conductances of `weights` (inputs, outputs); raises InputError unless they are a finite matrix."""
    if weights.ndim != len(("inputs", "outputs")) or not weights.size or not np.all(np.isfinite(weights)):
        raise InputError("weights", weights, "a finite matrix of shape (inputs, outputs)", "np.zeros((12, 7))")
    largest = _largest(np.abs(weights), scheme)
    reach = scheme.window.width / 2 if scheme.kind == "offset" else scheme.window.width
    # A column so small that its scale vanishes holds nothing.
    scale = np.maximum(np.where(largest > 0, largest, 1.0) / reach, np.finfo(float).tiny)
    exact, wanted = _exact(weights / scale, scheme), np.clip(weights, -largest, largest) / scale
    if math.isinf(scheme.states):
        return Mapped(scheme, _exact(wanted, scheme), exact, scale)
    return Mapped(scheme, scheme.window.low + _states(wanted, scheme) * scheme.step, exact, scale)


def _largest(magnitudes: Array, scheme: Scheme) -> Array:
    """The magnitude of each output that takes the whole window, shape (outputs,)."""
    axis = 0 if scheme.scale_per == "column" else None
    highest = magnitudes.max(axis=axis)
    largest = highest if scheme.clip == 100 else np.percentile(magnitudes, scheme.clip, axis=axis)
    # More zeros than the percentile leaves: nothing but the largest can set a scale.
    return np.broadcast_to(np.where(largest > 0, largest, highest), magnitudes.shape[1:])


def _exact(wanted: Array, scheme: Scheme) -> Array:
    """Conductances [S] for signed ones `wanted` [S] (inputs, outputs), without states."""
    if scheme.kind == "offset":
        return np.concatenate([scheme.rest + wanted, np.full((len(wanted), 1), scheme.rest)], axis=1)
    if scheme.kind == "one_sided":
        return _side_by_side(scheme.rest + np.maximum(wanted, 0.0), scheme.rest + np.maximum(-wanted, 0.0))
    return _side_by_side(scheme.rest + wanted / 2, scheme.rest - wanted / 2)


def _states(wanted: Array, scheme: Scheme) -> Array:
    """Numbers of the states that hold `wanted` [S] (inputs, outputs), shape (inputs, bit lines).

    A pair's difference is rounded, not its devices: no resolution is lost by sharing it. With an offset column every
    device is rounded for itself about the middle of the window, where no state is if their number is even.
    """
    top, middle = scheme.states - 1, scheme.states // 2
    if scheme.kind == "offset":
        numbers = np.clip(np.floor(wanted / scheme.step + top / 2 + 0.5), 0, top)
        return np.concatenate([numbers, np.full((len(wanted), 1), middle)], axis=1)
    apart = np.clip(np.rint(wanted / scheme.step), -top, top)
    plus = np.maximum(apart, 0.0) if scheme.kind == "one_sided" else middle + np.floor(apart / 2)
    return _side_by_side(plus, plus - apart)


def _side_by_side(plus: Array, minus: Array) -> Array:
    return np.stack([plus, minus], axis=2).reshape(len(plus), -1)
