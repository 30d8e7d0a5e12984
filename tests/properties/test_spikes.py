"""Laws of spikes that come in: a raster survives being written as events, whatever its step and order of events."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossbar.networks.reader import Reader
from crossbar.workloads.events import Events, Grid, raster, steps_in
from crossbar.workloads.recorded import read_recorded

STEPS = st.floats(1e-7, 10.0)
RASTERS = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 60), st.integers(1, 5))


def drawn(seed, *shape):
    return np.random.default_rng(seed).random(shape) < 0.3


@given(raster_=RASTERS, step=STEPS, single=st.booleans(), late=st.floats(0, 0.98), repeated=st.booleans())
def test_a_raster_is_what_its_events_become(raster_, step, single, late, repeated):
    spikes = drawn(*raster_)
    sample, bins, channel = np.nonzero(spikes)
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(len(bins)), 1 + repeated))
    time = ((bins + late) * step)[order].astype("f4" if single else "f8")
    found = raster(
        Events(time, channel[order], sample[order]), Grid(len(spikes), spikes.shape[1], spikes.shape[2], step), "here"
    )
    assert np.array_equal(found, spikes)


@given(count=st.integers(1, 10**9), step=STEPS, share=st.floats(0.01, 0.99))
def test_a_duration_has_as_many_steps_as_it_takes(count, step, share):
    assert steps_in(count * step, step) == count
    if count < 10**6:
        assert steps_in((count + share) * step, step) == count + 1


@pytest.fixture(scope="module")
def reader():
    with Reader() as one:
        yield one


@settings(max_examples=40, deadline=None)
@given(raster_=RASTERS, step=STEPS, late=st.floats(0, 0.98))
def test_nir_data_comes_in_as_the_package_wrote_it(reader, raster_, step, late):
    nir = pytest.importorskip("nir", reason="the package nir is not installed: see make setup")
    if not hasattr(nir, "write_data"):
        pytest.skip("nir has data files since version 1.0.8")
    spikes = drawn(*raster_)
    gridded = nir.TimeGriddedData(spikes, dt=step)
    events = gridded.to_event(max(1, int(spikes.sum(axis=(1, 2)).max())), time_shift=late * step)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.nir"
        nodes = {"grid": nir.NIRNodeData({"spikes": gridded}), "events": nir.NIRNodeData({"spikes": events})}
        nir.write_data(path, nir.NIRGraphData(nodes))
        assert np.array_equal(read_recorded(path, "grid", reader=reader).spikes, spikes)
        assert np.array_equal(read_recorded(path, "events", step, reader).spikes, spikes)
