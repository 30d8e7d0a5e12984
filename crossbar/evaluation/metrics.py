"""NeuroBench's metrics of a network on these samples, by NeuroBench's names.

Source: Yik et al., Nat. Commun. 2025, DOI 10.1038/s41467-025-56739-4, and the package neurobench 2.3:
synaptic operations are counted where an input is not 0 and a weight is not 0, biases not counted; per inference.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossbar.evaluation.study import Evaluation
from crossbar.mapping.bridge import matrices
from crossbar.networks.network import Network, weighted, window
from crossbar.networks.windows import patches


def neurobench(found: Evaluation) -> dict[str, Any]:
    """The metrics by name, those of the algorithm track that a network on rasters has.

    Footprint: bytes of all parameters as the file has them; ParameterCount: weights and biases
    ConnectionSparsity: share of weights that are 0; ActivationSparsity: of spikes that neurons did not fire
    SynapticOperations: Effective_ACs where a layer's inputs are spikes, Effective_MACs elsewhere; Dense: all, a sample
    """
    network, inferences = found.network, found.inferences
    weights = {name: held for name, (held, _) in matrices(network).items()}
    effective = found.operations
    spiking = {name: all(one.binary[name] for one in inferences) for name in weights}
    chances = found.steps * sum(node.size for node in network.nodes.values() if node.spiking)
    kernels = [node.array("weight") for node in network.nodes.values() if weighted(node)]
    return {
        "ClassificationAccuracy": found.accuracy().mean,
        "Footprint": _footprint(network),
        "ParameterCount": sum(_parameters(network).values()),
        "ConnectionSparsity": round(1 - sum(map(np.count_nonzero, kernels)) / sum(k.size for k in kernels), 4),
        "ActivationSparsity": 1 - found.spikes / chances if chances else 0.0,
        "SynapticOperations": {
            "Effective_MACs": sum(effective[name] for name in weights if not spiking[name]),
            "Effective_ACs": sum(effective[name] for name in weights if spiking[name]),
            "Dense": found.steps * sum(dense(network, name) for name in weights),
        },
    }


def _footprint(network: Network) -> int:
    values = (value for node in network.nodes.values() for value in node.parameters.values())
    return sum(np.asarray(value).nbytes for value in values if not isinstance(value, str))


def _parameters(network: Network) -> dict[str, int]:
    return {
        f"{name}.{field}": node.array(field).size
        for name, node in network.nodes.items()
        if weighted(node)
        for field in ("weight", "bias")
        if field in node.parameters
    }


def dense(network: Network, name: str) -> int:
    """Synaptic operations of a layer in a step when every input is there, zeros around an image left out."""
    node = network.nodes[name]
    if node.kind != "Conv2d":
        return node.array("weight").size
    moving = window(node)
    seen = int(np.count_nonzero(patches(moving) < np.prod(node.takes)))
    return seen // moving.groups * node.gives[0]
