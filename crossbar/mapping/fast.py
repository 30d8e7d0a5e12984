"""Programming on the fast model: every device for itself, all at once in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from circuits.elements import Integers
from circuits.liwes import rest_conductance, rest_lithium
from crossbar.array import Floats
from crossbar.mapping.methods import OpenLoop, WriteVerify, lognormal, slot_time
from crossbar.mapping.plan import Done, Plan
from crossbar.operations.write_verify import CLEAR
from crossbar.pulses import Pulse

Some: TypeAlias = tuple[Integers, ...]
"""Rows and columns of some devices."""


def count(plan: Plan, method: OpenLoop, rng: np.random.Generator) -> Done:
    """A device's pulses count for more or less than nominal ones; independent pulses average out over a train."""
    numbers = plan.numbers
    deviation = method.cycle_to_cycle * np.sqrt(np.abs(numbers))
    felt = numbers * plan.factor + deviation * rng.standard_normal(numbers.shape)
    energy = float(plan.response.energy_of(felt).sum())
    pulse = plan.response.pulse
    time = slot_time(numbers, lambda n: n * pulse.width + (n - 1) * pulse.interval, plan.tile, pulse.rise)
    return Done(plan.response.conductance(felt), np.abs(numbers).astype(np.int64), energy, time)


def correct(plan: Plan, method: WriteVerify, rng: np.random.Generator) -> Done:
    """The loop of crossbar.operations.write_verify, but that who passed is left alone: nobody disturbs it."""
    loop = _loop(plan, method)
    # What is to stay at rest is there: no pulse could do better.
    going: Some = np.nonzero(loop.wanted != plan.rest)
    energy, time, rounds = 0.0, 0.0, 0
    while True:
        seen = loop.read(going, rng)
        left = np.abs(loop.wanted[going] - seen) > loop.tolerance[going]
        going, seen = tuple(axis[left] for axis in going), seen[left]
        if not len(seen) or rounds == method.recipe.rounds:
            break
        loop.learn(going, seen)
        widths, signs = loop.pulse(going, seen, rng)
        energy, rounds = energy + loop.apply(going, widths, signs), rounds + 1
        keys = np.zeros(plan.targets.shape)
        keys[going] = signs * widths
        time += slot_time(keys, lambda width: width, plan.tile, Pulse.rise) + method.recipe.settle
    return Done(rest_conductance(loop.lithium, plan.response.values), loop.pulses, energy, time, rounds, len(seen))


@dataclass(frozen=True, eq=False)
class _Loop:
    """What the devices are, and what the writer knows of them, shape (rows, columns) each."""

    plan: Plan
    method: WriteVerify
    wanted: Floats
    tolerance: Floats
    lithium: Floats
    gain: Floats
    asked: Floats
    last: Floats
    pulses: Integers

    def conductance(self, which: Some) -> Floats:
        """Of some devices [S]."""
        return rest_conductance(self.lithium[which], self.plan.response.values)

    def read(self, which: Some, rng: np.random.Generator) -> Floats:
        """What a verify read finds [S]."""
        noise = np.hypot(self.method.recipe.verify * self.tolerance[which], self.method.recipe.read_noise)
        return self.conductance(which) + noise * rng.standard_normal(len(noise))

    def learn(self, which: Some, seen: Floats) -> None:
        """How much more or less than asked a device answered its last pulse, where that can be told."""
        asked = self.asked[which]
        clear = np.abs(self.wanted[which] - self.last[which]) > CLEAR * self.tolerance[which]
        moved = self._content(seen) - self._content(self.last[which])
        answer = np.divide(moved, asked, out=np.ones(len(seen)), where=clear & (asked != 0))
        self.gain[which] *= np.clip(answer, 0.5, 2.0)
        self.last[which] = seen

    def pulse(self, which: Some, seen: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Widths [s] and signs of the pulses that should close the gaps, spread from pulse to pulse."""
        missing = self._content(self.wanted[which]) - self._content(seen)
        self.asked[which] = missing
        tile, recipe = self.plan.tile, self.method.recipe
        v = tile.device.values
        capacity = v["formula_units"] * v["charge"] * v["film_thickness"] * v["channel_area"]
        grid = np.geomspace(recipe.shortest, recipe.longest, 500)
        charge = np.abs(missing) * capacity / self.gain[which]
        widths = np.interp(charge, tile.pulse_charge(recipe.amplitude, grid), grid)
        return widths * lognormal(recipe.cycle_to_cycle, rng, widths.shape), np.sign(missing)

    def apply(self, which: Some, widths: Floats, signs: Floats) -> float:
        """Move the lithium; the energy that took [J]."""
        moved, cost = self.plan.response.touch(widths, signs, self.lithium[which])
        self.lithium[which] += moved * self.plan.factor[which]
        self.pulses[which] += 1
        return float((cost * self.plan.factor[which]).sum())

    def _content(self, conductance: Floats) -> Floats:
        return rest_lithium(np.maximum(conductance, 1e-12), self.plan.response.values)


def _loop(plan: Plan, method: WriteVerify) -> _Loop:
    shape = plan.targets.shape
    wanted = np.where(np.isfinite(plan.targets), plan.targets, plan.rest)
    return _Loop(
        plan,
        method,
        wanted,
        np.maximum(method.tolerance * np.abs(wanted - plan.rest), method.floor),
        lithium=np.full(shape, float(rest_lithium(plan.rest, plan.response.values))),
        gain=np.ones(shape),
        asked=np.zeros(shape),
        last=np.full(shape, plan.rest),
        pulses=np.zeros(shape, np.int64),
    )
