"""Programmed tiles as the matrices a network runs on: sums of one read after another, with IR drop and read noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError, OutcomeError
from circuits.liwes import READ_NOISE
from crossbar.array import Floats
from crossbar.mapping.network import Layer, MappedNetwork, Matrix
from crossbar.networks.runner import product
from crossbar.operations.read import ports

Reader: TypeAlias = Callable[[Matrix], Matrix]
"""Input vectors (batch, inputs) to a layer's sums (batch, outputs) without its bias, in the vectors' own type.

Sums are taken in the runner's order: a chip whose devices are as meant gives the network's very bits.
"""


@dataclass(frozen=True, eq=False)
class Chip:
    """A mapped network with the conductances that its reads see.

    effective: current out of each bit line per volt on each word line [S], shape (tiles, rows, columns)
    """

    mapping: MappedNetwork
    effective: Floats = field(repr=False)

    @cached_property
    def matrices(self) -> Mapping[str, Layer]:
        """The layers as this chip computes them: weights (inputs, outputs) and bias (outputs,) or None."""
        return self.mapping.matrices(self.effective)

    @cached_property
    def loads(self) -> dict[str, Floats]:
        """What each input of a layer drives, all its blocks together [S], shape (inputs,), one more for a bias row.

        An input driven at V for t costs loads * V^2 * t: current into the bit lines, devices without a weight included.
        What flows back into word lines held at 0 V is left out; only lines with resistance let it.
        """
        found = {name: np.zeros(len(self.mapping.rows(name))) for name in self.mapping.layers}
        for site in self.mapping.sites:
            tile, lines, _ = site.region
            found[site.place.layer][site.place.block.rows] += self.effective[tile, lines].sum(axis=1)
        return found

    def readers(self, rng: np.random.Generator, noise: float = READ_NOISE) -> dict[str, Reader]:
        """One callable for each layer, which draws the noise of every read, a driven bias row's too, from `rng`.

        noise: deviation of one device's conductance in one read [S]; line resistance is taken to spare the noise
        Raises InputError for noise below 0.
        """
        if not 0 <= noise < np.inf:
            raise InputError("noise", noise, "a finite conductance from 0 S", "noise=0.11e-6")
        return {name: self._reader(name, rng, noise) for name in self.mapping.layers}

    def _reader(self, name: str, rng: np.random.Generator, noise: float) -> Reader:
        weights, _ = self.matrices[name]
        sites = [site for site in self.mapping.sites if site.place.layer == name] if noise else []

        def read(inputs: Matrix) -> Matrix:
            sums: Matrix = product(inputs, weights.astype(inputs.dtype, copy=False))
            squares = np.square(inputs) if sites else inputs
            for site in sites:
                block = site.place.block
                driven = _driven(squares[:, block.rows.start : block.rows.stop], len(weights), block.rows.stop)
                each = rng.standard_normal((len(inputs), site.mapped.conductances.shape[1]), np.float32)
                apart = site.mapped.scheme.signed(each) * (noise * site.mapped.scale).astype(np.float32)
                sums[:, block.columns] += driven * apart
            return sums

        return read


def _driven(squares: Matrix, inputs: int, stop: int) -> NDArray[Any]:
    """Length of each input vector on a block's word lines, a driven bias row included, shape (batch, 1)."""
    return np.asarray(np.sqrt(squares.sum(axis=1, keepdims=True) + (stop > inputs)))


def mount(mapping: MappedNetwork, conductances: ArrayLike, *, ir_drop: bool) -> Chip:
    """`mapping` with these devices [S], shape (tiles, rows, columns), on lines with resistance or without.

    The lines are those of mapping.tile: word lines driven on the left, bit lines at virtual ground on the top, those
    not driven at 0 V.
    """
    held = mapping.aimed(np.asarray(conductances, float)).targets
    return Chip(mapping, effective(mapping, held) if ir_drop else held)


def effective(mapping: MappedNetwork, conductances: Floats) -> Floats:
    """Current out of each bit line per volt on each word line [S], of each tile: same shape."""
    return np.array([ports(mapping.tile, tile).effective for tile in conductances])


@dataclass(frozen=True, eq=False)
class Compensated:
    """Targets that make up for line resistance.

    mapping: with them, in its states; before, after: largest distance of an effective conductance from the one meant,
    as share of the window; highest: largest target [S]
    """

    mapping: MappedNetwork
    before: float
    after: float
    highest: float


def compensate(mapping: MappedNetwork, *, highest: float, steps: int = 30, tolerance: float = 1e-4) -> Compensated:
    """Raise targets until the lines' ends see the conductances that were meant.

    highest: conductance that a target may have [S], beyond the window because lines take and never give; steps: at
    most; tolerance: share of the window that may be missing before targets are rounded to states
    Raises InputError for `highest` inside the window, OutcomeError when targets run away.
    """
    window, meant = mapping.scheme.window, mapping.targets
    if not highest >= window.high:
        raise InputError("highest", highest, f"a conductance from {window.high:g} S, the window's end", "2 * high")
    targets, used = meant.copy(), mapping.used
    before = last = _missing(mapping, meant, targets)
    for _ in range(steps):
        seen = effective(mapping, targets)
        targets = np.where(used, np.clip(targets + (meant - seen), window.low, highest), targets)
        last = _missing(mapping, meant, targets)
        if last <= tolerance:
            break
    if last > before:
        raise OutcomeError(
            f"Targets run away from what the lines pass on: {last:.3g} of the window misses, at first {before:.3g}.",
            "lines that take more than devices can give.",
            "smaller tiles, a window of smaller conductances, or wider lines.",
        )
    rounded = replace(mapping, targets=np.where(used, mapping.scheme.rounded(targets), targets))
    return Compensated(rounded, before, _missing(mapping, meant, rounded.targets), float(rounded.targets.max()))


def _missing(mapping: MappedNetwork, meant: Floats, targets: Floats) -> float:
    away = np.abs(effective(mapping, targets) - meant)[mapping.used]
    return float(away.max()) / mapping.scheme.window.width
