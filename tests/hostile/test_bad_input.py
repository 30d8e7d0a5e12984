"""Bad input, through the library and through the command: one error with its answers, nothing run, nothing left."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crossbar as xb
from circuits import ngspice
from crossbar.cli import main
from crossbar.workloads import braille

needs_ngspice = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")

LIWES = Path(sys.executable).with_name("liwes")
CANARY = "canary"
FILE = """
title = {title}
{top}
lithium = {lithium}
[array]
rows = 2
columns = 2
calibration = "{calibration}"
lines = {{ word = {word} }}
reservoir = {{ capacity = {capacity} }}
[[operation]]
do = "precharge"
name = {name}
lithium = {target}
[[operation]]
do = "program"
pulses = [{{ cell = {cell}, amplitude = {amplitude}, width = {width}, count = {count} }}]
"""
GOOD = {
    "title": '"x"',
    "top": "",
    "lithium": "0.3",
    "calibration": "unified",
    "word": "0.7",
    "capacity": "0.5",
    "name": '"charge"',
    "target": "0.4",
    "cell": "[1, 1]",
    "amplitude": '"1 V"',
    "width": '"1 us"',
    "count": "1",
}
TWO = xb.Array(rows=2, columns=2)
REST = TWO.rest()
PULSE = xb.Pulse(1.0, 1e-6)


def wrong(value: str) -> Any:
    """A value whose type would be refused before it is asked for."""
    return value


# what is wrong: (field that the error names, the value in it, a piece of what is allowed, how the library is asked)
LIBRARY = {
    "an unknown field": ("parameter", "film_resistanc", "film_resistance", lambda: xb.liwes(film_resistanc=1.0)),
    "a negative resistance": ("lines.word", -0.7, "0 or more", lambda: xb.Lines(word=-0.7)),
    "a negative electrolyte": ("electrolyte.neighbour", -1, "0 or more", lambda: xb.Electrolyte(neighbour=-1)),
    "a switch below 0 ohm": ("switch.on", -1, "above 0", lambda: xb.Switch(on=-1)),
    "a reservoir below 0 ohm": ("reservoir.resistance", -1, "above 0", lambda: xb.Reservoir(resistance=-1)),
    "a nan amplitude": ("amplitude", math.nan, "finite", lambda: xb.Pulse(math.nan, 1e-6)),
    "an endless amplitude": ("amplitude", math.inf, "finite", lambda: xb.Pulse(math.inf, 1e-6)),
    "a width of 0": ("width", 0, "above", lambda: xb.Pulse(1.0, 0)),
    "a negative width": ("width", -1e-6, "above", lambda: xb.Pulse(1.0, -1e-6)),
    "no pulse": ("count", 0, "from 1", lambda: xb.Pulse(1.0, 1e-6, count=0)),
    "a cell outside": ("cell", (2, 0), "(1, 1)", lambda: TWO.program(REST, {(2, 0): PULSE})),
    "a negative cell": ("cell", (0, -1), "(0, 0)", lambda: TWO.program(REST, {(0, -1): PULSE})),
    "too much lithium": ("lithium", 0.71, "0 to 0.7", lambda: TWO.precharge(lithium=0.71)),
    "lithium below 0": ("lithium", -0.01, "0 to 0.7", lambda: TWO.rest(lithium=-0.01)),
    "lithium that is nan": ("lithium", math.nan, "0 to 0.7", lambda: TWO.precharge(lithium=math.nan)),
    "an overdrawn reservoir": (
        "reservoir charge",
        None,
        "what it can give",
        lambda: xb.Array(rows=2, columns=2, reservoir=xb.Reservoir(capacity=1e-6)).precharge(),
    ),
    "an unknown calibration": ("calibration", "unifid", "unified", lambda: xb.liwes("unifid")),
    "an unknown engine": ("engine", "spectre", "ngspice", lambda: TWO.program(REST, {(0, 0): PULSE}, engine="spectre")),
    "an unknown policy": (
        "unselected",
        "V/4",
        "V/3",
        lambda: TWO.program(REST, {(0, 0): PULSE}, unselected=wrong("V/4")),
    ),
    "a nan voltage": ("word_line", None, "finite", lambda: TWO.read(REST, math.nan)),
    "a state of another array": ("state", None, "(2, 2,", lambda: TWO.read(xb.Array(rows=3, columns=2).rest())),
    "a nan duration": ("duration", math.nan, "above 0", lambda: TWO.hold(REST, math.nan)),
    "a nan spread": ("device_to_device", math.nan, "0 to 1", lambda: xb.device_to_device(TWO, rng(), math.nan)),
    "a target out of reach": (
        "targets",
        1.0,
        "0.00543",
        lambda: TWO.write_verify(REST, np.ones((2, 2)), tolerance=1e-6, rng=rng()),
    ),
}
# what is wrong: (part of FILE, what stands there, the field that the error names, a piece of what is allowed)
COMMAND = {
    "an unknown field": ("top", "engin = 1", "engin", "engine"),
    "a negative resistance": ("word", "-0.7", "array.lines.word", "from 0"),
    "a nan amplitude": ("amplitude", "nan", "operation[1].pulses[0].amplitude", "finite"),
    "a width of 0": ("width", "0", "operation[1].pulses[0].width", "above 0"),
    "a width without unit": ("width", '"1"', "operation[1].pulses[0].width", "its unit"),
    "no pulse": ("count", "0", "operation[1].pulses[0].count", "from 1"),
    "a cell outside": ("cell", "[2, 0]", "operation[1].pulses[0].cell", "[1, 1]"),
    "too much lithium": ("target", "0.71", "operation[0].lithium", "0 to 0.7"),
    "an overdrawn reservoir": ("capacity", "1e-6", "operation[0].reservoir charge", "what it can give"),
    "an unknown calibration": ("calibration", "unifid", "array.calibration", "unified"),
    "a title of two lines": ("title", '"a\\n.control\\nshell touch canary\\n.endc"', "title", "one line"),
    "a title with a dot command": ("title", '".control"', "title", "dot"),
    "a name of two lines": ("name", '"a\\n.control"', "operation[0].name", "one line"),
    "no TOML": ("top", "[[[", "x.toml", "TOML"),
}


def rng():
    return np.random.default_rng(0)


def liwes(folder, *words, **variables):
    """The command in `folder`, with environment variables added."""
    command = [str(LIWES), *map(str, words)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **variables}
    )


def written(folder, **changes):
    """x.toml in `folder`, parts of it changed."""
    path = folder / "x.toml"
    path.write_text(FILE.format(**{**GOOD, **changes}), encoding="utf-8")
    return path


def one_line(text):
    """The one line of an error."""
    assert len(text.strip().splitlines()) == 1, text
    assert "Traceback" not in text
    assert text.startswith("liwes: ")
    return text


@pytest.mark.parametrize(("field", "value", "allowed", "ask"), [pytest.param(*r, id=n) for n, r in LIBRARY.items()])
def test_the_library_answers(field, value, allowed, ask):
    with pytest.raises(xb.InputError) as caught:
        ask()
    error = caught.value
    assert error.field.endswith(field)
    assert value is None or error.value == value or (value != value and error.value != error.value)  # noqa: PLR0124
    assert allowed in error.allowed
    assert error.instead
    assert error.exit_code == 2


@pytest.mark.parametrize(("part", "text", "field", "allowed"), [pytest.param(*r, id=n) for n, r in COMMAND.items()])
def test_the_command_answers_and_leaves_nothing(part, text, field, allowed, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, **{part: text})
    for words in (["run", "x.toml", "--out", "out"], ["export", "x.toml", "out.cir"]):
        code, out, err = command(words, capsys)
        assert (code, out) == (2, "")
        said = one_line(err)
        assert f"{field} = " in said
        assert allowed in said
        assert "; write " in said
        assert [*tmp_path.iterdir()] == [path]


def command(words, capsys):
    """A command in this process: its code, standard output and standard error without the bar."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, "".join(f"{s}\n" for s in said.err.splitlines() if "liwes: " in s)


