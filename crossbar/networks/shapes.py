"""Shapes: what every node takes and gives, and parameters in exactly the shape of the neurons they belong to.

Values travel as flat vectors in C order, so a shape that differs in its ones alone changes nothing. Platforms leave a
batch dimension in shapes, give one number for all neurons, one for each channel, or forget a Flatten: each of these has
one meaning and is mended with a sentence. Numbers of neurons that disagree are refused, naming both ends of the edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crossbar.networks.graph import Graph
from crossbar.networks.kinds import NEURONS, SPIKING
from crossbar.networks.order import sources, targets
from crossbar.networks.reading import Edge, Parameter, RawNode, Reading
from crossbar.networks.windows import as_pair, window_of

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """A node whose parameters have the shapes they should.

    kind: NIR's word
    parameters: arrays by NIR's field names; "padding" may be "same" or "valid"
    takes, gives: shapes of what comes in and goes out, without a batch
    """

    kind: str
    parameters: Mapping[str, Parameter]
    takes: Shape
    gives: Shape

    def array(self, name: str) -> NDArray[Any]:
        """One of the parameters, as an array."""
        return np.asarray(self.parameters[name])

    @property
    def size(self) -> int:
        """How many values it gives."""
        return math.prod(self.gives)

    @property
    def spiking(self) -> bool:
        """Whether it is a neuron with a threshold."""
        return self.kind in SPIKING

    @property
    def neuron(self) -> bool:
        """Whether it keeps a state from step to step."""
        return self.kind in NEURONS


def settle(graph: Graph, order: Sequence[str], delayed: set[Edge], reading: Reading) -> dict[str, Node]:
    """Nodes with their shapes, in `order`; raises DataError where numbers of neurons disagree."""
    before, after = sources(set(graph.edges) - delayed), targets(graph.edges)
    nodes: dict[str, Node] = {}
    total = 0
    for name in order:
        raw = graph.nodes[name]
        come = [
            (source, (math.prod(given),) if (source, name) in graph.flattened else given)
            for source in before.get(name, ())
            for given in (nodes[source].gives,)
        ]
        taken = _taken(name, come, reading)
        if raw.kind == "Input":
            taken = _input(name, raw, [graph.nodes[target] for target in after.get(name, ())], reading)
        nodes[name] = _settled(name, raw, taken, reading)
        total += math.prod(nodes[name].gives)
        if total > reading.limits.entries:
            allowed = f"at most {reading.limits.entries} values in a step"
            raise reading.refuse(f"up to node '{name}' there are {total} values", allowed, "a smaller graph")
    for source, target in sorted(delayed):
        _meet(source, nodes[source].gives, target, nodes[target].takes, reading)
    return nodes


def _taken(name: str, come: list[tuple[str, Shape]], reading: Reading) -> Shape | None:
    """The shape that comes in over the edges, all of which must agree on the number of values; None without edges."""
    if not come:
        return None
    first, shape = come[0]
    for other, its in come[1:]:
        if math.prod(its) != math.prod(shape):
            found = f"edges '{first}' -> '{name}' and '{other}' -> '{name}' bring {shape} and {its} values"
            raise reading.refuse(found, "the same number, for they are added", "weights of matching sizes")
    return shape


def _meet(source: str, given: Shape, target: str, taken: Shape, reading: Reading) -> None:
    if math.prod(given) != math.prod(taken):
        found = f"edge '{source}' -> '{target}' brings shape {given} where {taken} is taken"
        raise reading.refuse(found, "the same number of values", "weights of matching sizes")


def _wanted(raw: RawNode) -> Shape | None:
    """The shape that a node wants for itself, where its fields say so."""
    fields = raw.fields
    if raw.kind in {"Linear", "Affine"}:
        return _dense(fields["weight"]).shape[-1:]
    if raw.kind == "Conv2d":
        size = np.ravel(np.asarray(fields["input_shape"])) if "input_shape" in fields else np.zeros(0)
        channels = np.asarray(fields["weight"]).shape[1:2]
        return tuple(int(c) * int(np.ravel(np.asarray(fields["groups"]))[0]) for c in channels) + tuple(map(int, size))
    if raw.kind in NEURONS:
        return max((np.shape(value) for value in fields.values()), key=math.prod)
    return None


def _dense(weight: Parameter) -> NDArray[Any]:
    """A weight without leading dimensions of 1."""
    array = np.asarray(weight)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    return array


def _input(name: str, raw: RawNode, followers: list[RawNode], reading: Reading) -> Shape:
    """Shape of an input: as declared, or without the batch that leaked into it."""
    declared = _shape(name, raw.fields["shape"], reading)
    for follower in followers:
        wanted = _wanted(follower)
        if wanted is None or len(wanted) == 0 or math.prod(wanted) == 1:
            continue
        kept = declared[-len(wanted) :] if len(declared) > len(wanted) else declared
        if kept != declared and (kept == wanted or (follower.kind == "Conv2d" and len(kept) == 3)):
            reading.repairs.append(f"Input '{name}': shape {declared} taken as {kept} (a batch dimension leaked in)")
            return kept
    trimmed = _without_ones(declared) if len(declared) != 3 else declared
    if trimmed != declared:
        reading.repairs.append(f"Input '{name}': shape {declared} taken as {trimmed} (a batch dimension leaked in)")
    return trimmed


def _without_ones(shape: Shape) -> Shape:
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _shape(name: str, value: Parameter, reading: Reading) -> Shape:
    """A shape out of a file: whole numbers above 0, not too many values."""
    lengths = np.ravel(np.asarray(value))
    good = lengths.dtype.kind in "iuf" and lengths.size <= 8 and bool(np.all((lengths >= 1) & (lengths < 2**31)))
    shape = tuple(int(length) for length in lengths) if good else ()
    if not good or not np.array_equal(shape, lengths):
        found = f"node '{name}' has the shape {str(value)[:60]}"
        raise reading.refuse(found, "at most 8 whole numbers above 0", "the shape of one sample, without a batch")
    if math.prod(shape) > reading.limits.entries:
        allowed = f"at most {reading.limits.entries} values"
        raise reading.refuse(f"node '{name}' has shape {shape}", allowed, "a smaller graph, or higher limits")
    return shape or (1,)


def _settled(name: str, raw: RawNode, taken: Shape | None, reading: Reading) -> Node:
    """A node with its shapes, from what comes in."""
    if raw.kind == "Input":
        shape = taken or (1,)
        return Node("Input", {}, shape, shape)
    if raw.kind in {"Linear", "Affine"}:
        return _linear(name, raw, taken, reading)
    if raw.kind in {"Conv2d", "SumPool2d", "AvgPool2d"}:
        return _window(name, raw, taken, reading)
    if raw.kind in {*NEURONS, "Scale", "Threshold"}:
        return _elementwise(name, raw, taken, reading)
    return _output(name, raw, taken or (1,), reading)


def _output(name: str, raw: RawNode, taken: Shape, reading: Reading) -> Node:
    if "shape" in raw.fields:
        declared = tuple(int(length) for length in np.ravel(np.asarray(raw.fields["shape"])))
        if declared != taken:
            why = "a batch dimension leaked in" if math.prod(declared) == math.prod(taken) else "that is what arrives"
            reading.repairs.append(f"Output '{name}': shape {declared} taken as {taken} ({why})")
    return Node("Output", {}, taken, taken)


def _linear(name: str, raw: RawNode, taken: Shape | None, reading: Reading) -> Node:
    weight = _dense(raw.fields["weight"])
    if weight.ndim != 2 or weight.size == 0:
        found = f"{raw.kind} '{name}' has weights of shape {weight.shape}"
        raise reading.refuse(found, "(outputs, inputs)", "a matrix; one Linear for each")
    if weight.dtype.kind != "f":
        weight = weight.astype(np.float64)
    outputs, inputs = weight.shape
    taken = taken or (inputs,)
    if math.prod(taken) != inputs:
        found = f"{raw.kind} '{name}' gets values of shape {taken} and has weights for {inputs} inputs"
        raise reading.refuse(found, f"{inputs} values", "a Flatten before it, or weights of the right size")
    if len(taken) > 1:
        reading.repairs.append(f"{raw.kind} '{name}': shape {taken} is flattened before it (no Flatten node)")
    parameters: dict[str, Parameter] = {"weight": weight}
    if "bias" in raw.fields:
        parameters["bias"] = _fitted(f"{raw.kind} '{name}'", "bias", raw.fields["bias"], (outputs,), reading)
    return Node(raw.kind, parameters, (inputs,), (outputs,))


def _elementwise(name: str, raw: RawNode, taken: Shape | None, reading: Reading) -> Node:
    shape = taken or max((np.shape(value) for value in raw.fields.values()), key=math.prod) or (1,)
    if math.prod(shape) == 0:
        raise reading.refuse(f"{raw.kind} '{name}' has no neurons", "one or more", "leave the node out")
    fields = dict(raw.fields)
    if raw.kind in SPIKING and "v_reset" not in fields:
        fields["v_reset"] = np.zeros_like(np.asarray(fields["v_threshold"], dtype=float))
    if raw.kind.startswith("Cuba") and "w_in" not in fields:
        fields["w_in"] = np.ones_like(np.asarray(fields["tau_syn"], dtype=float))
    here = f"{raw.kind} '{name}'"
    fitted = {key: _fitted(here, key, value, shape, reading) for key, value in sorted(fields.items())}
    for key, value in fitted.items():
        if key.startswith("tau") and not np.all(np.asarray(value) > 0):
            raise reading.refuse(
                f"{here} has {key} = {np.min(np.asarray(value))}", "times above 0 s", "a time constant"
            )
    return Node(raw.kind, fitted, shape, shape)


def _fitted(here: str, key: str, value: Parameter, shape: Shape, reading: Reading) -> NDArray[Any]:
    """A parameter in exactly `shape`, mended where there is one way to do so."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if array.shape == shape:
        return array
    for spread, why in (_one(array, shape), _each_channel(array, shape), _batch(array, shape)):
        if spread is not None:
            reading.repairs.append(f"{here}: {key} of shape {array.shape} taken as {shape} ({why})")
            return spread
    found = f"{here} has {key} of shape {array.shape} for values of shape {shape}"
    raise reading.refuse(found, f"shape {shape}, or one number for all", "parameters of matching shape")


