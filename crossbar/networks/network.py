"""A spiking network as it is run, mapped and written: nodes in the order in which they act, edges, and a time step.

A network is a value: `with_weights` returns another one. Its weighted layers are plain matrices
(inputs, outputs), one row for each input line of an array; a convolution's matrix is sparse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from circuits.errors import InputError
from crossbar.networks.reading import Edge, Reading
from crossbar.networks.shapes import Node
from crossbar.networks.windows import Window, pool, unroll, window_of

Matrix: TypeAlias = "NDArray[Any] | csr_array[Any, tuple[int, int]]"
Reset = Literal["zero", "subtract", "plain_subtract", "v_reset", "delayed_subtract", "delayed_zero"]
Order = Literal["synapse_first", "membrane_first"]
Decay = Literal["euler", "exponential"]
Integrator = Literal["step", "second"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "reset": ("zero", "subtract", "plain_subtract", "v_reset", "delayed_subtract", "delayed_zero"),
    "order": ("synapse_first", "membrane_first"),
    "decay": ("euler", "exponential"),
    "integrator": ("step", "second"),
}


@dataclass(frozen=True)
class Timing:
    """What a NIR file leaves open.

    dt: the time step [s]; 1e-4 s is the NIR paper's convention
    reset: what a spike does to the membrane: to 0; less the threshold, the way snnTorch does it, which lets a membrane
        that is still above the threshold after a spike go without a second one; simply less the threshold; to v_reset
    order: whether a step's input current reaches the membrane in that step (snnTorch), or in the next
    decay: 1 - dt/tau (snnTorch, Norse, Lava) or exp(-dt/tau) (Rockpool, Sinabs); an input weighs r * dt/tau with both
    integrator: I and IF add r times their input once a step (as every platform of the NIR paper), or r * dt of it
    """

    dt: float
    reset: Reset
    order: Order = "synapse_first"
    decay: Decay = "euler"
    integrator: Integrator = "step"

    def __post_init__(self) -> None:
        """Refuse what no step can be made of."""
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InputError("dt", self.dt, "a finite number of seconds above 0", "dt = 1e-4")
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(name, getattr(self, name), f"one of {', '.join(allowed)}", f'{name} = "{allowed[0]}"')


@dataclass(frozen=True, eq=False)
class Layer:
    """A weighted layer.

    matrix: weights (inputs, outputs); sparse for a convolution
    bias: what is added to each output in every step, shape (outputs,); None without
    kind: Linear, Affine or Conv2d
    """

    name: str
    kind: str
    matrix: Matrix
    bias: NDArray[Any] | None

    def dense(self) -> NDArray[Any]:
        """The weights as a plain array (inputs, outputs)."""
        return self.matrix.toarray() if isinstance(self.matrix, csr_array) else self.matrix


@dataclass(frozen=True, eq=False)
class Network:
    """A network.

    nodes: by name, in the order in which they act within a step
    edges: what is handed on within the step, each way once
    delayed: edges that close a loop and hand on the values of the step before
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    delayed: tuple[Edge, ...]
    timing: Timing

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the Input nodes."""
        return tuple(name for name, node in self.nodes.items() if node.kind == "Input")

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the Output nodes."""
        return tuple(name for name, node in self.nodes.items() if node.kind == "Output")

    @property
    def neurons(self) -> tuple[str, ...]:
        """Names of the neuron nodes."""
        return tuple(name for name, node in self.nodes.items() if node.neuron)

    @property
    def layers(self) -> dict[str, Layer]:
        """The weighted layers by name, in the order in which they act."""
        return {name: layer_of(name, node) for name, node in self.nodes.items() if weighted(node)}

    @property
    def dtype(self) -> np.dtype[Any]:
        """What it was trained in: float32 when every weight is, else float64."""
        weights = [node.array("weight") for node in self.nodes.values() if weighted(node)]
        return np.dtype(np.float32 if weights and all(w.dtype == np.float32 for w in weights) else np.float64)

    def layer(self, name: str) -> Layer:
        """One weighted layer; raises InputError when there is none of that name."""
        if name not in self.nodes or not weighted(self.nodes[name]):
            there = [other for other, node in self.nodes.items() if weighted(node)]
            raise InputError("layer", name, f"one of {', '.join(there)}", f'"{there[0]}"' if there else "no layer")
        return layer_of(name, self.nodes[name])

    def with_weights(self, weights: Mapping[str, Matrix]) -> Network:
        """The network with other weights: matrices (inputs, outputs) by layer, each in the type it comes in.

        A convolution that is given what no one kernel can do becomes a Linear or Affine of flat vectors.
        """
        nodes = dict(self.nodes)
        for name, given in weights.items():
            nodes[name] = reweighted(self.layer(name), nodes[name], given)
        return replace(self, nodes=nodes)


