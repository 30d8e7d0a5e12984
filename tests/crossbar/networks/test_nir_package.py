"""Files that the package `nir` writes, in the way platforms use it, and ours, which it must read.

The node fields of snnTorch and Norse are those of their exporters: one number for all neurons, which is a numpy scalar
where the platform's parameter was one, and a batch dimension where the sample had one.
"""

from __future__ import annotations

import numpy as np
import pytest

from crossbar.networks.network import Timing, differences
from crossbar.networks.runner import run
from crossbar.networks.save import write_nir

nir = pytest.importorskip("nir", reason="the package nir is not installed: see make setup")

DT = 1e-4
RNG = np.random.default_rng(7)
W1, B1 = RNG.normal(size=(6, 12)).astype("f4"), RNG.normal(size=6).astype("f4")
W2, REC = RNG.normal(size=(3, 6)).astype("f4"), RNG.normal(size=(6, 6)).astype("f4")


def leaky(beta, threshold, shape):
    """snnTorch's Leaky as it exports it: beta and threshold in whatever shape they have."""
    tau = DT / (1 - np.full(shape, beta, dtype="f4"))
    levels = {"v_leak": np.zeros(shape, "f4")[()], "v_threshold": np.full(shape, threshold, "f4")[()]}
    return nir.LIF(tau=tau, r=tau / DT, v_reset=np.zeros(shape, "f4")[()], **levels)


def synaptic(alpha, beta, threshold, shape):
    """snnTorch's Synaptic as it exports it."""
    tau_syn, tau_mem = DT / (1 - np.full(shape, alpha)), DT / (1 - np.full(shape, beta))
    levels = {"v_leak": np.zeros(shape), "v_reset": np.zeros(shape), "v_threshold": np.full(shape, threshold)}
    return nir.CubaLIF(tau_syn=tau_syn, tau_mem=tau_mem, r=tau_mem / DT, w_in=tau_syn / DT, **levels)


def snntorch(shape=()):
    """A recurrent network as snnTorch's exporter writes it: a batch of one in the shapes, parameters of one number."""
    inner = nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([6])),
            "lif": synaptic(0.5, 0.9, 1.0, 6),
            "w_rec": nir.Linear(REC),
            "output": nir.Output(np.array([6])),
        },
        edges=[("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
        type_check=False,
    )
    return nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([1, 12])),
            "fc1": nir.Affine(W1, B1),
            "lif1": inner,
            "fc2": nir.Linear(W2),
            "lif2": leaky(0.8, 1.0, shape),
            "output": nir.Output(np.array([1, 3])),
        },
        edges=[("input", "fc1"), ("fc1", "lif1"), ("lif1", "fc2"), ("fc2", "lif2"), ("lif2", "output")],
        type_check=False,
    )


def norse():
    """A convolutional network as Norse's exporter writes it: v_reset in the file, one number for a layer's neurons."""
    one = {"r": np.ones(1, "f4"), "v_leak": np.zeros(1, "f4"), "v_threshold": np.full(1, 0.2, "f4")}
    conv = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    kernel = RNG.normal(size=(2, 1, 3, 3)).astype("f4")
    return nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([1, 4, 4])),
            "conv": nir.Conv2d(input_shape=(4, 4), weight=kernel, bias=np.zeros(2, "f4"), **conv),
            "lif": nir.LIF(tau=np.full(1, 0.01, "f4"), v_reset=np.full(1, -0.1, "f4"), **one),
            "pool": nir.AvgPool2d(kernel_size=np.array([2, 2]), stride=np.array([2, 2]), padding=np.array([0, 0])),
            "flatten": nir.Flatten(input_type=np.array([2, 2, 2]), start_dim=0, end_dim=-1),
            "fc": nir.Linear(RNG.normal(size=(3, 8)).astype("f4")),
            "li": nir.LI(tau=np.full(1, 0.01, "f4"), r=np.ones(1, "f4"), v_leak=np.zeros(1, "f4")),
            "output": nir.Output(np.array([3])),
        },
        edges=[
            ("input", "conv"),
            ("conv", "lif"),
            ("lif", "pool"),
            ("pool", "flatten"),
            ("flatten", "fc"),
            ("fc", "li"),
            ("li", "output"),
        ],
        type_check=False,
    )


@pytest.mark.parametrize("shape", [(), (1,), (1, 3), (3,)], ids=str)
def test_a_network_of_snntorch_loads_in_every_way_its_parameters_come(tmp_path, read, shape):
    nir.write(tmp_path / "a.nir", snntorch(shape))
    found = read(tmp_path / "a.nir")
    assert "Input 'input': shape (1, 12) taken as (12,) (a batch dimension leaked in)" in found.repairs
    assert list(found.network.layers) == ["fc1", "lif1.w_rec", "fc2"]
    spikes = RNG.random((2, 30, 12)) < 0.3
    assert np.array_equal(run(found.network, spikes, record=["lif1.lif"]).recorded["lif1.lif"], by_hand(spikes))


