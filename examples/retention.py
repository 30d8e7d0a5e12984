"""How long a 9 x 9 array keeps a checkerboard of Li0.35 and Li0.45: grounded lines lose 1 % in 0.2 s to 188 s.

Unequal channels that share an electrolyte and touch the same lines are short-circuited concentration cells. Letting
go of the lines does not help, they still join the channels; a switch at both ends of every channel does, until its
own 1 Tohm leaks. The picture goes to out/retention.png.
"""

import math
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, GREEN, GREY, ORANGE, STYLE

row, column = np.indices((9, 9))
pattern = np.where((row + column) % 2, 0.35, 0.45)


def retention(neighbour: float, *, cut: bool = False, gates_at_0: bool = False) -> xb.studies.Retention:
    access = xb.Access(channel=(xb.Switch(),) if cut else ())
    array = xb.Array(rows=9, columns=9, electrolyte=xb.Electrolyte(neighbour), access=access)
    gates: Literal["float", "ground"] = "ground" if gates_at_0 else "float"
    channels: Literal["float", "ground"] = "float" if cut else "ground"
    return xb.studies.retention(array, array.stored(pattern), gates=gates, channels=channels)


curves = {
    "channels at 0 V, $10^6$ Ω": (retention(1e6), ORANGE, "-"),
    "channels at 0 V, $10^8$ Ω": (retention(1e8), ORANGE, "--"),
    "channels at 0 V, $10^{10}$ Ω": (retention(1e10), ORANGE, ":"),
    "gates and channels at 0 V, $10^{10}$ Ω": (retention(1e10, gates_at_0=True), GREY, "-"),
    "every cell cut off, $10^6$ Ω": (retention(1e6, cut=True), BLUE, "-"),
    "every cell cut off, $10^{10}$ Ω": (retention(1e10, cut=True), GREEN, "--"),
}


def shown(seconds: float) -> str:
    return "never" if math.isinf(seconds) else f"{seconds:.3g} s"


for label, (found, _, _) in curves.items():
    print(f"{label:42s} 1 %: {shown(found.one_percent):>10s}   50 %: {shown(found.half):>10s}")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axis = figure.subplots()
    for label, (found, colour, dashes) in curves.items():
        axis.plot(found.time[1:], found.difference[1:] / found.difference[0], dashes, color=colour, label=label)
    axis.set(xscale="log", xlabel="time [s]", ylabel="left of the stored difference", ylim=(0, 1.05))
    axis.legend(loc="lower left")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/retention.png", dpi=150)

times = [found.one_percent for found, _, _ in curves.values()]
assert abs(times[0] / 0.204 - 1) < 0.01
assert abs(times[2] / 187.8 - 1) < 0.01
assert times[4] > 1e4
