"""Weights to conductances and back; tiles that cover a matrix once and add up to it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from circuits.errors import InputError
from crossbar.mapping.schemes import Scheme, Window, differences, encode
from crossbar.mapping.tiles import partition

WINDOW = Window(50e-6, 150e-6)


def differential(weights, scale_per="column"):
    return encode(weights, Scheme("one_sided", scale_per, WINDOW, states=math.inf))


matrices = arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 6)), elements=st.floats(-10, 10))


@given(matrices, st.sampled_from(["column", "tile"]))
def test_conductances_hold_the_weights(weights, scale_per):
    mapped = differential(weights, scale_per)
    # 1e-12 of the largest weight: the conductances' rounding, 1e-16 of 150 uS, over a window of 100 uS.
    assert mapped.weights(mapped.conductances) == pytest.approx(weights, abs=1e-12 * max(np.abs(weights).max(), 1e-300))


@given(matrices, st.sampled_from(["column", "tile"]))
def test_devices_stay_in_the_window_and_half_of_them_at_its_low_end(weights, scale_per):
    devices = differential(weights, scale_per).conductances
    assert devices.shape == (weights.shape[0], 2 * weights.shape[1])
    assert devices.min() >= WINDOW.low
    assert devices.max() <= WINDOW.high
    assert np.all(np.minimum(devices[:, 0::2], devices[:, 1::2]) == WINDOW.low)


def test_scale_per_column_uses_the_whole_window_in_each():
    weights = np.array([[1.0, -0.01], [0.5, 0.0]])
    by_column = differential(weights).conductances
    by_tile = differential(weights, "tile").conductances
    assert by_column[0] == pytest.approx([150e-6, 50e-6, 50e-6, 150e-6])
    assert by_tile[0] == pytest.approx([150e-6, 50e-6, 50e-6, 51e-6])


def test_a_column_of_zeros_rests():
    mapped = differential(np.zeros((3, 2)))
    assert np.all(mapped.conductances == WINDOW.low)
    assert np.all(np.isfinite(mapped.scale))


def test_differences_subtract_neighbours():
    assert differences(np.array([5.0, 3.0, 1.0, 4.0])).tolist() == [2.0, -3.0]


sizes = st.integers(1, 20)


@given(sizes, sizes, sizes, sizes)
def test_tiles_cover_every_weight_once(rows, columns, tile_rows, tile_columns):
    seen = np.zeros((rows, columns), dtype=int)
    for tile in partition(rows, columns, tile_rows, tile_columns):
        seen[tile.rows, tile.columns] += 1
        assert tile.shape[0] <= tile_rows
        assert tile.shape[1] <= tile_columns
        assert min(tile.shape) >= 1
    assert np.all(seen == 1)


@given(sizes, sizes, st.integers(0, 100))
def test_tiled_equals_untiled(tile_rows, tile_columns, seed):
    rng = np.random.default_rng(seed)
    weights, inputs = rng.normal(size=(13, 7)), rng.uniform(size=(4, 13))
    total = np.zeros((4, 7))
    for tile in partition(13, 7, tile_rows, tile_columns):
        mapped = differential(weights[tile.rows, tile.columns])
        total[:, tile.columns] += differences(inputs[:, tile.rows] @ mapped.conductances) * mapped.scale
    assert total == pytest.approx(inputs @ weights, abs=1e-12)


@pytest.mark.parametrize("ends", [(0.0, 1e-6), (2e-6, 1e-6), (1e-6, 1e-6), (float("nan"), 1e-6), (1e-6, float("inf"))])
def test_refused_windows(ends):
    with pytest.raises(InputError, match="window"):
        Window(*ends)


def test_refused_weights_and_tiles():
    with pytest.raises(InputError, match="weights"):
        differential(np.array([[np.nan]]))
    with pytest.raises(InputError, match="weights"):
        differential(np.zeros(3))
    with pytest.raises(InputError, match="scale_per"):
        differential(np.zeros((1, 1)), "row")
    with pytest.raises(InputError, match="tile_rows"):
        partition(3, 3, 0, 3)
