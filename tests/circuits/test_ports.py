"""The admittance between the ends of crossing lines: what circuit theory says of it, whatever the conductances."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from circuits import memory
from circuits.errors import InputError, OutcomeError
from circuits.planes import blas
from circuits.planes.ports import SIDES, port_admittance

EXACT = 1e-14  # a few dozen roundings, all of one sign
ROUNDING = 1e-12
LEFT_AND_BOTTOM = (1, 0, 0, 1)


def close(found, expected, tolerance):
    """Largest difference relative to the largest entry."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def alike(found, expected, tolerance):
    """Each entry to the same relative precision; entries below 1e-130 are nothing."""
    assert found.shape == expected.shape
    assert (np.abs(found - expected) <= tolerance * np.abs(expected) + 1e-130).all()


def array(rng, rows, columns, ends=LEFT_AND_BOTTOM):
    """Devices over four decades with word and bit segments; `ends`: which sides are attached."""
    crossing = 10 ** rng.uniform(-6, -2, (rows, columns))
    word, bit = rng.uniform(0.1, 1, (rows, columns + 1)), rng.uniform(0.1, 1, (rows + 1, columns))
    for segments, attached in zip((word[:, 0], word[:, -1], bit[0], bit[-1]), ends, strict=True):
        segments[:] *= attached
    return crossing, word, bit


def edges(crossing, word, bit):
    """Every conductance as (node, node, value), and the attached ends, sides in order; nodes count from 0."""
    rows, columns = crossing.shape
    words = np.arange(rows * (columns + 2)).reshape(rows, columns + 2)
    bits = words.size + np.arange((rows + 2) * columns).reshape(rows + 2, columns)
    ties = (
        (words[:, :-1], words[:, 1:], word),
        (bits[:-1], bits[1:], bit),
        (words[:, 1:-1], bits[1:-1], crossing),
    )
    one, two, value = (np.concatenate([tie[k].ravel() for tie in ties]) for k in range(3))
    sides = (words[:, 0], word[:, 0]), (words[:, -1], word[:, -1]), (bits[0], bit[0]), (bits[-1], bit[-1])
    ends = np.concatenate([nodes[segments > 0] for nodes, segments in sides])
    tied = value > 0
    return one[tied], two[tied], value[tied], ends


def nodal(crossing, word, bit):
    """Nodal matrix over all nodes, and the attached ends."""
    one, two, value, ends = edges(crossing, word, bit)
    size = 2 * crossing.size + 2 * sum(crossing.shape)
    rows, columns = np.concatenate([one, two, one, two]), np.concatenate([one, two, two, one])
    return coo_array((np.concatenate([value, value, -value, -value]), (rows, columns)), (size, size)).tocsc(), ends


def by_schur(crossing, word, bit):
    """The admittance by one dense solve; nodes that nothing is tied to are left out."""
    matrix, ends = nodal(crossing, word, bit)
    dense = matrix.toarray()
    inner = np.setdiff1d(np.flatnonzero(dense.diagonal() > 0), ends)
    inside = np.linalg.solve(dense[np.ix_(inner, inner)], dense[np.ix_(inner, ends)])
    return dense[np.ix_(ends, ends)] - dense[np.ix_(ends, inner)] @ inside


def by_fractions(crossing, word, bit):
    """The admittance exactly: star to mesh, one node after the other, in rational numbers."""
    one, two, value, ends = edges(crossing, word, bit)
    tied: dict[int, dict[int, Fraction]] = {}
    for a, b, g in zip(one.tolist(), two.tolist(), value.tolist(), strict=True):
        tied.setdefault(a, {})[b] = tied.setdefault(b, {})[a] = Fraction(g)
    for node in sorted(set(tied) - set(ends.tolist()), key=lambda n: n % (crossing.shape[1] + 2)):
        star = tied.pop(node)
        total = sum(star.values())
        for a in star:
            del tied[a][node]
            for b in star:
                if a != b:
                    tied[a][b] = tied[a].get(b, Fraction(0)) + star[a] * star[b] / total
    found = np.array([[-float(tied[a].get(b, 0)) for b in ends.tolist()] for a in ends.tolist()])
    sums = [float(sum(tied[a].values())) for a in ends.tolist()]
    return found + np.diag(sums)