def by_hand(spikes):
    """Hidden spikes of `snntorch()` by its own formulas: syn = alpha syn + x, mem = beta mem + syn, zero at a spike."""
    fired = np.zeros((len(spikes), 6), "f4")
    current, membrane, history = fired.copy(), fired.copy(), []
    for step in range(spikes.shape[1]):
        x = spikes[:, step].astype("f4") @ W1.T + B1 + fired @ REC.T
        current = np.float32(0.5) * current + x
        membrane = np.float32(0.9) * membrane + current
        fired = (membrane > 1).astype("f4")
        membrane *= 1 - fired
        history.append(fired)
    return np.stack(history, axis=1)


def test_a_network_of_norse_loads_with_its_reset(tmp_path, read):
    nir.write(tmp_path / "a.nir", norse())
    found = read(tmp_path / "a.nir", reset="v_reset", dt=1e-3)
    assert found.network.nodes["conv"].gives == (2, 4, 4)
    assert found.network.nodes["lif"].array("v_reset").shape == (2, 4, 4)
    assert not any("v_reset in the file" in text for text in found.repairs)
    assert run(found.network, np.ones((1, 50, 16))).spikes["lif"][0] > 0


@pytest.mark.parametrize("graph", [snntorch, norse])
def test_what_we_write_passes_the_type_check_of_nir_and_comes_back_the_same(tmp_path, read, graph):
    nir.write(tmp_path / "a.nir", graph())
    network = read(tmp_path / "a.nir").network
    write_nir(network, tmp_path / "b.nir")
    theirs = nir.read(tmp_path / "b.nir")
    assert {name for name in theirs.nodes if not name.endswith(".flatten")} == set(network.nodes)
    for name in network.layers:
        assert np.array_equal(theirs.nodes[name].weight, network.nodes[name].array("weight"))
    nir.write(tmp_path / "c.nir", theirs)
    for path in ("b.nir", "c.nir"):
        again = read(tmp_path / path)
        assert differences(again.network, network) == []
        assert again.repairs == ()


def test_the_same_network_is_the_same_bytes(tmp_path, read):
    nir.write(tmp_path / "a.nir", norse())
    network = read(tmp_path / "a.nir").network
    write_nir(network, tmp_path / "b.nir")
    write_nir(network, tmp_path / "c.nir")
    assert (tmp_path / "b.nir").read_bytes() == (tmp_path / "c.nir").read_bytes()


def test_metadata_is_not_looked_at(tmp_path, read):
    graph = snntorch()
    graph.metadata = {"author": "someone", "notes": "x" * 10_000}
    graph.nodes["fc1"].metadata = {"layer": 1}
    nir.write(tmp_path / "a.nir", graph)
    nir.write(tmp_path / "b.nir", snntorch())
    assert differences(read(tmp_path / "a.nir").network, read(tmp_path / "b.nir").network) == []


def test_weights_of_a_convolution_stay_a_convolution_where_they_are_one(tmp_path, read):
    nir.write(tmp_path / "a.nir", norse())
    network = read(tmp_path / "a.nir").network
    matrix = network.layer("conv").dense()
    same_kernel = network.with_weights({"conv": matrix * np.float32(0.5)})
    assert same_kernel.nodes["conv"].kind == "Conv2d"
    assert np.array_equal(same_kernel.nodes["conv"].array("weight"), network.nodes["conv"].array("weight") / 2)
    spread = matrix * RNG.normal(1, 0.1, matrix.shape).astype("f4")
    spikes = RNG.random((2, 20, 16)) < 0.5
    own_weights = network.with_weights({"conv": spread})
    assert own_weights.nodes["conv"].kind == "Linear"
    assert np.array_equal(run(own_weights, spikes).output, run(network, spikes, replace={"conv": spread}).output)
    write_nir(own_weights, tmp_path / "b.nir")
    assert np.array_equal(run(read(tmp_path / "b.nir").network, spikes).output, run(own_weights, spikes).output)


def test_the_package_reads_our_timing_and_writes_it_again(tmp_path, read):
    nir.write(tmp_path / "a.nir", snntorch())
    network = read(tmp_path / "a.nir", reset="subtract", dt=5e-5, decay="exponential").network
    write_nir(network, tmp_path / "b.nir")
    theirs = nir.read(tmp_path / "b.nir")
    assert theirs.metadata == vars(Timing(5e-5, "subtract", decay="exponential"))
    nir.write(tmp_path / "c.nir", theirs)
    for path in ("b.nir", "c.nir"):
        again = read(tmp_path / path, dt=None, reset=None)
        assert differences(again.network, network) == []
        assert vars(again.named) == theirs.metadata
        assert again.remarks == read(tmp_path / "a.nir").remarks


def test_a_graph_of_another_platform_may_name_its_timing(tmp_path, read):
    graph = snntorch()
    graph.metadata = {"dt": 2e-5, "reset": "subtract", "author": "someone"}
    nir.write(tmp_path / "a.nir", graph)
    found = read(tmp_path / "a.nir", dt=None, reset=None)
    assert found.network.timing == Timing(2e-5, "subtract")
    assert "metadata 'author' of the graph: not used" in found.remarks


def test_a_file_of_the_package_names_no_timing(tmp_path, read):
    nir.write(tmp_path / "a.nir", snntorch())
    assert set(vars(read(tmp_path / "a.nir").named).values()) == {None}
