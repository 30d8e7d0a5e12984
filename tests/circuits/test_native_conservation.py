"""Charge and energy: what drives supply is what films, electrolyte and wires hold or turn into heat."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.elements import Drives
from circuits.liwes import LIWES, REST_LITHIUM
from circuits.native.engine import simulate
from circuits.netlist import Builder
from circuits.waveforms import constant, steps
from circuits.writers.kernel import array_kernel

KERNEL = array_kernel(LIWES)
STATES = [state.variable.name for state in LIWES.states]
FILMS = ("gate", "channel")


def equilibrium(deviation):
    """States with lithium off rest by `deviation` in both films and every EDL branch at its film's potential."""
    z = np.zeros(len(LIWES.variables))
    lithium = [STATES.index(f"{film}_lithium") for film in FILMS]
    z[len(LIWES.nodes) + np.array(lithium)] = deviation
    swing = -KERNEL.potentials(z, LIWES.values({}))
    states = z[len(LIWES.nodes) :]
    for k, name in enumerate(STATES):
        if "edl" in name:
            states[k] = swing[lithium[FILMS.index(name.split("_")[0])]]
    return states


def cell(gate, *, driver=None, states=0.0, count=1, lines=0.0):
    """Devices in a row on one gate line through a driver (a switch [S] or nothing), their channels at `lines`."""
    b = Builder("cells")
    names = [str(k) for k in range(count)]
    if driver is None:
        b.drives("gate", "g", [gate])
    else:
        b.drives("gate", "supply", [gate])
        b.switches("driver", "supply", "g", [driver])
    b.drives("lines", "line", [constant(lines)])
    if count > 1:
        b.resistors("segments", ["line", *(f"d{k}" for k in names[:-1])], [f"d{k}" for k in names], 0.7)
        b.resistors("ionic", [f"e{k}" for k in names[:-1]], [f"e{k}" for k in names[1:]], 1e7)
        b.drives("bits", [f"s{k}" for k in names], [constant(0.0)])
        b.devices(
            "cells",
            LIWES,
            [["g"] * count, [f"s{k}" for k in names], [f"d{k}" for k in names], [f"e{k}" for k in names]],
        )
    else:
        b.devices("cells", LIWES, ["g", "line", "line", "e"], None, states)
    return b.build()


def film_charge(solution, film):
    """What a film's EDL and lithium have taken from its contact since time 0 [C], shape (time,)."""
    capacities = KERNEL.capacities(LIWES.values({}))
    moved = solution.states("cells") - solution.states("cells")[0]
    total = np.zeros(len(solution.time))
    for k, name in enumerate(STATES):
        if name.startswith(film):
            # Lithium entering the film is charge the film's contact gives to the electrolyte: the sign turns.
            total += (-1 if name.endswith("lithium") else 1) * capacities[k] * moved[..., k].sum(axis=1)
    return total


def drive_charge(solution, *groups):
    """What the drives of these groups supplied [C], shape (time,)."""
    return np.sum([solution.charge[name].sum(axis=1) for name in groups], axis=0)


def residual(solution, film, *groups):
    """Largest difference of the two above over the largest charge."""
    taken, given = film_charge(solution, film), drive_charge(solution, *groups)
    return np.abs(taken - given).max() / np.abs(given).max()


PULSES = {
    "0.5 V 10 ms": steps(0.0, [(1e-3, 11e-3, 0.5)], 1e-9),
    "1 V 1 us": steps(0.0, [(1e-6, 2e-6, 1.0)], 1e-10),
    "-2 V 200 us": steps(0.0, [(1e-3, 1.2e-3, -2.0)], 1e-9),
    "train": steps(0.0, [(k * 1e-3, k * 1e-3 + 1e-4, (-1) ** k * 0.7) for k in range(1, 31)], 1e-8),
}
DRIVERS = {"direct": None, "1 S": constant(1.0), "1e3 S": constant(1e3), "1e6 S": constant(1e6)}


@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)
@pytest.mark.parametrize("pulse", PULSES.values(), ids=PULSES)
def test_films_hold_what_drives_supplied(pulse, driver):
    # Guards: through 1e6 S the supply current was the rounding of 1e6 * (a - b), and 1e-5 of the charge was lost;
    # each pulse of a train was allowed its energy error again, 1e-5 after a few hundred.
    solution = simulate(cell(pulse, driver=driver), 0.1)
    assert residual(solution, "gate", "gate") <= 1e-12
    assert residual(solution, "channel", "lines") <= 1e-12
    assert solution.balance() <= 1e-6


