"""The paper's experiments, as `liwes paper` does them, against curves computed apart from this project's code.

A curve's tolerance is of each change, not of the conductance itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from circuits.liwes import READ_NOISE
from crossbar.array import Layout
from crossbar.operations.run import Settings
from crossbar.paper.bench import measure
from crossbar.paper.catalogue import named
from crossbar.paper.experiments import Trial
from crossbar.paper.measures import changes, linearity, trace
from crossbar.paper.protocol import Contact, Protocol, single

GOLDEN = Path(__file__).parents[1] / "golden"
CLOSE = 1e-3


def curve(name):
    """Columns of a golden file as an array of shape (columns, rows)."""
    lines = [line for line in (GOLDEN / f"{name}.csv").read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(x) for x in line.split(",")] for line in lines[1:]]).T


def record(protocol, lithium=0.4):
    """One device of the unified calibration under a protocol."""
    layout = Layout(1, 1)
    return measure(protocol, layout, layout.rest(lithium).devices[0], Settings(), lambda _share: None)


def protocol_of(name):
    """The protocol of a trial's first case."""
    experiment = named(name)
    assert isinstance(experiment, Trial)
    return experiment.cases[0].protocol


def since_the_turn(values, count):
    """Change since the pulses last changed sign; they do so every `count`."""
    turned = np.maximum(np.arange(len(values)) - 1, 0) // count * count
    return values - values[turned]


def assert_each_change(found, expected, rounding=0.0):
    assert np.shape(found) == np.shape(expected)
    assert (np.abs(found - expected) <= CLOSE * np.abs(expected) + rounding).all()


def test_figure_2b_and_2c_filling_a_film(experiment):
    # 0.1 nA through film, charge transfer and electrolyte drops 0.15 mV, which the reference leaves out.
    seen = experiment("2bc")
    lithium = trace(seen, "channel_lithium")
    x, _, against_lfp, conductance, hours = curve("fig2bc_ocv_conductance")
    potential = CubicSpline(lithium, -trace(seen, "reservoir"))(x)
    assert_each_change(potential - potential[0], against_lfp - against_lfp[0], rounding=1.5e-4)
    long_term = CubicSpline(lithium, trace(seen, "long_term"))(x)
    assert_each_change(long_term - long_term[0], conductance - conductance[0], rounding=1e-12)
    # The double layer takes its share of the charge first: 1e-8 F over 1.1 V, 8e-4 in x.
    filled = CubicSpline(lithium, seen["time"][0] / 3600)(x[-1])
    assert filled == pytest.approx(hours[-1], rel=2e-3)


@pytest.mark.slow
def test_figure_3a_potentiation_and_depression(experiment):
    # The file holds 6 digits of 1e-3 S, so half a unit in the last place at either end of a change is 1e-8 S in all.
    found, (number, expected) = trace(experiment("3a-512")), curve("fig3a_512")
    assert len(found) == len(number)
    assert_each_change(since_the_turn(found, 512), since_the_turn(expected, 512), rounding=1e-8)
    assert linearity(found[1:513]) > 0.99
    assert np.abs(np.diff(found)).min() > 3 * READ_NOISE


@pytest.mark.parametrize(("name", "file", "axis"), [("3b", "fig3b_amplitude_10ms", "amplitude"),
                                                    ("3c", "fig3c_width_0.5V", "width")])  # fmt: skip
def test_figures_3b_and_3c_amplitudes_and_widths(experiment, name, file, axis):
    seen, (at, peak, later, energy) = experiment(name), curve(file)
    assert np.array_equal(seen[axis], at)
    assert_each_change(changes(seen)[:, 1:], np.stack([peak, later], axis=1))
    np.testing.assert_allclose(seen["energy"], energy, rtol=CLOSE)


@pytest.mark.slow
def test_figure_3e_cycling(experiment):
    found, expected = trace(experiment("3e")), curve("fig3e_unified")[1]
    assert len(found) == 2001
    assert_each_change(since_the_turn(found[: len(expected)], 50), since_the_turn(expected, 50))


