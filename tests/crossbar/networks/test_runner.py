"""The digital reference: neurons step by step, loops, replaced products, and what a run counts."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.errors import InputError
from crossbar.networks.load import assemble
from crossbar.networks.network import Timing
from crossbar.networks.runner import product, run

DT = 1e-4
ONE = np.ones((1, 1))


def single(kind, fields, timing, steps):
    """Values of one neuron that gets 1 in every step."""
    nodes = {"input": ("Input", {"shape": [1]}), "n": (kind, fields), "output": ("Output", {})}
    network = assemble(nodes, [("input", "n"), ("n", "output")], timing)
    return run(network, np.ones((1, steps, 1))).output[0, :, 0]


def filled(**fields):
    return {key: np.array([float(value)]) for key, value in fields.items()}


def test_a_leaky_integrator_rises_to_its_input_as_the_discrete_form_says():
    tau, steps = 20 * DT, np.arange(1, 50)
    fields = filled(tau=tau, r=3.0, v_leak=0.5)
    euler = single("LI", fields, Timing(DT, "zero"), 49)
    exact = single("LI", fields, Timing(DT, "zero", decay="exponential"), 49)
    assert euler == pytest.approx(3.5 * (1 - 0.95**steps), rel=1e-12)
    kept = np.exp(-DT / tau)
    assert exact == pytest.approx((3 * DT / tau / (1 - kept) + 0.5) * (1 - kept**steps), rel=1e-12)


def test_an_integrator_adds_its_input_once_a_step_or_by_the_second():
    assert np.array_equal(single("I", filled(r=2.0), Timing(DT, "zero"), 4), [2, 4, 6, 8])
    slow = single("I", filled(r=2.0), Timing(DT, "zero", integrator="second"), 4)
    assert slow == pytest.approx(2 * DT * np.arange(1, 5), rel=1e-12)


@pytest.mark.parametrize(("order", "first"), [("synapse_first", 1.0), ("membrane_first", 0.0)])
def test_the_current_of_a_step_reaches_the_membrane_in_it_or_in_the_next(order, first):
    fields = filled(tau_syn=2 * DT, tau_mem=10 * DT, r=10.0, v_leak=0.0, w_in=2.0)
    found = single("CubaLI", fields, Timing(DT, "zero", order), 20)
    current = 2 * (1 - 0.5 ** np.arange(1, 21))
    reach = current if order == "synapse_first" else np.concatenate([[0.0], current[:-1]])
    membrane = [0.0]
    for value in reach:
        membrane.append(0.9 * membrane[-1] + value)
    assert found[0] == first
    assert found == pytest.approx(membrane[1:], rel=1e-12)


@pytest.mark.parametrize(
    ("reset", "levels"),
    [
        ("zero", [0.75, 0.0, 0.75, 0.0, 0.75, 0.0]),
        ("plain_subtract", [0.75, 0.5, 0.25, 1.0, 0.75, 0.5]),
        ("subtract", [0.75, 0.5, 0.25, 1.0, 0.75, 0.5]),
        ("v_reset", [0.75, -0.5, 0.25, 1.0, -0.5, 0.25]),
    ],
)
def test_what_a_spike_does_to_the_membrane(reset, levels):
    """v adds 0.75 a step, threshold 1: `above` it, not at it, a neuron fires."""
    fields = filled(r=0.75, v_threshold=1.0, v_reset=-0.5)
    spikes = single("IF", fields, Timing(DT, reset), 6)
    membrane, expected = 0.0, []
    for level in levels:
        membrane += 0.75
        expected.append(membrane > 1.0)
        membrane = level
    assert np.array_equal(spikes > 0, expected)


def test_subtract_leaves_out_the_second_spike_of_a_membrane_still_above_the_threshold():
    """2.5 once, threshold 1: 1.5 and then 0.5 are left; the other way takes the threshold off before it looks."""
    nodes = {"input": ("Input", {"shape": [1]}), "n": ("IF", filled(r=1.0, v_threshold=1.0)), "output": ("Output", {})}
    pulse = np.array([2.5, 0.0, 0.0, 0.0]).reshape(1, 4, 1)
    found = {
        reset: run(assemble(nodes, [("input", "n"), ("n", "output")], Timing(DT, reset)), pulse).output.ravel().tolist()
        for reset in ("plain_subtract", "subtract")
    }
    assert found == {"plain_subtract": [1, 1, 0, 0], "subtract": [1, 0, 0, 0]}


@pytest.mark.parametrize(
    ("reset", "membranes"),
    [
        ("delayed_subtract", [2.0, 1.0, 0.5, 1.25, 0.625]),  # 2 / 2 + 1 - 1, 1 / 2 + 0, 0.5 / 2 + 1, 1.25 / 2 + 1 - 1
        ("delayed_zero", [2.0, 0.0, 0.0, 1.0, 1.5]),  # what comes in the step after a spike is lost with it
    ],
)
def test_a_delayed_reset_acts_on_what_the_next_step_makes_of_the_membrane(reset, membranes):
    """v = v / 2 + input, threshold 1: the reset of a spike is taken off after the decay, not before it."""
    fields = filled(tau=2 * DT, r=2.0, v_leak=0.0, v_threshold=1.0)
    nodes = {"input": ("Input", {"shape": [1]}), "n": ("LIF", fields), "output": ("Output", {})}
    network = assemble(nodes, [("input", "n"), ("n", "output")], Timing(DT, reset))
    inputs = np.array([2.0, 1.0, 0.0, 1.0, 1.0]).reshape(1, 5, 1)
    assert run(network, inputs).output.ravel().tolist() == [level > 1.0 for level in membranes]


def test_a_loop_brings_the_step_before_and_a_bias_is_there_from_the_first_step():
    """The recurrent layer's bias counts in step 0: snnTorch computes it from spikes that are 0."""
    nodes = {
        "input": ("Input", {"shape": [1]}),
        "li": ("LI", filled(tau=DT, r=1.0, v_leak=0.0)),
        "back": ("Affine", {"weight": 10 * ONE, "bias": np.array([0.5])}),
        "output": ("Output", {}),
    }
    edges = [("input", "li"), ("li", "back"), ("back", "li"), ("li", "output")]
    found = run(assemble(nodes, edges, Timing(DT, "zero")), np.array([1.0, 0, 0]).reshape(1, 3, 1))
    assert found.output.ravel().tolist() == [1.5, 15.5, 155.5]


