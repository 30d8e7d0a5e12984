"""The one runner: any experiment, on either engine, kept as a file once it is done."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from crossbar.folder import key
from crossbar.operations.run import Settings
from crossbar.paper.benchmark import benchmark
from crossbar.paper.crosstalk import crosstalk
from crossbar.paper.endurance import endurance
from crossbar.paper.experiments import (
    Benchmark,
    CircuitBenchmark,
    Crosstalk,
    Endurance,
    Example,
    Experiment,
    Refit,
    Trial,
)
from crossbar.paper.found import Found, Hear, fetch, keep
from crossbar.paper.refit import refit
from crossbar.paper.spikes import circuit_benchmark, example
from crossbar.paper.trial import trial


@dataclass(frozen=True)
class Plan:
    """engine: "native" or "ngspice"; seed: of all chance. Raises InputError for another engine."""

    engine: str = "native"
    seed: int = 0

    def __post_init__(self) -> None:
        Settings(self.engine)

    def chance(self, name: str) -> np.random.Generator:
        """The generator of one experiment: none draws from another's."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())]))


@dataclass(frozen=True)
class Done:
    """A finished experiment: its file, and whether it was found from an earlier run."""

    path: Path
    resumed: bool


def run(experiment: Experiment, plan: Plan, hear: Hear = lambda _share, _words: None) -> Found:
    """Do the experiment. Raises OutcomeError when a solve fails, MissingEngineError without ngspice."""
    match experiment:
        case Trial():
            return trial(experiment, plan.engine, plan.chance(experiment.name), hear)
        case Endurance():
            return endurance(experiment, plan.engine, hear)
        case Crosstalk():
            return crosstalk(experiment, plan.engine, hear)
        case Example():
            return example(experiment, plan.engine, plan.seed, hear)
        case Refit():
            return refit(experiment, hear)
        case Benchmark():
            return benchmark(experiment, plan.seed, hear)
        case CircuitBenchmark():
            return circuit_benchmark(experiment, plan.seed, hear)
    raise TypeError(type(experiment).__name__)


def solved_by(experiment: Experiment, plan: Plan) -> str:
    """The engine an experiment runs on: three have one of their own."""
    match experiment:
        case Benchmark():
            return "closed form"
        case CircuitBenchmark() | Refit():
            return "native"
    return plan.engine


def place(experiment: Experiment, plan: Plan, folder: Path) -> Path:
    """The file of this experiment, finished or not: its name changes with all that decides the outcome."""
    return folder / f"{experiment.name}-{key(experiment, solved_by(experiment, plan), plan.seed)}.nc"


def perform(experiment: Experiment, plan: Plan, folder: Path, hear: Hear) -> Done:
    """Do it unless `folder` has it already, and keep it there. Runs in a worker process."""
    path = place(experiment, plan, folder)
    if path.exists():
        return Done(path, resumed=True)
    found = run(experiment, plan, hear)
    configuration = {"engine": solved_by(experiment, plan), "experiment": _described(experiment)}
    keep(found, path, experiment.title, configuration, plan.seed)
    return Done(path, resumed=False)


def load(done: Done) -> Found:
    """What a finished experiment found."""
    return fetch(done.path)


def _described(experiment: Experiment) -> dict[str, object]:
    """Everything that decided the outcome; long lists of pulses by their number."""
    plain = asdict(experiment)
    for case in plain.get("cases", ()):
        for contact in (case["protocol"]["gate"], *case["protocol"]["lfp"]):
            contact["pulses"] = [*contact["pulses"][:2], f"{len(contact['pulses'])} in all"]
    return plain
