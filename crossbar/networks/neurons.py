"""NIR's neurons in discrete time: what one step does to them.

    I' = a I + w_in dt/tau_syn x        a = 1 - dt/tau_syn   (Cuba kinds)
    v' = b v + r dt/tau_mem I' + (1 - b) v_leak    b = 1 - dt/tau_mem
    spike where v' > v_threshold, then the reset

LI and LIF take the input x in place of I'; I and IF have b = 1 and add r x. Coefficients are found in float64 and then
rounded to the type of the run, which gives back the factors that a platform in float32 was trained with.

Source: NIR, DOI 10.1038/s41467-024-52259-9, Table 1; the discrete forms are those that reproduce the spikes and
membranes which the platforms recorded for it (see `Timing`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.networks import kernels
from crossbar.networks.network import Timing
from crossbar.networks.shapes import Node

Array = NDArray[Any]

MODES = {
    "zero": kernels.ZERO,
    "subtract": kernels.SUBTRACT,
    "plain_subtract": kernels.PLAIN_SUBTRACT,
    "v_reset": kernels.V_RESET,
    "delayed_subtract": kernels.DELAYED_SUBTRACT,
    "delayed_zero": kernels.DELAYED_ZERO,
}


class Neurons:
    """The neurons of one node on some samples: their state, and `step`."""

    def __init__(self, node: Node, timing: Timing, samples: int, kind: np.dtype[Any]) -> None:
        self.kind, self.spiking, self.timing = kind, node.spiking, timing
        self.cuba = node.kind.startswith("Cuba")
        count = node.size
        self.coefficients = {name: self._rounded(value, count) for name, value in coefficients(node, timing).items()}
        self.membrane = np.zeros((samples, count), dtype=kind)
        self.current = np.zeros((samples, count), dtype=kind)

    def _rounded(self, value: Array, count: int) -> Array:
        return np.array(np.broadcast_to(np.ravel(value), (count,)), dtype=self.kind)

    def step(self, inputs: Array) -> Array:
        """Spikes, or membranes of kinds without a threshold, after a step with `inputs`; both (samples, neurons)."""
        if not self.cuba:
            return self._move(inputs)
        if self.timing.order == "synapse_first":
            self._flow(inputs)
            return self._move(self.current)
        given = self._move(self.current)
        self._flow(inputs)
        return given

    def _flow(self, inputs: Array) -> None:
        kernels.add_currents(inputs, self.coefficients["kept_current"], self.coefficients["gain_current"], self.current)

    def _move(self, drive: Array) -> Array:
        known = self.coefficients
        if not self.spiking:
            kernels.move_membranes(drive, known["kept"], known["gain"], known["leak"], self.membrane)
            return self.membrane.copy()
        spikes = np.empty_like(self.membrane)
        mode = MODES[self.timing.reset]
        rules = (known["kept"], known["gain"], known["leak"], known["threshold"], known["reset"])
        kernels.fire(drive, rules, mode, self.membrane, spikes)
        return spikes


def coefficients(node: Node, timing: Timing) -> dict[str, Array]:
    """The factors of a step, in float64, each of the shape of the neurons or of one number."""

    def value(name: str) -> Array:
        return node.array(name).astype(np.float64)

    def kept(tau: Array) -> Array:
        return 1 - timing.dt / tau if timing.decay == "euler" else np.exp(-timing.dt / tau)

    if node.kind in {"I", "IF"}:
        unit = 1.0 if timing.integrator == "step" else timing.dt
        found = {"kept": np.ones(1), "gain": value("r") * unit, "leak": np.zeros(1)}
    else:
        tau = value("tau_mem" if node.kind.startswith("Cuba") else "tau")
        found = {"kept": kept(tau), "gain": value("r") * (timing.dt / tau)}
        found["leak"] = (1 - found["kept"]) * value("v_leak")
    if node.kind.startswith("Cuba"):
        tau = value("tau_syn")
        found |= {"kept_current": kept(tau), "gain_current": value("w_in") * (timing.dt / tau)}
    if node.spiking:
        found |= {"threshold": value("v_threshold"), "reset": value("v_reset")}
    return found
