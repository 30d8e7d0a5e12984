"""Ways to write devices, what is by chance in them, and how long their pulses take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from circuits.errors import InputError
from circuits.liwes import CYCLE_TO_CYCLE, DEVICE_TO_DEVICE
from crossbar.array import Floats, Layout
from crossbar.operations.write_verify import Recipe

EDGES = 8
"""Rises around every slot of crossbar.operations.program."""
VERIFY = 1.2
"""Deviation of verify reads, in tolerances, at which the loop leaves a normal residue of one tolerance's deviation."""


@dataclass(frozen=True)
class OpenLoop:
    """Count pulses and trust them.

    amplitude: of the counting pulse, its sign chosen by need [V]; interval: between two [s]; its width is that of a
    state where states are hardest to tell, see crossbar.mapping.response.counting_pulse
    device_to_device, cycle_to_cycle: relative spread of what a pulse changes, among devices and among pulses
    """

    amplitude: float = 0.5
    interval: float = 10e-3
    device_to_device: float = DEVICE_TO_DEVICE
    cycle_to_cycle: float = 0.0

    def __post_init__(self) -> None:
        _check_spread("device_to_device", self.device_to_device)
        _check_spread("cycle_to_cycle", self.cycle_to_cycle)


@dataclass(frozen=True)
class WriteVerify:
    """Pulse, let settle, read, correct; see crossbar.operations.write_verify.

    tolerance: largest distance from its target at which a device passes, as share of its target's distance from rest
    floor: the same at least [S]; device_to_device: relative spread of what a pulse changes
    recipe: of the loop. Its verify reads are just good enough: residues deviate by one tolerance. With verify=0 reads
    are perfect, as the circuit wants it, where all devices have to pass at once
    """

    tolerance: float = 0.01
    floor: float = 0.0
    device_to_device: float = DEVICE_TO_DEVICE
    recipe: Recipe = field(default_factory=lambda: Recipe(rounds=30, verify=VERIFY, cycle_to_cycle=CYCLE_TO_CYCLE))

    def __post_init__(self) -> None:
        _check_spread("device_to_device", self.device_to_device)
        if not 0 < self.tolerance < 1:
            raise InputError("tolerance", self.tolerance, "a share above 0 and below 1", "0.01")
        if not 0 <= self.floor < math.inf:
            raise InputError("floor", self.floor, "a finite conductance from 0 S", "floor=0.1e-6")


Method: TypeAlias = OpenLoop | WriteVerify


def _check_spread(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise InputError(name, value, "a relative spread from 0 to 1", f"{name}=0.065")


def slot_time(keys: Floats, duration: Callable[[Floats], Floats], tile: Layout, rise: float) -> float:
    """How long trains take, `keys` (rows, columns) telling them apart and 0 where none [s].

    As crossbar.operations.program schedules them: gate lines side by side, on a line one train after another.
    """
    slots: list[float] = []
    for line in keys if tile.lines.gate_along == "row" else keys.T:
        found, first = np.unique(line[line != 0], return_index=True)
        for place, length in enumerate(duration(np.abs(found[np.argsort(first)]))):
            if place == len(slots):
                slots.append(0.0)
            slots[place] = max(slots[place], float(length))
    return sum(slots) + EDGES * rise * len(slots)


def lognormal(spread: float, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Factors of mean 1 in the logarithm whose relative deviation is `spread`."""
    return np.exp(math.sqrt(math.log1p(spread**2)) * rng.standard_normal(shape))
