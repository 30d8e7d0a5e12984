"""How long an array keeps what is stored in it: unequal channels are concentration cells with one electrolyte."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from circuits.errors import InputError
from crossbar.array import Floats, Layout, State
from crossbar.operations.hold import hold
from crossbar.operations.run import Run, Settings
from crossbar.studies.common import check_share
from crossbar.wiring import CELLS

EARLIEST, LATEST = 1e-3, 1e6  # s
PER_DECADE = 20  # samples; between two of them loss is a power of time
TIE = 1e-9  # of the largest conductance: cells this close hold the same


@dataclass(frozen=True, eq=False)
class Retention:
    """What is left of the largest stored difference, over time.

    time: [s], shape (time,), from 0; difference: of long-term conductance between the cells that start highest and
    those that start lowest (their means where several tie) [S], shape (time,); gates, channels: what the lines did
    """

    time: Floats
    difference: Floats
    gates: str
    channels: str
    run: Run

    @property
    def loss(self) -> Floats:
        """Share of the difference that is gone, shape (time,)."""
        return np.asarray(1 - self.difference / self.difference[0])

    @property
    def seen(self) -> float:
        """How long was looked [s]."""
        return float(self.time[-1])

    def until(self, loss: float) -> float:
        """When this share is gone first [s]; inf where it was not seen to go. Raises InputError outside 0..1.

        Between samples loss is taken for a power of time: exact early on, when it grows in proportion.
        """
        gone = np.flatnonzero(self.loss >= check_share("loss", loss, "0.01"))
        if not len(gone):
            return math.inf
        after = int(gone[0])
        (t0, t1), (a, b) = self.time[after - 1 : after + 1], self.loss[after - 1 : after + 1]
        if a <= 0 or t0 == 0:
            return float(t0 + (t1 - t0) * (loss - a) / (b - a))
        return float(t0 * (t1 / t0) ** (math.log(loss / a) / math.log(b / a)))

    @property
    def one_percent(self) -> float:
        """When 1 % is gone [s], inf where that was not seen."""
        return self.until(0.01)

    @property
    def half(self) -> float:
        """When 50 % is gone [s], inf where that was not seen."""
        return self.until(0.5)


def retention(
    layout: Layout,
    state: State,
    *,
    gates: Literal["float", "ground"] = "float",
    channels: Literal["float", "ground"] = "ground",
    latest: float = LATEST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Retention:
    """Let an array alone and watch its largest stored difference, from 1 ms to `latest` [s].

    gates, channels: what their lines do, "ground" or "float"; floating lines still join the cells on them, unless
    each has a switch of its own. Raises InputError for a state that stores no difference, and as `hold` does.
    """
    stored = layout.conductance(layout.check_state(state), "long_term")
    close = TIE * np.abs(stored).max()
    high, low = stored >= stored.max() - close, stored <= stored.min() + close
    if (high & low).any():
        raise InputError("state", float(stored.max()), "cells of different conductance", "array.stored(...)")
    if not latest > EARLIEST:
        raise InputError("latest", latest, f"a time above {EARLIEST:g} s", f"{LATEST:g}")
    count = math.ceil(PER_DECADE * math.log10(latest / EARLIEST)) + 1
    samples = np.geomspace(EARLIEST, latest, max(count, 2))
    samples[-1] = latest
    run = hold(layout, state, latest, gates=gates, channels=channels, samples=samples, settings=settings)
    seen = run.solution.output(CELLS, "long_term")
    difference = seen[:, high.ravel()].mean(axis=1) - seen[:, low.ravel()].mean(axis=1)
    return Retention(run.solution.time, difference, gates, channels, run)
