"""`liwes fit`: from a recording to a device, in words, as JSON and as files."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

import crossbar as xb
from crossbar.config.experiment import parse
from crossbar.fitting.figure import picture

BOTH = ("--parameters", "film_resistance, share_3")


def recording():
    """Two pulses of a device with a more resistive film, 24 rows, noise stated."""
    after = np.concatenate([[0.0], np.geomspace(2e-3, 0.2, 9)])
    time = np.concatenate([[0.0, 5e-3], 10e-3 + after, 0.25 + np.array([0.0, 5e-3]), 0.26 + after])
    voltage = np.concatenate([[0.5, 0.5], np.zeros(10), [1.0, 1.0], np.full(10, np.nan)])
    return xb.record(xb.liwes(film_resistance=0.08), time, voltage, noise=0.05e-6, rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def curve():
    return recording()


@pytest.fixture
def file(tmp_path, curve):
    return curve.save(tmp_path / "pulses.csv")


def test_json_holds_what_the_library_finds(liwes, file, curve):
    code, out, err = liwes("fit", file, *BOTH, "--json")
    assert code == 0
    assert "circuits" in err
    said = json.loads(out)
    fit = xb.fit(curve, ("film_resistance", "share_3"))
    assert [p["name"] for p in said["parameters"]] == list(fit.values)
    for parameter in said["parameters"]:
        name = parameter["name"]
        assert parameter["value"] == fit.values[name]
        assert (parameter["low"], parameter["high"]) == fit.interval[name]
        assert parameter["low"] < fit.device.values[name] < parameter["high"]
    assert said["parameters"][0]["unit"] == "ohm m2"
    assert said["readings"] == 24
    assert said["noise_S"] == fit.noise
    assert 0.5 < said["excess"] < 1.5


def test_people_get_a_table_with_intervals(liwes, file):
    code, out, _ = liwes("fit", file, *BOTH, "--base", "free")
    assert code == 0
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert rows["film_resistance"][-2:] == ["ohm", "m2"]
    assert float(rows["film_resistance"][2]) < 0.08 < float(rows["film_resistance"][3])
    assert rows["offset"][-1] == "S"
    assert "24 readings" in out
    assert "times the noise stated" in out


def test_options_reach_the_fit(liwes, file):
    words = ["--set", "film_resistance=0.1", "--set", "tau_2=2.34 ms", "--bounds", "film_resistance=0.09:0.2"]
    code, out, _ = liwes("fit", file, "--parameters", "film_resistance", *words, "--noise", "0.1 uS", "--json")
    assert code == 0
    said = json.loads(out)
    (film,) = said["parameters"]
    assert (film["start"], film["at_bound"], film["low"]) == (0.1, True, None)
    code, out, _ = liwes("fit", file, "--parameters", "film_resistance", *words, "--noise", "0.05 uS", "--json")
    assert json.loads(out)["excess"] == pytest.approx(2 * said["excess"], rel=1e-3)
    assert "at its" in liwes("fit", file, "--parameters", "film_resistance", *words)[1]


def test_files_are_whole_and_the_device_runs(liwes, file, tmp_path):
    code, out, _ = liwes("fit", file, *BOTH, "--out", tmp_path / "out", "--json")
    assert code == 0
    folder = tmp_path / "out"
    assert {path.name for path in folder.iterdir()} == {"fit.json", "fit.csv", "fit.png", "device.toml"}
    assert json.loads((folder / "fit.json").read_text(encoding="utf-8")) == json.loads(out)
    assert (folder / "fit.png").read_bytes().startswith(b"\x89PNG")
    table = np.loadtxt(folder / "fit.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table[:, 1], xb.Curve.load(file).measured)
    device = (folder / "device.toml").read_text(encoding="utf-8")
    text = f'lithium = 0.4\n[array]\nrows = 1\ncolumns = 1\n{device}[[operation]]\ndo = "read"\n'
    array, _ = parse(text).build()
    wanted = {p["name"]: p["value"] for p in json.loads(out)["parameters"]}
    assert tomllib.loads(device)["array"]["parameters"] == pytest.approx(wanted)
    assert {name: array.device.values[name] for name in wanted} == wanted


# what is wrong: (words after the file, the field that the error names, a piece of what is allowed)
WRONG = {
    "no such parameter": (("--parameters", "film"), "parameters", "film_resistance"),
    "no parameter": (("--parameters", " , "), "parameters", "at least one"),
    "bounds without colon": ((*BOTH, "--bounds", "share_3=1"), "--bounds", "with : between"),
    "bounds of nothing": ((*BOTH, "--bounds", "shar=1:2"), "parameter", "share_3"),
    "a bound that is no number": ((*BOTH, "--bounds", "share_3=a:2"), "--bounds share_3", "a number in 1"),
    "a bound in another unit": ((*BOTH, "--bounds", "tau_1=1 mV:2 mV"), "--bounds tau_1", "followed by s"),
    "a setting of nothing": ((*BOTH, "--set", "shar=1"), "parameter", "share_3"),
    "a setting without value": ((*BOTH, "--set", "share_3"), "--set share_3", "a number in 1"),
    "noise in volt": ((*BOTH, "--noise", "1 mV"), "--noise", "followed by S"),
    "an unknown start": ((*BOTH, "--start", "mine"), "calibration", "unified"),
    "lithium beyond": ((*BOTH, "--lithium", "0.9"), "lithium", "0 to 0.7"),
}


@pytest.mark.parametrize(("words", "field", "allowed"), [pytest.param(*r, id=n) for n, r in WRONG.items()])
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(liwes, file, tmp_path, words, field, allowed):
    code, out, err = liwes("fit", file, *words, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    said = [line for line in err.splitlines() if line.startswith("liwes: ")]
    assert len(said) == 1
    assert f"liwes: {field} = " in said[0]
    assert allowed in said[0]
    assert [*tmp_path.iterdir()] == [file]


# what is wrong with the file: (text, what the one line says)
BAD = {
    "missing columns": ("time,voltage\n0,0\n", "line 1, column conductance"),
    "time that runs back": ("time,voltage,conductance\n0,0,1\n1,0,1\n0.5,0,1\n", "line 4, time"),
    "nan": ("time,voltage,conductance\n0,0,1\n1,0,nan\n", "line 3, conductance"),
    "text in numbers": ("time,voltage,conductance\n0,0,1\none,0,1\n", "line 3, time"),
    "too few rows": ("time,voltage,conductance\n0,0,1\n1,0,1\n", "readings = 2: allowed is more than 2"),
    "empty": ("", "an empty file"),
}


@pytest.mark.parametrize(("text", "words"), [pytest.param(*r, id=n) for n, r in BAD.items()])
def test_a_bad_file_is_one_line_in_both_voices(liwes, tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    code, out, err = liwes("fit", path, *BOTH)
    assert (code, out) == (2, "")
    assert len([line for line in err.splitlines() if "liwes: " in line]) == 1
    assert words in err
    code, out, _ = liwes("fit", path, *BOTH, "--json")
    assert code == 2
    assert words in json.loads(out)["error"]["message"]


def test_a_file_that_is_not_there_is_named(liwes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = liwes("fit", "none.csv", *BOTH)
    assert (code, out) == (2, "")
    assert "none.csv" in err


@pytest.mark.parametrize("unit", ["s", "ms", "\N{MICRO SIGN}s", "ns"])
def test_the_picture_shows_what_was_measured_and_where_the_gate_floats(curve, unit):
    scale = {"s": 10.0, "ms": 1.0, "\N{MICRO SIGN}s": 1e-3, "ns": 1e-6}[unit]
    scaled = xb.Curve(curve.time * scale, curve.voltage, curve.conductance)
    fit = replace(xb.fit(curve, "share_3"), curve=scaled)
    gate, shown, left = picture(fit).axes
    assert left.get_xlabel() == f"time [{unit}]"
    factor = {"s": 1.0, "ms": 1e3, "\N{MICRO SIGN}s": 1e6, "ns": 1e9}[unit]
    np.testing.assert_allclose(np.asarray(shown.lines[0].get_xdata(), float), fit.curve.instants * factor)
    np.testing.assert_allclose(np.asarray(shown.lines[0].get_ydata(), float), fit.curve.measured * 1e6)
    np.testing.assert_allclose(np.asarray(left.lines[0].get_ydata(), float), fit.residual * 1e6)
    assert len(gate.patches) == 9  # the rows after the second pulse but the last
    assert "floats" in gate.get_ylabel()
