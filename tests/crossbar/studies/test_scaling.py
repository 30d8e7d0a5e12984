"""Pre-charge against size, the largest array for an error, refresh and recharge."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossbar as xb

PULSE = xb.Pulse(1.0, 200e-6)


def bare(side):
    """No switches: only the device's and the reservoir's own resistances."""
    return xb.Array(side, side, access=xb.Access(gate=(), reservoir=()))


@pytest.mark.slow
def test_one_reservoir_charges_many_devices_in_as_much_longer():
    """112 s for one device, 1040 s for 8 x 8 at R_lfp = 1e5 ohm (device.md section 6); to x = 0.39."""
    found = xb.studies.precharge_scaling(bare, (1, 8), (1e5,), tolerance=0.01)
    np.testing.assert_allclose(found.time[:, 0], [112, 1040], rtol=0.06)
    assert found.spread[0, 0] == 0
    assert found.spread[1, 0] < 1e-5


def test_a_device_takes_as_much_whatever_the_size():
    """11.4 uC and 12.6 uJ a device (section 6)."""
    found = xb.studies.precharge_scaling(bare, (1, 2), (1e4, 1e5))
    np.testing.assert_allclose(found.charge, 11.4e-6, rtol=2e-3)
    np.testing.assert_allclose(found.energy, 12.6e-6, rtol=5e-3)
    assert (np.diff(found.time, axis=0) > 0).all()
    assert (np.diff(found.time, axis=1) > 0).all()


def test_time_is_a_straight_line_in_the_number_of_devices_times_the_reservoir_s_resistance():
    """What is left decays with (R_device + N R) C: equal steps of N R are equal steps of time, while N R dominates."""
    found = xb.studies.precharge_scaling(bare, (2, 3, 4), (1e5,), tolerance=0.01)
    devices = np.array([4.0, 9.0, 16.0])
    slope = np.diff(found.time[:, 0]) / np.diff(devices)
    assert slope[1] == pytest.approx(slope[0], rel=0.02)
    twice = xb.studies.precharge_scaling(bare, (2,), (2.1e5,), tolerance=0.01).time[0, 0]  # 2 (R + 1e4 of contact)
    assert twice - found.time[0, 0] == pytest.approx(4 * slope[0], rel=0.03)


def test_an_edge_reservoir_leaves_far_rows_behind():
    def through(ohms):
        edge = xb.Electrolyte(ohms, "edge")
        return xb.studies.precharge_scaling(lambda side: xb.Array(side, side, electrolyte=edge), (3,), (1e5,))

    near, far = through(1e3), through(1e5)
    assert near.spread[0, 0] < 0.1 * far.spread[0, 0]
    assert far.time[0, 0] > near.time[0, 0]


def test_reads_lose_what_lines_take():
    """0.7 ohm a segment, all cells 1 mS: 1 % at 4 x 4, 11.5 % at 16 x 16 (section 6)."""
    found = xb.studies.largest_read(lambda n: xb.Array(n, n), 0.115)
    assert found.side == 16
    assert found.exceeded
    error = dict(zip(found.sides, found.errors, strict=True))
    assert error[4] == pytest.approx(0.010, abs=0.0005)
    assert error[16] == pytest.approx(0.115, abs=0.0005)


@pytest.mark.parametrize("allowed", [0.002, 0.02, 0.2])
def test_the_largest_is_the_last_of_all_sizes_that_fits(allowed):
    def lost(n):
        array = xb.Array(n, n)
        reading = array.read(array.rest())
        return 1 - reading.currents.sum() / reading.ideal.sum()

    fits = [n for n in range(1, 26) if lost(n) <= allowed]
    found = xb.studies.largest_read(lambda n: xb.Array(n, n), allowed)
    assert found.side == max(fits)
    assert (np.diff(found.sides) > 0).all()
    assert (np.diff(found.errors) > 0).all()


def test_a_search_that_ends_at_its_limit_says_so():
    found = xb.studies.largest_read(lambda n: xb.Array(n, n, lines=xb.Lines(word=0, bit=0)), 0.01, most=6)
    assert (found.side, found.exceeded) == (6, False)
    assert found.sides.tolist() == [1, 2, 4, 6]


def test_even_one_cell_may_be_too_much():
    found = xb.studies.largest_read(lambda n: xb.Array(n, n, lines=xb.Lines(word=500.0)), 0.01)
    assert (found.side, found.exceeded) == (0, True)


def test_writes_miss_what_neighbours_take():
    """The two-cell array shares with two neighbours, larger ones with four; across trenches nothing is shared."""
    film = xb.studies.largest_write(lambda n: xb.Array(n, n, electrolyte=xb.Electrolyte(1e8)), 0.01, PULSE, most=8)
    assert film.side == 2
    assert film.errors[0] == 0
    islands = xb.Electrolyte(xb.Islands(1, 1))
    apart = xb.studies.largest_write(lambda n: xb.Array(n, n, electrolyte=islands), 0.01, PULSE, most=4)
    assert (apart.side, apart.exceeded) == (4, False)


def test_a_refresh_is_due_when_retention_says_so_and_lfp_gives_nothing_for_it():
    array = xb.Array(2, 2, electrolyte=xb.Electrolyte(1e9))
    state = array.stored([[0.45, 0.35], [0.35, 0.45]])
    found = xb.studies.refresh(array, state)
    assert found.period == xb.studies.retention(array, state).one_percent
    # Half of 1 % of 0.1 at either end, and a little less: conductance is no straight line in lithium.
    assert found.drift == pytest.approx(0.5e-3, rel=0.4)
    # Charge moves between films; only what the double layers hold comes from LFP.
    assert abs(found.net) < 0.01 * 0.05
    assert found.time > 10
    never = xb.studies.refresh(array, state, latest=0.01)
    assert (never.period, never.energy, never.time, never.net) == (math.inf, 0, 0, 0)


def test_a_recharge_is_due_when_gate_and_channel_are_a_tenth_of_a_volt_apart():
    """At |OCV| = 0.1 V the device has moved about 0.043 in x (section 6): 0.0466 here, by the curve U(x) alone."""
    array = xb.Array(1, 1)
    found = xb.studies.recharge(array, array.rest(), (0, 0), xb.Pulse(0.5, 0.1))
    one = found.moved / found.pulses
    assert found.moved == pytest.approx(0.043, rel=0.15)
    assert 0.1 < abs(found.ocv) < 0.1 + 2.5 * one
    assert abs(found.net) < 0.01 * found.moved
    assert found.time > 10
    never = xb.studies.recharge(array, array.rest(), (0, 0), xb.Pulse(0.5, 0.1), most=3)
    assert (never.pulses, never.time) == (math.inf, 0)


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda: xb.studies.precharge_scaling(bare, (), (1e5,)), "sides"),
        (lambda: xb.studies.precharge_scaling(bare, (1,), ()), "resistances"),
        (lambda: xb.studies.precharge_scaling(bare, (1,), (0.0,)), "reservoir.resistance"),
        (lambda: xb.studies.largest_read(bare, 0.0), "error"),
        (lambda: xb.studies.largest_read(bare, most=0), "most"),
        (lambda: xb.studies.largest_write(bare, 1.0, PULSE), "error"),
        (lambda: xb.studies.refresh(bare(1), bare(1).rest()), "state"),
        (lambda: xb.studies.recharge(bare(1), bare(1).rest(), (0, 0), PULSE, limit=0.0), "limit"),
        (lambda: xb.studies.recharge(bare(1), bare(1).rest(), (0, 1), PULSE), "cell"),
        (lambda: xb.studies.recharge(bare(1), bare(1).rest(), (0, 0), PULSE, most=-1), "most"),
    ],
)
def test_what_cannot_be_asked(ask, field):
    with pytest.raises(xb.InputError) as caught:
        ask()
    assert caught.value.field == field


def test_every_study_tells_how_far_it_is():
    array = xb.Array(2, 2, electrolyte=xb.Electrolyte(1e9))
    state = array.stored([[0.45, 0.35], [0.35, 0.45]])
    heard: list[float] = []
    watched = xb.Settings(progress=heard.append)
    for study in (
        lambda: xb.studies.refresh(array, state, settings=watched),
        lambda: xb.studies.refresh(array, state, latest=0.01, settings=watched),
        lambda: xb.studies.retention(array, state, settings=watched),
        lambda: xb.studies.half_select(array, state, (0, 0), PULSE, most=1, settings=watched),
        lambda: xb.studies.recharge(array, state, (0, 0), PULSE, most=1, settings=watched),
        lambda: xb.studies.precharge_scaling(bare, (1,), (1e5, 1e4), settings=watched),
        lambda: xb.studies.largest_read(bare, most=4, settings=watched),
        lambda: xb.studies.largest_write(bare, 0.5, PULSE, most=2, settings=watched),
    ):
        heard.clear()
        study()
        assert heard == sorted(heard)
        assert heard[-1] == pytest.approx(1.0)
        assert all(0 <= fraction <= 1 for fraction in heard)
