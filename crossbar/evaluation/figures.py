"""Plots of a mapped network and of its evaluation, by file name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, PercentFormatter, ScalarFormatter

from circuits.elements import Integers
from crossbar import plot
from crossbar.array import Floats
from crossbar.config.describe import joule
from crossbar.evaluation.study import CAUSES, Cause, Evaluation
from crossbar.evaluation.sweeps import AXES, Axis, Point, curves
from crossbar.mapping.chip import Chip
from crossbar.mapping.network import MappedNetwork, Site
from crossbar.mapping.programming import Programmed

COLOURS = (plot.BLUE, plot.ORANGE, plot.GREEN, "#8a5fb0", "#b0534c", "#4f9fb5", "#93803b", plot.GREY)
MOST_TILES = 12
MOST_POINTS = 3000
SHADES: Mapping[Cause, str] = {
    "float": plot.GREEN, "states": plot.GREY, "lines": plot.GREY, "written": plot.BLUE, "noise": plot.BLUE
}  # fmt: skip
PARTS = {
    "program": ("write all tiles, once", plot.ORANGE),
    "spike": ("gate pulses, one inference", plot.BLUE),
    "read": ("array reads, one inference", plot.BLUE),
    "convert": ("converters, one inference", plot.GREY),
    "neuron": ("neurons, one inference", plot.GREY),
}


def mapping_pictures(written: Programmed, chip: Chip) -> dict[str, bytes]:
    """Where the layers are, and what became of the weights; `chip` is what its reads see."""
    return {"tiles.png": plot.png(tile_map(written.mapping)), "weights.png": plot.png(weights(written, chip))}


def evaluation_pictures(found: Evaluation, points: Sequence[Point]) -> dict[str, bytes]:
    """Accuracy by cause and by property of the hardware, and where the energy goes."""
    pictures = mapping_pictures(found.written, found.chip) | {
        "accuracy.png": plot.png(causes(found)),
        "energy.png": plot.png(energy(found)),
    }
    return pictures | ({"sweeps.png": plot.png(sweeps(points, found.accuracy("float").mean))} if points else {})


def causes(found: Evaluation) -> Figure:
    """Accuracy as one cause after another is added."""
    rows = []
    for cause, words in CAUSES.items():
        if cause in found.right:
            seen, right = found.accuracy(cause), found.right[cause]
            trials = right.mean(axis=1) if len(right) > 1 else np.zeros(0)
            rows.append(plot.Share(words, seen.mean, seen.low, seen.high, trials, SHADES[cause]))
    samples = found.right["float"].shape[1]
    return plot.shares(rows, found.accuracy("float").mean, f"share of {samples} samples right, 95 % interval")


def energy(found: Evaluation) -> Figure:
    """Energy by what it goes into, on a logarithmic axis; what is 0 is left out."""
    rows = [
        plot.Bar(PARTS[name][0], value, joule(value), PARTS[name][1])
        for name, value in found.energy.items()
        if value > 0
    ]
    return plot.bars(rows, "J", "energy (orange: once; blue: in the arrays; grey: peripheral circuits, assumed)")


def sweeps(points: Sequence[Point], floating: float) -> Figure:
    """Accuracy over each property of the hardware; bars are 95 % intervals, the dashed line is floating point."""
    axes = [axis for axis in AXES if curves(points, axis.name)]
    with mpl.rc_context(plot.STYLE):
        rows = -(-len(axes) // 2)
        figure = Figure(figsize=(9.6, 3.1 * rows), layout="constrained")
        grid = figure.subplots(rows, 2, squeeze=False, sharey=True).ravel()
        for place, axis in zip(grid, axes, strict=False):
            _sweep(place, axis, curves(points, axis.name), floating)
        for place in grid[len(axes) :]:
            place.set_visible(False)
        return figure


def _sweep(place: Axes, axis: Axis, drawn: Mapping[str, Sequence[Point]], floating: float) -> None:
    for (name, points), colour in zip(drawn.items(), COLOURS, strict=False):
        values = np.array([point.value * axis.factor for point in points])
        seen = [point.accuracy for point in points]
        mean = np.array([one.mean for one in seen])
        ends = np.array([[one.mean - one.low for one in seen], [one.high - one.mean for one in seen]])
        place.errorbar(
            values, mean, yerr=ends, label=name, color=colour, lw=1.6, marker="o", ms=4.5, capsize=2.5, elinewidth=1
        )
        if axis.logarithmic:
            place.set_xscale("log", base=2)
            place.xaxis.set_major_formatter(ScalarFormatter())
            place.xaxis.set_minor_formatter(NullFormatter())
    place.axhline(floating, color=plot.SOFT, lw=1, ls=(0, (4, 3)))
    place.set_xlabel(axis.words)
    place.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
    place.set_ylim(0, 1.02)
    place.legend(loc="lower right", fontsize=8)


def tile_map(mapping: MappedNetwork) -> Figure:
    """Which devices of which tile hold which layer; lighter where the conductance is lower."""
    shown = min(mapping.tiles, MOST_TILES)
    across = min(shown, 4)
    down = -(-shown // across)
    rows, columns = mapping.tile.shape
    colour = dict(zip(mapping.layers, COLOURS * (1 + len(mapping.layers) // len(COLOURS)), strict=False))
    with mpl.rc_context(plot.STYLE):
        height = down * min(9.0 / across * rows / columns, 4.2) + 0.75
        figure = Figure(figsize=(9.6, height), layout="constrained")
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for tile, axis in enumerate(grid):
            axis.set_visible(tile < shown)
            if tile < shown:
                _tile(axis, mapping, tile, colour)
        names = [Patch(color=colour[name], label=name) for name in mapping.layers]
        figure.legend(handles=names, loc="outside lower center", ncols=min(len(names), 5), fontsize=8)
        return figure


def _tile(axis: Axes, mapping: MappedNetwork, tile: int, colour: Mapping[str, str]) -> None:
    image = np.full((*mapping.tile.shape, 3), mpl.colors.to_rgb("#f1f3f6"))
    for site in (site for site in mapping.sites if site.place.tile == tile):
        image[site.region[1:]] = _shaded(mapping, site, colour[site.place.layer])
    axis.imshow(image, interpolation="none", aspect="equal")
    used = float(mapping.used[tile].mean())
    axis.set_title(f"tile {tile}, {used:.0%} used", fontsize=9)
    axis.grid(visible=False)
    axis.tick_params(length=0, labelsize=7)
    axis.set_xticks([0, mapping.tile.columns - 1])
    axis.set_yticks([0, mapping.tile.rows - 1])


def _shaded(mapping: MappedNetwork, site: Site, colour: str) -> Floats:
    low = mapping.scheme.window.low
    level = (mapping.targets[site.region] - low) / (max(mapping.scheme.window.high, mapping.targets.max()) - low)
    full = np.asarray(mpl.colors.to_rgb(colour))
    share = (0.25 + 0.75 * level)[..., None]
    return np.asarray(share * full + (1 - share))


def weights(written: Programmed, chip: Chip) -> Figure:
    """Conductances of devices over the weights they hold, and how far weights as read are from those meant."""
    mapping, held = written.mapping, chip.matrices
    with mpl.rc_context(plot.STYLE):
        figure = Figure(figsize=(9.6, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        for (name, (meant, _)), colour in zip(mapping.layers.items(), COLOURS * len(mapping.layers), strict=False):
            largest = float(np.abs(meant).max()) or 1.0
            chosen = _chosen(meant.size)
            style: Any = {"ls": "none", "marker": ".", "ms": 3, "alpha": 0.5, "mew": 0, "color": colour}
            wanted, found = (np.ravel(values)[chosen] / largest for values in (meant, held[name][0]))
            right.plot(wanted, found - wanted, label=name, **style)
            volumes, devices = _devices(written, name)
            left.plot(volumes / largest, devices * plot.MICRO, **style)
        left.set_xlabel("weight, of its layer's largest")
        left.set_ylabel("conductance of its devices [µS]")
        right.set_xlabel("weight meant, of its layer's largest")
        right.set_ylabel("weight read less weight meant")
        right.legend(loc="upper left", fontsize=8, markerscale=3)
        return figure


def _chosen(size: int) -> Integers:
    """Some of `size` places, the same every time."""
    if size <= MOST_POINTS:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, MOST_POINTS, replace=False))


def _devices(written: Programmed, name: str) -> tuple[Floats, Floats]:
    """Weights and conductances [S] of the devices that hold them, some of each layer."""
    mapping = written.mapping
    rows = mapping.rows(name)
    values, found = [], []
    for site in (site for site in mapping.sites if site.place.layer == name):
        block = rows[site.place.block.rows, site.place.block.columns]
        devices = written.conductances[site.region]
        offset = mapping.scheme.kind == "offset"
        values.append(np.ravel(block if offset else np.repeat(block, 2, axis=1)))
        found.append(np.ravel(devices[:, :-1] if offset else devices))
    every, held = np.concatenate(values), np.concatenate(found)
    chosen = _chosen(every.size)
    return np.asarray(every[chosen], float), held[chosen]
