"""What the tests of evaluation share: a small network that tells two kinds of samples apart, and tiles for it."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb
from crossbar.evaluation.hardware import Hardware
from crossbar.networks.load import assemble
from crossbar.networks.network import Timing
from crossbar.workloads.patterns import Samples

DT = 1e-3
LIF = {"tau": 10 * DT, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0}


def fields(count, **changed):
    return {key: np.full(count, value) for key, value in {**LIF, **changed}.items()}


@pytest.fixture(scope="session")
def network():
    """6 inputs, 8 hidden neurons that hear each other, 2 outputs."""
    rng = np.random.default_rng(3)
    weight = np.repeat([[1.0, 1.0, 1.0, -0.5, -0.5, -0.5], [-0.5, -0.5, -0.5, 1.0, 1.0, 1.0]], 4, axis=0)
    nodes = {
        "input": ("Input", {"shape": [6]}),
        "fc": (
            "Affine",
            {"weight": (weight + rng.normal(0, 0.1, (8, 6))).astype("f4"), "bias": np.full(8, 0.05, "f4")},
        ),
        "hidden": ("LIF", fields(8)),
        "back": ("Affine", {"weight": rng.normal(0, 0.1, (8, 8)).astype("f4"), "bias": np.full(8, 0.1, "f4")}),
        "out": ("Linear", {"weight": np.repeat([[1.0, -0.3], [-0.3, 1.0]], 4, axis=1).astype("f4")}),
        "last": ("LIF", fields(2)),
        "output": ("Output", {}),
    }
    edges = [
        ("input", "fc"),
        ("fc", "hidden"),
        ("hidden", "back"),
        ("back", "hidden"),
        ("hidden", "out"),
        ("out", "last"),
        ("last", "output"),
    ]
    return assemble(nodes, edges, Timing(DT, "zero"))


@pytest.fixture(scope="session")
def samples():
    """Samples of two kinds: the first three inputs fire more, or the last three."""
    rng, labels = np.random.default_rng(5), np.arange(24) % 2
    rates = np.where((np.arange(6) >= 3) == labels[:, None], 0.35, 0.1)
    return Samples(rng.random((24, 30, 6)) < rates[:, None, :], labels)


@pytest.fixture(scope="session")
def hardware():
    return Hardware(tile=xb.Array(16, 20))
