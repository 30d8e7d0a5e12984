"""Kernels of the LiWES device: exact slopes, Kirchhoff's law, the same numbers from numpy and from machine code."""

from __future__ import annotations

import ctypes
import itertools
from dataclasses import replace

import numpy as np
import pytest
from llvmlite import ir
from numba import njit

from circuits.device import Branch, Device, Parameter
from circuits.errors import OutcomeError
from circuits.expr import Symbol, exp
from circuits.files import CACHE
from circuits.liwes import CALIBRATIONS, LIWES, calibration
from circuits.writers.compiled import TO_GO_ON, TO_STAY, compiled, machine_code, roomy, run
from circuits.writers.kernel import array_kernel
from circuits.writers.total import ARRAYS
from circuits.writers.trace import FLOAT, LANES, TRACED, VECTOR, Lane, Trace

KERNEL = array_kernel(LIWES)
NODES, SIZE = len(LIWES.nodes), len(LIWES.variables)
BRANCHES = array_kernel(
    replace(LIWES, name="branches", outputs={f"b{k}": branch.current for k, branch in enumerate(LIWES.branches)})
)
HOW_FAR = {"working": 0.3, "strained": 3.0, "absurd": 1e3}  # V for potentials, and states in their own unit


def points(reach, count, seed):
    return np.random.default_rng(seed).uniform(-reach, reach, (count, SIZE))


def spread(count, seed):
    """Every parameter of every device its own, 20 % around the default where its range allows."""
    rng = np.random.default_rng(seed)
    return {p.name: np.clip(p.value * rng.uniform(0.8, 1.2, count), p.low, p.high) for p in LIWES.parameters}


def worst(gap, scale):
    """Largest size of `gap` as a share of `scale`; where the scale is 0 the gap must be as well."""
    gap, scale = np.broadcast_arrays(np.abs(gap), scale)
    assert (gap[scale == 0] == 0).all()
    return float((gap[scale > 0] / scale[scale > 0]).max())


def currents(z, parameters):
    """Current of every branch, shape (..., branches)."""
    return np.stack(list(BRANCHES.outputs(z, parameters).values()), axis=-1)


def scales(z, parameters):
    """Sum of the sizes of what meets in each row, shape (..., rows)."""
    sizes = np.abs(currents(z, parameters))
    rows = np.zeros(z.shape)
    for k, branch in enumerate(LIWES.branches):
        for end in (branch.start, branch.end):
            rows[..., LIWES.nodes.index(end)] += sizes[..., k]
    rows[..., NODES:] = np.abs(KERNEL.flows(z, parameters)[..., NODES:])
    return rows


@pytest.mark.parametrize("reach", HOW_FAR.values(), ids=HOW_FAR)
def test_currents_into_all_nodes_cancel(reach):
    # Kirchhoff by construction: what is left is rounding of sums, 1e-13 of the sum of sizes.
    z, parameters = points(reach, 2000, 1), spread(2000, 2)
    residual = KERNEL.flows(z, parameters)[:, :NODES].sum(axis=1)
    assert worst(residual, np.abs(currents(z, parameters)).sum(axis=1)) <= 1e-13


@pytest.mark.parametrize("reach", HOW_FAR.values(), ids=HOW_FAR)
def test_heat_is_never_negative(reach):
    # Second law. A strained short term can make the channel's conductance negative, so its own heat is put apart.
    z, parameters = points(reach, 2000, 3), spread(2000, 4)
    source_, drain = (LIWES.nodes.index(n) for n in LIWES.nodes if n.name in {"source", "drain"})
    ohmic = KERNEL.outputs(z, parameters)["conductance"] * (z[:, drain] - z[:, source_]) ** 2
    starts, ends = ([LIWES.nodes.index(getattr(b, end)) for b in LIWES.branches] for end in ("start", "end"))
    # Rounding: the loss is a difference of powers as large as current times potential.
    scale = (np.abs(currents(z, parameters)) * (np.abs(z[:, starts]) + np.abs(z[:, ends]))).sum(axis=1)
    press = np.abs(KERNEL.potentials(z, parameters) * KERNEL.flows(z, parameters)[:, NODES:]).sum(axis=1)
    assert (KERNEL.loss(z, parameters) - ohmic >= -1e-14 * (scale + press)).all()
    assert (KERNEL.loss(z, parameters) - ohmic > 1e-3 * (scale + press)).any(), "the bound is not vacuous"


