"""The set-up script, run for real in a small tree, with stand-ins for the two things that would change the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "resources" / "setup"
TOOLS = ("sh", "env", "dirname", "uname", "cat", "cksum", "sleep", "id", "tr", "echo")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make and sh are for Linux and macOS")


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of one file whose .venv notes what pip is asked, and a PATH with neither apt-get nor sudo."""
    tree = tmp_path / "a project"
    (tree / "resources" / "setup").mkdir(parents=True)
    shutil.copy(SETUP / "prepare.sh", tree / "resources" / "setup")
    (tree / "resources" / "setup" / "linux.txt").write_text("# none\n", encoding="utf-8")
    (tree / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    script(
        tree / ".venv" / "bin" / "python",
        # As if spandrel were there, unless a file says that it is not.
        '[ "$1" = -c ] && [ "${2#*spandrel}" != "$2" ] && { [ ! -f bare ]; exit; }',
        f'[ "$1" = -c ] && exec "{sys.executable}" "$@"',
        '[ "$3" = --version ] && exit 0',
        'echo "$@" >>asked',
        "[ ! -f offline ]",
    )
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    return tree


def prepare(tree: Path, *extras: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(tree.parent / "tools"), "PYTHON": sys.executable, "HOME": str(tree)}
    command = ["/bin/sh", str(tree / "resources" / "setup" / "prepare.sh"), *extras]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=60)


def asked(tree: Path) -> list[str]:
    """What pip was asked to install, call by call."""
    notes = tree / "asked"
    return [line.split()[-1] for line in notes.read_text().splitlines()] if notes.exists() else []


def test_packages_come_once_and_again_when_the_project_changes(tree: Path) -> None:
    assert prepare(tree).returncode == 0
    assert prepare(tree).returncode == 0
    assert asked(tree) == ["."]
    (tree / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert prepare(tree).returncode == 0
    assert asked(tree) == [".", "."]


def test_spandrel_comes_alone(tree: Path) -> None:
    (tree / "bare").touch()
    assert prepare(tree).returncode == 0
    assert asked(tree) == [".", "spandrel>=0.4.2,<0.5"]
    assert "--no-deps" in (tree / "asked").read_text().splitlines()[-1]
    (tree / "bare").unlink()
    assert prepare(tree).returncode == 0
    assert len(asked(tree)) == 2


def test_extras_are_added_to_what_is_there(tree: Path) -> None:
    for extras in ((), ("test",), ("test",), (), ("test", "train")):
        assert prepare(tree, *extras).returncode == 0
    assert asked(tree) == [".", ".[test]", ".[test,train]"]


def test_a_failed_download_is_tried_three_times_and_then_said(tree: Path) -> None:
    (tree / "offline").touch()
    (tree.parent / "tools" / "sleep").unlink()
    script(tree.parent / "tools" / "sleep", "exit 0")
    done = prepare(tree)
    assert done.returncode == 1
    assert len(asked(tree)) == 3
    assert "check the connection" in done.stderr.splitlines()[-1]
    (tree / "offline").unlink()
    assert prepare(tree).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has its libraries apart")
def test_a_missing_library_that_may_not_be_installed_is_named_with_its_package(tree: Path) -> None:
    libraries = tree / "resources" / "setup" / "linux.txt"
    libraries.write_text("# few\nlibc.so.6 libc6\nlibnowhere.so.9 libnowhere9\n", encoding="utf-8")
    done = prepare(tree)
    assert done.returncode == 0
    assert "sudo apt-get install libnowhere9'" in done.stderr
    assert "libc6" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="installs as root")
def test_a_missing_library_is_installed_where_that_is_allowed(tree: Path) -> None:
    (tree / "resources" / "setup" / "linux.txt").write_text("libnowhere.so.9 libnowhere9\n", encoding="utf-8")
    script(tree.parent / "tools" / "apt-get", f'echo "$@" >>"{tree}/apt"')
    done = prepare(tree)
    assert done.returncode == 0
    update, install = (tree / "apt").read_text().splitlines()
    assert update.endswith(" update")
    assert install.endswith("install -y --no-install-recommends libnowhere9")


def test_a_wrong_python_is_not_taken(tree: Path) -> None:
    script(tree.parent / "tools" / "python3", "exit 1")
    environment = {"PATH": str(tree.parent / "tools"), "HOME": str(tree)}
    command = ["/bin/sh", str(tree / "resources" / "setup" / "prepare.sh")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("install one, then run the same command again.")


def test_the_script_takes_the_pythons_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (SETUP / "prepare.sh").read_text(encoding="utf-8")


def test_every_line_of_the_list_is_a_library_and_a_package() -> None:
    lines = [line for line in (SETUP / "linux.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert len(lines) > 20
    assert not [line for line in lines if not re.fullmatch(r"lib[\w+.-]+\.so\.\d+ +[a-z0-9+.-]+", line)]
