"""Against badcrossbar, an independent solver of the same network."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.planes.grid import End, Ends, Grid
from circuits.planes.read import solve

AGREE = 1e-9  # relative (issue bar)

badcrossbar = pytest.importorskip("badcrossbar", reason="badcrossbar is not installed")


@pytest.mark.parametrize(("word", "bit"), [(1.0, 1.0), (0.3, 20.0)])
def test_badcrossbar_finds_the_same_currents(word, bit):
    rng = np.random.default_rng(0)
    resistance, volts = 10 ** rng.uniform(3, 7, (24, 17)), rng.uniform(0.1, 1, (3, 24))
    expected = badcrossbar.compute(volts.T.copy(), resistance, r_i_word_line=word, r_i_bit_line=bit).currents.output
    flow = solve(Grid.of(1 / resistance, word, bit), Ends(left=End(volts)))
    assert np.abs(flow.bit / expected - 1).max() <= AGREE
