"""Generated Poisson patterns in the tactile set's shape, for a machine that cannot fetch it, and for tests.

A class is a picture of rates. On every channel it has a background and one bump, as a taxel has when an edge passes
over it:

    rate(t) = BACKGROUND + height * exp(-(t - centre)^2 / (2 SPREAD^2))

with height (uniform in HEIGHT) and centre (uniform over the sample) drawn once per class and channel, and, so that
samples of a class differ by more than their spikes, centre shifted by a normal JITTER and height scaled by a
lognormal VIGOUR in each sample. A step holds a spike with probability 1 - exp(-rate * step).
"""

from __future__ import annotations

import numpy as np

from crossbar.workloads.patterns import Patterns, Samples

CLASSES, CHANNELS, STEPS = 7, 12, 256
STEP = 5e-3
"""One time step [s]."""

BACKGROUND = 10.0
"""Rate of every channel at all times [Hz]."""
HEIGHT = (15.0, 50.0)
"""Lowest and highest bump [Hz]."""
SPREAD = 0.15
"""Width of a bump [s]."""
JITTER = 0.15
"""Deviation of a sample's bumps in time [s]."""
VIGOUR = 0.4
"""Deviation of the logarithm of a sample's heights."""

COUNTS = {"train": 980, "validation": 280, "test": 140}
"""Samples of each split: as many of every class."""


def generate(rng: np.random.Generator) -> Patterns:
    """The generated data set; the same generator state gives the same spikes."""
    heights = rng.uniform(*HEIGHT, (CLASSES, CHANNELS))
    centres = rng.uniform(0.0, STEPS * STEP, (CLASSES, CHANNELS))
    parts = {name: _samples(heights, centres, count, rng) for name, count in COUNTS.items()}
    return Patterns(
        "poisson", "generated Poisson patterns in the tactile set's shape, not measured data", STEP, **parts
    )


def _samples(heights: np.ndarray, centres: np.ndarray, count: int, rng: np.random.Generator) -> Samples:
    """`count` samples of the rates that heights [Hz] and centres [s], both (classes, channels), describe."""
    labels = rng.permutation(np.arange(count) % CLASSES).astype(np.int64)
    vigour = rng.lognormal(0.0, VIGOUR, (count, 1, 1))
    shift = rng.normal(0.0, JITTER, (count, 1, 1))
    times = (np.arange(STEPS) * STEP)[None, :, None]
    distance = (times - centres[labels][:, None, :] - shift) / SPREAD
    rates = BACKGROUND + vigour * heights[labels][:, None, :] * np.exp(-(distance**2) / 2)
    return Samples(rng.random(rates.shape) < -np.expm1(-rates * STEP), labels)
