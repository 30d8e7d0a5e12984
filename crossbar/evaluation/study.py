"""What is left of a network's accuracy, cause by cause, and what an inference costs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from crossbar.evaluation.case import Case
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.inference import Inference, digital, options_of
from crossbar.mapping.bridge import reads, rewritten
from crossbar.mapping.chip import Chip, mount
from crossbar.mapping.network import MappedNetwork
from crossbar.mapping.programming import Programmed
from crossbar.networks.network import Network
from crossbar.networks.runner import run
from crossbar.networks.stp import Mode
from crossbar.studies.pulse import pulse_energy
from crossbar.workloads.patterns import Samples
from crossbar.workloads.statistics import Accuracy, accuracy

Right: TypeAlias = NDArray[np.bool_]
Watch: TypeAlias = Callable[[str, float, str], None]
"""Told the step (a key of STEPS), which share of it is done, and a few words."""

Cause = Literal["float", "states", "lines", "written", "noise"]
CAUSES: Mapping[Cause, str] = {
    "float": "floating point",
    "states": "ideal devices with states",
    "lines": "on lines with resistance",
    "written": "devices as written",
    "noise": "and noise in every read",
}
"""What is added, one after the other; the last is everything."""

COMPARED = 8
"""Samples whose every spike is compared with that of ideal devices."""

STEPS = {"map": "map to tiles", "ideal": "ideal devices", "trials": "write and run"}


@dataclass(frozen=True)
class Trials:
    """What is asked: some chips, written and run one after another.

    hardware: the tiles; stp: short-term plasticity by layer, none without
    count: of the chips, each with devices and noise of its own; seed: of all chance
    Raises InputError for a number that is none of these.
    """

    hardware: Hardware = field(default_factory=Hardware)
    stp: Mapping[str, Mode] = field(default_factory=dict)
    count: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or value != int(value) or value < least:
                raise InputError(
                    f"trials.{name}", value, f"a whole number from {least}", f"{name}={getattr(Trials, name)}"
                )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found.

    step: time step of the samples [s]; steps: in a sample
    mapping: the network on tiles, ideal; written, chip: the first trial's tiles, and what their reads see
    right: by cause, which samples were answered right, shape (trials, samples)
    inferences: of every trial, with everything
    programmed: energy [J] and time [s] to write all tiles, shape (trials, 2)
    differing: spikes of ideal devices that are not the network's own
    pulse: energy of one short-term device's spike [J]; cautions: what a user should be told
    """

    network: Network
    trials: Trials
    step: float
    steps: int
    mapping: MappedNetwork
    written: Programmed
    chip: Chip
    right: Mapping[Cause, Right]
    inferences: tuple[Inference, ...]
    programmed: NDArray[np.float64]
    differing: int
    pulse: float
    cautions: tuple[str, ...]

    def accuracy(self, cause: Cause = "noise") -> Accuracy:
        """Mean and 95 % interval over samples and trials."""
        return accuracy(self.right[cause])

    @cached_property
    def events(self) -> dict[str, float]:
        """By layer, inputs of an inference that were not 0, mean."""
        return {name: float(np.mean([one.events[name] for one in self.inferences])) for name in self.mapping.layers}

    @cached_property
    def operations(self) -> dict[str, float]:
        """By layer, these with weights that are not 0, of an inference, mean."""
        return {name: float(np.mean([one.operations[name] for one in self.inferences])) for name in self.mapping.layers}

    @cached_property
    def spikes(self) -> float:
        """What all neurons fire in an inference, mean."""
        return float(np.mean([one.spikes for one in self.inferences]))

    @cached_property
    def energy(self) -> dict[str, float]:
        """Energy [J]: `program`, all tiles once; of one inference `spike`, `read`, `convert` and `neuron`, means."""
        costs, layers = self.trials.hardware.costs, self.mapping.layers
        lines = sum(self.reads(s.place.layer) * s.mapped.conductances.shape[1] for s in self.mapping.sites)
        gates = {name: _gates(self.trials.stp.get(name, "none"), len(layers[name][0][0])) for name in layers}
        return {
            "program": float(self.programmed[:, 0].mean()),
            "spike": sum(self.events[name] * gates[name] for name in layers) * self.pulse,
            "read": float(np.mean([one.read.mean() for one in self.inferences])),
            "convert": lines * self.steps * costs.conversion,
            "neuron": self.neurons * self.steps * costs.update,
        }

    @property
    def inference_energy(self) -> float:
        """Of one inference [J], without the writing."""
        return sum(value for name, value in self.energy.items() if name != "program")

    @property
    def neurons(self) -> int:
        """How many the network has."""
        return sum(self.network.nodes[name].size for name in self.network.neurons)

    def reads(self, layer: str) -> int:
        """Reads of a layer in a step."""
        return reads(self.network.nodes[layer])

    @cached_property
    def latency(self) -> dict[str, float]:
        """Time [s]: `program`, all tiles one after another; `step`, what a step takes; `compute`, all of a sample.

        `inference`: from a sample's beginning to its answer when it arrives in its own time
        """
        costs = self.trials.hardware.costs
        took = {name: self.reads(name) * costs.read for name in self.mapping.layers}
        took |= {name: self.network.nodes[name].size * costs.pace for name in self.network.neurons}
        step = longest(self.network, took)
        arriving = (self.steps - 1) * max(self.step, step) + self.step
        return {
            "program": float(self.programmed[:, 1].mean()),
            "step": step,
            "compute": step * self.steps,
            "inference": arriving + step,
        }