def dense(z, parameters):
    """The exact Jacobian as a full matrix, shape (count, rows, variables)."""
    matrix = np.zeros((len(z), SIZE, SIZE))
    rows, columns = np.array(KERNEL.program.pattern).T
    matrix[:, rows, columns] = KERNEL.slopes(z, parameters)
    return matrix


def differences(z, parameters, step):
    """Central differences at three steps, combined so that the error falls with the sixth power of `step`."""
    matrix = np.zeros((len(z), SIZE, SIZE))
    for k in range(SIZE):
        table = []
        for h in (step, step / 2, step / 4):
            shift = np.zeros(SIZE)
            shift[k] = h
            table.append((KERNEL.flows(z + shift, parameters) - KERNEL.flows(z - shift, parameters)) / (2 * h))
        second = [(4 * b - a) / 3 for a, b in itertools.pairwise(table)]
        matrix[:, :, k] = (16 * second[1] - second[0]) / 15
    return matrix


def test_slopes_are_the_limits_of_differences():
    # 1e-9 of a row's largest slope. The step: rounding leaves 1e-16 V / 4e-5 V of a slope, truncation (h / 0.05 V)^6.
    z, parameters = points(0.25, 1000, 5), spread(1000, 6)
    exact, approximate = dense(z, parameters), differences(z, parameters, 1.6e-4)
    scale = np.abs(exact).max(axis=2, keepdims=True)
    assert worst(exact - approximate, scale) <= 1e-9


def test_a_slope_that_is_missing_or_wrong_is_found():
    z, parameters = points(0.25, 50, 7), spread(50, 8)
    exact, approximate = dense(z, parameters), differences(z, parameters, 1.6e-4)
    scale = np.abs(exact).max(axis=2, keepdims=True)
    for row, column in KERNEL.program.pattern:
        spoilt = exact.copy()
        spoilt[:, row, column] *= 1 + 1e-3
        gap = np.abs(spoilt - approximate) > 1e-9 * scale
        assert gap[:, row, column].any(), (LIWES.variables[row].name, LIWES.variables[column].name)


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_a_calibration_has_exact_slopes_too(name):
    z = points(0.2, 100, 9)
    parameters = LIWES.values(calibration(name).changes)
    exact = dense(z, parameters)
    assert worst(exact - differences(z, parameters, 1.6e-4), np.abs(exact).max(axis=2, keepdims=True)) <= 1e-9


TERMINALS, STATES = LIWES.terminals, len(LIWES.states)
WEIGHT = 1e-4  # s


def settled(z, parameters, known, shared, kernel=None):
    """What the compiled kernel makes of each device: moves, flow, admittance, state flows, potentials and heat."""
    count, kernel = len(z), kernel or compiled(LIWES)
    given = KERNEL.given(kernel.given, parameters)
    given = np.repeat(given[:1], LANES, axis=0) if shared else given
    rows = {"flow": TERMINALS, "admit": TERMINALS**2, "move": STATES, "press": STATES, "loss": 1, "own": STATES}
    made = {name: roomy(np.full(each * count, np.nan)) for name, each in rows.items()}
    nodes, inside = z[:, :TERMINALS].T.ravel(), roomy(z[:, TERMINALS:].T.ravel())
    follow = roomy(np.zeros(count * TERMINALS * len(KERNEL.program.curved)))
    place = roomy(np.arange(count * TERMINALS))
    called(
        kernel.address, count, int(shared), WEIGHT,
        (nodes, np.zeros(len(nodes)), place, inside, follow, roomy(given.T.ravel()), roomy(known.T.ravel()),
         *made.values()),
    )  # fmt: skip
    moves = inside.reshape(-1, count).T - z[:, TERMINALS:]
    flow, admit, move, press, loss, _ = (made[name].reshape(each, count).T for name, each in rows.items())
    return moves, flow, admit.reshape(count, TERMINALS, TERMINALS), move, press, loss[:, 0]


@njit
def called(address, count, shared, weight, arrays):
    return run(address, count, shared, weight, arrays)


