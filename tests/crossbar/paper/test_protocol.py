"""A protocol says what is done and when it is read; cutting it, or putting devices side by side, changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.liwes import LFP_POTENTIAL
from circuits.native.engine import Accuracy
from crossbar.array import Layout
from crossbar.operations.run import Settings
from crossbar.paper.bench import BESIDE, measure, netlist
from crossbar.paper.protocol import EARLY, FREE, OPEN, START, Contact, Protocol, burst, jittered, single, train
from crossbar.variation import device_to_device

COARSE = Settings(accuracy=Accuracy(tolerance=1e-4, energy=1e-3))


def quiet(_share):
    """Listen to nothing."""


def conductance(protocol, layout=None, settings=COARSE):
    chosen = layout or Layout(1, 1)
    return measure(protocol, chosen, chosen.rest().devices[0], settings, quiet).outputs["conductance"]


def test_a_train_changes_sign_and_is_read_before_the_next_pulse():
    protocol = train(0.5, 10e-3, 20e-3, (2, 1))
    assert [v for _, _, v in protocol.pulses] == [0.5, 0.5, -0.5]
    assert protocol.reads == pytest.approx([20e-3, 40e-3, 60e-3])
    for read, (begin, _, _) in zip(protocol.reads, protocol.pulses[1:], strict=False):
        assert 0 < begin - read <= START
    assert all(end - begin == pytest.approx(10e-3) for begin, end, _ in protocol.pulses)


def test_a_driver_that_lets_go_holds_during_its_pulses_only():
    contact = train(0.5, 10e-3, 20e-3, (1,)).gate
    begin, end, _ = contact.pulses[0]
    connected = contact.connected(1e-9)
    assert connected((begin + end) / 2) == 1.0
    assert connected(begin - EARLY / 2) == pytest.approx(1.0)  # before the edge comes
    assert connected(end + 1e-6) == connected(0.0) == OPEN
    assert FREE.connected(1e-9)(1.0) == OPEN
    assert Contact().connected(1e-9)(1.0) == 1.0


def test_lfp_amplitudes_are_absolute():
    """At its open circuit (3.4 V less the film's potential) LFP does nothing; above it potentiates, below depresses."""
    layout = Layout(1, 1)
    rest = LFP_POTENTIAL - layout.rest_potential()
    assert rest == pytest.approx(1.1, abs=1e-3)
    ends = [conductance(single(v, 1e-3, (1.0,), lfp=True, held=False))[-1, 0] for v in (0.8, rest, 1.4)]
    start = conductance(single(rest, 1e-3, (1.0,), lfp=True, held=False))[0, 0]
    assert ends[0] < start - 1e-8
    # An open driver still passes 1e-15 S: 1.1 V for 1 s move 1e-15 C, at 8e4 S/C.
    assert ends[1] == pytest.approx(start, abs=1e-10)
    assert ends[2] > start + 1e-8


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=4), most=st.integers(1, 40))
def test_parts_hold_every_pulse_and_every_read_once(counts, most):
    protocol = train(0.5, 10e-3, 20e-3, counts)
    parts = protocol.parts(most)
    assert all(part.reads[-1] > 0 for part in parts)
    starts = np.cumsum([0.0, *(part.reads[-1] for part in parts)])
    reads = np.concatenate([start + np.array(part.reads) for start, part in zip(starts, parts, strict=False)])
    assert reads == pytest.approx(np.array(protocol.reads))
    pulses = [(start + a, start + b, v) for start, part in zip(starts, parts, strict=False) for a, b, v in part.pulses]
    assert np.array(pulses) == pytest.approx(np.array(protocol.pulses))
    assert max(len(part.pulses) for part in parts) <= max(most, 1)


def test_a_train_in_parts_is_the_train():
    """Every part begins from the states the last one ended in: 1e-4 of the change, the steps' own tolerance."""
    protocol = train(0.5, 10e-3, 20e-3, (6, 4))
    layout = Layout(1, 1)
    whole = conductance(protocol)
    states, cut = layout.rest().devices[0], [whole[:1]]
    for part in protocol.parts(3):
        record = measure(part, layout, states, COARSE, quiet)
        states = record.states[-1]
        cut.append(record.outputs["conductance"][1:])
    assert len(protocol.parts(3)) > 1
    joined = np.concatenate(cut)
    assert np.abs(joined - whole).max() < 1e-4 * np.ptp(whole)


def test_devices_side_by_side_do_not_see_each_other(monkeypatch):
    """Two in one netlist and the third in another: as if each had been alone."""
    monkeypatch.setitem(BESIDE, "native", 2)
    layout = Layout(1, 3)
    spread = device_to_device(layout, np.random.default_rng(0), 0.2)
    protocol = train(0.5, 10e-3, 20e-3, (3,))
    together = conductance(protocol, layout.varied(spread))
    for column in range(3):
        alone = Layout(1, 1).varied({name: values[:, column : column + 1] for name, values in spread.items()})
        change = conductance(protocol, alone)[:, 0]
        assert np.abs(together[:, column] - change).max() < 1e-4 * np.ptp(change)


def test_a_burst_is_read_at_both_ends_of_its_later_pulses():
    protocol = burst(0.5, 10e-3, 5e-3, 3)
    (a, b, _), (c, d, _), (e, f, _) = protocol.pulses
    assert protocol.reads == pytest.approx([b, c, d, e, f], abs=2 * protocol.rise)
    assert a == START
    assert c - b == pytest.approx(5e-3)


def test_jitter_changes_widths_and_nothing_else():
    protocol = train(0.5, 10e-3, 20e-3, (3,))
    changed = jittered(protocol, np.array([1.0, 1.1, 0.9]))
    widths = [b - a for a, b, _ in changed.pulses]
    assert widths == pytest.approx([10e-3, 11e-3, 9e-3])
    assert [a for a, _, _ in changed.pulses] == [a for a, _, _ in protocol.pulses]
    assert replace(changed, gate=protocol.gate) == protocol


def test_the_bench_has_a_reservoir_where_one_is_asked_for():
    states = Layout(1, 1).rest().devices[0]
    assert "lfp" not in netlist(single(0.5, 1e-3, ()), Layout(1, 1), states).number
    assert "lfp" in netlist(single(1.5, 1e-3, (), lfp=True), Layout(1, 1), states).number
    assert "lfp" in netlist(Protocol((1.0,), FREE, current=1e-10), Layout(1, 1), states).number
