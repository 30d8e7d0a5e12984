"""What the documents show works: every Python block runs, every `liwes` command exits 0, every make target exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"^([a-z][\w-]*):", re.MULTILINE)
UNRUN = {"cd", "git", "sudo", "brew", "export"}  # they fetch or change the reader's machine
IF_INSTALLED = {"ngspice"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its document, the line of its fence, its language and text; slow after `<!-- slow -->`."""

    path: Path
    line: int
    language: str
    text: str
    slow: bool

    @property
    def name(self) -> str:
        """Where a reader finds it."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks(path: Path) -> list[Block]:
    """Every fenced block of the document `path`."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            path,
            text.count("\n", 0, match.start()) + 1,
            match[1],
            match[2],
            text[: match.start()].rstrip().endswith("<!-- slow -->"),
        )
        for match in FENCE.finditer(text)
    ]


def commands(block: Block) -> list[list[str]]:
    """The words of each command: in a console block the lines after `$ `, in a sh block every line; no comments."""
    text = block.text.replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    parts = [part for line in lines for part in line.split("&&")]
    return [words for part in parts if (words := shlex.split(part, comments=True))]


def marked(parameters: list[Block]) -> list[object]:
    """The blocks as test parameters, the slow ones marked."""
    return [pytest.param(b, id=b.name, marks=[pytest.mark.slow] if b.slow else []) for b in parameters]


def run(words: list[str], folder: Path) -> None:
    """Run one command of a document in `folder`, or check that its make target exists."""
    while "=" in words[0]:  # NGSPICE=backports make setup
        words = words[1:]
    program, arguments = Path(words[0]).name, words[1:]
    if program == "make":
        wanted = {word for word in arguments if "=" not in word and not word.startswith("-")}
        assert wanted <= set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
        return
    if program in UNRUN or (program in IF_INSTALLED and shutil.which(program) is None):
        return
    beside = {"liwes": Path(sys.executable).with_name("liwes"), "python": Path(sys.executable)}
    known = {name: str(path) for name, path in beside.items()} | {name: name for name in IF_INSTALLED}
    assert program in known, f"no test can run {shlex.join(words)!r}: show a liwes, make, python or ngspice command"
    command = [known[program], *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, f"{shlex.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}"


EVERY = [block for path in DOCUMENTS if path.is_file() for block in blocks(path)]
PYTHON = sorted({block.path for block in EVERY if block.language == "python"})
SHELL = [block for block in EVERY if block.language in {"console", "sh"}]


def test_the_readme_shows_code_before_line_15_and_the_two_commands() -> None:
    readme = [block for block in EVERY if block.path.name == "README.md"]
    assert readme, "README.md is missing or shows nothing"
    assert readme[0].line < 15
    shown = [words for block in readme if block.language in {"console", "sh"} for words in commands(block)]
    assert ["make", "demo"] in shown
    assert ["make", "test"] in shown


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in PYTHON])
def test_the_python_of_a_document_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__document__"}
    for block in blocks(path):
        if block.language == "python":
            padded = "\n" * block.line + block.text  # a traceback then names the document's own line
            exec(compile(padded, str(path), "exec"), namespace)  # noqa: S102  our own document


@pytest.mark.parametrize("block", marked(SHELL))
def test_the_commands_of_a_block_exit_0_in_an_empty_folder(block: Block, tmp_path: Path) -> None:
    for words in commands(block):
        run(words, tmp_path)


def test_a_failing_command_or_a_missing_target_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="gave 3"):
        run(["python", "-c", "raise SystemExit(3)"], tmp_path)
    with pytest.raises(AssertionError, match="no test can run"):
        run(["curl", "somewhere"], tmp_path)
    with pytest.raises(AssertionError):
        run(["NGSPICE=none", "make", "nothing"], tmp_path)
