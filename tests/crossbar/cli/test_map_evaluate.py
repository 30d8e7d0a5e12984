"""`liwes map` and `liwes evaluate`."""

from __future__ import annotations

import json
from typing import Any

import h5py
import numpy as np
import pytest

import crossbar as xb
from crossbar.mapping.table import HEADER
from crossbar.networks.load import assemble, read_nir
from crossbar.networks.network import Timing
from crossbar.networks.runner import run
from crossbar.networks.save import write_nir
from crossbar.results import load

SMALL = ("--tile", "12x10")


@pytest.fixture
def file(tmp_path):
    """A network that counts which half of four inputs fires more."""
    lif = {"tau": np.full(2, 1e-2), "r": np.full(2, 10.0), "v_leak": np.zeros(2), "v_threshold": np.ones(2)}
    weight = np.array([[0.8, 0.7, -0.4, -0.3], [-0.35, -0.4, 0.75, 0.8]], "f4")
    nodes: dict[str, Any] = {
        "input": ("Input", {"shape": [4]}),
        "fc": ("Affine", {"weight": weight, "bias": np.array([0.01, -0.01], "f4")}),
        "lif": ("LIF", lif),
        "output": ("Output", {}),
    }
    path = tmp_path / "net.nir"
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "output")]
    write_nir(assemble(nodes, edges, Timing(1e-3, "zero")), path)
    return path


@pytest.fixture
def spikes(tmp_path):
    rng, labels = np.random.default_rng(0), np.arange(12) % 2
    rates = np.where((np.arange(4) >= 2) == labels[:, None], 0.4, 0.1)
    path = tmp_path / "spikes.npz"
    np.savez(path, spikes=rng.random((12, 25, 4)) < rates[:, None, :], labels=labels, step=np.array(1e-3))
    return path


