"""What stands in for the inverse of the nodes' matrix: how little of an error it leaves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import crossbar as xb
from circuits.native.approach import _patches, apply, exact, new_store, prepare, quick
from circuits.native.system import assemble

SIZES = (16, 48)


def lattice(rows, columns):
    """The matrix of the nodes of an array's lines and electrolyte, devices as conductances at their terminals."""
    lines, neighbour = xb.Lines(word=0.7, bit=0.7, gate=0.7), xb.Electrolyte(neighbour=1e8)
    array = xb.Array(rows, columns, lines=lines, electrolyte=neighbour)
    assembly = assemble(array.netlist(array.rest()))
    s = assembly.system
    values = np.zeros(len(s.matrix.column))
    for edges, conductance in ((s.conductors, np.maximum(s.conductors.value, 1e-12)),):
        for k, sign in enumerate((1, 1, -1, -1)):
            inside = edges.slot[:, k] >= 0
            np.add.at(values, edges.slot[inside, k], sign * conductance[inside])
    device = np.array([[3, -1, -1, -1], [-1, 1e3, -998, -1], [-1, -998, 1e3, -1], [-1, -1, -1, 3.1]]) * 1e-6
    slot = s.devices.slot.reshape(16, -1)
    for k, value in enumerate(device.ravel()):
        np.add.at(values, slot[k][slot[k] >= 0], value)
    return assembly, values


def contraction(approach, matrix, values):
    """Share of an error that one application leaves, in the long run."""
    store, size = new_store(approach), len(matrix.diagonal)
    assert prepare(approach, values, store)
    whole = csr_matrix((values, matrix.column, matrix.start), (size, size))
    error, out, lengths = np.random.default_rng(0).normal(size=size), np.zeros(size), []
    for _ in range(30):
        apply(approach, matrix, values, store, whole @ error, out)
        error = error - out
        lengths.append(np.linalg.norm(error))
        error /= lengths[-1]
    return float(np.exp(np.mean(np.log(lengths[10:]))))


def test_complete_factors_leave_nothing():
    assembly, values = lattice(6, 5)
    matrix = assembly.system.matrix
    approach, out = exact(matrix), np.zeros(len(matrix.diagonal))
    store = new_store(approach)
    assert prepare(approach, values, store)
    wanted = np.random.default_rng(1).normal(size=len(out))
    apply(approach, matrix, values, store, csr_matrix((values, matrix.column, matrix.start)) @ wanted, out)
    assert out == pytest.approx(wanted, abs=1e-6)


def test_bunches_leave_as_little_of_an_error_on_long_lines_as_on_short_ones():
    # Guard: with factors alone 512 x 512 needed hundreds of iterations and 1024 x 1024 did not end.
    with_bunches, alone = [], []
    for size in SIZES:
        assembly, values = lattice(size, size)
        approach = quick(assembly.system.matrix, assembly.cell, assembly.kind)
        with_bunches.append(contraction(approach, assembly.system.matrix, values))
        without = approach._replace(bunch=np.zeros(0, np.int64))
        alone.append(contraction(without, assembly.system.matrix, values))
    assert max(with_bunches) <= 0.3
    assert alone[1] > 1.5 * with_bunches[1]


def test_patches_hold_every_cell_once_and_no_more_than_they_may():
    rows, columns, most = 13, 9, 7
    number = np.arange(rows * columns).reshape(rows, columns)
    ends = np.concatenate([np.stack([number[1:].ravel(), number[:-1].ravel()]),
                           np.stack([number[:, 1:].ravel(), number[:, :-1].ravel()])], axis=1)  # fmt: skip
    both = np.concatenate([ends, ends[::-1]], axis=1)
    graph = csr_matrix((np.ones(both.shape[1]), both), (number.size, number.size))
    patch = _patches(graph.indptr.astype(np.int64), graph.indices.astype(np.int64), most)
    assert patch.min() == 0
    assert np.bincount(patch).max() <= most
    for mine in range(patch.max() + 1):
        cells = np.flatnonzero(patch == mine)
        inner = graph[cells][:, cells]
        reached = np.linalg.matrix_power(np.eye(len(cells)) + inner.toarray(), len(cells))
        assert (reached > 0).all(), "a patch hangs together"
