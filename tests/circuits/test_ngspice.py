"""ngspice in its child process: what it says is sorted, what goes wrong becomes one sentence, the next run is sound."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from circuits import ngspice
from circuits.errors import InputError, MissingEngineError, OutcomeError
from circuits.liwes import LIWES
from circuits.netlist import Builder
from circuits.ngspice import process
from circuits.ngspice.log import problems
from circuits.ngspice.process import Limits, Worker
from circuits.ngspice.worker import Library
from circuits.waveforms import Waveform, constant, steps
from circuits.writers.kernel import array_kernel
from circuits.writers.spice import deck

needs_ngspice = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")

GOOD = ("* divider", "v_a a 0 3", "r_a a b 1", "r_b b 0 2", ".op", ".end")
ENDLESS = (
    "* endless",
    "v_a a 0 sin(0 1 1e6)",
    "r_a a b 1",
    "c_b b 0 1e-9",
    ".tran 1e-9 1000 0 1e-9",
    ".save b",
    ".end",
)


def divider():
    builder = Builder("divider")
    builder.drives("supply", "a", [constant(3.0)])
    builder.resistors("upper", "a", "b", 1.0)
    builder.resistors("lower", "b", "ground", 2.0)
    return builder.build()


# ------------------------------------------------------------------------------------------------------------- the log
@pytest.mark.parametrize(
    "line",
    [
        "stdout Note: No compatibility mode selected!",
        "stdout Circuit: * error and warning in a title",
        "stdout Doing analysis at TEMP = 27.000000 and TNOM = 27.000000",
        "stdout Using KLU as Direct Linear Solver",
        "stderr Note: Starting dynamic gmin stepping",
        "stderr Trying gmin =   1.0000E-03 Note: One successful gmin step",
        "stderr Trying gmin =   5.6234E-03 Warning: Further gmin increment",
        "stderr Warning: source stepping failed",
        "stdout No. of Data Rows : 1660",
        "stdout n_error 0.1",
        "stderr ",
    ],
)
def test_what_a_sound_run_says_is_no_problem(line):
    assert problems([line]) == []


@pytest.mark.parametrize(
    "line",
    [
        "stderr Warning: singular matrix:  check node b",
        "stderr Trying gmin =   1.0000E-03 Warning: singular matrix:  check node v_a#branch",
        "stderr Error on line 4 or its substitute:",
        "stderr unknown parameter (foo)",
        "stderr warning, can't find model 'nomodel' from line",
        'stderr doAnalyses: TRAN:  Timestep too small; time = 0.00244813: trouble with node "c"',
        "stdout Error: -1 out of range for ln",
        "stderr run simulation(s) aborted",
        "stderr a sentence nobody has seen yet",
    ],
)
def test_everything_else_is_a_problem(line):
    assert problems(["stdout Note: fine", line]) == [line.partition(" ")[2].strip()]


# --------------------------------------------------------------------------------------------------------- the process
@needs_ngspice
def test_one_child_serves_many_runs_and_leaves_no_folder_behind():
    with Worker() as worker:
        replies = [worker.run(GOOD, ("b",)) for _ in range(3)]
        child = worker.start()
    assert [float(reply.table[0, 0]) for reply in replies] == [2.0, 2.0, 2.0]
    assert child.process.poll() is not None
    assert not child.folder.exists()


@needs_ngspice
def test_a_hundred_runs_do_not_grow_the_child():
    def resident(worker):
        counts = Path(f"/proc/{worker.start().process.pid}/statm").read_text().split()
        return int(counts[1]) * os.sysconf("SC_PAGE_SIZE")

    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc on this system")
    with Worker() as worker:
        for _ in range(20):
            worker.run(GOOD, ("b",))
        before = resident(worker)
        for _ in range(100):
            worker.run(GOOD, ("b",))
        # PySpice 1.5 by itself leaks 0.2 MB a run
        assert resident(worker) - before < 2e6


@needs_ngspice
def test_a_run_that_takes_too_long_is_stopped_and_the_next_one_is_sound():
    with Worker() as worker:
        with pytest.raises(OutcomeError, match=r"took longer than 0\.5 s"):
            worker.run(ENDLESS, ("b",), Limits(timeout=0.5))
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0


@needs_ngspice
@pytest.mark.skipif(sys.platform == "darwin", reason="processor limits end a process differently there")
def test_a_run_that_uses_too_much_processor_time_is_stopped():
    with Worker() as worker:
        with pytest.raises(OutcomeError, match=r"SIGXCPU.*processor time"):
            worker.run(ENDLESS, ("b",), Limits(processor=1.0))
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0


@needs_ngspice
@pytest.mark.skipif(sys.platform == "darwin", reason="the address space cannot be bounded there")
def test_a_run_that_needs_too_much_memory_is_stopped():
    hungry = (
        "* hungry",
        "v_a n0 0 sin(0 1 1e6)",
        *(f"r_{k} n{k} n{k + 1} 1" for k in range(300)),
        *ENDLESS[4:5],
        ".end",
    )
    with Worker(Limits(memory=500 << 20, timeout=60.0)) as worker:
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0
        with pytest.raises(OutcomeError, match=r"out of the 0\.488 GiB it may use|SIG"):
            worker.run(hungry, ("n1",))
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0


@needs_ngspice
def test_a_killed_child_is_one_clear_error_and_the_next_run_is_sound(monkeypatch):
    """Killed by whoever asks, after asking: a timer's kill could come before, and then nothing ended the next child."""
    send = process._write

    def send_and_kill(child, request):
        send(child, request)
        time.sleep(0.3)  # by now it is at work
        child.process.kill()

    with Worker() as worker:
        worker.run(GOOD, ("b",))
        with monkeypatch.context() as patch:
            patch.setattr(process, "_write", send_and_kill)
            with pytest.raises(OutcomeError, match=r"in the middle of a run \(SIGKILL\); nothing was written"):
                worker.run(ENDLESS, ("b",))
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0


