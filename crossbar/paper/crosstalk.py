"""How much of a pulse the middle cell of a small array keeps, and what a neighbour gets."""

from __future__ import annotations

import numpy as np

from crossbar.array import liwes
from crossbar.electrolyte import Electrolyte
from crossbar.facade import Array
from crossbar.lines import Access, Lines
from crossbar.paper.experiments import Crosstalk, Setting
from crossbar.paper.found import Found, Hear
from crossbar.pulses import Pulse
from crossbar.reservoir import Reservoir
from crossbar.results import Quantity

LITERAL = Reservoir(resistance=2e9)


def crosstalk(experiment: Crosstalk, engine: str, hear: Hear) -> Found:
    """Every setting, beside one device alone under the same pulse."""
    kept, leaked, middle = [], [], experiment.side // 2
    for number, setting in enumerate(experiment.settings):
        change = _change(setting, experiment.side, engine)
        alone = float(_change(setting, 1, engine)[0, 0])
        kept.append(change[middle, middle] / alone)
        leaked.append(change[middle, middle + 1] / alone)
        hear((number + 1) / len(experiment.settings), "")
    axis = ("setting",)
    return Found(
        {
            "kept": Quantity(np.array(kept), axis, "1", "of a lone device's change, by the pulsed cell"),
            "leaked": Quantity(np.array(leaked), axis, "1", "of it, by its neighbour on the gate line's right"),
        },
        {
            "neighbour": Quantity([s.neighbour for s in experiment.settings], axis, "ohm", "between neighbours"),
            "literal": Quantity(
                [float(s.calibration == "literal_peo") for s in experiment.settings], axis, "1", "PEO taken literally"
            ),
        },
    )


def _change(setting: Setting, side: int, engine: str) -> np.ndarray:
    """Change of conductance of every cell when the middle one is pulsed, all other gates floating."""
    reservoir = LITERAL if setting.calibration == "literal_peo" else Reservoir()
    array = Array(
        side, side, liwes(setting.calibration), Lines(word=0, bit=0, gate=0), Electrolyte(setting.neighbour),
        reservoir, Access(),
    )  # fmt: skip
    pulse = Pulse(setting.amplitude, setting.width)
    return array.program(array.rest(), {(side // 2, side // 2): pulse}, engine=engine).change
