"""In which order experiments are done, and that what was done before is found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits.errors import InputError
from crossbar.paper import runner as module
from crossbar.paper.catalogue import EXPERIMENTS, named
from crossbar.paper.found import Found, fetch, keep
from crossbar.paper.runner import Plan, perform, place, solved_by
from crossbar.paper.study import _order
from crossbar.results import Quantity


def quiet(_share, _words):
    """Listen to nothing."""


def test_the_longest_begins_at_once_and_the_short_ones_beside_it():
    ordered = _order(EXPERIMENTS)
    assert len(ordered) == len(EXPERIMENTS)
    assert ordered[0].cost == max(experiment.cost for experiment in EXPERIMENTS)
    assert [experiment.name for experiment in ordered[1:3]] == ["6f", "6g"]  # while the other worker compiles
    rest = [experiment.cost for experiment in ordered[3:]]
    assert rest == sorted(rest)
    assert _order(()) == []


def test_a_file_is_named_after_everything_that_decides_its_outcome(tmp_path):
    one = named("3b")
    names = {place(one, Plan(), tmp_path), place(one, Plan("ngspice"), tmp_path), place(one, Plan(seed=1), tmp_path),
             place(replace(one, cost=2.0), Plan(), tmp_path), place(named("3c"), Plan(), tmp_path)}  # fmt: skip
    assert len(names) == 5
    assert place(one, Plan(), tmp_path) == place(replace(one), Plan(), tmp_path)
    # Closed forms, and what compares with them, do not depend on the engine asked for.
    for name in ("6f", "6-circuit"):
        assert place(named(name), Plan(), tmp_path) == place(named(name), Plan("ngspice"), tmp_path)
        assert solved_by(named(name), Plan("ngspice")) != "ngspice"


def test_what_is_kept_is_not_done_again(tmp_path, monkeypatch):
    first = perform(named("4e"), Plan(), tmp_path, quiet)
    assert not first.resumed
    monkeypatch.setattr(module, "run", lambda *_: pytest.fail("done again"))
    assert perform(named("4e"), Plan(), tmp_path, quiet).resumed
    assert [path.name for path in tmp_path.iterdir()] == [first.path.name]


def test_an_experiment_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise ArithmeticError

    monkeypatch.setattr(module, "run", fail)
    with pytest.raises(ArithmeticError):
        perform(named("4e"), Plan(), tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


def test_found_comes_back_from_its_file(tmp_path):
    found = Found(
        {
            "rise": Quantity(np.arange(6.0).reshape(2, 3), ("case", "read"), "S", "a rise"),
            "one": Quantity(2.5, (), "1", "a number"),
        },
        {"time": Quantity(np.arange(3.0), ("read",), "s", "of the read")},
    )
    keep(found, tmp_path / "deeper" / "found.nc", "a title", {"engine": "native"}, 7)
    again = fetch(tmp_path / "deeper" / "found.nc")
    assert np.array_equal(again["rise"], found["rise"])
    assert again.number("one") == 2.5
    assert np.array_equal(again["time"], [0, 1, 2])
    assert again.quantities["rise"].axes == ("case", "read")
    assert again.quantities["rise"].unit == "S"


def test_chance_has_a_stream_for_each_experiment():
    assert Plan().chance("3b").random() == Plan().chance("3b").random()
    assert Plan().chance("3b").random() != Plan().chance("3c").random()
    assert Plan().chance("3b").random() != Plan(seed=1).chance("3b").random()


def test_an_unknown_engine_is_refused():
    with pytest.raises(InputError, match="engine"):
        Plan("spice")
