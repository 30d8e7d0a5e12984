"""What is mended, what is refused, and how loops, nested graphs, convolution and pooling are read."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from circuits.errors import DataError, InputError
from crossbar.networks.load import assemble
from crossbar.networks.network import Timing, differences
from crossbar.networks.runner import run
from crossbar.networks.save import write_nir

TIMING = Timing(1e-4, "zero")
WEIGHT = np.array([[1.0, -2.0, 0.5], [0.25, 4.0, -1.0]], dtype=np.float32)
CONV = {"weight": np.arange(8.0).reshape(1, 2, 2, 2), "bias": np.array([0.5]), "stride": 1, "padding": 0}
CONV = {**CONV, "dilation": 1, "groups": 1}


def nir_file(path, nodes, edges, version="1.0.6"):
    """A file as nir writes it: nodes are (kind, fields), or (nodes, edges) for a graph within."""
    with h5py.File(path, "w") as file:
        if version:
            file["version"] = version
        write_graph(file.create_group("node"), nodes, edges)
    return path


def write_graph(group, nodes, edges):
    group["type"] = "NIRGraph"
    group["edges"] = np.array(edges, dtype=h5py.string_dtype()) if edges else np.empty((0, 2))
    for name, (kind, fields) in nodes.items():
        place = group.create_group(f"nodes/{name}")
        if isinstance(kind, dict):
            write_graph(place, kind, fields)
            continue
        place["type"] = kind
        for key, value in fields.items():
            place[key] = value


def three_to_two(neuron, inputs=(3,), outputs=(2,), weight=WEIGHT):
    nodes = {
        "input": ("Input", {"shape": np.array(inputs)}),
        "fc": ("Linear", {"weight": weight}),
        "lif": neuron,
        "output": ("Output", {"shape": np.array(outputs)}),
    }
    return nodes, [("input", "fc"), ("fc", "lif"), ("lif", "output")]


@pytest.fixture
def plain(neurons):
    nodes, edges = three_to_two(neurons("LIF", 2))
    return assemble(nodes, edges, TIMING)


@pytest.mark.parametrize(
    ("changed", "repair"),
    [
        ({"shape": ()}, "taken as (2,) (one number for all)"),
        ({"shape": (1,)}, "taken as (2,) (one number for all)"),
        ({"shape": (1, 2)}, "taken as (2,) (the same values in another shape)"),
        ({"shape": (5, 2)}, "taken as (2,) (a batch dimension leaked in)"),
        ({"inputs": (1, 3)}, "Input 'input': shape (1, 3) taken as (3,) (a batch dimension leaked in)"),
        ({"inputs": (32, 3)}, "Input 'input': shape (32, 3) taken as (3,) (a batch dimension leaked in)"),
        ({"outputs": (1, 1, 2)}, "Output 'output': shape (1, 1, 2) taken as (2,) (a batch dimension leaked in)"),
        ({"outputs": (7,)}, "Output 'output': shape (7,) taken as (2,) (that is what arrives)"),
        ({"weight": WEIGHT[None]}, None),
    ],
)
def test_a_shape_with_one_meaning_is_mended_and_told(tmp_path, read, neurons, plain, changed, repair):
    given = dict(changed)
    nodes, edges = three_to_two(neurons("LIF", given.pop("shape", 2)), **given)
    found = read(nir_file(tmp_path / "a.nir", nodes, edges))
    assert differences(found.network, plain) == []
    assert [text for text in found.repairs if repair is None or repair in text] == list(found.repairs)
    assert bool(found.repairs) == (repair is not None)


def test_an_edge_listed_twice_counts_once(tmp_path, read, neurons, plain):
    nodes, edges = three_to_two(neurons("LIF", 2))
    found = read(nir_file(tmp_path / "a.nir", nodes, [*edges, edges[0]]))
    assert differences(found.network, plain) == []
    assert found.repairs == ("edge 'input' -> 'fc': listed twice, taken once",)


def test_the_order_in_which_a_file_lists_edges_changes_nothing(tmp_path, read, neurons):
    nodes = {"a": neurons("LIF", 2), "b": neurons("LIF", 2), "input": ("Input", {"shape": [2]})}
    nodes |= {"output": ("Output", {"shape": [2]})}
    edges = [("input", "a"), ("input", "b"), ("a", "b"), ("b", "a"), ("b", "output"), ("a", "output")]
    first = read(nir_file(tmp_path / "a.nir", nodes, edges))
    second = read(nir_file(tmp_path / "b.nir", dict(reversed(nodes.items())), edges[::-1]))
    assert differences(first.network, second.network) == []
    assert first.network.delayed == (("b", "a"),)
    assert "'b' -> 'a' closes a loop: it brings the values of the step before" in first.remarks


def test_one_number_for_each_channel_is_spread_over_its_image(tmp_path, read, neurons):
    nodes = {
        "input": ("Input", {"shape": [1, 2, 3, 3]}),
        "conv": ("Conv2d", CONV),
        "lif": ("LIF", {**neurons("LIF", (1, 1, 1))[1], "v_threshold": np.array([0.2])}),
        "output": ("Output", {"shape": [1, 2, 2]}),
    }
    found = read(nir_file(tmp_path / "a.nir", nodes, [("input", "conv"), ("conv", "lif"), ("lif", "output")]))
    assert found.network.nodes["lif"].array("v_threshold").shape == (1, 2, 2)
    assert "Input 'input': shape (1, 2, 3, 3) taken as (2, 3, 3) (a batch dimension leaked in)" in found.repairs


def test_a_nested_recurrent_graph_is_the_flat_one(tmp_path, read, neurons):
    """The two ways in which snnTorch has written its recurrent layers."""
    cuba, back = neurons("CubaLIF", 2), ("Linear", {"weight": np.eye(2, dtype=np.float32)})
    outer = {"input": ("Input", {"shape": [3]}), "fc": ("Linear", {"weight": WEIGHT})}
    end = {"output": ("Output", {"shape": [2]})}
    ports = {"input": ("Input", {"shape": [2]}), "output": ("Output", {"shape": [2]})}
    within = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    nested = {**outer, "rnn": ({**ports, "lif": cuba, "w_rec": back}, within), **end}
    flat = {**outer, "rnn.lif": cuba, "rnn.w_rec": back, **end}
    edges = [("input", "fc"), ("fc", "rnn"), ("rnn", "output")]
    flat_edges = [("input", "fc"), ("fc", "rnn.lif"), ("rnn.lif", "rnn.w_rec"), ("rnn.w_rec", "rnn.lif")]
    one = read(nir_file(tmp_path / "a.nir", nested, edges))
    other = read(nir_file(tmp_path / "b.nir", flat, [*flat_edges, ("rnn.lif", "output")]))
    assert differences(one.network, other.network) == []
    assert one.repairs == ()


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("Conv1d", {"weight": np.ones((1, 1, 3))}, "node 'fc' is a Conv1d; .*Conv2d of height 1"),
        ("Delay", {"delay": np.ones(3)}, "node 'fc' is a Delay; .*train the network without delays"),
        ("Izhikevich", {"a": 1.0}, "node 'fc' is of the unknown type 'Izhikevich'"),
        ("Affine", {"weight": WEIGHT}, "Affine 'fc' has no bias"),
        ("Linear", {"weight": np.ones((2, 2, 3))}, r"Linear 'fc' has weights of shape \(2, 2, 3\)"),
        ("Linear", {"weight": np.ones((2, 4))}, r"Linear 'fc' gets values of shape \(3,\) and has weights for 4"),
        ("Scale", {"scale": np.ones(5)}, r"Scale 'fc' has scale of shape \(5,\) for values of shape \(3,\)"),
        ("Conv2d", CONV, r"Conv2d 'fc' gets values of shape \(3,\)"),
        ("SumPool2d", {"kernel_size": 2, "stride": 2, "padding": 0}, r"SumPool2d 'fc' gets values of shape \(3,\)"),
    ],
)
def test_a_node_that_cannot_be_run_is_refused_by_name(tmp_path, read, neurons, kind, fields, said):
    nodes, edges = three_to_two(neurons("LIF", 2))
    nodes["fc"] = (kind, fields)
    with pytest.raises(DataError, match=said):
        read(nir_file(tmp_path / "a.nir", nodes, edges))


@pytest.mark.parametrize(
    ("edge", "said"),
    [
        (("fc", "gone"), "edge 'fc' -> 'gone' leads to node 'gone', which is not there; allowed is one of 'fc'"),
        (("output", "fc"), "edge 'output' -> 'fc' leads out of an Output"),
        (("fc", "input"), "edge 'fc' -> 'input' leads into an Input"),
        (("fc", "fc"), "a loop through 'fc' passes no neuron"),
        (("input", "lif"), r"edges 'fc' -> 'lif' and 'input' -> 'lif' bring \(2,\) and \(3,\)"),
        (("lif", "fc"), r"edge 'lif' -> 'fc' brings shape \(2,\) where \(3,\) is taken"),
    ],
)
def test_an_edge_that_cannot_be_is_refused_by_its_ends(tmp_path, read, neurons, edge, said):
    nodes, edges = three_to_two(neurons("LIF", 2))
    with pytest.raises(DataError, match=said):
        read(nir_file(tmp_path / "a.nir", nodes, [*edges, edge]))


@pytest.mark.parametrize("port", ["input", "output"])
def test_a_graph_without_a_beginning_or_an_end_is_refused(tmp_path, read, neurons, port):
    nodes, edges = three_to_two(neurons("LIF", 2))
    del nodes[port]
    with pytest.raises(DataError, match=f"no {port.capitalize()} node"):
        read(nir_file(tmp_path / "a.nir", nodes, [edge for edge in edges if port not in edge]))


def test_what_is_no_graph_is_refused(tmp_path, read):
    with h5py.File(tmp_path / "a.nir", "w") as file:
        file["node/type"] = "Linear"
    with pytest.raises(DataError, match="there is no NIR graph in it"):
        read(tmp_path / "a.nir")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"dt": 0.0}, "dt = 0.0"),
        ({"dt": float("nan")}, "dt = nan"),
        ({"dt": 1.0}, "at most tau = 0.01 s of LIF"),
        ({"reset": "hard"}, "reset = 'hard': allowed is one of zero"),
        ({"order": "random"}, "order = 'random'"),
        ({"decay": "linear"}, "decay = 'linear'"),
        ({"integrator": "none"}, "integrator = 'none'"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_by_name(tmp_path, read, neurons, choice, said):
    path = nir_file(tmp_path / "a.nir", *three_to_two(neurons("LIF", 2)))
    with pytest.raises(InputError, match=said):
        read(path, **choice)


def test_a_step_longer_than_a_time_constant_needs_an_exponential(tmp_path, read, neurons):
    path = nir_file(tmp_path / "a.nir", *three_to_two(neurons("LIF", 2)))
    assert read(path, dt=1.0, decay="exponential").network.timing.dt == 1.0


def test_the_reader_is_told_what_the_version_of_nir_says_about_resets(tmp_path, read, neurons):
    nodes, edges = three_to_two(neurons("LIF", 2))
    old = nir_file(tmp_path / "a.nir", nodes, edges, version="0.2.0")
    new = nir_file(tmp_path / "b.nir", nodes, edges)
    none = nir_file(tmp_path / "c.nir", nodes, edges, version="")
    assert read(old).remarks == ("nir 0.2.0 wrote the file, whose neurons subtract the threshold; reset is zero",)
    assert read(old, reset="subtract").remarks == ()
    assert read(new).remarks == ()
    assert read(none).remarks == ("the file does not say which version of nir wrote it",)
    assert read(new, reset="v_reset").repairs == ("no v_reset in the file for 'lif': taken as 0",)


def test_a_field_that_nir_does_not_have_is_left_out_and_told(tmp_path, read, neurons, plain):
    nodes, edges = three_to_two(neurons("LIF", 2))
    nodes["lif"][1]["colour"] = np.array([3.0])
    found = read(nir_file(tmp_path / "a.nir", nodes, edges))
    assert differences(found.network, plain) == []
    assert found.remarks == ("LIF 'lif': field 'colour' is not one of NIR's and was left out",)


def test_a_convolution_is_what_a_loop_over_windows_makes_of_it(chain):
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(4, 2, 3, 2)), rng.normal(size=4)
    image = rng.normal(size=(1, 1, 4, 7, 6))
    fields = {"weight": weight, "bias": bias, "stride": [2, 1], "padding": [1, 0], "dilation": [1, 2], "groups": 2}
    network = chain({"conv": ("Conv2d", fields)}, [4, 7, 6])
    found = run(network, image).output.reshape(network.nodes["conv"].gives)
    padded = np.pad(image[0, 0], ((0, 0), (1, 1), (0, 0)))
    for channel, row, column in np.ndindex(found.shape):
        group = slice(0, 2) if channel < 2 else slice(2, 4)
        part = padded[group, 2 * row : 2 * row + 3, column : column + 3 : 2]
        assert found[channel, row, column] == pytest.approx(np.sum(part * weight[channel]) + bias[channel], abs=1e-12)


@pytest.mark.parametrize(("kind", "scale"), [("SumPool2d", 1.0), ("AvgPool2d", 0.25)])
def test_pooling_sums_or_averages_its_windows_zeros_of_the_padding_included(chain, kind, scale):
    fields = {"kernel_size": [2, 2], "stride": [2, 2], "padding": [1, 1]}
    image = np.arange(16.0).reshape(1, 1, 1, 4, 4)
    found = run(chain({"pool": (kind, fields)}, [1, 4, 4]), image).output.reshape(3, 3)
    padded = np.pad(image[0, 0, 0], 1).reshape(3, 2, 3, 2)
    assert np.array_equal(found, scale * padded.sum(axis=(1, 3)))


@pytest.mark.parametrize(("padding", "size"), [("same", 5), ("valid", 2)])
def test_padding_by_name(tmp_path, read, padding, size):
    fields = {**CONV, "weight": np.ones((1, 1, 4, 4)), "padding": padding}
    nodes = {"input": ("Input", {"shape": [1, 5, 5]}), "conv": ("Conv2d", fields), "output": ("Output", {})}
    found = read(nir_file(tmp_path / "a.nir", nodes, [("input", "conv"), ("conv", "output")])).network
    assert found.nodes["conv"].gives == (1, size, size)
    write_nir(found, tmp_path / "b.nir")
    assert differences(read(tmp_path / "b.nir").network, found) == []
