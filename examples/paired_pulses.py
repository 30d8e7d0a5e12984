"""Paired pulses: the second adds to what the first left, and the effect fades with two time constants.

Wan et al. 2021, Figure 5a and b: 0.5 V, 10 ms pulses, 19 and 433 ms. The index G2/G1 is the conductance change at the
end of the second pulse over that at the end of the first, with the gate grounded between them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

import crossbar as xb

Floats = NDArray[np.float64]
alone = xb.Array(rows=1, columns=1, lines=xb.Lines(word=0, bit=0, gate=0), access=xb.Access(gate=(), reservoir=()))
rest = alone.rest(lithium=0.4)
base = alone.conductance(rest)[0, 0]


def index(interval: float) -> float:
    """Change after the second pulse over change after the first."""
    pair = xb.Pulse(amplitude=0.5, width=10e-3, count=2, interval=interval)
    solution = alone.program(rest, {(0, 0): pair}, idle="ground").solution
    ends = [np.abs(solution.time - t).argmin() for t in (10e-3, 20e-3 + interval)]
    first, second = solution.output("cells", "conductance")[ends, 0] - base
    return float(second / first)


intervals = np.geomspace(1e-3, 2.0, 24)
ppf = np.array([index(float(interval)) for interval in intervals])


def decay(t: Floats, floor: float, a1: float, tau1: float, a2: float, tau2: float) -> Floats:
    return np.asarray(floor + a1 * np.exp(-t / tau1) + a2 * np.exp(-t / tau2))


fit, _ = curve_fit(decay, intervals, ppf, p0=[1.05, 0.4, 20e-3, 0.3, 0.4])
print("interval [ms]   G2/G1")
for interval, value in list(zip(intervals, ppf, strict=True))[::4]:
    print(f"{interval * 1e3:12.1f} {value:8.4f}")
print(f"time constants {fit[2] * 1e3:.1f} ms and {fit[4] * 1e3:.0f} ms")
assert abs(fit[2] - 19e-3) < 3e-3
assert abs(fit[4] - 433e-3) < 60e-3
assert np.all(np.diff(ppf) < 0)
