"""Netlists as ngspice text: complete, exact, the same through PySpice, written whole or not at all."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from circuits import ngspice
from circuits.device import Branch, Device, Parameter, State
from circuits.errors import InputError, OutcomeError
from circuits.expr import Named, Symbol, exp, log, maximum, minimum, sinh
from circuits.liwes import LIWES
from circuits.netlist import Builder
from circuits.ngspice.circuit import circuit
from circuits.waveforms import Waveform, constant, steps
from circuits.writers.kernel import array_kernel, program
from circuits.writers.spice import deck, export, instants, save, transient

needs_ngspice = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")


def everything():
    """One of each kind of group."""
    builder = Builder("everything")
    pulse = steps(0.0, [(1e-3, 2e-3, 0.5)], 1e-5)
    builder.drives("gates", ["g[0]", "G[0]"], [pulse, constant(0.25)], [0, 1])
    builder.drives("lines", ["s"], [constant(0.0)])
    builder.resistors("segments", ["d[0]", "d[1]"], ["s", "s"], [0.7, 1 / 3])
    builder.capacitors("wires", ["d[0]", "g[0]"], ["ground", "d[1]"], 1e-15, [0.1, 0.0])
    builder.switches("access", "d[0]", "d[1]", [Waveform((0.0, 1e-3), (1e-9, 1e-3))])
    builder.currents("sense", "ground", "d[1]", [Waveform((-1.0, 1e-3), (0.0, 1e-9))])
    cells = [["g[0]", "G[0]"], ["s", "s"], ["d[0]", "d[1]"], ["e[0]", "e[1]"]]
    builder.devices("cells", LIWES, cells, {"exchange_current": [0.5, 0.6]}, [[0.01] * 10, [0.0] * 10])
    builder.resistors("ionic", "e[0]", "e[1]", 1e8)
    return builder.build()


def elements(text):
    """Elements, parameters and options by (subcircuit, name): all that a netlist says but order and case."""
    found: dict[object, object] = {}
    where = ""
    for line in text.replace("\n+", "").lower().splitlines():
        first, *rest = line.split() or [""]
        named = dict(word.split("=", 1) for word in rest if "=" in word)
        if first == ".subckt":
            where = rest[0]
            found[first, where] = rest[1:5], named
        elif first == ".ends":
            where = ""
        elif first == ".param":
            name, _, value = line.removeprefix(".param ").partition("=")
            found[where, first, name] = value.strip("{}")
        elif first == ".options":
            found[first] = named
        elif first and first[0] in "rcvibx":
            assert (where, first) not in found
            found[where, first] = [word for word in rest if "=" not in word], named
    return found


def test_both_forms_are_the_same_netlist():
    text = "\n".join(deck(everything()).lines(".op", []))
    ours, theirs = elements(text), elements(str(circuit(everything())))
    assert len(ours) > 140
    assert ours == theirs


def test_every_name_is_unique_and_every_number_exact():
    lines = list(deck(everything()).lines(".op", []))
    assert "r_segments_1 n_d_1 n_s 0.3333333333333333" in lines
    assert "v_gates_1 n_g_0_2 0 dc 0.25" in lines
    assert any(line.startswith("i_sense_0 0 n_d_1 pwl(0.0 5e-10") or "pwl(0.0 9.99" in line for line in lines)


def test_varying_intermediates_are_nodes_and_states_capacitors():
    (subckt,) = deck(everything()).subcircuits
    names = {card.name for card in subckt.cards}
    assert {f"b_i_{n.name}" for n in program(LIWES).varying} <= names
    assert {f"c_s_{s.variable.name}" for s in LIWES.states} <= names
    assert set(subckt.constants) >= {f"k_{n.name}" for n in program(LIWES).constants}


def test_no_element_holds_a_literal_that_ngspice_would_round():
    (subckt,) = deck(everything()).subcircuits
    for card in subckt.cards:
        for word in card.value.replace("i=", "").translate(str.maketrans("(){}*/-+,?:><", " " * 13)).split():
            assert not word[0].isdigit() or (float(word) < 1000 and float(word).is_integer()), (card, word)


def test_frozen_states_are_sources():
    (subckt,) = deck(everything(), frozen=True).subcircuits
    names = {card.name for card in subckt.cards}
    assert {f"v_s_{s.variable.name}" for s in LIWES.states} <= names
    assert not any(name.startswith("c_") for name in names)


def test_only_what_differs_stands_on_an_instance():
    cards = {card.name: card.value for card in deck(everything()).cards}
    assert cards["x_cells_0"].startswith("u_cells p_exchange_current=0.5 z_gate_edl_1=0.01 ")
    assert "p_temperature" not in cards["x_cells_0"]


def test_corners_and_shortest_step_follow_the_waveforms():
    netlist = everything()
    assert instants(netlist, 1.5e-3) == pytest.approx([0.995e-3, 1e-3, 1.005e-3])
    step, end, _, longest = map(float, transient(netlist, 1e-2).split()[1:])
    assert step == pytest.approx(5e-8)
    assert end == 1e-2
    assert longest == 1e-2


@needs_ngspice
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="the ngspice program is not on the path")
def test_the_exported_file_runs_by_itself_and_gives_the_same(tmp_path):
    netlist, end, samples = everything(), 5e-3, [1e-3, 2e-3, 5e-3]
    path = save(netlist, tmp_path / "all.cir", end, samples)
    assert path.read_text() == export(netlist, end, samples)
    command = ["ngspice", "-b", "all.cir", "-r", "all.raw"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert "rror" not in done.stdout + done.stderr
    header, _, data = (tmp_path / "all.raw").read_bytes().partition(b"Binary:\n")
    names = [line.split()[1] for line in header.decode().partition("Variables:\n")[2].splitlines()]
    table = np.frombuffer(data).reshape(-1, len(names))
    assert table[-1, 0] == end
    ours = ngspice.simulate(netlist, end, samples)
    rows = [int(np.abs(table[:, 0] - t).argmin()) for t in samples]
    column = names.index("v(n_e_0)")
    assert table[rows, column] == pytest.approx(ours.potential("e[0]"), rel=1e-4)


@needs_ngspice
def test_the_pyspice_circuit_runs_to_the_same_end():
    netlist = everything()
    wanted = [node for node in deck(netlist).nodes if node != "0"]
    with ngspice.Worker() as worker:
        text = [line for line in str(circuit(netlist)).splitlines() if line]
        theirs = worker.run(["* pyspice", *text[1:], transient(netlist, 5e-3), ".end"], wanted).table[:, -1]
    ours = ngspice.simulate(netlist, 5e-3, [5e-3]).potentials[0, 1:]
    assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-9)


def test_saving_is_whole_or_not_at_all(tmp_path):
    netlist = everything()
    with pytest.raises(OutcomeError, match="could not be written"):
        save(netlist, tmp_path / "missing" / "all.cir", 1e-3)
    path = tmp_path / "all.cir"
    path.write_text("before")
    with pytest.raises(InputError, match="samples"):
        save(netlist, path, 1e-3, [2e-3])
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["all.cir"]


# ------------------------------------------------------------------------------------------------------ total functions
def every_function():
    """A device whose branches are the total functions themselves, far beyond their limits."""
    a, b = (Symbol(name, "V", "potential") for name in ("a", "b"))
    gain = Parameter("gain", 1.0, "S", 0.0, 10.0, "A test")
    volt = Parameter("volt", 1.0, "V", 1.0, 1.0, "A test")
    fraction = Parameter("fraction", 1 / 3, "1", 0.0, 1.0, "A test")
    u = Named("u", (a - b) / volt.symbol)
    low = Named("low", minimum(fraction.symbol, u) - 2.302585092994046 * maximum(u, -u))
    terms = [exp(u) * 1e-17, log(u), sinh(u / 2) * 1e-9, low, exp(fraction.symbol)]
    current = Named("current", gain.symbol * volt.symbol * sum(terms[1:], terms[0]))
    state = Symbol("s", "V", "state")
    capacity = Named("capacity", gain.symbol * Parameter("tau", 1.0, "s", 1.0, 1.0, "A test").symbol)
    tau = Parameter("tau", 1.0, "s", 1.0, 1.0, "A test")
    return Device(
        name="every",
        nodes=(a, b),
        terminals=2,
        parameters=(gain, volt, fraction, tau),
        branches=(Branch(a, b, current),),
        states=(State(state, capacity, gain.symbol * (a - b - state), state),),
    )


@needs_ngspice
def test_total_functions_are_the_kernels_on_both_sides_of_their_limits():
    device = every_function()
    volts = np.array(
        [-95.0, -81.0, -80.0, -40.5, -1.0, -1e-6, 0.0, 1e-7, 1e-6, 2e-6, 0.3, 39.5, 40.0, 41.0, 81.0, 95.0]
    )
    builder = Builder("functions")
    nodes = [f"a{k}" for k in range(len(volts))]
    builder.drives("drives", nodes, [constant(v) for v in volts], np.arange(len(volts)))
    builder.devices("d", device, [nodes, ["ground"] * len(volts)], {"gain": np.linspace(1, 2, len(volts))})
    netlist = builder.build()
    words = deck(netlist, frozen=True)
    wanted = [f"{name}#branch" for name in words.drives["drives"]]
    with ngspice.Worker() as worker:
        found = worker.run(list(words.lines(".op", wanted)), wanted).table[:, 0]
    variables = np.stack([volts, np.zeros_like(volts), np.zeros_like(volts)], axis=1)
    exact = array_kernel(device).flows(variables, netlist.devices[0].parameters)[:, 0]
    assert found == pytest.approx(exact, rel=1e-13)
