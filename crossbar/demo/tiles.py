"""One tile's way from deposited films to its weights: pre-charge, then write and verify. Runs in a worker process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from circuits.files import drafted
from circuits.solution import Floats
from crossbar.array import State
from crossbar.demo.plan import Plan
from crossbar.energy import Energy
from crossbar.folder import key
from crossbar.operations.precharge import precharge
from crossbar.operations.run import Settings
from crossbar.operations.write_verify import write_verify

Hear: TypeAlias = Callable[[float, str], None]
"""Told now and then which share is done, and a few words."""

NOTHING = Energy({}, {}, {}, 0.0)


@dataclass(frozen=True, eq=False)
class Done:
    """A tile after an operation.

    devices: states, shape (rows, columns, states); reservoir: lithium left in LFP; pulses: each device took, shape
    (rows, columns); rounds: of pulses; error: largest distance from a target [S]; resumed: found, not computed
    """

    devices: Floats
    reservoir: float
    energy: Energy
    latency: float
    pulses: Floats
    rounds: int = 0
    error: float = 0.0
    resumed: bool = False

    @property
    def state(self) -> State:
        """As an array takes it."""
        return State(self.devices, self.reservoir)


def charge(plan: Plan, number: int, shape: tuple[int, int], folder: Path, hear: Hear) -> Done:
    """Tile `number`, deposited without lithium, charged to just below the conductance of a zero weight."""

    def compute() -> Done:
        array = plan.tile(number, shape)
        goal = float(array.nominal_lithium(plan.network.window.low - plan.lower)) + plan.reserve
        settings = Settings(accuracy=plan.charging, progress=lambda share: hear(share, ""))
        run = precharge(array, array.rest(0.0), lithium=goal, tolerance=plan.reserve, settings=settings)
        return Done(run.state.devices, run.state.reservoir, run.energy, run.latency, np.zeros(shape))

    return _kept(folder / f"charge-{key(plan.making, number, shape)}.npz", compute)


def write(plan: Plan, number: int, charged: Done, targets: Floats, folder: Path, hear: Hear) -> Done:
    """The charged tile with every device within the plan's tolerance of its target [S] when read."""
    name = key(plan.making, number, charged.devices, targets)
    return _kept(folder / f"write-{name}.npz", lambda: _write(plan, number, charged, targets, hear))


def _write(plan: Plan, number: int, charged: Done, targets: Floats, hear: Hear) -> Done:
    """Coarsely first: writing a device moves its neighbours, so few are worth a fine touch before all are near."""
    array, rng = plan.tile(number, targets.shape), plan.chance("pulses", number)
    state, energy, latency = charged.state, NOTHING, 0.0
    pulses, rounds, error = np.zeros(targets.shape), 0, 0.0
    for tolerance in (plan.coarse, plan.tolerance):
        told = _Rounds(hear, rounds)
        written = write_verify(
            array,
            state,
            targets,
            tolerance=tolerance,
            rng=rng,
            recipe=plan.recipe,
            settings=Settings(accuracy=plan.writing, progress=told.share),
            on_round=told.round,
        )
        state, energy, latency = written.state, energy + written.energy, latency + written.latency
        pulses, rounds, error = pulses + written.pulses, rounds + written.rounds, written.error
    return Done(state.devices, state.reservoir, energy, latency, pulses, rounds, error)


class _Rounds:
    """From what write-verify tells to a share done: four rounds are usual, and more never reach the end."""

    usual = 4

    def __init__(self, hear: Hear, before: int) -> None:
        self.hear, self.count, self.error = hear, before, 0.0

    def round(self, number: int, error: float) -> None:
        self.count, self.error = self.count + (number > 0), error
        self.share(0.0)

    def share(self, inside: float) -> None:
        done = self.count + 0.9 * inside
        self.hear(done / (done + self.usual) * 1.8, f"{self.error * 1e6:.1f} uS off")


def _kept(path: Path, compute: Callable[[], Done]) -> Done:
    """What `path` holds, or what `compute` gives, kept there: a study that was stopped goes on where it was."""
    if path.exists():
        return load(path)
    done = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    words = json.dumps(asdict(done.energy))
    numbers = np.array([done.reservoir, done.latency, done.rounds, done.error])
    with drafted(path) as draft, draft.open("wb") as file:
        np.savez(file, devices=done.devices, pulses=done.pulses, numbers=numbers, energy=np.array(words))
    return done


def load(path: Path) -> Done:
    """A tile from its file."""
    with np.load(path, allow_pickle=False) as file:
        reservoir, latency, rounds, error = file["numbers"].tolist()
        energy = Energy(**json.loads(str(file["energy"])))
        return Done(file["devices"], reservoir, energy, latency, file["pulses"], int(rounds), error, resumed=True)
