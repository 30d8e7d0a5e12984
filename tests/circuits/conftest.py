"""Grids of crossing lines drawn at random, for every test about them."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.planes.grid import End, Ends, Grid

DECADES = {"plain": (-7, -3), "wide": (-9, 0)}


def _segments(rng, shape):
    """Ideal lines, one resistance for all, each its own, some open, some ideal."""
    kind = rng.integers(5)
    if kind < 2:
        return 0.0 if kind == 0 else 10 ** rng.uniform(-3, 2)
    ohms = 10 ** rng.uniform(-2, 2, shape)
    if kind > 2:
        ohms[rng.random(shape) < 0.1] = np.inf if kind == 3 else 0.0
    return ohms


def _end(rng, lines):
    ohms = rng.choice([0.0, np.inf, 10.0, 1e3], size=lines if rng.random() < 0.5 else None)
    return End(rng.normal(size=lines), ohms)


@pytest.fixture(scope="session")
def drawn():
    """Draw a small grid with ends of every kind from a seed."""

    def draw(seed, decades="plain"):
        rng = np.random.default_rng(seed)
        rows, columns = rng.integers(1, 14, 2)
        crossing = 10 ** rng.uniform(*DECADES[decades], (rows, columns))
        if rng.random() < 0.3:
            crossing[rng.random((rows, columns)) < 0.2] = 0
        grid = Grid.of(crossing, _segments(rng, (rows, columns + 1)), _segments(rng, (rows + 1, columns)))
        return grid, Ends(*(_end(rng, lines) for lines in (rows, rows, columns, columns)))

    return draw
