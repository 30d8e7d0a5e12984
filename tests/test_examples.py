"""Each example runs from a fresh interpreter with warnings as errors, and asserts the number it pins."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
STRICT = ["-X", "dev", "-W", "error"]
# PySpice 1.5 writes "\s" in a plain docstring: a warning when its first import on a machine compiles it, in the words
# of Python 3.11, 3.12 to 3.13, and 3.14. The message of -W is a prefix.
FOREIGN = [
    "ignore:invalid escape sequence:DeprecationWarning",
    "ignore:invalid escape sequence:SyntaxWarning",
    r'ignore:"\s" is an invalid escape sequence:SyntaxWarning',
]
IGNORED = [part for warning in FOREIGN for part in ("-W", warning)]


def run(example: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script `example` in `folder`."""
    command = [sys.executable, *STRICT, *IGNORED, str(example)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_there_are_at_least_three_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", [pytest.param(path, id=path.stem) for path in EXAMPLES])
def test_an_example_explains_itself_and_pins_a_number(example: Path) -> None:
    tree = ast.parse(example.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    numbers = [
        node
        for check in ast.walk(tree)
        if isinstance(check, ast.Assert)
        for node in ast.walk(check)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    ]
    assert numbers, "an example asserts the number it shows"


@pytest.mark.slow
@pytest.mark.parametrize("example", [pytest.param(path, id=path.stem) for path in EXAMPLES])
def test_an_example_runs_without_a_warning(example: Path, tmp_path: Path) -> None:
    done = run(example, tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_warning_fails_an_example(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text("import warnings\nwarnings.warn('a change is coming', FutureWarning)\n", encoding="utf-8")
    assert run(example, tmp_path).returncode == 1