@needs_ngspice
def test_a_child_killed_between_runs_is_not_noticed():
    """Guard: the test suite stood still, now and then.

    This test said `worker.child.process.kill()` and `worker.child.process.wait()`. The property started a new child
    when the killed one was gone already, and that one nobody had killed.
    """
    with Worker() as worker:
        worker.run(GOOD, ("b",))
        first = worker.start()
        first.process.kill()
        first.process.wait(10.0)
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0
        second = worker.start()
        assert second.process.pid != first.process.pid
        assert second.process.poll() is None
        assert worker.start() is second


@needs_ngspice
@pytest.mark.parametrize(
    "bad",
    [
        ("* exit", "v_a a 0 1", "r_a a 0 1", ".op", ".control", "quit", ".endc", ".end"),
        ("* param", "v_a a 0 1", "b_a a 0 i={nothing}*v(a)", ".op", ".end"),
        ("* external", "v_a a 0 dc 0 external", "r_a a 0 1", ".op", ".end"),
    ],
)
def test_a_netlist_that_ends_or_crashes_the_library_poisons_no_later_run(bad):
    with Worker() as worker:
        try:
            reply = worker.run(bad, ("a",), Limits(timeout=20.0))
        except OutcomeError:
            pass
        else:
            assert problems(reply.said) or reply.missing or reply.table.shape == (1, 1)
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0


@needs_ngspice
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_leaves_its_parents_child_alone():
    with Worker() as worker:
        worker.run(GOOD, ("b",))
        before = worker.start().process.pid
        fork = multiprocessing.get_context("fork").Process(target=worker.close, daemon=True)
        fork.start()
        fork.join(30.0)
        assert fork.exitcode == 0
        assert worker.run(GOOD, ("b",)).table[0, 0] == 2.0
        assert worker.start().process.pid == before


@needs_ngspice
def test_a_child_ends_with_its_parent():
    code = (
        "import os, sys; sys.path[:0] = sys.argv[1:]\n"
        "from circuits import ngspice\n"
        "ngspice.available(); print(ngspice.engine.SHARED.start().process.pid, flush=True); os._exit(0)"
    )
    child = [sys.executable, "-c", code, *sys.path]
    done = subprocess.run(child, capture_output=True, text=True, check=True, timeout=60)
    pid = int(done.stdout)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


