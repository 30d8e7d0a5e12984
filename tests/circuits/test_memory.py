"""How much memory there is, and a refusal before it runs out."""

from __future__ import annotations

import pytest

import crossbar as xb
from circuits import memory


def test_memory_is_what_the_system_or_a_container_leaves(monkeypatch, tmp_path):
    meminfo, limit, used = (tmp_path / name for name in ("meminfo", "max", "current"))
    meminfo.write_text("MemTotal:       100 kB\nMemAvailable:       50 kB\n", encoding="ascii")
    monkeypatch.setattr(memory, "MEMORY", meminfo)
    monkeypatch.setattr(memory, "LIMITS", (limit, used))
    assert memory.available() == 50 * 1024
    limit.write_text("30000\n", encoding="ascii")
    used.write_text("10000\n", encoding="ascii")
    assert memory.available() == 20000
    limit.write_text("max\n", encoding="ascii")
    assert memory.available() == 50 * 1024
    meminfo.unlink()
    assert memory.available() > 1e8


def test_a_run_too_large_for_the_memory_is_refused_before_it_begins(monkeypatch):
    array = xb.Array(2, 2)
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    refused = r"A run of 4 devices needs .* GB of memory and 1e-07 GB are free.*smaller array"
    with pytest.raises(xb.OutcomeError, match=refused):
        array.program(array.rest(), {(0, 0): xb.Pulse(0.5, 1e-3)})
    with pytest.raises(xb.OutcomeError, match=r"port matrix of this array needs .* GB"):
        array.ports(array.rest())
