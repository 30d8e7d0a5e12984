"""What an experiment does to a device: pulses on its two contacts, and the instants at which it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circuits.waveforms import Waveform, constant, steps

Plateau: TypeAlias = tuple[float, float, float]
"""Start and end of a pulse [s], and what the contact is held at meanwhile [V]."""

START = 1e-6  # s before the first pulse
EARLY = 1e-8  # s by which a driver that lets go between pulses takes hold before its pulse
OPEN, CLOSED = 1e-15, 1.0  # S


@dataclass(frozen=True)
class Contact:
    """A driver and what it does. The self-gate's potential is against rest, LFP's is absolute: LFP against channel.

    base: potential outside pulses [V]; held: whether the driver stays connected there, or lets go
    """

    base: float = 0.0
    pulses: tuple[Plateau, ...] = ()
    held: bool = True

    def potential(self, rise: float, rest: float = 0.0) -> Waveform:
        """What the driver holds [V], counted from `rest`."""
        return steps(self.base - rest, [(a, b, v - rest) for a, b, v in self.pulses], rise)

    def connected(self, rise: float) -> Waveform:
        """The driver's conductance [S]."""
        if self.held:
            return constant(CLOSED)
        return steps(OPEN, [(a - EARLY, b, CLOSED) for a, b, _ in self.pulses], rise)

    def between(self, begin: float, end: float) -> Contact:
        """What happens from `begin` to `end` [s], counted from `begin`."""
        inside = tuple((a - begin, b - begin, v) for a, b, v in self.pulses if begin <= a < end)
        return replace(self, pulses=inside)


FREE = Contact(held=False)
"""A contact that nothing drives."""


@dataclass(frozen=True)
class Protocol:
    """One measurement on a device that begins in equilibrium.

    reads: when it is read, ascending, above 0 [s]
    gate: the self-gate; lfp: the reservoir, empty where there is none
    current: forced from LFP into the films [A]; drain: potential of the channel's drain, its source at 0 V [V]
    rise: of every edge, centred on its instant [s]
    """

    reads: tuple[float, ...]
    gate: Contact = Contact()
    lfp: tuple[Contact, ...] = ()
    current: float = 0.0
    drain: float = 0.0
    rise: float = 1e-9

    @property
    def pulses(self) -> tuple[Plateau, ...]:
        """Of all contacts."""
        return tuple(pulse for contact in (self.gate, *self.lfp) for pulse in contact.pulses)

    def parts(self, most: int) -> list[Protocol]:
        """This protocol cut at reads outside pulses, where `most` pulses have passed; each part begins at 0 s."""
        cuts = [0.0, *self._cuts(most), self.reads[-1]]
        return [self._between(a, b) for a, b in pairwise(cuts)]

    def _cuts(self, most: int) -> list[float]:
        spans = sorted((a - EARLY - self.rise, b + self.rise) for a, b, _ in self.pulses)
        starts, ends = (np.array([span[k] for span in spans]) for k in range(2))
        reads = np.array(self.reads[:-1])
        passed, begun = np.searchsorted(ends, reads), np.searchsorted(starts, reads)
        cuts, done = [], 0
        for read, count, quiet in zip(self.reads[:-1], passed, passed == begun, strict=True):
            if quiet and count - done >= most:
                cuts.append(read)
                done = count
        return cuts

    def _between(self, begin: float, end: float) -> Protocol:
        reads = tuple(read - begin for read in self.reads if begin < read <= end)
        lfp = tuple(contact.between(begin, end) for contact in self.lfp)
        return replace(self, reads=reads, gate=self.gate.between(begin, end), lfp=lfp)


def single(
    amplitude: float, width: float, after: Sequence[float], *, lfp: bool = False, held: bool = True, rise: float = 1e-10
) -> Protocol:
    """One pulse, read at its end and each of `after` [s] later; on LFP the self-gate is left alone."""
    end = START + width
    contact = Contact(pulses=((START, end, amplitude),), held=held)
    reads = (end - rise / 2, *(end + t for t in after))
    return Protocol(reads, FREE, (contact,), rise=rise) if lfp else Protocol(reads, contact, rise=rise)


def train(
    amplitude: float, width: float, period: float, counts: Sequence[int], *, held: bool = False, rise: float = 1e-9
) -> Protocol:
    """Pulses that change sign after each of `counts`, read where the next would begin."""
    signs = np.repeat([(-1.0) ** k for k in range(len(counts))], counts)
    begin = min(START, 1e-5 * period) + np.arange(len(signs)) * period
    pulses = tuple((t, t + width, s * amplitude) for t, s in zip(begin.tolist(), signs.tolist(), strict=True))
    reads = tuple((period * np.arange(1, len(signs) + 1)).tolist())
    return Protocol(reads, Contact(pulses=pulses, held=held), rise=rise)


def burst(amplitude: float, width: float, interval: float, count: int, *, rise: float = 1e-9) -> Protocol:
    """`count` pulses, the gate grounded for `interval` [s] between them; read at both ends of each but the first's."""
    begin = START + np.arange(count) * (width + interval)
    before, end = begin[1:] - rise, begin + width - rise / 2
    pulses = tuple((t, t + width, amplitude) for t in begin.tolist())
    reads = tuple(np.sort(np.concatenate([before, end])).tolist())
    return Protocol(reads, Contact(pulses=pulses), rise=rise)


def jittered(protocol: Protocol, factors: NDArray[np.float64]) -> Protocol:
    """The same with the width of each gate pulse times a factor."""
    pulses = zip(protocol.gate.pulses, factors.tolist(), strict=True)
    changed = tuple((a, a + factor * (b - a), v) for (a, b, v), factor in pulses)
    return replace(protocol, gate=replace(protocol.gate, pulses=changed))
