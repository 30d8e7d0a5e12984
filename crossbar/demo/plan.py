"""What the demonstration does, in numbers; everything the report later calls an assumption stands here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from circuits.errors import InputError
from circuits.liwes import CYCLE_TO_CYCLE, DEVICE_TO_DEVICE
from circuits.native.engine import Accuracy
from crossbar.facade import Array
from crossbar.lines import Lines
from crossbar.operations.write_verify import Recipe
from crossbar.pulses import Pulse
from crossbar.synapse import wan2021_kernel
from crossbar.variation import device_to_device
from crossbar.workloads.classify import Settings

STREAMS = ("data", "training", "static", "spread", "pulses", "check")


@dataclass(frozen=True)
class Plan:
    """Everything that decides the outcome.

    seed: of all chance; seeds: how many times the test samples are shown, each with fresh noise
    segment: resistance of a piece of line between two cells [ohm]
    spread, cycle: relative spread of a pulse's effect between devices, and between pulses of one device
    noise: of one read of one device [S]
    tolerance: largest distance from its target at which a device passes its verify read [S]
    coarse: the same at first: fewer devices then need a fine touch
    lower: how far below the window the pre-charge leaves all devices: what writing the others will lift them by [S]
    reserve: how far below the wanted lithium the pre-charge may end; it is aimed higher by as much
    read: how long the word lines stay driven for one read [s]
    charging, writing: accuracy of the native engine; coarse, but each operation's energy balance stays below 1e-6
    cross_check: whether ngspice is asked
    """

    seed: int = 0
    seeds: int = 5
    network: Settings = field(default_factory=Settings)
    segment: float = 0.7
    spread: float = DEVICE_TO_DEVICE
    cycle: float = CYCLE_TO_CYCLE
    noise: float = wan2021_kernel.noise
    tolerance: float = 1e-6
    coarse: float = 3e-6
    lower: float = 0.7e-6
    reserve: float = 0.001
    read: float = 1e-6
    charging: Accuracy = field(default_factory=lambda: Accuracy(tolerance=1e-4, energy=5e-7, newton=1e-9))
    writing: Accuracy = field(default_factory=lambda: Accuracy(tolerance=8e-6, energy=5e-5, newton=1e-9))
    spike: Pulse = field(default_factory=lambda: Pulse(1.0, wan2021_kernel.width))
    cross_check: bool = True

    def __post_init__(self) -> None:
        """Refuse counts that leave nothing to do."""
        if self.seeds < 1:
            raise InputError("--seeds", self.seeds, "a whole number from 1", "--seeds 5")
        if self.seed < 0:
            raise InputError("--seed", self.seed, "a whole number from 0", "--seed 0")

    @property
    def making(self) -> Plan:
        """This plan, but for what does not touch the tiles."""
        return replace(self, seeds=1, read=Plan.read, cross_check=True)

    @property
    def recipe(self) -> Recipe:
        """How the tiles are written."""
        return Recipe(read_noise=self.noise, cycle_to_cycle=self.cycle)

    def chance(self, stream: str, number: int = 0) -> np.random.Generator:
        """The generator of one purpose: no purpose draws from another's, so each can be repeated by itself."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, STREAMS.index(stream), number]))

    def array(self, rows: int, columns: int) -> Array:
        """A tile with nominal devices; gate lines run along the columns, a slot programs one row of each."""
        lines = Lines(word=self.segment, bit=self.segment, gate=self.segment, gate_along="column")
        return Array(rows, columns, lines=lines)

    def tile(self, number: int, shape: tuple[int, int]) -> Array:
        """Tile `number` with the spread of its devices."""
        array = self.array(*shape)
        return array.varied(device_to_device(array, self.chance("spread", number), self.spread))

    def trials(self) -> list[np.random.Generator]:
        """A generator a seed, for what differs between showings of the same samples."""
        return [np.random.default_rng(np.random.SeedSequence([self.seed, len(STREAMS), k])) for k in range(self.seeds)]

    def described(self) -> dict[str, Any]:
        """As plain values, for people and for files."""
        return dict(json.loads(json.dumps(asdict(self), default=str)))
