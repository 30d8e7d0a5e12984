"""Without ngspice the cross-check says so, and everything else is there."""

from __future__ import annotations

import pytest

from circuits.errors import MissingEngineError
from crossbar.demo import check as module
from crossbar.demo.check import cross_check
from crossbar.demo.figures import transient
from crossbar.demo.plan import Plan
from crossbar.demo.summary import ngspice
from crossbar.plot import png

pytestmark = pytest.mark.slow


def test_without_ngspice_the_reason_stands_where_the_differences_would(monkeypatch):
    solve = module._operations

    def operations(array, engine):
        if engine == "ngspice":
            raise MissingEngineError("ngspice's shared library was not found.", "it is not installed.", "make setup")
        return solve(array, engine)

    monkeypatch.setattr(module, "_operations", operations)
    found = cross_check(Plan())
    assert (found.version, found.reason) == ("", "ngspice's shared library was not found")
    assert found.netlist.rstrip().endswith(".end")
    assert set(found.traces) == {"native"}
    said = ngspice(found)
    assert said["not_run"] == found.reason
    assert [said[name] for name in ("version", *module.NAMES)] == [None] * 4
    assert png(transient(found)).startswith(b"\x89PNG")