def test_scale_and_threshold_act_on_every_value(chain):
    nodes = {"s": ("Scale", {"scale": np.array([2.0, 0.5])}), "t": ("Threshold", {"threshold": np.array([1.0, 1.0])})}
    found = run(chain(nodes, [2]), np.array([[[1.0, 1.0], [0.5, 4.0]]]))
    assert found.output.tolist() == [[[1, 0], [0, 1]]]


@pytest.fixture
def network(neurons):
    rng = np.random.default_rng(3)
    nodes = {
        "input": ("Input", {"shape": [5]}),
        "fc": ("Affine", {"weight": rng.normal(size=(8, 5)).astype("f4"), "bias": rng.normal(size=8).astype("f4")}),
        "lif": neurons("CubaLIF", 8),
        "back": ("Linear", {"weight": rng.normal(size=(8, 8)).astype("f4")}),
        "output": ("Output", {}),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "output")]
    return assemble(nodes, edges, Timing(DT, "zero"))


@pytest.fixture
def spikes():
    return np.random.default_rng(4).random((6, 40, 5)) < 0.3


def test_a_run_counts_what_entered_each_layer_and_what_each_neuron_fired(network, spikes):
    found = run(network, spikes)
    assert np.array_equal(found.events["fc"], spikes.sum(axis=(1, 2)))
    assert np.array_equal(found.spikes["lif"], (found.output > 0).sum(axis=(1, 2)))
    assert np.array_equal(found.events["back"], found.spikes["lif"])
    assert found.output.dtype == np.float32


def test_a_layer_is_inputs_by_outputs(network):
    layer = network.layers["fc"]
    assert layer.matrix.shape == (5, 8)
    assert np.array_equal(layer.dense(), network.nodes["fc"].array("weight").T)
    assert np.array_equal(layer.bias, network.nodes["fc"].array("bias"))
    assert network.layers["back"].bias is None


def test_a_function_is_called_once_a_step_in_order(network, spikes):
    seen = []

    def products(inputs):
        seen.append(inputs.copy())
        return product(inputs, network.layer("fc").matrix)

    found = run(network, spikes, replace={"fc": products})
    assert np.array_equal(np.stack(seen, axis=1), spikes)
    assert np.array_equal(found.output, run(network, spikes).output)


def test_other_weights_change_the_run_as_other_weights_in_the_network_do(network, spikes):
    other = network.layer("fc").dense() * np.float32(1.5)
    replaced = run(network, spikes, replace={"fc": other}).output
    assert np.array_equal(replaced, run(network.with_weights({"fc": other}), spikes).output)
    assert not np.array_equal(replaced, run(network, spikes).output)


def test_an_image_may_come_as_it_is_or_flat(chain):
    fields = {"weight": np.ones((1, 1, 2, 2)), "bias": np.zeros(1), "stride": 1, "padding": 0, "dilation": 1}
    network = chain({"conv": ("Conv2d", {**fields, "groups": 1})}, [1, 3, 3])
    image = np.random.default_rng(0).random((2, 4, 1, 3, 3))
    assert np.array_equal(run(network, image).output, run(network, image.reshape(2, 4, 9)).output)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda n, x: run(n, x[:, :, :4]), r"spikes of 'input' = \(6, 40, 4\): allowed is numbers of shape"),
        (lambda n, x: run(n, x[0]), "spikes of 'input'"),
        (lambda n, x: run(n, {"other": x}), "values for input"),
        (lambda n, x: run(n, x, record=["nothing"]), "record = 'nothing': allowed is one of input"),
        (lambda n, x: run(n, x, replace={"lif": ONE}), "layer = 'lif': allowed is one of fc, back"),
        (lambda n, x: run(n, x, replace={"fc": ONE}), r"replace\['fc'\] = \(1, 1\): allowed is shape \(5, 8\)"),
        (lambda n, x: run(n, x, replace={"fc": lambda i: i}), r"replace\['fc'\] = \(6, 5\): allowed is sums of shape"),
        (lambda n, _: n.with_weights({"fc": ONE}), "weights of 'fc'"),
        (lambda n, _: n.with_weights({"fc": np.full((5, 8), np.nan)}), "weights of 'fc'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(network, spikes, call, said):
    with pytest.raises(InputError, match=said):
        call(network, spikes)


def test_several_inputs_come_by_name():
    nodes: dict[str, tuple[str, dict[str, object]]] = {
        "a": ("Input", {"shape": [2]}),
        "b": ("Input", {"shape": [2]}),
        "s": ("Scale", {"scale": np.ones(2)}),
    }
    network = assemble({**nodes, "o": ("Output", {})}, [("a", "s"), ("b", "s"), ("s", "o")], Timing(DT, "zero"))
    found = run(network, {"a": np.ones((1, 3, 2)), "b": 2 * np.ones((1, 3, 2))})
    assert np.array_equal(found.output, 3 * np.ones((1, 3, 2)))
    with pytest.raises(InputError, match="as many samples and steps"):
        run(network, {"a": np.ones((1, 3, 2)), "b": np.ones((1, 4, 2))})
