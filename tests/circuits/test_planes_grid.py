"""What a grid and its ends may be, and what is said when they may not."""

from __future__ import annotations

import numpy as np
import pytest

from circuits import memory
from circuits.errors import InputError, OutcomeError
from circuits.planes.flows import NOT_KEPT, Potentials
from circuits.planes.grid import FLOATING, End, Ends, Grid
from circuits.planes.read import solve

ONES = np.full((3, 4), 1e-3)
HELD = Ends(left=End(0.1))


def test_one_number_serves_every_segment_and_takes_no_room():
    grid = Grid.of(ONES, 1.0, 2.0)
    assert grid.word.shape == (3, 5)
    assert grid.bit.shape == (4, 4)
    assert grid.word.strides == (0, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Grid.of([1.0, 2.0]), "crossing = .*shape \\(rows, columns\\)"),
        (lambda: Grid.of([[1.0, -2.0]]), "crossing = -2.0"),
        (lambda: Grid.of([[np.inf]]), "crossing = inf"),
        (lambda: Grid.of([["a"]]), "crossing"),
        (lambda: Grid.of(ONES, -1.0), "word = -1.0: allowed is resistances of 0 ohm or more"),
        (lambda: Grid.of(ONES, 1.0, np.nan), "bit = nan"),
        (lambda: Grid.of(ONES, np.ones((3, 4))), "word = \\(3, 4\\): allowed is .*shape \\(3, 5\\)"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (Ends(left=End([0.1, 0.2])), r"left.potential = \(2,\): allowed is .*shape \(3,\) or \(vectors, 3\)"),
        (Ends(left=End(np.nan)), "left.potential = nan"),
        (Ends(left=End(0.1, -1.0)), "left.resistance = -1.0"),
        (Ends(left=End(np.zeros((2, 3))), bottom=End(np.zeros((3, 4)))), "the same number of vectors at every end"),
        (Ends(bottom=FLOATING), "all floating.*at least one line end that does not float"),
        (Ends(left=End(0.1), right=End(0.2)), "0 ohm from end to end"),
    ],
)
def test_ends_that_cannot_be_are_refused(ends, message):
    with pytest.raises(InputError, match=message):
        solve(Grid.of(ONES), ends)


def test_the_potential_of_an_end_that_floats_does_not_matter():
    one, other = (solve(Grid.of(ONES, 1.0, 1.0), Ends(left=End([v, 0.1, 0.2], [np.inf, 0, 0]))) for v in (np.nan, 7.0))
    assert np.array_equal(one.bit, other.bit)


def test_metal_that_nothing_holds_is_named():
    crossing, word = ONES.copy(), np.ones((3, 5))
    crossing[1, 2:] = 0
    word[1, 2] = np.inf
    with pytest.raises(InputError, match=r"word line 1 at crossing 2 = 'floating'.*write a finite segment"):
        solve(Grid.of(crossing, word, 1.0), HELD)
    held = Ends(left=End(0.1), right=End(0.1))
    assert solve(Grid.of(crossing, word, 1.0), held).bit.shape == (1, 4)


def test_a_bit_line_that_nothing_holds_is_named():
    crossing = ONES.copy()
    crossing[:, 3] = 0
    ends = Ends(left=End(0.1), bottom=End(0.0, [0, 0, 0, np.inf]))
    with pytest.raises(InputError, match="bit line 3 at crossing 0"):
        solve(Grid.of(crossing, 1.0, 1.0), ends)


def test_floating_lines_that_cells_hold_are_no_error():
    ends = Ends(left=End(0.1, [0, np.inf, np.inf]), bottom=End(0.0, [0, np.inf, np.inf, np.inf]))
    flow = solve(Grid.of(ONES, 1.0, 1.0), ends)
    assert flow.bit[0, 0] > 1e-4
    assert np.abs(flow.bit[0, 1:]).max() <= 1e-16


@pytest.mark.parametrize("tolerance", [0.0, 1e-16, 0.5, np.nan])
def test_a_tolerance_out_of_reach_is_refused(tolerance):
    with pytest.raises(InputError, match=r"tolerance = .*from 1e-13, about what double precision holds"):
        solve(Grid.of(ONES, 1.0, 1.0), HELD, tolerance=tolerance)


def test_a_start_of_another_shape_is_refused():
    start = Potentials(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(InputError, match=r"start = \(1, 2, 2\).*write solve\(\.\.\., keep=True\)\.potentials"):
        solve(Grid.of(ONES, 1.0, 1.0), HELD, start=start)
    assert solve(Grid.of(ONES, 1.0, 1.0), HELD, start=NOT_KEPT).potentials.bit.size == 0


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match=r'method = .*"auto", "iterate", "direct", or "ports" without potentials'):
        solve(Grid.of(ONES, 1.0, 1.0), HELD, method="guess")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["auto", "direct"])
def test_a_read_too_large_for_the_memory_is_refused_before_it_begins(monkeypatch, method):
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    with pytest.raises(
        OutcomeError, match=r"A read of 3 x 4 crossings.* needs .* GB of memory and 1e-07 GB are free.*Try"
    ):
        solve(Grid.of(ONES, 1.0, 1.0), HELD, method=method)
