"""Signed weights as differences of two conductances.

A weight w of an (inputs, outputs) matrix becomes the devices of two neighbouring bit lines: w = scale * (G_plus -
G_minus). Outputs keep their order, output j on bit lines 2j (plus) and 2j + 1 (minus), so a tile of m inputs and n
outputs is (m, 2n) devices. One side of each pair rests at the window's low end, where pre-charge left it: half the
devices need no programming, and lines carry the smallest current that shows the weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError

Array = NDArray[np.float64]
ScalePer = Literal["column", "tile"]


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


@dataclass(frozen=True, eq=False)
class Mapped:
    """Weights as conductances.

    conductances: target of each device [S], shape (inputs, 2 * outputs)
    scale: weight per siemens of each output's pairs, shape (outputs,)
    """

    conductances: Array
    scale: Array

    def weights(self, conductances: Array) -> Array:
        """The weights (inputs, outputs) that `conductances` [S] (inputs, 2 * outputs) hold at this scale."""
        return differences(conductances) * self.scale


def differences(pairs: Array) -> Array:
    """Plus minus minus along the last axis: (..., 2 * outputs) to (..., outputs)."""
    return pairs[..., 0::2] - pairs[..., 1::2]


def differential(weights: Array, window: Window, scale_per: ScalePer = "column") -> Mapped:
    """Differential pairs of `weights` (inputs, outputs).

    The largest magnitude, in each column or in the tile, takes the whole window.
    """
    if weights.ndim != len(("inputs", "outputs")) or not np.all(np.isfinite(weights)):
        raise InputError("weights", weights, "a finite matrix of shape (inputs, outputs)", "np.zeros((12, 7))")
    if scale_per not in {"column", "tile"}:
        raise InputError("scale_per", scale_per, "'column' or 'tile'", "scale_per = 'column'")
    largest = np.abs(weights).max(axis=0 if scale_per == "column" else None)
    scale = np.broadcast_to(np.where(largest > 0, largest, 1.0) / window.width, weights.shape[1:]).copy()
    parts = np.stack([np.maximum(weights, 0.0), np.maximum(-weights, 0.0)], axis=2) / scale[:, None]
    devices = np.clip(window.low + parts, window.low, window.high)
    return Mapped(devices.reshape(len(weights), -1), scale)