@pytest.mark.slow
def test_no_traceback_without_debug_and_one_with_it(tmp_path):
    written(tmp_path, amplitude="nan")
    plain, more = liwes(tmp_path, "run", "x.toml"), liwes(tmp_path, "run", "x.toml", "--debug")
    assert plain.returncode == more.returncode == 2
    assert "Traceback" not in one_line(plain.stderr)
    assert "Traceback" in more.stderr


def test_a_file_that_is_not_there_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["run", "none.toml"], ["export", "none.toml", "a.cir"], ["run", "."]):
        code, out, err = command(words, capsys)
        assert (code, out) == (2, "")
        assert words[1] in one_line(err)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not a set", b"\x1f\x8b" + bytes(100)])
def test_a_data_file_missing_or_corrupt_is_named_and_stays_as_it_was(content, tmp_path):
    path = tmp_path / braille.ARCHIVE
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(xb.DataError) as caught:
        braille.load(tmp_path)
    error = caught.value
    assert Path(error.path).name == braille.ARCHIVE
    assert error.found
    assert error.allowed
    assert error.instead
    assert error.exit_code == 1
    assert [p.name for p in tmp_path.iterdir()] == ([] if content is None else [braille.ARCHIVE])


@pytest.mark.slow
def test_without_ngspice_one_error_says_how_to_get_it(tmp_path):
    path = written(tmp_path)
    nowhere = {"NGSPICE_LIBRARY_PATH": str(tmp_path / "none.so"), "LD_LIBRARY_PATH": "", "PATH": ""}
    done = liwes(tmp_path, "run", "x.toml", "--engine", "ngspice", "--out", "out", **nowhere)
    if done.returncode == 0:
        pytest.skip("ngspice is found here whatever the environment says")
    assert done.returncode == 1
    assert done.stdout == ""
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("liwes: ngspice ")
    assert "Try: " in said
    assert [*tmp_path.iterdir()] == [path]


