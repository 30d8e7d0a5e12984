"""`liwes export`: a netlist that ngspice runs as it is, and that says what this simulator says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed: see make setup")

TEXT = """
lithium = 0.4
[array]
rows = 1
columns = 2
[[operation]]
do = "program"
pulses = [{ cell = [0, 1], amplitude = "1 V", width = "1 us" }]
[[operation]]
do = "read"
[[operation]]
do = "write_verify"
targets = "1 mS"
tolerance = "1 uS"
seed = 1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def batch(folder, *words):
    """`ngspice -b` in `folder`, to its end."""
    command = ["ngspice", "-b", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def printed(folder, commands):
    """What ngspice prints for each name of `commands` (expressions) at the end of the netlist's own analysis."""
    lines = "\n".join(f"let {name} = {text}\nprint {name}[length({name})-1]" for name, text in commands.items())
    text = (
        (folder / "a.cir").read_text(encoding="ascii").replace("\n.end\n", f"\n.control\nrun\n{lines}\n.endc\n.end\n")
    )
    (folder / "b.cir").write_text(text, encoding="ascii")
    done = batch(folder, "b.cir")
    found = dict(re.findall(r"^(\w+)\[.*\] = (\S+?)(?:Note|$)", done.stdout, re.MULTILINE))
    return {name: float(found[name]) for name in commands}


@needs_ngspice
@pytest.mark.parametrize("operation", [0, 1], ids=["program", "read"])
def test_ngspice_runs_the_file_without_a_word_of_complaint(liwes, file, tmp_path, operation):
    assert liwes("export", file, tmp_path / "a.cir", "--operation", operation)[0] == 0
    done = batch(tmp_path, "a.cir", "-r", "a.raw")
    assert done.returncode == 0
    said = (done.stdout + done.stderr).lower()
    assert not [word for word in ("error", "warning", "singular", "aborted") if word in said]
    assert (tmp_path / "a.raw").stat().st_size > 1000


@needs_ngspice
def test_the_exported_pulse_costs_what_run_says(liwes, file, tmp_path):
    assert liwes("export", file, tmp_path / "a.cir")[0] == 0
    said = json.loads(liwes("run", file, "--json")[1])["operations"][0]["energy_J"]["supplied"]["gate"]
    seen = printed(tmp_path, {"supplied": "-integ(v(n_gate_0)*i(v_gate_0))"})
    assert seen["supplied"] == pytest.approx(said, rel=1e-3)


@needs_ngspice
def test_the_exported_read_gives_the_currents_run_says(liwes, file, tmp_path):
    assert liwes("export", file, tmp_path / "a.cir", "--operation", 1)[0] == 0
    said = json.loads(liwes("run", file, "--json")[1])["operations"][1]["currents_A"]
    seen = printed(tmp_path, {f"bit{k}": f"i(v_bit_{k})" for k in range(2)})
    np.testing.assert_allclose(list(seen.values()), said, rtol=1e-6)


def test_the_last_program_is_taken_and_json_says_what_was_written(liwes, file, tmp_path):
    code, out, _ = liwes("export", file, tmp_path / "a.cir", "--json")
    assert code == 0
    seen = json.loads(out)
    assert (seen["operation"], seen["kind"], seen["devices"]) == (0, "program", 2)
    assert (tmp_path / "a.cir").read_text(encoding="ascii").endswith(".end\n")


@pytest.mark.parametrize("place", [-1, 3])
def test_an_operation_that_is_not_there_is_refused(liwes, file, tmp_path, place):
    code, out, err = liwes("export", file, tmp_path / "a.cir", "--operation", place)
    assert (code, out) == (2, "")
    assert "from 0 to 2" in err
    assert not (tmp_path / "a.cir").exists()


def test_a_write_verify_is_many_circuits_and_is_refused(liwes, file, tmp_path):
    code, out, err = liwes("export", file, tmp_path / "a.cir", "--operation", 2)
    assert (code, out) == (2, "")
    assert "write_verify" in err
    assert not (tmp_path / "a.cir").exists()


def test_the_experiment_itself_is_not_overwritten(liwes, file):
    assert liwes("export", file, file)[0] == 2
    assert file.read_text(encoding="utf-8") == TEXT


def test_a_folder_that_is_not_there_is_one_error(liwes, file, tmp_path):
    code, out, err = liwes("export", file, tmp_path / "none" / "a.cir")
    assert (code, out) == (1, "")
    assert "could not be written" in err
