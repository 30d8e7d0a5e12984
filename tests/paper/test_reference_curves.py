"""The paper's experiments on one device: the native engine against curves computed apart from this project's code.

Protocols as in docs/device.md, section 4. A curve's tolerance is of each change, not of the conductance itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from circuits.liwes import LFP_POTENTIAL, LIWES, READ_NOISE, REST_LITHIUM
from circuits.native.engine import Accuracy, simulate
from circuits.netlist import Builder
from circuits.waveforms import constant, steps
from circuits.writers.kernel import array_kernel

GOLDEN = Path(__file__).parents[1] / "golden"
CLOSE = 1e-3
START = 1e-6  # s before the first pulse
OPEN, CLOSED = 1e-15, 1.0  # S


def curve(name):
    """Columns of a golden file as an array of shape (columns, rows)."""
    lines = [line for line in (GOLDEN / f"{name}.csv").read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(x) for x in line.split(",")] for line in lines[1:]]).T


def cell(gate, driver=None):
    """One device: the gate behind its driver, channel grounded, no reservoir."""
    b = Builder("one device")
    b.drives("gate", "supply", [gate])
    b.drives("channel", ["s", "d"], [constant(0.0)])
    b.switches("driver", "supply", "g", [driver or constant(CLOSED)])
    b.resistors("isolation", "e", "ground", 1e15)
    b.devices("cells", LIWES, ["g", "s", "d", "e"])
    return b.build()


def conductance(solution, times):
    """Conductance at each of `times`, which are samples of the solution."""
    return solution.output("cells", "conductance")[np.searchsorted(solution.time, times), 0]


def pulse(amplitude, width, rise, after):
    """Change of conductance at the pulse's end, then `after` it; the energy supplied."""
    gate = steps(0.0, [(START, START + width, amplitude)], rise)
    moments = [START + width - rise / 2, *(START + width + np.atleast_1d(after))]
    solution = simulate(cell(gate), moments[-1], moments)
    found = conductance(solution, [0.0, *moments])
    return found[1:] - found[0], solution.supplied


