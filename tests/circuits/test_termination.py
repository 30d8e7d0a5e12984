"""Sources behind series conductances, folded into the admittance: the same network written in two ways."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.errors import InputError
from circuits.planes.ports import port_admittance
from circuits.planes.termination import terminate

ROUNDING = 1e-12


def array(rng, rows=20, columns=35):
    """All four sides attached."""
    word, bit = rng.uniform(0.1, 1, (rows, columns + 1)), rng.uniform(0.1, 1, (rows + 1, columns))
    return 10 ** rng.uniform(-4, -1, (rows, columns)), word, bit


def close(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= ROUNDING * np.abs(expected).max()


def test_ideal_sources_change_nothing():
    ports = port_admittance(*array(np.random.default_rng(1)))
    found = terminate(ports, np.full(len(ports.admittance), np.inf))
    close(found.admittance, ports.admittance)
    assert list(found.bottom) == list(ports.bottom)


def test_series_conductance_is_part_of_the_end_segment():
    rng = np.random.default_rng(2)
    crossing, word, bit = array(rng)
    ports = port_admittance(crossing, word, bit)
    series = 10 ** rng.uniform(-6, 3, len(ports.admittance))
    found = terminate(ports, series)
    for ends, side in ((word[:, 0], "left"), (word[:, -1], "right"), (bit[0], "top"), (bit[-1], "bottom")):
        ends[:] = 1 / (1 / ends + 1 / series[ports.where(side)])
    close(found.admittance, port_admittance(crossing, word, bit).admittance)


def test_a_floating_end_is_one_that_is_not_attached():
    rng = np.random.default_rng(3)
    crossing, word, bit = array(rng)
    ports = port_admittance(crossing, word, bit)
    series = np.where(rng.random(len(ports.admittance)) < 0.5, 0.0, np.inf)
    found = terminate(ports, series)
    for ends, side in ((word[:, 0], "left"), (word[:, -1], "right"), (bit[0], "top"), (bit[-1], "bottom")):
        ends[series[ports.where(side)] == 0] = 0.0
    other = port_admittance(crossing, word, bit)
    close(found.admittance, other.admittance)
    assert [list(getattr(found, side)) for side in ("left", "right", "top", "bottom")] == [
        list(getattr(other, side)) for side in ("left", "right", "top", "bottom")
    ]


def test_is_the_solution_of_kirchhoff_at_the_ends():
    """V/3 on idle lines, 50 ohm drivers on both sides of the words, 1 kohm sense amplifiers below, tops floating."""
    ports = port_admittance(*array(np.random.default_rng(4)))
    count = len(ports.admittance)
    series, sources = np.zeros(count), np.zeros(count)
    series[ports.where("left")] = series[ports.where("right")] = 1 / 50
    series[ports.where("bottom")] = 1e-3
    sources[ports.where("left")] = sources[ports.where("right")] = 0.1
    sources[3] = sources[ports.where("right").start + 3] = 0.3
    potentials = np.linalg.solve(ports.admittance + np.diag(series), series * sources)
    expected = (series * (sources - potentials))[series > 0]
    found = terminate(ports, series)
    close(found.admittance @ sources[series > 0], expected)
    driven = found.between("left", "bottom") + found.between("right", "bottom")
    close(driven @ sources[ports.where("left")], -expected[found.where("bottom")])


def test_in_two_steps_or_in_one():
    ports = port_admittance(*array(np.random.default_rng(5)))
    series = 10 ** np.random.default_rng(6).uniform(-3, 3, len(ports.admittance))
    first = np.where(np.arange(len(series)) % 3, np.inf, 0.0)
    second = series[first > 0]
    close(terminate(terminate(ports, first), second).admittance, terminate(ports, np.minimum(first, series)).admittance)


def test_everything_floating_leaves_nothing():
    ports = port_admittance(*array(np.random.default_rng(7)))
    assert terminate(ports, np.zeros(len(ports.admittance))).admittance.shape == (0, 0)


def test_a_line_cut_off_floats_without_harm():
    crossing, word, bit = array(np.random.default_rng(8))
    crossing[5] = 0.0
    ports = port_admittance(crossing, word, bit)
    series = np.full(len(ports.admittance), np.inf)
    series[[5, ports.where("right").start + 5]] = 0.0
    found = terminate(ports, series)
    kept = np.flatnonzero(series)
    close(found.admittance, ports.admittance[np.ix_(kept, kept)])


@pytest.mark.parametrize("series", [np.ones(3), np.full(110, -1.0), np.full(110, np.nan)])
def test_names_the_argument_it_cannot_use(series):
    ports = port_admittance(*array(np.random.default_rng(9)))
    with pytest.raises(InputError, match=r"^series = "):
        terminate(ports, series)
