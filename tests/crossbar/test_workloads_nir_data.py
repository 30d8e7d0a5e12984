"""NIR data in: files that the package `nir` writes, and what is wrong with a file or an argument."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from circuits.errors import DataError, InputError
from crossbar.workloads.spikes import Beside, load_spikes

nir = pytest.importorskip("nir", reason="the package nir is not installed: see make setup")
if not hasattr(nir, "write_data"):
    pytest.skip("nir has data files since version 1.0.8", allow_module_level=True)

RASTER = np.random.default_rng(1).random((4, 20, 3)) < 0.3
LABELS = np.array([0, 1, 2, 1])
GRIDDED = nir.TimeGriddedData(RASTER, dt=2e-3)
EVENTS = GRIDDED.to_event(n_events=70, time_shift=0.5e-3)


def node(**observables):
    return nir.NIRNodeData(observables=observables)


@pytest.fixture
def write(tmp_path):
    np.save(tmp_path / "labels.npy", LABELS)

    def writing(**nodes):
        nir.write_data(tmp_path / "a.nir", nir.NIRGraphData(nodes=nodes))
        return tmp_path / "a.nir"

    return writing


def load(path, part="test", **beside):
    said = {"labels": path.with_name("labels.npy")} | beside
    return load_spikes(str(path), path.parent, part, np.random.default_rng(0), Beside(**said))


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, np.float16])
def test_a_grid_comes_in_as_it_was_written(write, kind):
    found = load(write(input=node(spikes=nir.TimeGriddedData(RASTER.astype(kind), dt=2e-3))))
    assert np.array_equal(found.samples.spikes, RASTER)
    assert np.array_equal(found.samples.labels, LABELS)
    assert (found.name, found.step, found.classes) == ("a", 2e-3, 3)
    assert found.source == "NIR data of a.nir, input/spikes"


def test_events_come_in_on_the_grid_they_were_made_from(write):
    path = write(input=node(spikes=EVENTS))
    assert np.array_equal(load(path, step=2e-3).samples.spikes, RASTER)
    assert load(path, step=4e-3).samples.spikes.shape == (4, 10, 3)
    with pytest.raises(InputError, match=r"step = None: allowed is a time step \[s\]: .* holds events"):
        load(path)


def test_a_value_of_0_is_no_spike_and_other_values_are_no_spikes(write):
    value = np.ones(EVENTS.shape)
    value[0, 0] = 0
    without = RASTER.copy()
    without[0, round(EVENTS.time[0, 0] / 2e-3 - 0.25), EVENTS.idx[0, 0]] = False
    valued = nir.ValuedEventData(EVENTS.idx, EVENTS.time, EVENTS.n_neurons, EVENTS.t_max, value=value)
    assert np.array_equal(load(write(input=node(spikes=valued)), step=2e-3).samples.spikes, without)
    value[1, 0] = 0.5
    with pytest.raises(DataError, match="values other than 0 and 1"):
        load(write(input=node(spikes=valued)), step=2e-3)


def test_of_several_observables_one_is_named(write):
    other = nir.TimeGriddedData(~RASTER, dt=2e-3)
    voltage = nir.TimeGriddedData(np.random.default_rng(0).normal(size=(4, 20, 3)), dt=2e-3)
    path = write(input=node(spikes=GRIDDED, v=voltage), lif=node(spikes=other), li=node(v=voltage))
    for name, expected in (("input", RASTER), ("input/spikes", RASTER), ("lif", ~RASTER)):
        assert np.array_equal(load(path, node=name).samples.spikes, expected)
    wrong: tuple[str | None, ...] = (None, "gone", "inp", "")
    for other_name in wrong:
        with pytest.raises(InputError, match=r"node = .*allowed is one of 'input/spikes', 'lif/spikes' of .*a.nir"):
            load(path, node=other_name)
    with pytest.raises(DataError, match=r"a\.nir:input/v: its values are not 0 and 1 alone"):
        load(path, node="input/v")
    with pytest.raises(DataError, match=r"a\.nir:li/v: its values"):
        load(path, node="li")
    only = write(input=node(spikes=GRIDDED, v=voltage), li=node(v=voltage))
    assert np.array_equal(load(only).samples.spikes, RASTER)


def test_a_graph_within_the_graph_is_named_by_its_way(write):
    # Built by hand: nir 1.0.8 does not end when it writes one.
    path = write(outer=node(spikes=GRIDDED))
    with h5py.File(path, "r+") as file:
        inner = file.create_group("nodes/rnn")
        inner.attrs["__type__"] = "NIRGraphData"
        file.copy("nodes/outer", inner.create_group("nodes"), name="lif")
        data = inner["nodes/lif/observables/spikes/data"]
        data[...] = ~data[...]
    assert np.array_equal(load(path, node="rnn/lif").samples.spikes, ~RASTER)
    assert np.array_equal(load(path, node="rnn").samples.spikes, ~RASTER)
    assert np.array_equal(load(path, node="outer").samples.spikes, RASTER)


@pytest.mark.parametrize(
    ("labels", "error", "said"),
    [
        (None, InputError, "labels = None: allowed is a file of labels .*which holds none; write name a .npy file"),
        (np.arange(3), DataError, "it has 3 labels; allowed is 4, one for each sample of a.nir"),
        (np.array([0, 1, 2, -1]), DataError, "labels run from -1 to 2"),
        (np.array([0, 1, 2, 1 << 50]), DataError, "labels run from 0"),
        (np.array([0.0, 1, 2, 3]), DataError, "labels have shape"),
        (np.array([[0, 1, 2, 3]]), DataError, "labels have shape"),
    ],
)
def test_labels_come_from_beside_the_file(write, tmp_path, labels, error, said):
    path, beside = write(input=node(spikes=GRIDDED)), tmp_path / "wrong.npy"
    if labels is not None:
        np.save(beside, labels)
    with pytest.raises(error, match=said):
        load(path, labels=None if labels is None else beside)


def test_labels_may_be_in_an_archive(write, tmp_path):
    path = write(input=node(spikes=GRIDDED))
    np.savez(tmp_path / "labels.npz", labels=LABELS[::-1])
    assert load(path, labels=tmp_path / "labels.npz").samples.labels.tolist() == LABELS[::-1].tolist()
    np.savez(tmp_path / "other.npz", y=LABELS)
    with pytest.raises(DataError, match="no array 'labels'"):
        load(path, labels=tmp_path / "other.npz")
    with pytest.raises(DataError, match="cannot be read"):
        load(path, labels=tmp_path / "none.npy")


def test_a_step_beside_a_grid_must_be_its_own(write):
    path = write(input=node(spikes=GRIDDED))
    assert load(path, step=2e-3).step == 2e-3
    with pytest.raises(InputError, match=r"step = 0\.001: allowed is 0\.002 s, which .*input/spikes says"):
        load(path, step=1e-3)


def test_a_graph_is_no_data(tmp_path):
    nodes = {"input": nir.Input(np.array([3])), "output": nir.Output(np.array([3]))}
    nir.write(tmp_path / "a.nir", nir.NIRGraph(nodes, [("input", "output")]))
    with pytest.raises(DataError, match=r"it is a graph; allowed is NIR data.*nir\.write_data"):
        load(tmp_path / "a.nir")


def test_parts_do_not_apply(write):
    with pytest.raises(InputError, match="--part = 'train': allowed is test or all"):
        load(write(input=node(spikes=GRIDDED)), part="train")
