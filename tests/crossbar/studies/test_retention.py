"""How long differences last, by what the lines do."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossbar as xb
from circuits.ngspice.engine import available
from crossbar.studies.retention import Retention


def board(array, low=0.35, high=0.45):
    """Every cell the opposite of its neighbours: the steepest pattern there is."""
    row, column = np.indices(array.shape)
    return array.stored(np.where((row + column) % 2, low, high))


def kept(neighbour, *, side=9, access=None, **policy):
    array = xb.Array(side, side, electrolyte=xb.Electrolyte(neighbour), access=access or xb.Access())
    return xb.studies.retention(array, board(array), **policy)


@pytest.mark.parametrize(("neighbour", "expected", "close"), [(1e6, 0.2, 0.05), (1e10, 193.0, 0.05)])
def test_with_grounded_channels_one_percent_is_soon_gone(neighbour, expected, close):
    """0.2 s at 1e6 ohm to 193 s at 1e10 ohm (device.md section 6), gates cut off."""
    found = kept(neighbour)
    assert found.one_percent == pytest.approx(expected, rel=close)
    assert found.one_percent < found.half < math.inf


def test_lines_that_float_keep_no_more_but_cells_that_float_keep_everything():
    """Channels of a line stay joined when its driver lets go; switches of their own cut them off (section 6)."""
    assert kept(1e8, side=4, channels="float").one_percent == pytest.approx(kept(1e8, side=4).one_percent, rel=1e-3)
    cut = kept(1e8, side=4, channels="float", access=xb.Access(channel=(xb.Switch(),)), latest=1e4)
    assert cut.one_percent == math.inf
    assert cut.half == math.inf
    assert cut.loss[-1] < 0.01
    assert cut.seen == 1e4


def test_grounded_gates_lose_sooner_than_cut_off_ones():
    assert kept(1e8, side=3, gates="ground").half < 0.5 * kept(1e8, side=3).half


def test_islands_of_one_cell_keep_what_one_film_loses():
    alone = xb.Array(3, 3, electrolyte=xb.Electrolyte(xb.Islands(1, 1)))
    assert xb.studies.retention(alone, board(alone), latest=1e3).one_percent == math.inf


def test_loss_is_in_proportion_to_time_at_first_and_to_conductance_of_the_electrolyte():
    """dx/dt = dU/(R Q) while the interface's resistance (a megaohm) is nothing beside R_nn."""
    tight = xb.Switch(off=1e16)
    access = xb.Access(gate=(tight,), reservoir=(tight,))
    slow, slower = (kept(ohms, side=3, access=access) for ohms in (1e10, 1e11))
    assert slower.one_percent / slow.one_percent == pytest.approx(10, rel=0.02)
    assert slow.until(0.01) / slow.until(0.001) == pytest.approx(10, rel=0.05)


def test_the_first_sample_is_the_start_and_nothing_is_lost_yet():
    found = kept(1e8, side=2)
    assert found.time[0] == 0
    assert found.loss[0] == 0
    assert found.difference[0] == pytest.approx(1.134e-3, rel=1e-3)


def power(exponent):
    """A made-up curve: loss (t / 100 s)^exponent."""
    time = np.concatenate([[0.0], np.geomspace(1e-3, 1e2, 26)])
    return Retention(time, 1 - (time / 1e2) ** exponent, "float", "ground", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_a_crossing_between_samples_is_exact_for_a_power_of_time(exponent):
    for loss in (0.013, 0.5, 0.77):
        assert power(exponent).until(loss) == pytest.approx(1e2 * loss ** (1 / exponent), rel=1e-9)


def test_a_crossing_before_the_first_sample_is_a_straight_line_from_the_start():
    assert power(0.1).until(0.1) == pytest.approx(1e-3 * 0.1 / (1e-5) ** 0.1, rel=1e-9)


@pytest.mark.skipif(available() is None, reason="ngspice is not on this machine: the cross-check was not run")
def test_engines_agree_on_how_long_it_lasts():
    ours, theirs = (kept(1e6, side=2, latest=1.0, settings=xb.Settings(engine=e)) for e in ("native", "ngspice"))
    assert ours.one_percent == pytest.approx(theirs.one_percent, rel=1e-3)


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda a: xb.studies.retention(a, a.rest()), "state"),
        (lambda a: xb.studies.retention(a, board(a), latest=1e-3), "latest"),
        (lambda a: xb.studies.retention(a, board(a), gates="V/2"), "gates"),  # type: ignore[arg-type]
        (lambda a: xb.studies.retention(a, board(a), latest=1.0).until(1.0), "loss"),
        (lambda a: a.stored([0.1, 0.2, 0.3]), "lithium"),
        (lambda a: a.stored("much"), "lithium"),
        (lambda a: a.stored(0.75), "channel lithium"),
        (lambda a: a.stored(0.05), "gate lithium"),
    ],
)
def test_what_cannot_be_asked(ask, field):
    with pytest.raises(xb.InputError) as caught:
        ask(xb.Array(2, 2))
    assert caught.value.field == field
