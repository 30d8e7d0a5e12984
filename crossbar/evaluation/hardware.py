"""The hardware a network is put on: its tiles, how they are written and read, and what is charged for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from functools import cached_property

from circuits.errors import InputError
from circuits.liwes import READ_NOISE
from crossbar.array import Layout
from crossbar.facade import Array
from crossbar.mapping.bridge import map_graph
from crossbar.mapping.chip import compensate
from crossbar.mapping.methods import Method, WriteVerify
from crossbar.mapping.network import MappedNetwork
from crossbar.mapping.programming import Model
from crossbar.mapping.schemes import Scheme
from crossbar.networks.network import Network
from crossbar.pulses import Pulse


@dataclass(frozen=True)
class Costs:
    """What an inference is charged for.

    voltage: of a driven word line [V]; read: how long it stays driven [s]
    spike: the pulse that a spike is on the gates of short-term devices
    conversion: of one bit line's current to a number, in one read [J]
    update: of one neuron's step [J]; pace: how long that takes, the neurons of a node one after another [s]
    Raises InputError for a negative cost, or a voltage or a read time that is not above 0.
    """

    voltage: float = 0.1
    read: float = 1e-6
    spike: Pulse = field(default_factory=lambda: Pulse(1.0, 200e-6))
    conversion: float = 1.7e-12
    update: float = 81e-12
    pace: float = 8.4e-9

    def __post_init__(self) -> None:
        for name in ("voltage", "read", "conversion", "update", "pace"):
            value = getattr(self, name)
            least = name in {"voltage", "read"}
            if not (math.isfinite(value) and (value > 0 if least else value >= 0)):
                allowed = "a finite number above 0" if least else "a finite number from 0"
                raise InputError(f"costs.{name}", value, allowed, f"{getattr(Costs, name):g}")


SOURCES = {
    "voltage": "assumed: reads at 0.1 V",
    "read": "assumed: lines have settled, and the devices hardly moved",
    "spike": "the paper's self-gate pulse of Table 1",
    "conversion": "8 converters of 8 bits take 16 mW at 1.2 GS/s (ISAAC, DOI 10.1109/ISCA.2016.12)",
    "update": "a digital neuron, active (Loihi, DOI 10.1109/MM.2018.112130359)",
    "pace": "the same neuron",
}
"""Where the costs come from."""


@dataclass(frozen=True)
class Hardware:
    """Tiles, and how they are written and read.

    tile: of what kind they are; scheme: weights as conductances; method: of writing; model: on which that is computed
    raised: how high targets may be set to make up for line resistance, in ends of the window; 1 leaves them as they are
    ir_drop: whether lines have resistance when read; noise: deviation of a device's conductance in one read [S]
    """

    tile: Layout = field(default_factory=lambda: Array(64, 128))
    scheme: Scheme = field(default_factory=Scheme)
    method: Method = field(default_factory=WriteVerify)
    model: Model = "fast"
    raised: float = 1.0
    ir_drop: bool = True
    noise: float = READ_NOISE
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        if not 0 <= self.noise < math.inf:
            raise InputError("noise", self.noise, "a finite conductance from 0 S", "noise=0.11e-6")
        if not 1 <= self.raised < math.inf:
            raise InputError("raised", self.raised, "a finite factor from 1", "raised=4")

    def mapping(self, network: Network) -> MappedNetwork:
        """`network` on these tiles, its targets as an ideal tile would have them."""
        return map_graph(network, self.tile, self.scheme)

    def aimed(self, mapping: MappedNetwork) -> MappedNetwork:
        """`mapping` with targets that make up for the lines, where that is asked for; raises as `compensate` does."""
        if self.raised == 1 or not self.ir_drop:
            return mapping
        return compensate(mapping, highest=self.raised * self.scheme.window.high).mapping

    @cached_property
    def decisive(self) -> tuple[object, ...]:
        """Everything that an outcome depends on, as values with a faithful repr."""
        tile = self.tile
        parts = (tile.shape, sorted(tile.device.values.items()), tile.lines, tile.electrolyte, tile.access, tile.spread)
        return (*parts, *(getattr(self, each.name) for each in fields(self) if each.name != "tile"))
