"""What a device would have shown: a curve from the simulator, to plan a measurement or to check a fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from circuits.errors import InputError
from circuits.native.engine import Accuracy
from crossbar.array import Model
from crossbar.fitting.curve import Curve, Gate
from crossbar.fitting.response import Protocol


def record(
    device: Model,
    time: ArrayLike,
    voltage: ArrayLike,
    *,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    gate: Gate = "steps",
    lithium: float = 0.4,
    accuracy: Accuracy | None = None,
) -> Curve:
    """The curve of `device` under a gate voltage, `noise` [S] added to each reading; see Curve for the rest.

    Raises InputError for noise without a generator, and as Curve does.
    """
    if not (np.isfinite(noise) and noise >= 0) or (noise and rng is None):
        raise InputError("noise", noise, "0 S or more, with rng where above 0", "rng=numpy.random.default_rng(1)")
    instants, held = np.asarray(time, float), np.asarray(voltage, float)
    blank = Curve(instants, held, np.zeros(instants.shape), gate=gate, name=device.calibration)
    shown = Protocol(blank, lithium, accuracy or Accuracy()).conductance(device, {})[:, 0]
    drawn = shown if rng is None else shown + noise * rng.standard_normal(shown.shape)
    return Curve(instants, held, drawn, noise, gate=gate, name=device.calibration)
