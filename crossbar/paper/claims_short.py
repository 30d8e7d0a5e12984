"""Claims of section 2.4 and Table 1: what fades, speed, paired pulses, filtering, energy (Figures 4, 5, S5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from circuits.liwes import READ_NOISE
from crossbar.paper import measures
from crossbar.paper.claims import Claim, Measured
from crossbar.paper.claims_long import OURS, QUALITATIVE, STRAIGHT
from crossbar.paper.found import Found
from crossbar.paper.measures import changes, linearity, trace

All = Mapping[str, Found]
NOISE = round(READ_NOISE * 1e6, 12)  # uS


def _visible(found: All) -> Measured:
    weak = changes(found["4c"])[0, 1]
    return Measured(weak, note=f"{weak / READ_NOISE:.1f} deviations of the read noise.")


def _shortest(found: All) -> Measured:
    seen = float(changes(found["4e"])[0, 1])
    times = int(np.ceil((3 * READ_NOISE / seen) ** 2))
    return Measured(
        seen,
        note=f"At 1 V it is {seen / READ_NOISE:.2f} deviations of one sample's noise (Table 1): {times} traces "
        "averaged show it at three deviations.",
    )


def _left(found: All) -> float:
    """Largest change 5 s after a pulse on the self-gate."""
    return float(np.abs(changes(found["4c"])[:, -1]).max())


def _consistent(found: All) -> float:
    values = trace(found["4f"])
    return measures.swing(values[-101:]) / measures.swing(values[:101])


def _facilitation(found: All, place: int) -> float:
    interval, higher = measures.facilitation(found["5ab"])
    return float(measures.two_decays(interval, higher, constant=True)[place])


def _price(found: All, amplitude: float, width: float) -> float:
    """Of one pulse on the usual device [J]."""
    area, energy = measures.energies(found["S5"], amplitude, width)
    return float(energy[np.argmin(np.abs(area - 8e-8))])


def _exponent(found: All) -> float:
    area, energy = measures.energies(found["S5"], 1.0, 1e-6)
    return float(np.polyfit(np.log(area), np.log(energy), 1)[0])


GATING = (
    Claim(
        figure="4c", section="2.4", words="the self-gate's effect is volatile: nothing to see 5 s after 200 µs",
        unit="uS", low=0.0, high=NOISE, needs=("4c",), measure=_left,
        note="Largest of 0.2, 0.5 and 1 V; the band is eta of Table 1.",
    ),
    Claim(
        figure="4c", section="2.4", words="0.2 V is enough to program", unit="uS", low=3 * NOISE,
        reason="Three deviations of the read noise, as for the states of Fig 3a.", needs=("4c",), measure=_visible,
        note="Change at the end of 200 µs.",
    ),
    *(
        Claim(
            figure="4d", section="2.4", words=f"a pulse on LFP leaves a lasting change ({volts} V)", unit="uS",
            low=NOISE, reason="Above the band of Fig 4c, in which nothing is left.", needs=("4d",),
            measure=lambda found, case=case: float(changes(found["4d"])[case, -1]),  # type: ignore[misc]
            note="Absolute, 200 µs, LFP let go afterwards, 5 s later; the amplitudes are not in the text. Tension 3.",
        )
        for case, volts in enumerate((2.1, 2.6, 3.1))
    ),
    Claim(
        figure="4d", section="2.4", words="and a fading one on top of it", unit="1", low=1.0, reason=QUALITATIVE,
        needs=("4d",), note="Change at the pulse's end over what is left 5 s later, smallest of three amplitudes.",
        measure=lambda found: float((changes(found["4d"])[:, 1] / changes(found["4d"])[:, -1]).min()),
    ),
    Claim(
        figure="4d", section="2.4", words="LFP needs more than its 1.1 V of open circuit", paper=1.1, unit="V",
        low=1.05, high=1.15, reason="Half of the last digit given, as it is given with a tilde.", needs=("4d-idle",),
        measure=lambda found: _threshold(found["4d-idle"]), note="Where the change at a pulse's end passes zero.",
    ),
    Claim(
        figure="4e", section="2.4", words="500 ns still show", unit="uS", decided=False, low=NOISE,
        needs=("4e",), measure=_shortest,
        note="Neither amplitude nor noise of this measurement is in the text; the band given is eta of Table 1.",
    ),
    Claim(
        figure="4e", section="2.4", words="the effect shrinks with the pulse's width", unit="nS", low=0.0,
        reason=QUALITATIVE, needs=("4e",), note="Smallest step from one width to the next.",
        measure=lambda found: float(np.diff(changes(found["4e"])[:, 1]).min()),
    ),
    Claim(
        figure="4f", section="2.4", words="pulses of 1 µs update linearly", unit="1", low=STRAIGHT, high=1.0,
        needs=("4f",), note="Smallest R2 of 40 ramps of 50 pulses of 1 V, one every 10 µs.",
        measure=lambda found: min(linearity(ramp) for ramp in measures.ramps(trace(found["4f"]), 50)),
    ),
    Claim(
        figure="4f", section="2.4", words="20 cycles of 1 µs pulses are consistent", unit="1", low=0.9, high=1.1,
        reason=OURS, needs=("4f",), measure=_consistent, note="Swing of the last cycle over that of the first.",
    ),
)  # fmt: skip


def _threshold(found: Found) -> float:
    """Amplitude at which the change at the end of a pulse on LFP is zero [V]."""
    free = found["held"] == 0
    return float(np.interp(0.0, changes(found)[free, 1], found["amplitude"][free]))


TABLE_1 = (("A1", "uS", 0.57, 0.27), ("tau1", "ms", 5.0, 2.0), ("A2", "uS", 0.50, 0.05), ("tau2", "ms", 92.0, 18.0))
"""Name, unit, mean and deviation of each parameter in Table 1."""


def _refitted() -> tuple[Claim, ...]:
    """Table 1 from the whole device in the calibration made for it, fitted with a free base."""
    return tuple(
        Claim(
            figure="Table 1", section="2.5", words=f"{name} of the decay, the device fitted to it (table1_200us)",
            paper=mean, unit=unit, low=mean - deviation, high=mean + deviation, needs=("refit",),
            measure=lambda found, name=name: _fitted(found["refit"], name),  # type: ignore[misc]
            reason="One deviation of Table 1, over 20 recordings.", note="Base free. Tension 6.",
        )
        for name, unit, mean, deviation in TABLE_1
    )  # fmt: skip


def _fitted(found: Found, name: str) -> float:
    values = found["tau" if name.startswith("tau") else "amplitude"]
    return float(values[0, int(name[-1]) - 1])


DYNAMICS = (
    Claim(
        figure="5a/b", section="2.4", words="paired pulses: fast time constant", paper=19, unit="ms", low=16, high=22,
        needs=("5ab",), measure=lambda found: _facilitation(found, 1), note="Of two decays and a constant.",
    ),
    Claim(
        figure="5a/b", section="2.4", words="paired pulses: slow time constant", paper=433, unit="ms", low=373,
        high=493, needs=("5ab",), measure=lambda found: _facilitation(found, 3), note="Of two decays and a constant.",
    ),
    Claim(
        figure="5a/b", section="2.4", words="the second peak gains less the longer the interval", unit="nS", high=0.0,
        reason=QUALITATIVE, needs=("5ab",), note="Largest step from one interval to the next.",
        measure=lambda found: float(np.diff(measures.facilitation(found["5ab"])[1]).max()),
    ),
    Claim(
        figure="5c/d", section="2.4", words="the gain G10/G1 rises from 1 to 80 Hz", unit="1", low=0.0,
        reason=QUALITATIVE, needs=("5cd",), note="Smallest step from one rate to the next, of the short-term part.",
        measure=lambda found: float(np.diff(measures.gains(found["5cd"])[1]).min()),
    ),
    Claim(
        figure="5c/d", section="2.4", words="gain at 80 Hz", unit="1", decided=False, needs=("5cd",),
        measure=lambda found: float(measures.gains(found["5cd"])[1][-1]),
        note="The text gives no value, and not whether G or its change is meant; this is the short-term part's.",
    ),
    Claim(
        figure="Table 1", section="2.5", words="decay after 1 V, 200 µs", unit="uS", low=0.0, high=0.06,
        needs=("table1",), measure=lambda found: measures.table_1_gap(found["table1"]),
        note="Largest distance from Eq 2 with the means of Table 1, 1 to 100 ms after the pulse.",
    ),
    *_refitted(),
    Claim(
        figure="S5", section="2.4", words="a pulse takes about 2 pJ (1 V, 1 µs)", paper=2.0, unit="pJ", low=1.7,
        high=2.3, needs=("S5",), measure=lambda found: _price(found, 1.0, 1e-6),
        note="Which pulse is meant is not in the text; this is that of Fig 4f. Tension 2.",
    ),
    Claim(
        figure="S5", section="2.4", words="a pulse takes about 2 pJ (0.5 V, 10 ms)", paper=2.0, unit="pJ", low=1.7,
        high=2.3, needs=("S5",), measure=lambda found: _price(found, 0.5, 10e-3), note="Tension 2.",
    ),
    Claim(
        figure="S5", section="2.4", words="energy scales with area down to 50 x 200 µm2", unit="1", low=0.9, high=1.1,
        reason=OURS, needs=("S5",), measure=_exponent, note="Exponent of the area, 1 V, 1 µs.",
    ),
)  # fmt: skip

CLAIMS = (*GATING, *DYNAMICS)
