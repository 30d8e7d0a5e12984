"""The paper's experiments on both engines: energy to 1e-4, change of conductance to 1e-3 of the largest.

A subset short enough for every run; `liwes paper --engine ngspice` does all of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits import ngspice
from crossbar.paper.catalogue import named
from crossbar.paper.experiments import COARSE, Case, Trial
from crossbar.paper.protocol import train
from crossbar.paper.runner import Plan, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup"),
]
ENERGY, CONDUCTANCE = 1e-4, 1e-3
CASES = {
    "2bc": (0,), "3b": (0, 3, 9), "3c": (0, 4), "3f": (1,), "4c": (0, 2), "4d": (1,), "4d-idle": (1, 7), "4e": (0, 1),
    "5ab": (1,), "5cd": (7,), "table1": (0,), "table1-200us": (0,), "S5": (0, 6),
}  # fmt: skip
"""Which of an experiment's cases run on ngspice as well."""
TRAINS = {
    "3a-512": train(0.5, 10e-3, 20e-3, (4,)),
    "3e-500": train(0.5, 10e-3, 20e-3, (2, 2)),
    "4f": train(1.0, 1e-6, 10e-6, (5, 5), held=True, rise=1e-10),
}
"""Long trains, cut short."""


def both(experiment):
    return run(experiment, Plan("native")), run(experiment, Plan("ngspice"))


def assert_agree(one, other):
    for name in ("conductance", "long_term"):
        if name in one.quantities:
            change = one[name] - one[name][:, :1]
            expected = other[name] - other[name][:, :1]
            largest = np.abs(expected).max(axis=(1, 2), keepdims=True)
            assert (np.abs(change - expected) <= CONDUCTANCE * largest + 1e-18).all()
    assert ("energy" in one.quantities) == ("energy" in other.quantities)
    if "energy" in one.quantities:
        np.testing.assert_allclose(one["energy"], other["energy"], rtol=ENERGY)


def chosen(name):
    experiment = named(name)
    assert isinstance(experiment, Trial)
    return experiment


@pytest.mark.parametrize("name", CASES)
def test_single_pulses_and_slow_experiments(name):
    experiment = chosen(name)
    assert_agree(*both(replace(experiment, cases=tuple(experiment.cases[k] for k in CASES[name]))))


@pytest.mark.parametrize("name", TRAINS)
def test_trains(name):
    assert_agree(*both(replace(chosen(name), cases=(Case(TRAINS[name]),), accuracy=COARSE)))


def test_pre_charge_as_far_as_its_last_tenth():
    experiment = chosen("precharge")
    protocol = replace(experiment.cases[0].protocol, reads=(1.0, 10.0, 100.0))
    assert_agree(*both(replace(experiment, cases=(replace(experiment.cases[0], protocol=protocol),))))


def test_devices_that_differ():
    experiment = replace(chosen("S3-devices"), devices=2, cases=(Case(train(0.5, 10e-3, 20e-3, (2,))),))
    assert_agree(*both(experiment))
