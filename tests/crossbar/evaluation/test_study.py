"""What an evaluation says is what the network, the tiles and the costs amount to."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import crossbar as xb
from crossbar.evaluation.hardware import Costs, Hardware
from crossbar.evaluation.inference import infer, options_of
from crossbar.evaluation.metrics import dense, neurobench
from crossbar.evaluation.study import CAUSES, Trials, evaluate, longest
from crossbar.mapping.bridge import rewritten
from crossbar.networks.load import assemble
from crossbar.networks.network import Timing
from crossbar.networks.runner import run
from crossbar.workloads.patterns import Samples

STEP = 2e-3


@pytest.fixture(scope="module")
def found(network, samples, hardware):
    return evaluate(network, samples, STEP, Trials(hardware, count=3))


def test_every_cause_has_its_answers(found, samples):
    assert list(found.right) == list(CAUSES)
    shapes = {cause: right.shape for cause, right in found.right.items()}
    assert shapes == {
        "float": (1, 24),
        "states": (1, 24),
        "lines": (1, 24),
        "written": (3, 24),
        "noise": (3, 24),
    }
    own = run(found.network, samples.spikes).classes() == samples.labels
    assert np.array_equal(found.right["float"][0], own)
    assert found.accuracy("float").mean > 0.9
    assert found.accuracy().low <= found.accuracy().mean <= found.accuracy().high


def test_ideal_devices_change_no_spike(found):
    assert found.differing == 0


def test_the_same_seed_gives_the_same_and_another_seed_another_chip(network, samples, hardware, found):
    one, other = (evaluate(network, samples, STEP, Trials(hardware, count=1, seed=seed)) for seed in (0, 7))
    assert np.array_equal(one.right["noise"][0], found.right["noise"][0])
    assert np.array_equal(one.written.conductances, found.written.conductances)
    assert one.energy["read"] == found.inferences[0].read.mean()
    assert not np.array_equal(other.written.conductances, one.written.conductances)


def test_lines_without_resistance_are_no_cause(network, samples, hardware):
    plain = evaluate(network, samples, STEP, Trials(replace(hardware, ir_drop=False), count=1))
    assert "lines" not in plain.right


def test_reads_take_the_power_of_every_line_driven(network, samples, hardware):
    """By hand, from the recorded inputs of each layer: V^2 t times what each active line drives, bias rows always."""
    mapping = hardware.mapping(network)
    chip, costs = xb.mount(mapping, mapping.targets, ir_drop=True), Costs(voltage=0.2, read=3e-6)
    rng = np.random.default_rng(0)
    seen = infer(network, samples, chip, costs, noise=0.0, options={}, rng=rng)
    recorded = run(rewritten(network, chip.matrices), samples.spikes, record=["hidden"]).recorded["hidden"]
    inputs = {"fc": samples.spikes, "back": recorded, "out": recorded}
    power = 0.0
    for name, driven in inputs.items():
        load = chip.loads[name]
        power = power + driven.sum(axis=1, dtype=float) @ load[: driven.shape[2]] + 30 * load[driven.shape[2] :].sum()
    assert seen.read == pytest.approx(0.04 * 3e-6 * power, rel=1e-12)
    assert {name: int(events.sum()) for name, events in seen.events.items()} == {
        name: int(np.count_nonzero(driven)) for name, driven in inputs.items()
    }


def test_energies_are_counts_times_costs(found):
    lines = sum(site.mapped.conductances.shape[1] for site in found.mapping.sites)
    costs = found.trials.hardware.costs
    assert found.energy["convert"] == pytest.approx(30 * lines * costs.conversion)
    assert found.energy["neuron"] == pytest.approx(30 * 10 * costs.update)
    assert found.energy["spike"] == 0
    assert found.energy["program"] == pytest.approx(found.programmed[:, 0].mean())
    parts = found.energy
    assert found.inference_energy == pytest.approx(sum(parts.values()) - parts["program"])


def test_a_step_takes_its_longest_way(found, network):
    """fc, hidden, out, last; while `back` is read beside `out`."""
    costs = found.trials.hardware.costs
    step = 2 * costs.read + (8 + 2) * costs.pace
    assert found.latency["step"] == pytest.approx(step)
    assert found.latency["compute"] == pytest.approx(30 * step)
    assert found.latency["inference"] == pytest.approx(30 * STEP + step)
    assert longest(network, {"fc": 1.0, "back": 5.0, "out": 2.0}) == 6.0
    slow = replace(found, trials=replace(found.trials, hardware=Hardware(costs=Costs(read=0.1))))
    assert slow.latency["inference"] == pytest.approx(29 * slow.latency["step"] + STEP + slow.latency["step"])


def test_metrics_by_hand(found, network, samples):
    metrics = neurobench(found)
    weights = {name: layer.dense() for name, layer in network.layers.items()}
    assert metrics["ParameterCount"] == 8 * 6 + 8 + 8 * 8 + 8 + 2 * 8
    assert metrics["Footprint"] == 4 * metrics["ParameterCount"] + 8 * (4 * 8 + 4 * 2) + 8 * 10
    assert metrics["ConnectionSparsity"] == 0
    operations = metrics["SynapticOperations"]
    assert operations["Dense"] == 30 * sum(w.size for w in weights.values())
    assert operations["Effective_MACs"] == 0
    events = {name: np.mean([one.events[name].mean() for one in found.inferences]) for name in weights}
    assert operations["Effective_ACs"] == pytest.approx(sum(events[n] * w.shape[1] for n, w in weights.items()))
    fired = np.mean([one.spikes.mean() for one in found.inferences])
    assert metrics["ActivationSparsity"] == pytest.approx(1 - fired / (30 * 10))
    assert events["fc"] == samples.spikes.sum(axis=(1, 2)).mean()
    assert dense(network, "fc") == 48


def test_a_convolution_is_read_for_each_place(hardware):
    """4 x 3 places, a patch of 2 x 2 of one channel, 3 outputs; the corner's zeros are no operations."""
    rng = np.random.default_rng(2)
    conv = {"weight": rng.normal(0.3, 0.3, (3, 1, 2, 2)).astype("f4"), "bias": np.zeros(3, "f4"), "stride": 1}
    nodes: dict[str, Any] = {
        "input": ("Input", {"shape": [1, 3, 4]}),
        "conv": ("Conv2d", {**conv, "padding": "same", "dilation": 1, "groups": 1}),
        "lif": ("IF", {"r": np.ones(1), "v_threshold": np.ones(1)}),
        "fc": ("Linear", {"weight": rng.normal(size=(2, 36)).astype("f4")}),
        "last": ("IF", {"r": np.ones(2), "v_threshold": np.ones(2)}),
        "output": ("Output", {}),
    }
    network = assemble(nodes, pairwise(nodes), Timing(1e-3, "zero"))
    spikes = Samples(rng.random((4, 5, 12)) < 0.4, np.arange(4) % 2)
    seen = evaluate(network, spikes, STEP, Trials(hardware, count=1))
    assert seen.differing == 0
    lines = {s.place.layer: s.mapped.conductances.shape[1] for s in seen.mapping.sites}
    several = len([s for s in seen.mapping.sites if s.place.layer == "fc"])
    costs = seen.trials.hardware.costs
    assert seen.energy["convert"] == pytest.approx(5 * (12 * lines["conv"] + several * lines["fc"]) * costs.conversion)
    assert seen.latency["step"] == pytest.approx(13 * costs.read + 38 * costs.pace)
    # Places times patch, less the zeros at the right and at the bottom.
    assert dense(network, "conv") == 3 * (12 * 4 - 2 * 3 - 2 * 4 + 1)
    image = spikes.spikes.reshape(4, 5, 3, 4)
    padded = np.pad(image, [(0, 0), (0, 0), (0, 1), (0, 1)])
    under = sum(padded[:, :, y : y + 3, x : x + 4].sum(axis=(1, 2, 3)) for y in (0, 1) for x in (0, 1))
    assert np.array_equal(seen.inferences[0].operations["conv"], 3 * under)


