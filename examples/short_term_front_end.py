"""Does short-term plasticity spare reads? With fast membranes yes, because it remembers; a slow membrane does as well.

A row of LiWES devices hears tactile spikes and drives leaky membranes; a linear read-out sees each membrane R times a
sample. Static synapses of the same strength are the comparison. `--full` takes all settings and answers every sample
once, in five folds (about 10 minutes, needs the Braille set); as it is, a few settings on the data set's own test part,
or on generated patterns where the set cannot be fetched. The picture goes to out/short_term_front_end.png.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from crossbar.plot import BLUE, GREEN, ORANGE, STYLE
from crossbar.studies import Difference, Point, difference, short_term
from crossbar.studies.short_term import Kind
from crossbar.workloads.cache import cache_folder
from crossbar.workloads.statistics import accuracy
from crossbar.workloads.tactile import load_tactile

full = "--full" in sys.argv
taus = (5e-3, 10e-3, 20e-3, 50e-3, 100e-3) if full else (10e-3, 100e-3)
reads = (4, 8, 16, 32, 64) if full else (4, 16)
patterns = load_tactile(cache_folder(), np.random.default_rng(0))
points = short_term(patterns, taus, reads, folds=5 if full else 0)
by = {(point.kind, point.tau, point.reads): point for point in points}

print(patterns.source)
for point in points:
    share = accuracy(point.right)
    where = f"{point.kind:6} {point.tau * 1e3:4.0f} ms {point.reads:3d} reads"
    print(f"{where}: {share.mean:.3f}, 95 % from {share.low:.3f} to {share.high:.3f}")


def compared(words: str, one: Point, other: Point) -> Difference:
    apart = difference(one, other)
    print(f"{words}: {apart.mean * 100:+.1f} points, 95 % from {apart.low * 100:+.1f} to {apart.high * 100:+.1f}")
    return apart


kinds: tuple[Kind, ...] = ("stp", "noisy")
for kind in kinds:
    compared(f"10 ms, 4 reads, {kind} less static", by[kind, 10e-3, 4], by["static", 10e-3, 4])
    compared(f"10 ms, {kind} with 4 reads less static with 16", by[kind, 10e-3, 4], by["static", 10e-3, 16])
    compared(f"100 ms, 4 reads, {kind} less static", by[kind, 100e-3, 4], by["static", 100e-3, 4])
    compared(f"4 reads, {kind} at 10 ms less static at 100 ms", by[kind, 10e-3, 4], by["static", 100e-3, 4])

with mpl.rc_context(STYLE):
    figure = Figure(figsize=(2.1 * len(taus) + 0.8, 3.2), layout="constrained")
    colours: dict[Kind, str] = {"static": ORANGE, "stp": BLUE, "noisy": GREEN}
    names: dict[Kind, str] = {
        "static": "static synapses",
        "stp": "front end, noise-free",
        "noisy": "front end, Table 1 noise",
    }
    axes = np.atleast_1d(figure.subplots(1, len(taus), sharey=True))
    for axis, tau in zip(axes, taus, strict=True):
        for kind, colour in colours.items():
            shares = [accuracy(by[kind, tau, count].right) for count in reads]
            ends = [[share.mean - share.low for share in shares], [share.high - share.mean for share in shares]]
            means = [share.mean for share in shares]
            axis.errorbar(reads, means, ends, marker="o", ms=4, capsize=2, color=colour, label=names[kind])
        axis.set(xscale="log", xlabel="reads a sample", title=f"membrane {tau * 1e3:g} ms")
        axis.set_xticks(reads, [str(count) for count in reads])
        axis.minorticks_off()
    axes[0].set(ylabel="accuracy")
    axes[-1].legend(loc="lower right", fontsize=7)
    Path("out").mkdir(exist_ok=True)
    figure.savefig("out/short_term_front_end.png", dpi=150)

pinned = {("braille", True): 0.199, ("braille", False): 0.193, ("poisson", False): 0.243}
gain = compared("pinned", by["stp", 10e-3, 4], by["static", 10e-3, 4]).mean
if (patterns.name, full) in pinned:
    assert abs(gain - pinned[patterns.name, full]) < 0.015
