"""Figure 6 in closed form: four synapses on one membrane, run after run.

In a run all synapses and both membranes hear the same trains, and so does the circuit of crossbar.paper.spikes. Every
purpose draws from a stream of its own: a run of one synapse can be repeated by itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crossbar.paper.experiments import Benchmark
from crossbar.paper.found import Floats, Found, Hear
from crossbar.results import Quantity
from crossbar.synapse import PAPER_WEIGHTS, Impulse, Synapse, matched_weight, wan2021_kernel
from crossbar.workloads.separation import separations, trains

SYNAPSES = ("NO-STP", "NO-STP, k matched", "LiWES", "IDEAL")
STREAMS = ("trains", *SYNAPSES[:1], *SYNAPSES[2:], "circuit", "example")
IDEAL = wan2021_kernel.ideal()


def chance(seed: int, stream: str, run: int) -> np.random.Generator:
    """The generator of one purpose in one run."""
    return np.random.default_rng(np.random.SeedSequence([seed, STREAMS.index(stream), run]))


def synapses(tau: float) -> dict[str, Synapse]:
    """By name; the weight of the second is such that one spike peaks as high as the IDEAL synapse's."""
    matched = Impulse(matched_weight(wan2021_kernel, tau))
    each: tuple[Synapse, ...] = (Impulse(PAPER_WEIGHTS[tau]), matched, wan2021_kernel, IDEAL)
    return dict(zip(SYNAPSES, each, strict=True))


def benchmark(experiment: Benchmark, seed: int, hear: Hear) -> Found:
    """Separability of every run [S], and how it depends on when the membrane is read."""
    tau, task, named = experiment.tau, experiment.task, synapses(experiment.tau)
    headline = np.empty((len(named), experiment.runs))
    swept = np.empty((len(named), experiment.sweep_runs, len(experiment.pauses)))
    for run in range(experiment.runs):
        spikes = trains(chance(seed, "trains", run), task)
        for place, (name, synapse) in enumerate(named.items()):
            # Without chance every presentation is the same: one will do.
            shown = task if name == "LiWES" else replace(task, presentations=1)
            rng = chance(seed, "LiWES", run)
            headline[place, run] = separations(synapse, spikes, [task.pause], tau, rng, shown)[0]
            if run < experiment.sweep_runs:
                swept[place, run] = separations(synapse, spikes, experiment.pauses, tau, rng, shown)
        hear((run + 1) / experiment.runs, "")
    return Found(_quantities(headline, swept, tau), _coordinates(experiment))


def _quantities(headline: Floats, swept: Floats, tau: float) -> dict[str, Quantity]:
    return {
        "separability": Quantity(headline, ("synapse", "run"), "S", "interclass less intraclass distance"),
        "swept": Quantity(swept, ("synapse", "sweep_run", "pause"), "S", "the same, read at each pause"),
        "weight": Quantity(PAPER_WEIGHTS[tau], (), "S s", "the paper's k"),
        "matched_weight": Quantity(
            matched_weight(wan2021_kernel, tau), (), "S s", "k whose peak is the IDEAL synapse's"
        ),
        "ideal_peak": Quantity(matched_weight(wan2021_kernel, tau) / tau, (), "S", "of the membrane after one spike"),
    }


def _coordinates(experiment: Benchmark) -> dict[str, Quantity]:
    return {
        "pause": Quantity(np.array(experiment.pauses), ("pause",), "s", "from the last spike to the read"),
        "tau": Quantity(experiment.tau, (), "s", "of the membrane"),
    }