def test_mapping_leaves_a_table_a_network_and_a_report_the_same_bytes_each_time(liwes, file, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        code, out, _ = liwes("map", file, *SMALL, "--out", folder, "--json")
        assert code == 0
        values = json.loads(out)
    names = {"devices.csv", "mapped.nir", "map.json", "report.html", "tiles.png", "weights.png"}
    assert {path.name for path in folders[0].iterdir()} == names
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert values["devices"] == 5 * 4
    assert values["programming"]["model"] == "fast"
    assert values["by_layer"]["fc"]["inputs"] == 4
    assert len(values["by_layer"]["fc"]["largest_over_deviation"]) == 2
    table = (folders[0] / "devices.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == ",".join(HEADER)
    assert len(table) == 1 + 5 * 4
    held = read_nir(folders[0] / "mapped.nir", dt=1e-3, reset="zero").network
    meant = read_nir(file, dt=1e-3, reset="zero").network
    off = np.abs(held.layer("fc").dense() - meant.layer("fc").dense())
    assert 0 < off.max() < 0.05
    other = liwes("map", file, *SMALL, "--out", tmp_path / "three", "--seed", 1, "--json")
    assert json.loads(other[1])["programming"]["pulses"] != values["programming"]["pulses"] or (
        (tmp_path / "three" / "mapped.nir").read_bytes() != (folders[0] / "mapped.nir").read_bytes()
    )


@pytest.mark.parametrize(
    "more",
    [
        ("--scheme", "offset", "--states", 63, "--bias", "digital"),
        ("--scheme", "one_sided", "--scale-per", "tile", "--clip", 90),
        ("--method", "open_loop", "--spread", 0.0),
        ("--compensate", "--wire", "20 ohm"),
    ],
)
def test_people_are_told_what_a_mapping_takes(liwes, file, tmp_path, more):
    code, out, _ = liwes("map", file, *SMALL, *more, "--out", tmp_path / "o")
    assert code == 0
    for words in ("tiles", "fc", "pulses", "energy", "written by", f"report: {tmp_path / 'o' / 'report.html'}"):
        assert words in out
    assert xb.__version__ in (tmp_path / "o" / "report.html").read_text(encoding="utf-8")


def test_the_circuit_can_write_the_tiles(liwes, file, tmp_path):
    words = ("map", file, *SMALL, "--method", "open_loop", "--model", "native", "--states", 16, "--out", tmp_path / "o")
    code, out, _ = liwes(*words, "--json")
    assert code == 0
    assert json.loads(out)["programming"]["model"] == "native"


def test_an_evaluation_says_what_is_left_and_what_it_costs(liwes, file, spikes, tmp_path):
    words = ("evaluate", file, "--data", spikes, *SMALL, "--trials", 2, "--out", tmp_path / "o")
    code, out, _ = liwes(*words, "--no-sweeps", "--json")
    assert code == 0
    values = json.loads(out)
    samples = np.load(spikes)
    own = run(read_nir(file, dt=1e-3, reset="zero").network, samples["spikes"]).classes() == samples["labels"]
    assert values["accuracy_float"] == own.mean()
    assert values["ideal_spikes_differing"] == 0
    assert values["samples"] == 12
    assert values["trials"] == 2
    assert list(values["energy_J"]) == ["program", "spike", "read", "convert", "neuron"]
    assert values["neurobench"]["ClassificationAccuracy"] == values["accuracy"]
    assert json.loads((tmp_path / "o" / "evaluate.json").read_text(encoding="utf-8"))["accuracy"] == values["accuracy"]
    labelled = load(tmp_path / "o" / "results.nc")
    assert labelled["right"].dims == ("trial", "sample")
    assert float(labelled["right"].mean()) == values["accuracy"]
    assert labelled["read_energy"].attrs["units"] == "J"
    again = json.loads(liwes(*words, "--no-sweeps", "--json")[1])
    assert again == values
    dearer = json.loads(liwes(*words, "--no-sweeps", "--cost", "update=162 pJ", "--cost", "voltage=0.2 V", "--json")[1])
    assert dearer["energy_J"]["neuron"] == pytest.approx(2 * values["energy_J"]["neuron"])
    assert dearer["energy_J"]["read"] == pytest.approx(4 * values["energy_J"]["read"])


@pytest.mark.slow
def test_sweeps_are_drawn_and_found_again(liwes, file, spikes, tmp_path):
    words = ("evaluate", file, "--data", spikes, *SMALL, "--trials", 1, "--out", tmp_path / "o")
    code, out, _ = liwes(*words)
    assert code == 0
    for said in ("accuracy on the tiles", "floating point", "on lines with resistance", "an inference", "report: "):
        assert said in out
    assert (tmp_path / "o" / "sweeps.png").stat().st_size > 10_000
    kept = {path.name for path in (tmp_path / "o" / "points").iterdir()}
    assert kept
    assert liwes(*words)[0] == 0
    assert {path.name for path in (tmp_path / "o" / "points").iterdir()} == kept


def test_short_term_plasticity_is_asked_for_by_layer_and_cautioned(liwes, file, spikes, tmp_path):
    words = ("evaluate", file, "--data", spikes, *SMALL, "--trials", 1, "--no-sweeps", "--out", tmp_path / "o")
    code, out, err = liwes(*words, "--stp", "both")
    assert code == 0
    assert "caution: layer 'fc': both devices of a pair see the same spikes" in " ".join(out.split())
    assert "Warning" not in err
    seen = json.loads(liwes(*words, "--stp", "fc=front_end", "--json")[1])
    assert seen["stp"] == {"fc": "front_end"}
    assert seen["energy_J"]["spike"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tile", "12"), "--tile = '12': allowed is two whole numbers with x between; write --tile 64x128"),
        (("--tile", "12x1"), "columns = 1"),
        (("--wire", "5 V"), "--wire = '5 V'"),
        (("--dt", "fast"), "--dt = 'fast'"),
        (("--dt", "1 s"), "dt = 1.0: allowed is at most tau"),
        (("--reset", "half"), "reset = 'half': allowed is one of zero"),
        (("--order", "last"), "order = 'last'"),
        (("--stp", "fc=loud"), "--stp = 'fc=loud': allowed is [LAYER=] and one of none"),
        (("--stp", "other=none"), "layer = 'other'"),
        (("--trials", 0), "trials.count = 0"),
        (("--samples", -1), "--samples = -1"),
        (("--noise", "-1 uS"), "noise = -1"),
        (("--cost", "rent=3 J"), "--cost = 'rent=3 J': allowed is NAME=VALUE with one of voltage"),
        (("--cost", "update=3 V"), "--cost update = '3 V'"),
        (("--cost", "read=0 s"), "costs.read = 0.0"),
        (("--states", 1), "scheme.states = 1"),
        (("--tolerance", 2), "tolerance = 2"),
        (("--data", "letters"), "--data = 'letters'"),
        (("--part", "train"), "--part = 'train'"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(liwes, file, spikes, tmp_path, words, said):
    base = {"--data": spikes, "--tile": "12x10"} | {words[0]: words[1]}
    folder = tmp_path / "o"
    told = [word for pair in base.items() for word in pair]
    code, out, err = liwes("evaluate", file, *told, "--out", folder, "--no-sweeps")
    assert code == 2
    assert out == ""
    said_last = err.splitlines()[-1]  # bars may stand before it
    assert said_last.startswith("liwes: ")
    assert said in said_last
    assert not folder.exists() or not list(folder.iterdir())


def test_what_nobody_says_is_by_convention_and_told(liwes, file, tmp_path):
    """Our own files name their time step and reset; others do not."""
    own = json.loads(liwes("map", file, *SMALL, "--out", tmp_path / "own", "--json")[1])
    assert own["timing"]["dt"] == 1e-3
    assert not any("names" in words for words in own["remarks"])
    with h5py.File(file, "a") as content:
        del content["node/metadata"]
    silent = json.loads(liwes("map", file, *SMALL, "--out", tmp_path / "silent", "--json")[1])
    assert silent["timing"]["dt"] == 1e-4
    assert [words.split(":")[0] for words in silent["remarks"]][-2:] == [
        "neither the file nor the command names dt",
        "neither the file nor the command names reset",
    ]
    words = ("map", file, *SMALL, "--dt", "1 ms", "--reset", "subtract", "--out", tmp_path / "said", "--json")
    said = json.loads(liwes(*words)[1])
    assert (said["timing"]["dt"], said["timing"]["reset"]) == (1e-3, "subtract")
    assert not any("names" in words for words in said["remarks"])


def test_a_file_that_is_none_is_refused(liwes, spikes, tmp_path):
    (tmp_path / "bad.nir").write_bytes(b"no network")
    for name in ("bad.nir", "missing.nir"):
        code, _, err = liwes("evaluate", tmp_path / name, "--data", spikes, "--out", tmp_path / "o")
        assert code == 1
        assert name in err
