"""How a read is wired at the line ends, and what is broken in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from circuits.errors import InputError

Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Faults:
    """What is not as drawn, by its place: resistances [ohm], inf where open.

    word: (row, segment), segment k before cell k and the last after all; bit: (segment, column), likewise;
    cells: (row, column), the whole channel
    """

    word: Mapping[Place, float] = field(default_factory=dict)
    bit: Mapping[Place, float] = field(default_factory=dict)
    cells: Mapping[Place, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("word", "bit", "cells"):
            for place, ohms in getattr(self, name).items():
                if not ohms >= 0 or (name == "cells" and ohms == 0):
                    lowest = "above 0 ohm" if name == "cells" else "of 0 ohm or more"
                    raise InputError(f"faults.{name}[{place}]", ohms, f"a resistance {lowest}, inf where open", "1.0")

    def check(self, rows: int, columns: int) -> None:
        """Raise InputError unless every place is on an array of this size."""
        shapes = {"word": (rows, columns + 1), "bit": (rows + 1, columns), "cells": (rows, columns)}
        for name, shape in shapes.items():
            for place in getattr(self, name):
                if len(place) != 2 or not all(0 <= k < n for k, n in zip(place, shape, strict=True)):
                    allowed = f"places from (0, 0) to ({shape[0] - 1}, {shape[1] - 1})"
                    raise InputError(f"faults.{name}", place, allowed, "a place on the array")


@dataclass(frozen=True)
class Sensing:
    """How lines are connected while they are read.

    driver: output resistance of a word line's driver [ohm]; amplifier: input resistance of a bit line's sense
    amplifier [ohm], 0 a virtual ground; drive: ends of word lines that have a driver; sense: ends of bit lines that
    have an amplifier; faults: of lines and cells; tolerance: relative error of a current; keep: whether the reading
    keeps the lines' potentials, to look at or to start another from
    """

    driver: float = 0.0
    amplifier: float = 0.0
    drive: Literal["left", "right", "both"] = "left"
    sense: Literal["top", "bottom", "both"] = "top"
    faults: Faults = field(default_factory=Faults)
    tolerance: float = 1e-10
    keep: bool = False

    def __post_init__(self) -> None:
        for name in ("driver", "amplifier"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise InputError(f"sensing.{name}", value, "a finite resistance of 0 ohm or more", "0.0")
        for name, sides in (("drive", ("left", "right", "both")), ("sense", ("top", "bottom", "both"))):
            if getattr(self, name) not in sides:
                allowed = " or ".join(f'"{side}"' for side in sides)
                raise InputError(f"sensing.{name}", getattr(self, name), allowed, f'"{sides[0]}"')
