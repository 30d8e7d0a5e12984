"""Train the read-out, and let it classify: on the programmed tiles, without line resistance, in floating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.solution import Floats
from crossbar.array import State
from crossbar.demo.plan import Plan
from crossbar.demo.tiles import Hear
from crossbar.facade import Array
from crossbar.operations.read import Ports
from crossbar.workloads.classify import (
    Multiply,
    Network,
    float_trial,
    ideal_chip,
    train,
    trial,
    voltages,
    without_stp,
)
from crossbar.workloads.patterns import Patterns
from crossbar.workloads.statistics import Accuracy, accuracy

Right = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trained:
    """The read-out behind synapses with short-term plasticity, and one behind static synapses."""

    network: Network
    static: Network


@dataclass(frozen=True, eq=False)
class Answers:
    """Which of the test samples were classified right, each of shape (seeds, samples).

    mapped: read through the programmed tiles, all noise and IR drop in it; straight: the same without line resistance
    exact: the same network in floating point; static: static synapses, in floating point
    energy: of one sample's reads, supplied by the word lines, shape (seeds, samples) [J]
    lost: share of the current that line resistance costs, mean over samples and tiles; worst: of one bit line
    """

    mapped: Right
    straight: Right
    exact: Right
    static: Right
    energy: Floats
    lost: float
    worst: float

    def accuracy(self, name: str) -> Accuracy:
        """Of "mapped", "straight", "exact" or "static", with its interval."""
        return accuracy(getattr(self, name))


def learn(plan: Plan, patterns: Patterns, hear: Hear) -> Trained:
    """Both read-outs, each trained with its own noise."""
    network = train(patterns, plan.network, plan.chance("training"))
    hear(0.9, "static synapses")
    return Trained(network, train(patterns, without_stp(plan.network), plan.chance("static")))


def classify(plan: Plan, patterns: Patterns, trained: Trained, tiles: Sequence[tuple[Array, State]]) -> Answers:
    """Show every test sample once a seed."""
    network, samples = trained.network, patterns.test
    ends = [array.ports(state) for array, state in tiles]
    conductances = [array.conductance(state) for array, state in tiles]
    chips: dict[str, Sequence[Multiply]] = {
        "mapped": [seen.currents for seen in ends],
        "straight": ideal_chip(conductances),
    }
    answers = {
        name: np.array([trial(network, samples, chip, plan.noise, rng) for rng in plan.trials()])
        for name, chip in chips.items()
    }
    driven = np.array([voltages(network, samples, rng) for rng in plan.trials()])
    power = [seen.power(driven[..., rows.tile.rows]) for rows, seen in zip(network.tiles, ends, strict=True)]
    lost, worst = _lost(network, driven, ends, conductances)
    return Answers(
        answers["mapped"],
        answers["straight"],
        np.array([float_trial(network, samples, rng) for rng in plan.trials()]),
        np.array([float_trial(trained.static, samples, rng) for rng in plan.trials()]),
        plan.read * np.sum(power, axis=0),
        lost,
        worst,
    )


def _lost(network: Network, driven: Floats, ends: list[Ports], conductances: list[Floats]) -> tuple[float, float]:
    """Share of the current lost to line resistance, over all reads; the largest of one bit line in one read."""
    ideal, seen = (
        np.stack(
            [multiply(driven[..., placed.tile.rows]) for placed, multiply in zip(network.tiles, chip, strict=True)]
        )
        for chip in (ideal_chip(conductances), [end.currents for end in ends])
    )
    share = 1 - seen / np.where(ideal > 0, ideal, np.inf)
    return float(1 - seen.sum() / ideal.sum()), float(np.where(ideal > 0, share, 0.0).max())


def spikes_a_sample(patterns: Patterns) -> float:
    """Mean number of spikes of a test sample, over all channels."""
    return float(patterns.test.spikes.sum(axis=(1, 2)).mean())
