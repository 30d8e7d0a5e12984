"""What one device makes of pulses, from circuit solves of it alone: the fast model that programs whole networks.

Devices side by side, each on a gate line and an electrolyte island of its own, take trains of counting pulses, and
single pulses of many widths, at several lithium contents; what stays after they settled is kept. The model knows no
neighbours: half-select, ionic crosstalk and lines are in the circuit alone (crossbar.mapping.program, `Circuit`).
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator, RectBivariateSpline

import circuits
from circuits.errors import InputError, OutcomeError
from circuits.files import cache_folder, drafted
from circuits.liwes import rest_conductance, rest_lithium
from circuits.native.engine import Accuracy
from crossbar.array import Floats, Layout, State
from crossbar.electrolyte import Electrolyte, Islands
from crossbar.mapping.schemes import Scheme
from crossbar.operations.hold import hold
from crossbar.operations.program import program
from crossbar.operations.run import Run, Settings
from crossbar.operations.write_verify import Recipe
from crossbar.pulses import Pulse

SOLVED = Settings(accuracy=Accuracy(tolerance=1e-4, energy=1e-3, newton=1e-9))
"""Of the runs behind it: a change of conductance errs by 2e-6 of itself, which the agreement with finer runs shows."""

BEYOND = 0.3  # share of the way to a window's end that devices are driven past it: spread takes some there
SPARE = 1.2  # factor on a device's area whose answer tells how spread acts
LARGEST = 32  # pulses between two points of the curve
POINTS = 16  # of the curve, at least, where pulses are many enough
MOST = 100_000  # pulses that a window may take
WIDTHS = 14
LEVELS = 5


@dataclass(frozen=True)
class Span:
    """Conductances a device is to reach, from `low` to `high`, beginning at `rest` [S]."""

    low: float
    rest: float
    high: float


@dataclass(frozen=True, eq=False)
class Response:
    """A nominal device's answer.

    values: its parameters; pulse: the counting pulse; recipe: of single pulses
    numbers: of counting pulses, negative where they depress, ascending, 0 among them, shape (points,)
    lithium: settled after them, shape (points,); energy: supplied for them [J], shape (points,)
    sensitivity: d ln(pulses that count) / d ln(area factor)
    widths: of single pulses [s], shape (widths,); levels: lithium before them, ascending, shape (levels,)
    moved: lithium each moves, and cost: energy supplied [J], shape (2, widths, levels), potentiating first
    """

    values: Mapping[str, float] = field(repr=False)
    pulse: Pulse
    recipe: Recipe
    numbers: Floats = field(repr=False)
    lithium: Floats = field(repr=False)
    energy: Floats = field(repr=False)
    sensitivity: float
    widths: Floats = field(repr=False)
    levels: Floats = field(repr=False)
    moved: Floats = field(repr=False)
    cost: Floats = field(repr=False)

    def conductance(self, numbers: ArrayLike) -> Floats:
        """Settled conductance [S] after `numbers` of counting pulses, fractions allowed, same shape."""
        lithium = np.asarray(self._lithium_after(np.asarray(numbers, float)))
        return rest_conductance(lithium, self.values)

    def pulses(self, conductances: ArrayLike) -> Floats:
        """How many counting pulses bring a nominal device nearest to `conductances` [S], signed, same shape.

        Raises InputError beyond the span.
        """
        wanted = np.asarray(conductances, float)
        reached = rest_conductance(self.lithium[[0, -1]], self.values)
        outside = (wanted < reached[0]) | (wanted > reached[1])
        if outside.any():
            allowed = f"{reached[0]:.4g} to {reached[1]:.4g} S, the span solved"
            raise InputError("targets", float(wanted[outside].flat[0]), allowed, "a wider span")
        near = np.rint(np.interp(rest_lithium(wanted, self.values), self.lithium, self.numbers))
        # The curve between points is no straight line: look at both neighbours of what one finds.
        tried = near + np.array([-1.0, 0.0, 1.0]).reshape(-1, *[1] * wanted.ndim)
        away = np.abs(self.conductance(tried) - wanted)
        return np.asarray(np.take_along_axis(tried, away.argmin(axis=0)[None], axis=0)[0]) + 0.0

    def energy_of(self, numbers: ArrayLike) -> Floats:
        """Energy supplied for `numbers` of counting pulses [J], same shape."""
        return np.asarray(np.interp(np.asarray(numbers, float), self.numbers, self.energy))

    def touch(self, widths: Floats, signs: Floats, lithium: Floats) -> tuple[Floats, Floats]:
        """Lithium that single pulses of `widths` [s] move, signed, and their energy [J]; all of one shape."""
        place = np.log(np.clip(widths, self.widths[0], self.widths[-1]))
        level = np.clip(lithium, self.levels[0], self.levels[-1])
        rising = signs > 0
        found = np.empty((2, *widths.shape))
        for one, surfaces in zip(found, self._surfaces, strict=True):
            for which, surface in zip((rising, ~rising), surfaces, strict=True):
                one[which] = np.exp(surface.ev(place[which], level[which]))
        return signs * found[0], found[1]

    @cached_property
    def _lithium_after(self) -> PchipInterpolator:
        return PchipInterpolator(self.numbers, self.lithium)

    @cached_property
    def _surfaces(self) -> list[tuple[RectBivariateSpline, RectBivariateSpline]]:
        def surface(table: Floats) -> RectBivariateSpline:
            return RectBivariateSpline(np.log(self.widths), self.levels, np.log(table), kx=3, ky=min(2, smooth))

        smooth = len(self.levels) - 1
        return [(surface(table[0]), surface(table[1])) for table in (self.moved, self.cost)]


def counting_pulse(tile: Layout, scheme: Scheme, amplitude: float = 0.5, interval: float = 10e-3) -> Pulse:
    """A pulse that moves a device by about a state where its conductance is steepest, the window's high end.

    With a continuum of states, by a 1023rd of the window.
    """
    step = scheme.step or scheme.window.width / 1023
    high = scheme.window.high
    charge = float(np.diff(tile.nominal_lithium(np.array([high - step, high])))[0])
    charge *= tile.device.values["formula_units"] * tile.device.values["charge"]
    charge *= tile.device.values["film_thickness"] * tile.device.values["channel_area"]
    grid = np.geomspace(1e-6, 10.0, 500)
    width = float(np.interp(charge, tile.pulse_charge(amplitude, grid), grid))
    return Pulse(amplitude, float(f"{width:.2e}"), interval=interval)


def response_of(tile: Layout, span: Span, pulse: Pulse, recipe: Recipe) -> Response:
    """The fast model of `tile`'s device over `span`, from circuit solves, or from the cache.

    pulse: to count; its amplitude says how strong, need how often and with which sign
    Raises OutcomeError when very many of these pulses do not reach the ends of the span.
    """
    # What else a recipe says changes no single pulse.
    recipe = Recipe(recipe.amplitude, recipe.settle, recipe.shortest, recipe.longest)
    path = cache_folder() / "responses" / f"{_key(tile, span, pulse, recipe)}.npz"
    # A file that is missing or damaged is made anew; a cache that cannot be written is done without.
    with suppress(*DAMAGE):
        return _load(path, tile, pulse, recipe)
    found = _solved(tile, span, replace(pulse, count=1), recipe)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with drafted(path) as draft, draft.open("wb") as file:
            np.savez(file, **{name: getattr(found, name) for name in _ARRAYS})
    return found


DAMAGE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile)
_ARRAYS = ("numbers", "lithium", "energy", "sensitivity", "widths", "levels", "moved", "cost")


def _load(path: Path, tile: Layout, pulse: Pulse, recipe: Recipe) -> Response:
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        arrays = {name: file[name] for name in _ARRAYS}
    sensitivity = float(arrays.pop("sensitivity"))
    return Response(tile.device.values, replace(pulse, count=1), recipe, sensitivity=sensitivity, **arrays)


def _key(tile: Layout, span: Span, pulse: Pulse, recipe: Recipe) -> str:
    solved = (SOLVED.accuracy, BEYOND, SPARE, LARGEST, POINTS, WIDTHS, LEVELS)
    parts = (sorted(tile.device.values.items()), tile.lines, tile.access, span, pulse, recipe)
    return hashlib.sha256(_code() + repr((parts, solved)).encode()).hexdigest()[:24]


@cache
def _code() -> bytes:
    here = Path(__file__).parents[1]
    sources = [*Path(str(circuits.__file__)).parent.rglob("*.py"), *(here / "operations").glob("*.py"), Path(__file__)]
    digest = hashlib.sha256()
    for path in sorted([*sources, here / "wiring.py", here / "array.py"]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


@dataclass(frozen=True, eq=False)
class _Ladder:
    """Points of one device's curve: pulses so far, settled lithium, energy supplied [J]; and its settled states."""

    numbers: list[int]
    lithium: list[float]
    energy: list[float]
    states: list[Floats]


