"""The entry in a Linux desktop's menu: where it lies, what it starts, and that nothing is left of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import main
from models import folders, menu_entry
from models.protocol import BadInput

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="menus of this kind are Linux's")
ODD = '/opt/Zoë\'s "best" $HOME 100% `x` \\ programs/Everyform'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "données"))
    return tmp_path / "données"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def words(text: str) -> list[str]:
    """An Exec line as the specification reads it: a string's escapes first, then quotes, then field codes."""
    value = next(line.removeprefix("Exec=") for line in text.splitlines() if line.startswith("Exec="))
    found, quoted, word, at = [], False, "", 0
    value = value.replace("\\\\", "\\")
    while at < len(value):
        sign = value[at]
        if quoted and sign == "\\":
            at += 1
            word += value[at]
        elif sign == '"':
            quoted = not quoted
        elif sign == " " and not quoted:
            found.append(word)
            word = ""
        else:
            word += sign
        at += 1
    assert not quoted
    return [part.replace("%%", "%") for part in (*found, word)]


def test_it_is_put_there_with_its_icons_and_taken_away(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    (data / "mine.txt").write_text("mine")
    assert main.main(["--install-menu-entry"]) == 0
    entry = data / "applications" / "everyform.desktop"
    assert capsys.readouterr().out.strip() == str(entry)
    said = entry.read_text("utf-8")
    assert words(said) == menu_entry.program.command() and f"TryExec={sys.executable}\n" in said
    drawn = len(list((folders.resources() / "icons").glob("everyform-*.png"))) + 1
    theme = data / "icons" / "hicolor"
    assert len(files(theme)) == drawn >= 7 and (theme / "48x48" / "apps" / "everyform.png").is_file()
    assert (theme / "scalable" / "apps" / "everyform.svg").is_file()
    assert main.main(["--install-menu-entry"]) == 0  # again, as after a move
    assert len(files(data)) == drawn + 2
    assert main.main(["--remove-menu-entry"]) == 0
    assert files(data) == {"mine.txt"}
    assert main.main(["--remove-menu-entry"]) == 0
    assert "was not in the menu" in capsys.readouterr().err


def test_a_place_with_odd_signs_is_started_all_the_same(data: Path) -> None:
    assert words(menu_entry.entry([ODD, "--theme=dark"])) == ["/usr/bin/env", ODD, "--theme=dark"]
    assert words(menu_entry.entry(["/opt/a $b/Everyform", "50%"])) == ["/opt/a $b/Everyform", "50%"]
    assert "Exec=/opt/everyform/Everyform\n" in menu_entry.entry(["/opt/everyform/Everyform"])
    for never in ("/opt/a=b/Everyform", "/opt/a\nb/Everyform", "/opt/\udcff/Everyform"):
        with pytest.raises(BadInput, match="plainer name"):
            menu_entry.entry([never])


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-utils is not here")
@pytest.mark.parametrize("program", ["/opt/everyform/Everyform", ODD])
def test_the_validator_of_freedesktop_has_nothing_to_say(data: Path, program: str) -> None:
    path = menu_entry.install([program])
    for file in (path, folders.resources() / "setup" / "packaging" / "everyform.desktop"):
        told = subprocess.run(["desktop-file-validate", str(file)], capture_output=True, text=True, check=False)
        assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_a_home_that_takes_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(BadInput, match="choose a folder"):
        menu_entry.install()
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert menu_entry.data_home() == Path.home() / ".local" / "share"


def test_other_systems_have_menus_of_their_own(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for platform, instead in (("darwin", "Applications"), ("win32", "pin Everyform.exe")):
        monkeypatch.setattr(sys, "platform", platform)
        for deed in (menu_entry.install, menu_entry.remove):
            with pytest.raises(BadInput, match=instead):
                deed()
    assert not data.exists()


@pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's launcher is not here")
@pytest.mark.parametrize("folder", ['Zoë\'s "best" $HOME `x` \\ programs', "100% %f"])
def test_a_desktop_starts_what_the_entry_says(data: Path, tmp_path: Path, folder: str) -> None:
    program, said = tmp_path / folder / "Everyform", tmp_path / "said"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" > "{said}.part" && mv "{said}.part" "{said}"\n')
    program.chmod(0o755)
    path = menu_entry.install([str(program), "two words", "$x", "50%"])
    subprocess.run(["gio", "launch", str(path)], check=True, timeout=100)
    until = time.monotonic() + 100  # it is started, and not waited for
    while not said.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert said.read_text("utf-8").splitlines() == [str(program), "two words", "$x", "50%"]
