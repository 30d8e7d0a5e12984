"""Hostile and damaged files of NIR data: one clear error or spikes, within time and memory, nothing read outside."""

from __future__ import annotations

import time

import h5py
import numpy as np
import pytest

from circuits.errors import CircuitError, DataError
from crossbar.networks.reader import Limits, Reader
from crossbar.workloads.recorded import read_recorded

LONGEST = 10.0  # s that one file may take
RASTER = np.random.default_rng(1).random((4, 20, 3)) < 0.3
EVENTS, GRID = "nodes/in/observables/events", "nodes/in/observables/grid"


@pytest.fixture
def good(tmp_path):
    """A file as nir 1.0.8 writes it, by hand: older versions do not."""
    path = tmp_path / "a.nir"
    sample, step, channel = np.nonzero(RASTER)
    with h5py.File(path, "w") as file:
        file.attrs["__type__"] = "NIRGraphData"
        file.create_group("nodes/in").attrs["__type__"] = "NIRNodeData"
        grid = file.create_group(GRID)
        grid.attrs.update({"__type__": "TimeGriddedData", "dt": 1e-3})
        grid.create_dataset("data", data=RASTER, compression="gzip")
        events = file.create_group(EVENTS)
        events.attrs.update({"__type__": "EventData", "n_neurons": 3, "t_max": 20e-3})
        order = [np.flatnonzero(sample == k) for k in range(4)]
        idx, moment = np.full((4, 40), -1), np.full((4, 40), np.inf)
        for k, these in enumerate(order):
            idx[k, : len(these)] = channel[these]
            moment[k, : len(these)] = step[these] * 1e-3
        events.create_dataset("idx", data=idx, compression="gzip")
        events.create_dataset("time", data=moment, compression="gzip")
    return path


@pytest.fixture(scope="module")
def reader():
    with Reader(Limits(seconds=4)) as one:
        yield one


def read(path, reader, name="events"):
    return read_recorded(path, f"in/{name}", 1e-3 if name == "events" else None, reader).spikes


def test_the_good_file_is_good(good, reader):
    assert np.array_equal(read(good, reader), RASTER)
    assert np.array_equal(read(good, reader, "grid"), RASTER)


def change(name, place, value):
    def changing(file):
        file[EVENTS][name][place] = value

    return changing


def put(place, **attributes):
    def putting(file):
        for name, value in attributes.items():
            file[place].attrs[name] = value

    return putting


def drop(place, name):
    def dropping(file):
        del file[place].attrs[name]

    return dropping


def replaced(place, **create):
    def replacing(file):
        del file[place]
        file.create_dataset(place, **create)

    return replacing


def removed(place):
    def removing(file):
        del file[place]

    return removing


def linked(file):
    del file[f"{EVENTS}/time"]
    file[f"{EVENTS}/time"] = h5py.ExternalLink("other.h5", "/time")


def within_itself(file):
    file["nodes/again"] = file["nodes/in"]


def deep(file):
    level = file["nodes"]
    for _ in range(40):
        level = level.create_group("g")
        level.attrs["__type__"] = "NIRGraphData"
        level = level.create_group("nodes")


