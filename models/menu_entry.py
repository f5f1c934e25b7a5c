"""The program in the menu of a Linux desktop: an entry and its icons below the person's own XDG data home.

The words are those of freedesktop.org: the Desktop Entry Specification for the file and how a command is quoted in it,
the Icon Theme Specification for where icons lie, the Base Directory Specification for the data home. Nothing is run and
nobody is asked: menus watch these folders.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from models import folders, program
from models.outputs import atomic, place, write
from models.protocol import BadInput

NAME = "everyform"  # as the window calls itself on the desktop, too, so that its icon is found
ENTRY = f"{NAME}.desktop"
_PLAIN = re.compile(r"[\w@+,./:-]+", re.ASCII)


def data_home() -> Path:
    """Where what belongs to this person alone lies; a relative XDG_DATA_HOME does not count."""
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    return given if given.is_absolute() else Path.home() / ".local" / "share"


def install(command: Sequence[str] = ()) -> Path:
    """Put the entry into this person's menu, in place of an older one; where it lies. It starts `command`, this program
    where none is given. Raises BadInput."""
    _has_such_menus()
    words = tuple(command) or tuple(program.command())
    text = entry(words)
    target = data_home() / "applications" / ENTRY
    try:
        for icon, at in _icons():
            at.parent.mkdir(parents=True, exist_ok=True)
            with atomic.replacing(at) as temporary:
                shutil.copyfile(icon, temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(target, text)
        _tell_icons_changed()
    except OSError as error:
        raise BadInput(place.sentence(error, data_home())) from error
    return target


def remove() -> list[Path]:
    """Take the entry and its icons away again; what was there of it. Raises BadInput."""
    _has_such_menus()
    there = [path for path in (data_home() / "applications" / ENTRY, *(at for _, at in _icons())) if path.is_file()]
    try:
        for path in there:
            path.unlink()
        _tell_icons_changed()
    except OSError as error:
        raise BadInput(place.sentence(error, data_home())) from error
    return there


def entry(command: Sequence[str]) -> str:
    """The shipped entry for a program at this place. Raises BadInput where no entry can name it."""
    first = command[0]
    # The specification has no way to write an equals sign in a program's name, nor anything that is not UTF-8.
    if "=" in first or any(sign in word for word in command for sign in "\n\r") or not write.is_text("".join(command)):
        raise BadInput(f"No menu can start {first!r}: move the program to a folder with a plainer name.")
    lines: list[str] = []
    for line in (folders.resources() / "setup" / "packaging" / ENTRY).read_text("utf-8").splitlines():
        if line.startswith("Exec="):
            # Where the program has been deleted, menus leave its entry out.
            # GLib looks for a program by its name as it is written, with each percent sign twice, and finds none.
            words = ("/usr/bin/env", *command) if "%" in first else command
            lines += [f"TryExec={_string(first)}", f"Exec={_string(' '.join(map(_quoted, words)))}"]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    """One word of a command. A percent sign stands for a file, so it is written twice."""
    word = word.replace("%", "%%")
    return word if _PLAIN.fullmatch(word) else '"' + re.sub(r'(["`$\\])', r"\\\1", word) + '"'


def _string(value: str) -> str:
    """Every value is read as a string first, in which a backslash stands for itself twice."""
    return value.replace("\\", "\\\\")


def _icons() -> list[tuple[Path, Path]]:
    """Each shipped icon, and where menus look for one of its size."""
    drawn = folders.resources() / "icons"
    theme = data_home() / "icons" / "hicolor"
    found = [(drawn / f"{NAME}.svg", theme / "scalable" / "apps" / f"{NAME}.svg")]
    for picture in sorted(drawn.glob(f"{NAME}-*.png")):
        side = picture.stem.rpartition("-")[2]
        found.append((picture, theme / f"{side}x{side}" / "apps" / f"{NAME}.png"))
    return found


def _tell_icons_changed() -> None:
    """What has the icons in memory reads them again once their folder is newer."""
    theme = data_home() / "icons" / "hicolor"
    if theme.is_dir():
        os.utime(theme)


def _has_such_menus() -> None:
    """Raises BadInput on the two systems that have others."""
    instead = {"darwin": "drag Everyform.app into Applications", "win32": "pin Everyform.exe to Start"}
    if sys.platform in instead:
        raise BadInput(f"A menu entry of this kind is for Linux: {instead[sys.platform]} instead.")
