"""Spikes to classes through conductances: synapses, leaky membranes, a few reads, differential pairs on tiles.

    channel -> synapse -> leaky membrane -> `reads` readings a sample -> word-line voltages -> tiles -> scores -> class

Row r * channels + c of the weights belongs to reading r of channel c, so a tile of `channels` rows is driven by all
membranes at one moment. Tiles' partial sums and the bias are added digitally. One `Network` is trained once and
then lives on many chips: a chip is one `multiply` a tile, the word-line voltages (samples, rows) [V] to the bit-
line currents (samples, 2 * outputs) [A].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from crossbar.mapping.schemes import Mapped, ScalePer, Scheme, Window, differences, encode
from crossbar.mapping.tiles import Block, partition
from crossbar.spiking import membrane, trains_from_raster
from crossbar.synapse import Impulse, Kernel, Synapse, matched_weight, wan2021_kernel
from crossbar.workloads.patterns import Patterns, Samples
from crossbar.workloads.readout import Readout, choose

Array = NDArray[np.float64]
Multiply = Callable[[Array], Array]

FULL_SCALE_QUANTILE = 0.999
"""Share of the training readings that a row's full scale covers; what lies above is clipped to it."""


@dataclass(frozen=True)
class Settings:
    """How spikes become voltages and weights conductances.

    synapse: what each channel drives its membrane through
    tau: membrane time constant [s]
    reads: readings of every membrane, evenly over a sample, the last at its end
    voltage: highest word-line voltage [V]
    window: conductances of the devices [S]
    tile_rows, tile_outputs: most inputs and outputs of a tile, which has twice as many bit lines as outputs
    scale_per: whether each column, or each tile, takes the whole window
    draws: how many times the training sees every sample, each with its own synaptic noise
    penalties: what the read-out's penalty is chosen from, on the validation split
    """

    synapse: Synapse = wan2021_kernel
    tau: float = 0.1
    reads: int = 5
    voltage: float = 0.1
    window: Window = field(default_factory=lambda: Window(50e-6, 150e-6))
    tile_rows: int = 12
    tile_outputs: int = 7
    scale_per: ScalePer = "column"
    draws: int = 5
    penalties: tuple[float, ...] = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4)

    def __post_init__(self) -> None:
        """Refuse counts below one and a voltage that reads nothing."""
        for name in ("reads", "draws"):
            if getattr(self, name) < 1:
                raise InputError(name, getattr(self, name), "a whole number, 1 or more", f"{name} = 5")
        if not self.voltage > 0:
            raise InputError("voltage", self.voltage, "a number of volts above 0", "voltage = 0.1")


def without_stp(settings: Settings, kernel: Kernel = wan2021_kernel) -> Settings:
    """The same settings with static synapses (NO-STP, Eq 4) whose single-spike peak is the kernel's."""
    return replace(settings, synapse=Impulse(matched_weight(kernel, settings.tau)), draws=1)


@dataclass(frozen=True, eq=False)
class Placed:
    """One tile: which block of the weights it holds and the conductances that its devices should have."""

    tile: Block
    mapped: Mapped


@dataclass(frozen=True, eq=False)
class Network:
    """A trained classifier.

    step: time step of its spikes [s]
    full_scale: membrane value [S] that drives a row at the full voltage, shape (rows,)
    readout: weights (rows, classes) per full scale, and bias
    tiles: the weights as conductances
    """

    settings: Settings
    step: float
    full_scale: Array
    readout: Readout
    tiles: tuple[Placed, ...]

    @property
    def devices(self) -> int:
        """Devices that all tiles need."""
        return sum(placed.mapped.conductances.size for placed in self.tiles)


def readings(settings: Settings, samples: Samples, step: float, rng: np.random.Generator) -> Array:
    """Membrane readings [S] of every sample, shape (samples, reads * channels), read by read."""
    count, steps, channels = samples.spikes.shape
    trains = trains_from_raster(samples.spikes.transpose(0, 2, 1).reshape(-1, steps), step)
    moments = np.arange(1, settings.reads + 1) * (steps * step / settings.reads)
    values = membrane(settings.synapse, trains, moments, settings.tau, rng)
    return values.reshape(count, channels, settings.reads).transpose(0, 2, 1).reshape(count, -1)