def hard(rng, kind, rows, columns):
    """Conductances that make a subtraction lose all digits."""
    crossing, word, bit = array(rng, rows, columns, (1, 1, 1, 1))
    i, j = np.indices((rows, columns))
    if kind == "log-uniform":
        crossing = 10 ** rng.uniform(-9, 0, (rows, columns))
    elif kind == "shorted rows":
        crossing[:: max(rows // 2, 1)] = 1e9
    elif kind == "shorts":
        crossing[rng.integers(rows, size=20), rng.integers(columns, size=20)] = 1e9
    elif kind == "opens":
        crossing[rng.random((rows, columns)) < 0.5] = 0.0
    elif kind == "checkerboard":
        crossing = np.where((i + j) % 2, 1.0, 1e-7)
    elif kind == "four wire values":
        word, bit = (10.0 ** rng.choice([-3.0, -1.0, 1.0, 3.0], line.shape) for line in (word, bit))
    else:
        word[rng.random(word.shape) < 0.1], bit[rng.random(bit.shape) < 0.1] = 0.0, 1e9
    return crossing, word, bit


HARD = (
    "log-uniform",
    "shorted rows",
    "shorts",
    "opens",
    "checkerboard",
    "four wire values",
    "broken and shorted lines",
)


@given(
    rows=st.integers(1, 20), columns=st.integers(1, 20), seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.3, 1])
)
@settings(max_examples=60)
def test_is_the_schur_complement_of_the_nodal_matrix(rows, columns, seed, share):
    rng = np.random.default_rng(seed)
    crossing, word, bit = array(rng, rows, columns, (1, 1, 1, 1))
    crossing **= 0.25  # nearer to the segments: the reference subtracts
    for ends in (word[:, 0], word[:, -1], bit[0], bit[-1]):
        ends[rng.random(len(ends)) > share] = 0.0
    word[0, 0] = bit[-1, -1] = 1.0  # two ends at least: one alone carries nothing
    close(port_admittance(crossing, word, bit).admittance, by_schur(crossing, word, bit), ROUNDING)


@pytest.mark.parametrize("kind", HARD)
def test_every_entry_of_a_hard_pattern_is_exact(kind):
    lines = hard(np.random.default_rng(1), kind, 5, 4)
    alike(port_admittance(*lines).admittance, by_fractions(*lines), EXACT)


@pytest.mark.parametrize("kind", HARD)
def test_exchanging_word_and_bit_lines_exchanges_their_ends(kind):
    crossing, word, bit = hard(np.random.default_rng(2), kind, 70, 53)
    ports, other = port_admittance(crossing, word, bit), port_admittance(crossing.T, bit.T, word.T)
    order = np.concatenate(
        [np.arange(len(other.admittance))[other.where(side)] for side in ("top", "bottom", "left", "right")]
    )
    alike(ports.admittance, other.admittance[np.ix_(order, order)], 1e-13)  # the two are eliminated in other orders


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (33, 2), (16, 16), (17, 31), (32, 33), (64, 47)])
@pytest.mark.parametrize("ends", [LEFT_AND_BOTTOM, (0, 1, 1, 0), (1, 1, 1, 1), (1, 0, 0, 0)])
def test_is_symmetric_passive_and_blind_to_a_common_potential(shape, ends):
    found = port_admittance(*array(np.random.default_rng(3), shape[0], shape[1], ends)).admittance
    assert (found == found.T).all()
    assert (found[~np.eye(len(found), dtype=bool)] <= 0).all()
    assert np.abs(found.sum(axis=1)).max() <= EXACT * found.max()
    assert np.linalg.eigvalsh(found)[0] >= -EXACT * found.max()