@pytest.mark.slow
def test_figure_3a_potentiation_and_depression():
    # Half a volt for 10 ms, floating 10 ms, read: 512 up and 512 down, twice. The file holds 6 digits of 1e-3 S, so
    # half a unit in the last place at either end of a change is 1e-8 S in all.
    count, width, period, rise, early = 2048, 10e-3, 20e-3, 1e-9, 1e-8
    starts = np.arange(count) * period + START
    signs = np.where(np.arange(count) // 512 % 2 == 0, 1.0, -1.0)
    gate = steps(0.0, [(t, t + width, 0.5 * s) for t, s in zip(starts, signs, strict=True)], rise)
    driver = steps(OPEN, [(t - early, t + width, CLOSED) for t in starts], rise)
    end = count * period
    accuracy = Accuracy(tolerance=1e-4, energy=1e-3)
    solution = simulate(cell(gate, driver), end, [k * period for k in range(1, count)], accuracy=accuracy)
    found = solution.output("cells", "conductance")[:, 0]
    number, expected = curve("fig3a_512")
    assert len(found) == len(number)
    turned = np.maximum(number.astype(int) - 1, 0) // 512 * 512  # the change is since the pulses last turned
    change = expected - expected[turned]
    assert (np.abs(found - found[turned] - change) <= CLOSE * np.abs(change) + 1e-8).all()
    up = found[:513]
    line = np.polyval(np.polyfit(np.arange(513), up, 1), np.arange(513))
    assert 1 - ((up - line) ** 2).sum() / ((up - up.mean()) ** 2).sum() > 0.99
    assert np.abs(np.diff(found)).min() > 3 * READ_NOISE


@pytest.mark.parametrize(("amplitude", "peak", "later", "energy"), curve("fig3b_amplitude_10ms").T)
def test_figure_3b_amplitudes(amplitude, peak, later, energy):
    found, supplied = pulse(amplitude, 10e-3, 1e-9, 2.0)
    np.testing.assert_allclose(found, [peak, later], rtol=CLOSE)
    assert supplied == pytest.approx(energy, rel=CLOSE)


@pytest.mark.parametrize(("width", "peak", "later", "energy"), curve("fig3c_width_0.5V").T)
def test_figure_3c_widths(width, peak, later, energy):
    found, supplied = pulse(0.5, width, 1e-9, 2.0)
    np.testing.assert_allclose(found, [peak, later], rtol=CLOSE)
    assert supplied == pytest.approx(energy, rel=CLOSE)


@pytest.mark.parametrize(("column", "amplitude"), [(1, 0.2), (2, 0.5), (3, 1.0)])
def test_figure_4c_the_self_gate_is_volatile(column, amplitude):
    width = 200e-6
    columns = curve("fig4c_selfgate_200us")
    times, expected = columns[0], columns[column]
    assert times[1] == width
    found, _ = pulse(amplitude, width, 1e-10, times[2:] - width)
    np.testing.assert_allclose(found, expected[1:], rtol=CLOSE)
    assert found[-1] < READ_NOISE


@pytest.mark.parametrize(("width", "peak", "energy"), curve("fig4e_width_1V").T)
def test_figure_4e_down_to_half_a_microsecond(width, peak, energy):
    found, supplied = pulse(1.0, width, 1e-10, 1e-3)
    assert found[0] == pytest.approx(peak, rel=CLOSE)
    assert supplied == pytest.approx(energy, rel=CLOSE)


def test_a_volt_for_a_microsecond_costs_two_picojoules():
    assert pulse(1.0, 1e-6, 1e-10, 2.0)[1] == pytest.approx(1.905e-12, rel=5e-3)


def test_table_1_decay():
    times, expected, fitted = curve("table1_single_1V_200us_decay")
    found, _ = pulse(1.0, 200e-6, 1e-10, times)
    in_table = found[1:] * 1e6
    np.testing.assert_allclose(in_table, expected, rtol=CLOSE)
    shown = (times >= 1e-3) & (times <= 0.1)
    assert np.abs(in_table - fitted)[shown].max() < 0.06


def test_section_2_3_pre_charge():
    # -1.1 V against LFP, one device at 0 V, its electrolyte through R_lfp + R_ct to the reservoir. The reference
    # begins at Li0.001 with each EDL branch at its film's potential.
    kernel, values = array_kernel(LIWES), LIWES.values({})
    nodes, names = len(LIWES.nodes), [state.variable.name for state in LIWES.states]
    z = np.zeros(len(LIWES.variables))
    lithium = [names.index("gate_lithium"), names.index("channel_lithium")]
    z[[nodes + k for k in lithium]] = 1e-3 - REST_LITHIUM
    swing = -kernel.potentials(z, values)[lithium[0]]
    start = np.where(["edl" in name for name in names], swing, z[nodes:])
    held = 1.1 - (LFP_POTENTIAL - kernel.constant("rest_ocv", values))
    b = Builder("pre-charge")
    b.drives("reservoir", "lfp", [constant(held)])
    b.drives("lines", ["g", "s", "d"], [constant(0.0)])
    b.resistors("interface", "lfp", "e", 1e5 + 1e4)
    b.devices("cells", LIWES, ["g", "s", "d", "e"], None, start)
    times, channel, gate, ocv, _, expected = curve("precharge_Rlfp1e5")
    solution = simulate(b.build(), times[-1], times)
    late = times >= 1.0
    at = np.searchsorted(solution.time, times)[late]
    found = solution.states("cells")[at, 0][:, lithium] + REST_LITHIUM
    np.testing.assert_allclose(found[:, 0], gate[late], rtol=5e-3)
    np.testing.assert_allclose(found[:, 1], channel[late], rtol=5e-3)
    np.testing.assert_allclose(conductance(solution, times[late]), expected[late], rtol=5e-3)
    assert abs(found[-1] - 0.4).max() < 0.002
    assert abs(ocv[-1]) < 0.1
