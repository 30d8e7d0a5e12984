"""Reads to be measured: grids of crossing lines, word lines driven from the left, bit lines held at the last row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from circuits.planes.grid import End, Ends, Floats, Grid
from circuits.planes.read import solve
from circuits.planes.reference import reference
from crossbar.bench.effort import Answer, Done, Run, timed

SEED = 0
FLOOR = 1e-6  # of the largest current: what is smaller is compared with that


@dataclass(frozen=True, eq=False)
class Network:
    """One grid.

    crossing: [S], shape (rows, columns); segment: of all lines [ohm]; volts: [V], shape (vectors, rows)
    """

    crossing: Floats
    segment: float
    volts: Floats

    @property
    def grid(self) -> Grid:
        """As our solvers take it."""
        return Grid.of(self.crossing, self.segment, self.segment)

    @property
    def ends(self) -> Ends:
        """What its lines are connected to."""
        return Ends(left=End(self.volts))


Networks: TypeAlias = tuple[Network, ...]


def rough(size: int, low: float, high: float) -> Floats:
    """Conductances of resistances spread evenly over the decades from `low` to `high` [ohm], in S."""
    return np.asarray(10 ** -np.random.default_rng(SEED).uniform(np.log10(low), np.log10(high), (size, size)))


def drives(vectors: int, size: int) -> Floats:
    """Word-line voltages [V], shape (vectors, size)."""
    return np.random.default_rng(SEED + 1).uniform(0.1, 1.0, (vectors, size))


def patterns(size: int) -> Networks:
    """What makes solvers fail: nine decades, several wires, checkerboards, shorts and opens."""
    rng, high = np.random.default_rng(SEED + 2), rough(size, 1e4, 1e7)
    rows, columns, shorts, opens = (high.copy() for _ in range(4))
    rows[[size // 3, size // 2]] = 1.0
    columns[:, [size // 3, size // 2]] = 1.0
    shorts[tuple(rng.integers(0, size, (2, 20)))] = 1e3
    opens[rng.random((size, size)) < 0.2] = 0.0
    odd = np.indices((size, size)).sum(axis=0) % 2
    made = [(rough(size, 1, 1e9), ohms) for ohms in (0.01, 1.0, 10.0, 100.0)]
    made += [(np.where(odd, g, g * 1e-7), 1.0) for g in (1.0, 1e-1, 1e-2, 1e-4)]
    made += [(crossing, 1.0) for crossing in (rows, columns, shorts, opens)]
    return tuple(Network(np.asarray(crossing), ohms, drives(1, size)) for crossing, ohms in made)


@dataclass(frozen=True)
class Read:
    """Bit-line currents of some networks of a size.

    name, words: for machines and for people; case: the networks; size: the usual one; alone: sizes that only we are
    measured at unless one is asked for; most: the largest
    """

    name: str
    words: str
    case: Callable[[int], Networks]
    size: int = 128
    alone: tuple[int, ...] = ()
    most: int = 2048

    def ours(self, case: Networks) -> Run:
        """Our solver, from conductances and voltages to currents."""
        return lambda: read_all(case, lambda one: solve(one.grid, one.ends).bit)

    def errors(self, case: Networks, answers: Sequence[Answer]) -> list[float]:
        """Largest relative error of any bit line's current, of each answer."""
        exact = [reference(one.grid, one.ends).bit for one in case]
        return [max(map(relative, answer["currents"], exact)) for answer in answers]


def read_all(case: Networks, currents: Callable[[Network], Floats]) -> Done:
    """Time `currents` on every network of a case."""
    return timed(lambda: [currents(one) for one in case], lambda found: {"currents": np.array(found)})


def relative(found: Floats, exact: Floats) -> float:
    """Largest error relative to the value itself or, where that is more, to FLOOR of the largest; inf when not finite.

    found, exact: of one shape (vectors, lines)
    """
    scale = np.maximum(np.abs(exact), FLOOR * np.abs(exact).max(axis=-1, keepdims=True))
    worst = float((np.abs(found - exact) / scale).max())
    return worst if np.isfinite(worst) else float("inf")
