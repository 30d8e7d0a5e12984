"""The yardstick itself: two ways to the same extended precision."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.errors import InputError, OutcomeError
from circuits.planes import reference as module
from circuits.planes.direct import eliminate, network
from circuits.planes.grid import End, Ends, Grid
from circuits.planes.reference import reference

ROUNDING = 4e-16  # of a result rounded to double


def case(seed=0, size=40):
    rng = np.random.default_rng(seed)
    crossing = 10 ** rng.uniform(-6, -2, (size, size))
    crossing[rng.random((size, size)) < 0.1] = 0
    word, bit = (rng.choice([0.1, 1.0, 10.0], s) for s in ((size, size + 1), (size + 1, size)))
    word[3, 4], bit[5, 6], word[7, 8] = np.inf, np.inf, 0.0
    ends = Ends(
        left=End(rng.normal(size=size), 5.0),
        right=End(rng.normal(size=size), rng.choice([0.0, np.inf], size)),
        top=End(0.2, rng.choice([0.0, np.inf], size)),
        bottom=End(0.0, rng.choice([0.0, 50.0], size)),
    )
    return Grid.of(crossing, word, bit), ends


def test_elimination_and_iteration_refine_to_the_same_double():
    """Word lines are eliminated by other code in each, and only extended residuals decide."""
    grid, ends = case()
    one, other = reference(grid, ends), reference(grid, ends, small=0)
    for name in ("bit", "word"):
        a, b = getattr(one, name), getattr(other, name)
        assert np.abs(a - b).max() <= ROUNDING * np.abs(a).max()
    for side in ("left", "right", "top", "bottom"):
        a, b = getattr(one.into, side), getattr(other.into, side)
        assert np.abs(a - b).max() <= ROUNDING * np.abs(a).max()
    assert np.abs(one.potentials.word - other.potentials.word).max() <= ROUNDING


def test_refinement_is_in_more_than_double_where_there_is_more():
    if np.finfo(np.longdouble).eps == np.finfo(float).eps:
        pytest.skip("np.longdouble is double on this platform")
    grid, ends = case(1, 12)
    contacts = ends.contacts(grid)
    volts = eliminate(network(grid, contacts.resistance)).potentials(contacts, 0, np.longdouble)
    assert np.abs(volts - volts.astype(float)).max() > 0


def test_a_large_grid_with_ideal_bit_segments_wants_transposing():
    grid, ends = case(2, 10)
    bit = grid.bit.copy()
    bit[2, 2] = 0
    with pytest.raises(InputError, match="the transposed grid"):
        reference(Grid.of(grid.crossing, grid.word, bit), ends, small=0)


def test_a_reference_that_does_not_settle_says_so(monkeypatch):
    grid, ends = case(3, 10)
    monkeypatch.setattr(module, "ROUNDS", 1)
    with pytest.raises(OutcomeError, match=r"A reference of 10 x 10 crossings still moves after 1 rounds.*Try"):
        reference(grid, ends, small=0)
