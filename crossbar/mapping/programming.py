"""Bring the devices of mapped tiles to their targets, by counting pulses or by writing and verifying.

On the calibrated fast model, which is quick enough for whole networks, or in the circuit, which knows neighbours.
Both draw the same devices from the same seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from circuits.elements import Integers
from circuits.errors import InputError
from crossbar.array import Floats
from crossbar.mapping.circuit import solve
from crossbar.mapping.fast import correct, count
from crossbar.mapping.methods import Method, OpenLoop, WriteVerify, lognormal
from crossbar.mapping.network import Layer, MappedNetwork
from crossbar.mapping.plan import Plan
from crossbar.mapping.response import Response, Span, counting_pulse, response_of
from crossbar.operations.run import Settings
from crossbar.operations.write_verify import Recipe

Model = Literal["fast", "native", "ngspice"]
WIDER = 1.25
"""Between the ends of spans."""
COARSE = 64
"""States of the train that leads to single pulses."""


@dataclass(frozen=True, eq=False)
class Programmed:
    """A network's tiles, written.

    conductances: of all devices [S]; pulses: each took, shape (tiles, rows, columns) both
    energy: supplied [J], and time: gate lines of a tile side by side, devices on a line one after another [s]; of each
    tile, shape (tiles,); rounds: the most any tile took; unfinished: devices that did not pass their last verify
    model: what it was computed on
    """

    mapping: MappedNetwork
    method: Method
    model: Model
    conductances: Floats = field(repr=False)
    pulses: Integers = field(repr=False)
    energy: Floats
    time: Floats
    rounds: int
    unfinished: int

    def matrices(self) -> dict[str, Layer]:
        """The layers as these devices hold them, lines without resistance."""
        return self.mapping.matrices(self.conductances)

    @property
    def totals(self) -> dict[str, float]:
        """Pulses, energy [J] and time [s], all tiles one after another."""
        return {"pulses": int(self.pulses.sum()), "energy": float(self.energy.sum()), "time": float(self.time.sum())}

    @property
    def figures(self) -> list[tuple[str, float, str]]:
        """(name, value, unit) of everything that counts."""
        found = zip(self.totals.items(), ("1", "J", "s"), strict=True)
        named = [(f"programming {name}", value, unit) for (name, value), unit in found]
        return [*named, ("programming rounds", self.rounds, "1"), ("devices not passed", self.unfinished, "1")]


def fast_model(mapping: MappedNetwork, method: Method) -> Response:
    """The calibrated model of this mapping's devices under this method's pulses; seconds once, then from the cache."""
    window, scheme = mapping.scheme.window, mapping.scheme
    if isinstance(method, WriteVerify):
        # Single pulses only: a coarse train finds the states to try them from.
        pulse, recipe = counting_pulse(mapping.tile, replace(scheme, states=COARSE)), method.recipe
    else:
        pulse, recipe = counting_pulse(mapping.tile, scheme, method.amplitude, method.interval), Recipe()
    # Compensated targets leave the window: in steps, so that not every network needs solves of its own.
    beyond = max(0, math.ceil(math.log(float(mapping.targets.max()) / window.high) / math.log(WIDER) - 1e-9))
    return response_of(mapping.tile, Span(window.low, mapping.scheme.rest, window.high * WIDER**beyond), pulse, recipe)


def planned_pulses(mapping: MappedNetwork, method: OpenLoop = OpenLoop()) -> Integers:  # noqa: B008 - frozen
    """Counting pulses that bring nominal devices nearest to their targets, signed, shape (tiles, rows, columns)."""
    response = fast_model(mapping, method)
    found = np.zeros(mapping.targets.shape, np.int64)
    found[mapping.used] = response.pulses(mapping.targets[mapping.used]).astype(np.int64)
    return found


def program_network(
    mapping: MappedNetwork,
    method: Method,
    *,
    seed: int,
    model: Model = "fast",
    on_tile: Callable[[int], None] = lambda _done: None,
) -> Programmed:
    """Write `mapping`'s targets; all devices begin at rest, where pre-charge left them.

    model: "fast", calibrated, or the circuit of every tile on "native" or "ngspice"; `on_tile` hears how many are done
    Raises InputError for an unknown model, or a target out of reach; OutcomeError when the
    circuit's write-verify does not end.
    """
    if model not in ("fast", "native", "ngspice"):
        raise InputError("model", model, '"fast", "native" or "ngspice"', 'model="fast"')
    response = fast_model(mapping, method)
    done = []
    for tile in range(mapping.tiles):
        rng = np.random.default_rng([seed, tile])
        factor = lognormal(method.device_to_device, rng, mapping.tile.shape)
        targets = np.where(mapping.used[tile], mapping.targets[tile], np.nan)
        plan = Plan(mapping.tile, mapping.scheme.rest, targets, factor, response)
        if model == "fast":
            done.append(count(plan, method, rng) if isinstance(method, OpenLoop) else correct(plan, method, rng))
        else:
            done.append(solve(plan, method, rng, Settings(engine=model)))
        on_tile(tile + 1)
    return Programmed(
        mapping,
        method,
        model,
        np.array([each.conductances for each in done]),
        np.array([each.pulses for each in done]),
        np.array([each.energy for each in done]),
        np.array([each.time for each in done]),
        max(each.rounds for each in done),
        sum(each.unfinished for each in done),
    )
