"""LiWES short-term plasticity in a layer of a network, as an option of each layer.

A spike on an input line is also a pulse on the gates of that line's devices: their conductance rises and decays as
Eq 1-3 of Wan et al. 2021 say (`crossbar.synapse`), and the layer is read at the end of the step. What that does depends
on which gates the spike reaches:

- `none`: no gate; the layer is its weights.
- `front_end`: one device for each input line, in front of the array, whose conductance drives the line in place of the
  spike, in every step, in units of what one spike leaves at the end of its own step. The array behind it is static.
- `plus_only`: the plus devices of the pairs. When a line is driven, they carry their short-term part beside the weight.
- `both`: both devices of each pair. Short-term plasticity adds to a conductance, so the pair's difference cancels it:
  what is left is the difference of two draws. Reported with a warning.

Source: Q. Wan et al., Adv. Intell. Syst. 2021, DOI 10.1002/aisy.202100021.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from crossbar.networks.network import Layer, Matrix, Network
from crossbar.networks.runner import Product, product
from crossbar.synapse import Kernel, State, wan2021_kernel

Mode = Literal["none", "plus_only", "both", "front_end"]
MODES = ("none", "plus_only", "both", "front_end")
Array = NDArray[Any]

DEVICES = 1 << 26
"""Most devices, samples counted, whose short-term states are kept: 3 GB."""


@dataclass(frozen=True)
class ShortTerm:
    """The option of one layer.

    mode: which gates a spike reaches
    step: how long a time step of the samples takes [s]; a data set has its own, which need not be the network's dt
    scale: what a siemens of the plus or minus devices weighs [1/S], one number or shape (inputs, outputs): the
        mapping's; front_end does not need it
    kernel: the device's short-term plasticity
    """

    mode: Mode
    step: float
    scale: float | Array = 0.0
    kernel: Kernel = wan2021_kernel

    def __post_init__(self) -> None:
        """Refuse a mode, a step or a scale that there is not."""
        if self.mode not in MODES:
            raise InputError("stp", self.mode, f"one of {', '.join(MODES)}", 'stp = "front_end"')
        if not (math.isfinite(self.step) and self.step > 0):
            raise InputError("step", self.step, "a finite number of seconds above 0", "step = 5e-3")
        usable = np.isfinite(self.scale) & (np.asarray(self.scale) > 0)
        if self.mode in {"plus_only", "both"} and not np.all(usable):
            raise InputError("scale", self.scale, "weights per siemens, above 0", "the scale that the mapping reports")

    def caution(self, name: str) -> str:
        """What a user of this mode should be told; empty where there is nothing."""
        if self.mode == "both":
            return (
                f"layer '{name}': both devices of a pair see the same spikes, so their short-term parts cancel; "
                "use plus_only or front_end to use short-term plasticity"
            )
        return ""


def gated(
    network: Network,
    options: Mapping[str, ShortTerm],
    rng: np.random.Generator,
    replace: Mapping[str, Matrix | Product] | None = None,
) -> dict[str, Matrix | Product]:
    """What `run` takes as `replace`, for one run: products with short-term plasticity in front of or beside them.

    options: by layer; layers without one keep what `replace` has for them
    replace: other products of some layers, tiles say, which stay the static part
    Warns where a layer cancels its own plasticity.
    """
    products = dict(replace or {})
    for name, option in options.items():
        layer = network.layer(name)
        if option.caution(name):
            warnings.warn(option.caution(name), UserWarning, stacklevel=2)
        if option.mode != "none":
            products[name] = _gated(layer, option, rng, products.get(name, layer.matrix))
    return products


def _gated(layer: Layer, option: ShortTerm, rng: np.random.Generator, given: Matrix | Product) -> Product:
    static = given if callable(given) else _static(given)
    if option.mode == "front_end":
        return _front_end(option, rng, static)
    wide = layer.matrix.shape[1] if spread(option.kernel) else 1
    sides = [Devices(option, wide, rng) for _ in range(1 if option.mode == "plus_only" else 2)]

    def products(inputs: Array) -> Array:
        parts = [devices.after(_spikes(layer.name, inputs)) for devices in sides]
        beside = parts[0] - parts[1] if len(parts) > 1 else parts[0]
        sums, more = static(inputs), np.einsum("si,sio->so", inputs, beside * option.scale)
        return np.asarray(sums + more.astype(inputs.dtype))

    return products


def _static(matrix: Matrix) -> Product:
    return lambda inputs: product(inputs, matrix.astype(inputs.dtype))


def _front_end(option: ShortTerm, rng: np.random.Generator, static: Product) -> Product:
    devices, unit = Devices(option, 1, rng), one_spike(option)

    def products(inputs: Array) -> Array:
        drive = devices.after(_spikes("front_end", inputs))[:, :, 0] / unit
        return static(drive.astype(inputs.dtype))

    return products


def _spikes(name: str, inputs: Array) -> NDArray[np.bool_]:
    fired = inputs != 0
    if not np.array_equal(fired, inputs):
        allowed = "spikes: 0 or 1"
        raise InputError(f"inputs of '{name}'", float(np.max(inputs)), allowed, 'stp = "none" for a layer of numbers')
    return np.asarray(fired)


def spread(kernel: Kernel) -> bool:
    """Whether devices draw their own numbers."""
    return kernel.noise > 0 or kernel != kernel.ideal()


def one_spike(option: ShortTerm) -> float:
    """Conductance [S] that one spike leaves at the end of its step, noise-free."""
    ideal = option.kernel.ideal()
    still = np.zeros(1)
    state, _ = ideal.fire(ideal.rest(1), still, still, np.ones(1, dtype=bool), 1.0, np.random.default_rng(0))
    return float(ideal.conductance(state, np.array([option.step]))[0])


class Devices:
    """The short-term states of the devices on the lines of one layer, for the samples of one run."""

    def __init__(self, option: ShortTerm, wide: int, rng: np.random.Generator) -> None:
        self.option, self.wide, self.rng = option, wide, rng
        self.steps = 0
        self.state: State | None = None

    def after(self, spikes: NDArray[np.bool_]) -> Array:
        """Short-term conductance [S] at the end of the next step, whose spikes are (samples, inputs).

        Returns shape (samples, inputs, devices of a line).
        """
        samples, inputs = spikes.shape
        count = samples * inputs * self.wide
        if count > DEVICES:
            raise InputError(
                "samples", samples, f"at most {DEVICES // (inputs * self.wide)}", "fewer samples at a time"
            )
        if self.state is None:
            self.state = self.option.kernel.rest(count)
        kernel, begin = self.option.kernel, self.steps * self.option.step
        fired = np.repeat(spikes.ravel(), self.wide)
        still = np.zeros(count)
        self.state, _ = kernel.fire(self.state, still, still + begin, fired, 1.0, self.rng)
        self.steps += 1
        level = kernel.conductance(self.state, still + begin + self.option.step)
        if kernel.noise > 0:
            level = level + kernel.noise * self.rng.standard_normal(count)
        return level.reshape(samples, inputs, self.wide)
