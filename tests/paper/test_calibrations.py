"""What a calibration was fitted to gives it back: `table1_200us` from the curve of Table 1."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb
from circuits.liwes import rest_conductance
from crossbar.synapse import wan2021_kernel as table_1

NAMES = ("tau_1", "tau_2", "share_1", "share_2")
SHIPPED = xb.liwes("table1_200us")
REST = float(rest_conductance(0.4, SHIPPED.values))


def decay(after):
    """Eq 2 of the paper with Table 1's means, `after` the end of a pulse of 1 V and 200 us [s]."""
    change = sum(
        amplitude.mean * np.exp(-after / tau.mean)
        for amplitude, tau in ((table_1.fast, table_1.fast_decay), (table_1.slow, table_1.slow_decay))
    )
    time = np.concatenate([[0.0, table_1.width], table_1.width + after])
    read = time > table_1.width
    conductance = np.concatenate([[np.nan, np.nan], REST + change])
    return xb.Curve(time, np.where(time < table_1.width, 1.0, 0.0), conductance, read=read, name="Table 1")


CURVE = decay(np.linspace(0.25e-3, 0.1, 400))


def apart(fit):
    """Each estimate relative to the shipped value."""
    return {name: fit.values[name] / SHIPPED.values[name] - 1 for name in NAMES}


def test_the_shares_are_the_charge_that_half_the_pulse_puts_on_each_branch():
    # G = gating c_E A share (V / 2) (1 - exp(-w / tau)): film and gate resistance left out.
    v = SHIPPED.values
    for k, (amplitude, tau) in enumerate(((table_1.fast, table_1.fast_decay), (table_1.slow, table_1.slow_decay)), 1):
        charged = -np.expm1(-table_1.width / tau.mean) / 2
        share = amplitude.mean / (v["gating"] * v["edl_capacitance"] * v["channel_area"] * charged)
        assert v[f"share_{k}"] == pytest.approx(share, rel=1e-12)
        assert v[f"tau_{k}"] == tau.mean


def test_the_whole_device_fitted_to_table_1_comes_within_two_percent():
    # The lithium a pulse leaves (0.07 uS) is a constant for these 100 ms and no part of Eq 2: the base is free.
    fit = xb.fit(CURVE, NAMES, start="table1_200us", base="free")
    off = apart(fit)
    assert abs(off["tau_1"]) < 2e-3
    assert abs(off["tau_2"]) < 5e-3
    assert 0 < off["share_1"] < 0.02  # the gate's resistance keeps 1 % of the volt from the films
    assert 0 < off["share_2"] < 0.02
    assert fit.values["offset"] == pytest.approx(-0.0723e-6, abs=0.001e-6)
    assert np.abs(fit.residual).max() < 1e-11  # S: the curve itself, 1e-5 of it


def test_without_lithium_and_gate_resistance_table_1_gives_the_calibration_back():
    # Nothing then stands between the circuit and the formula: 1e-3, most of it the branches that carry 1e-12.
    bare = xb.liwes("table1_200us", exchange_current=1e-6, gate_resistance=1.0)
    fit = xb.fit(CURVE, NAMES, start=bare, base="free")
    assert max(map(abs, apart(fit).values())) < 1e-3


def test_a_fixed_base_puts_the_lithium_into_the_slow_branch():
    fit = xb.fit(CURVE, NAMES, start="table1_200us")
    assert apart(fit)["tau_2"] < -0.2
    assert np.abs(fit.residual).max() < 0.01e-6  # S: a tenth of the read noise, so noise would have hidden it
