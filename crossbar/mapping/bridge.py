"""Between a network's graph and the matrices that tiles hold.

A Linear or Affine layer is its weights. A convolution is its kernel, held once: the patches under the places of its
result are read one after another. Poolings, neurons and all else are computed outside of the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np

from circuits.errors import InputError
from crossbar.array import Layout
from crossbar.mapping.chip import Reader
from crossbar.mapping.network import Layer, MappedNetwork, Matrix, map_network
from crossbar.mapping.schemes import Scheme
from crossbar.networks.network import Network, layer_of, window
from crossbar.networks.runner import Array, Product
from crossbar.networks.shapes import Node
from crossbar.networks.windows import kernel_matrix, patches


def map_graph(network: Network, tile: Layout, scheme: Scheme = Scheme(), *, share: bool = True) -> MappedNetwork:  # noqa: B008 - frozen
    """The weighted layers of `network` on tiles like `tile`; layers that may be read at once are on tiles apart.

    share: whether blocks of different layers may be stacked on one tile
    Raises InputError for a network without weights, or a tile too small for one output.
    """
    layers = matrices(network)
    if not layers:
        raise InputError("network", list(network.nodes), "a network with Linear, Affine or Conv2d layers", "another")
    return map_network(layers, tile, scheme, share=share, apart=read_together(network))


def matrices(network: Network) -> dict[str, Layer]:
    """What tiles hold of each layer: weights (inputs of a read, outputs) and bias (outputs,) or None."""
    return {name: _held(name, network.nodes[name]) for name in network.layers}


def _held(name: str, node: Node) -> Layer:
    if node.kind != "Conv2d":
        layer = layer_of(name, node)
        return layer.dense(), layer.bias
    bias = node.array("bias")
    return kernel_matrix(window(node), node.array("weight")), bias if np.any(bias) else None


def reads(node: Node) -> int:
    """How many reads one after another a layer takes in a step."""
    return math.prod(node.gives[1:]) if node.kind == "Conv2d" else 1


def read_together(network: Network) -> list[tuple[str, str]]:
    """Pairs of layers of which neither waits for the other within a step."""
    graph = nx.DiGraph(network.edges)
    graph.add_nodes_from(network.nodes)
    after = {name: nx.descendants(graph, name) for name in network.layers}
    return [(a, b) for a, b in combinations(network.layers, 2) if b not in after[a] and a not in after[b]]


def product_of(node: Node, reader: Reader) -> Product:
    """A layer's product in the runner from the reader of its tiles."""
    if node.kind != "Conv2d":
        return reader
    seen, (channels, *_) = patches(window(node)), node.gives

    def products(inputs: Array) -> Array:
        padded = np.concatenate([inputs, np.zeros((len(inputs), 1), inputs.dtype)], axis=1)
        sums = reader(np.ascontiguousarray(padded[:, seen].reshape(-1, seen.shape[1])))
        return np.ascontiguousarray(sums.reshape(len(inputs), len(seen), channels).swapaxes(1, 2)).reshape(
            len(inputs), -1
        )

    return products


def products(network: Network, readers: Mapping[str, Reader]) -> dict[str, Product]:
    """What `run` takes as `replace`; the network is `rewritten`, so that its biases are those that tiles hold."""
    return {name: product_of(network.nodes[name], reader) for name, reader in readers.items()}


def rewritten(network: Network, layers: Mapping[str, Layer]) -> Network:
    """The network with what tiles hold in place of its weights and biases.

    The devices between the groups of a convolution hold a little of something too: it comes back with one group.
    """
    return replace(network, nodes={**network.nodes, **{n: _node(network.nodes[n], v) for n, v in layers.items()}})


def _node(node: Node, layer: Layer) -> Node:
    weights, bias = layer
    fields: dict[str, Any] = dict(node.parameters)
    fields["weight"] = np.ascontiguousarray(weights.T)
    if bias is not None:
        fields["bias"] = bias
    if node.kind == "Conv2d":
        shape = (node.gives[0], node.takes[0], *node.array("weight").shape[2:])
        fields |= {"weight": _kernel(weights, shape), "groups": 1}
    return replace(node, parameters=fields)


def _kernel(weights: Matrix, shape: tuple[int, ...]) -> Matrix:
    return np.ascontiguousarray(weights.T.reshape(shape))