@needs_ngspice
def test_nothing_of_the_users_environment_or_start_files_reaches_ngspice(monkeypatch, tmp_path):
    (tmp_path / "spinit").write_text("* hostile\nset ngbehavior=ps\necho seen > seen.txt\n")
    (tmp_path / ".spiceinit").write_text("echo seen > seen.txt\n")
    monkeypatch.setenv("SPICE_SCRIPTS", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with Worker() as worker:
        said = worker.run(GOOD, ("b",)).said
        assert not (worker.start().folder / "seen.txt").exists()
    assert any("No compatibility mode selected" in line for line in said)
    assert not (tmp_path / "seen.txt").exists()


def test_a_missing_library_is_one_sentence_with_one_command(monkeypatch):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere/libngspice.so")
    with Worker() as worker:
        assert ngspice.available(worker) is None
        with pytest.raises(MissingEngineError, match="shared library was not found") as caught:
            ngspice.simulate(divider(), 1.0, worker=worker)
    assert caught.value.attempt == process.remedy()
    assert "\n" not in str(caught.value)


OPEN = """
from circuits.ngspice import worker
worker.LIBRARIES = {names}
worker.find_library = lambda name: None
try:
    worker.open_library()
    print("opened")
except OSError:
    print("absent")
"""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("libnowhere.so", "libnorthere.so"), "absent", id="none of the names is there"),
        pytest.param(("libnowhere.so", "libngspice.so"), "opened", id="the second name is there", marks=needs_ngspice),
    ],
)
def test_every_usual_name_is_tried_before_giving_up(names, expected):
    """Guard: the second name failed in PySpice's declarations, so a machine without ngspice was "damaged"."""
    child = [sys.executable, "-c", OPEN.format(names=names)]
    environment = {key: value for key, value in os.environ.items() if key != "NGSPICE_LIBRARY_PATH"}
    done = subprocess.run(child, capture_output=True, text=True, check=True, env=environment, timeout=60)
    assert done.stdout.split()[-1] == expected


@pytest.mark.parametrize(
    ("program", "command"),
    [("brew", "brew install ngspice"), ("apt-get", "sudo apt-get install ngspice libngspice0-dev"), (None, "export")],
)
def test_the_command_is_the_one_of_this_system(monkeypatch, program, command):
    monkeypatch.setattr("shutil.which", lambda name: name if name == program else None)
    assert command in process.remedy()


def test_an_exception_in_a_callback_comes_back_to_who_asked():
    library = Library.__new__(Library)
    library.failure, library.left = None, None
    with library.guarded():
        int("from a callback")
    with pytest.raises(ValueError, match="from a callback"):
        library.check(0, "run")
    library.check(0, "run")
    library.left = 1
    with pytest.raises(RuntimeError, match="gave up at 'run'"):
        library.check(0, "run")


# ---------------------------------------------------------------------------------------------------------- the engine
@needs_ngspice
def test_what_was_found_names_version_and_solver():
    found = ngspice.available()
    assert found is not None
    assert found.version >= 36
    assert str(found) == f"ngspice {found.version}"
    assert ngspice.operating_point(divider()).engine == str(found)


@needs_ngspice
def test_operating_point_of_a_divider():
    solution = ngspice.operating_point(divider())
    assert solution.time.shape == (1,)
    assert solution.potentials.shape == (1, 3)
    assert solution.potential("b") == pytest.approx(2.0, rel=1e-15)
    assert solution.supplied == 0.0


@needs_ngspice
def test_a_capacitor_starts_where_it_is_told_and_follows_the_exponential():
    builder = Builder("relaxation")
    builder.drives("supply", "a", [constant(1.0)])
    builder.resistors("r", "a", "b", 1e3)
    builder.capacitors("c", "b", "ground", 1e-6, 0.25)
    times = np.array([0.0, 1e-4, 1e-3, 3e-3, 1e-2])
    solution = ngspice.simulate(builder.build(), 1e-2, times, tolerance=1e-9)
    exact = 1 - 0.75 * np.exp(-times / 1e-3)
    # steps of 3e-3 of the time constant, each wrong by (step/tau)^2 / 12
    assert np.abs(solution.potential("b") - exact).max() < 1e-6
    assert np.abs(solution.charge["supply"][:, 0] - 1e-6 * (exact - 0.25)).max() < 1e-6 * 1e-6
    assert np.abs(solution.energy["supply"] - solution.charge["supply"]).max() < 1e-15


