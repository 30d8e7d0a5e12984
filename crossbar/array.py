"""A self-gated LiWES array as it is laid out, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.device import Device
from circuits.errors import InputError
from circuits.liwes import BRANCHES, LIWES, calibration, rest_conductance, rest_lithium
from circuits.solution import Solution
from circuits.writers.kernel import array_kernel
from crossbar.electrolyte import Electrolyte
from crossbar.lines import Access, Lines
from crossbar.reservoir import Reservoir

Floats: TypeAlias = NDArray[np.float64]
MOST_CELLS = 1 << 20


@dataclass(frozen=True, eq=False)
class Model:
    """A device with parameter values; `calibration` names where they come from."""

    device: Device
    calibration: str
    values: Mapping[str, float]


def liwes(name: str = "unified", **changes: float) -> Model:
    """The LiWES device in a named calibration, with parameters changed by name; raises InputError."""
    chosen = calibration(name)
    return Model(LIWES, name, LIWES.values({**chosen.changes, **changes}))


@dataclass(frozen=True, eq=False)
class State:
    """What an array remembers.

    devices: states of every cell as deviations from rest, shape (rows, columns, states)
    reservoir: lithium left in LFP
    """

    devices: Floats
    reservoir: float


@dataclass(frozen=True, eq=False)
class Layout:
    """rows x columns LiWES cells on lines, one electrolyte and one reservoir.

    spread: parameters that differ from cell to cell, shape (rows, columns) each
    Raises InputError for sizes below 1, an array larger than 2**20 cells, or spread of another shape.
    """

    rows: int
    columns: int
    device: Model = field(default_factory=liwes)
    lines: Lines = field(default_factory=Lines)
    electrolyte: Electrolyte = field(default_factory=Electrolyte)
    reservoir: Reservoir = field(default_factory=Reservoir)
    access: Access = field(default_factory=Access)
    spread: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("rows", "columns"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise InputError(name, value, "a whole number from 1", "16")
        if self.rows * self.columns > MOST_CELLS:
            raise InputError("rows", self.rows, f"at most {MOST_CELLS} cells in all", "a smaller array, or tiles")
        for name, values in self.spread.items():
            if np.shape(values) != self.shape:
                raise InputError(f"spread {name}", np.shape(values), f"shape {self.shape}", "one value a cell")
        self.electrolyte.check(self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return (self.rows, self.columns)

    @property
    def parameters(self) -> dict[str, Floats]:
        """Every device parameter of every cell, shape (rows, columns)."""
        values = {name: np.full(self.shape, value) for name, value in self.device.values.items()}
        return values | {name: np.asarray(v, float) for name, v in self.spread.items()}

    def varied(self, spread: Mapping[str, ArrayLike]) -> Self:
        """This array with parameters that differ from cell to cell."""
        return replace(self, spread={**self.spread, **{k: np.asarray(v, float) for k, v in spread.items()}})

    def rest(self, lithium: float | None = None) -> State:
        """All cells in equilibrium at one lithium content x (0 as deposited, 0.4 charged); raises InputError."""
        names = [s.variable.name for s in self.device.device.states]
        states = np.zeros((*self.shape, len(names)))
        target = self.device.values["rest_lithium"] if lithium is None else check_lithium("lithium", lithium)
        for k, name in enumerate(names):
            if name.endswith("lithium"):
                states[..., k] = target - self.device.values["rest_lithium"]
        return State(self._equilibrium(states), self.reservoir.lithium)

    def stored(self, lithium: ArrayLike) -> State:
        """Channels at lithium contents x, a number or shape (rows, columns), taken from each cell's own gate.

        In equilibrium, for studies of what an array keeps; `program` writes.
        Raises InputError for a content a film cannot hold.
        """
        names = [s.variable.name for s in self.device.device.states]
        states = np.zeros((*self.shape, len(names)))
        try:
            moved = np.broadcast_to(np.asarray(lithium, float), self.shape) - self.device.values["rest_lithium"]
        except (TypeError, ValueError) as error:
            raise InputError("lithium", lithium, f"numbers of shape {self.shape}", "0.45") from error
        for film, sign in (("channel", 1), ("gate", -1)):
            for x in np.unique(self.device.values["rest_lithium"] + sign * moved):
                check_lithium(f"{film} lithium", float(x))
            states[..., names.index(f"{film}_lithium")] = sign * moved
        return State(self._equilibrium(states), self.reservoir.lithium)

    def _equilibrium(self, states: Floats) -> Floats:
        """EDL branches charged to the potential of their film, so that no current flows where all lines are at 0 V."""
        model = self.device.device
        held = -array_kernel(model).potentials(self._variables(states), self.parameters)
        names = [s.variable.name for s in model.states]
        for k, name in enumerate(names):
            if "_edl_" in name:
                states[..., k] = held[..., names.index(f"{name.split('_')[0]}_lithium")]
        return states

    def _variables(self, states: Floats) -> Floats:
        nodes = np.zeros((*self.shape, len(self.device.device.nodes)))
        return np.concatenate([nodes, states], axis=-1)

    def lithium(self, state: State, film: str = "channel") -> Floats:
        """x in Li_xWO3 of "channel" or "gate", shape (rows, columns)."""
        if film not in ("channel", "gate"):
            raise InputError("film", film, '"channel" or "gate"', '"channel"')
        names = [s.variable.name for s in self.device.device.states]
        return np.asarray(state.devices[..., names.index(f"{film}_lithium")] + self.device.values["rest_lithium"])

    def ocv(self, state: State) -> Floats:
        """Gate against channel once both rest [V], shape (rows, columns)."""
        names = [s.variable.name for s in self.device.device.states]
        held = array_kernel(self.device.device).potentials(self._variables(state.devices), self.parameters)
        return np.asarray(held[..., names.index("channel_lithium")] - held[..., names.index("gate_lithium")])

    def conductance(self, state: State, part: str = "conductance") -> Floats:
        """What the array reads [S], shape (rows, columns); `part` may be "long_term" or "short_term"."""
        seen = array_kernel(self.device.device).outputs(self._variables(state.devices), self.parameters)
        if part not in seen:
            raise InputError("part", part, ", ".join(seen), '"conductance"')
        return seen[part]

    def nominal_conductance(self, lithium: ArrayLike) -> Floats:
        """Long-term conductance at lithium content x by the device's own curve [S], same shape."""
        return rest_conductance(lithium, self.device.values)

    def nominal_lithium(self, conductance: ArrayLike) -> Floats:
        """Lithium content at which the device's own curve has this long-term conductance [S], same shape."""
        return rest_lithium(conductance, self.device.values)

    def rest_potential(self) -> float:
        """Potential of the film at rest against Li/Li+ [V]."""
        return array_kernel(self.device.device).constant("rest_ocv", self.device.values)

    def swing(self, lithium: float) -> float:
        """Potential of Li_xWO3 at content x against that at rest [V], by the device's own curve."""
        names = [s.variable.name for s in self.device.device.states]
        film = names.index("channel_lithium")
        states = np.zeros(len(names))
        states[film] = lithium - self.device.values["rest_lithium"]
        variables = np.concatenate([np.zeros(len(self.device.device.nodes)), states])
        return -float(array_kernel(self.device.device).potentials(variables, self.device.values)[film])

    def film_capacities(self) -> dict[str, Floats]:
        """Charge that changes x of "gate" and "channel" by one [C], shape (rows, columns) each."""
        names = [s.variable.name for s in self.device.device.states]
        table = array_kernel(self.device.device).capacities(self.parameters)
        return {film: table[..., names.index(f"{film}_lithium")] for film in ("gate", "channel")}

    def intercalation_current(self, amplitude: float) -> float:
        """Steady current [A] a gate voltage drives through both films of one nominal device at rest.

        Film resistances, charge transfer and the gate's own resistance in series; for choosing a pulse, not a result.
        """
        v = self.device.values
        thermal = v["thermal_slope"] * v["temperature"]
        low, high = 0.0, abs(amplitude)
        ohms = v["gate_resistance"] + v["film_resistance"] * (1 / v["gate_area"] + 1 / v["channel_area"])
        exchange = [2 * v["exchange_current"] * v[area] for area in ("gate_area", "channel_area")]
        current = 0.0
        for _ in range(60):
            current = (low + high) / 2 / ohms
            drop = current * ohms + sum(2 * thermal * np.arcsinh(current / i) for i in exchange)
            low, high = (current * ohms, high) if drop < abs(amplitude) else (low, current * ohms)
        return float(current)

    def pulse_charge(self, amplitude: float, width: ArrayLike) -> Floats:
        """Lithium [C] a pulse moves in a nominal device whose gate then floats, same shape as `width`.

        What flows through the films meanwhile, and what the EDL holds at the end: floating, that has nowhere to go but
        into the films. For choosing a pulse, not a result.
        """
        v, widths = self.device.values, np.asarray(width, float)
        edl = np.zeros_like(widths)
        for k in range(1, BRANCHES + 1):
            held = v["edl_capacitance"] * v["channel_area"] * v[f"share_{k}"] * abs(amplitude) / 2
            edl += held * -np.expm1(-widths / v[f"tau_{k}"])
        return np.asarray(self.intercalation_current(amplitude) * widths + edl)

    def farthest(self, solution: Solution, lithium: float) -> Floats:
        """Largest distance of any film from `lithium` at each time, shape (time,)."""
        names = [s.variable.name for s in self.device.device.states]
        films = [names.index(f"{film}_lithium") for film in ("gate", "channel")]
        away = solution.states("cells")[..., films] + self.device.values["rest_lithium"] - lithium
        return np.asarray(np.abs(away).max(axis=(1, 2)))

    def gate_line(self, row: int, column: int) -> int:
        """Which gate line a cell hangs on."""
        return row if self.lines.gate_along == "row" else column

    def check_cell(self, cell: object) -> tuple[int, int]:
        """`cell` if it is inside; raises InputError."""
        match cell:
            case (int() | np.integer() as row, int() | np.integer() as column) if (
                0 <= row < self.rows and 0 <= column < self.columns
            ):
                return (int(row), int(column))
        allowed = f"(row, column) from (0, 0) to ({self.rows - 1}, {self.columns - 1})"
        raise InputError("cell", cell, allowed, "a cell inside the array")

    def check_state(self, state: State) -> State:
        """`state` if it belongs to an array of this shape; raises InputError."""
        shape = (*self.shape, len(self.device.device.states))
        if state.devices.shape != shape or not np.isfinite(state.devices).all():
            raise InputError("state", state.devices.shape, f"finite states of shape {shape}", "array.rest()")
        return state


def check_lithium(name: str, value: float) -> float:
    """`value` if Li_xWO3 can hold it; raises InputError."""
    if not np.isfinite(value) or not 0 <= value <= 0.7:
        raise InputError(name, value, "x in Li_xWO3 from 0 to 0.7", "0.4")
    return float(value)
