"""A network's weighted layers on tiles of one kind, and the matrices that tiles with given conductances amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError
from crossbar.array import Floats, Layout
from crossbar.mapping.schemes import Mapped, Scheme, encode
from crossbar.mapping.tiles import Place, conflicts, layout_graph, partition, place

Matrix: TypeAlias = NDArray[np.floating[Any]]
Layer: TypeAlias = tuple[Matrix, Matrix | None]
"""Weights (inputs, outputs) and bias (outputs,), None without; a layer's sums are inputs @ weights + bias."""


@dataclass(frozen=True, eq=False)
class Site:
    """A block of a layer on its tile: where, and as which conductances."""

    place: Place
    mapped: Mapped

    @property
    def region(self) -> tuple[int, slice, slice]:
        """Tile, word lines and bit lines, to index an array of all tiles."""
        top = self.place.top
        rows, columns = self.mapped.conductances.shape
        return self.place.tile, slice(top, top + rows), slice(0, columns)


@dataclass(frozen=True, eq=False)
class MappedNetwork:
    """A network on tiles.

    tile: the hardware of each of them, its size included; layers: what was mapped; sites: one for every block
    targets: conductance each device should have [S], at rest where there is no weight, shape (tiles, rows, columns)
    """

    tile: Layout
    scheme: Scheme
    layers: Mapping[str, Layer]
    sites: tuple[Site, ...]
    targets: Floats = field(repr=False)

    @property
    def tiles(self) -> int:
        """How many."""
        return len(self.targets)

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """Which devices hold a weight or an offset, shape (tiles, rows, columns)."""
        found = np.zeros(self.targets.shape, bool)
        for site in self.sites:
            found[site.region] = True
        return found

    @property
    def graph(self) -> nx.DiGraph:
        """Layers, blocks and tiles: see crossbar.mapping.tiles.layout_graph."""
        return layout_graph([site.place for site in self.sites])

    def matrices(self, conductances: ArrayLike) -> dict[str, Layer]:
        """Layers as tiles of `conductances` [S] (tiles, rows, columns) hold them, in their own precision.

        What a device is off is added to the weight that was meant: devices as meant give the very same bits.
        """
        held = self._checked(conductances)
        rows = {name: self.rows(name).astype(float) for name in self.layers}
        for site in self.sites:
            block = site.place.block
            rows[site.place.layer][block.rows, block.columns] += site.mapped.error(held[site.region])
        return {name: _parted(layer, rows[name]) for name, layer in self.layers.items()}

    def aimed(self, targets: Floats) -> MappedNetwork:
        """The same with other targets [S], shape (tiles, rows, columns)."""
        return replace(self, targets=self._checked(targets))

    def _checked(self, conductances: ArrayLike) -> Floats:
        values = np.asarray(conductances, float)
        if values.shape != self.targets.shape or not np.isfinite(values).all():
            allowed = f"finite values of shape {self.targets.shape}"
            raise InputError("conductances", values.shape, allowed, "mapping.targets")
        return values

    def scale(self, name: str) -> Floats:
        """What a siemens of a layer's devices weighs [1/S], shape (inputs, outputs)."""
        found = np.zeros_like(self.layers[name][0], float)
        for site in (site for site in self.sites if site.place.layer == name):
            block = site.place.block
            found[block.rows.start : min(block.rows.stop, len(found)), block.columns] = site.mapped.scale
        return found

    def rows(self, name: str) -> Matrix:
        """What word lines hold of a layer: its weights, and its bias where that is a row of devices."""
        return stacked(self.layers[name], self.scheme)


def stacked(layer: Layer, scheme: Scheme) -> Matrix:
    """A layer's weights, with its bias below them where that is a row of devices."""
    weights, bias = layer
    return weights if bias is None or scheme.bias == "digital" else np.vstack([weights, bias])


def _parted(layer: Layer, held: Floats) -> Layer:
    """Weights and bias of `layer` as `stacked` gave them, held by devices."""
    weights, bias = layer
    values = held.astype(weights.dtype)
    if bias is None or len(held) == len(weights):
        return values, bias
    return values[:-1], values[-1].astype(bias.dtype)


def map_network(
    layers: Mapping[str, tuple[ArrayLike, ArrayLike | None]],
    tile: Layout,
    scheme: Scheme = Scheme(),  # noqa: B008 - frozen
    *,
    share: bool = True,
    apart: Sequence[tuple[str, str]] = (),
) -> MappedNetwork:
    """Put `layers`, weights (inputs, outputs) and bias (outputs,) or None by name, on tiles like `tile`.

    share: whether blocks of different layers may be stacked on one tile; apart: layers that are read at the same
    moment, and so never share one
    Raises InputError for a layer that is no such pair of finite numbers, and for names in `apart` that are no layers.
    """
    known = {name: _layer(name, *layer) for name, layer in layers.items()}
    if not known:
        raise InputError("layers", {}, "at least one layer", '{"fc": (weights, bias)}')
    joined = conflicts(list(known), share=share)
    if strangers := {name for pair in apart for name in pair} - set(known):
        raise InputError("apart", min(strangers), ", ".join(known), "pairs of layer names")
    joined.add_edges_from(apart)
    rows = {name: stacked(layer, scheme) for name, layer in known.items()}
    outputs = scheme.outputs(tile.columns)
    blocks = {name: partition(len(matrix), matrix.shape[1], tile.rows, outputs) for name, matrix in rows.items()}
    places = place(blocks, tile.rows, joined)
    sites = tuple(
        Site(spot, encode(rows[spot.layer][spot.block.rows, spot.block.columns].astype(float), scheme))
        for spot in places
    )
    targets = np.full((1 + max(spot.tile for spot in places), *tile.shape), scheme.rest)
    for site in sites:
        targets[site.region] = site.mapped.conductances
    return MappedNetwork(tile, scheme, known, sites, targets)


def _layer(name: str, weights: ArrayLike, bias: ArrayLike | None) -> Layer:
    given = (weights, np.zeros(np.shape(weights)[1:]) if bias is None else bias)
    try:
        matrix, added = (v if v.dtype.kind == "f" else v.astype(float) for v in map(np.asarray, given))
    except (TypeError, ValueError) as error:
        raise InputError(f"layers[{name!r}]", weights, "numbers", "(weights, bias)") from error
    good = matrix.ndim == 2 and matrix.size > 0 and added.shape == matrix.shape[1:]
    if not good or not np.isfinite(matrix).all() or not np.isfinite(added).all():
        allowed = "finite weights (inputs, outputs) with a bias (outputs,)"
        raise InputError(f"layers[{name!r}]", (matrix.shape, added.shape), allowed, "(weights, np.zeros(outputs))")
    return matrix, None if bias is None else added
