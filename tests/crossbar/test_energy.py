"""The account of an operation."""

from __future__ import annotations

import pytest

import crossbar as xb


@pytest.fixture(scope="module")
def run():
    array = xb.Array(2, 2)
    return array.program(array.rest(), {(0, 1): xb.Pulse(0.5, 10e-3)})


def test_supplied_is_dissipated_plus_stored(run):
    energy = run.energy
    spent = sum(energy.dissipated.values()) + sum(energy.stored.values())
    assert energy.total == pytest.approx(spent, rel=1e-6)
    assert energy.balance <= 1e-6


def test_it_is_named_by_source_and_element(run):
    assert set(run.energy.supplied) == {"word", "bit", "gate", "reservoir"}
    assert {"cells", "gate_line", "gate_access", "electrolyte", "reservoir_path"} <= set(run.energy.dissipated)
    assert set(run.energy.stored) == {"cells", "reservoir"}


def test_energies_add(run):
    both = run.energy + run.energy
    assert both.total == pytest.approx(2 * run.energy.total)
    assert both.balance == pytest.approx(run.energy.balance)


def test_heat_is_never_negative(run):
    assert all(value >= 0 for value in run.energy.dissipated.values())
