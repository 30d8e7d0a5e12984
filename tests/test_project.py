"""The project's own rules, so that nobody has to remember them."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("circuits", "crossbar")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST = 400
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LATE = {"dask", "h5netcdf", "h5py", "matplotlib", "numba", "pandas", "xarray"}  # each takes 0.1 s to 1 s to import

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Functions, classes and methods a user can reach: no leading underscore anywhere on the way."""
    pending: list[ast.Module | ast.ClassDef] = [tree]
    while pending:
        for node in pending.pop().body:
            if isinstance(node, Definition) and not node.name.startswith("_"):
                yield node
                if isinstance(node, ast.ClassDef):
                    pending.append(node)


def late_imports(tree: ast.Module) -> list[int]:
    """Line numbers of imports of our own packages inside a function."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    imports = [
        node
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and own_import(node)
    ]
    return sorted({node.lineno for node in imports})


def endless_waits(tree: ast.Module) -> list[int]:
    """Line numbers of calls that wait for a process or a thread with no limit."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return sorted(call.lineno for call in calls if waits_for_ever(ast.unparse(call.func), call))


def waits_for_ever(name: str, call: ast.Call) -> bool:
    if name in {"subprocess.run", "subprocess.check_output", "subprocess.check_call"}:
        return "timeout" not in {keyword.arg for keyword in call.keywords}
    if name == "os.waitpid":
        return True
    return name.rpartition(".")[2] in {"wait", "communicate", "join"} and not (call.args or call.keywords)


def own_import(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] in PACKAGES
    return any(alias.name.split(".")[0] in PACKAGES for alias in node.names)


def tracked() -> list[Path]:
    """Every file git would carry: committed, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def requirements() -> list[str]:
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    every = [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"]]
    return sorted({re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in every})


def test_both_packages_have_sources() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(PACKAGES)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_fits_in_one_sitting(path: Path) -> None:
    assert len(read(path).splitlines()) <= LONGEST


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = ast.parse(read(path))
    bare = [f"{node.name} (line {node.lineno})" for node in definitions(tree) if not ast.get_docstring(node)]
    assert not bare
    assert ast.get_docstring(tree) or not tree.body


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_our_own_modules_are_imported_at_the_top(path: Path) -> None:
    assert late_imports(ast.parse(read(path))) == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=named)
def test_no_test_waits_for_ever(path: Path) -> None:
    """Guard: the whole suite stood still, idle, where one test waited for a process that nobody had ended."""
    assert endless_waits(ast.parse(read(path))) == []


def test_the_checks_above_see_what_they_should() -> None:
    tree = ast.parse("class A:\n def b(self):\n  from circuits import units\n  import numpy\n def _c(self): ...\n")
    assert [node.name for node in definitions(tree)] == ["A", "b"]
    assert late_imports(tree) == [3]
    waits = "subprocess.run(a)\nsubprocess.run(a, timeout=1)\nb.wait()\nb.wait(1)\n','.join(c)\nos.waitpid(1, 0)\n"
    assert endless_waits(ast.parse(waits)) == [1, 3, 6]


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import json, sys, {package}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert LATE.isdisjoint(json.loads(done.stdout))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_declares_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("name", requirements())
def test_contributing_gives_the_reason_for_a_dependency(name: str) -> None:
    assert re.search(rf"^\| `{re.escape(name)}` \|[^|]*\w{{3}}[^|]*\|$", read(ROOT / "CONTRIBUTING.md"), re.MULTILINE)


def test_contributing_names_no_dependency_that_is_gone() -> None:
    assert set(re.findall(r"^\| `([\w.-]+)` \|", read(ROOT / "CONTRIBUTING.md"), re.MULTILINE)) == set(requirements())


def test_decisions_are_numbered_once_and_have_the_sections_of_the_template() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert len(numbers) == len(set(numbers)) >= 2
    sections = re.findall(r"^## .*$", read(decisions[0]), re.MULTILINE)
    assert numbers[0] == "0000"
    assert sections
    for path in decisions:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+", path.stem)
        assert re.findall(r"^## .*$", read(path), re.MULTILINE) == sections, path.name


def test_one_version_everywhere() -> None:
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["project"]["version"] == importlib.metadata.version("liwes")


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    folders = "root|work|tmp|home|Users"
    hosts = ("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"), ("debian", "org"), ("ubuntu", "com")
    registries = "|".join(rf"\b{name}\.{ending}\b" for name, ending in hosts)
    local = re.compile(rf"(?<![\w.$}}])/(?:{folders})/|(?<![\w/])(?:\.\./)?{'shared'}/|{registries}")
    assert local.search("open('/" + "root/x')")
    assert local.search("../" + "shared" + "/style.md")
    assert not local.search("a/work/b ./work/c PySpice/Shared/ C:/Users")
    found = [
        f"{named(path)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if local.search(line)
    ]
    assert not found
