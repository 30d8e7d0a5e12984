"""What a mapping takes: tiles, devices, utilisation, and columns that a single weight stretches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from crossbar.array import Floats
from crossbar.mapping.network import MappedNetwork


@dataclass(frozen=True, eq=False)
class LayerReport:
    """One layer: its shape (inputs, outputs), blocks, devices, and of each column the largest weight over deviation.

    stretch: |weight| at most / standard deviation, bias row included, shape (outputs,) [1]; 0 for a column of zeros.
    States are spent on the largest weight: a column with a large figure has few left for the others.
    """

    shape: tuple[int, int]
    blocks: int
    devices: int
    stretch: Floats = field(repr=False)


@dataclass(frozen=True)
class MappingReport:
    """A mapped network in numbers.

    tiles: how many, each of `shape` (rows, columns); devices: that hold a weight or an offset; utilisation: their
    share of all [1]; layers: by name
    """

    tiles: int
    shape: tuple[int, int]
    devices: int
    utilisation: float
    layers: Mapping[str, LayerReport]

    @property
    def figures(self) -> list[tuple[str, float, str]]:
        """(name, value, unit) of everything."""
        found: list[tuple[str, float, str]] = [
            ("tiles", self.tiles, "1"),
            ("rows of a tile", self.shape[0], "1"),
            ("columns of a tile", self.shape[1], "1"),
            ("devices", self.devices, "1"),
            ("utilisation", self.utilisation, "1"),
        ]
        for name, layer in self.layers.items():
            found += [
                (f"{name}: blocks", layer.blocks, "1"),
                (f"{name}: devices", layer.devices, "1"),
                (f"{name}: largest weight over deviation of a column", float(layer.stretch.max()), "1"),
            ]
        return found


def mapping_report(mapping: MappedNetwork) -> MappingReport:
    """The report of `mapping`."""
    layers = {}
    for name, (weights, _) in mapping.layers.items():
        sites = [site for site in mapping.sites if site.place.layer == name]
        rows = mapping.rows(name)
        deviation = rows.std(axis=0, dtype=float)
        largest = np.abs(rows).max(axis=0)
        stretch = np.divide(largest, deviation, out=np.where(largest > 0, np.inf, 0.0), where=deviation > 0)
        devices = sum(site.mapped.conductances.size for site in sites)
        layers[name] = LayerReport(weights.shape, len(sites), devices, stretch)
    used = int(mapping.used.sum())
    return MappingReport(mapping.tiles, mapping.tile.shape, used, used / mapping.used.size, layers)