def test_lithium_that_leaves_one_film_enters_the_other_or_the_double_layers():
    solution = simulate(cell(PULSES["0.5 V 10 ms"]), 1.0)
    both = film_charge(solution, "gate") + film_charge(solution, "channel")
    assert np.abs(both).max() <= 1e-12 * np.abs(film_charge(solution, "gate")).max()


def test_a_row_of_cells_with_a_read_current_conserves_charge_and_energy():
    # 1.4 S of line segments beside gates of nanoamperes: the sum over all lines must not lose the gates.
    solution = simulate(cell(PULSES["0.5 V 10 ms"], driver=constant(1e3), count=6, lines=0.1), 0.1)
    assert residual(solution, "gate", "gate") <= 1e-12
    everything = drive_charge(solution, "gate", "lines", "bits")
    assert np.abs(everything).max() <= 1e-12 * np.abs(solution.charge["lines"]).max()
    assert solution.balance() <= 1e-6


def test_the_driver_does_not_change_the_energy():
    # Between 1e3 and 1e6 S lies a thousandth of an ohm, 5e-8 of the contact's 20 kohm.
    energies = [simulate(cell(PULSES["1 V 1 us"], driver=DRIVERS[name]), 1e-3).supplied for name in ("1e3 S", "1e6 S")]
    assert energies[0] == pytest.approx(energies[1], rel=1e-7)


def test_a_held_potential_and_a_floating_gate_keep_the_balance():
    hold = simulate(cell(constant(0.1), states=equilibrium(0.05)), 100.0)
    assert hold.balance() <= 1e-6
    let_go = steps(1e-15, [(1e-3, 12e-3, 1.0)], 1e-9)
    floating = simulate(cell(steps(0.0, [(2e-3, 11e-3, 0.5)], 1e-9), driver=let_go), 10.0)
    assert floating.balance() <= 1e-6
    long_term = floating.states("cells")[:, 0, STATES.index("channel_lithium")]
    assert long_term[-1] >= 0.99 * long_term.max() > 0, "a floating gate keeps its lithium"


def test_pre_charge_through_the_reservoir_balances_charge_and_energy():
    # docs/device.md: 11.4 uC and 12.6 uJ a device for x from 0 to 0.4, the energy against LFP's absolute potential.
    resistance, held = 1.1e5, 1.1 - (3.4 - 2.2998097677413734)
    b = Builder("pre-charge")
    b.drives("reservoir", "lfp", [constant(held)])
    b.drives("lines", ["g", "s", "d"], [constant(0.0)])
    b.resistors("interface", "lfp", "e", resistance)
    b.devices("cells", LIWES, ["g", "s", "d", "e"], None, equilibrium(1e-3 - REST_LITHIUM))
    solution = simulate(b.build(), 1e3)
    assert solution.balance() <= 1e-6
    given = drive_charge(solution, "reservoir")
    taken = -film_charge(solution, "gate") - film_charge(solution, "channel")
    assert np.abs(taken - given).max() <= 1e-12 * given.max()
    assert given[-1] == pytest.approx(11.4e-6, rel=0.01)


@pytest.mark.parametrize("deviation", [-0.399, -0.2, 0.2])
def test_nothing_happens_at_equilibrium_and_takes_no_time(deviation):
    # Guard: the energy control asked for less than the rounding of swing * charge away from x0, 1e5 steps in 1 ms.
    start = equilibrium(deviation)
    solution = simulate(cell(constant(0.0), driver=constant(1.0), states=start), 1e-3)
    assert solution.work["steps"] < 300
    np.testing.assert_allclose(solution.states("cells")[-1, 0], start, rtol=1e-12)


def test_charge_tells_what_each_drive_gave():
    solution = simulate(cell(PULSES["0.5 V 10 ms"]), 0.1)
    assert set(solution.charge) == {g.name for g in solution.netlist.groups if isinstance(g, Drives)}
    assert solution.charge["gate"].shape == (len(solution.time), 1)
