"""What a march is given and keeps: its plan, its running integrals, its record, its scratch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.native.stage import Point, Work

Floats = NDArray[np.float64]


KEPT = 4  # stages from which the next is guessed


class Plan(NamedTuple):
    """Where to stop and how exactly.

    stops: times, increasing from 0 [s]; edge: whether a waveform bends there; keep: whether to record there
    waves: every waveform at every stop, shape (stops, waveforms)
    tolerance: local error relative to the largest value of its kind so far; floor: absolute part
    energy: energy the run may lose track of, relative to its heat
    fixed: number of equal steps between stops, or 0 for adaptive; limit: most adaptive steps between stops
    """

    stops: Floats
    edge: NDArray[np.bool_]
    keep: NDArray[np.bool_]
    waves: Floats
    tolerance: float
    floor: float
    energy: float
    tight: float
    fixed: int
    limit: int
    every: bool


class Tally(NamedTuple):
    """Integrals so far: charge, energy of driven nodes; heat of conductors; loss of devices; lift of currents.

    lost: what the steps' quadrature lost track of [J], shape (1,)
    """

    charge: Floats
    energy: Floats
    heat: Floats
    loss: Floats
    lift: Floats
    lost: Floats


class Record(NamedTuple):
    """`filled` counts the rows in use."""

    time: Floats
    z: Floats
    charge: Floats
    energy: Floats
    filled: NDArray[np.int64]


class Room(NamedTuple):
    """Vectors a step needs.

    before, now: where it starts, the stage at hand; charges: of nodes before it; spare: scratch of the nodes
    potentials, insides: of the last stages, stage k in row k % KEPT; flows, moves: of every stage but the last, whose
    are those of `now`; flows of charged nodes alone
    past, past_inside: one step ago, `pace` how long that step was (0: of no use); scale: largest value of each kind
    heat, loss, lift, driven: integrals over the step; press: half-way through it; lost: energy [J], shape (2,)
    clock: where the run is, by the T_ numbers
    """

    before: Point
    now: Point
    work: Work
    charges: Floats
    spare: Floats
    scale: Floats
    potentials: Floats
    insides: Floats
    flows: Floats
    moves: Floats
    past: Floats
    past_inside: Floats
    pace: Floats
    heat: Floats
    loss: Floats
    lift: Floats
    driven: Floats
    press: Floats
    lost: Floats
    clock: Floats
