"""The published Braille network, from its NIR file to accuracy on tiles: 133 of 140 test samples right by itself."""

from __future__ import annotations

import pytest

import crossbar as xb
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.study import Trials, evaluate
from crossbar.networks.load import read_nir
from crossbar.workloads import braille, published
from crossbar.workloads.cache import cache_folder


@pytest.fixture(scope="module")
def found():
    folder = cache_folder()
    if not (fetched := braille.fetch(folder)).there:
        pytest.skip(f"the Braille set was not fetched: {fetched.reason}")
    patterns = braille.load(folder)
    network = read_nir(published.graph(folder, "braille_zero"), dt=1e-4, reset="zero").network
    hardware = Hardware(tile=xb.Array(32, 64), raised=4.0)
    return evaluate(network, patterns.test, patterns.step, Trials(hardware, count=3))


def test_the_digital_reference_is_the_published_one(found):
    assert found.right["float"].sum() == 133
    assert found.differing == 0


def test_states_lines_and_writing_leave_most_of_it(found):
    """States alone .914 of validation and test samples (float .912), write-verify to 1 % .891 +- .016, 20 trials."""
    assert found.accuracy("states").mean > 0.92
    assert found.accuracy("lines").mean > 0.88
    assert found.accuracy().low < 0.94
    assert found.accuracy().mean > 0.8


def test_most_synapses_have_nothing_to_do(found):
    assert 0 < found.inferences[0].operations["fc1"].mean() < 0.3 * 256 * 12 * 38
