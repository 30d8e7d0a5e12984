"""How large a tile may be: a small spiking network on tiles of 16 to 128 word lines, with and without compensation.

The network is trained here, on generated patterns. Longer lines take more of the far devices' current; targets that
make up for that give all of it back, at the price of larger conductances. The picture goes to
out/network_on_tiles.png.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import crossbar as xb
from crossbar.plot import BLUE, ORANGE, SOFT, STYLE
from crossbar.training.plan import Plan
from crossbar.training.trainer import train
from crossbar.workloads.poisson import generate

patterns = generate(np.random.default_rng(0))
network = train(patterns, Plan(hidden=24, epochs=30)).network
sides = (16, 32, 64, 128)


def evaluated(side: int, raised: float) -> xb.Evaluation:
    hardware = xb.Hardware(tile=xb.Array(side, 2 * side), raised=raised)
    return xb.evaluate(network, patterns.test, patterns.step, xb.Trials(hardware, count=2))


plain, compensated = ([evaluated(side, raised) for side in sides] for raised in (1.0, 4.0))
floating = plain[0].accuracy("float").mean
for side, one, other in zip(sides, plain, compensated, strict=True):
    print(f"{side:3d} x {2 * side:<3d} {one.accuracy().mean:6.1%}, compensated {other.accuracy().mean:6.1%};", end=" ")
    print(f"{one.mapping.tiles} tiles, highest target {other.written.mapping.targets.max() * 1e6:.0f} uS")
print(f"floating point {floating:.1%}; an inference takes {compensated[1].inference_energy * 1e9:.0f} nJ")

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axis = figure.subplots()
    for found, colour, label in ((plain, BLUE, "as mapped"), (compensated, ORANGE, "compensated")):
        axis.plot(sides, [one.accuracy().mean for one in found], "o-", color=colour, label=label)
    axis.axhline(floating, color=SOFT, lw=1, ls=(0, (4, 3)), label="floating point")
    axis.set(xscale="log", xlabel="word lines of a tile", ylabel="share of test samples right")
    axis.set_xticks(sides, [str(side) for side in sides], minor=False)
    axis.minorticks_off()
    axis.legend(loc="lower left")
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/network_on_tiles.png", dpi=150)

assert plain[0].differing == 0
assert abs(compensated[2].accuracy().mean - floating) < 0.03
assert plain[2].accuracy().mean < floating - 0.04
