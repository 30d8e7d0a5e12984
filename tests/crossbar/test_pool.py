"""Worker processes: results, progress and errors come back whole, and no process outlives its use."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from circuits.errors import InputError, OutcomeError
from crossbar import pool as module
from crossbar.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _importable(root, monkeypatch):
    """Workers find this file's functions by its name from the root."""
    monkeypatch.syspath_prepend(str(root))


def double(value, hear):
    hear(0.5, "half way")
    time.sleep(0.3)  # longer than the parent waits between two looks
    return 2 * value


def refuse(hear):
    hear(0.0, "")
    raise InputError("width", 0.0, "a time above 0 s", "10e-3")


def fail(hear):
    hear(0.0, "")
    raise ArithmeticError("nobody expected this")


def die(hear):
    hear(0.0, "")
    os.kill(os.getpid(), signal.SIGKILL)


def linger(hear):
    hear(0.0, "")
    time.sleep(60)


def threads(hear):
    hear(0.0, "")
    return {name: os.environ.get(name) for name in module.THREADS}


def interrupt(*_news):
    """What Ctrl-C does once a worker is at work."""
    raise KeyboardInterrupt


def quiet(*_news):
    """Listen to nothing."""


def test_results_come_by_key_with_progress_on_the_way():
    news = []
    with Pool(2) as pool:
        tasks = {name: pool.submit(double, value) for name, value in ((7, 1), (9, 2))}
        assert pool.results(tasks, lambda *told: news.append(told)) == {7: 2, 9: 4}
        # A second set of tasks on the same workers.
        assert pool.results({0: pool.submit(double, 5)}, quiet) == {0: 10}
    assert {(7, 0.5, "half way"), (9, 0.5, "half way")} <= set(news)
    assert not multiprocessing.active_children()


def test_an_error_keeps_its_answers():
    with pytest.raises(InputError) as caught, Pool(1) as pool:
        pool.results({0: pool.submit(refuse)}, quiet)
    found = caught.value
    assert (found.field, found.value, found.allowed, found.instead) == ("width", 0.0, "a time above 0 s", "10e-3")


def test_an_unexpected_error_keeps_its_kind():
    with pytest.raises(ArithmeticError, match="nobody expected"), Pool(1) as pool:
        pool.results({0: pool.submit(fail)}, quiet)


def test_a_killed_worker_is_an_outcome():
    with pytest.raises(OutcomeError, match="worker process was ended"), Pool(1) as pool:
        pool.results({0: pool.submit(die)}, quiet)
    assert not multiprocessing.active_children()


def test_an_interrupt_ends_the_workers_at_once():
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Pool(1) as pool:
        pool.results({0: pool.submit(linger)}, interrupt)
    assert time.monotonic() - started < 30
    assert not multiprocessing.active_children()


def test_workers_have_one_thread_and_the_parent_what_it_had(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = signal.getsignal(signal.SIGINT)  # ignored, where the tests were started in the background
    with Pool(1) as pool:
        found = pool.results({0: pool.submit(threads)}, quiet)[0]
    assert found == dict.fromkeys(module.THREADS, "1")
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ
    assert signal.getsignal(signal.SIGINT) is before


TALKER = """
def talk(hear):
    for _ in range(20_000):
        hear(0.5, "x" * 100)
"""
TALKING = """
import talker
from crossbar.pool import Pool

with Pool(2) as pool:
    pool.results({0: pool.submit(talker.talk), 1: pool.submit(talker.talk)}, lambda *news: None)
print("ended")
"""


def test_a_pool_ends_whatever_was_said_in_the_end_and_runs_no_script_again(root, tmp_path):
    # Guards: workers waited for their last news to be read, which nobody did once the results were there, and
    # `make demo` stood still with everything done; a worker ran the program that started it, the commands' 140 MB.
    (tmp_path / "talker.py").write_text(TALKER, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(TALKING, encoding="utf-8")
    there = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=there)
    assert done.stdout == "ended\n"
