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
from circuits.liwes import rest_conductance, rest_lithium
from crossbar.array import Floats, Layout
from crossbar.mapping.methods import Method, OpenLoop, WriteVerify, lognormal, slot_time
from crossbar.mapping.network import Layer, MappedNetwork
from crossbar.mapping.response import Response, Span, counting_pulse, response_of
from crossbar.operations.hold import hold
from crossbar.operations.program import program
from crossbar.operations.run import Settings
from crossbar.operations.write_verify import CLEAR, Recipe, write_verify
from crossbar.pulses import Pulse

Model = Literal["fast", "native", "ngspice"]
WIDER = 1.25
"""Between the ends of spans."""


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


def fast_model(mapping: MappedNetwork, method: Method) -> Response:
    """The calibrated model of this mapping's devices under this method's pulses; seconds once, then from the cache."""
    counted = method if isinstance(method, OpenLoop) else OpenLoop()
    pulse = counting_pulse(mapping.tile, mapping.scheme, counted.amplitude, counted.interval)
    recipe = method.recipe if isinstance(method, WriteVerify) else Recipe()
    window = mapping.scheme.window
    # Compensated targets leave the window: in steps, so that not every network needs solves of its own.
    beyond = max(0, math.ceil(math.log(float(mapping.targets.max()) / window.high) / math.log(WIDER) - 1e-9))
    return response_of(mapping.tile, Span(window.low, mapping.scheme.rest, window.high * WIDER**beyond), pulse, recipe)


def planned_pulses(mapping: MappedNetwork, method: Method = OpenLoop()) -> Integers:  # noqa: B008 - frozen
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
        plan = _Plan(mapping.tile, mapping.scheme.rest, targets, factor, response)
        if model == "fast":
            done.append(_count(plan, method, rng) if isinstance(method, OpenLoop) else _correct(plan, method, rng))
        else:
            done.append(_circuit(plan, method, rng, Settings(engine=model)))
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


@dataclass(frozen=True, eq=False)
class _Plan:
    """One tile: targets [S], nan where none, and factors on what a pulse changes, shape (rows, columns) both."""

    tile: Layout
    rest: float
    targets: Floats
    factor: Floats
    response: Response

    @property
    def numbers(self) -> Floats:
        """Counting pulses that a nominal device needs, 0 where there is no target."""
        wanted = np.isfinite(self.targets)
        found = np.zeros(self.targets.shape)
        found[wanted] = self.response.pulses(self.targets[wanted])
        return found


@dataclass(frozen=True, eq=False)
class _Done:
    conductances: Floats
    pulses: Integers
    energy: float
    time: float
    rounds: int = 1
    unfinished: int = 0


def _count(plan: _Plan, method: OpenLoop, rng: np.random.Generator) -> _Done:
    """A device's pulses count for more or less than nominal ones; independent pulses average out over a train."""
    numbers = plan.numbers
    deviation = method.cycle_to_cycle * np.sqrt(np.abs(numbers))
    felt = numbers * plan.factor + deviation * rng.standard_normal(numbers.shape)
    energy = float(plan.response.energy_of(felt).sum())
    pulse = plan.response.pulse
    time = slot_time(numbers, lambda n: n * pulse.width + (n - 1) * pulse.interval, plan.tile, pulse.rise)
    return _Done(plan.response.conductance(felt), np.abs(numbers).astype(np.int64), energy, time)


