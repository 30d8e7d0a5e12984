"""How large may an array be? 1 % of a read's current allows 3 x 3 at 0.7 ohm a segment and 1 mS, 11.5 % 16 x 16.

And 2 % of a pulse allows any size at 1e8 ohm between neighbours, but not two cells at 1e7: what a cell loses to its
neighbours depends on how many it has, not on the array. The picture goes to out/largest_array.png.
"""

from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, GREEN, GREY, ORANGE, STYLE


def lined(ohms: float, side: int) -> xb.Array:
    return xb.Array(rows=side, columns=side, lines=xb.Lines(word=ohms, bit=ohms, gate=ohms))


def filmed(ohms: float, side: int) -> xb.Array:
    return xb.Array(rows=side, columns=side, electrolyte=xb.Electrolyte(neighbour=ohms))


pulse = xb.Pulse(amplitude=1.0, width=200e-6)
reads = {
    (ohms, error): xb.studies.largest_read(partial(lined, ohms), error, most=64)
    for ohms in (0.07, 0.7, 7.0)
    for error in (0.01, 0.115)
}
writes = {ohms: xb.studies.largest_write(partial(filmed, ohms), 0.02, pulse, most=8) for ohms in (1e6, 1e7, 1e8, 1e9)}
for (ohms, error), found in reads.items():
    least = "" if found.exceeded else " or more"
    print(f"read, {ohms:5.2f} ohm a segment: {error:6.1%} of the current allows {found.side} x {found.side}{least}")
for ohms, found in writes.items():
    least = "" if found.exceeded else " or more"
    print(f"write, {ohms:.0e} ohm between neighbours: 2 % of a pulse allows {found.side} x {found.side}{least}")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(7.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for ohms, colour in ((0.07, GREEN), (0.7, BLUE), (7.0, ORANGE)):
        found = reads[ohms, 0.115]
        left.plot(found.sides, found.errors, "o-", color=colour, label=f"{ohms:g} Ω a segment")
    for error in (0.01, 0.115):
        left.axhline(error, color=GREY, lw=1, ls=(0, (4, 3)))
    left.set(xscale="log", yscale="log", xlabel="rows and columns", ylabel="current lost by a read")
    left.legend(loc="lower right")
    for (ohms, found), colour in zip(writes.items(), (ORANGE, GREY, BLUE, GREEN), strict=True):
        right.plot(found.sides[1:], found.errors[1:], "o-", color=colour, label=f"$10^{{{np.log10(ohms):.0f}}}$ Ω")
    right.axhline(0.02, color=GREY, lw=1, ls=(0, (4, 3)))
    right.set(
        yscale="log",
        xticks=(2, 4, 8),
        ylim=(5e-4, 1),
        xlabel="rows and columns",
        ylabel="share of a pulse that is missed",
    )
    right.legend(loc="upper right")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/largest_array.png", dpi=150)

tight, loose = reads[0.7, 0.01], reads[0.7, 0.115]
assert abs(tight.errors[tight.sides == 4].item() - 0.0104) < 0.0002
assert loose.side == 16
assert not writes[1e8].exceeded