def _gates(mode: Mode, outputs: int) -> int:
    """Gates that a spike reaches."""
    return {"none": 0, "front_end": 1, "plus_only": outputs, "both": 2 * outputs}[mode]


def longest(network: Network, took: Mapping[str, float]) -> float:
    """Time [s] of the longest way through a step; took: of single nodes [s], 0 for all others."""
    graph = nx.DiGraph()
    graph.add_nodes_from(network.nodes)
    graph.add_edges_from((source, target, {"time": took.get(target, 0.0)}) for source, target in network.edges)
    return float(nx.dag_longest_path_length(graph, weight="time"))


def evaluate(
    network: Network, samples: Samples, step: float, trials: Trials, watch: Watch = lambda _step, _share, _words: None
) -> Evaluation:
    """Run `samples`, whose time step is `step` [s], through `network` digitally and on chips of `trials.hardware`.

    Raises InputError for samples that the network does not take, OutcomeError where tiles cannot be written.
    """
    hardware, costs = trials.hardware, trials.hardware.costs
    watch("map", 0.0, "")
    mapping = hardware.mapping(network)
    options = options_of(trials.stp, mapping, network, step)
    cautions = tuple(said for name, option in options.items() if (said := option.caution(name)))
    for said in cautions:
        warnings.warn(said, UserWarning, stacklevel=2)
    aimed = hardware.aimed(mapping)
    watch("map", 1.0, f"{mapping.tiles} tiles")
    case = Case(network, samples, options)
    watch("ideal", 0.0, "")
    right = _ideal(case, mapping, aimed, hardware)
    watch("ideal", 1.0, f"{right['states'].mean():.1%} right")
    chips, silent = [], []
    for number in range(trials.count):
        watch("trials", number / trials.count, f"chip {number + 1} of {trials.count}")
        chips.append(case.trial(aimed, hardware, trials.seed, number))
        silent.append(case.silent(chips[-1].chip, costs))
    right |= {"written": np.array(silent), "noise": np.array([trial.whole.right for trial in chips])}
    watch("trials", 1.0, f"{right['noise'].mean():.1%} right")
    return Evaluation(
        network,
        trials,
        step,
        samples.spikes.shape[1],
        mapping,
        chips[0].written,
        chips[0].chip,
        right,
        tuple(trial.whole for trial in chips),
        np.array([[trial.written.energy.sum(), trial.written.time.sum()] for trial in chips]),
        differing_spikes(network, samples, hardware),
        pulse_energy(costs.spike, hardware.tile.device) if options else 0.0,
        cautions,
    )


def _ideal(case: Case, mapping: MappedNetwork, aimed: MappedNetwork, hardware: Hardware) -> dict[Cause, Right]:
    """Answers on devices that are just as they should be: in floating point, with states, and on lines."""
    found: dict[Cause, Right] = {"float": digital(case.network, case.samples, case.options)[None]}
    found["states"] = case.silent(mount(mapping, mapping.targets, ir_drop=False), hardware.costs)[None]
    if hardware.ir_drop:
        found["lines"] = case.silent(mount(aimed, aimed.targets, ir_drop=True), hardware.costs)[None]
    return found


def differing_spikes(network: Network, samples: Samples, hardware: Hardware) -> int:
    """How many spikes and other values of neurons, over all steps of the first samples, ideal devices change: none."""
    endless = replace(hardware.scheme, states=float("inf"), clip=100.0)
    mapping = replace(hardware, scheme=endless).mapping(network)
    held = rewritten(network, mount(mapping, mapping.targets, ir_drop=False).matrices)
    few = samples.spikes[:COMPARED]
    one, other = (run(which, few, record=network.neurons).recorded for which in (network, held))
    return sum(int(np.count_nonzero(one[name] != other[name])) for name in one)
