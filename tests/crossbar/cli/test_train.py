"""`liwes train` on the command line."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from crossbar.networks.load import read_nir
from crossbar.networks.runner import run
from crossbar.workloads.rasters import read_rasters

QUICK = ("--hidden", 6, "--epochs", 2)


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    path = tmp_path / "mine.npz"
    rates = np.where(labels[:, None, None] == np.arange(4) % 2, 0.4, 0.05)
    np.savez(path, spikes=rng.random((60, 30, 4)) < rates, labels=labels, step=np.array(2e-3))
    return path


def test_a_file_of_rasters_gives_a_network_whose_accuracy_is_the_one_told(liwes, file, tmp_path):
    words = ("train", "--data", file, "--hidden", 12, "--epochs", 120, "--recurrent", "--out", tmp_path / "o", "--json")
    code, out, _ = liwes(*words)
    seen = json.loads(out)
    assert code == 0
    assert json.loads((tmp_path / "o" / "train.json").read_text(encoding="utf-8")) == seen
    found = read_nir(seen["network"]).network
    assert (found.timing.dt, found.timing.reset) == (seen["dt_s"], seen["reset"])
    held, step = read_rasters(tmp_path / "o" / "test.npz")
    assert step == seen["dt_s"] == 2e-3
    assert np.mean(run(found, held.spikes).classes() == held.labels) == seen["accuracy"] > 0.7
    before = (tmp_path / "o" / "net.nir").read_bytes()
    again = json.loads(liwes(*words)[1])
    assert again["resumed_epochs"] == seen["epochs"]
    assert (tmp_path / "o" / "net.nir").read_bytes() == before
    assert again["accuracy"] == seen["accuracy"]


def test_people_read_accuracy_and_how_to_read_the_file(liwes, file, tmp_path):
    # Guard: a path longer than the terminal was broken, so that nobody could copy it.
    folder = tmp_path / ("o" * 90)
    code, out, _ = liwes("train", "--data", file, *QUICK, "--front-end", "--out", folder)
    assert code == 0
    assert f"network: {folder / 'net.nir'}\n" in out
    assert f"report: {folder / 'report.html'}\n" in out
    assert "accuracy on the test part" in (folder / "report.html").read_text(encoding="utf-8")
    for word in ("accuracy on the test part", "0.002 s", "in the file, with reset = zero", "short-term", "net.nir"):
        assert word in " ".join(out.split()).replace("\n", "")


GOOD: dict[str, Any] = {"spikes": np.ones((20, 5, 3), bool), "labels": np.arange(20) % 2}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"spikes": GOOD["spikes"]}, "no array 'labels'"),
    "flat": (GOOD | {"spikes": np.ones((20, 5))}, "spikes have shape (20, 5)"),
    "counts": (GOOD | {"spikes": np.full((20, 5, 3), 2)}, "not 0 and 1 alone"),
    "too few labels": (GOOD | {"labels": np.arange(3)}, "labels have shape (3,)"),
    "fractions": (GOOD | {"labels": np.arange(20) / 2}, "labels have shape (20,) of float64"),
    "below 0": (GOOD | {"labels": np.arange(20) - 1}, "labels run from -1 to 18"),
    "one class": (GOOD | {"labels": np.zeros(20, int)}, "labels run from 0 to 0"),
    "no time": (GOOD | {"step": np.array(0.0)}, "step is not one number"),
    "objects": (GOOD | {"labels": np.array([{}] * 20)}, "it cannot be read"),
    "few": ({name: array[:4] for name, array in GOOD.items()}, "it has 4 samples"),
}


@pytest.mark.parametrize(("arrays", "words"), [pytest.param(*r, id=n) for n, r in BAD.items()])
def test_a_bad_file_is_one_line(liwes, tmp_path, arrays, words):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    code, out, err = liwes("train", "--data", path, "--out", tmp_path / "o")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert words in err


def test_what_is_no_file_of_rasters_is_one_line(liwes, tmp_path):
    (tmp_path / "text.npz").write_text("spikes", encoding="utf-8")
    for name, code, words in (("text.npz", 1, "cannot be read"), ("none.npz", 1, "none.npz"), ("x.csv", 2, "--data")):
        found, out, err = liwes("train", "--data", tmp_path / name, "--out", tmp_path / "o")
        assert (found, out, len(err.splitlines())) == (code, "", 1)
        assert words in err


def test_a_file_that_would_not_fit_is_refused_before_it_is_unpacked(liwes, tmp_path, monkeypatch):
    monkeypatch.setattr("crossbar.workloads.arrays.LARGEST", 100)
    np.savez(tmp_path / "big.npz", **GOOD)
    code, _, err = liwes("train", "--data", tmp_path / "big.npz", "--out", tmp_path / "o")
    assert code == 1
    assert "at most 100" in err


def test_braille_without_a_network_says_what_else_there_is(liwes, tmp_path, monkeypatch):
    monkeypatch.setenv("LIWES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("crossbar.workloads.braille._download", lambda *_: "no route")
    code, _, err = liwes("train", "--data", "braille", "--out", tmp_path / "o")
    assert code == 1
    assert "--data patterns" in err


def test_nothing_is_written_where_results_cannot_go(liwes, file):
    code, _, err = liwes("train", "--data", file, "--out", file)
    assert code == 2
    assert "--out" in err
