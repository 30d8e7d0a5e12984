"""What drives and senses an array, folded into its admittance: series conductances, ideal sources, floating ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError
from circuits.planes.blas import CALLS, one_thread
from circuits.planes.dissection import PANEL, factor, laplacian, step, update
from circuits.planes.ports import SIDES, Ports

Floats = NDArray[np.float64]


def terminate(ports: Ports, series: ArrayLike) -> Ports:
    """Admittance between the sources behind all ends: sense amplifiers, drivers on one or both sides, idle lines.

    series: conductance [S] between each end and its source (ends,): inf for none, 0 for an end that floats, which
    leaves the result. Potentials of the sources (V, V/2, V/3, 0) are then as free as those of the ends were before.
    """
    series = np.asarray(series, dtype=float)
    if series.shape != (len(ports.admittance),):
        raise InputError("series", series.shape, f"shape ({len(ports.admittance)},)", "one conductance for each end")
    wrong = series[~(series >= 0)]
    if len(wrong):
        raise InputError("series", float(wrong[0]), "conductances >= 0 [S], or inf", "0 for an end that floats")
    kept = [getattr(ports, side)[series[ports.where(side)] > 0] for side in SIDES]
    return Ports(_sources(np.maximum(-ports.admittance, 0.0), series), *kept)


def _sources(conductance: Floats, series: Floats) -> Floats:
    """Eliminate all ends but those without series conductance; rows of the front: these ends; columns: also sources."""
    inner, kept = np.flatnonzero(np.isfinite(series)), np.flatnonzero(series > 0)
    q, size = len(inner), len(inner) + len(kept)
    ideal = np.isinf(series[kept])
    front = np.zeros((q, step(size)))
    front[:, :q] = np.triu(conductance[np.ix_(inner, inner)], 1)
    front[:, q:size][:, ideal] = conductance[np.ix_(inner, kept[ideal])]
    behind = np.flatnonzero(~ideal)
    front[np.searchsorted(inner, kept[behind]), q + behind] = series[kept[behind]]
    row = step(len(kept))
    work = np.zeros((len(kept), row))
    work[np.ix_(ideal, np.flatnonzero(ideal))] = conductance[np.ix_(kept[ideal], kept[ideal])]
    flat, block = front.reshape(-1), work.reshape(-1)
    with one_thread():
        factor(CALLS, flat, 0, q, size, np.empty(PANEL * (size + 2)))
        update(CALLS, flat, 0, q, size, block, np.array([0, row]))
    found = np.empty((len(kept), len(kept)))
    laplacian(block, 0, row, found)
    return found
