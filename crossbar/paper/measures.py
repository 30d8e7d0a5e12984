"""From what an experiment found to the numbers that claims are about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.optimize import curve_fit

from circuits.liwes import READ_NOISE
from crossbar.paper.found import Floats, Found
from crossbar.synapse import wan2021_kernel


def linearity(values: Floats, at: Floats | None = None) -> float:
    """R2 of a straight line through `values`, against their places unless `at` is given."""
    places = np.arange(len(values), dtype=float) if at is None else at
    line = np.polyval(np.polyfit(places, values, 1), places)
    return float(1 - ((values - line) ** 2).sum() / ((values - values.mean()) ** 2).sum())


def slope(values: Floats) -> float:
    """Of a straight line through `values`, per place."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


def trace(found: Found, name: str = "conductance") -> Floats:
    """What the only device of the only case was read as, shape (reads,)."""
    return found[name][0, :, 0]


def changes(found: Found, name: str = "conductance") -> Floats:
    """Change since the first read, one device a case, shape (cases, reads)."""
    values = found[name][..., 0]
    return np.asarray(values - values[:, :1])


def ramps(values: Floats, count: int) -> list[Floats]:
    """What was read after each of `count` pulses in one direction, ramp after ramp."""
    return [values[begin + 1 : begin + count + 1] for begin in range(0, len(values) - 1, count)]


def cycles(values: Floats, count: int) -> list[Floats]:
    """`values` cut into cycles of `count` pulses, each with the read before its first."""
    return [values[begin : begin + count + 1] for begin in range(0, len(values) - 1, count)]


def dynamic_range(values: Floats, count: int) -> float:
    """Median over cycles of (highest - lowest) / lowest."""
    return float(np.median([(part.max() - part.min()) / part.min() for part in cycles(values, count)]))


def swing(values: Floats) -> float:
    """Highest less lowest."""
    return float(values.max() - values.min())


def distinct(values: Floats) -> int:
    """How many pulses moved the conductance by more than three deviations of the read noise."""
    return int((np.abs(np.diff(values)) > 3 * READ_NOISE).sum())


def facilitation(found: Found) -> tuple[Floats, Floats]:
    """Interval between two pulses [s] and how much higher the second peak is than the first [S]."""
    seen = changes(found)
    return found["interval"], seen[:, 3] - seen[:, 1]


def two_decays(time: Floats, values: Floats, *, constant: bool) -> Floats:
    """Amplitudes and time constants (a1, tau1, a2, tau2), tau1 below tau2, and with `constant` what stays; fitted."""
    scale = float(np.abs(values).max())
    middle = np.sqrt(time[0] * time[-1])

    def model(t: Floats, *p: float) -> Floats:
        stays = p[4] if constant else 0.0
        return np.asarray(p[0] * np.exp(-t / p[1]) + p[2] * np.exp(-t / p[3]) + stays)

    start = [0.5, 0.3 * middle, 0.5, 3 * middle, *([0.1] if constant else [])]
    low, high = [0.0, time[0] * 1e-3] * 2 + [-1.0] * constant, [2.0, time[-1] * 1e3] * 2 + [1.0] * constant
    best, _ = curve_fit(model, time, values / scale, start, bounds=(low, high), max_nfev=20_000)
    pairs = sorted(((best[0] * scale, best[1]), (best[2] * scale, best[3])), key=lambda pair: pair[1])
    return np.array([*pairs[0], *pairs[1], *(best[4:] * scale)])


def gains(found: Found) -> tuple[Floats, Floats]:
    """Rate [Hz] and short-term part after the tenth pulse over that after the first."""
    short = found["short_term"][..., 0]
    return found["rate"], short[:, -1] / short[:, 1]


def table_1(time: Floats) -> Floats:
    """The paper's decay after one pulse [S]: Eq 2 with the means of Table 1 and nothing before."""
    kernel = wan2021_kernel
    fast = kernel.fast.mean * np.exp(-time / kernel.fast_decay.mean)
    return np.asarray(fast + kernel.slow.mean * np.exp(-time / kernel.slow_decay.mean))


def decay(found: Found) -> tuple[Floats, Floats]:
    """Time since the pulse's end [s] and what is left of the change [S]."""
    time, seen = found["time"][0], changes(found)[0]
    return time[2:] - time[1], seen[2:]


def table_1_gap(found: Found) -> float:
    """Largest distance from the paper's decay between 1 and 100 ms [S]."""
    time, left = decay(found)
    shown = (time >= 1e-3) & (time <= 0.1 + 1e-9)
    return float(np.abs(left - table_1(time))[shown].max())


def energies(found: Found, amplitude: float, width: float) -> tuple[Floats, Floats]:
    """Area [m2], descending, and energy of one such pulse [J]."""
    chosen = (found["amplitude"] == amplitude) & (found["width"] == width)
    return found["area"][chosen], found["energy"][chosen]


def spread(values: Floats) -> float:
    """Deviation over mean."""
    return float(values.std(ddof=1) / abs(values.mean()))


def steps_within(values: Floats, count: int, skipped: int = 10) -> Floats:
    """Changes per pulse, direction by direction over their mean, the first few after a turn left out."""
    parts = [np.diff(part)[skipped:] for part in (values[a : b + 1] for a, b in pairwise(range(0, len(values), count)))]
    return np.concatenate([part / part.mean() for part in parts])


def crossing(time: Floats, values: Floats, level: float) -> float:
    """When rising `values` first reach `level`, straight between reads."""
    k = int(np.argmax(values >= level))
    share = (level - values[k - 1]) / (values[k] - values[k - 1])
    return float(time[k - 1] + share * (time[k] - time[k - 1]))
