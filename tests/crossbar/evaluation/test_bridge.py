"""A network's layers and the matrices of tiles are the same thing."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb
from crossbar.mapping.bridge import map_graph, matrices, products, read_together, reads, rewritten
from crossbar.networks.load import assemble, read_nir
from crossbar.networks.network import Timing, differences
from crossbar.networks.runner import run
from crossbar.networks.save import write_nir

ENDLESS = xb.Scheme(states=math.inf)


def image_network(rng, size, stride, padding, dilation, groups):
    weight = rng.normal(size=(4, 4 // groups, *size)).astype("f4")
    conv = {"weight": weight, "bias": rng.normal(size=4).astype("f4"), "stride": stride, "padding": padding}
    nodes = {
        "input": ("Input", {"shape": [4, 7, 6]}),
        "conv": ("Conv2d", {**conv, "dilation": dilation, "groups": groups}),
        "lif": ("IF", {"r": np.ones(1), "v_threshold": np.ones(1)}),
        "output": ("Output", {}),
    }
    return assemble(nodes, pairwise(nodes), Timing(1e-3, "zero"))


def on_ideal_tiles(network, tile, spikes, noise=0.0):
    mapping = map_graph(network, tile, ENDLESS)
    chip = xb.mount(mapping, mapping.targets, ir_drop=False)
    readers = chip.readers(np.random.default_rng(0), noise)
    return run(rewritten(network, chip.matrices), spikes, replace=products(network, readers), record=network.neurons)


@given(
    seed=st.integers(0, 99),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4]),
)
def test_a_kernel_read_place_by_place_gives_the_convolutions_very_bits(seed, size, stride, padding, dilation, groups):
    rng = np.random.default_rng(seed)
    network = image_network(rng, size, stride, padding, dilation, groups)
    spikes = rng.random((3, 5, 4, 7, 6)) < 0.3
    own = run(network, spikes, record=["conv", "lif"])
    found = on_ideal_tiles(network, xb.Array(16, 12), spikes)
    assert np.array_equal(found.recorded["lif"], own.recorded["lif"])
    assert matrices(network)["conv"][0].shape == (4 * size[0] * size[1], 4)
    assert reads(network.nodes["conv"]) == math.prod(network.nodes["conv"].gives[1:])


def test_what_tiles_hold_of_a_convolution_is_a_network_again(tmp_path):
    """Off by spread, groups included: the network that is written computes what the tiles do."""
    rng = np.random.default_rng(0)
    network = image_network(rng, (3, 2), 1, 1, 1, 2)
    mapping = map_graph(network, xb.Array(16, 12), ENDLESS)
    off = mapping.targets * rng.normal(1, 0.05, mapping.targets.shape)
    chip = xb.mount(mapping, off, ir_drop=False)
    spikes = rng.random((3, 5, 4, 7, 6)) < 0.3
    held = rewritten(network, chip.matrices)
    readers = chip.readers(np.random.default_rng(0), 0.0)
    by_tiles = run(held, spikes, replace=products(network, readers), record=["conv"])
    assert np.array_equal(run(held, spikes, record=["conv"]).recorded["conv"], by_tiles.recorded["conv"])
    assert not np.array_equal(run(network, spikes, record=["conv"]).recorded["conv"], by_tiles.recorded["conv"])
    write_nir(held, tmp_path / "held.nir")
    assert differences(read_nir(tmp_path / "held.nir", dt=1e-3, reset="zero").network, held) == []


def test_the_bias_of_a_layer_in_a_loop_is_there_before_the_first_step(network, samples):
    """Guard: a network whose biases were left to the tiles began without them, and a recurrent one went another way."""
    own = run(network, samples.spikes, record=network.neurons)
    found = on_ideal_tiles(network, xb.Array(16, 20), samples.spikes)
    for name in network.neurons:
        assert np.array_equal(found.recorded[name], own.recorded[name])


def test_layers_that_wait_for_no_other_are_on_tiles_apart(network):
    assert [set(pair) for pair in read_together(network)] == [{"back", "out"}]
    mapping = map_graph(network, xb.Array(64, 40))
    on = {name: {site.place.tile for site in mapping.sites if site.place.layer == name} for name in mapping.layers}
    assert on["back"].isdisjoint(on["out"])
    assert on["fc"] & (on["back"] | on["out"])


def test_a_layer_without_bias_takes_no_row_for_it(network):
    assert matrices(network)["out"][1] is None
    mapping = map_graph(network, xb.Array(64, 40))
    assert len(mapping.rows("out")) == 8
    assert len(mapping.rows("fc")) == 7


def test_the_scale_of_a_layer_turns_conductance_into_weight(network):
    mapping = map_graph(network, xb.Array(5, 8), xb.Scheme("one_sided", states=math.inf))
    assert len([site for site in mapping.sites if site.place.layer == "fc"]) > 1
    for site in mapping.sites:
        block = site.place.block
        rows = slice(block.rows.start, min(block.rows.stop, len(mapping.layers[site.place.layer][0])))
        held = mapping.scheme.signed(site.mapped.conductances)[: rows.stop - rows.start]
        meant = mapping.layers[site.place.layer][0][rows, block.columns]
        assert held * mapping.scale(site.place.layer)[rows, block.columns] == pytest.approx(meant, abs=1e-12)


def test_a_network_without_weights_is_refused():
    lif = {"r": np.ones(2), "v_threshold": np.ones(2)}
    nodes: dict[str, Any] = {"input": ("Input", {"shape": [2]}), "lif": ("IF", lif), "output": ("Output", {})}
    network = assemble(nodes, pairwise(nodes), Timing(1e-3, "zero"))
    with pytest.raises(xb.InputError, match="a network with Linear, Affine or Conv2d layers"):
        map_graph(network, xb.Array(4, 4))
