"""How often a 4 x 4 array must be refreshed, and when a device must be recharged: after 0.047 in x, 0.1 V of OCV.

The refresh period is when 1 % of the largest stored difference is gone. A recharge through LFP then levels all films
at Li0.4 and takes a minute; LFP gives next to nothing for it, since what one channel lost another one got, and what
a channel gained its gate lost. The picture goes to out/refresh.png.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, GREY, ORANGE, STYLE

row, column = np.indices((4, 4))
pattern = np.where((row + column) % 2, 0.35, 0.45)
sweep = np.geomspace(1e5, 1e11, 7)


def refresh(ohms: float) -> xb.studies.Refresh:
    array = xb.Array(rows=4, columns=4, electrolyte=xb.Electrolyte(neighbour=ohms))
    return xb.studies.refresh(array, array.stored(pattern), loss=0.01)


found = [refresh(float(ohms)) for ohms in sweep]
alone = xb.Array(rows=1, columns=1)
due = xb.studies.recharge(alone, alone.rest(), (0, 0), xb.Pulse(amplitude=0.5, width=10e-3))

for ohms, one in zip(sweep, found, strict=True):
    loose = one.retention.until(0.1)
    print(f"{ohms:.0e} ohm: refresh every {one.period:9.3g} s for 1 %, {loose:9.3g} s for 10 %;", end=" ")
    print(f"recharge {one.time:.0f} s, {one.energy * 1e9:.1f} nJ, {one.net:.1e} in x from LFP")
print(f"recharge due after {due.pulses:.0f} pulses of 0.5 V, 10 ms: x moved {due.moved:.4f}, OCV {due.ocv:.4f} V")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axis = figure.subplots()
    for loss, colour in ((0.01, BLUE), (0.1, ORANGE)):
        axis.plot(sweep, [one.retention.until(loss) for one in found], "o-", color=colour, label=f"{loss:.0%} may go")
    axis.axhline(found[-1].time, color=GREY, lw=1, ls=(0, (4, 3)), label="a recharge takes")
    axis.set(xscale="log", yscale="log", xlabel="between neighbours [Ω]", ylabel="refresh period [s]")
    axis.legend(loc="upper left")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/refresh.png", dpi=150)

assert abs(due.moved - 0.0466) < 0.0002
assert abs(due.ocv) > 0.1
assert max(abs(one.net) for one in found) < 0.01 * 0.05