@pytest.mark.parametrize(("column", "amplitude"), [(1, 0.2), (2, 0.5), (3, 1.0)])
def test_figure_4c_the_self_gate_is_volatile(column, amplitude):
    width = 200e-6
    columns = curve("fig4c_selfgate_200us")
    times, expected = columns[0], columns[column]
    assert times[1] == width
    seen = record(single(amplitude, width, times[2:] - width)).outputs["conductance"][:, 0]
    assert_each_change(seen - seen[0], expected)
    assert seen[-1] - seen[0] < READ_NOISE


def test_figure_4e_down_to_half_a_microsecond(experiment):
    seen, (width, peak, energy) = experiment("4e"), curve("fig4e_width_1V")
    assert np.array_equal(seen["width"], width)
    assert_each_change(changes(seen)[:, 1], peak)
    np.testing.assert_allclose(seen["energy"], energy, rtol=CLOSE)


@pytest.mark.slow
def test_figure_4f_a_microsecond(experiment):
    found, (_, expected) = trace(experiment("4f")), curve("fig4f_1us_period10us")
    assert_each_change(since_the_turn(found, 50), since_the_turn(expected, 50))


def test_figure_5b_paired_pulses(experiment):
    seen, (interval, first, second, more, before) = experiment("5ab"), curve("fig5ab_ppf")
    assert np.array_equal(seen["interval"], interval)
    found = changes(seen)
    assert_each_change(found[:, [1, 3, 2]], np.stack([first, second, before], axis=1))
    assert_each_change(found[:, 3] - found[:, 1], more)


def test_figure_5d_gain(experiment):
    seen, columns = experiment("5cd"), curve("fig5cd_gain")
    assert np.array_equal(seen["rate"], columns[0])
    assert_each_change(changes(seen)[:, [1, -1]], columns[1:3].T)
    np.testing.assert_allclose(changes(seen)[:, -1] / changes(seen)[:, 1], columns[3], rtol=CLOSE)


def test_figure_s5_energy_against_area(experiment):
    seen, (area, amplitude, width, energy, _) = experiment("S5"), curve("figS5_energy_area")
    for name, values in (("area", area), ("amplitude", amplitude), ("width", width)):
        np.testing.assert_allclose(seen[name], values, rtol=1e-12)
    np.testing.assert_allclose(seen["energy"], energy, rtol=CLOSE)


def test_table_1_decay(experiment):
    times, expected, fitted = curve("table1_single_1V_200us_decay")
    seen = experiment("table1")
    protocol = protocol_of("table1")
    assert protocol.reads[1 : 1 + len(times)] == pytest.approx(protocol.gate.pulses[0][1] + times)
    found = changes(seen)[0, 2 : 2 + len(times)] * 1e6
    np.testing.assert_allclose(found, expected, rtol=CLOSE)
    shown = (times >= 1e-3) & (times <= 0.1)
    assert np.abs(found - fitted)[shown].max() < 0.06


def test_section_2_3_pre_charge():
    # -1.1 V against LFP, from Li0.001 with each EDL branch at its film's potential.
    times, channel, gate, ocv, _, expected = curve("precharge_Rlfp1e5")
    protocol = protocol_of("precharge")
    assert protocol.lfp == (Contact(1.1),)
    seen = record(Protocol(tuple(times.tolist()), protocol.gate, protocol.lfp), 1e-3)
    names = [state.variable.name for state in Layout(1, 1).device.device.states]
    late = times >= 1.0
    for name, curve_of in (("gate_lithium", gate), ("channel_lithium", channel)):
        film = seen.states[1:, 0, names.index(name)] + 0.4
        np.testing.assert_allclose(film[late], curve_of[late], rtol=5e-3)
        assert abs(film[-1] - 0.4) < 0.002
    np.testing.assert_allclose(seen.outputs["conductance"][1:, 0][late], expected[late], rtol=5e-3)
    assert abs(ocv[-1]) < 0.1
