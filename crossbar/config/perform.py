"""Do what an experiment says, operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from circuits.errors import InputError, MissingEngineError
from circuits.netlist import Netlist
from circuits.ngspice.engine import available
from circuits.ngspice.process import remedy
from crossbar.array import Floats, State
from crossbar.config.experiment import Experiment
from crossbar.config.steps import AnyOperation, Hold, Precharge, Program, Read, WriteVerify
from crossbar.energy import Energy
from crossbar.facade import Array
from crossbar.operations.read import Reading
from crossbar.operations.run import Run
from crossbar.operations.write_verify import Written
from crossbar.wiring import frozen

Result: TypeAlias = Run | Written | Reading
OnStep: TypeAlias = Callable[["Step"], None]


@dataclass(frozen=True, eq=False)
class Step:
    """One operation, done.

    asked: its table; result: what the operation returned; before, after: the array around it
    """

    asked: AnyOperation
    result: Result
    before: State
    after: State

    @property
    def energy(self) -> Energy:
        """Supplied, dissipated, stored [J]; a read's words lines supply what its resistances turn to heat."""
        if not isinstance(self.result, Reading):
            return self.result.energy
        joules = float(self.result.energy)
        return Energy({"word": joules}, {"cells and lines": joules}, {}, self.result.balance)

    @property
    def disturb(self) -> float:
        """Largest change of conductance of a cell that was not selected [S]; nan where there is no selection."""
        chosen = isinstance(self.asked, (Program, WriteVerify))
        return self.result.disturb if chosen and not isinstance(self.result, Reading) else float("nan")


@dataclass(frozen=True, eq=False)
class Outcome:
    """An experiment, done: the array, its state at the end, and every step."""

    experiment: Experiment
    engine: str
    array: Array
    state: State
    steps: tuple[Step, ...]

    @property
    def conductance(self) -> Floats:
        """At the end [S], shape (rows, columns)."""
        return self.array.conductance(self.state)

    @property
    def energy(self) -> Energy:
        """Of all steps [J]."""
        total = Energy({}, {}, {}, 0.0)
        for step in self.steps:
            total = total + step.energy
        return total


def perform(
    experiment: Experiment, *, engine: str | None = None, on_step: OnStep = lambda _step: None, until: int | None = None
) -> Outcome:
    """Do the operations in order, the first `until` of them; `on_step` hears of each.

    engine: instead of the experiment's. Raises the errors of the operations, an InputError with the operation's place,
    MissingEngineError before anything is done.
    """
    chosen = engine or experiment.engine
    if chosen == "ngspice":
        _need_ngspice()
    array, state = experiment.build()
    steps: list[Step] = []
    for place, asked in enumerate(experiment.operation[:until]):
        try:
            result = _do(array, state, asked, chosen)
        except InputError as error:
            field = f"operation[{place}].{error.field}"
            raise InputError(field, error.value, error.allowed, error.instead) from error
        after = state if isinstance(result, Reading) else result.state
        steps.append(Step(asked, result, state, after))
        state = after
        on_step(steps[-1])
    return Outcome(experiment, chosen, array, state, tuple(steps))


def _need_ngspice() -> None:
    """Raise MissingEngineError before any work where ngspice is not there."""
    if available() is None:
        raise MissingEngineError("ngspice was asked for and is not here.", "it was never installed.", remedy())


def _do(array: Array, state: State, asked: AnyOperation, engine: str) -> Result:
    match asked:
        case Precharge():
            return array.precharge(asked.lithium, state=state, tolerance=asked.tolerance, engine=engine)
        case Program():
            return array.program(state, asked.build(), unselected=asked.unselected, idle=asked.idle, engine=engine)
        case WriteVerify():
            return array.write_verify(
                state,
                np.broadcast_to(np.asarray(asked.targets, float), array.shape),
                tolerance=asked.tolerance,
                rng=np.random.default_rng(asked.seed),
                recipe=asked.recipe.build(),
                engine=engine,
            )
        case Hold():
            return array.hold(state, asked.duration, gates=asked.gates, channels=asked.channels, engine=engine)
        case Read():
            return array.read(state, asked.word_line, duration=asked.duration, engine=engine)


def circuit(outcome: Outcome, step: Step) -> tuple[Netlist, float, Floats]:
    """The netlist of a step, its end [s] and the times to stop at; raises InputError for one of many circuits."""
    if isinstance(step.result, Run):
        return step.result.solution.netlist, step.result.latency, step.result.solution.time
    if isinstance(step.result, Reading) and isinstance(step.asked, Read):
        word = np.broadcast_to(np.asarray(step.asked.word_line, float), outcome.array.rows)
        seen = frozen(outcome.array, outcome.array.conductance(step.before), word)
        return seen, step.result.latency, np.array([step.result.latency])
    raise InputError("operation", step.asked.do, "precharge, program, hold or read", "one of these: a single circuit")