@needs_ngspice
def test_a_capacitor_that_must_jump_loses_no_charge():
    # RC of 1e-15 s in a run of 1 ms, charged against its source
    builder = Builder("jump")
    builder.drives("supply", "a", [steps(1.0, [(1e-4, 2e-4, 0.5)], 1e-5)])
    builder.resistors("r", "a", "b", 1.0)
    builder.capacitors("c", "b", "ground", 1e-15, 0.25)
    solution = ngspice.simulate(builder.build(), 1e-3, [1e-3])
    assert solution.potential("b")[-1] == pytest.approx(1.0, rel=1e-9)
    assert solution.charge["supply"][-1, 0] == pytest.approx(0.75e-15, rel=1e-4)


@needs_ngspice
def test_switches_and_currents_follow_their_waveforms():
    builder = Builder("switched")
    builder.drives("supply", "a", [constant(1.0)])
    builder.switches("s", ["a", "ground"], ["b", "b"], [Waveform((0.1, 0.2), (1e-6, 1e-2)), constant(1e-3)], [0, 1])
    builder.currents("i", "ground", "c", [Waveform((0.0, 1.0), (0.0, 1e-3))])
    builder.resistors("r", "c", "ground", 1e3)
    times = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 1.0])
    solution = ngspice.simulate(builder.build(), 1.0, times)
    conductance = np.interp(times, [0.1, 0.2], [1e-6, 1e-2])
    assert solution.potential("b") == pytest.approx(conductance / (conductance + 1e-3), rel=1e-9)
    assert solution.potential("c") == pytest.approx(times, abs=1e-12)


@needs_ngspice
def test_energy_of_a_ramp_into_a_resistor_is_exact():
    builder = Builder("ramp")
    builder.drives("supply", "a", [Waveform((0.0, 1.0), (0.0, 2.0))])
    builder.resistors("r", "a", "ground", 1.0)
    solution = ngspice.simulate(builder.build(), 1.0, [0.5, 1.0])
    assert solution.energy["supply"][:, 0] == pytest.approx([4 / 3 / 8, 4 / 3], rel=1e-12)


@needs_ngspice
def test_without_samples_every_point_of_the_solver_comes_back():
    solution = ngspice.simulate(divider(), 1e-3)
    assert solution.time[0] == 0.0
    assert solution.time[-1] == 1e-3
    assert (np.diff(solution.time) > 0).all()
    assert solution.work["points"] == len(solution.time)


@needs_ngspice
def test_initial_states_are_exact_and_internal_nodes_unknown():
    builder = Builder("start")
    builder.drives("lines", ["g", "s", "d"], [constant(0.0)])
    states = np.linspace(-0.2, 0.3, len(LIWES.states))
    builder.devices("cells", LIWES, ["g", "s", "d", "e"], states=states)
    netlist = builder.build()
    for solution in (ngspice.simulate(netlist, 1e-9, [0.0, 1e-9]), ngspice.operating_point(netlist)):
        assert np.abs(solution.states("cells")[0, 0] - states).max() < 1e-16
        assert np.isnan(solution.variables["cells"][0, 0, 4:7]).all()
        assert np.isfinite(solution.variables["cells"][0, 0, :4]).all()


@needs_ngspice
@pytest.mark.parametrize("bad", [[], [0.5, 0.4], [-1.0], [2.0], [float("nan")]])
def test_samples_that_cannot_be_are_refused(bad):
    with pytest.raises(InputError, match="samples"):
        ngspice.simulate(divider(), 1.0, bad)


@pytest.mark.parametrize("end", [0.0, -1.0, float("inf"), float("nan")])
def test_an_end_that_cannot_be_is_refused(end):
    with pytest.raises(InputError, match="end ="):
        ngspice.simulate(divider(), end)


