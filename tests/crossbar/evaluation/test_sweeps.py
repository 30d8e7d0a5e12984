"""Sweeps find the same points again without running anything, and every point stands for its own hardware."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import crossbar as xb
from crossbar.evaluation import sweeps
from crossbar.evaluation.case import Case
from crossbar.evaluation.study import Trials
from crossbar.evaluation.sweeps import AXES, NOISES, STATES, curves, settings, sweep
from crossbar.mapping.methods import OpenLoop, WriteVerify


def silent(_step, _share, _words):
    pass


def test_every_setting_changes_one_thing(hardware):
    found = list(settings(hardware, [axis.name for axis in AXES]))
    assert {one.axis for one in found} == {axis.name for axis in AXES}
    assert [one.hardware.scheme.states for one in found if one.axis == "states"] == list(STATES)
    assert [one.hardware.noise for one in found if one.axis == "noise"] == list(NOISES)
    spread = [one for one in found if one.axis == "spread"]
    assert {type(one.hardware.method) for one in spread} == {OpenLoop, WriteVerify}
    assert all(one.hardware.method.device_to_device == one.value for one in spread)
    sizes = [one for one in found if one.axis == "size"]
    assert {one.hardware.tile.shape for one in sizes} == {(4, 5), (8, 10), (16, 20), (32, 40)}
    bare = list(settings(replace(hardware, ir_drop=False), ["size"]))
    assert [one.hardware.raised for one in bare] == [1.0] * 4
    assert len({repr(one.hardware.decisive) for one in found}) == len(found) - DEFAULTS


DEFAULTS = 3
"""Settings that are the hardware itself on four axes: one stands for all, so three are there again."""


def test_a_stopped_sweep_goes_on_and_loses_nothing(network, samples, hardware, tmp_path, monkeypatch):
    trials = Trials(hardware, count=2)
    monkeypatch.setattr(sweeps, "NOISES", (0.0, 1e-6))
    done: list[Any] = []
    whole = Case.trial

    def interrupted(self, *given):
        if len(done) == 3:  # one point is finished, the second is half done
            raise KeyboardInterrupt
        done.append(given)
        return whole(self, *given)

    monkeypatch.setattr(Case, "trial", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(network, samples, 1e-3, trials, ["noise"], tmp_path, silent)
    assert len(list(tmp_path.iterdir())) == 1
    done.clear()
    monkeypatch.setattr(Case, "trial", whole)
    points = sweep(network, samples, 1e-3, trials, ["noise"], tmp_path, silent)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(Case, "trial", interrupted)
    done.extend([()] * 3)
    again = sweep(network, samples, 1e-3, trials, ["noise"], tmp_path, silent)
    for one, other in zip(points, again, strict=True):
        assert np.array_equal(one.right, other.right)
    # Another network, or another seed, is other work.
    doubled = network.with_weights({"fc": network.layer("fc").dense() * np.float32(2)})
    for other, seed in ((doubled, 0), (network, 1)):
        with pytest.raises(KeyboardInterrupt):
            sweep(other, samples, 1e-3, Trials(hardware, count=2, seed=seed), ["noise"], tmp_path, silent)


def test_a_damaged_point_is_named(network, samples, hardware, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "NOISES", (0.0,))
    sweep(network, samples, 1e-3, Trials(hardware, count=1), ["noise"], tmp_path, silent)
    (point,) = tmp_path.iterdir()
    point.write_bytes(b"no numbers")
    with pytest.raises(xb.DataError, match="delete it; it is made anew"):
        sweep(network, samples, 1e-3, Trials(hardware, count=1), ["noise"], tmp_path, silent)


def test_an_axis_that_is_none_is_refused(hardware):
    with pytest.raises(xb.InputError, match="sweep = 'colour': allowed is states, spread, noise, size"):
        list(settings(hardware, ["colour"]))


def test_curves_are_points_of_one_axis(network, samples, hardware, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "SPREADS", (0.0, 0.1))
    points = sweep(network, samples, 1e-3, Trials(hardware, count=1), ["spread"], tmp_path, silent)
    drawn = curves(points, "spread")
    assert {name: [point.value for point in line] for name, line in drawn.items()} == {
        "write-verify to 0.01": [0.0, 0.1],
        "open loop": [0.0, 0.1],
    }
    assert curves(points, "noise") == {}