def _solved(tile: Layout, span: Span, pulse: Pulse, recipe: Recipe) -> Response:
    up, spare, down = _climb(tile, span, pulse)
    states = [*reversed(down.states[1:]), *up.states]
    lithium = np.array([*reversed(down.lithium[1:]), *up.lithium])
    counted, felt = spare.numbers[-2], float(np.interp(spare.lithium[-2], up.lithium, up.numbers))
    wanted = np.linspace(lithium[0], lithium[-1], LEVELS)
    chosen = np.unique(np.abs(lithium[:, None] - wanted).argmin(axis=0))
    widths = np.geomspace(recipe.shortest / 2, recipe.longest * 2, WIDTHS)
    moved, cost = _touch(tile, recipe, widths, np.array([states[k] for k in chosen]))
    return Response(
        tile.device.values,
        pulse,
        recipe,
        np.array([*(-n for n in reversed(down.numbers[1:])), *up.numbers], float),
        lithium,
        np.array([*reversed(down.energy[1:]), *up.energy]),
        math.log(felt / counted) / math.log(SPARE),
        widths,
        lithium[chosen],
        moved,
        cost,
    )


def _alone(tile: Layout, devices: int) -> Layout:
    """Devices of `tile` side by side that share nothing but a word line at 0 V."""
    return Layout(
        1,
        devices,
        tile.device,
        replace(tile.lines, gate_along="column"),
        Electrolyte(neighbour=Islands(1, 1)),
        tile.reservoir,
        tile.access,
    )


