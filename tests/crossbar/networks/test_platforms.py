"""Graphs of the structure that snnTorch 1.0.0 and Norse 1.1.0 export, run as those platforms run them.

Each was found with the platform itself, on torch 2.13.0 and nir 1.0.8; its formulas are written out here in float32.
"""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from circuits.errors import DataError, InputError
from crossbar.networks.runner import run

RNG = np.random.default_rng(11)
W_IN, B_IN = RNG.normal(size=(8, 12)).astype("f4"), RNG.normal(size=8).astype("f4")
W_REC, B_REC = RNG.normal(size=(8, 8)).astype("f4") / 2, RNG.normal(size=8).astype("f4")
W_OUT, B_OUT = RNG.normal(size=(4, 8)).astype("f4"), RNG.normal(size=4).astype("f4")
SPIKES = RNG.random((4, 60, 12)) < 0.3
ALPHA, BETA = np.float32(0.75), np.float32(0.875)  # times and products of these are exact in float32
PAPER, NORSE = 1e-4, 1e-3  # the steps that the exporters of snnTorch and Norse take [s]


def nir_file(path, nodes, edges):
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        for name, (kind, fields) in nodes.items():
            file[f"node/nodes/{name}/type"] = kind
            for key, value in fields.items():
                file[f"node/nodes/{name}/{key}"] = value
        file["node/edges"] = np.array(edges, dtype=h5py.string_dtype())
        file["node/type"] = "NIRGraph"
    return path


def leaky(shape, threshold=1.0):
    tau = np.full(shape, PAPER / (1 - BETA), "f4")
    levels = {"v_leak": np.zeros(shape, "f4"), "v_reset": np.zeros(shape, "f4")}
    return "LIF", {"tau": tau, "r": tau / PAPER, "v_threshold": np.full(shape, threshold, "f4"), **levels}


def synaptic(shape):
    tau_syn = np.full(shape, PAPER / (1 - ALPHA))
    return "CubaLIF", {
        "tau_syn": tau_syn,
        "w_in": tau_syn / PAPER,
        "tau_mem": np.full(shape, PAPER / (1 - BETA)),
        "r": np.full(shape, 1 / (1 - BETA)),
        "v_leak": np.zeros(shape),
        "v_reset": np.zeros(shape),
        "v_threshold": np.ones(shape),
    }


def recurrent(neuron, ports=((12,), (8,))):
    """RLeaky and RSynaptic: the graph within is flattened into names with dots, and its weights have a bias."""
    nodes = {
        "0": ("Affine", {"weight": W_IN, "bias": B_IN}),
        "1.lif": neuron,
        "1.w_rec": ("Affine", {"weight": W_REC, "bias": B_REC}),
        "input": ("Input", {"shape": np.array(ports[0])}),
        "output": ("Output", {"shape": np.array(ports[1])}),
    }
    edges = [("1.lif", "output"), ("0", "1.lif"), ("1.w_rec", "1.lif"), ("input", "0"), ("1.lif", "1.w_rec")]
    return nodes, edges


def products(spikes, weight, bias):
    """Weights of the spikes one after another, then the bias: the order in which the runner adds."""
    total = np.zeros((len(spikes), len(bias)), "f4")
    for line in range(spikes.shape[1]):
        total += spikes[:, line : line + 1] * weight[:, line]
    return total + bias


def as_snntorch(reset, delayed, current_decays, loop=True):
    """Spikes (samples, steps, neurons) of Leaky, Synaptic, RLeaky or RSynaptic, by snnTorch's own lines."""
    fired, current, membrane = (np.zeros((len(SPIKES), 8), "f4") for _ in range(3))
    history = []
    for step in range(SPIKES.shape[1]):
        drive = products(SPIKES[:, step].astype("f4"), W_IN, B_IN)
        drive = drive + products(fired, W_REC, B_REC) if loop else drive
        was_above = (membrane > 1).astype("f4")
        current = ALPHA * current + drive if current_decays else drive
        membrane = BETA * membrane + current
        membrane = membrane - was_above if reset == "subtract" else membrane * (1 - was_above)
        fired = (membrane > 1).astype("f4")
        if not delayed:
            taken = fired - was_above
            membrane = membrane - taken if reset == "subtract" else membrane - taken * membrane
        history.append(fired)
    return np.stack(history, axis=1)


