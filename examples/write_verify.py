"""A 4 x 4 array with device spread, written to 16 of 1024 levels: read, choose the next pulse from what is left, again.

Each cell lands within half a level of its target. Unequal cells discharge each other through the electrolyte they
share, faster than a verify can correct at 1e8 ohm: this array has islands, 1e10 ohm apart.
"""

import numpy as np

import crossbar as xb

rng = np.random.default_rng(7)
array = xb.Array(rows=4, columns=4, electrolyte=xb.Electrolyte(neighbour=1e10))
array = array.varied(xb.device_to_device(array, rng))  # 6.5 %, Wan et al. 2021, Figure S3b
levels = xb.levels(low=0.6e-3, high=1.2e-3, states=1024)
half = (levels[1] - levels[0]) / 2

targets = rng.choice(levels, array.shape)
start = array.rest(lithium=0.4)
written = array.write_verify(start, targets, tolerance=half, rng=rng)

print(f"levels {half * 2e6:.3f} uS apart; worst error {written.error * 1e6:.3f} uS")
print(f"{written.rounds} rounds, {written.pulses.sum()} pulses")
print(f"{written.energy.total * 1e6:.2f} uJ, {written.latency:.1f} s")

assert written.error <= half
assert written.rounds <= 4
assert written.energy.balance < 1e-6
