"""Everywhere a solver may wander, LiWES has finite currents, slopes, heat and observables: 50,000 points."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.liwes import CALIBRATIONS, LIWES, calibration
from circuits.writers.kernel import array_kernel

KERNEL = array_kernel(LIWES)
SIZE = len(LIWES.variables)
REACH = 1e3  # V, and states in their own unit
EXAMPLES, POINTS = 50, 1000


@settings(max_examples=EXAMPLES)
@given(
    name=st.sampled_from(sorted(CALIBRATIONS)),
    corners=st.lists(st.floats(-REACH, REACH), min_size=1, max_size=8),
    decades=st.floats(0.0, 18.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_point_within_a_kilovolt_has_finite_values_and_slopes(name, corners, decades, seed):
    # Points uniform in the cube, points from 1e-15 up on every scale, and points with the corners in some places.
    rng = np.random.default_rng(seed)
    z = rng.uniform(-REACH, REACH, (POINTS, SIZE))
    z[::3] *= 10.0 ** rng.uniform(-decades, 0.0, z[::3].shape)
    picked = rng.random((POINTS, SIZE)) < 0.3
    picked[::2] = False
    z[picked] = rng.choice(corners, np.count_nonzero(picked))
    parameters = LIWES.values(calibration(name).changes)
    for values in (
        KERNEL.flows(z, parameters),
        KERNEL.slopes(z, parameters),
        KERNEL.loss(z, parameters),
        KERNEL.potentials(z, parameters),
        *KERNEL.outputs(z, parameters).values(),
    ):
        assert np.isfinite(values).all()


@settings(max_examples=EXAMPLES)
@given(direction=st.integers(0, SIZE - 1), seed=st.integers(0, 2**32 - 1))
def test_values_are_continuous_along_every_axis_where_functions_change_their_branch(direction, seed):
    # Across the ends of exp, sinh, log and min a step of 1e-9 changes a flow by no more than its slopes say: the
    # slope may bend there, by the curvature on the inner side, so twice the larger of the two slopes is the bound.
    rng = np.random.default_rng(seed)
    z = rng.uniform(-3.0, 3.0, (POINTS, SIZE))
    step = np.zeros(SIZE)
    step[direction] = 1e-6
    parameters = LIWES.values({})
    change = np.abs(KERNEL.flows(z + step, parameters) - KERNEL.flows(z, parameters))
    slope = np.zeros((POINTS, SIZE))
    for place in (z, z + step):
        slopes = KERNEL.slopes(place, parameters)
        for pair, (row, column) in enumerate(KERNEL.program.pattern):
            if column == direction:
                slope[:, row] = np.maximum(slope[:, row], np.abs(slopes[:, pair]))
    rounding = 1e-13 * (np.abs(KERNEL.flows(z, parameters)).max(axis=1, keepdims=True) + slope)
    assert (change <= 2e-6 * slope + rounding).all()
