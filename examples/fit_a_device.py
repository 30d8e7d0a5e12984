"""A device calibrated to a file of measured pulses: each parameter with the interval that the noise leaves it.

The file is made here, from a device whose film is more resistive and whose kinetics are faster than the calibration's,
with the paper's read noise (Wan et al. 2021, Table 1). Two amplitudes tell the film from the kinetics: the one is
linear, the other is not. Nobody knows the base of a real device to 0.1 uS, so a constant is fitted with the rest.
"""

import tempfile
from pathlib import Path

import numpy as np

import crossbar as xb

truth = {"exchange_current": 0.8, "film_resistance": 0.09, "share_3": 0.06}
after = 10e-3 + np.concatenate([[0.0], np.geomspace(1e-3, 0.25, 40)])  # s, readings in the gap behind each pulse
time = np.concatenate([0.3 * k + np.concatenate([[0.0, 5e-3], after]) for k in range(6)])
voltage = np.concatenate([[v, v] + [np.nan] * len(after) for v in (0.2, 0.5, 1.0, 1.0, -0.5, -1.0)])  # nan: it floats
device = xb.liwes("unified", **truth)
with tempfile.TemporaryDirectory() as folder:
    measured = Path(folder) / "pulses.csv"
    xb.record(device, time, voltage, noise=0.11e-6, rng=np.random.default_rng(3)).save(measured)
    curve = xb.Curve.load(measured)

fit = xb.fit(curve, tuple(truth), start="unified", base="free")
for name, value in truth.items():
    low, high = fit.interval[name]
    print(f"{name:17} {fit.values[name]:.5f}, 95 % from {low:.5f} to {high:.5f}; it was made with {value}")
    assert low < value < high
print(f"{len(curve.measured)} readings, {fit.noise * 1e6:.3f} uS left of each, {fit.excess:.2f} times the noise stated")

array = xb.Array(rows=4, columns=4, device=fit.device)
print(f"an array of this device: {array.conductance(array.rest(lithium=0.4))[0, 0] * 1e6:.1f} uS a cell")
assert abs(fit.excess - 1) < 0.15
assert abs(fit.values["film_resistance"] - 0.09) < 0.003