@pytest.mark.parametrize("shape", [(20, 37), (48, 16)])
def test_mirrored_array_has_mirrored_ends(shape):
    rows, columns = shape
    crossing, word, bit = array(np.random.default_rng(4), rows, columns, (1, 1, 1, 1))
    ports = port_admittance(crossing, word, bit)
    other = port_admittance(crossing[::-1, ::-1], word[::-1, ::-1], bit[::-1, ::-1])
    sides = [np.arange(len(other.admittance))[other.where(side)][::-1] for side in ("right", "left", "bottom", "top")]
    order = np.concatenate(sides)
    alike(ports.admittance, other.admittance[np.ix_(order, order)], 1e-13)


def test_with_ideal_bit_lines_the_order_of_the_rows_does_not_matter():
    crossing, word, bit = array(np.random.default_rng(5), 40, 21)
    bit[:-1] = 1e12
    bit[0], bit[-1] = 0.0, 1.0
    order = np.random.default_rng(6).permutation(40)
    ends = np.concatenate([order, np.arange(40, 61)])
    found = port_admittance(crossing[order], word[order], bit).admittance
    close(found, port_admittance(crossing, word, bit).admittance[np.ix_(ends, ends)], 1e-9)  # 40 segments of 1e-12


def test_two_halves_joined_are_the_whole():
    crossing, word, bit = array(np.random.default_rng(7), 50, 70, (1, 1, 1, 1))
    split = 33
    left = port_admittance(crossing[:, :split], np.c_[word[:, :split], 2 * word[:, split]], bit[:, :split])
    right = port_admittance(crossing[:, split:], np.c_[2 * word[:, split], word[:, split + 1 :]], bit[:, split:])
    both = np.zeros((len(left.admittance) + len(right.admittance),) * 2)
    both[: len(left.admittance), : len(left.admittance)] = left.admittance
    both[len(left.admittance) :, len(left.admittance) :] = right.admittance
    one, two = np.arange(len(left.admittance)), len(left.admittance) + np.arange(len(right.admittance))
    inner, same = one[left.where("right")], two[right.where("left")]
    both[inner] += both[same]
    both[:, inner] += both[:, same]
    pieces = [
        lines[block.where(side)]
        for side, lines, block in (
            ("left", one, left),
            ("right", two, right),
            ("top", one, left),
            ("top", two, right),
            ("bottom", one, left),
            ("bottom", two, right),
        )
    ]
    kept = np.concatenate(pieces)
    joined = both[np.ix_(kept, kept)] - both[np.ix_(kept, inner)] @ np.linalg.solve(
        both[np.ix_(inner, inner)], both[np.ix_(inner, kept)]
    )
    close(port_admittance(crossing, word, bit).admittance, joined, ROUNDING)


def test_agrees_with_a_sparse_solver():
    crossing, word, bit = array(np.random.default_rng(8), 64, 64)
    matrix, ends = nodal(crossing, word, bit)
    inner = np.setdiff1d(np.flatnonzero(matrix.diagonal() > 0), ends)
    potentials = np.random.default_rng(9).uniform(-1, 1, (len(ends), 5))
    inside = splu(matrix[inner][:, inner]).solve(-(matrix[inner][:, ends] @ potentials))
    currents = matrix[ends][:, ends] @ potentials + matrix[ends][:, inner] @ inside
    close(port_admittance(crossing, word, bit).admittance @ potentials, currents, 1e-11)


def test_one_crossing_is_five_resistors():
    found = port_admittance([[2.0]], [[3.0, 0.0]], [[0.0], [6.0]]).admittance
    series = 1 / (1 / 2 + 1 / 3 + 1 / 6)
    alike(found, series * np.array([[1.0, -1.0], [-1.0, 1.0]]), EXACT)


