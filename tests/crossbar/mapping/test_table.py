"""The programming table says what the mapping is, and can be read again."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb
from crossbar.mapping.table import HEADER


def small(seed=0, kind="differential", bias="row"):
    rng = np.random.default_rng(seed)
    layers = {"a,b": (rng.normal(size=(7, 5)), rng.normal(size=5)), "out": (rng.normal(size=(5, 2)), np.zeros(2))}
    return xb.map_network(layers, xb.Array(6, 8), xb.Scheme(kind, bias=bias))


@given(
    st.integers(0, 50),
    st.sampled_from(["differential", "one_sided", "offset"]),
    st.sampled_from(["row", "digital"]),
)
def test_a_table_read_again_is_the_mapping(tmp_path_factory, seed, kind, bias):
    mapping = small(seed, kind, bias)
    pulses = np.where(mapping.used, np.random.default_rng(seed).integers(-900, 900, mapping.used.shape), 0)
    path = xb.write_table(mapping, pulses, tmp_path_factory.mktemp("table") / "devices.csv")
    targets, read = xb.read_table(path, mapping)
    assert np.array_equal(targets, mapping.targets)
    assert np.array_equal(read, pulses)


def test_the_same_mapping_gives_the_same_bytes(tmp_path):
    files = [xb.write_table(small(), small().used, tmp_path / f"{k}.csv").read_bytes() for k in range(2)]
    assert files[0] == files[1]


@pytest.mark.parametrize("kind", ["differential", "offset"])
def test_every_line_names_the_weight_its_device_holds(tmp_path, kind):
    """Weights put together from lines alone, by their names."""
    mapping = small(kind=kind)
    with xb.write_table(mapping, mapping.used, tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == mapping.used.sum()
    places = [tuple(int(line[k]) for k in ("tile", "row", "column")) for line in lines]
    assert places == sorted(places)
    offset = {(x["tile"], x["row"]): float(x["target [S]"]) for x in lines if x["part"] == "offset"}
    held = np.zeros((8, 5))
    for line in lines:
        if line["layer"] != "a,b" or line["part"] == "offset":
            continue
        row = 7 if line["input"] == "bias" else int(line["input"])
        value = float(line["target [S]"]) - offset.get((line["tile"], line["row"]), 0.0)
        held[row, int(line["output"])] += -value if line["part"] == "minus" else value
    meant = np.vstack(mapping.matrices(mapping.targets)["a,b"])
    for site in (site for site in mapping.sites if site.place.layer == "a,b"):
        block = site.place.block
        part = held[block.rows, block.columns] * site.mapped.scale
        assert part == pytest.approx(meant[block.rows, block.columns], abs=1e-9)


def test_planned_pulses_are_in_the_table(tmp_path):
    mapping = xb.map_network({"fc": (np.array([[1.0, 0.0]]), np.zeros(2))}, xb.Array(2, 4), xb.Scheme(states=32))
    path = xb.write_table(mapping, xb.planned_pulses(mapping), tmp_path / "t.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(HEADER)
    pulses = [int(line.rpartition(",")[2]) for line in lines[1:]]
    assert pulses[0] > 0 > pulses[1]
    assert pulses[2:] == [0] * 6


@pytest.mark.parametrize(
    "text", ["", "a,b\n", ",".join(HEADER) + "\n9,0,0,a,0,0,plus,1e-4,3\n", ",".join(HEADER) + "\n0,0\n"]
)
def test_what_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(xb.DataError, match=r"t\.csv"):
        xb.read_table(path, small())
    with pytest.raises(xb.DataError, match=r"gone\.csv"):
        xb.read_table(tmp_path / "gone.csv", small())


def test_a_place_that_cannot_be_written_is_an_outcome(tmp_path):
    with pytest.raises(xb.OutcomeError, match="could not be written"):
        xb.write_table(small(), small().used, tmp_path / "gone" / "t.csv")
