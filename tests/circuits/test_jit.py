"""Compiled code is kept between processes, and never older than its sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from circuits import jit

CALLEE = "from circuits.jit import jit\n\n@jit()\ndef inner(x):\n    return x + {}\n"
CALLER = """from circuits.jit import jit
from circuits.native.callee import inner

@jit()
def outer(x):
    return inner(x)
"""


@pytest.fixture
def package(tmp_path, root):
    """A package with the real jit.py and what it imports, two compiled functions in two files, a cache of its own."""
    native = tmp_path / "circuits" / "native"
    native.mkdir(parents=True)
    for name in ("jit.py", "files.py"):
        shutil.copy(root / "circuits" / name, native.parent)
    (native / "callee.py").write_text(CALLEE.format(1.0))
    (native / "caller.py").write_text(CALLER)
    return tmp_path


def outer(package, folder="native"):
    """What a new process computes, and how many compiled functions it found already kept."""
    code = (
        f"from circuits.{folder}.caller import outer; import circuits; "
        "print(circuits.__path__[0], outer(1.0), sum(outer.stats.cache_hits.values()))"
    )
    environment = os.environ | {"PYTHONPATH": str(package), "LIWES_CACHE": str(package / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    folder, value, hits = done.stdout.split()
    assert Path(folder).parent == package
    return float(value), int(hits)


def test_a_changed_callee_in_another_file_is_noticed(package):
    # Guard: numba's cache looks at the file of the function alone and silently kept the old callee.
    assert outer(package) == (2.0, 0)
    assert outer(package) == (2.0, 1), "nothing changed: compiled once"
    (package / "circuits" / "native" / "callee.py").write_text(CALLEE.format(10.0))
    assert outer(package) == (11.0, 0)


def test_what_is_compiled_apart_is_kept_when_the_rest_changes(package):
    planes = package / "circuits" / "planes"
    planes.mkdir()
    (planes / "callee.py").write_text(CALLEE.format(1.0))
    (planes / "caller.py").write_text(CALLER.replace("native", "planes"))
    assert outer(package, "planes") == (2.0, 0)
    (package / "circuits" / "native" / "callee.py").write_text(CALLEE.format(10.0))
    assert outer(package, "planes") == (2.0, 1)
    (planes / "callee.py").write_text(CALLEE.format(5.0))
    assert outer(package, "planes") == (6.0, 0)


def test_compiling_leaves_numbas_own_cache_setting_alone():
    before = vars(numba.config)["CACHE_DIR"]
    jit.jit()(lambda x: x)
    assert before == vars(numba.config)["CACHE_DIR"]