Spread: TypeAlias = "tuple[NDArray[Any] | None, str]"


def _one(array: NDArray[Any], shape: Shape) -> Spread:
    spread = np.full(shape, array.ravel()[0]) if array.size == 1 else None
    return spread, "one number for all"


def _each_channel(array: NDArray[Any], shape: Shape) -> Spread:
    plain = array.reshape(array.shape[:1]) if array.ndim and array.size == array.shape[0] else array
    fits = len(shape) == 3 and plain.shape == shape[:1] and array.size < math.prod(shape)
    return (np.repeat(plain, math.prod(shape[1:])).reshape(shape) if fits else None), "one number for each channel"


def _batch(array: NDArray[Any], shape: Shape) -> Spread:
    if array.size == math.prod(shape):
        return array.reshape(shape), "the same values in another shape"
    rows = array.reshape(-1, math.prod(shape)) if array.size and array.size % math.prod(shape) == 0 else None
    if rows is None or array.shape[-len(shape) :] != shape or not np.all(rows == rows[0]):
        return None, ""
    return rows[0].reshape(shape), "a batch dimension leaked in"


def _window(name: str, raw: RawNode, taken: Shape | None, reading: Reading) -> Node:
    """A convolution or a pooling."""
    here = f"{raw.kind} '{name}'"
    fields = dict(raw.fields)
    wanted = _wanted(raw) if raw.kind == "Conv2d" else None
    shape = taken or wanted
    if shape is not None and len(shape) == 2 and wanted is not None and wanted[0] == 1:
        shape = (1, *shape)
    if wanted is not None and len(wanted) == 3 and shape is not None and math.prod(shape) == math.prod(wanted):
        shape = wanted
    if shape is None or len(shape) != 3:
        found = f"{here} gets values of shape {shape}"
        raise reading.refuse(found, "(channels, height, width)", "an Input of that shape")
    if wanted is not None and shape[0] != wanted[0]:
        found = f"{here} gets {shape[0]} channels and has weights for {wanted[0]}"
        raise reading.refuse(found, f"{wanted[0]} channels", "weights of matching size")
    if wanted is not None and len(wanted) == 3 and shape != wanted:
        reading.repairs.append(f"{here}: input_shape {wanted[1:]} taken as {shape[1:]} (that is what arrives)")
    window = window_of(here, raw.kind, fields, shape, reading)
    if raw.kind != "Conv2d":
        return Node(raw.kind, window.fields() | {"kernel_size": as_pair(window.size)}, shape, window.gives)
    weight = np.asarray(fields["weight"])
    parameters = window.fields() | {"dilation": as_pair(window.dilation), "groups": np.asarray(window.groups)}
    parameters["weight"] = weight if weight.dtype.kind == "f" else weight.astype(np.float64)
    parameters["bias"] = _fitted(here, "bias", fields["bias"], window.gives[:1], reading)
    return Node("Conv2d", parameters, shape, window.gives)
