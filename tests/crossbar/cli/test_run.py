"""`liwes run`: a table for people, one object for machines, whole files or none."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import crossbar as xb
from circuits import ngspice

needs_ngspice = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")

TEXT = """
title = "Two cells [bold]and[/bold] a read"
lithium = 0.4
[array]
rows = 1
columns = 2
[[operation]]
do = "program"
name = "up"
pulses = [{ cell = [0, 1], amplitude = "1 V", width = "1 us" }]
[[operation]]
do = "read"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_people_get_a_line_an_operation(liwes, file):
    code, out, _ = liwes("run", file)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Two cells [bold]and[/bold] a read"
    names = [line.split()[0] for line in lines if line.strip()]
    assert names[-3:] == ["program", "read", "together"]
    assert "up" in out
    array = xb.Array(rows=1, columns=2)
    run = array.program(array.rest(), {(0, 1): xb.Pulse(1.0, 1e-6)})
    assert f"{run.energy.supplied['gate'] * 1e12:.4g} pJ" in out
    assert f"{run.disturb * 1e12:.4g} pS" in out


def test_machines_get_one_object_with_what_the_array_s_verbs_give(liwes, file):
    code, out, _ = liwes("run", file, "--json")
    assert code == 0
    seen = json.loads(out)
    array = xb.Array(rows=1, columns=2)
    run = array.program(array.rest(), {(0, 1): xb.Pulse(1.0, 1e-6)})
    program, read = seen["operations"]
    assert program["energy_J"]["supplied"] == pytest.approx(dict(run.energy.supplied), rel=1e-12)
    assert program["balance_relative"] < 1e-6
    assert read["currents_A"] == pytest.approx(array.read(run.state).currents, rel=1e-12)
    np.testing.assert_allclose(seen["conductance_S"], array.conductance(run.state), rtol=1e-12)
    assert seen["version"] == xb.__version__


def test_results_are_whole_files(liwes, file, tmp_path):
    folder = tmp_path / "deep" / "out"
    code, out, _ = liwes("run", file, "--out", folder, "--json")
    assert code == 0
    assert {path.name for path in folder.iterdir()} == {"run.json", "conductance.csv"}
    assert json.loads((folder / "run.json").read_text(encoding="utf-8")) == json.loads(out)
    table = np.loadtxt(folder / "conductance.csv", delimiter=",", ndmin=2)
    assert table.tolist() == json.loads(out)["conductance_S"]
    assert {path.name for path in folder.parent.iterdir()} == {"out"}
    (folder / "mine.txt").write_text("kept", encoding="utf-8")
    assert liwes("run", file, "--out", folder)[0] == 0
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "kept"


def test_nothing_appears_when_a_file_cannot_be_finished(liwes, file, tmp_path, monkeypatch):
    def full(_path, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    code, out, err = liwes("run", file, "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert "No space left on device" in err
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path != file]


def test_a_folder_that_cannot_be_is_refused_before_any_work(liwes, file, monkeypatch):
    monkeypatch.setattr(sys.modules["crossbar.cli.run"], "perform", lambda *_args, **_more: pytest.fail("it ran"))
    code, out, err = liwes("run", file, "--out", file)
    assert (code, out) == (2, "")
    assert "--out" in err


@needs_ngspice
def test_the_option_wins_over_the_file_and_ngspice_agrees(liwes, file):
    native, other = (json.loads(liwes("run", file, "--json", "--engine", e)[1]) for e in ("native", "ngspice"))
    assert (native["engine"], other["engine"]) == ("native", "ngspice")
    ours, theirs = (seen["operations"][0]["energy_J"]["total"] for seen in (native, other))
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert other["operations"][0]["balance_relative"] is None
    changes = [seen["operations"][0]["selected"][0]["change_S"] for seen in (native, other)]
    assert changes[0] == pytest.approx(changes[1], rel=1e-3)


def test_every_error_of_a_file_is_a_line(liwes, file):
    file.write_text(TEXT.replace("rows = 1", "rows = 0\ncolour = 3").replace("1 us", "0 us"), encoding="utf-8")
    code, out, err = liwes("run", file)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.split(" = ")[0] for line in lines] == [
        f"liwes: two.toml: {field}" for field in ("array.rows", "array.colour", "operation[0].pulses[0].width")
    ]
    code, out, _ = liwes("run", file, "--json")
    seen = json.loads(out)["error"]
    assert code == seen["exit_code"] == 2
    assert seen["errors"][0]["field"] == seen["field"] == "array.rows"
    assert set(seen["errors"][0]) == {"field", "value", "allowed", "instead"}


def test_an_error_while_running_names_the_operation(liwes, file):
    file.write_text(
        '[array]\nrows = 2\ncolumns = 2\nreservoir = { capacity = 1e-6 }\n[[operation]]\ndo = "precharge"\n',
        encoding="utf-8",
    )
    code, out, err = liwes("run", file)
    assert (code, out) == (2, "")
    assert "operation[0].reservoir charge" in err