def _climb(tile: Layout, span: Span, pulse: Pulse) -> tuple[_Ladder, _Ladder, _Ladder]:
    """Curves of a nominal device up, of a larger one up, and of a nominal one down."""
    layout = _alone(tile, 3)
    area = np.array([[1.0, SPARE, 1.0]])
    current, resistance = (layout.device.values[name] for name in ("exchange_current", "film_resistance"))
    layout = layout.varied({"exchange_current": current * area, "film_resistance": resistance / area})
    first, low, high = (float(tile.nominal_lithium(g)) for g in (span.rest, span.low, span.high))
    # A pulse below rest is there for whoever overshoots.
    ends = [high + BEYOND * (high - first)] * 2 + [low - max(BEYOND * (first - low), (high - first) / 50)]
    state, clock, moved, reach = layout.rest(first), 0, 0.0, float(np.abs(np.array(ends) - first).max())
    ladders = tuple(_Ladder([0], [first], [0.0], [state.devices[0, k]]) for k in range(3))
    going = {k: (1 if k < 2 else -1) * pulse.amplitude for k in range(3)}
    while going:
        count = max(1, min(LARGEST, clock, int(clock * reach / max(moved, 1e-12) / POINTS)))
        train = {(0, k): replace(pulse, amplitude=amplitude, count=count) for k, amplitude in going.items()}
        run = program(layout, state, train, settings=SOLVED)
        clock += count
        settled = hold(layout, run.state, 4.0, settings=SOLVED).state
        here = layout.lithium(settled)[0]
        moved = float(np.abs(here - first).max())
        for k in tuple(going):
            _step(ladders[k], clock, float(here[k]), run, settled, k)
            if abs(here[k] - first) >= abs(ends[k] - first):
                del going[k]
        if clock > MOST:
            raise OutcomeError(
                f"{clock} pulses of {pulse.amplitude:g} V, {pulse.width:g} s do not cover the window.",
                "a pulse far too short or weak for it.",
                "counting_pulse(tile, scheme), or a smaller scheme.window.",
            )
        state = hold(layout, run.state, pulse.interval, settings=SOLVED).state
    return ladders  # type: ignore[return-value]


def _step(ladder: _Ladder, clock: int, lithium: float, run: Run, settled: State, k: int) -> None:
    ladder.numbers.append(clock)
    ladder.lithium.append(lithium)
    ladder.energy.append(ladder.energy[-1] + float(run.solution.energy["gate"][-1, k]))
    ladder.states.append(settled.devices[0, k])


def _touch(tile: Layout, recipe: Recipe, widths: Floats, states: Floats) -> tuple[Floats, Floats]:
    """Lithium moved and energy of single pulses from `states` (levels, states), shape (2, widths, levels) each."""
    shape = (2, len(widths), len(states))
    layout = _alone(tile, math.prod(shape))
    start = State(np.broadcast_to(states, (*shape, states.shape[-1])).reshape(1, -1, states.shape[-1]).copy(), 1.0)
    start = replace(start, reservoir=layout.reservoir.lithium)
    pulses = {}
    for k in range(layout.columns):
        sign, width, _ = np.unravel_index(k, shape)
        pulses[0, k] = Pulse(recipe.amplitude * (1 - 2 * int(sign)), float(widths[width]))
    run = program(layout, start, pulses, settings=SOLVED)
    after = hold(layout, run.state, recipe.settle, settings=SOLVED).state
    moved = np.abs(layout.lithium(after) - layout.lithium(start))
    return moved.reshape(shape), run.solution.energy["gate"][-1].reshape(shape)
