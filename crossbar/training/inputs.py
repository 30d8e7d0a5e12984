"""What a network hears of a raster: its spikes, or what a row of LiWES devices in front of the array makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.networks.stp import Devices, ShortTerm, one_spike
from crossbar.synapse import wan2021_kernel
from crossbar.training.model import KIND
from crossbar.training.plan import FrontEnd

Array = NDArray[Any]


def option(front_end: FrontEnd, step: float) -> ShortTerm:
    """The short-term option of layer `fc` for steps of `step` [s]: what `stp.gated` takes to run the network."""
    kernel = wan2021_kernel.ideal() if front_end == "ideal" else wan2021_kernel
    return ShortTerm("none" if front_end == "none" else "front_end", step, kernel=kernel)


def heard(spikes: NDArray[np.bool_], given: ShortTerm, rng: np.random.Generator) -> Array:
    """Inputs of the array in every step, shape of `spikes` (samples, steps, channels): what `stp.gated` hands on.

    Weights play no part in it, so it is taken once and training behind it is training on these inputs.
    """
    if given.mode == "none":
        return spikes
    devices, unit = Devices(given, 1, rng), one_spike(given)
    found = np.empty(spikes.shape, KIND)
    for step in range(spikes.shape[1]):
        found[:, step] = devices.after(spikes[:, step])[:, :, 0] / unit
    return found
