"""The trained network: its weights, how they begin, and the NIR graph that they belong to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.networks.load import assemble
from crossbar.networks.network import Network, Timing
from crossbar.networks.neurons import coefficients
from crossbar.training.kernels import Factors, Weights
from crossbar.training.plan import Plan

Array = NDArray[Any]
KIND = np.float32
"""What is trained and run in, as the platforms do that exchange networks by NIR."""

NAMES = ("fc", "bias", "back", "out", "out_bias")
RECURRENT_GAIN = 0.5
"""How much weaker than forward ones recurrent weights begin."""


def beginning(plan: Plan, channels: int, classes: int, rng: np.random.Generator) -> Weights:
    """Random weights, normal with a deviation of 1 over the root of the number of inputs; biases 0."""
    hidden, loops = plan.hidden, plan.hidden if plan.recurrent else 0
    drawn = (
        rng.normal(0.0, 1 / math.sqrt(channels), (channels, hidden)),
        np.zeros(hidden),
        rng.normal(0.0, RECURRENT_GAIN / math.sqrt(hidden), (loops, loops)),
        rng.normal(0.0, 1 / math.sqrt(hidden), (hidden, classes)),
        np.zeros(classes),
    )
    fc, bias, back, out, out_bias = (array.astype(KIND) for array in drawn)
    return fc, bias, back, out, out_bias


def network(plan: Plan, weights: Weights, step: float) -> Network:
    """The NIR graph: input -> fc -> lif (-> back -> lif) -> out -> read -> output; `step` [s] is its dt.

    `r` and `w_in` are the time constants over dt, so that an input counts in full. `read` is leaky integrators, whose
    sum over a sample is highest for the class.
    """
    fc, bias, back, out, out_bias = weights
    hidden, classes = out.shape
    every = np.ones(hidden)
    tau = plan.tau_mem * step
    if plan.neuron == "CubaLIF":
        fields = {"tau_syn": plan.tau_syn * step * every, "tau_mem": tau * every, "w_in": plan.tau_syn * every}
    else:
        fields = {"tau": tau * every}
    neuron = fields | {"r": plan.tau_mem * every, "v_leak": 0 * every, "v_threshold": every, "v_reset": 0 * every}
    read = {"tau": np.full(classes, plan.tau_out * step), "r": np.full(classes, plan.tau_out)}
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "input": ("Input", {"shape": [fc.shape[0]]}),
        "fc": ("Affine", {"weight": fc.T, "bias": bias}),
        "lif": (plan.neuron, neuron),
        "out": ("Affine", {"weight": out.T, "bias": out_bias}),
        "read": ("LI", read | {"v_leak": np.zeros(classes)}),
        "output": ("Output", {"shape": [classes]}),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "out"), ("out", "read"), ("read", "output")]
    if back.size:
        nodes["back"] = ("Linear", {"weight": back.T})
        edges += [("lif", "back"), ("back", "lif")]
    return assemble(nodes, edges, Timing(step, "zero"))


def factors(found: Network) -> Factors:
    """What a step keeps and adds, from the network's own nodes, so that training and the runner cannot differ."""
    known = coefficients(found.nodes["lif"], found.timing)
    hidden, classes = (found.nodes[name].gives[0] for name in ("lif", "read"))
    none, whole = np.zeros(hidden), np.ones(hidden)
    rows = [known.get("kept_current", none), known.get("gain_current", whole)]
    rows += [known["kept"], known["gain"], known["threshold"]]
    read = coefficients(found.nodes["read"], found.timing)
    ends = [np.broadcast_to(read[name], (classes,)) for name in ("kept", "gain")]
    return np.array([np.broadcast_to(row, (hidden,)) for row in rows], KIND), np.array(ends, KIND)