@pytest.mark.parametrize(("kind", "neuron"), [("RLeaky", leaky), ("RSynaptic", synaptic)])
@pytest.mark.parametrize(
    ("mechanism", "delayed", "reset"),
    [
        ("subtract", True, "delayed_subtract"),  # guard: snnTorch's default, which no reset here gave
        ("zero", True, "delayed_zero"),  # guard: the same for what Synaptic and recurrent layers call zero
        ("subtract", False, "subtract"),
    ],
)
def test_every_reset_of_a_recurrent_layer_of_snntorch_is_one_of_ours(
    tmp_path, read, kind, neuron, mechanism, delayed, reset
):
    nodes, edges = recurrent(neuron(8))
    found = read(nir_file(tmp_path / "a.nir", nodes, edges), reset=reset)
    assert (found.repairs, found.network.delayed) == ((), (("1.w_rec", "1.lif"),))
    expected = as_snntorch(mechanism, delayed, kind == "RSynaptic")
    assert 0.02 < expected.mean() < 0.9
    assert np.array_equal(run(found.network, SPIKES).output, expected)


def test_zero_of_leaky_is_zero_at_once_although_snntorch_calls_it_delayed(tmp_path, read):
    """(1 - reset) * mem comes before the decay in Leaky alone."""
    nodes, edges = recurrent(leaky(8))
    del nodes["1.w_rec"]
    found = read(nir_file(tmp_path / "a.nir", nodes, [edge for edge in edges if "1.w_rec" not in edge]))
    membrane, expected = np.zeros((len(SPIKES), 8), "f4"), []
    for step in range(SPIKES.shape[1]):
        drive = products(SPIKES[:, step].astype("f4"), W_IN, B_IN)
        membrane = BETA * ((1 - (membrane > 1)).astype("f4") * membrane) + drive
        expected.append(membrane > 1)
    assert np.array_equal(run(found.network, SPIKES).output > 0, np.stack(expected, axis=1))


@pytest.mark.parametrize("ports", [((12,), (8,)), ((1, 12), (1, 8)), ((32, 12), (32, 8))])
def test_a_batch_in_the_ports_changes_no_spike(tmp_path, read, ports):
    """With ignore_dims=[0] there is none; sample data of a batch leave it in both ports."""
    nodes, edges = recurrent(leaky(8), ports)
    found = read(nir_file(tmp_path / "a.nir", nodes, edges), reset="subtract")
    assert len(found.repairs) == 2 * (len(ports[0]) - 1)
    assert np.array_equal(run(found.network, SPIKES).output, as_snntorch("subtract", False, False))


def test_parameters_without_dimensions_stand_for_all_neurons(tmp_path, read):
    """Guard: one beta for a layer is an array of no dimensions, which nir 1.0.8 writes only without compression."""
    nodes, edges = recurrent(leaky(()))
    found = read(nir_file(tmp_path / "a.nir", nodes, edges), reset="subtract")
    assert "LIF '1.lif': tau of shape () taken as (8,) (one number for all)" in found.repairs
    assert np.array_equal(run(found.network, SPIKES).output, as_snntorch("subtract", False, False))


def test_a_file_that_the_exporter_did_not_finish_is_refused_for_that(tmp_path, read):
    """Guard: said was "node '' does not say its type". An exporter's exception leaves such a file behind."""
    nir = pytest.importorskip("nir", reason="the package nir is not installed: see make setup")
    windows = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1, "bias": np.zeros(3, "f4")}
    conv = nir.Conv2d(input_shape=None, weight=np.ones((3, 2, 3, 3), "f4"), **windows)
    nodes = {"input": nir.Input(np.array([2, 8, 8])), "0": conv, "output": nir.Output(np.array([3, 8, 8]))}
    graph = nir.NIRGraph(nodes, [("input", "0"), ("0", "output")], type_check=False)
    with pytest.raises(TypeError):
        nir.write(tmp_path / "a.nir", graph)
    with pytest.raises(DataError, match=r"nir\.write did not get to its end; allowed is a whole file; export it again"):
        read(tmp_path / "a.nir")
    with h5py.File(tmp_path / "b.nir", "w") as file:
        file["version"] = "1.0.8"
        file.create_group("node")
    with pytest.raises(DataError, match=r"nir\.write did not get to its end"):
        read(tmp_path / "b.nir")


