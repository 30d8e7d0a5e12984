"""Reading with real drivers and amplifiers, lines that float, selection schemes and faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossbar as xb
from circuits import memory

EXACT = 1e-9  # relative
ELSEWHERE: Any = "top"


def charged(rows, columns, seed=0, **parts):
    """An array whose cells differ, and its state."""
    parts = {"lines": xb.Lines(word=2.0, bit=5.0)} | parts
    array = xb.Array(rows, columns, **parts)
    varied = array.varied({"conductance_max": 10 ** np.random.default_rng(seed).uniform(-4, -2, (rows, columns))})
    return varied, varied.rest(0.4)


def close(one, other):
    return np.allclose(one, other, rtol=EXACT, atol=EXACT * np.abs(other).max())


def test_a_single_cell_is_four_resistors_in_series():
    array, state = charged(1, 1)
    reading = array.read(state, 0.1, sensing=xb.Sensing(driver=20.0, amplifier=50.0))
    expected = 0.1 / (1 / array.conductance(state)[0, 0] + 2.0 + 5.0 + 20.0 + 50.0)
    assert reading.currents[0] == pytest.approx(expected, rel=EXACT)
    assert reading.power == pytest.approx(0.1 * expected, rel=EXACT)


def test_both_ends_of_a_line_lose_less_than_one():
    array, state = charged(12, 12)
    drops = {
        (drive, sense): array.read(state, sensing=xb.Sensing(drive=drive, sense=sense)).ir_drop
        for drive in ("left", "both")
        for sense in ("top", "both")
    }
    assert drops["both", "both"] < min(drops["left", "both"], drops["both", "top"])
    assert max(drops["left", "both"], drops["both", "top"]) < drops["left", "top"]


def test_turning_the_array_round_turns_the_ends_round():
    array, state = charged(4, 6)
    mirrored = xb.Array(4, 6, lines=array.lines, spread={k: v[::-1, ::-1] for k, v in array.spread.items()})
    volts = np.array([0.1, -0.05, 0.2, 0.0])
    one = array.read(state, volts, sensing=xb.Sensing(drive="left", sense="top"))
    other = mirrored.read(mirrored.rest(0.4), volts[::-1], sensing=xb.Sensing(drive="right", sense="bottom"))
    assert close(one.currents, other.currents[::-1])
    assert close(one.into.left, other.into.right[::-1])


def test_a_floating_line_carries_nothing_into_its_end_and_its_cells_still_count():
    array, state = charged(5, 4)
    volts = np.array([0.1, np.nan, 0.2, np.nan, 0.1])
    reading = array.read(state, volts, bit_line=[0.0, np.nan, 0.0, 0.0])
    assert np.array_equal(reading.into.left[[1, 3]], [0.0, 0.0])
    assert abs(reading.currents[1]) <= 1e-12 * reading.currents.max()
    assert reading.balance <= 1e-10
    grounded = array.read(state, np.nan_to_num(volts), bit_line=0.0)
    assert np.abs(reading.currents - grounded.currents).max() > 1e-3 * grounded.currents.max()


def test_vectors_in_which_other_lines_float_are_told_apart():
    array, state = charged(3, 3)
    volts = np.array([[0.1, np.nan, 0.2], [0.1, 0.2, 0.3], [0.3, np.nan, 0.1], [np.nan, 0.1, 0.1]])
    together = array.read(state, volts, sensing=xb.Sensing(keep=True))
    for k, one in enumerate(volts):
        alone = array.read(state, one, sensing=xb.Sensing(keep=True))
        assert close(together.currents[k], alone.currents)
        assert close(together.ideal[k], alone.ideal)
        assert close(together.into.left[k], alone.into.left)
        assert close(together.potentials.word[k], alone.potentials.word[0])
    again = array.read(state, volts, start=together)
    assert again.steps <= together.steps
    assert close(again.currents, together.currents)


@pytest.mark.parametrize(("policy", "most"), [("V/2", 1 / 2), ("V/3", 1 / 3)])
def test_no_cell_but_the_selected_one_sees_more_than_its_share(policy, most):
    array = xb.Array(4, 5, lines=xb.Lines(word=1e-3, bit=1e-3))
    state = array.rest(0.4)
    bias = array.select((1, 2), 0.3, unselected=policy)
    volts = array.read(state, bias.word_line, bit_line=bias.bit_line, sensing=xb.Sensing(keep=True)).potentials
    across = np.abs(volts.word[0] - volts.bit[0])
    assert across[1, 2] == pytest.approx(0.3, rel=1e-4)
    across[1, 2] = 0
    assert across.max() <= 0.3 * most * (1 + 1e-9)


def test_floating_lines_leave_sneak_paths():
    """All cells equal to g, lines ideal: three resistors, of N - 1, (N - 1)^2 and N - 1 cells, beside the selected."""
    n = 5
    array = xb.Array(n, n, lines=xb.Lines(word=0, bit=0))
    state = array.rest(0.4)
    g = array.conductance(state)[0, 0]
    bias = array.select((0, 0), 0.1, unselected="float")
    seen = array.read(state, bias.word_line, bit_line=bias.bit_line)
    sneak = 1 / (2 / ((n - 1) * g) + 1 / ((n - 1) ** 2 * g))
    assert seen.currents[0] == pytest.approx(0.1 * (g + sneak), rel=EXACT)
    assert close(seen.ideal, seen.currents)


def test_access_switches_are_in_series_with_their_cell():
    array, state = charged(3, 3, access=xb.Access(channel=(xb.Switch(on=500.0),)), lines=xb.Lines(word=0, bit=0))
    expected = 0.1 * (1 / (1 / array.conductance(state) + 1000.0)).sum(axis=0)
    assert close(array.read(state, 0.1).currents, expected)


def test_faults_change_what_they_name():
    array, state = charged(4, 4, lines=xb.Lines(word=0, bit=0))
    g = array.conductance(state)
    open_cell = array.read(state, 0.1, sensing=xb.Sensing(faults=xb.Faults(cells={(1, 2): np.inf})))
    assert close(open_cell.currents, 0.1 * np.where(np.arange(4) == 2, g.sum(axis=0) - g[1, 2], g.sum(axis=0)))
    cut = array.read(state, 0.1, sensing=xb.Sensing(drive="both", faults=xb.Faults(word={(0, 2): np.inf})))
    assert close(cut.currents, 0.1 * g.sum(axis=0))
    assert close(cut.into.left[0], 0.1 * g[0, :2].sum())


def test_a_word_line_cut_before_its_cells_is_fed_through_them():
    array, state = charged(4, 4)
    cut = array.read(state, 0.1, sensing=xb.Sensing(faults=xb.Faults(word={(2, 0): np.inf})))
    assert abs(cut.into.left[2]) <= 1e-12 * cut.currents.max()
    assert cut.balance <= 1e-10
    floating = array.read(state, [0.1, 0.1, np.nan, 0.1])
    assert close(cut.currents, floating.currents)


def test_one_changed_cell_is_found_sooner_from_the_reading_before():
    array = xb.Array(64, 64, lines=xb.Lines(word=20.0, bit=20.0))
    before = array.read(array.rest(0.4), sensing=xb.Sensing(keep=True))
    fault = xb.Sensing(faults=xb.Faults(cells={(30, 40): 300.0}))
    cold = array.read(array.rest(0.4), sensing=fault)
    warm = array.read(array.rest(0.4), sensing=fault, start=before)
    assert warm.steps < cold.steps
    assert close(warm.currents, cold.currents)


def test_currents_keep_the_shape_of_the_voltages():
    array, state = charged(3, 2)
    volts = np.full((2, 1, 3), 0.1)
    reading = array.read(state, volts, bit_line=np.zeros((4, 2)))
    assert reading.currents.shape == reading.ideal.shape == (2, 4, 2)
    assert reading.into.left.shape == (2, 4, 3)
    assert reading.energy.shape == reading.power.shape == (2, 4)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda a, s: a.read(s, bit_line=[0.0, 0.0]), r"bit_line = .*shape \(\.\.\., 3\); nan where one line floats"),
        (lambda a, s: a.read(s, np.zeros((2, 3)), bit_line=np.zeros((3, 3))), "as many vectors as word_line"),
        (lambda a, s: a.read(s, [np.nan] * 3), "word_line"),
        (lambda a, _: a.select((3, 0)), "cell"),
        (lambda a, _: a.select((0, 0), unselected="guess"), "unselected = 'guess'.*V/2"),
        (lambda a, _: a.select((0, 0), np.nan), "amplitude = nan"),
        (lambda _a, _s: xb.Sensing(driver=-1.0), r"sensing.driver = -1.0"),
        (lambda _a, _s: xb.Sensing(amplifier=np.inf), r"sensing.amplifier = inf"),
        (lambda _a, _s: xb.Sensing(drive=ELSEWHERE), r'sensing.drive = .*"left" or "right" or "both"'),
        (lambda _a, _s: xb.Faults(word={(0, 0): -1.0}), r"faults.word\[\(0, 0\)\] = -1.0"),
        (lambda _a, _s: xb.Faults(cells={(0, 0): 0.0}), r"faults.cells.*above 0 ohm"),
        (lambda a, s: a.read(s, sensing=xb.Sensing(faults=xb.Faults(bit={(4, 0): 1.0}))), r"faults.bit = \(4, 0\)"),
        (lambda a, s: a.read(s, sensing=xb.Sensing(tolerance=1e-20)), "tolerance = 1e-20"),
        (
            lambda a, s: a.read(
                s, sensing=xb.Sensing(faults=xb.Faults(cells={(1, k): np.inf for k in range(3)}, word={(1, 0): np.inf}))
            ),
            "word line 1 at crossing 0 = 'floating'",
        ),
    ],
)
def test_a_wiring_that_cannot_be_is_refused(ask, message):
    array, state = charged(3, 3)
    with pytest.raises(xb.InputError, match=message):
        ask(array, state)


def test_a_read_larger_than_the_memory_is_refused(monkeypatch):
    array, state = charged(3, 3)
    monkeypatch.setattr(memory, "available", lambda: 10.0)
    with pytest.raises(xb.OutcomeError, match="A read of 3 x 3 crossings needs"):
        array.read(state)
