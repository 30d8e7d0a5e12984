"""Samples through a network on one chip: what it answers, and what its reads took."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from crossbar.array import Floats
from crossbar.evaluation.hardware import Costs
from crossbar.evaluation.meter import Meter
from crossbar.mapping.bridge import products, rewritten
from crossbar.mapping.chip import Chip
from crossbar.mapping.network import MappedNetwork
from crossbar.networks.network import Network
from crossbar.networks.runner import run
from crossbar.networks.stp import Mode, ShortTerm, gated
from crossbar.workloads.patterns import Samples

ROOM = 1 << 24
"""Values of nodes, of all samples of a batch together."""


@dataclass(frozen=True, eq=False)
class Inference:
    """All samples, once.

    right: which were answered right, shape (samples,); read: energy of word-line drivers [J], shape (samples,)
    events: by layer, inputs that were not 0; operations: by layer, of these with weights that are not 0; shape
    (samples,) each; spikes: of all spiking neurons, shape (samples,); binary: by layer, whether inputs were spikes
    """

    right: NDArray[np.bool_]
    read: Floats
    events: Mapping[str, NDArray[np.int64]]
    operations: Mapping[str, NDArray[np.int64]]
    spikes: NDArray[np.int64]
    binary: Mapping[str, bool]


def digital(network: Network, samples: Samples, options: Mapping[str, ShortTerm]) -> NDArray[np.bool_]:
    """Which samples the network itself answers right, shape (samples,); short-term devices are ideal."""
    still = ideal(options)
    found = [
        run(network, part.spikes, replace=_gated(network, still, np.random.default_rng(0), {})).classes() == part.labels
        for part in batches(network, samples, still)
    ]
    return np.concatenate(found)


def infer(
    network: Network,
    samples: Samples,
    chip: Chip,
    costs: Costs,
    *,
    noise: float,
    options: Mapping[str, ShortTerm],
    rng: np.random.Generator,
) -> Inference:
    """Run `samples` on `chip`, which holds `network`; noise, of reads [S] and of short-term devices, is from `rng`."""
    held = rewritten(network, chip.matrices)
    parts = [_part(held, part, chip, costs, noise, options, rng) for part in batches(network, samples, options)]
    return Inference(
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.read for part in parts]),
        {name: np.concatenate([part.events[name] for part in parts]) for name in parts[0].events},
        {name: np.concatenate([part.operations[name] for part in parts]) for name in parts[0].events},
        np.concatenate([part.spikes for part in parts]),
        {name: all(part.binary[name] for part in parts) for name in parts[0].events},
    )


def _part(
    held: Network,
    samples: Samples,
    chip: Chip,
    costs: Costs,
    noise: float,
    options: Mapping[str, ShortTerm],
    rng: np.random.Generator,
) -> Inference:
    """Samples that run together."""
    meters = {
        name: Meter(chip.loads[name], weights, costs, len(samples))
        for name, (weights, _) in chip.mapping.layers.items()
    }
    counted = {name: meters[name].around(reader) for name, reader in chip.readers(rng, noise).items()}
    found = run(held, samples.spikes, replace=_gated(held, options, rng, products(held, counted)))
    return Inference(
        found.classes() == samples.labels,
        np.sum([meter.energy for meter in meters.values()], axis=0),
        found.events,
        {name: meter.operations for name, meter in meters.items()},
        np.asarray(sum(found.spikes.values(), start=np.zeros(len(samples), np.int64))),
        {name: meter.binary for name, meter in meters.items()},
    )


def batches(network: Network, samples: Samples, options: Mapping[str, ShortTerm]) -> Iterator[Samples]:
    """`samples` a few at a time, as many as memory is meant for."""
    values = sum(node.size for node in network.nodes.values())
    short = (2 * int(np.prod(network.layer(name).matrix.shape)) for name in options)
    count = max(1, ROOM // max((values, *short)))
    for first in range(0, len(samples), count):
        here = slice(first, first + count)
        yield Samples(samples.spikes[here], samples.labels[here])


def options_of(
    modes: Mapping[str, Mode], mapping: MappedNetwork, network: Network, step: float
) -> dict[str, ShortTerm]:
    """The short-term options of layers, with the weight that a siemens has on these tiles.

    step: how long a time step of the samples takes [s]
    Raises InputError for a layer that is not there, a mode that is not, or a convolution's own devices.
    """
    for name, mode in modes.items():
        if network.layer(name).kind == "Conv2d" and mode in {"plus_only", "both"}:
            allowed = "none or front_end: a kernel's devices are read for every place"
            raise InputError(f"stp of '{name}'", mode, allowed, f"{name}=front_end")
    return {
        name: ShortTerm(mode, step, mapping.scale(name) if mode in {"plus_only", "both"} else 0.0)
        for name, mode in modes.items()
        if mode != "none"
    }


def ideal(options: Mapping[str, ShortTerm]) -> dict[str, ShortTerm]:
    """The options with devices that neither deviate nor have noise."""
    return {name: replace(option, kernel=option.kernel.ideal()) for name, option in options.items()}


def _gated(
    network: Network, options: Mapping[str, ShortTerm], rng: np.random.Generator, replace: Mapping[str, Any]
) -> dict[str, Any]:
    """As `gated`, whose warnings are given once for the whole study."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gated(network, options, rng, replace)
