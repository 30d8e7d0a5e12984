"""Print a constraints file that pins every dependency of pyproject.toml to its lower bound."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def lowest(pyproject: Path) -> list[str]:
    """`name==bound` for each requirement of the package and its `test` extra."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [re.sub(r"[>=]=", "==", requirement) for requirement in requirements]


if __name__ == "__main__":
    print("\n".join(lowest(Path(__file__).parents[1] / "pyproject.toml")))
