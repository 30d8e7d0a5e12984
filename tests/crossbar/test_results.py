"""A results file gives back what went in, with axes, units and configuration, or nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from circuits.errors import DataError, InputError
from crossbar import __version__
from crossbar.results import Quantity, Results, dataset, load, save


def example(**changes):
    quantities = {
        "conductance": Quantity(np.linspace(1e-6, 2e-6, 6).reshape(2, 3), ("row", "column"), "S", "after writing"),
        "energy": Quantity([1e-3, 2e-9], ("operation",), "J", "supplied"),
        **changes,
    }
    names = {"operation": Quantity(["precharge", "read"], ("operation",), "1", "what it went into")}
    return Results("A title", quantities, {"tolerance": 1e-6, "window": [5e-5, 1.5e-4]}, 7, names, {"source": "made"})


def test_a_file_holds_what_went_in(tmp_path):
    found = load(save(example(), tmp_path / "a.nc"))
    assert np.array_equal(found["conductance"], example().quantities["conductance"].values)
    assert found["conductance"].dims == ("row", "column")
    assert (found["conductance"].units, found["conductance"].long_name) == ("S", "after writing")
    assert float(found["energy"].sel(operation="read")) == 2e-9
    assert (found.attrs["title"], found.attrs["version"], found.attrs["seed"]) == ("A title", __version__, 7)
    assert json.loads(found.attrs["configuration"]) == {"tolerance": 1e-6, "window": [5e-5, 1.5e-4]}
    assert found.attrs["source"] == "made"


def test_axes_that_do_not_fit_are_refused_and_nothing_is_left(tmp_path):
    wrong = example(lithium=Quantity(np.zeros((2, 3)), ("row",), "1", "x"))
    with pytest.raises(InputError, match="lithium"):
        save(wrong, tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    path = save(example(), tmp_path / "a.nc")
    save(example(extra=Quantity(1.0, (), "1", "one more")), path)
    assert float(load(path)["extra"]) == 1.0
    assert [found.name for found in tmp_path.iterdir()] == ["a.nc"]


@pytest.mark.parametrize("content", [None, b"", b"not a netCDF file"])
def test_a_damaged_or_missing_file_is_named(tmp_path, content):
    path = tmp_path / "a.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.nc"):
        load(path)


def test_a_dataset_needs_no_file():
    assert dataset(example()).sizes == {"row": 2, "column": 3, "operation": 2}
