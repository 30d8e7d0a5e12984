"""The lithium budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb


@given(st.floats(-0.1, 0.1), st.floats(0.1, 0.8))
def test_what_is_given_can_be_taken_back(charge, lithium):
    reservoir = xb.Reservoir(capacity=2.0)
    left = reservoir.after(lithium, charge)
    assert reservoir.after(left, -charge) == pytest.approx(lithium, abs=1e-15)
    assert left == pytest.approx(lithium - charge / 2.0)


@pytest.mark.parametrize("charge", [0.3, -0.2])
def test_it_neither_empties_nor_overflows(charge):
    with pytest.raises(xb.InputError, match=r"reservoir charge = .* at y = 0.6"):
        xb.Reservoir().after(0.6, charge)
