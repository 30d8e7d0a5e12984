"""Spikes by name: which part of which set, what events become, and one error for each thing that is wrong."""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np
import pytest

from circuits.errors import CircuitError, DataError, InputError
from crossbar.workloads import poisson
from crossbar.workloads.patterns import Samples
from crossbar.workloads.rasters import write_rasters
from crossbar.workloads.spikes import Beside, load_spikes

EVENTS: dict[str, Any] = {
    "t": np.array([0.0, 0.0005, 0.001, 0.0099, 0.002]),
    "x": np.array([0, 0, 1, 2, 1]),
    "sample": np.array([0, 0, 0, 1, 2]),
    "labels": np.array([1, 0, 1]),
}


def load(path, part="test", **beside):
    return load_spikes(str(path), path.parent, part, np.random.default_rng(0), Beside(**beside))


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return save


def test_a_part_of_a_set_is_that_part(tmp_path):
    patterns = poisson.generate(np.random.default_rng(3))
    for part in ("test", "validation", "train"):
        found = load_spikes("patterns", tmp_path, part, np.random.default_rng(3))
        assert np.array_equal(found.samples.spikes, getattr(patterns, part).spikes)
        assert np.array_equal(found.samples.labels, getattr(patterns, part).labels)
    every = load_spikes("patterns", tmp_path, "all", np.random.default_rng(3))
    assert len(every.samples) == 1400
    assert (every.name, every.source, every.step, every.classes) == ("poisson", patterns.source, patterns.step, 7)


def test_a_file_of_rasters_is_all_there_whole(tmp_path):
    rng = np.random.default_rng(0)
    samples = Samples(rng.random((4, 5, 3)) < 0.5, np.array([0, 2, 1, 2]))
    write_rasters(tmp_path / "mine.npz", samples, step=2e-3)
    for part in ("test", "all"):
        found = load(tmp_path / "mine.npz", part)
        assert np.array_equal(found.samples.spikes, samples.spikes)
        assert np.array_equal(found.samples.labels, samples.labels)
        assert (found.name, found.step, found.classes) == ("mine", 2e-3, 3)
        assert "mine.npz" in found.source


def test_events_become_a_raster_and_several_in_a_step_are_one_spike(saved):
    found = load(saved(**EVENTS))
    spikes = found.samples.spikes
    assert spikes.shape == (3, 10, 3)
    assert [tuple(map(int, place)) for place in np.argwhere(spikes)] == [(0, 0, 0), (0, 1, 1), (1, 9, 2), (2, 2, 1)]
    assert (found.step, found.classes) == (1e-3, 2)


def test_whole_times_polarity_duration_and_channels_are_what_the_file_says(saved):
    whole = EVENTS | {"t": np.array([0, 500, 1000, 9900, 2000]), "unit": 1e-6, "p": np.array([0, 1, 1, 0, 1])}
    spikes = load(saved(**whole)).samples.spikes
    assert spikes.shape == (3, 10, 6)
    assert {tuple(map(int, place)) for place in np.argwhere(spikes)} == {
        (0, 0, 0),
        (0, 0, 1),
        (0, 1, 3),
        (1, 9, 4),
        (2, 2, 3),
    }
    assert load(saved(**whole, duration=20e-3, channels=8, step=2e-3)).samples.spikes.shape == (3, 10, 8)


def test_one_sample_needs_no_numbers_of_samples(saved):
    found = load(saved(t=EVENTS["t"], x=EVENTS["x"], labels=np.array([4])))
    assert found.samples.spikes.shape == (1, 10, 3)
    assert (found.samples.labels.tolist(), found.classes) == ([4], 5)


