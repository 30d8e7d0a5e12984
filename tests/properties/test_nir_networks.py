"""Laws of networks, on graphs drawn at random: written and read they are the same; samples do not see each other."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossbar.networks.load import assemble, read_nir
from crossbar.networks.network import CHOICES, Timing, differences
from crossbar.networks.reader import Reader
from crossbar.networks.runner import product, run
from crossbar.networks.save import write_nir

KINDS = ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
FIELDS = {
    "I": ("r",),
    "IF": ("r", "v_threshold", "v_reset"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "w_in", "v_threshold", "v_reset"),
}
RANGES = {"tau": (1e-4, 1e-2), "r": (0.5, 20.0), "v_leak": (-0.2, 0.2), "v_threshold": (0.1, 2.0)}
RANGES |= {"v_reset": (-0.5, 0.1), "w_in": (0.5, 4.0)}


def neurons(kind, shape, rng):
    return kind, {
        key: rng.uniform(*RANGES[key.split("_")[0] if key[:3] == "tau" else key], shape) for key in FIELDS[kind]
    }


@st.composite
def networks(draw):
    """A chain of one to three blocks of weights and neurons, some recurrent, some after a convolution and a pooling."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["f4", "f8"]))
    image = draw(st.booleans())
    shape: tuple[int, ...] = (2, 4, 3) if image else (draw(st.integers(1, 5)),)
    nodes: dict[str, tuple[str, dict[str, Any]]] = {"input": ("Input", {"shape": shape})}
    edges: list[tuple[str, str]] = []
    last = "input"
    if image:
        kernel = rng.normal(size=(3, 2, 2, 2)).astype(dtype)
        conv = {"weight": kernel, "bias": rng.normal(size=3).astype(dtype), "stride": 1, "padding": 1, "dilation": 1}
        nodes["conv"] = ("Conv2d", {**conv, "groups": 1})
        nodes["conv_n"] = neurons("IF", (3, 5, 4), rng)
        nodes["pool"] = (
            draw(st.sampled_from(["SumPool2d", "AvgPool2d"])),
            {"kernel_size": 2, "stride": 2, "padding": 0},
        )
        edges += [("input", "conv"), ("conv", "conv_n"), ("conv_n", "pool")]
        last, shape = "pool", (12,)
    for block in range(draw(st.integers(1, 3))):
        inputs, outputs = int(np.prod(shape)), draw(st.integers(1, 6))
        weights: dict[str, Any] = {"weight": rng.normal(size=(outputs, inputs)).astype(dtype)}
        bias = {"bias": rng.normal(size=outputs).astype(dtype)} if draw(st.booleans()) else {}
        nodes[f"w{block}"] = ("Affine" if bias else "Linear", weights | bias)
        nodes[f"n{block}"] = neurons(draw(st.sampled_from(KINDS)), outputs, rng)
        edges += [(last, f"w{block}"), (f"w{block}", f"n{block}")]
        if draw(st.booleans()):
            nodes[f"back{block}"] = ("Linear", {"weight": rng.normal(size=(outputs, outputs)).astype(dtype)})
            edges += [(f"n{block}", f"back{block}"), (f"back{block}", f"n{block}")]
        if draw(st.booleans()):
            edges.append((f"n{block}", f"n{block}"))
        last, shape = f"n{block}", (outputs,)
    nodes["output"] = ("Output", {})
    edges.append((last, "output"))
    timing = Timing(1e-4, **{name: draw(st.sampled_from(CHOICES[name])) for name in CHOICES})
    spikes = rng.random((3, 12, *nodes["input"][1]["shape"])) < 0.4
    return assemble(nodes, edges, timing), spikes


@pytest.fixture(scope="module")
def reader():
    with Reader() as one:
        yield one


NETWORKS = networks()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=NETWORKS)
def test_written_and_read_it_is_the_same_network(reader, drawn):
    network, _ = drawn
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.nir"
        write_nir(network, path)
        found = read_nir(path, reader=reader, **vars(network.timing))
    assert differences(found.network, network) == []
    assert found.repairs == ()


@settings(max_examples=60)
@given(drawn=NETWORKS)
def test_a_batch_is_its_samples_one_by_one(drawn):
    network, spikes = drawn
    together = run(network, spikes)
    apart = [run(network, sample[None]) for sample in spikes]
    assert together.output.tobytes() == np.concatenate([one.output for one in apart]).tobytes()
    for name, count in together.events.items():
        assert count.tolist() == [one.events[name][0] for one in apart]


@settings(max_examples=60)
@given(drawn=NETWORKS)
def test_a_function_in_place_of_a_product_changes_no_bit(drawn):
    network, spikes = drawn
    matrices = {name: layer.matrix.astype(network.dtype) for name, layer in network.layers.items()}
    functions = {name: partial(product, matrix=matrix) for name, matrix in matrices.items()}
    dense = {name: layer.dense() for name, layer in network.layers.items()}
    expected = run(network, spikes).output.tobytes()
    assert run(network, spikes, replace=functions).output.tobytes() == expected
    assert run(network, spikes, replace=dense).output.tobytes() == expected


@settings(max_examples=60)
@given(drawn=NETWORKS)
def test_the_past_does_not_see_the_future(drawn):
    network, spikes = drawn
    early = run(network, spikes[:, :5]).output
    assert early.tobytes() == run(network, spikes).output[:, :5].tobytes()
