"""The self-gate is charged once through the shared LFP reservoir: 107 s and 12.6 uJ a device, lithium counted down.

All lines at 0 V, LFP at the bias of Li0.4WO3 (1.1 V above it in open circuit). No access switches, so that the only
resistances are the device's and the reservoir's own.
"""

import crossbar as xb

capacity = 0.5  # C for a whole lithium per formula unit of LFP
alone = xb.Array(
    rows=1,
    columns=1,
    lines=xb.Lines(word=0, bit=0, gate=0),
    access=xb.Access(gate=(), reservoir=()),
    reservoir=xb.Reservoir(capacity=capacity, lithium=0.6),
)

nearly = alone.precharge(lithium=0.4, tolerance=0.01)  # x = 0.39
fully = alone.precharge(lithium=0.4, tolerance=0.0005)
x = alone.lithium(fully.state)[0, 0]
left = fully.state.reservoir

print(f"x = 0.39 after {nearly.latency:.1f} s, x = {x:.4f} after {fully.latency:.1f} s")
print(f"supplied {fully.energy.total * 1e6:.2f} uJ, {fully.reservoir_charge * 1e6:.2f} uC from LFP")
print(f"reservoir y = 0.6 -> {left:.7f}; conductance {alone.conductance(fully.state)[0, 0] * 1e3:.4f} mS")

assert abs(nearly.latency / 107 - 1) < 0.02
assert abs(fully.energy.total / 12.6e-6 - 1) < 0.01
assert abs((0.6 - left) * capacity / fully.reservoir_charge - 1) < 1e-6
assert fully.energy.balance < 1e-6
