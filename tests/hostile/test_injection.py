"""Hostile words in every text field: nothing is executed, nothing is written, the netlist still runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import ngspice
from circuits.liwes import LIWES
from circuits.netlist import Builder
from circuits.ngspice.circuit import circuit
from circuits.waveforms import steps
from circuits.writers.spice import deck, export

needs_ngspice = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")

MARK = "injected"
COMMANDS = (f"shell touch {MARK}", f"echo x > {MARK}", f"write {MARK}", "quit", "source /etc/passwd")
HOSTILE = (
    *(
        f"a{end}.control{end}{command}{end}.endc{end}"
        for command in COMMANDS
        for end in ("\n", "\r\n", "\r", "\v", "\f")
    ),
    f"a\u2028.control\u2028shell touch {MARK}\u2028.endc",
    f"a\x85.control\x85shell touch {MARK}\x85.endc",
    f"*# shell touch {MARK}",
    f"#! shell touch {MARK}",
    f"$(touch {MARK})",
    f"`touch {MARK}`",
    f"; touch {MARK} &",
    f"'\"; shell touch {MARK}; \"'",
    f".include {MARK}\n.lib {MARK}",
    "{1/0}",
    "\\",
    "%s%n%n",
    "\x00nul",
    "+ continuation",
    "a\n+ b",
    ".end",
    ".ends\n.end\n",
    "",
    " ",
    "0",
    "gnd",
    "GND",
    "e",
    "pi",
    "time",
    "TEMPER",
    "hertz",
    "v(a)",
    "x" * 5000,
    "Ünïcödé ✓ 漢字",
    "error",
)


def hostile(words):
    """A circuit that carries the words as title, node names and group names, beside names that fold onto them."""
    builder = Builder("\n".join(words))
    nodes = dict.fromkeys(word for word in (*words, *map(str.upper, words), *map(str.lower, words)) if word != "ground")
    names = list(nodes)
    builder.drives(f"supply {words[0]}", "in", [steps(0.0, [(1e-3, 2e-3, 1.0)], 1e-5)])
    builder.resistors(words[0], ["in"] * len(names), [f"r{n}" for n in names], 1e3)
    builder.resistors(words[0].upper() + " ", [f"r{n}" for n in names], names, 1e3)
    builder.resistors(words[-1].lower() + "\n", names, ["ground"] * len(names), 2e3)
    builder.devices(f"cells {words[0]}", LIWES, ["in", names[0], names[-1], "electrolyte"])
    return builder.build()


def safe(text):
    """Whether only what this project writes begins a line."""
    starts = (
        "*",
        "+",
        ".subckt ",
        ".ends ",
        ".param ",
        ".options ",
        ".save ",
        ".tran ",
        ".end",
        "r_",
        "v_",
        "b_",
        "c_",
        "x_",
    )
    return all(line.startswith(starts) for line in text.split("\n") if line) and text.isascii() and "\r" not in text


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_word_becomes_nothing_but_a_name(word):
    netlist = hostile([word])
    text = export(netlist, 3e-3, [3e-3])
    assert safe(text)
    for command in (".control", "shell", ".include", ".lib"):
        assert not any(line.startswith(command) for line in text.splitlines())
    assert len(set(deck(netlist).nodes)) == len(netlist.nodes)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=5))
@settings(max_examples=50)
def test_no_text_at_all_leaves_its_place(words):
    assert safe(export(hostile(words), 3e-3, [3e-3]))


@needs_ngspice
def test_every_hostile_word_runs_and_nothing_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ngspice.Worker() as worker:
        for word in HOSTILE:
            solution = ngspice.simulate(hostile([word]), 3e-3, [1.5e-3, 3e-3], worker=worker)
            assert solution.potential("in") == pytest.approx([1.0, 0.0], abs=1e-12)
            folder = worker.start().folder
            assert {p.name for p in folder.iterdir()} == {"scripts", "log", "netlist.cir", "vectors.npy"}
        together = ngspice.simulate(hostile(list(HOSTILE)), 3e-3, [1.5e-3], worker=worker)
        assert together.potential("in") == pytest.approx([1.0], abs=1e-12)
    assert list(tmp_path.iterdir()) == []


@needs_ngspice
@pytest.mark.parametrize("word", HOSTILE[:6])
def test_hostile_words_stay_names_through_pyspice(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = [line for line in str(circuit(hostile([word]))).splitlines() if line]
    assert not any(line.lstrip().startswith((".control", "shell")) for line in text)
    with ngspice.Worker() as worker:
        reply = worker.run(["* pyspice", *text[1:], ".tran 1e-6 3e-3", ".end"], ["n_in"])
        assert reply.missing == ()
        assert not (worker.start().folder / MARK).exists()
    assert list(tmp_path.iterdir()) == []