@pytest.mark.parametrize(("mode", "gates"), [("front_end", 1), ("plus_only", 8)])
def test_short_term_devices_are_charged_for_every_gate_a_spike_reaches(network, samples, hardware, mode, gates):
    few = Samples(samples.spikes[:6], samples.labels[:6])
    seen = evaluate(network, few, STEP, Trials(hardware, {"fc": mode}, count=1))
    assert seen.pulse == xb.studies.pulse_energy(Costs().spike)
    events = seen.inferences[0].events["fc"].mean()
    assert seen.energy["spike"] == pytest.approx(events * gates * seen.pulse)
    assert seen.cautions == ()
    assert seen.inferences[0].binary["fc"] == (mode != "front_end")


def test_a_pair_whose_gates_both_hear_is_warned_of(network, samples, hardware):
    few = Samples(samples.spikes[:4], samples.labels[:4])
    with pytest.warns(UserWarning, match="their short-term parts cancel"):
        seen = evaluate(network, few, STEP, Trials(hardware, {"fc": "both"}, count=1))
    assert len(seen.cautions) == 1


def test_plus_devices_weigh_what_the_mapping_says(network, hardware):
    mapping = hardware.mapping(network)
    option = options_of({"fc": "plus_only", "out": "none"}, mapping, network, STEP)
    assert list(option) == ["fc"]
    assert np.array_equal(option["fc"].scale, mapping.scale("fc"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Trials(count=0), r"trials.count = 0: allowed is a whole number from 1; write count=5"),
        (lambda: Trials(seed=-1), r"trials.seed = -1"),
        (lambda: Costs(read=0.0), r"costs.read = 0.0: allowed is a finite number above 0"),
        (lambda: Costs(update=-1.0), r"costs.update = -1.0: allowed is a finite number from 0"),
        (lambda: Hardware(noise=math.nan), r"noise = nan"),
        (lambda: Hardware(raised=0.5), r"raised = 0.5: allowed is a finite factor from 1"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(xb.InputError, match=said):
        make()


def test_a_layer_or_samples_that_do_not_fit_are_refused(network, samples, hardware):
    with pytest.raises(xb.InputError, match="layer = 'nothing': allowed is one of fc, out, back"):
        evaluate(network, samples, STEP, Trials(hardware, {"nothing": "front_end"}))
    short = Samples(samples.spikes[:, :, :4], samples.labels)
    with pytest.raises(xb.InputError, match="spikes of 'input'"):
        evaluate(network, short, STEP, Trials(hardware))


def test_compensated_targets_are_read_as_they_were_meant(network, samples):
    """What lines of 10 ohm a segment take is given back, but for what writing leaves."""
    tile = xb.Array(16, 20, lines=xb.Lines(word=10.0, bit=10.0))
    plain, raised = (
        evaluate(network, samples, STEP, Trials(Hardware(tile=tile, raised=factor), count=1)) for factor in (1.0, 4.0)
    )
    off = [
        max(np.abs(one.chip.matrices[n][0] - w).max() / np.abs(w).max() for n, (w, _) in one.mapping.layers.items())
        for one in (plain, raised)
    ]
    assert off[1] < 0.2 * off[0]


def test_the_network_of_another_time_step_is_another_network(network, samples, hardware, found):
    faster = replace(network, timing=Timing(network.timing.dt / 2, "zero"))
    other = evaluate(faster, samples, STEP, Trials(hardware, count=1))
    assert other.inferences[0].spikes.sum() != found.inferences[0].spikes.sum()
