"""Pre-charge through the one reservoir."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb
from circuits.writers.kernel import array_kernel


@pytest.fixture(scope="module")
def single():
    array = xb.Array(1, 1)
    return array, array.precharge(0.4)


def test_both_films_arrive_together(single):
    """Pre-charge: |x - 0.4| < 0.002 and |OCV| < 0.1 V (device.md section 4)."""
    array, run = single
    for film in ("channel", "gate"):
        assert abs(array.lithium(run.state, film)[0, 0] - 0.4) <= 0.002
    ocv = abs(array.swing(array.lithium(run.state, "gate")[0, 0]) - array.swing(array.lithium(run.state)[0, 0]))
    assert ocv < 0.1


def test_a_device_takes_the_charge_and_energy_of_the_paper(single):
    """11.4 uC and 12.6 uJ a device (device.md section 6), 107 s to x = 0.39 (section 4)."""
    _, run = single
    assert run.reservoir_charge == pytest.approx(11.4e-6, rel=0.01)
    assert run.energy.total == pytest.approx(12.6e-6, rel=0.01)
    assert 105 < run.latency < 160
    earlier = xb.Array(1, 1).precharge(0.4, tolerance=0.01)
    assert earlier.latency == pytest.approx(107, rel=0.05)


def test_lithium_leaves_the_reservoir_and_energy_balances(single):
    _, run = single
    group = run.solution.netlist.devices[0]
    states = run.solution.states(group.name)[:, 0]
    stored = -(array_kernel(group.device).capacities(group.parameters)[0] * (states[-1] - states[0]))
    names = [state.variable.name for state in group.device.states]
    stored[[names.index(f"{film}_lithium") for film in ("gate", "channel")]] *= -1
    assert run.reservoir_charge == pytest.approx(stored.sum(), rel=1e-10)
    assert run.state.reservoir == pytest.approx(0.6 - run.reservoir_charge / 0.5, abs=1e-12)
    assert run.energy.balance <= 1e-6


def test_a_larger_array_takes_longer_through_the_same_reservoir(single):
    """112 s (1) and 1040 s (8 x 8) at R_lfp = 1e5 (device.md section 6): here 2 x 2 against one."""
    array = xb.Array(2, 2)
    assert array.precharge(0.4).latency > 1.01 * single[1].latency


def test_charging_can_be_undone():
    array = xb.Array(1, 1)
    down = array.precharge(0.35, state=array.rest(0.4))
    assert down.reservoir_charge < 0
    assert array.lithium(down.state)[0, 0] == pytest.approx(0.35, abs=0.002)


@pytest.mark.parametrize("lithium", [-0.1, 0.71, np.nan, np.inf])
def test_a_lithium_content_no_film_holds_is_refused(lithium):
    with pytest.raises(xb.InputError, match=r"lithium = .*allowed is x in Li_xWO3 from 0 to 0.7"):
        xb.Array(1, 1).precharge(lithium)


def test_an_overdrawn_reservoir_is_refused_before_anything_is_solved():
    array = xb.Array(8, 8, reservoir=xb.Reservoir(capacity=1e-4))
    with pytest.raises(xb.InputError, match=r"reservoir charge = .*Reservoir\(capacity"):
        array.precharge(0.4)


def test_an_electrolyte_that_never_lets_lithium_through_says_so():
    array = xb.Array(1, 1, reservoir=xb.Reservoir(resistance=1e16))
    with pytest.raises(xb.OutcomeError, match=r"still .* away from 0\.4"):
        array.precharge(0.4)
