"""Runs the packaged program's selftest as a stranger's machine would have it: `python -m tests.frozen [FOLDER]`.

On Linux with no Python on PATH, no network, a home with spaces and accents, and an install folder that takes nothing
(by namespaces of its own, where the system gives them; it says which of these could not be had). Elsewhere with the
home alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from models.sizes import size

ROOT = Path(__file__).resolve().parent.parent
HOME = "Zoë Ångström's home"
# What people get, and the program in it.
PACKAGE = "Everyform.app" if sys.platform == "darwin" else "Everyform"
PROGRAM = {"darwin": "Contents/MacOS/Everyform", "win32": "Everyform.exe"}.get(sys.platform, "Everyform")
# The install folder is mounted over itself, read-only; the new network has not even a loopback that is up.
_ALONE = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
_NAMESPACES = ("unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", _ALONE, "sh")
# What a person's session has, and nothing else: the rest of this environment names a Python.
_KEPT = ("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "QT_QPA_PLATFORM", "SYSTEMROOT", "TEMP", "TMP")
# With the CPU build of torch.
MOST_BYTES = 1_600_000_000


def main(words: list[str]) -> int:
    """The selftest's own exit code, 1 where the program is too large; 2 where there is no packaged program."""
    folder = Path(words[0] if words else ROOT / "dist" / PACKAGE).resolve()
    program = folder / PROGRAM
    if not program.exists():
        print(f"{program} is not there: `make package` writes it.", file=sys.stderr)
        return 2
    weighs = sum(file.lstat().st_size for file in folder.rglob("*") if file.is_symlink() or file.is_file())
    print(f"{folder.name}: {size(weighs)}, of {size(MOST_BYTES)} at the most")
    with tempfile.TemporaryDirectory(prefix="everyform-") as place:
        home = Path(place) / HOME
        home.mkdir()
        report = home / "report.txt"
        theirs, alone = _environment(home), _alone(folder)

        def run(*words: str) -> int:
            command = [str(program), *words]
            if alone:  # which need this PATH, and the program is to have another
                command = [*alone, "env", "-i", *(f"{name}={value}" for name, value in theirs.items()), *command]
            return subprocess.run(command, env=None if alone else theirs, cwd=home, check=False).returncode

        code = run("--selftest", "--report", str(report))
        if sys.platform.startswith("linux"):
            code = code or _menu(run, program, home)
        if not report.exists():
            print("It wrote no report.")
        elif sys.platform == "win32":  # where it has no voice of its own
            print(report.read_text("utf-8"))
        left = sorted(str(file.relative_to(home)) for file in home.rglob("*") if file.is_file() and file != report)
        print("Left in the home:", ", ".join(left) or "nothing")
    return code or int(weighs > MOST_BYTES)


def _menu(run: Callable[..., int], program: Path, home: Path) -> int:
    """Into the menu and out again: 0 where both worked."""
    entry = home / ".local" / "share" / "applications" / "everyform.desktop"
    there = run("--install-menu-entry") == 0 and entry.is_file() and f"TryExec={program}\n" in entry.read_text("utf-8")
    gone = run("--remove-menu-entry") == 0 and not entry.exists()
    print("Menu entry:", "comes and goes" if there and gone else "FAILED")
    return int(not (there and gone))


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name in _KEPT if (value := os.environ.get(name))}
    places = {"HOME": home, "USERPROFILE": home, "APPDATA": home / "AppData", "LOCALAPPDATA": home / "AppData"}
    return kept | {name: str(place) for name, place in places.items()} | {"PATH": str(home / "no programs")}


def _alone(folder: Path) -> list[str]:
    """What to put before a command, so that it has no network and cannot write where the program lies."""
    if sys.platform.startswith("linux") and shutil.which("unshare"):
        alone = [*_NAMESPACES, str(folder)]
        if subprocess.run([*alone, "true"], check=False).returncode == 0:
            return alone
    print("No namespaces here: it has the network, and may write where it lies.", file=sys.stderr)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