def test_lines_without_a_path_between_them_have_no_admittance():
    crossing, word, bit = array(np.random.default_rng(10), 20, 20, (1, 1, 1, 1))
    crossing[4], word[7], bit[:, 9] = 0.0, 0.0, 0.0
    ports = port_admittance(crossing, word, bit)
    assert np.isfinite(ports.admittance).all()
    lone = ports.where("left").start + 4, ports.where("right").start + 4
    others = np.setdiff1d(np.arange(len(ports.admittance)), lone)
    assert not ports.admittance[np.ix_(lone, others)].any()
    assert list(ports.left) == list(ports.right) == [n for n in range(20) if n != 7]
    assert list(ports.top) == list(ports.bottom) == [n for n in range(20) if n != 9]


def test_extreme_decay_stays_finite():
    """1e9 S devices on 1e-9 S lines: what reaches the far side is 1e-18 a crossing, below the smallest number."""
    rng = np.random.default_rng(11)
    crossing, word, bit = array(rng, 40, 40)
    crossing, word, bit = np.where(rng.random((40, 40)) < 0.5, 1e9, 1e-9), 1e-9 * word, 1e-9 * bit
    found = port_admittance(crossing, word, bit).admittance
    assert np.isfinite(found).all()
    assert np.abs(found.sum(axis=1)).max() <= EXACT * found.max()


def test_current_out_of_the_sensed_ends_per_volt_at_the_driven():
    ports = port_admittance(*array(np.random.default_rng(12), 9, 6, (1, 0, 0, 1)))
    potentials = np.concatenate([np.linspace(0, 1, 9), np.zeros(6)])
    out = -(ports.admittance @ potentials)[ports.where("bottom")]
    alike(ports.between("left", "bottom") @ potentials[:9], out, EXACT)


def test_leaves_what_it_is_given_as_it_was():
    lines = array(np.random.default_rng(13), 18, 5)
    before = [line.copy() for line in lines]
    for line in lines:
        line.flags.writeable = False
    port_admittance(*lines)
    port_admittance(*(np.asfortranarray(line) for line in lines))
    for line, old in zip(lines, before, strict=True):
        assert (line == old).all()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("crossing", lambda crossing, word, bit: (crossing[0], word, bit)),
        ("word", lambda crossing, word, bit: (crossing, word[:, 1:], bit)),
        ("bit", lambda crossing, word, bit: (crossing, word, bit[1:])),
        ("crossing", lambda crossing, word, bit: (-crossing, word, bit)),
        ("word", lambda crossing, word, bit: (crossing, word * np.nan, bit)),
        ("bit", lambda crossing, word, bit: (crossing, word, bit + np.inf)),
        ("word, bit", lambda crossing, word, bit: (crossing, 0 * word, 0 * bit)),
    ],
)
def test_names_the_argument_it_cannot_use(field, change):
    with pytest.raises(InputError, match=f"^{field} = "):
        port_admittance(*change(*array(np.random.default_rng(14), 3, 4)))


def test_names_the_sides():
    with pytest.raises(InputError, match="side = 'north': allowed is left, right, top, bottom"):
        port_admittance(*array(np.random.default_rng(15), 2, 2)).where("north")
    assert SIDES == ("left", "right", "top", "bottom")


def test_says_beforehand_that_memory_is_short(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    with pytest.raises(OutcomeError, match=r"The port matrix of this array needs .* GB of memory and"):
        port_admittance(*array(np.random.default_rng(16), 30, 30))


def test_products_keep_to_one_thread_and_give_the_others_back():
    switch = blas._switch()
    if switch is None:
        pytest.skip("this BLAS has no threads to count")
    ask, tell = switch
    before = ask()
    try:
        tell(2)
        several = ask()
        with blas.one_thread():
            assert ask() == 1
        assert ask() == several
    finally:
        tell(before)