def train(patterns: Patterns, settings: Settings, rng: np.random.Generator) -> Network:
    """Train the read-out on the training split, noise included, choose its penalty on the validation split, map it."""
    seen = np.concatenate([readings(settings, patterns.train, patterns.step, rng) for _ in range(settings.draws)])
    held = np.concatenate([readings(settings, patterns.validation, patterns.step, rng) for _ in range(settings.draws)])
    highest = np.quantile(seen, FULL_SCALE_QUANTILE, axis=0)
    full_scale = np.where(highest > 0, highest, 1.0)
    readout = choose(
        (shares(seen, full_scale), np.tile(patterns.train.labels, settings.draws)),
        (shares(held, full_scale), np.tile(patterns.validation.labels, settings.draws)),
        settings.penalties,
        patterns.classes,
    )
    return Network(settings, patterns.step, full_scale, readout, _place(readout.weights, settings))


def shares(values: Array, full_scale: Array) -> Array:
    """Readings as shares of the full scale, from 0 to 1."""
    return np.clip(values / full_scale, 0.0, 1.0)


def _place(weights: Array, settings: Settings) -> tuple[Placed, ...]:
    scheme = Scheme("one_sided", settings.scale_per, settings.window, states=math.inf)
    tiles = partition(weights.shape[0], weights.shape[1], settings.tile_rows, settings.tile_outputs)
    return tuple(Placed(tile, encode(weights[tile.rows, tile.columns], scheme)) for tile in tiles)


def voltages(network: Network, samples: Samples, rng: np.random.Generator) -> Array:
    """Word-line voltages [V] of every sample with fresh synaptic noise, shape (samples, rows)."""
    values = readings(network.settings, samples, network.step, rng)
    return network.settings.voltage * shares(values, network.full_scale)


def scores(
    network: Network, driven: Array, chip: Sequence[Multiply], read_noise: float, rng: np.random.Generator
) -> Array:
    """Score of each class, shape (samples, classes), for word-line voltages `driven` [V] (samples, rows).

    chip: one `multiply` a tile, in the order of network.tiles
    read_noise: deviation of one device's conductance in one read [S]
    """
    if len(chip) != len(network.tiles):
        raise InputError(
            "chip",
            f"{len(chip)} tiles",
            f"{len(network.tiles)}, one for each of the network's",
            "one `multiply` a tile",
        )
    total = np.tile(network.readout.bias, (len(driven), 1))
    for placed, multiply in zip(network.tiles, chip, strict=True):
        lines = driven[:, placed.tile.rows]
        currents = multiply(lines)
        noise = read_noise * np.sqrt(np.sum(lines**2, axis=1, keepdims=True)) * rng.standard_normal(currents.shape)
        total[:, placed.tile.columns] += differences(currents + noise) * (
            placed.mapped.scale / network.settings.voltage
        )
    return total


def trial(
    network: Network, samples: Samples, chip: Sequence[Multiply], read_noise: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which samples one chip classifies right, with fresh synaptic and read noise; shape (samples,)."""
    found = scores(network, voltages(network, samples, rng), chip, read_noise, rng).argmax(axis=1)
    return np.asarray(found == samples.labels)


def float_trial(network: Network, samples: Samples, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which samples the read-out classifies right in floating point, without an array; shape (samples,)."""
    shares = voltages(network, samples, rng) / network.settings.voltage
    return np.asarray(network.readout.scores(shares).argmax(axis=1) == samples.labels)


def ideal_chip(conductances: Sequence[Array]) -> tuple[Multiply, ...]:
    """A chip without line resistance whose tiles have these conductances [S], each (rows, 2 * outputs)."""
    return tuple(lambda lines, tile=tile: lines @ tile for tile in conductances)


def within_tolerance(network: Network, tolerance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    """Conductances [S] after a write-verify to `tolerance`, a share of the window: uniform around each target."""
    reach = tolerance * network.settings.window.width
    targets = (placed.mapped.conductances for placed in network.tiles)
    return tuple(target + rng.uniform(-reach, reach, target.shape) for target in targets)
