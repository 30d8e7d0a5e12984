"""Reading: exact IR drop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb
from crossbar.operations.read import ports

EXACT = 1e-10  # relative: symmetries of one direct solve (issue bar)
ZERO = 1e-12  # zero wire resistance equals G V


def make(rows, columns, word=0.7, bit=0.7):
    return xb.Array(rows, columns, lines=xb.Lines(word=word, bit=bit))


def random_conductances(seed, shape):
    return 10 ** np.random.default_rng(seed).uniform(-6, -3, shape)


def test_without_wire_resistance_a_read_is_a_product():
    array, g = make(5, 3, 0.0, 0.0), random_conductances(1, (5, 3))
    v = np.random.default_rng(2).uniform(-0.1, 0.1, (7, 5))
    assert np.allclose(ports(array, g).currents(v), v @ g, rtol=ZERO, atol=ZERO * np.abs(v @ g).max())


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**31))
def test_transposing_swaps_the_lines(rows, columns, seed):
    """The array read from its bit lines is the transposed array with word and bit resistance swapped."""
    g = random_conductances(seed, (rows, columns))
    one = ports(make(rows, columns, 3.0, 11.0), g).admittance
    other = ports(make(columns, rows, 11.0, 3.0), g.T).admittance
    order = np.r_[np.arange(columns, columns + rows), np.arange(columns)]
    assert np.allclose(one, other[np.ix_(order, order)], rtol=EXACT, atol=EXACT * np.abs(one).max())


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**31))
def test_the_array_is_reciprocal_and_keeps_its_charge(rows, columns, seed):
    seen = ports(make(rows, columns), random_conductances(seed, (rows, columns))).admittance
    scale = np.abs(seen).max()
    assert np.allclose(seen, seen.T, rtol=0, atol=EXACT * scale)
    assert np.abs(seen.sum(axis=1)).max() <= EXACT * scale


def test_currents_superpose():
    array = make(4, 4)
    state = array.rest()
    one, other = np.random.default_rng(3).uniform(-0.1, 0.1, (2, 4))
    both = array.read(state, one + other).currents
    assert np.allclose(both, array.read(state, one).currents + array.read(state, other).currents, rtol=EXACT)


def test_ir_drop_of_equal_millisiemens_devices():
    """All cells at 1 mS, 0.7 ohm a segment: 1 % at N = 4 and 11.5 % at N = 16 of all current (device.md section 6)."""
    for size, lost in ((4, 0.010), (16, 0.115)):
        array = make(size, size)
        reading = array.read(array.rest(), 0.1)
        assert 1 - reading.currents.sum() / reading.ideal.sum() == pytest.approx(lost, rel=0.15)


def test_a_ladder_agrees_with_the_textbook():
    """One row: a resistor ladder, solved by numpy on its own nodal matrix."""
    array, g = make(1, 3, 2.0, 5.0), np.array([[1e-3, 2e-3, 5e-4]])
    branch = 1 / (1 / g[0] + 5.0)
    laplacian = np.diag([0.5 + 0.5, 0.5 + 0.5, 0.5]) - np.diag([0.5, 0.5], 1) - np.diag([0.5, 0.5], -1)
    potentials = np.linalg.solve(laplacian + np.diag(branch), np.array([0.1 * 0.5, 0, 0]))
    assert np.allclose(ports(array, g).currents([0.1]), branch * potentials, rtol=1e-12)


def test_reading_costs_power_times_time():
    array = make(2, 2)
    short, long = (array.read(array.rest(), 0.1, duration=t) for t in (1e-6, 3e-6))
    assert long.energy == pytest.approx(3 * short.energy)
    assert short.energy == pytest.approx(0.1 * short.currents.sum() * 1e-6, rel=1e-9)
    assert short.balance <= EXACT


@pytest.mark.parametrize("volts", [[0.1, 0.1, 0.1], np.nan, [np.inf, 0.0], 1e300, "x"])
def test_a_bad_read_voltage_is_refused(volts):
    array = make(2, 2)
    with pytest.raises(xb.InputError, match="word_line"):
        array.read(array.rest(), volts)


def test_a_bad_duration_is_refused():
    array = make(2, 2)
    with pytest.raises(xb.InputError, match=r"duration = 0.0: allowed is a finite time above 0 s"):
        array.read(array.rest(), 0.1, duration=0.0)


def test_ports_follow_a_changed_device():
    array = xb.Array(12, 9, lines=xb.Lines(3.0, 5.0), access=xb.Access(channel=(xb.Switch(on=200.0),)))
    g = random_conductances(5, (12, 9))
    before = ports(array, g, changes=True)
    g[4, 7] *= 30
    fresh = ports(array, g).admittance
    assert np.abs(before.changed((4, 7), g[4, 7]).admittance - fresh).max() <= 1e-12 * np.abs(fresh).max()
    with pytest.raises(xb.InputError, match="conductance = 0"):
        before.changed((4, 7), 0.0)


def test_ports_and_reads_are_the_same_array():
    array = make(20, 30, 2.0, 7.0).varied({"conductance_max": random_conductances(6, (20, 30)) * 10})
    state = array.rest(0.4)
    seen, volts = array.ports(state), np.random.default_rng(7).uniform(-0.1, 0.1, (3, 20))
    reading = array.read(state, volts)
    assert np.allclose(seen.currents(volts), reading.currents, rtol=1e-9, atol=1e-9 * np.abs(reading.currents).max())
    assert np.allclose(seen.power(volts), reading.power, rtol=1e-9)
