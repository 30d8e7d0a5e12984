"""The time-stepping method: six stages, the first explicit, fourth order, L-stable, with a third-order companion.

ARK4(3)6L[2]SA, implicit half: Kennedy and Carpenter, Appl. Numer. Math. 44 (2003) 139, DOI
10.1016/S0168-9274(02)00138-1. Its last stage is the step's end, so the first stage of the next step is already known.
"""

from __future__ import annotations

import numpy as np

DIAGONAL = 0.25
WEIGHTS = np.zeros((6, 6))  # stage, flow of an earlier stage
WEIGHTS[1, :2] = 0.25, DIAGONAL
WEIGHTS[2, :3] = 8611 / 62500, -1743 / 31250, DIAGONAL
WEIGHTS[3, :4] = 5012029 / 34652500, -654441 / 2922500, 174375 / 388108, DIAGONAL
WEIGHTS[4, :5] = 15267082809 / 155376265600, -71443401 / 120774400, 730878875 / 902184768, 2285395 / 8070912, DIAGONAL
WEIGHTS[5, :] = 82889 / 524892, 0, 15625 / 83664, 69875 / 102672, -2260 / 8211, DIAGONAL
COMPANION = np.array(
    [4586570599 / 29645900160, 0, 178811875 / 945068544, 814220225 / 1159782912, -3700637 / 11593932, 61727 / 225920]
)
STAGES, ORDER = 6, 4
SHARE = WEIGHTS[-1].copy()
ERROR = SHARE - COMPANION
TIME = WEIGHTS.sum(axis=1)  # of each stage, in steps


def _guesses() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """How each stage from the second on follows from up to four before it: Lagrange's polynomial at its time."""
    result = np.zeros((STAGES, STAGES))
    for stage in range(2, STAGES):
        used = range(max(0, stage - 4), stage)
        for j in used:
            result[stage, j] = np.prod([(TIME[stage] - TIME[m]) / (TIME[j] - TIME[m]) for m in used if m != j])
    return result


GUESS = _guesses()