def weighted(node: Node) -> bool:
    """Whether it is a layer with weights."""
    return node.kind in {"Linear", "Affine", "Conv2d"}


def window(node: Node) -> Window:
    """The window of a convolution or pooling."""
    return window_of(node.kind, node.kind, node.parameters, node.takes, Reading("this network"))


def layer_of(name: str, node: Node) -> Layer:
    """A weighted node as a matrix and a bias."""
    if node.kind != "Conv2d":
        bias = node.array("bias") if "bias" in node.parameters else None
        return Layer(name, node.kind, np.ascontiguousarray(node.array("weight").T), bias)
    places = math.prod(node.gives[1:])
    bias = np.repeat(node.array("bias"), places) if np.any(node.array("bias")) else None
    return Layer(name, node.kind, unroll(window(node), node.array("weight")), bias)


def pooling(node: Node) -> csr_array[Any, tuple[int, int]]:
    """A pooling's matrix (inputs, outputs)."""
    return pool(window(node), node.kind == "AvgPool2d")


def reweighted(layer: Layer, node: Node, given: Matrix) -> Node:
    """The node with other weights, given as (inputs, outputs)."""
    matrix = given.toarray() if isinstance(given, csr_array) else np.asarray(given)
    if matrix.shape != layer.matrix.shape or matrix.dtype.kind != "f" or not np.all(np.isfinite(matrix)):
        allowed = f"finite floats of shape {layer.matrix.shape}, (inputs, outputs)"
        raise InputError(f"weights of '{layer.name}'", matrix.shape, allowed, "the layer's matrix with new values")
    if node.kind != "Conv2d":
        return replace(node, parameters={**node.parameters, "weight": np.ascontiguousarray(matrix.T)})
    kernel = folded(window(node), matrix, node.array("weight").shape)
    if kernel is not None:
        return replace(node, parameters={**node.parameters, "weight": kernel})
    return _dense(matrix, layer.bias)


def _dense(matrix: NDArray[Any], bias: NDArray[Any] | None) -> Node:
    """A node with the weights (inputs, outputs) between flat vectors."""
    fields = {"weight": np.ascontiguousarray(matrix.T)} | ({} if bias is None else {"bias": bias})
    return Node("Linear" if bias is None else "Affine", fields, matrix.shape[:1], matrix.shape[1:])


def flat(network: Network) -> Network:
    """The network between flat vectors only: convolutions and poolings as the matrices that they are."""
    nodes: dict[str, Node] = {}
    for name, node in network.nodes.items():
        if node.kind == "Conv2d":
            layer = layer_of(name, node)
            nodes[name] = _dense(layer.dense(), layer.bias)
        elif node.kind.endswith("Pool2d"):
            nodes[name] = _dense(pooling(node).toarray().astype(network.dtype), None)
        else:
            takes, gives = (math.prod(node.takes),), (math.prod(node.gives),)
            ravelled = {key: np.ravel(np.asarray(value)) for key, value in node.parameters.items()}
            kept = node.parameters if weighted(node) else ravelled
            nodes[name] = replace(node, parameters=kept, takes=takes, gives=gives)
    return replace(network, nodes=nodes)


def folded(moving: Window, matrix: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """The kernel of `shape` whose unrolled matrix is `matrix`, to the last bit; None where there is none."""
    index = unroll(moving, np.arange(1, math.prod(shape) + 1, dtype=np.float64).reshape(shape)).tocoo()
    kernel = np.zeros(math.prod(shape), dtype=matrix.dtype)
    kernel[index.data.astype(np.int64) - 1] = matrix[index.coords]
    kernel = kernel.reshape(shape)
    return kernel if np.array_equal(unroll(moving, kernel).toarray(), matrix) else None


def differences(one: Network, other: Network) -> list[str]:
    """In what two networks differ, in words; empty when they are the same to the last bit."""
    found = [
        f"{what}: {left} and {right}"
        for what, left, right in (
            ("nodes", list(one.nodes), list(other.nodes)),
            ("edges", one.edges, other.edges),
            ("delayed edges", one.delayed, other.delayed),
            ("timing", one.timing, other.timing),
        )
        if left != right
    ]
    for name in one.nodes.keys() & other.nodes.keys():
        found += [f"{name}: {what}" for what in _apart(one.nodes[name], other.nodes[name])]
    return sorted(found)


def _apart(one: Node, other: Node) -> list[str]:
    apart = [] if (one.kind, one.takes, one.gives) == (other.kind, other.takes, other.gives) else ["kind or shape"]
    if one.parameters.keys() != other.parameters.keys():
        return [*apart, "fields"]
    for key, value in one.parameters.items():
        left, right = np.asarray(value), np.asarray(other.parameters[key])
        if left.dtype != right.dtype or left.shape != right.shape or left.tobytes() != right.tobytes():
            apart.append(key)
    return apart
