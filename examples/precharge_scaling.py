"""One reservoir for all: pre-charging takes 106 s for one device, 1028 s for 8 x 8, and the same energy a device.

Time to x = 0.39 against the number of devices and the reservoir's resistance: a straight line in their product, once
that outweighs the device's own megaohms. With LFP along one edge the far rows lag. The picture goes to
out/precharge_scaling.png.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, GREEN, ORANGE, STYLE

sides, resistances = (1, 2, 4, 8), (1e4, 1e5, 1e6)


def plate(side: int) -> xb.Array:
    return xb.Array(rows=side, columns=side, access=xb.Access(gate=(), reservoir=()))


def edge(side: int) -> xb.Array:
    return xb.Array(rows=side, columns=side, electrolyte=xb.Electrolyte(neighbour=1e5, reservoir_at="edge"))


faced = xb.studies.precharge_scaling(plate, sides, resistances, tolerance=0.01)
edged = xb.studies.precharge_scaling(edge, sides, (1e5,), tolerance=0.01)
print("side   R_lfp [ohm]   time [s]   energy [uJ]   charge [uC]   largest spread of x")
for j, ohms in enumerate(resistances):
    for i, side in enumerate(sides):
        values = faced.time[i, j], faced.energy[i, j] * 1e6, faced.charge[i, j] * 1e6, faced.spread[i, j]
        print(f"{side:4d} {ohms:13.0e} {values[0]:10.1f} {values[1]:13.2f} {values[2]:13.2f} {values[3]:21.1e}")
lag = f"{edged.spread[-1, 0]:.3f} in x"
print(f"8 x 8 from the edge through 1e5 ohm a cell: {edged.time[-1, 0]:.0f} s, far rows lag by up to {lag}")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(7.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    devices = np.array(sides) ** 2
    for j, (ohms, colour) in enumerate(zip(resistances, (GREEN, BLUE, ORANGE), strict=True)):
        left.plot(devices, faced.time[:, j], "o-", color=colour, label=f"plate, $10^{np.log10(ohms):.0f}$ Ω")
    left.plot(devices, edged.time[:, 0], "s--", color=BLUE, mfc="white", label="edge, $10^5$ Ω")
    left.set(xscale="log", yscale="log", xlabel="devices", ylabel="time to x = 0.39 [s]")
    left.legend(loc="upper left")
    right.plot(devices[1:], faced.spread[1:, 1], "o-", color=BLUE, label="plate, $10^5$ Ω")
    right.plot(devices[1:], edged.spread[1:, 0], "s--", color=BLUE, mfc="white", label="edge, $10^5$ Ω")
    right.set(
        yscale="log", xticks=devices[1:], xlabel="devices", ylabel="largest spread of x on the way", ylim=(1e-9, 1)
    )
    right.legend(loc="center right")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/precharge_scaling.png", dpi=150)

one, many = faced.time[[0, -1], 1]
assert abs(one / 105.5 - 1) < 0.01
assert abs(many / 1028 - 1) < 0.01
assert abs(faced.energy / 12.3e-6 - 1).max() < 0.01
