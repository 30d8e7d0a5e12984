"""Every way to wire a read, native against ngspice's operating point of a netlist with each element in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossbar as xb
from circuits.ngspice.engine import available

CURRENT = 1e-9  # relative, at fixed conductances (issue bar)

pytestmark = [
    pytest.mark.skipif(available() is None, reason="ngspice is not on this machine: the cross-check was not run"),
]

WIRINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "real drivers and amplifiers": {"sensing": xb.Sensing(driver=30.0, amplifier=80.0)},
    "both ends": {"sensing": xb.Sensing(driver=10.0, drive="both", sense="both")},
    "far ends": {"sensing": xb.Sensing(drive="right", sense="bottom")},
    "lines that float": {"word_line": [0.1, np.nan, 0.2, -0.1], "bit_line": [0.0, 0.05, np.nan, 0.0, 0.0]},
    "faults": {
        "sensing": xb.Sensing(
            amplifier=50.0,
            drive="both",
            faults=xb.Faults(
                word={(0, 2): np.inf, (1, 1): 0.0, (3, 0): 500.0},
                bit={(2, 1): np.inf, (0, 0): 0.0},
                cells={(2, 2): 1e-3, (1, 3): np.inf},
            ),
        )
    },
}
ARRAYS: dict[str, dict[str, Any]] = {
    "metal lines": {"lines": xb.Lines(word=3.0, bit=8.0)},
    "ideal word lines": {"lines": xb.Lines(word=0.0, bit=8.0)},
    "ideal bit lines": {"lines": xb.Lines(word=3.0, bit=0.0)},
    "access switches": {"lines": xb.Lines(word=3.0, bit=8.0), "access": xb.Access(channel=(xb.Switch(on=200.0),))},
}


def near(one, other, scale):
    return np.abs(np.asarray(one) - other).max() <= CURRENT * scale


@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("parts", ARRAYS)
def test_both_engines_read_the_same_currents(parts, wiring):
    array = xb.Array(4, 5, **ARRAYS[parts])
    array = array.varied({"conductance_max": 10 ** np.random.default_rng(0).uniform(-4, -2, (4, 5))})
    asked = {"word_line": [0.1, 0.2, -0.1, 0.15]} | WIRINGS[wiring]
    one, other = (array.read(array.rest(0.4), **asked, engine=engine) for engine in ("native", "ngspice"))
    scale = np.abs(one.currents).max()
    assert near(one.currents, other.currents, scale)
    for side in ("left", "right", "top", "bottom"):
        assert near(getattr(one.into, side), getattr(other.into, side), scale)
    assert near(one.power, other.power, np.abs(one.power).max())
    assert near(one.ideal, other.ideal, scale)


def test_both_engines_find_the_same_potentials():
    array = xb.Array(3, 3, lines=xb.Lines(word=3.0, bit=8.0))
    bias = array.select((1, 1), 0.3, unselected="V/2")
    asked: dict[str, Any] = {"word_line": bias.word_line, "bit_line": bias.bit_line, "sensing": xb.Sensing(keep=True)}
    one, other = (array.read(array.rest(0.4), **asked, engine=engine).potentials for engine in ("native", "ngspice"))
    assert near(one.word, other.word, 0.3)
    assert near(one.bit, other.bit, 0.3)
