"""What a training run is told: the network, the learning, and what of the hardware it is taught to bear."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from circuits.errors import InputError

Neuron = Literal["CubaLIF", "LIF"]
FrontEnd = Literal["none", "ideal", "noisy"]
CHOICES = {"neuron": ("CubaLIF", "LIF"), "front_end": ("none", "ideal", "noisy")}

LARGEST = 4096
"""Most hidden neurons, samples of a mini-batch, and epochs."""


@dataclass(frozen=True)
class Plan:
    """A training run.

    hidden: number of hidden neurons
    recurrent: whether they hear each other's spikes of the step before
    neuron: their kind: CubaLIF has a synaptic current, LIF does not
    tau_syn, tau_mem, tau_out: time constants of current, membrane and output membrane, in time steps
    epochs: how often all training samples are seen, at most; the rate falls to 0 over them as half a cosine
    patience: after how many epochs without a better validation accuracy it ends
    batch: samples of a mini-batch
    rate: of Adam at the beginning
    slope: steepness of the surrogate, per threshold
    clip: largest norm of a mini-batch's gradient
    front_end: none; or one LiWES device a line that inputs pass, IDEAL, or with deviations and noise of Table 1
    weight_noise: deviation, as a share of a layer's largest weight, that every mini-batch adds to the weights
    seed: of all chance
    """

    hidden: int = 38
    recurrent: bool = False
    neuron: Neuron = "CubaLIF"
    tau_syn: float = 2.0
    tau_mem: float = 10.0
    tau_out: float = 10.0
    epochs: int = 60
    patience: int = 30
    batch: int = 32
    rate: float = 2e-3
    slope: float = 5.0
    clip: float = 1.0
    front_end: FrontEnd = "none"
    weight_noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("hidden", "batch", "epochs", "patience"):
            if not 1 <= getattr(self, name) <= LARGEST:
                raise InputError(name, getattr(self, name), f"a whole number from 1 to {LARGEST}", f"{name} = 32")
        self._check_numbers()
        if not 0 <= self.weight_noise < 1:
            raise InputError("weight_noise", self.weight_noise, "a share from 0 to below 1", "weight_noise = 0.02")
        if self.seed < 0:
            raise InputError("seed", self.seed, "a whole number, 0 or more", "seed = 0")
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(name, getattr(self, name), f"one of {', '.join(allowed)}", f'{name} = "{allowed[0]}"')

    def _check_numbers(self) -> None:
        for name in ("tau_syn", "tau_mem", "tau_out"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 1):
                raise InputError(name, getattr(self, name), "a finite number of time steps, 1 or more", f"{name} = 10")
        for name in ("rate", "slope", "clip"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(name, getattr(self, name), "a finite number above 0", f"{name} = 1e-3")
