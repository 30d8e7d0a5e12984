"""The steps in their order; what each found is kept in one outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from circuits.solution import Floats
from crossbar.demo.answers import Answers, Trained, classify, learn, spikes_a_sample
from crossbar.demo.check import Check, PulseCosts, cross_check, pulse_costs
from crossbar.demo.plan import Plan
from crossbar.demo.tiles import Done, charge, write
from crossbar.facade import Array
from crossbar.pool import Pool
from crossbar.workloads.cache import cache_folder
from crossbar.workloads.patterns import Patterns
from crossbar.workloads.tactile import load_tactile

Watch: TypeAlias = Callable[[str, float, str], None]
"""Told the step (a key of STEPS), which share of it is done, and a few words."""

STEPS = {
    "engine": "pulse one device",
    "data": "tactile spikes",
    "train": "train the read-out",
    "precharge": "pre-charge the tiles",
    "check": "compare with ngspice",
    "program": "write and verify",
    "classify": "classify",
    "report": "write the report",
}
WORKERS = 2


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything the demonstration found.

    tiles: arrays with their spread; charged, written: each tile afterwards; reservoir: lithium left in LFP in the end
    wall: seconds all of it took, on a clock
    """

    plan: Plan
    patterns: Patterns
    trained: Trained
    tiles: tuple[Array, ...]
    charged: tuple[Done, ...]
    written: tuple[Done, ...]
    reservoir: float
    answers: Answers
    costs: PulseCosts
    check: Check
    wall: float

    @property
    def targets(self) -> Floats:
        """Conductances the tiles should have [S], shape (tiles, rows, columns)."""
        return np.stack([placed.mapped.conductances for placed in self.trained.network.tiles])

    def conductance(self, done: tuple[Done, ...], part: str = "conductance") -> Floats:
        """Conductances the tiles have [S], shape (tiles, rows, columns)."""
        return np.stack([array.conductance(each.state, part) for array, each in zip(self.tiles, done, strict=True)])

    @property
    def spikes(self) -> float:
        """Mean number of spikes of a test sample."""
        return spikes_a_sample(self.patterns)

    def energy(self) -> dict[str, float]:
        """Supplied [J]: to pre-charge and to write all tiles once; for one sample's spikes and reads."""
        return {
            "precharge": sum(done.energy.total for done in self.charged),
            "program": sum(done.energy.total for done in self.written),
            "spikes": self.costs.spike * self.spikes,
            "read": float(self.answers.energy.mean()),
        }

    def latency(self) -> dict[str, float]:
        """In the circuit's own time [s]: tiles one after the other; a sample and the read at its end."""
        return {
            "precharge": sum(done.latency for done in self.charged),
            "program": sum(done.latency for done in self.written),
            "inference": self.patterns.duration + self.plan.read,
        }

    @property
    def balance(self) -> float:
        """Worst energy balance of all operations on tiles."""
        return max(done.energy.balance for done in (*self.charged, *self.written))


def study(plan: Plan, folder: Path, watch: Watch) -> Outcome:
    """Do everything; finished tiles are kept in `folder`/tiles, where the next run finds them.

    Raises DataError for a damaged data set, OutcomeError when a solve, a tile or a worker fails.
    """
    started = time.perf_counter()
    with Pool(WORKERS) as pool:
        pulsing = pool.submit(pulse_costs, plan)
        patterns = _data(plan, watch)
        trained, costs = _prepare(plan, patterns, pool, pulsing, watch)
        charged, written, check = _tiles(plan, trained, pool, folder / "tiles", watch)
    arrays = tuple(plan.tile(k, placed.mapped.conductances.shape) for k, placed in enumerate(trained.network.tiles))
    left = _count_lithium(arrays, [*charged, *written])
    watch("classify", 0.0, "")
    states = [(array, done.state) for array, done in zip(arrays, written, strict=True)]
    answers = classify(plan, patterns, trained, states)
    watch("classify", 1.0, f"{answers.mapped.mean():.1%} right")
    wall = time.perf_counter() - started
    return Outcome(plan, patterns, trained, arrays, tuple(charged), tuple(written), left, answers, costs, check, wall)


def _data(plan: Plan, watch: Watch) -> Patterns:
    watch("data", 0.0, "fetching, once")
    patterns = load_tactile(cache_folder(), plan.chance("data"))
    watch("data", 1.0, f"{patterns.name}, {len(patterns.test)} test samples")
    return patterns


def _prepare(
    plan: Plan, patterns: Patterns, pool: Pool, pulsing: Future[PulseCosts], watch: Watch
) -> tuple[Trained, PulseCosts]:
    """Train in one worker (BLAS has one thread there) while the other, on a fresh machine, compiles the engine."""
    steps = ("train", "engine")
    tasks = {0: pool.submit(learn, plan, patterns), 1: pulsing}
    watch("train", 0.0, "")
    watch("engine", 0.0, "")
    trained, costs = pool.results(tasks, lambda task, share, words: watch(steps[task], share, words)).values()
    watch("train", 1.0, f"{trained.network.devices} devices on {len(trained.network.tiles)} tiles")
    watch("engine", 1.0, f"{costs.reference * 1e12:.3f} pJ for 1 V, 1 us")
    return trained, costs


def _tiles(plan: Plan, trained: Trained, pool: Pool, kept: Path, watch: Watch) -> tuple[list[Done], list[Done], Check]:
    """Pre-charge and write every tile in the workers; meanwhile, here, the cross-check."""
    targets = [placed.mapped.conductances for placed in trained.network.tiles]
    ring = _Shares("precharge", len(targets), watch)
    tasks = {k: pool.submit(charge, plan, k, goal.shape, kept) for k, goal in enumerate(targets)}
    charged = list(pool.results(tasks, ring.watch).values())
    ring.finished(f"{charged[0].latency / 3600:.1f} h of circuit time each")
    tasks = {k: pool.submit(write, plan, k, charged[k], goal, kept) for k, goal in enumerate(targets)}
    watch("check", 0.0, "")
    check = cross_check(plan)
    watch("check", 1.0, f"{check.version}" if check.version else f"not run: {check.reason}")
    ring = _Shares("program", len(targets), watch)
    written = list(pool.results(tasks, ring.watch).values())
    ring.finished(f"{max(done.error for done in written) * 1e6:.2f} uS off at most")
    return charged, written, check


class _Shares:
    """One bar for several tiles."""

    def __init__(self, step: str, tiles: int, watch: Watch) -> None:
        self.step, self.done, self.tell = step, [0.0] * tiles, watch
        watch(step, 0.0, "")

    def watch(self, tile: int, share: float, words: str) -> None:
        """One tile is so far."""
        self.done[tile] = max(self.done[tile], min(share, 1.0))
        self.tell(self.step, sum(self.done) / len(self.done), f"tile {tile + 1} {words}")

    def finished(self, words: str) -> None:
        """All are done."""
        self.tell(self.step, 1.0, words)


def _count_lithium(arrays: tuple[Array, ...], done: list[Done]) -> float:
    """What the one reservoir has left when all tiles have drawn from it; raises InputError when that overdraws it."""
    reservoir = arrays[0].reservoir
    left = reservoir.lithium
    for used in _drawn(arrays[0], done):
        left = reservoir.after(left, used)
    return left


def _drawn(array: Array, done: list[Done]) -> list[float]:
    """Charge [C] each operation took; a tile's first starts from the reservoir as made."""
    tiles = len(done) // 2
    levels = [[array.reservoir.lithium, done[k].reservoir, done[k + tiles].reservoir] for k in range(tiles)]
    return [-array.reservoir.capacity * float(step) for each in levels for step in np.diff(each)]