def by_hand(z, parameters, known):
    """The same moves, flows and admittances by dense elimination of the numpy kernel's slopes."""
    capacity = np.broadcast_to(KERNEL.capacities(parameters), (len(z), STATES))
    matrix, right = -dense(z, parameters), KERNEL.flows(z, parameters).copy()
    rows = np.arange(NODES, SIZE)
    matrix[:, rows, rows] += capacity / WEIGHT
    right[:, NODES:] += (known - capacity * z[:, NODES:]) / WEIGHT
    t = slice(TERMINALS, None)
    moves = np.linalg.solve(matrix[:, t, t], right[:, t, None])[..., 0]
    across = matrix[:, :TERMINALS, t]
    flow = right[:, :TERMINALS] - np.einsum("nij,nj->ni", across, moves)
    admit = matrix[:, :TERMINALS, :TERMINALS] - across @ np.linalg.solve(matrix[:, t, t], matrix[:, t, :TERMINALS])
    return moves, flow, admit


def start(seed, count=200):
    z, parameters = points(0.1, count, seed), spread(count, seed + 1)
    capacity = KERNEL.capacities(parameters)
    return z, parameters, capacity * (z[:, NODES:] + np.random.default_rng(seed).uniform(-0.01, 0.01, (count, STATES)))


def test_the_compiled_kernel_eliminates_the_insides_as_dense_algebra_does():
    z, parameters, known = start(10)
    moves, flow, admit, *_ = settled(z, parameters, known, shared=False)
    wanted = by_hand(z, parameters, known)
    for ours, theirs in zip((moves, flow, admit), wanted, strict=True):
        largest = np.abs(theirs).reshape(len(z), -1).max(axis=1)
        assert (np.abs(ours - theirs).reshape(len(z), -1).max(axis=1) <= 1e-11 * largest).all()


def test_a_kernel_that_writes_less_writes_the_same():
    z, parameters, known = start(15)
    whole = settled(z, parameters, known, shared=False)
    for written, places in ((TO_GO_ON, (0, 1, 2)), (TO_STAY, (0, 1, 3, 4, 5))):
        made = settled(z, parameters, known, shared=False, kernel=compiled(LIWES, written))
        assert compiled(LIWES, written).given == compiled(LIWES).given
        for k, (ours, theirs) in enumerate(zip(made, whole, strict=True)):
            np.testing.assert_array_equal(ours, theirs if k in places else np.nan)


def test_terminals_are_coupled_where_dense_algebra_finds_an_admittance():
    z, parameters, known = start(16)
    found = np.abs(by_hand(z, parameters, known)[2]).max(axis=0) > 0
    assert compiled(LIWES).couples == tuple(found.ravel())
    assert not all(compiled(LIWES).couples), "gate and channel meet in the electrolyte alone"


def test_charge_and_flow_of_every_state_agree_after_a_kernel_call():
    z, parameters, known = start(20)
    moves, _, _, move, *_ = settled(z, parameters, known, shared=False)
    charge = KERNEL.capacities(parameters) * (z + np.pad(moves, ((0, 0), (TERMINALS, 0))))[:, NODES:]
    assert worst(charge - WEIGHT * move - known, np.abs(charge) + np.abs(known)) <= 1e-14


def test_heat_is_what_goes_in_less_what_is_stored():
    z, parameters, known = start(30)
    # Insides a few steps on solve the stage, where Tellegen's theorem holds for the branches one by one.
    for _ in range(20):
        moves, flow, _, move, press, loss = settled(z, parameters, known, shared=False)
        z = z + np.pad(moves, ((0, 0), (TERMINALS, 0)))
    branches = KERNEL.loss(z, parameters)
    power = np.abs(flow * z[:, :TERMINALS]).sum(axis=1) + np.abs(press * move).sum(axis=1)
    assert worst(loss - branches, power) <= 1e-9


