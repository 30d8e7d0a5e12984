"""Pre-charging a whole array: time, energy and spread against its size and the reservoir's resistance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuits.errors import InputError
from crossbar.array import Floats, Layout
from crossbar.operations.precharge import precharge
from crossbar.operations.run import Run, Settings
from crossbar.studies.common import part
from crossbar.wiring import CELLS


@dataclass(frozen=True, eq=False)
class PrechargeScaling:
    """Pre-charges of arrays of several sizes through reservoirs of several resistances.

    sides: rows and columns [1], shape (sides,); resistances: R_lfp [ohm], shape (resistances,)
    time: until every film is there [s]; energy: supplied, by device [J]; charge: from LFP, by device [C];
    spread: largest difference between channels' lithium at any time [1], where lines, spread or an edge make one lag;
    these of shape (sides, resistances)
    """

    sides: Floats
    resistances: Floats
    time: Floats
    energy: Floats
    charge: Floats
    spread: Floats


def precharge_scaling(
    array_of: Callable[[int], Layout],
    sides: Sequence[int],
    resistances: Sequence[float] | Floats,
    *,
    lithium: float = 0.4,
    tolerance: float = 0.002,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> PrechargeScaling:
    """Pre-charge `array_of(side)` from as deposited to `lithium`, for every side and every reservoir resistance [ohm].

    tolerance: largest |x - lithium| of any film at the end. Raises InputError for empty lists, and as `precharge` does.
    """
    if not len(sides) or not len(resistances):
        empty = "resistances" if len(sides) else "sides"
        raise InputError(empty, (), "at least one", "[1, 2, 4]" if empty == "sides" else "[1e5]")
    found = np.zeros((4, len(sides), len(resistances)))
    for (i, side), (j, ohms) in ((a, b) for a in enumerate(sides) for b in enumerate(resistances)):
        layout = array_of(side)
        layout = replace(layout, reservoir=replace(layout.reservoir, resistance=ohms))
        done = (i * len(resistances) + j) / found[0].size
        mine = part(settings, done, 1 / found[0].size)
        run = precharge(layout, layout.rest(0.0), lithium=lithium, tolerance=tolerance, settings=mine)
        cells = layout.rows * layout.columns
        found[:, i, j] = run.latency, run.energy.total / cells, run.reservoir_charge / cells, _spread(layout, run)
    return PrechargeScaling(np.array(sides, float), np.array(resistances, float), *found)


def _spread(layout: Layout, run: Run) -> float:
    names = [s.variable.name for s in layout.device.device.states]
    channel = run.solution.states(CELLS)[..., names.index("channel_lithium")]
    return float(np.ptp(channel, axis=1).max())
