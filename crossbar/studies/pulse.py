"""What one pulse costs one device."""

from __future__ import annotations

from crossbar.array import Layout, Model, liwes
from crossbar.lines import Access, Lines
from crossbar.operations.program import program
from crossbar.pulses import Pulse


def pulse_energy(pulse: Pulse, device: Model | None = None) -> float:
    """Energy [J] one device's gate takes for `pulse`, its gate back at 0 V afterwards, lines without resistance.

    device: the calibration "unified" without; a circuit solve of the native engine
    """
    lines, access = Lines(word=0, bit=0, gate=0), Access(gate=(), reservoir=())
    one = Layout(1, 1, device or liwes(), lines, access=access)
    return program(one, one.rest(), {(0, 0): pulse}, idle="ground").energy.total