def test_devices_that_share_their_parameters_read_one_row():
    z, parameters, known = start(40)
    same = {name: np.full(len(z), values[0]) for name, values in parameters.items()}
    for one, other in zip(*(settled(z, same, known, shared=shared) for shared in (True, False)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("count", range(1, 2 * LANES + 2))
def test_devices_of_any_number_are_solved_as_each_would_be_alone(count):
    # Guard for the last lanes of a row, which reach into the next one: nothing there may change.
    z, parameters, known = start(50, count)
    together = settled(z, parameters, known, shared=False)
    for k in range(count):
        one = slice(k, k + 1)
        alone = settled(z[one], {name: values[one] for name, values in parameters.items()}, known[one], shared=False)
        for ours, theirs in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[one], theirs)


def test_what_is_not_a_number_is_told():
    z, parameters, known = start(60, 3)
    z[1, NODES + 1] = np.nan
    moves, *_ = settled(z, parameters, known, shared=False)
    assert np.isnan(moves[1]).any()
    assert np.isfinite(moves[[0, 2]]).all()


FUNCTIONS = {
    "exp_total": (np.exp, lambda rng: rng.uniform(-700, 40, 4000)),
    "log_total": (np.log, lambda rng: 10.0 ** rng.uniform(-6, 300, 4000)),
    "log_total near 1": (np.log, lambda rng: 1 + rng.normal(size=4000) * 10.0 ** rng.uniform(-12, -1, 4000)),
    "sinh_total": (np.sinh, lambda rng: (rng.normal(size=4000) * 10.0 ** rng.uniform(-12, 2, 4000)).clip(-40, 40)),
    "sinh_slope": (np.cosh, lambda rng: rng.uniform(-40, 40, 4000)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_traced_functions_are_good_to_two_units_in_the_last_place(name):
    exact, draw = FUNCTIONS[name]
    x = draw(np.random.default_rng(70))
    wanted = exact(x.astype(np.longdouble))
    assert worst(traced(name.split()[0], x) - wanted, np.abs(wanted)) <= 2 * 2.3e-16


@pytest.mark.parametrize("name", ["exp_total", "exp_slope", "log_total", "log_slope", "sinh_total", "sinh_slope"])
def test_traced_functions_are_total_as_those_on_arrays_are(name):
    x = np.concatenate([np.linspace(-1e3, 1e3, 2001), [0.0, 1e280, -1e280, 1e-280]])
    wanted = ARRAYS[name](x)
    np.testing.assert_allclose(traced(name, x), wanted, rtol=1e-14, atol=1e-300)
    assert np.isnan(traced(name, np.array([np.nan]))).all()


def traced(name, x):
    """A traced function at each of `x`, by its own machine code."""
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [FLOAT.as_pointer()]), "kernel")
    builder = ir.IRBuilder(function.append_basic_block())
    pointer = builder.bitcast(function.args[0], VECTOR.as_pointer())
    trace = Trace(builder, lambda _: pytest.fail("a text where a number was meant"))
    builder.store(TRACED[name](Lane(trace, builder.load(pointer, align=8))).value, pointer, align=8)
    builder.ret_void()
    address, kept = machine_code(str(module))
    call, out = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address), []
    for first in range(0, len(x), LANES):
        block = np.resize(x[first : first + LANES], LANES)
        call(block.ctypes.data)
        out.append(block)
    del kept
    return np.concatenate(out)[: len(x)]


A, B = (Symbol(name, "V", "potential") for name in "ab")
SATURATION = Parameter("saturation", 1e-12, "A", 1e-30, 1.0, "A for this test")
SLOPE = Parameter("slope", 0.025, "V", 1e-3, 1.0, "A for this test")
DIODE = Device(
    name="diode",
    nodes=(A, B),
    terminals=2,
    parameters=(SATURATION, SLOPE),
    branches=(Branch(A, B, SATURATION.symbol * (exp((A - B) / SLOPE.symbol) - 1)),),
    states=(),
)


def test_a_device_may_have_neither_states_nor_outputs():
    # Guard: nothing stacked to nothing was an error, so no engine could take a diode.
    kernel = array_kernel(DIODE)
    z = np.array([[0.5, 0.0], [0.0, 0.0], [0.1, 0.3]])
    assert kernel.capacities(DIODE.values({})).shape == (0,)
    assert kernel.potentials(z, DIODE.values({})).shape == (3, 0)
    assert kernel.outputs(z, DIODE.values({})) == {}
    expected = 1e-12 * np.expm1((z[:, 0] - z[:, 1]) / 0.025)
    np.testing.assert_allclose(kernel.flows(z, DIODE.values({}))[:, 1], expected, rtol=1e-12)


def test_a_kernel_that_cannot_be_kept_says_where_it_tried(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv(CACHE, str(blocked))
    with pytest.raises(OutcomeError, match=rf"could not be kept in .*file.*setting {CACHE}"):
        compiled.__wrapped__(DIODE)
