"""All experiments, or those of one figure, in worker processes; then the verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from crossbar.paper import claims_long, claims_network, claims_short
from crossbar.paper.catalogue import EXPERIMENTS
from crossbar.paper.claims import Claim, Judged, Verdict, judge
from crossbar.paper.experiments import Benchmark, Experiment
from crossbar.paper.found import Found
from crossbar.paper.runner import Done, Plan, load, perform, place
from crossbar.pool import Pool

Watch: TypeAlias = Callable[[str, float, str], None]
"""Told the step (a key of STEPS), which share of it is done, and a few words."""

STEPS = {"experiments": "experiments", "report": "write the report"}
WORKERS = 2
CLAIMS: tuple[Claim, ...] = (*claims_long.CLAIMS, *claims_short.CLAIMS, *claims_network.CLAIMS)


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that was found; experiments, done and found by the experiments' names."""

    plan: Plan
    experiments: Mapping[str, Experiment]
    done: Mapping[str, Done]
    found: Mapping[str, Found]
    claims: tuple[Judged, ...]
    wall: float

    @property
    def complete(self) -> bool:
        """Whether no experiment was left out."""
        return len(self.experiments) == len(EXPERIMENTS)

    def count(self, verdict: Verdict) -> int:
        """Claims with this verdict."""
        return sum(judged.verdict is verdict for judged in self.claims)


def study(experiments: Sequence[Experiment], plan: Plan, folder: Path, watch: Watch) -> Outcome:
    """Do what `folder`/figures does not have yet, keep it there, and judge every claim it allows.

    Raises OutcomeError when a solve or a worker fails, MissingEngineError without ngspice where it was asked for.
    """
    started = time.perf_counter()
    done = _perform(experiments, plan, folder / "figures", watch)
    found = {experiment.name: load(done[experiment.name]) for experiment in experiments}
    judged = tuple(judge(claim, found) for claim in CLAIMS if set(claim.needs) <= set(found))
    named = {experiment.name: experiment for experiment in experiments}
    return Outcome(plan, named, done, found, judged, time.perf_counter() - started)


def _perform(experiments: Sequence[Experiment], plan: Plan, folder: Path, watch: Watch) -> dict[str, Done]:
    """Find what `folder` has, and have the rest done."""
    paths = {experiment.name: place(experiment, plan, folder) for experiment in experiments}
    done = {name: Done(path, resumed=True) for name, path in paths.items() if path.exists()}
    ordered = _order([experiment for experiment in experiments if experiment.name not in done])
    bar = _Bar(ordered, watch)
    if ordered:
        with Pool(min(WORKERS, len(ordered))) as pool:
            tasks = {k: pool.submit(perform, each, plan, folder) for k, each in enumerate(ordered)}
            results = pool.results(tasks, bar.watch)
        done |= {ordered[k].name: results[k] for k in tasks}
    bar.finished(done)
    return done


def _order(experiments: Sequence[Experiment]) -> list[Experiment]:
    """What takes longest in one worker; in the others the short ones first, so that a run cut off has finished some.

    Those that need no engine come before those: the first solve on a machine compiles it, which one worker does.
    """
    ascending = sorted(experiments, key=lambda experiment: experiment.cost)
    engineless = [experiment for experiment in ascending if isinstance(experiment, Benchmark)]
    others = [experiment for experiment in ascending if not isinstance(experiment, Benchmark)]
    return [*others[-1:], *engineless, *others[:-1]]


class _Bar:
    """One bar for all experiments, each counting as much as it costs."""

    def __init__(self, experiments: Sequence[Experiment], tell: Watch) -> None:
        self.experiments, self.tell = experiments, tell
        self.shares = dict.fromkeys(range(len(experiments)), 0.0)
        tell("experiments", 0.0, "starting the workers")

    def watch(self, number: int, share: float, words: str) -> None:
        """One experiment is so far."""
        del words
        self.shares[number] = max(self.shares[number], min(share, 1.0))
        spent = sum(self.shares[k] * each.cost for k, each in enumerate(self.experiments))
        running = [self.experiments[k].name for k, value in self.shares.items() if 0 < value < 1]
        self.tell("experiments", spent / sum(each.cost for each in self.experiments), ", ".join(running))

    def finished(self, done: Mapping[str, Done]) -> None:
        """All are done."""
        resumed = sum(each.resumed for each in done.values())
        before = f", {resumed} of them from an earlier run" if resumed else ""
        self.tell("experiments", 1.0, f"{len(done)} done{before}")
