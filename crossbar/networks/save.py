"""NIR files out: `write_nir`, in the format of nir 1.0.6 and later, without that package.

What comes back through `read_nir` is the same network to the last bit; its timing stands in the metadata of the graph,
which other readers pass over. Between an image and a layer that takes flat vectors stands a Flatten node, as nir's type
check wants it. NIR has no way from a vector back to an image: where a convolution was given weights that no one kernel
has, the whole network is written between flat vectors, its convolutions and poolings as matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from circuits.errors import DataError, InputError
from circuits.files import drafted
from crossbar.networks.network import Network, flat
from crossbar.networks.reading import Edge
from crossbar.networks.shapes import Node

VERSION = "1.0.6"
"""The version of nir whose format this is."""


def write_nir(network: Network, path: Path | str) -> None:
    """Write `network` as a NIR file; a file that is there is replaced, and only by a whole one.

    Raises DataError when it cannot be written, InputError for a node's name that HDF5 has no room for.
    """
    for name in network.nodes:
        if not name or "/" in name or name == ".":
            raise InputError("node", name, "a name without '/'", f'"{name.replace("/", "_") or "node"}"')
    if any(_backwards(network, edge) for edge in (*network.edges, *network.delayed)):
        network = flat(network)
    nodes = {name: _fields(node) for name, node in network.nodes.items()}
    edges: list[Edge] = []
    for source, target in sorted((*network.edges, *network.delayed)):
        edges += _path(network, source, target, nodes)
    try:
        with drafted(Path(path)) as draft, h5py.File(draft, "w") as file:
            file.create_dataset("version", data=VERSION, dtype=h5py.string_dtype())
            _write(file.create_group("node"), nodes, sorted(set(edges)))
            _write_fields(file.create_group("node/metadata"), vars(network.timing))
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(path, f"it cannot be written ({reason})", "a place to write", "name another file") from error


def _backwards(network: Network, edge: Edge) -> bool:
    """Whether a vector would have to become an image."""
    given, taken = network.nodes[edge[0]].gives, network.nodes[edge[1]].takes
    return given != taken and len(taken) > 1


def _path(network: Network, source: str, target: str, nodes: dict[str, dict[str, Any]]) -> list[Edge]:
    """An edge, with a Flatten on it where an image becomes a vector."""
    given, taken = network.nodes[source].gives, network.nodes[target].takes
    if given == taken:
        return [(source, target)]
    between = f"{source}.flatten"
    while between in network.nodes:
        between += "_"
    nodes[between] = {"type": "Flatten", "start_dim": 0, "end_dim": -1, "input_type": np.array(given)}
    return [(source, between), (between, target)]


def _fields(node: Node) -> dict[str, Any]:
    """A node's fields as NIR has them."""
    fields: dict[str, Any] = {"type": node.kind, **node.parameters}
    if node.kind in {"Input", "Output"}:
        fields["shape"] = np.array(node.gives)
    if node.kind == "Conv2d":
        fields["input_shape"] = np.array(node.takes[1:])
    return fields


def _write(group: h5py.Group, nodes: Mapping[str, Mapping[str, Any]], edges: list[Edge]) -> None:
    group.create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
    group.create_dataset("edges", data=edges or np.empty((0, 2)), dtype=h5py.string_dtype() if edges else None)
    inside = group.create_group("nodes")
    for name, fields in sorted(nodes.items()):
        _write_fields(inside.create_group(name), fields)


def _write_fields(group: h5py.Group, fields: Mapping[str, Any]) -> None:
    for key, value in sorted(fields.items()):
        if isinstance(value, str):
            group.create_dataset(key, data=value, dtype=h5py.string_dtype())
        else:
            array = np.asarray(value)
            group.create_dataset(key, data=array, compression="gzip" if array.ndim else None)
