"""Closed-loop writing: pulse, let settle, read, and choose the next pulse from what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.elements import Integers
from circuits.errors import InputError, OutcomeError
from crossbar.array import Floats, Layout, State
from crossbar.energy import Energy
from crossbar.operations.hold import hold
from crossbar.operations.program import program
from crossbar.operations.run import Run, Settings
from crossbar.pulses import Cell, Pulse
from crossbar.variation import cycle_to_cycle

CLEAR = 10  # tolerances a change must exceed before it teaches anything


@dataclass(frozen=True)
class Recipe:
    """How write-verify goes about it.

    amplitude: of every pulse, its sign chosen by need [V]; settle: wait before a verify read [s]; shortest, longest:
    widths used [s]; rounds: at most; read_noise: of a verify read [S]; verify: deviation of a verify read in
    tolerances, on top of that; cycle_to_cycle: relative spread of a pulse
    """

    amplitude: float = 1.0
    settle: float = 4.0
    shortest: float = 1e-5
    longest: float = 5.0
    rounds: int = 8
    read_noise: float = 0.0
    verify: float = 0.0
    cycle_to_cycle: float = 0.0

    def __post_init__(self) -> None:
        if Pulse(self.amplitude, self.longest).amplitude <= 0:
            raise InputError("recipe.amplitude", self.amplitude, "a voltage above 0 V (need decides its sign)", "1.0")
        times = {"settle": self.settle, "shortest": self.shortest, "longest": self.longest}
        for name, value in times.items():
            if not 1e-8 <= value < np.inf:
                raise InputError(f"recipe.{name}", value, "a finite time from 1e-8 s", str(getattr(Recipe, name)))
        if self.shortest >= self.longest:
            raise InputError("recipe.shortest", self.shortest, f"below longest = {self.longest:g} s", "1e-5")
        if self.rounds != int(self.rounds) or self.rounds < 1:
            raise InputError("recipe.rounds", self.rounds, "a whole number from 1", "8")
        if not (0 <= self.read_noise < np.inf and 0 <= self.verify < np.inf and 0 <= self.cycle_to_cycle < 1):
            noise = (self.read_noise, self.verify, self.cycle_to_cycle)
            allowed = "read_noise from 0 S, verify from 0, cycle_to_cycle from 0 to 1"
            raise InputError("recipe noise", noise, allowed, "0.0")


@dataclass(frozen=True, eq=False)
class Written:
    """A finished write-verify.

    state: afterwards; conductance: read back without noise [S], shape (rows, columns); energy: [J]; latency: [s];
    pulses: how many each cell took, shape (rows, columns); rounds: how many; error: largest |conductance - target|
    among targeted cells [S]; disturb: largest long-term change of a
    cell that had no target [S]
    """

    state: State
    conductance: Floats
    energy: Energy
    latency: float
    pulses: Integers
    rounds: int
    error: float
    disturb: float


def levels(low: float, high: float, states: int = 1024) -> Floats:
    """`states` evenly spaced conductances from `low` to `high` [S]; raises InputError."""
    if not 0 < low < high or states < 2:
        raise InputError("levels", (low, high, states), "0 < low < high and at least 2 states", "(50e-6, 150e-6, 1024)")
    return np.linspace(low, high, states)


def write_verify(
    layout: Layout,
    state: State,
    targets: ArrayLike,
    *,
    tolerance: ArrayLike,
    rng: np.random.Generator,
    recipe: Recipe = Recipe(),
    settings: Settings = Settings(),  # noqa: B008 - frozen
    on_round: Callable[[int, float], None] = lambda _round, _error: None,
) -> Written:
    """Bring cells to target conductances [S], shape (rows, columns); nan leaves a cell alone.

    tolerance: largest |conductance - target| of a verify read [S], a number or shape (rows, columns)
    A pulse's width comes from what is left, the device's own slope, and how the cell answered its last pulse.
    `on_round` hears (round, largest error).
    Raises InputError for targets the device cannot reach, OutcomeError when `recipe.rounds` do not suffice.
    """
    wanted = _targets(layout, targets)
    targeted = np.isfinite(wanted)
    near = _tolerances(layout, tolerance, targeted)
    noise = np.hypot(recipe.read_noise, recipe.verify * np.where(targeted, near, 0.0))
    before = layout.conductance(layout.check_state(state), "long_term")
    gain, pulses = np.ones(layout.shape), np.zeros(layout.shape, np.int64)
    runs: list[Run] = []
    # Unequal cells discharge each other through joined channels: let go of them where they can be.
    resting: Literal["float", "ground"] = "float" if layout.access.channel else "ground"
    last, chosen = layout.conductance(state), dict[Cell, Pulse]()
    for count in range(recipe.rounds + 1):
        seen = layout.conductance(state) + noise * rng.standard_normal(layout.shape)
        left = np.where(targeted, wanted - seen, 0.0)
        worst = float(np.abs(left).max())
        on_round(count, worst)
        if (np.abs(left) <= near).all():
            return _finished(layout, state, before, wanted, pulses, runs)
        if count == recipe.rounds:
            break
        gain = _learn(layout, chosen, gain, wanted, last, seen, near)
        asked = _pulses(layout, wanted, seen, gain, recipe)
        todo = np.abs(left) > near / 2
        chosen = {cell: asked[cell] for cell in zip(*(k.tolist() for k in np.nonzero(todo)), strict=True)}
        noisy = {c: replace(p, width=p.width * cycle_to_cycle(rng, recipe.cycle_to_cycle)) for c, p in chosen.items()}
        runs.append(program(layout, state, noisy, settings=settings))
        runs.append(hold(layout, runs[-1].state, recipe.settle, channels=resting, settings=settings))
        state, last = runs[-1].state, seen
        for cell in chosen:
            pulses[cell] += 1
    worse = np.unravel_index(int((np.abs(left) / near).argmax()), layout.shape)
    far, allowed = float(np.abs(left)[worse]), float(near[worse])
    raise OutcomeError(
        f"After {recipe.rounds} rounds a cell is still {far:.3g} S from its target (tolerance {allowed:.3g} S).",
        "a tolerance below the verify read's noise, or cells that discharge each other while they settle.",
        "a larger tolerance, less recipe.read_noise, Access(channel=(Switch(),)), or a larger electrolyte.neighbour.",
    )


def _targets(layout: Layout, targets: ArrayLike) -> Floats:
    wanted = np.array(targets, float)
    if wanted.shape != layout.shape:
        raise InputError("targets", wanted.shape, f"shape {layout.shape}", "one conductance a cell, nan to leave it")
    low, high = (float(layout.nominal_conductance(x)) for x in (0.0, 0.7))
    wrong = np.isfinite(wanted) & ~((wanted >= low) & (wanted <= high))
    if wrong.any() or np.isinf(wanted).any():
        bad = wanted[wrong][0] if wrong.any() else np.inf
        raise InputError("targets", float(bad), f"from {low:.3g} to {high:.3g} S", "a conductance the film reaches")
    return wanted


def _tolerances(layout: Layout, tolerance: ArrayLike, targeted: NDArray[np.bool_]) -> Floats:
    """One for each cell [S], inf where there is no target."""
    given = np.asarray(tolerance, float)
    if given.shape not in ((), layout.shape):
        raise InputError("tolerance", given.shape, f"a number, or shape {layout.shape}", "0.5e-6")
    near = np.where(targeted, given, np.inf)
    if not (near > 0).all() or not np.isfinite(near[targeted]).all():
        raise InputError("tolerance", float(near.min()), "a conductance above 0 S", "0.5e-6")
    return near


def _pulses(layout: Layout, wanted: Floats, seen: Floats, gain: Floats, recipe: Recipe) -> dict[Cell, Pulse]:
    """The pulse that should close the gap of each targeted cell."""
    missing = _apart(layout, seen, wanted)
    charge = np.abs(missing) * layout.film_capacities()["channel"] / gain
    grid = np.geomspace(recipe.shortest, recipe.longest, 500)
    widths = np.interp(charge, layout.pulse_charge(recipe.amplitude, grid), grid)
    return {
        (row, column): Pulse(recipe.amplitude if missing[row, column] >= 0 else -recipe.amplitude, float(width))
        for (row, column), width in np.ndenumerate(widths)
    }


def _apart(layout: Layout, seen: Floats, wanted: Floats) -> Floats:
    """Lithium between two conductances by the device's curve, 0 where the second is nan."""
    there = np.where(np.isfinite(wanted), wanted, seen)
    return layout.nominal_lithium(there) - layout.nominal_lithium(np.maximum(seen, 1e-12))


def _learn(
    layout: Layout,
    pulses: Mapping[Cell, Pulse],
    gain: Floats,
    wanted: Floats,
    last: Floats,
    seen: Floats,
    near: Floats,
) -> Floats:
    """Each cell's answer relative to what its last pulse was meant to do, where that can be told from noise."""
    asked, moved = _apart(layout, last, wanted), _apart(layout, last, seen)
    better = gain.copy()
    for cell in pulses:
        if abs(wanted[cell] - last[cell]) > CLEAR * near[cell]:
            better[cell] = gain[cell] * np.clip(moved[cell] / asked[cell], 0.5, 2.0)
    return better


def _finished(
    layout: Layout, state: State, before: Floats, wanted: Floats, pulses: Integers, runs: list[Run]
) -> Written:
    final = layout.conductance(state)
    targeted = np.isfinite(wanted)
    energy = Energy({}, {}, {}, 0.0)
    for run in runs:
        energy = energy + run.energy
    return Written(
        state,
        final,
        energy,
        sum(run.latency for run in runs),
        pulses,
        len(runs) // 2,
        float(np.abs(final - wanted)[targeted].max(initial=0.0)),
        float(np.abs(layout.conductance(state, "long_term") - before)[~targeted].max(initial=0.0)),
    )
