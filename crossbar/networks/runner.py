"""Running a network on spikes, step by step, every sum in a fixed order: the digital reference.

Within a step each node adds what its edges bring, in the order of their sources' names, and acts. A product adds the
weights of the inputs that are not 0, from the first input to the last, then the bias; nothing depends on how many
samples run together, so a batch gives the bits of its samples one by one. float32 gives the bits of the platforms that
computed in it.

A layer's product may be replaced, by another matrix or by a function of the layer's inputs: that is where an array of
devices takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.sparse import csr_array

from circuits.errors import InputError
from crossbar.networks.kernels import add_products, add_sparse
from crossbar.networks.network import Layer, Matrix, Network, pooling
from crossbar.networks.neurons import Neurons
from crossbar.networks.shapes import Node

Array: TypeAlias = NDArray[Any]
Product: TypeAlias = Callable[[Array], Array]
"""A step of one layer: its inputs (samples, inputs) to sums (samples, outputs), without the bias. It is called once a
step, in the order of the steps, so it may keep a state of its own."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run left behind; values are in the type it was computed in.

    outputs: by Output node, shape (samples, steps, values)
    recorded: by node asked for, shape (samples, steps, values)
    events: by weighted layer, how many inputs were not 0, shape (samples,)
    spikes: by spiking node, how many spikes it fired, shape (samples,)
    """

    outputs: Mapping[str, Array]
    recorded: Mapping[str, Array]
    events: Mapping[str, NDArray[np.int64]]
    spikes: Mapping[str, NDArray[np.int64]]

    @property
    def output(self) -> Array:
        """The values of the only Output, shape (samples, steps, values)."""
        return next(iter(self.outputs.values()))

    def classes(self) -> NDArray[np.intp]:
        """The output with the largest sum over all steps, for every sample; the first of equals."""
        return np.asarray(self.output.sum(axis=1, dtype=np.float64).argmax(axis=1))


def product(inputs: Array, matrix: Matrix) -> Array:
    """Sums (samples, outputs) of inputs (samples, inputs) times `matrix` (inputs, outputs), in the fixed order."""
    sums = np.zeros((len(inputs), matrix.shape[1]), dtype=inputs.dtype)
    if isinstance(matrix, csr_array):
        add_sparse(np.ascontiguousarray(inputs), matrix.data, matrix.indices, matrix.indptr, sums)
    else:
        add_products(np.ascontiguousarray(inputs), matrix, sums)
    return sums


def run(
    network: Network,
    spikes: ArrayLike | Mapping[str, ArrayLike],
    *,
    replace: Mapping[str, Matrix | Product] | None = None,
    record: Iterable[str] = (),
    dtype: DTypeLike | None = None,
) -> Run:
    """Run `network` from rest on samples.

    spikes: shape (samples, steps, values), values as many as the Input has; by name where there are several Inputs
    replace: another matrix (inputs, outputs), or a function, for the product of a layer; its bias is added as before
    record: nodes whose values are kept for every step
    dtype: float32 or float64; what the network was trained in without
    """
    kind = np.dtype(dtype) if dtype is not None else network.dtype
    driven = _driven(network, spikes, kind)
    samples, steps = next(iter(driven.values())).shape[:2]
    machine = _Machine(network, dict(replace or {}), samples, kind)
    kept = {name: _empty(network, name, samples, steps, kind) for name in {*network.outputs, *record}}
    for step in range(steps):
        machine.advance({name: values[:, step] for name, values in driven.items()})
        for name, history in kept.items():
            history[:, step] = machine.values[name]
    outputs = {name: kept[name] for name in network.outputs}
    return Run(outputs, {name: kept[name] for name in record}, machine.events, machine.spikes)


def _empty(network: Network, name: str, samples: int, steps: int, kind: np.dtype[Any]) -> Array:
    if name not in network.nodes:
        allowed = f"one of {', '.join(network.nodes)}"
        raise InputError("record", name, allowed, f'record=("{next(iter(network.nodes))}",)')
    return np.empty((samples, steps, network.nodes[name].size), dtype=kind)


def _driven(network: Network, spikes: ArrayLike | Mapping[str, ArrayLike], kind: np.dtype[Any]) -> dict[str, Array]:
    """Inputs by name, shape (samples, steps, values)."""
    named = spikes if isinstance(spikes, Mapping) else {network.inputs[0]: spikes}
    if set(named) != set(network.inputs):
        raise InputError("spikes", sorted(named), f"values for {', '.join(network.inputs)}", "one array for each Input")
    driven: dict[str, Array] = {}
    for name, given in named.items():
        values = np.asarray(given)
        size = network.nodes[name].size
        if values.ndim < 3 or values[0, 0].size != size or values.dtype.kind not in "biuf":
            allowed = f"numbers of shape (samples, steps, {size})"
            raise InputError(f"spikes of '{name}'", values.shape, allowed, "one row of values for each step")
        driven[name] = values.reshape(*values.shape[:2], size).astype(kind)
    if len({values.shape[:2] for values in driven.values()}) > 1:
        shapes = {name: values.shape for name, values in driven.items()}
        raise InputError("spikes", shapes, "as many samples and steps for each Input", "arrays of equal length")
    return driven


class _Machine:
    """A network at work on some samples: the values of every node in this step, and the neurons' states."""

    def __init__(
        self, network: Network, replace: dict[str, Matrix | Product], samples: int, kind: np.dtype[Any]
    ) -> None:
        for name in replace:
            network.layer(name)
        self.nodes, self.kind = network.nodes, kind
        layers = network.layers
        self.own = {name: _matrix_product(layer.matrix, kind) for name, layer in layers.items()}
        self.products = self.own | {name: _replaced(layers[name], given, kind) for name, given in replace.items()}
        self.biases = {name: layer.bias.astype(kind) for name, layer in layers.items() if layer.bias is not None}
        self.neurons = {name: Neurons(self.nodes[name], network.timing, samples, kind) for name in network.neurons}
        self.acts = {name: _act(node, kind) for name, node in self.nodes.items() if name not in layers}
        self.events = {name: np.zeros(samples, dtype=np.int64) for name in layers}
        self.spikes = {name: np.zeros(samples, dtype=np.int64) for name, node in self.nodes.items() if node.spiking}
        self.incoming = _incoming(network)
        self.values = {name: np.zeros((samples, node.size), dtype=kind) for name, node in self.nodes.items()}
        self._rest(sum(not self.nodes[source].neuron for source, _ in network.delayed))

    def _rest(self, crossings: int) -> None:
        """Values before the first step: nothing came in and no neuron fired, but layers give their biases.

        crossings: how many delayed edges such values pass at most
        """
        for _ in range(1 + crossings):
            for name, node in self.nodes.items():
                if not node.neuron and node.kind != "Input":
                    brought = self._brought(name, self.values, self.values)
                    self.values[name] = self._given(name, brought, self.own)

    def advance(self, driven: Mapping[str, Array]) -> None:
        """One step with these inputs, each (samples, values)."""
        before = self.values
        self.values = {name: np.ascontiguousarray(values) for name, values in driven.items()}
        for name, node in self.nodes.items():
            if node.kind == "Input":
                continue
            brought = self._brought(name, self.values, before)
            if name in self.events:
                self.events[name] += np.count_nonzero(brought, axis=1)
            self.values[name] = self._given(name, brought, self.products)
            if node.spiking:
                self.spikes[name] += np.count_nonzero(self.values[name], axis=1)

    def _brought(self, name: str, now: Mapping[str, Array], before: Mapping[str, Array]) -> Array:
        """Sum of what the edges into a node bring."""
        edges = self.incoming.get(name, ())
        if not edges:
            return np.zeros((len(next(iter(now.values()))), int(np.prod(self.nodes[name].takes))), dtype=self.kind)
        total = (before if edges[0][1] else now)[edges[0][0]]
        for source, delayed in edges[1:]:
            total = total + (before if delayed else now)[source]
        return total

    def _given(self, name: str, brought: Array, products: Mapping[str, Product]) -> Array:
        """What a node makes of what it is brought."""
        if name in self.neurons:
            return self.neurons[name].step(brought)
        if name in self.acts:
            return self.acts[name](brought)
        sums = products[name](brought)
        return sums + self.biases[name] if name in self.biases else sums