def _correct(plan: _Plan, method: WriteVerify, rng: np.random.Generator) -> _Done:
    """The loop of crossbar.operations.write_verify on devices that know no neighbours: who passed is left alone."""
    recipe, values, shape = method.recipe, plan.response.values, plan.targets.shape
    wanted = np.where(np.isfinite(plan.targets), plan.targets, plan.rest)
    tolerance = np.maximum(method.tolerance * np.abs(wanted - plan.rest), method.floor)
    lithium = np.full(shape, float(rest_lithium(plan.rest, values)))
    gain, pulses, energy, time = np.ones(shape), np.zeros(shape, np.int64), 0.0, 0.0
    # What is to stay at rest is there: no pulse could do better.
    going, asked, last = wanted != plan.rest, np.zeros(shape), np.full(shape, plan.rest)
    noise = np.hypot(recipe.verify * tolerance, recipe.read_noise)
    rounds = 0
    while True:
        seen = rest_conductance(lithium, values) + noise * rng.standard_normal(shape)
        going &= np.abs(wanted - seen) > tolerance
        if not going.any() or rounds == recipe.rounds:
            break
        taught = going & (np.abs(wanted - last) > CLEAR * tolerance) & (asked != 0)
        answer = np.divide(_lithium(seen, values) - _lithium(last, values), asked, out=np.ones(shape), where=taught)
        gain *= np.clip(answer, 0.5, 2.0)
        asked = np.where(going, _lithium(wanted, values) - _lithium(seen, values), 0.0)
        widths = np.where(going, _widths(plan.tile, np.abs(asked) / gain, recipe), 0.0)
        jittered = widths * lognormal(recipe.cycle_to_cycle, rng, shape)
        moved, cost = plan.response.touch(jittered, np.sign(asked), lithium)
        lithium, last = lithium + moved * plan.factor, seen
        pulses, energy, rounds = pulses + going, energy + float((cost * plan.factor).sum()), rounds + 1
        time += slot_time(np.sign(asked) * jittered, lambda w: w, plan.tile, Pulse.rise) + recipe.settle
    return _Done(rest_conductance(lithium, values), pulses, energy, time, rounds, int(going.sum()))


def _lithium(conductance: Floats, values: object) -> Floats:
    return rest_lithium(np.maximum(conductance, 1e-12), values)  # type: ignore[arg-type]


def _widths(tile: Layout, lithium: Floats, recipe: Recipe) -> Floats:
    """Widths [s] that move `lithium` in a nominal device, as the loop in the circuit chooses them."""
    v = tile.device.values
    capacity = v["formula_units"] * v["charge"] * v["film_thickness"] * v["channel_area"]
    grid = np.geomspace(recipe.shortest, recipe.longest, 500)
    return np.interp(lithium * capacity, tile.pulse_charge(recipe.amplitude, grid), grid)


def _circuit(plan: _Plan, method: Method, rng: np.random.Generator, settings: Settings) -> _Done:
    """The tile itself: a device whose pulses change more has a larger area."""
    area = plan.factor ** (1 / plan.response.sensitivity)
    current, resistance = (plan.tile.device.values[name] for name in ("exchange_current", "film_resistance"))
    tile = plan.tile.varied({"exchange_current": current * area, "film_resistance": resistance / area})
    state = tile.rest(float(tile.nominal_lithium(plan.rest)))
    if isinstance(method, WriteVerify):
        tolerance = np.fmax(method.tolerance * np.abs(plan.targets - plan.rest), method.floor)
        written = write_verify(
            tile,
            state,
            np.where(tolerance > 0, plan.targets, np.nan),
            tolerance=tolerance,
            rng=rng,
            recipe=method.recipe,
            settings=settings,
        )
        return _Done(written.conductance, written.pulses, written.energy.total, written.latency, written.rounds)
    numbers = plan.numbers
    pulse = plan.response.pulse
    trains = {
        (row, column): replace(pulse, amplitude=math.copysign(pulse.amplitude, n), count=int(abs(n)))
        for (row, column), n in np.ndenumerate(numbers)
        if n
    }
    if not trains:
        return _Done(tile.conductance(state), np.zeros(tile.shape, np.int64), 0.0, 0.0)
    run = program(tile, state, trains, settings=settings)
    settled = hold(tile, run.state, plan.response.recipe.settle, settings=settings)
    return _Done(tile.conductance(settled.state), np.abs(numbers).astype(np.int64), run.energy.total, run.latency)
