"""Programming in the circuit: a tile with its lines, its electrolyte and every neighbour."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from crossbar.array import Layout, State
from crossbar.mapping.methods import Method, WriteVerify
from crossbar.mapping.plan import Done, Plan
from crossbar.operations.hold import hold
from crossbar.operations.program import program
from crossbar.operations.run import Settings
from crossbar.operations.write_verify import write_verify


def solve(plan: Plan, method: Method, rng: np.random.Generator, settings: Settings) -> Done:
    """The tile itself; a device whose pulses change more has a larger area.

    Raises InputError for a write-verify without tolerance where a target is, OutcomeError when it does not end.
    """
    area = plan.factor ** (1 / plan.response.sensitivity)
    current, resistance = (plan.tile.device.values[name] for name in ("exchange_current", "film_resistance"))
    tile = plan.tile.varied({"exchange_current": current * area, "film_resistance": resistance / area})
    state = tile.rest(float(tile.nominal_lithium(plan.rest)))
    if isinstance(method, WriteVerify):
        return _verified(tile, state, plan, method, rng, settings)
    return _counted(tile, state, plan, settings)


def _verified(
    tile: Layout, state: State, plan: Plan, method: WriteVerify, rng: np.random.Generator, settings: Settings
) -> Done:
    near = np.fmax(method.tolerance * np.abs(plan.targets - plan.rest), method.floor)
    targets = np.where(near > 0, plan.targets, np.nan)
    recipe = method.recipe
    found = write_verify(tile, state, targets, tolerance=near, rng=rng, recipe=recipe, settings=settings)
    return Done(found.conductance, found.pulses, found.energy.total, found.latency, found.rounds)


def _counted(tile: Layout, state: State, plan: Plan, settings: Settings) -> Done:
    numbers, pulse = plan.numbers, plan.response.pulse
    trains = {
        (row, column): replace(pulse, amplitude=math.copysign(pulse.amplitude, n), count=int(abs(n)))
        for (row, column), n in np.ndenumerate(numbers)
        if n
    }
    taken = np.abs(numbers).astype(np.int64)
    if not trains:
        return Done(tile.conductance(state), taken, 0.0, 0.0)
    run = program(tile, state, trains, settings=settings)
    settled = hold(tile, run.state, plan.response.recipe.settle, settings=settings).state
    return Done(tile.conductance(settled), taken, run.energy.total, run.latency)