def _incoming(network: Network) -> dict[str, list[tuple[str, bool]]]:
    """For each node, where its edges come from and whether they bring the step before, by the names of the sources."""
    found: dict[str, list[tuple[str, bool]]] = {}
    edges = [(source, target, False) for source, target in network.edges]
    edges += [(source, target, True) for source, target in network.delayed]
    for source, target, delayed in sorted(edges):
        found.setdefault(target, []).append((source, delayed))
    return found


def _matrix_product(matrix: Matrix, kind: np.dtype[Any]) -> Product:
    """The product with a matrix, in the run's own type."""
    own = matrix.astype(kind) if isinstance(matrix, csr_array) else np.array(matrix, dtype=kind, order="C")
    return lambda inputs: product(inputs, own)


def _replaced(layer: Layer, given: Matrix | Product, kind: np.dtype[Any]) -> Product:
    """The product that takes the place of a layer's own."""
    if not callable(given):
        if given.shape != layer.matrix.shape:
            allowed = f"shape {layer.matrix.shape}, (inputs, outputs)"
            raise InputError(f"replace['{layer.name}']", given.shape, allowed, "a matrix like the layer's own")
        return _matrix_product(given, kind)

    def called(inputs: Array) -> Array:
        sums = np.asarray(given(inputs))
        wanted = (len(inputs), layer.matrix.shape[1])
        if sums.shape != wanted:
            allowed = f"sums of shape {wanted}, (samples, outputs)"
            raise InputError(f"replace['{layer.name}']", sums.shape, allowed, "a function that gives such sums")
        return sums.astype(kind, copy=False)

    return called


def _act(node: Node, kind: np.dtype[Any]) -> Product:
    """What a node without weights and state does."""
    if node.kind == "Scale":
        scale = node.array("scale").ravel().astype(kind)
        return lambda inputs: inputs * scale
    if node.kind == "Threshold":
        threshold = node.array("threshold").ravel().astype(kind)
        return lambda inputs: (inputs > threshold).astype(kind)
    if node.kind in {"SumPool2d", "AvgPool2d"}:
        return _matrix_product(pooling(node), kind)
    return lambda inputs: inputs
