"""Every command answers alike: codes 0, 1, 2 and 130, one line of error, one JSON object, no traceback unasked."""

from __future__ import annotations

import json
import math
import signal
import sys

import numpy as np
import pytest
from rich.console import Console

from circuits.errors import DataError, InputError, MissingEngineError, OutcomeError
from crossbar import __version__
from crossbar.cli.voice import Voice, as_text

ERRORS = [
    (InputError("width", 0, "a time above 0 s", "10 ms"), 2),
    (OutcomeError("It stopped.", "no memory.", "again."), 1),
    (MissingEngineError("No ngspice.", "it is not there.", "installing it."), 1),
    (DataError("file.npz", "it is damaged", "a whole file", "fetch it again"), 1),
    (RuntimeError("nobody\nexpected this"), 1),
    (KeyboardInterrupt(), 130),
]

NAMES = [type(error).__name__ for error, _ in ERRORS]


@pytest.fixture
def failing(monkeypatch, tmp_path):
    """Words of a command that raises what it is given."""

    def prepare(error):
        def study(*_arguments):
            raise error

        # The package holds the function under its module's name.
        monkeypatch.setattr(sys.modules["crossbar.cli.demo"], "study", study)
        return ("demo", "--out", tmp_path)

    return prepare


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=NAMES)
def test_an_error_is_one_line_and_a_code(liwes, failing, error, code):
    assert liwes(*failing(error))[0] == code
    found, out, err = liwes(*failing(error))
    assert (found, out) == (code, "")
    lines = [line for line in err.splitlines() if line.startswith("liwes: ")]
    assert len(lines) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=NAMES)
def test_an_error_as_json_is_one_object_with_the_answers(liwes, failing, error, code):
    found, out, _ = liwes(*failing(error), "--json")
    said = json.loads(out)["error"]
    assert (found, said["exit_code"]) == (code, code)
    for name in ("field", "value", "allowed", "instead", "happened", "cause", "attempt", "path", "found"):
        assert said.get(name) == getattr(error, name, None)


def test_an_interruption_is_one_whatever_it_is_turned_into(liwes, monkeypatch, tmp_path):
    # Guard: a compiler that was at work when Ctrl-C came raised a RuntimeError, which was told as a fault of ours.
    def study(*_arguments):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise RuntimeError("no compiled object yet") from error

    monkeypatch.setattr(sys.modules["crossbar.cli.demo"], "study", study)
    before = signal.getsignal(signal.SIGINT)
    code, _, err = liwes("demo", "--out", tmp_path)
    assert code == 130
    assert "interrupted; what was finished is kept" in err
    assert signal.getsignal(signal.SIGINT) is before


def test_the_traceback_comes_when_asked_for(liwes, failing):
    words = failing(RuntimeError("nobody expected this"))
    assert "Traceback" in liwes(*words, "--debug")[2]


@pytest.mark.parametrize(
    "words",
    [("nothing",), ("--unknown",), ("demo", "--seeds", "x"), ("demo", "--seeds", "0"), ("demo", "--seed", "-1")],
)
def test_usage_is_code_2_in_both_voices(liwes, words):
    code, out, err = liwes(*words)
    assert (code, out) == (2, "")
    assert err.startswith("liwes: ")
    code, out, _ = liwes(*words, "--json")
    assert code == json.loads(out)["error"]["exit_code"] == 2


def test_a_place_that_cannot_be_written_is_refused_before_any_work(liwes, tmp_path, failing):
    failing(AssertionError("work began"))
    taken = tmp_path / "file"
    taken.touch()
    code, _, err = liwes("demo", "--out", taken)
    assert code == 2
    assert "--out" in err
    assert "work began" not in err


def test_no_words_show_the_help_and_version_the_version(liwes):
    assert liwes()[:2] == liwes("--help")[:2]
    assert liwes("--version")[:2] == (0, f"liwes {__version__}\n")
    for name in ("demo", "run", "export", "init", "schema"):
        assert name in liwes()[1]
        assert liwes(name, "--help")[0] == 0


def test_json_is_plain_whatever_comes():
    values = {"a": np.float64(1.5), "b": np.arange(3), "c": math.nan, "d": (True, None), "e": np.bool_(1), "f": "µS"}
    found = as_text(values)
    assert json.loads(found) == {"a": 1.5, "b": [0, 1, 2], "c": None, "d": [True, None], "e": True, "f": "µS"}
    assert "\n" not in found


def test_results_and_asides_do_not_mix(capsys):
    voice = Voice(as_json=True)
    with voice.progress() as progress:
        progress.add_task("work", total=1, completed=1, note="done")
    voice.result({"a": 1}, "for people")
    said = capsys.readouterr()
    assert json.loads(said.out) == {"a": 1}
    assert "work" in said.err
    Voice().result({"a": 1}, "for people")
    assert capsys.readouterr().out == "for people\n"
    assert isinstance(voice.aside, Console)
