"""A recording that tells kinetics and double layer apart: four pulses, the gate grounded or floating between them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import crossbar as xb

TRUTH = {"exchange_current": 0.7, "film_resistance": 0.08, "share_3": 0.06}
NOISE = 0.11e-6  # S, Wan et al. 2021, Table 1
PULSES = ((0.2, 0.0), (0.5, np.nan), (1.0, np.nan), (-0.5, 0.0))  # V, and what the gate is held at afterwards
WIDTH, GAP = 10e-3, 0.3  # s


def rows():
    """Time [s] and voltage [V] of the recording, 11 rows a pulse."""
    during, after = WIDTH * np.arange(3) / 3, WIDTH + np.concatenate([[0.0], np.geomspace(1e-3, 0.27, 7)])
    time = [k * (WIDTH + GAP) + np.concatenate([during, after]) for k in range(len(PULSES))]
    voltage = [[amplitude] * len(during) + [idle] * len(after) for amplitude, idle in PULSES]
    return np.concatenate(time), np.concatenate(voltage)


@pytest.fixture(scope="session")
def bench():
    """The device under test, what it was fitted from, and recordings of it."""
    device = xb.liwes("unified", **TRUTH)
    time, voltage = rows()
    clean = xb.record(device, time, voltage)

    def noisy(seed, noise=NOISE):
        """The recording with its noise stated."""
        drawn = noise * np.random.default_rng(seed).standard_normal(len(time))
        return xb.Curve(time, voltage, clean.conductance + drawn, noise)

    return SimpleNamespace(
        truth=TRUTH, noise=NOISE, device=device, time=time, voltage=voltage, clean=clean, noisy=noisy
    )