def test_a_neuron_that_never_forgets_is_refused_by_name(tmp_path, read):
    """beta = 1 of snnTorch is exported as a time constant and a resistance without end."""
    nodes, edges = recurrent(leaky(8))
    nodes["1.lif"][1]["r"] = np.full(8, np.inf, "f4")
    with pytest.raises(DataError, match=r"1\.lif/r: a number that is not finite"):
        read(nir_file(tmp_path / "a.nir", nodes, edges))


def test_a_sum_that_the_exporter_took_apart_is_refused_by_both_edges(tmp_path, read):
    """Of c(h + k) snnTorch's exporter makes a second Input before c, and leads k to the Output."""
    nodes, edges = recurrent(leaky(8))
    nodes |= {"c": ("Affine", {"weight": W_OUT, "bias": B_OUT}), "l3": leaky(4), "input_c": ("Input", {"shape": [8]})}
    with pytest.raises(
        DataError, match=r"edges '1\.lif' -> 'output' and 'l3' -> 'output' bring \(8,\) and \(4,\) values"
    ):
        read(nir_file(tmp_path / "a.nir", nodes, [*edges, ("input_c", "c"), ("c", "l3"), ("l3", "output")]))


def norse(neuron, **fields):
    nodes = {
        "0": ("Affine", {"weight": 8 * W_IN, "bias": B_IN}),
        "1": (neuron, {name: np.full((), value, "f4") for name, value in fields.items()}),
        "input": ("Input", {"shape": np.array([1, 12])}),
        "output": ("Output", {"shape": np.array([1, 8])}),
    }
    return nodes, [("0", "1"), ("input", "0"), ("1", "output")]


LIF_BOX = {"tau": NORSE * 0.01, "r": 1.0, "v_leak": 0.0, "v_reset": 0.0, "v_threshold": 0.3}


def test_time_constants_of_norse_count_in_its_steps(tmp_path, read):
    """Guard: Norse 1.1.0 writes dt / tau_mem_inv, dt times too short a time; so dt is squared, 1e-6 for its 1e-3."""
    path = nir_file(tmp_path / "a.nir", *norse("LIF", **LIF_BOX))
    with pytest.raises(InputError, match=r"dt = 0\.001: allowed is at most tau = 1e-05 s of LIF .*write dt = 1e-06"):
        read(path, dt=NORSE)
    found = run(read(path, dt=NORSE**2).network, SPIKES).output
    membrane, expected = np.zeros((len(SPIKES), 8), "f4"), []
    for step in range(SPIKES.shape[1]):
        drive = products(SPIKES[:, step].astype("f4"), 8 * W_IN, B_IN)
        membrane = membrane + np.float32(0.1) * (drive - membrane)
        expected.append(membrane > np.float32(0.3))
        membrane = np.where(expected[-1], np.float32(0), membrane)
    assert 0.02 < np.mean(expected) < 0.9
    assert np.array_equal(found > 0, np.stack(expected, axis=1))


def test_a_synapse_of_norse_is_weaker_in_its_file_than_in_norse(tmp_path, read):
    """Norse adds a spike's whole weight to the current; its file says w_in = 1, dt / tau_syn of that."""
    fields = {"tau_syn": NORSE * 0.005, "tau_mem": NORSE * 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 0.3}
    nir_file(tmp_path / "a.nir", *norse("CubaLIF", **fields, v_reset=0.0, w_in=1.0))
    nir_file(tmp_path / "b.nir", *norse("CubaLIF", **fields, v_reset=0.0, w_in=5.0))
    current, membrane, expected = np.zeros((len(SPIKES), 8), "f4"), np.zeros((len(SPIKES), 8), "f4"), []
    for step in range(SPIKES.shape[1]):
        current = np.float32(0.8) * current + products(SPIKES[:, step].astype("f4"), 8 * W_IN, B_IN)
        membrane = membrane + np.float32(0.1) * (current - membrane)
        expected.append(membrane > np.float32(0.3))
        membrane = np.where(expected[-1], np.float32(0), membrane)
    found = {name: run(read(tmp_path / name, dt=NORSE**2).network, SPIKES).output > 0 for name in ("a.nir", "b.nir")}
    assert np.array_equal(found["b.nir"], np.stack(expected, axis=1))
    assert not np.array_equal(found["a.nir"], found["b.nir"])
