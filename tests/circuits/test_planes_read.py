"""Reading a grid: the laws it must obey, the patterns that are hard, and what it may cost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import lu_factor, lu_solve

from circuits.errors import InputError, OutcomeError
from circuits.planes import read as module
from circuits.planes.grid import FLOATING, End, Ends, Grid
from circuits.planes.read import solve
from circuits.planes.reference import reference

TIGHT = 1e-12  # what is asked of each solve where two are compared
EXACT = 1e-10  # symmetries (issue bar)
BAR = 1e-9  # hard patterns (issue bar)
ZERO = 1e-12  # ideal lines are a product (issue bar)
ARRAYS = 200


def rough(seed, shape, low, high):
    """Conductances [S] of resistances spread evenly over the decades from low to high [ohm]."""
    return 10 ** -np.random.default_rng(seed).uniform(np.log10(low), np.log10(high), shape)


def sides(flow):
    return [flow.into.left, flow.into.right, flow.into.top, flow.into.bottom]


def largest(flow):
    return max(np.abs(i).max() for i in (flow.bit, flow.word, *sides(flow)))


def apart(one, other, nothing=1e-300):
    """Largest difference of any line's or contact's current, relative to the largest or to `nothing` [A]."""
    pairs = zip((one.bit, one.word, *sides(one)), (other.bit, other.word, *sides(other)), strict=True)
    return max(np.abs(a - b).max() for a, b in pairs) / max(largest(one), largest(other), nothing)


def plain(seed, rows=None, columns=None):
    """A random connected grid on resistive lines, word lines driven from the left, bit lines held at the bottom."""
    rng = np.random.default_rng(seed)
    rows, columns = rows or int(rng.integers(1, 12)), columns or int(rng.integers(1, 12))
    word, bit = 10 ** rng.uniform(-2, 2, (rows, columns + 1)), 10 ** rng.uniform(-2, 2, (rows + 1, columns))
    return Grid.of(rough(seed, (rows, columns), 1e2, 1e6), word, bit), rng


def by_hand(crossing, word, bit, left, bottom):
    """Bit-line currents from one dense nodal matrix; left and bottom ends held, the others floating."""
    rows, columns = crossing.shape
    cells = rows * columns
    w, b = np.arange(cells).reshape(rows, columns), cells + np.arange(cells).reshape(rows, columns)
    matrix, right = np.zeros((2 * cells, 2 * cells)), np.zeros(2 * cells)

    def join(p, q, g):
        matrix[[p, q], [p, q]] += g
        matrix[[p, q], [q, p]] -= g

    for i, j in np.ndindex(rows, columns):
        join(w[i, j], b[i, j], crossing[i, j])
        if j:
            join(w[i, j - 1], w[i, j], 1 / word)
        if i:
            join(b[i - 1, j], b[i, j], 1 / bit)
    matrix[w[:, 0], w[:, 0]] += 1 / word
    right[w[:, 0]] += left / word
    matrix[b[-1], b[-1]] += 1 / bit
    right[b[-1]] += bottom / bit
    x = lu_solve(lu_factor(matrix), right)
    return (crossing * (x[w] - x[b])).sum(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_currents_are_those_of_a_dense_nodal_matrix(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 9, 2))
    crossing, left, bottom = rough(seed, shape, 1e2, 1e6), rng.normal(size=shape[0]), rng.normal(size=shape[1])
    flow = solve(Grid.of(crossing, 3.0, 7.0), Ends(left=End(left), bottom=End(bottom)), tolerance=TIGHT)
    expected = by_hand(crossing, 3.0, 7.0, left, bottom)
    assert np.allclose(flow.bit[0], expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_ideal_lines_are_a_product():
    crossing, rng = rough(0, (7, 5), 1e2, 1e9), np.random.default_rng(1)
    volts = rng.normal(size=(3, 7))
    flow = solve(Grid.of(crossing), Ends(left=End(volts)))
    expected = volts @ crossing
    assert np.allclose(flow.bit, expected, rtol=ZERO, atol=ZERO * np.abs(expected).max())
    assert np.allclose(flow.into.bottom, -expected, rtol=ZERO, atol=ZERO * np.abs(expected).max())


def test_ideal_lines_behind_amplifiers_divide_the_voltage():
    """One column of cells g into an amplifier r: its node is at V sum(g) r / (1 + r sum(g))."""
    g, r = np.array([[1e-3], [2e-3], [5e-4]]), 50.0
    flow = solve(Grid.of(g), Ends(left=End(0.1), bottom=End(0.0, r)))
    assert flow.bit[0, 0] == pytest.approx(0.1 * g.sum() / (1 + r * g.sum()), rel=ZERO)


def test_a_short_too_small_to_matter_is_an_ideal_segment():
    grid, rng = plain(3, 6, 6)
    ends = Ends(left=End(rng.normal(size=6)))
    for name in ("word", "bit"):
        ideal, tiny = (getattr(grid, name).copy() for _ in range(2))
        ideal[2, 3], tiny[2, 3] = 0.0, 1e-14
        one, other = (
            solve(Grid.of(grid.crossing, **{"word": grid.word, "bit": grid.bit, name: x}), ends) for x in (ideal, tiny)
        )
        assert apart(one, other) <= 1e-9


@pytest.mark.parametrize("decades", ["plain", "wide"])
def test_iteration_agrees_with_elimination_whatever_the_ends(drawn, decades):
    """Shorts, opens, ideal segments, floating and driven ends on all four sides; 9 decades when wide."""
    solved = 0
    for seed in range(ARRAYS):
        grid, ends = drawn(seed, decades)
        try:
            flow = solve(grid, ends, keep=True)
        except InputError:
            continue  # nothing holds a piece of it: see below
        expected = solve(grid, ends, method="direct", keep=True)
        # A volt across the best cell would drive 1e6 times as much: less is rounding where nothing flows.
        assert apart(flow, expected, 1e-6 * grid.crossing.max()) <= EXACT, seed
        for name in ("word", "bit"):
            one, other = (getattr(found.potentials, name) for found in (flow, expected))
            assert np.abs(one - other).max() <= 1e-8, seed
        solved += 1
    assert solved > ARRAYS / 2


def test_transposing_swaps_the_lines():
    for seed in range(ARRAYS):
        grid, rng = plain(seed)
        left, bottom = End(rng.normal(size=grid.shape[0])), End(rng.normal(size=grid.shape[1]), 5.0)
        one = solve(grid, Ends(left=left, bottom=bottom), tolerance=TIGHT)
        other = solve(grid.transposed(), Ends(top=left, right=bottom, bottom=FLOATING), tolerance=TIGHT)
        assert apart(one, other.transposed()) <= EXACT, seed


def test_lines_may_be_listed_in_any_order_where_those_that_cross_them_are_ideal():
    for seed in range(ARRAYS):
        grid, rng = plain(seed)
        rows, order = grid.shape[0], rng.permutation(grid.shape[0])
        left = rng.normal(size=rows)
        one = solve(Grid.of(grid.crossing, grid.word), Ends(left=End(left)), tolerance=TIGHT)
        other = solve(Grid.of(grid.crossing[order], grid.word[order]), Ends(left=End(left[order])), tolerance=TIGHT)
        assert np.abs(one.bit - other.bit).max() <= EXACT * largest(one), seed
        assert np.abs(one.word[:, order] - other.word).max() <= EXACT * largest(one), seed


def test_currents_superpose():
    for seed in range(ARRAYS):
        grid, rng = plain(seed)
        a, b = rng.normal(size=(2, grid.shape[0]))
        flows = solve(grid, Ends(left=End([a, b, a - 2 * b])), tolerance=TIGHT)
        assert np.abs(flows.bit[0] - 2 * flows.bit[1] - flows.bit[2]).max() <= EXACT * largest(flows), seed


def test_driving_and_sensing_may_trade_places():
    for seed in range(ARRAYS):
        grid, rng = plain(seed)
        row, column = (int(rng.integers(n)) for n in grid.shape)
        one = solve(grid, Ends(left=End(np.eye(grid.shape[0])[row])), tolerance=TIGHT)
        other = solve(grid, Ends(left=End(), bottom=End(np.eye(grid.shape[1])[column])), tolerance=TIGHT)
        assert abs(one.into.bottom[0, column] - other.into.left[0, row]) <= EXACT * largest(one), seed


def test_no_charge_is_lost_and_all_power_turns_to_heat():
    for seed in range(ARRAYS):
        grid, rng = plain(seed)
        ends = Ends(*(End(rng.normal(size=n), 10.0) for n in (*grid.shape[:1] * 2, *grid.shape[1:] * 2)))
        flow = solve(grid, ends)
        assert abs(sum(i.sum() for i in sides(flow))) <= 1e-12 * largest(flow), seed
        assert flow.balance[0] <= EXACT, seed


def hard(n):
    """Conductances [S] and ohms of a segment, by name."""
    rng = np.random.default_rng(5)
    high = rough(2, (n, n), 1e4, 1e7)
    shorted_rows, shorted_columns, shorts, opens = (high.copy() for _ in range(4))
    shorted_rows[[n // 3, n // 2]] = 1.0
    shorted_columns[:, [n // 3, n // 2]] = 1.0
    shorts[tuple(rng.integers(0, n, (2, 20)))] = 1e3
    opens[rng.random((n, n)) < 0.2] = 0.0
    odd = np.indices((n, n)).sum(axis=0) % 2
    return {
        **{f"nine decades on {ohms} ohm": (rough(1, (n, n), 1, 1e9), ohms) for ohms in (0.01, 1.0, 10.0, 100.0)},
        **{f"checkerboard from {g:g} S": (np.where(odd, g, g * 1e-7), 1.0) for g in (1.0, 1e-1, 1e-2, 1e-4)},
        "shorted rows": (shorted_rows, 1.0),
        "shorted columns": (shorted_columns, 1.0),
        "20 shorts": (shorts, 1.0),
        "opens": (opens, 1.0),
        "all shorted": (np.ones((n, n)), 100.0),
    }


HARD = hard(128)


@pytest.mark.parametrize("pattern", HARD)
@pytest.mark.parametrize("signs", ["positive", "mixed"])
def test_hard_patterns_are_exact_and_none_fails(pattern, signs):
    """128 x 128 against elimination with residuals in extended precision."""
    (crossing, ohms), rng = HARD[pattern], np.random.default_rng(6)
    grid = Grid.of(crossing, ohms, ohms)
    ends = Ends(left=End(rng.uniform(0.1, 1, 128) if signs == "positive" else rng.normal(size=128)))
    flow, exact = solve(grid, ends, method="iterate"), reference(grid, ends)
    floor = 1e-3 * np.abs(exact.bit).max()
    assert (np.abs(flow.bit - exact.bit) / np.maximum(np.abs(exact.bit), floor)).max() <= BAR
    assert (np.abs(flow.word - exact.word) / np.maximum(np.abs(exact.word), floor)).max() <= BAR


def test_four_kinds_of_wire_with_opens_and_shorts_in_them():
    rng = np.random.default_rng(6)
    word, bit = (rng.choice([0.01, 1.0, 10.0, 100.0], s) for s in ((96, 97), (97, 96)))
    word[30, 40], word[50, 5], bit[60, 20] = np.inf, 0.0, np.inf
    grid, ends = Grid.of(rough(7, (96, 96), 1e2, 1e6), word, bit), Ends(left=End(rng.uniform(0.1, 1, 96)))
    assert apart(solve(grid, ends, method="iterate"), reference(grid, ends)) <= BAR


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9, 1e-12])
def test_the_tolerance_is_kept_and_the_estimate_is_honest(tolerance):
    for ohms in (0.1, 1.0, 30.0):
        grid, ends = Grid.of(rough(8, (64, 64), 1e2, 1e6), ohms, ohms), Ends(left=End(np.linspace(0.1, 1, 64)))
        flow, exact = solve(grid, ends, tolerance=tolerance), reference(grid, ends)
        error = np.abs(flow.bit / exact.bit - 1).max()
        assert error <= max(flow.error[0], 1e-13)
        assert flow.error[0] <= tolerance


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_steps_do_not_grow_with_the_array(size):
    """100 ohm .. 1 Mohm on 10 ohm of wire; the issue allows 30 steps."""
    grid = Grid.of(rough(9, (size, size), 1e2, 1e6), 10.0, 10.0)
    assert solve(grid, Ends(left=End(np.linspace(0.1, 1, size))), tolerance=1e-9).steps[0] <= 16


def test_a_start_near_the_answer_saves_steps_and_changes_nothing():
    crossing, ends = rough(10, (128, 128), 1e2, 1e6), Ends(left=End(np.linspace(0.1, 1, 128)))
    before = solve(Grid.of(crossing, 10.0, 10.0), ends, keep=True)
    changed = crossing.copy()
    changed[60, 70] *= 3
    cold = solve(Grid.of(changed, 10.0, 10.0), ends)
    warm = solve(Grid.of(changed, 10.0, 10.0), ends, start=before.potentials)
    assert warm.steps[0] < cold.steps[0]
    assert apart(warm, cold) <= 2e-10


def test_many_vectors_are_each_by_itself():
    grid, rng = plain(11, 9, 7)
    volts = rng.normal(size=(4, 9))
    together = solve(grid, Ends(left=End(volts)), keep=True)
    for k, one in enumerate(volts):
        alone = solve(grid, Ends(left=End(one)), keep=True)
        assert np.array_equal(together.bit[k], alone.bit[0])
        assert np.array_equal(together.potentials.word[k], alone.potentials.word[0])


def test_driven_from_both_ends_a_symmetric_line_shares_evenly():
    """Also where segments are a millionth of a cell: each current is divided, not read off the voltage on a segment."""
    grid = Grid.of(np.full((1, 5), 1e-6), 1e-6, 1e-6)
    flow = solve(grid, Ends(left=End(0.1), right=End(0.1)))
    assert flow.into.left[0, 0] == pytest.approx(2.5e-7, rel=1e-12)
    assert flow.into.right[0, 0] == pytest.approx(2.5e-7, rel=1e-12)


def test_nothing_flows_where_all_ends_are_at_one_potential():
    grid, _ = plain(12, 5, 4)
    flow = solve(grid, Ends(left=End(0.3), bottom=End(0.3, 10.0)), keep=True)
    assert largest(flow) == 0
    assert np.allclose(flow.potentials.bit, 0.3, rtol=0, atol=1e-16)


def test_a_lone_crossing_is_three_resistors():
    flow = solve(Grid.of([[1e-3]], [[10.0, 0.0]], [[0.0], [20.0]]), Ends(left=End(1.0), bottom=End(0.0, 30.0)))
    assert flow.bit[0, 0] == pytest.approx(1 / (1000 + 10 + 20 + 30), rel=ZERO)
    assert flow.power[0] == pytest.approx(flow.bit[0, 0], rel=ZERO)


def test_iteration_that_runs_away_is_followed_by_elimination(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 3)
    monkeypatch.setattr(module, "STEP", 1.0)
    grid = Grid.of(rough(13, (64, 64), 1e2, 1e6), 30.0, 30.0)
    ends = Ends(left=End(np.linspace(0.1, 1, 64)))
    with pytest.raises(OutcomeError, match=r"did not reach a relative error of 1e-10 in 3 steps.*Try"):
        solve(grid, ends, method="iterate")
    found, kept = solve(grid, ends, tolerance=1e-13), solve(grid, ends, keep=True)
    monkeypatch.undo()
    expected = solve(grid, ends, keep=True)
    assert expected.steps[0] > 3
    assert kept.steps[0] == 0
    assert apart(found, expected) <= EXACT
    assert apart(kept, expected) <= EXACT
    assert np.abs(kept.potentials.word - expected.potentials.word).max() <= EXACT


def test_the_port_matrix_finds_the_same_whatever_the_ends(drawn):
    """Ideal metal is 1e30 S there: no sum has terms of two signs, so nothing is lost."""
    solved = 0
    for seed in range(ARRAYS):
        grid, ends = drawn(seed, "wide")
        try:
            flow = solve(grid, ends, method="ports")
        except InputError:
            continue
        expected = solve(grid, ends, method="direct")
        assert apart(flow, expected, 1e-6 * grid.crossing.max()) <= 1e-11, seed
        solved += 1
    assert solved > ARRAYS / 2


def test_many_vectors_go_through_the_port_matrix_unless_potentials_are_asked_for():
    grid, rng = plain(14, 40, 40)
    ends = Ends(left=End(rng.normal(size=(30, 40))))
    together, one_by_one = solve(grid, ends), solve(grid, ends, keep=True)
    assert not together.steps.any()
    assert one_by_one.steps.all()
    assert apart(together, one_by_one) <= EXACT
