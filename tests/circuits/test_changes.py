"""Devices changed one after the other: the same admittance as of the changed array."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.errors import InputError
from circuits.planes import changes
from circuits.planes.changes import changed, current
from circuits.planes.ports import port_admittance

ROUNDING = 1e-12


def array(rng, rows, columns, *, spread=4.0):
    word, bit = rng.uniform(0.1, 1, (rows, columns + 1)), rng.uniform(0.1, 1, (rows + 1, columns))
    word[:, -1], bit[0] = 0.0, 0.0
    return 10 ** rng.uniform(-spread, 0, (rows, columns)), word, bit


def same(ports, crossing, word, bit):
    expected = port_admittance(crossing, word, bit).admittance
    assert np.abs(ports.admittance - expected).max() <= ROUNDING * np.abs(expected).max()


@pytest.mark.parametrize("shape", [(3, 20), (40, 70), (66, 33)])
@pytest.mark.parametrize("spread", [1.0, 8.0])
def test_a_sequence_of_changes_is_the_changed_array(shape, spread):
    rng = np.random.default_rng(1)
    crossing, word, bit = array(rng, *shape, spread=spread)
    ports = port_admittance(crossing, word, bit, changes=True)
    for n in range(24):
        i, j = rng.integers(shape[0]), rng.integers(shape[1])
        if n % 2:  # the same few crossings again, most of them in one tile
            i, j = min(i, 2), min(j, 2)
        crossing[i, j] = (0.0, 10 ** rng.uniform(-spread, 0), 30.0)[n % 3]
        ports = changed(ports, i, j, crossing[i, j])
        same(ports, crossing, word, bit)
    assert ports.reduction is not None
    assert (current(ports.reduction) == crossing).all()


def test_the_only_device_opened_leaves_nothing():
    ports = port_admittance([[1.0]], [[2.0, 0.0]], [[0.0], [3.0]], changes=True)
    assert np.abs(changed(ports, 0, 0, 0.0).admittance).max() <= ROUNDING * ports.admittance.max()


def test_every_crossing_of_a_tile_and_its_neighbours():
    crossing, word, bit = array(np.random.default_rng(2), 35, 19)
    ports = port_admittance(crossing, word, bit, changes=True)
    for i, j in np.ndindex(18, 18):
        other = crossing.copy()
        other[i, j] *= 7.0
        if (i + j) % 5 == 0 or i in {15, 16, 17} or j in {8, 9, 10}:
            same(changed(ports, i, j, other[i, j]), other, word, bit)


def test_the_same_value_again_changes_nothing():
    crossing, word, bit = array(np.random.default_rng(3), 30, 30)
    ports = port_admittance(crossing, word, bit, changes=True)
    assert (changed(ports, 4, 5, crossing[4, 5]).admittance == ports.admittance).all()


def test_a_short_put_in_and_taken_out_leaves_no_trace():
    """A short of 1e9 S takes all digits of what it bridges: taking it out again is a fresh computation."""
    crossing, word, bit = array(np.random.default_rng(4), 40, 40)
    for i, j in ((3, 3), (15, 15), (39, 39), (20, 7)):
        shorted = crossing.copy()
        shorted[i, j] = 1e9
        ports = changed(port_admittance(crossing, word, bit, changes=True), i, j, 1e9)
        same(ports, shorted, word, bit)
        same(changed(ports, i, j, crossing[i, j]), crossing, word, bit)
        same(changed(port_admittance(shorted, word, bit, changes=True), i, j, crossing[i, j]), crossing, word, bit)


@pytest.mark.parametrize("row", [3, 30])
def test_devices_that_tie_a_loose_line_to_the_rest(row):
    """A word line without ends carries current only from its second device on: the first must not be forgotten."""
    crossing, word, bit = array(np.random.default_rng(5), 40, 40)
    crossing[row], word[row, 0] = 0.0, 0.0
    ports = port_admittance(crossing, word, bit, changes=True)
    for j in (2, 35, 17, 2):
        crossing[row, j] = 0.5 - crossing[row, j]
        ports = changed(ports, row, j, crossing[row, j])
        same(ports, crossing, word, bit)


def test_a_crossing_cut_off_from_its_lines_can_be_changed():
    crossing, word, bit = array(np.random.default_rng(6), 20, 20)
    word[5, 5:7], bit[5:7, 5] = 0.0, 0.0
    ports = port_admittance(crossing, word, bit, changes=True)
    crossing[5, 5] = 0.3
    same(changed(ports, 5, 5, 0.3), crossing, word, bit)


def test_after_many_changes_the_array_is_computed_afresh(monkeypatch):
    monkeypatch.setattr(changes, "MOST", 3)
    crossing, word, bit = array(np.random.default_rng(7), 20, 20)
    ports = port_admittance(crossing, word, bit, changes=True)
    for n in range(5):
        crossing[n, n] = 0.2
        ports = changed(ports, n, n, 0.2)
        assert ports.reduction is not None
        assert len(ports.reduction.changes) <= 3
        same(ports, crossing, word, bit)


def test_leaves_the_ports_it_is_given_as_they_were():
    crossing, word, bit = array(np.random.default_rng(8), 20, 20)
    ports = port_admittance(crossing, word, bit, changes=True)
    before = ports.admittance.copy()
    one, other = changed(ports, 1, 2, 0.9), changed(ports, 11, 12, 0.9)
    assert (ports.admittance == before).all()
    for found, place in ((one, (1, 2)), (other, (11, 12))):
        expected = crossing.copy()
        expected[place] = 0.9
        same(found, expected, word, bit)


@pytest.mark.parametrize(
    ("field", "row", "column", "conductance"),
    [
        ("row", 9, 0, 1.0),
        ("row", 0.5, 0, 1.0),
        ("column", 0, -1, 1.0),
        ("conductance", 0, 0, -1.0),
        ("conductance", 0, 0, np.inf),
    ],
)
def test_names_the_argument_it_cannot_use(field, row, column, conductance):
    ports = port_admittance(*array(np.random.default_rng(9), 9, 9), changes=True)
    with pytest.raises(InputError, match=f"^{field} = "):
        changed(ports, row, column, conductance)


def test_says_how_ports_are_made_that_can_be_changed():
    ports = port_admittance(*array(np.random.default_rng(10), 9, 9))
    with pytest.raises(InputError, match="changes=True"):
        changed(ports, 0, 0, 1.0)