def busy(parent):
    """Number of the one process that `parent` started, once it has worked for two seconds; else None."""
    command = ["ps", "-o", "pid=,time=", "--ppid", str(parent)]
    listing = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    number, _, used = listing.stdout.strip().partition(" ")
    return int(number) if number and float(used.strip().split(":")[-1]) >= 2 else None


@needs_ngspice
@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the child as Linux's ps does")
def test_a_worker_killed_while_it_runs_is_one_error_and_leaves_no_output(tmp_path):
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8").split("[[operation]]")
    pulses = '\ndo = "program"\npulses = [{ cell = [0, 0], amplitude = 1, width = "10 ms", count = 3000 }]\n'
    path.write_text("[[operation]]".join([text[0], pulses]), encoding="utf-8")
    words = [str(LIWES), "run", "x.toml", "--engine", "ngspice", "--out", "out"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            deadline = time.monotonic() + 120
            while (worker := busy(running.pid)) is None and running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            assert worker is not None, "it ended, or never began, before it could be killed"
            os.kill(worker, signal.SIGKILL)
            out, err = running.communicate(timeout=60)
        finally:
            running.kill()
    assert (running.returncode, out) == (1, "")
    assert "Traceback" not in err
    said = err.strip().splitlines()[-1]
    assert said.startswith("liwes: ngspice")
    assert "Try: " in said
    assert [*tmp_path.iterdir()] == [path]


HOSTILE = (
    f"a\n.control\nshell touch {CANARY}\n.endc",
    f"a\r.control\rshell touch {CANARY}\r.endc",
    f"a\u2028.control\u2028shell touch {CANARY}",
    f".control shell touch {CANARY} .endc",
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"; touch {CANARY} #",
    f"| touch {CANARY}",
    f"*# shell touch {CANARY}",
    f"{{__import__('os').system('touch {CANARY}')}}",
    f"[link=file:{CANARY}]x[/link]",
    "\x1b]0;title\x07",
    "%s%n",
    "../../x",
    "-rf",
    "\x7f\x00",
    "'\"\\",
)


@needs_ngspice
@pytest.mark.parametrize("text", HOSTILE)
def test_no_word_of_a_file_is_executed(text, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, title=json.dumps(text), name=json.dumps(text), target="0.3005")
    expected = {path.name, "out.cir"}
    for words in (["run", "x.toml", "--engine", "ngspice"], ["export", "x.toml", "out.cir"]):
        code, out, err = command(words, capsys)
        assert code in {0, 2}
        assert "\x1b]" not in out + err
        assert "unexpected" not in err
    if (tmp_path / "out.cir").exists() and shutil.which("ngspice"):
        subprocess.run(["ngspice", "-b", "out.cir"], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert {p.name for p in tmp_path.iterdir()} <= expected


@needs_ngspice
@pytest.mark.parametrize("text", [text for text in HOSTILE if "\x00" not in text and "/" not in text])
def test_no_word_of_a_file_name_is_executed(text, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, target="0.3005").rename(tmp_path / f"{text}.toml")
    there = {f"{text}.toml"}
    code, out, err = command(["export", "--", f"{text}.toml", f"{text}.cir"], capsys)
    assert code == 0
    assert "\x1b]" not in out + err
    assert {p.name for p in tmp_path.iterdir()} == there | {f"{text}.cir"}
    netlist = (tmp_path / f"{text}.cir").read_text(encoding="ascii")
    assert CANARY not in netlist
    code, out, err = command(["run", "--out", f"{text}.d", "--", f"{text}.toml"], capsys)
    assert code == 0
    assert {p.name for p in tmp_path.iterdir()} == there | {f"{text}.cir", f"{text}.d"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_word_given_to_the_library_is_executed(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = xb.Array(rows=1, columns=1)
    path = xb.save(one.netlist(one.rest(), title=text), tmp_path / "a.cir", 1e-6)
    assert not [
        line for line in path.read_text(encoding="ascii").splitlines() if line.startswith((".control", "shell"))
    ]
    if shutil.which("ngspice"):
        subprocess.run(["ngspice", "-b", "a.cir"], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert [p.name for p in tmp_path.iterdir()] == ["a.cir"]
