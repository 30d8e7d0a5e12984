"""tools/ngspice-setup on machines this one is not: no ngspice, no root, no network, an old Debian."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "tools" / "ngspice-setup"
REAL = ("awk", "cat", "dirname", "grep", "head", "ls", "mkdir", "realpath", "sed", "sh")
FOUND = {"ngspice": "echo '** ngspice-46 : Circuit level simulation program'", "ldconfig": "echo libngspice.so.0"}


class Machine:
    """A folder of stand-in programs; `run` runs the script with nothing else on PATH."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.log = folder / "bin", folder / "log"
        self.bin.mkdir()
        self.log.touch()
        for name in REAL:
            (self.bin / name).symlink_to(str(shutil.which(name)))
        self.program("ldconfig", "exit 0")
        self.program("id", "echo 1000")
        self.sources = folder / "apt"
        (self.sources / "sources.list.d").mkdir(parents=True)
        self.release = folder / "os-release"
        self.release.write_text("VERSION_CODENAME=bookworm\n", encoding="utf-8")

    def program(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{body}\n', encoding="utf-8")
        path.chmod(0o755)

    def ngspice(self) -> None:
        for name, body in FOUND.items():
            self.program(name, body)

    def apt(self, *, works: bool) -> None:
        """apt-get as root; when it works, ngspice is there afterwards."""
        self.program("id", "echo 0")
        made = "".join(f'\nprintf "#!/bin/sh\\n%s\\n" "{body}" > "{self.bin / name}"' for name, body in FOUND.items())
        chmod = f'\n{shutil.which("chmod")} +x "{self.bin / "ngspice"}"'
        self.program("apt-get", f'[ "$1" = update ] && exit 0{made}{chmod}' if works else "exit 100")
        self.program("apt-cache", "exit 0")

    def unpacking(self) -> None:
        """dpkg, which leaves a library where it is told to."""
        (self.sources / "sources.list").write_text("deb http://mirror.example/debian bookworm main\n", encoding="utf-8")
        here, touch = "../usr/lib/some", shutil.which("touch")
        self.program("dpkg", f'[ "$1" = -x ] && mkdir -p {here} && {touch} {here}/libngspice.so.0')

    def run(self, choice: str = "system") -> tuple[int, str]:
        variables = {
            "PATH": str(self.bin),
            "NGSPICE": choice,
            "APT_SOURCES": str(self.sources),
            "OS_RELEASE": str(self.release),
            "SYSTEM_PATH": "",
            "BESIDE": str(self.bin.parent / "beside"),
        }
        done = subprocess.run([SCRIPT], env=variables, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def installs(self) -> list[str]:
        return [call for call in self.calls if call.startswith("apt-get install")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_is_there_is_left_alone(machine: Machine) -> None:
    machine.ngspice()
    machine.program("apt-get", "exit 100")
    assert machine.run() == (0, "ngspice: version 46 and its shared library are here\n")
    assert not machine.installs()


def test_root_installs_the_program_and_the_library_and_says_so(machine: Machine) -> None:
    machine.apt(works=True)
    code, said = machine.run()
    assert code == 0
    assert "running: apt-get update && apt-get install" in said
    assert "version 46 and its shared library are installed" in said
    assert machine.installs() == ["apt-get install -y --no-install-recommends ngspice libngspice0 libngspice0-dev"]


def test_without_root_one_command_is_named_and_setup_goes_on(machine: Machine) -> None:
    machine.program("apt-get", "exit 100")
    code, said = machine.run()
    assert code == 0
    assert said.count("Run: sudo sh -c 'apt-get update && apt-get install") == 1
    assert "everything works without it" in said
    assert not machine.installs()


def test_without_a_network_setup_goes_on(machine: Machine) -> None:
    machine.apt(works=False)
    code, said = machine.run()
    assert code == 0
    assert "package manager failed" in said
    assert "everything works without it" in said


def test_none_touches_nothing(machine: Machine) -> None:
    machine.apt(works=True)
    code, said = machine.run("none")
    assert code == 0
    assert "everything works without it" in said
    assert not machine.installs()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources.list", "deb [signed-by=/x.gpg] http://mirror.example/debian bookworm main\n"),
        (
            "sources.list.d/a.sources",
            "URIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n",
        ),
    ],
    ids=["one line", "deb822"],
)
def test_backports_come_from_the_mirror_in_use(machine: Machine, file: str, text: str) -> None:
    machine.apt(works=True)
    (machine.sources / file).write_text(text, encoding="utf-8")
    code, said = machine.run("backports")
    assert code == 0
    assert "version 46 is installed" in said
    added = (machine.sources / "sources.list.d" / "bookworm-backports.list").read_text(encoding="utf-8")
    assert added == "deb http://mirror.example/debian bookworm-backports main\n"
    assert "-t bookworm-backports " in machine.installs()[0]


def test_backports_that_cannot_be_had_fall_back_and_name_the_version(machine: Machine) -> None:
    machine.apt(works=True)
    code, said = machine.run("backports")
    assert code == 0
    assert "going on with version 39 of Debian 12" in said
    assert machine.installs() == ["apt-get install -y --no-install-recommends ngspice libngspice0 libngspice0-dev"]


def test_backports_are_for_debian_12_only(machine: Machine) -> None:
    machine.ngspice()
    machine.release.write_text("VERSION_CODENAME=trixie\n", encoding="utf-8")
    code, said = machine.run("backports")
    assert code == 0
    assert "is for Debian 12" in said
    assert not machine.installs()


def test_an_unknown_choice_says_what_is_allowed(machine: Machine) -> None:
    code, said = machine.run("yes")
    assert code == 2
    assert "allowed is system, backports, beside or none; write NGSPICE=system" in said


def test_beside_goes_into_a_folder_of_its_own_without_root_and_only_once(machine: Machine) -> None:
    machine.ngspice()
    machine.program("apt-get", "exit 0")
    machine.unpacking()
    code, said = machine.run("beside")
    assert code == 0
    assert "the system stays as it is" in said
    assert "version 46 with KLU is in" in said
    calls = [call for call in machine.calls if call.startswith("apt-get")]
    assert [call.split()[-1] for call in calls] == ["update", "libngspice0/bookworm-backports"]
    assert all("Dir::State::lists=" in call and "beside/apt/lists" in call for call in calls)
    assert not machine.installs()
    assert list((machine.sources / "sources.list.d").iterdir()) == []
    assert machine.run("beside") == (0, said.splitlines()[-1] + "\n")
    assert len([call for call in machine.calls if call.startswith("apt-get")]) == len(calls)


def test_beside_without_a_network_the_system_has_to_do(machine: Machine) -> None:
    machine.apt(works=False)
    machine.unpacking()
    code, said = machine.run("beside")
    assert code == 0
    assert "the benchmark takes the ngspice this system has" in said


def test_peers_name_what_they_cannot_install(machine: Machine, tmp_path: Path) -> None:
    machine.program("apt-get", "exit 100")
    machine.program("sudo", "exit 1")
    variables = {"PATH": str(machine.bin), "SYSTEM_PATH": "", "APT_SOURCES": str(machine.sources)}
    script = SCRIPT.with_name("peers")
    done = subprocess.run([script, tmp_path], env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "badcrossbar needs the headers of cairo. Run: sudo sh -c 'apt-get update" in done.stdout
    assert "crosssim is in no package index" in done.stdout
