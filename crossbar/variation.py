"""Spread between devices and between pulses, drawn once from a seeded generator so that every engine sees the same."""

from __future__ import annotations

import numpy as np

from circuits.errors import InputError
from circuits.liwes import CYCLE_TO_CYCLE, DEVICE_TO_DEVICE
from crossbar.array import Floats, Layout

__all__ = ["CYCLE_TO_CYCLE", "DEVICE_TO_DEVICE", "cycle_to_cycle", "device_to_device"]


def device_to_device(layout: Layout, rng: np.random.Generator, spread: float = DEVICE_TO_DEVICE) -> dict[str, Floats]:
    """Parameters whose lognormal spread makes the change per pulse vary by `spread` (relative) among devices.

    Exchange current and film conductance scale together, as a device's effective area does. Raises InputError.
    """
    factor = np.exp(_sigma("device_to_device", spread) * rng.standard_normal(layout.shape))
    current, resistance = (layout.device.values[name] for name in ("exchange_current", "film_resistance"))
    return {"exchange_current": current * factor, "film_resistance": resistance / factor}


def cycle_to_cycle(rng: np.random.Generator, spread: float = CYCLE_TO_CYCLE) -> float:
    """Factor on one pulse's width that makes its effect vary by `spread` (relative); raises InputError."""
    return float(np.exp(_sigma("cycle_to_cycle", spread) * rng.standard_normal()))


def _sigma(name: str, spread: float) -> float:
    if not 0 <= spread < 1:
        raise InputError(name, spread, "a relative spread from 0 to 1", "0.065")
    return float(np.sqrt(np.log1p(spread**2)))
