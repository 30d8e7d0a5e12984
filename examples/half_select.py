"""A half-selected gate takes nearly half: at V/2 0.45 of a full pulse's lithium, at V/4 0.21, and 13 of them disturb.

Kinetics are almost linear, so a share of the amplitude is a share of the lithium, and no V/2 or V/3 scheme protects a
cell. A threshold selector on every gate does: it opens between half the amplitude and all of it. The picture goes to
out/half_select.png.
"""

import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, ORANGE, STYLE

shares = np.array([1 / 8, 1 / 4, 1 / 3, 1 / 2, 5 / 8, 3 / 4, 7 / 8, 1])
wired = xb.Array(rows=1, columns=1, access=xb.Access(gate=()))
guarded = xb.Array(rows=1, columns=1, access=xb.Access(gate=(xb.Selector(threshold=0.6),)))
arrays = {
    "wire, 0.5 V": (wired, xb.Pulse(amplitude=0.5, width=10e-3)),
    "selector, 1.0 V": (guarded, xb.Pulse(amplitude=1.0, width=10e-3)),
}
found = {
    label: xb.studies.half_select(array, array.rest(), (0, 0), pulse, shares=shares, most=100)
    for label, (array, pulse) in arrays.items()
}
for label, result in found.items():
    print(f"{label}: a full pulse moves {result.full:.3e} in x")
    for share, received, pulses in zip(shares, result.received, result.pulses, strict=True):
        count = f"more than {result.most}" if math.isinf(pulses) else f"{pulses:.0f}"
        print(f"  {share:5.3f} V takes {received:9.2e} of it, 1 % disturb after {count} pulses")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(7.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (label, result), colour in zip(found.items(), (BLUE, ORANGE), strict=True):
        left.plot(shares, result.received, "o-", color=colour, label=label)
        counted = np.isfinite(result.pulses)
        right.plot(shares[counted], result.pulses[counted], "o-", color=colour)
        right.plot(shares[~counted], np.full((~counted).sum(), result.most), "^", color=colour, mfc="white")
    left.set(yscale="log", ylim=(1e-7, 2), xlabel="share of the amplitude", ylabel="lithium, of a full pulse")
    left.legend(loc="lower right")
    right.set(yscale="log", xlabel="share of the amplitude", ylabel="pulses to 1 % disturb (open: more)")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/half_select.png", dpi=150)

half, quarter = (found["wire, 0.5 V"].received[shares == share].item() for share in (0.5, 0.25))
assert abs(half - 0.449) < 0.002
assert abs(quarter - 0.213) < 0.002
assert found["selector, 1.0 V"].received[shares == 0.5].item() < 0.02
