"""What every operation returns, and the one place where an engine is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from circuits.errors import InputError
from circuits.liwes import LFP_POTENTIAL
from circuits.native.engine import Accuracy, Progress
from circuits.native.engine import simulate as native
from circuits.netlist import Netlist
from circuits.ngspice.engine import simulate as ngspice
from circuits.solution import Solution
from crossbar.array import Floats, Layout, State
from crossbar.energy import Energy, account
from crossbar.wiring import CELLS, Stimulus, netlist

ENGINES = ("native", "ngspice")


@dataclass(frozen=True)
class Settings:
    """How an operation is solved: engine "native" or "ngspice", the native engine's accuracy, a progress callback."""

    engine: str = "native"
    accuracy: Accuracy = field(default_factory=Accuracy)
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InputError("engine", self.engine, " or ".join(f'"{e}"' for e in ENGINES), '"native"')


@dataclass(frozen=True, eq=False)
class Run:
    """One operation, done.

    operation: its name; state: the array afterwards; solution: what the engine found; energy: supplied, dissipated,
    stored [J]; latency: how long it took [s]; change: of every cell's conductance [S], shape (rows, columns);
    disturb: largest |change| among cells that were not selected [S]; reservoir_charge: taken from LFP [C]
    """

    operation: str
    state: State
    solution: Solution
    energy: Energy
    latency: float
    change: Floats
    disturb: float
    reservoir_charge: float

    def difference(self, other: Run) -> dict[str, float]:
        """How far two runs of the same operation are apart: see Solution.difference."""
        return self.solution.difference(other.solution)


def solve(netlist: Netlist, end: float, samples: Floats, settings: Settings) -> Solution:
    """`netlist` until `end` [s] on the chosen engine."""
    if settings.engine == "ngspice":
        return ngspice(netlist, end, samples)
    progress: Progress | None = settings.progress
    return native(netlist, end, samples, accuracy=settings.accuracy, progress=progress)


def execute(
    operation: str,
    layout: Layout,
    state: State,
    stimulus: Stimulus,
    end: float,
    settings: Settings,
    *,
    samples: Floats | None = None,
    selected: frozenset[tuple[int, int]] = frozenset(),
) -> Run:
    """Apply `stimulus` to `layout` in `state` until `end` [s] and account for it."""
    times = np.unique(np.concatenate([[0.0, end], [] if samples is None else samples]))
    solution = solve(netlist(layout, state, stimulus, operation), end, times, settings)
    charge = float(solution.charge["reservoir"][-1].sum())
    left = layout.reservoir.after(state.reservoir, charge)
    after = State(solution.states(CELLS)[-1].reshape(*layout.shape, -1), left)
    change = layout.conductance(after) - layout.conductance(state)
    others = np.ones(layout.shape, bool)
    for cell in selected:
        others[cell] = False
    disturb = float(np.abs(change[others]).max(initial=0.0))
    return Run(
        operation,
        after,
        solution,
        account(solution, LFP_POTENTIAL - layout.rest_potential()),
        end,
        change,
        disturb,
        charge,
    )
