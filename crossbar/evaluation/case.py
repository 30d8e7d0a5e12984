"""One network and its samples, on one chip after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossbar.evaluation.hardware import Costs, Hardware
from crossbar.evaluation.inference import Inference, ideal, infer
from crossbar.mapping.chip import Chip, mount
from crossbar.mapping.network import MappedNetwork
from crossbar.mapping.programming import Programmed, program_network
from crossbar.networks.network import Network
from crossbar.networks.stp import ShortTerm
from crossbar.workloads.patterns import Samples


@dataclass(frozen=True, eq=False)
class Trial:
    """One chip: its tiles as written, what they compute, and all samples on it."""

    written: Programmed
    chip: Chip
    whole: Inference


@dataclass(frozen=True, eq=False)
class Case:
    """What is run: `options` are the short-term options of layers, with the deviations and noise of their devices."""

    network: Network
    samples: Samples
    options: Mapping[str, ShortTerm]

    def trial(self, aimed: MappedNetwork, hardware: Hardware, seed: int, number: int) -> Trial:
        """Write chip `number` and run all samples on it; devices and noise follow from (seed, number)."""
        rng = np.random.default_rng([seed, number])
        devices = int(rng.integers(1 << 62))
        written = program_network(aimed, hardware.method, seed=devices, model=hardware.model)
        chip = mount(aimed, written.conductances, ir_drop=hardware.ir_drop)
        whole = infer(
            self.network, self.samples, chip, hardware.costs, noise=hardware.noise, options=self.options, rng=rng
        )
        return Trial(written, chip, whole)

    def silent(self, chip: Chip, costs: Costs) -> NDArray[np.bool_]:
        """Which samples are right without noise and with ideal short-term devices, shape (samples,)."""
        still, rng = ideal(self.options), np.random.default_rng(0)
        return infer(self.network, self.samples, chip, costs, noise=0.0, options=still, rng=rng).right