@pytest.mark.parametrize("tolerance", [0.0, 1.0, float("nan")])
def test_a_tolerance_that_cannot_be_is_refused(tolerance):
    with pytest.raises(InputError, match="tolerance"):
        ngspice.simulate(divider(), 1.0, tolerance=tolerance)


@needs_ngspice
def test_a_circuit_it_cannot_solve_is_one_clear_error():
    builder = Builder("two sources fight through nothing")
    builder.drives("supply", "a", [constant(1e308)])
    builder.resistors("r", "a", "ground", 1e-308)
    with Worker() as worker:
        with pytest.raises(OutcomeError, match="did not solve the circuit"):
            ngspice.simulate(builder.build(), 1.0, worker=worker)
        assert ngspice.operating_point(divider(), worker=worker).potential("b") == pytest.approx(2.0)


# ---------------------------------------------------------------------------------------------------- kernel, at points
def held_devices(rng, count):
    """Devices with random parameters, states and potentials; every node will be driven."""
    free = [p for p in LIWES.parameters if p.low < p.high]
    parameters = {p.name: np.clip(p.value * rng.lognormal(0, 0.1, count), p.low, p.high) for p in free}
    states = rng.uniform(-0.3, 0.3, (count, len(LIWES.states)))
    potentials = rng.uniform(-0.4, 0.4, (count, len(LIWES.nodes)))
    builder = Builder("points")
    terminals = [[f"{node.name} {k}" for k in range(count)] for node in LIWES.nodes[: LIWES.terminals]]
    for column, names in enumerate(terminals):
        builder.drives(f"t{column}", names, [constant(v) for v in potentials[:, column]], np.arange(count))
    builder.devices("d", LIWES, terminals, parameters, states)
    return builder.build(), np.concatenate([potentials, states], axis=1)


def frozen_flows(worker, netlist, variables):
    """What ngspice says flows into every node and state, shape (devices, variables)."""
    words = deck(netlist, frozen=True)
    instances, terminals = words.instances["d"], LIWES.terminals
    inner = [node.name for node in LIWES.nodes[terminals:]]
    held = [
        f"v_h_{k}_{name} {instance}.n_{name} 0 dc {float(variables[k, terminals + j])!r}"
        for k, instance in enumerate(instances)
        for j, name in enumerate(inner)
    ]
    sources = [list(words.drives[f"t{column}"]) for column in range(terminals)]
    sources += [[f"v_h_{k}_{name}" for k in range(len(instances))] for name in inner]
    sources += [[f"v.{instance}.v_s_{s.variable.name}" for instance in instances] for s in LIWES.states]
    wanted = [f"{source}#branch" for column in sources for source in column]
    reply = worker.run([*[*words.lines(".op", wanted)][:-1], *held, ".end"], wanted)
    assert problems(reply.said) == []
    assert reply.missing == ()
    return reply.table[:, 0].reshape(len(sources), -1).T


@needs_ngspice
def test_frozen_devices_compute_what_the_kernel_computes_at_a_thousand_points():
    rng = np.random.default_rng(3)
    worst = 0.0
    with Worker() as worker:
        for _ in range(10):
            netlist, variables = held_devices(rng, 100)
            exact = array_kernel(LIWES).flows(variables, netlist.devices[0].parameters)
            gap = np.abs(frozen_flows(worker, netlist, variables) - exact)
            worst = max(worst, float((gap / np.abs(exact).max(axis=1, keepdims=True)).max()))
    # of each device's largest current; 4e-14 found
    assert worst < 1e-12


@needs_ngspice
def test_a_pulse_at_the_steepest_edges_pwl_allows_keeps_its_charge():
    builder = Builder("edges")
    builder.drives("supply", "a", [steps(0.0, [(1.0, 1.0 + 1e-6, 1.0)], 1e-10)])
    builder.resistors("r", "a", "ground", 1.0)
    solution = ngspice.simulate(builder.build(), 2.0, [2.0])
    assert solution.charge["supply"][-1, 0] == pytest.approx(1e-6, rel=1e-6)