HUGE = {"shape": (1 << 17, 1 << 17, 8), "chunks": (64, 64, 8), "dtype": "u1", "compression": "gzip"}
CRAFTED = {
    "not a number": (change("time", (1, 0), np.nan), "is at nan s"),
    "endless": (change("time", (1, 0), np.inf), "is at inf s"),
    "negative time": (change("time", (1, 0), -1.0), r"is at -1\.0 s"),
    "after the end": (change("time", (1, 0), 0.5), r"is at 0\.5 s; allowed is times before 0\.02 s"),
    "no such neuron": (change("idx", (1, 0), 3), "has channel 3; allowed is 0 to 2"),
    "below all neurons": (change("idx", (1, 0), -2), "has channel -2"),
    "a time that lasts": (put(EVENTS, t_max=1e30), "span 4 samples of"),
    "no time": (put(EVENTS, t_max=0.0), r"its t_max is 0\.0"),
    "no end": (put(EVENTS, t_max=np.inf), "its t_max is inf"),
    "nan end": (put(EVENTS, t_max=np.nan), "its t_max is nan"),
    "a word for a number": (put(EVENTS, t_max="long"), "its t_max is nan"),
    "missing end": (drop(EVENTS, "t_max"), "its t_max is missing"),
    "crowd": (put(EVENTS, n_neurons=2**60), "channels; allowed is at most"),
    "half a neuron": (put(EVENTS, n_neurons=2.5), r"its n_neurons is 2\.5"),
    "several ends": (put(EVENTS, t_max=np.ones(3)), "an attribute that is not one value"),
    "complex end": (put(EVENTS, t_max=1j), "an attribute that is not one value"),
    "endless word": (put(EVENTS, __type__="x" * 5000), "a text of 5000 bytes"),
    "unknown type": (put(EVENTS, __type__="Spectrum"), "it is of the type 'Spectrum'"),
    "no type": (drop(EVENTS, "__type__"), "it is of the type ''"),
    "no root type": (drop("/", "__type__"), "it is no NIR data"),
    "fractions": (replaced(f"{EVENTS}/idx", data=np.zeros((4, 40))), "'idx' has shape"),
    "unequal": (replaced(f"{EVENTS}/idx", data=np.zeros((4, 4), int)), r"'idx' has shape \(4, 4\) and 'time'"),
    "flat": (replaced(f"{EVENTS}/idx", data=np.zeros(4, int)), r"'idx' has shape \(4,\)"),
    "words": (replaced(f"{EVENTS}/idx", data=np.array(["a"], dtype=h5py.string_dtype())), "no numbers 'idx'"),
    "missing times": (removed(f"{EVENTS}/time"), "no numbers 'time'"),
    "missing nodes": (removed("nodes"), "no group 'nodes'"),
    "missing observables": (removed("nodes/in/observables"), "no group 'observables'"),
    "a number for a node": (replaced("nodes/in", data=1.0), "it is no group"),
    "128 GiB": (replaced(f"{GRID}/data", **HUGE), "declare 13743"),
    "link": (linked, "a link to another place"),
    "within itself": (within_itself, "an object that another name leads to"),
    "deep": (deep, "deeper than"),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_file_is_one_clear_error(good, reader, case):
    how, said = CRAFTED[case]
    with h5py.File(good, "r+") as file:
        how(file)
    start = time.monotonic()
    with pytest.raises(DataError, match=said) as caught:
        read(good, reader)
    assert time.monotonic() - start < LONGEST
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (put(GRID, dt=-1.0), r"its dt is -1\.0"),
        (put(GRID, dt=np.nan), "its dt is nan"),
        (drop(GRID, "dt"), "its dt is missing"),
        (replaced(f"{GRID}/data", data=np.full((4, 20, 3), np.nan)), "not 0 and 1 alone"),
        (replaced(f"{GRID}/data", data=np.full((4, 20, 3), 2)), "not 0 and 1 alone"),
        (replaced(f"{GRID}/data", data=np.zeros((4, 0, 3))), "'data' has shape"),
        (replaced(f"{GRID}/data", data=np.zeros((4, 5, 0))), "not 0 and 1 alone"),
        (replaced(f"{GRID}/data", data=np.zeros((4, 5))), "'data' has shape"),
        (removed(f"{GRID}/data"), "no numbers 'data'"),
    ],
)
def test_a_crafted_grid_is_one_clear_error(good, reader, how, said):
    with h5py.File(good, "r+") as file:
        how(file)
    with pytest.raises(DataError, match=said):
        read(good, reader, "grid")


def test_a_corrupted_file_is_one_clear_error_or_spikes(good, tmp_path):
    rng, content, well = np.random.default_rng(3), good.read_bytes(), 0
    path = tmp_path / "corrupted.nir"
    with Reader(Limits(seconds=3)) as reader:
        for turn in range(150):
            copy = bytearray(content)
            for place in rng.integers(len(copy), size=rng.integers(1, 12)):
                copy[place] ^= 1 << rng.integers(8)
            path.write_bytes(copy[: rng.integers(len(copy))] if turn % 10 == 0 else copy)
            start = time.monotonic()
            try:
                spikes = read(path, reader, ("events", "grid")[turn % 2])
            except CircuitError as error:
                assert len(str(error)) < 1500  # noqa: PT017 - every one is looked at
            else:
                assert spikes.dtype == bool
                well += 1
            assert time.monotonic() - start < LONGEST
        assert np.array_equal(read(good, reader), RASTER)
    assert 0 < well < 150