def test_a_step_may_be_said_where_a_file_of_events_names_none(saved):
    assert load(saved(**EVENTS), step=5e-3).samples.spikes.shape == (3, 2, 3)
    assert load(saved(**EVENTS, step=2e-3), step=2e-3).step == 2e-3
    with pytest.raises(InputError, match=r"step = 0\.005: allowed is 0\.002 s"):
        load(saved(**EVENTS, step=2e-3), step=5e-3)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"t": np.array([0.0, np.nan, 0, 0, 0])}, "event 1 is at nan s; allowed is finite times"),
        ({"t": np.array([0.0, np.inf, 0, 0, 0])}, "event 1 is at inf s"),
        ({"t": np.array([0.0, 0, -1e-3, 0, 0])}, "event 2 is at -0.001 s"),
        ({"t": np.array([0.0, 0, 1e9, 0, 0])}, "span 3 samples of 100000.* steps"),
        ({"t": np.array([0.0, 0, 1e300, 0, 0]), "step": 1e-300}, "span 3 samples"),
        ({"t": np.arange(5)}, "t is whole numbers, and unit"),
        ({"unit": 1e-6}, "t is not whole numbers, and there is a unit"),
        ({"t": np.zeros((5, 1))}, r"t has shape \(5, 1\)"),
        ({"t": None}, "no array 't'"),
        ({"x": None}, "no array 'x'"),
        ({"labels": None}, "no array 'labels'"),
        ({"x": np.arange(5.0)}, "x has shape"),
        ({"x": np.arange(4)}, r"x has shape \(4,\) of int64, for 5 events"),
        ({"x": np.arange(5) - 1}, "x runs from -1 to 3"),
        ({"x": np.arange(5, dtype="u8") << 60}, "x runs from 0"),
        ({"p": np.arange(5)}, "p runs to 4"),
        ({"sample": np.arange(5)}, "event 3 has sample 3; allowed is 0 to 2"),
        ({"sample": None}, "there are 3 labels and no array 'sample'"),
        ({"labels": np.array([0, 1, -1])}, "labels run from -1 to 1"),
        ({"labels": np.array([0, 1, 1 << 40])}, "labels run from 0 to"),
        ({"labels": np.array([0.5, 1, 1])}, "labels have shape"),
        ({"labels": np.array([{}, 1, 1])}, "it cannot be read"),
        ({"step": 0.0}, "step is not one number"),
        ({"step": np.nan}, "step is not one number"),
        ({"duration": 5e-3}, r"event 3 is at 0\.0099 s; allowed is times before 0\.005 s"),
        ({"channels": 2}, "event 3 has channel 2; allowed is 0 to 1"),
        ({"channels": 2.5}, "channels is not one whole number"),
        ({"spikes": np.ones((3, 4, 2))}, "both rasters and events"),
        ({"t": None, "x": None}, "neither an array 'spikes' nor 't' and 'x'"),
    ],
)
def test_what_is_wrong_with_a_file_of_events_is_one_clear_error(saved, changed, said):
    arrays = {name: array for name, array in (EVENTS | changed).items() if array is not None}
    with pytest.raises(DataError, match=said):
        load(saved(**arrays))


def test_an_argument_that_says_nothing_here_is_refused(tmp_path, saved):
    path = saved(**EVENTS)
    for part, words in (("train", "a file is one part"), ("validation", "a file is one part"), ("dev", "one of test")):
        with pytest.raises(InputError, match=f"--part = '{part}': allowed is .*{words}"):
            load(path, part)
    with pytest.raises(InputError, match=r"--data = .*mine.csv.*ends in .npz"):
        load(tmp_path / "mine.csv")
    with pytest.raises(InputError, match=r"labels = .*is not NIR data"):
        load(path, labels=path)
    with pytest.raises(InputError, match="node = 'a': allowed is none: patterns is not NIR data"):
        load_spikes("patterns", tmp_path, "test", np.random.default_rng(0), Beside(node="a"))
    with pytest.raises(InputError, match=r"step = 0\.001: allowed is 0\.005 s"):
        load_spikes("patterns", tmp_path, "test", np.random.default_rng(0), Beside(step=1e-3))
    with pytest.raises(InputError, match="step = nan"):
        Beside(step=float("nan"))


def header_of(shape, dtype="'|b1'"):
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "member",
    [
        header_of((1 << 20, 1 << 20, 1 << 10)) + b"1",
        header_of((2, 2, -1)) + b"1111",
        header_of((2, 2, 1), "'|O'") + b"1111",
        header_of((2, 2, 1), "'|V0'"),
        header_of("__import__('os')") + b"1",
        header_of("(" * 5000),
        b"\x93NUMPY\x09\x00" + b"x" * 50,
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"",
    ],
)
def test_an_array_that_is_not_what_it_declares_is_one_error_and_no_memory(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("spikes.npy", member)
    with pytest.raises(DataError, match="it cannot be read"):
        load(tmp_path / "mine.npz")


def test_a_damaged_file_of_events_is_one_error_or_a_result(saved):
    path = saved(**EVENTS, p=np.zeros(5, bool), duration=0.02, channels=6)
    rng, content, well = np.random.default_rng(5), path.read_bytes(), 0
    for _ in range(400):
        copy = bytearray(content)
        for place in rng.integers(len(copy), size=3):
            copy[place] ^= 1 << rng.integers(8)
        path.write_bytes(copy[: rng.integers(len(copy))] if rng.random() < 0.2 else copy)
        try:
            load(path)
            well += 1
        except CircuitError as error:
            assert len(str(error)) < 1500  # noqa: PT017 - every one is looked at
    assert well < 400


def test_several_parts_are_one_after_another(tmp_path):
    both, one, other = (
        load_spikes("patterns", tmp_path, part, np.random.default_rng(0)).samples
        for part in ("validation+test", "validation", "test")
    )
    assert np.array_equal(both.labels, np.concatenate([one.labels, other.labels]))
    assert np.array_equal(both.spikes, np.concatenate([one.spikes, other.spikes]))
    with pytest.raises(InputError, match="or several with"):
        load_spikes("patterns", tmp_path, "test+dev", np.random.default_rng(0))
