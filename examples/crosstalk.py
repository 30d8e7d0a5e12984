"""Who gets how much of a pulse: one gate of 9 x 9 pulsed at 1 V for 200 us, electrolyte from conducting to resistive.

At 1e4 ohm between neighbours the selected device keeps 4 % of what it would take alone, at 1e6 ohm 47 %, at 1e8 ohm
98.5 %. Islands of three by three keep the rest of the array out of it whatever is conducting on them. The picture goes
to out/crosstalk.png.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, ORANGE, STYLE

pulse, middle = xb.Pulse(amplitude=1.0, width=200e-6), (4, 4)


def crosstalk(electrolyte: xb.Electrolyte, *, ground: bool = False) -> xb.studies.Crosstalk:
    array = xb.Array(rows=9, columns=9, electrolyte=electrolyte)
    return xb.studies.crosstalk(array, array.rest(), middle, pulse, unselected="ground" if ground else "float")


films = {ohms: crosstalk(xb.Electrolyte(neighbour=ohms)) for ohms in (1e4, 1e6, 1e8)}
islands = crosstalk(xb.Electrolyte(neighbour=xb.Islands(rows=3, columns=3, within=1e6)))
sweep = np.geomspace(1e3, 1e10, 8)
float_, ground = ([crosstalk(xb.Electrolyte(ohms), ground=held) for ohms in sweep] for held in (False, True))

for ohms, found in films.items():
    print(f"{ohms:.0e} ohm: selected keeps {found.keeps:6.1%}, nearest gets {found.nearest:6.2%}")
print(f"islands of 3 x 3 at 1e6 ohm: keeps {islands.keeps:.1%}, across the trench {islands.conductance[4, 6]:.1e}")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.15, 1))[:, 0]
    maps = {f"$10^{{{np.log10(ohms):.0f}}}$ Ω": found for ohms, found in films.items()}
    maps["islands, $10^6$ Ω"] = islands
    axes = above.subplots(1, len(maps), squeeze=False)[0]
    for axis, (title, found) in zip(axes, maps.items(), strict=True):
        share = np.maximum(found.conductance, 1e-4)
        image = axis.imshow(share, cmap="cividis", norm=LogNorm(1e-4, 1.0))
        axis.set_title(title)
        axis.set(xticks=[], yticks=[])
        axis.grid(visible=False)
    axes[0].set_ylabel("row (gate line)")
    above.colorbar(image, ax=axes, label="share of the pulse", shrink=0.8)
    axis = below.subplots()
    for runs, style, others in ((float_, "-", "others float"), (ground, "--", "others at 0 V")):
        axis.plot(sweep, [r.keeps for r in runs], style, color=BLUE, label=f"selected keeps, {others}")
        axis.plot(sweep, [r.nearest for r in runs], style, color=ORANGE, label=f"nearest gets, {others}")
    axis.set(xscale="log", yscale="log", ylim=(1e-4, 1.5), xlabel="between neighbours [Ω]", ylabel="share of the pulse")
    axis.legend(loc="lower center")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/crosstalk.png", dpi=150)

assert abs(films[1e4].keeps - 0.043) < 0.002
assert abs(films[1e6].keeps - 0.474) < 0.005
assert abs(films[1e8].keeps - 0.985) < 0.001
assert islands.conductance[4, 6] < 1e-5
