"""What a pulse costs: 1 V for 1 us takes 1.9 pJ, and energy grows with width.

Wan et al. 2021, Figure S5, states about 2 pJ a pulse; one device without line resistance or switches, calibration
"unified".
"""

import numpy as np

import crossbar as xb

alone = xb.Array(
    rows=1,
    columns=1,
    lines=xb.Lines(word=0, bit=0, gate=0),
    access=xb.Access(gate=(), reservoir=()),
)
rest = alone.rest(lithium=0.4)

widths = np.array([500e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3])
runs = [alone.program(rest, {(0, 0): xb.Pulse(amplitude=1.0, width=width)}) for width in widths]
energy = np.array([run.energy.total for run in runs])
change = np.array([run.change[0, 0] for run in runs])

print("width [us]   energy [pJ]   change of conductance [uS]")
for row in zip(widths * 1e6, energy * 1e12, change * 1e6, strict=True):
    print("{:10.1f} {:13.3f} {:13.4f}".format(*row))

pulse = energy[widths == 1e-6].item()
print(f"1 V, 1 us: {pulse * 1e12:.4f} pJ")
assert abs(pulse / 1.905e-12 - 1) < 0.005
assert np.all(np.diff(energy) > 0)
assert max(run.energy.balance for run in runs) < 1e-6
