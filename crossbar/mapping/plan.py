"""One tile's way to its targets: what is asked of it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circuits.elements import Integers
from crossbar.array import Floats, Layout
from crossbar.mapping.response import Response


@dataclass(frozen=True, eq=False)
class Plan:
    """What is asked: targets [S], nan where none, and factors on what a pulse changes, shape (rows, columns) both.

    rest: conductance all devices begin at [S]; response: of a nominal device
    """

    tile: Layout
    rest: float
    targets: Floats
    factor: Floats
    response: Response

    @property
    def numbers(self) -> Floats:
        """Counting pulses that a nominal device needs, signed, 0 where there is no target."""
        wanted = np.isfinite(self.targets)
        found = np.zeros(self.targets.shape)
        found[wanted] = self.response.pulses(self.targets[wanted])
        return found


@dataclass(frozen=True, eq=False)
class Done:
    """What came: conductances [S] and pulses taken, shape (rows, columns); energy [J]; time [s].

    rounds: of pulses; unfinished: devices that did not pass
    """

    conductances: Floats
    pulses: Integers
    energy: float
    time: float
    rounds: int = 1
    unfinished: int = 0
