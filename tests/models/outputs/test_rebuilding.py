"""The list brought in line with the folders, whatever has become of these meanwhile."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models import folders
from models.outputs import kept, read
from models.outputs.library import Library
from tests.models.outputs import foreign_files
from tests.models.outputs.test_library import make


def test_a_second_rebuilding_reads_only_what_is_new(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    made = [make(library, seed) for seed in range(3)]
    looked: list[Path] = []
    once = read.settings_and_size
    monkeypatch.setattr(read, "settings_and_size", lambda path: looked.append(Path(path)) or once(path))
    assert library.rebuild() == 3 and looked == []
    Image.new("RGB", (50, 40)).save(made[0].path)  # another picture, which is none of ours
    assert library.rebuild() == 2 and looked == [Path(made[0].path)]


def test_a_linked_folder_brings_what_other_programs_made(home: Path, tmp_path: Path) -> None:
    library = Library()
    make(library, 1)
    theirs = tmp_path / "ComfyUI" / "output" / "today"
    theirs.mkdir(parents=True)
    wanted = {}
    for source, name, fill in foreign_files.FILES:
        if name.endswith((".png", ".webp")):
            fill(theirs / name)
            wanted[name] = source
    Image.new("RGB", (8, 8)).save(theirs / "no settings.png")
    assert library.rebuild() == 1
    library.link(tmp_path / "ComfyUI")
    assert library.linked() == (tmp_path / "ComfyUI",) and library.rebuild() == 1 + len(wanted)
    found = {Path(item.path).name: item for item in library.items("boat model:juggernaut steps:28")}
    assert {name: found[name].settings["source"] for name in wanted if "wan2gp" not in name} == {
        name: source for name, source in wanted.items() if source != "wan2gp"
    }
    assert found["comfyui.png"].seed == foreign_files.SEED and found["comfyui.png"].settings["unread"]
    library.keep([found["comfyui.png"].id], lambda was: replace(was, rating=5))
    library.path.unlink()
    assert library.rebuild() == 1 + len(wanted) and library.count("rating:5") == 1
    library.unlink(tmp_path / "ComfyUI")
    assert library.linked() == () and library.count() == 1 and (theirs / "comfyui.png").is_file()


def test_a_renamed_file_keeps_what_was_said_of_it(home: Path, tmp_path: Path) -> None:
    library = Library()
    named, moved, stays = (make(library, seed) for seed in range(1, 4))
    said = kept.Kept(True, 4, ("Harbours",))
    library.keep([named.id, moved.id, stays.id], lambda was: said)
    new = Path(named.path).with_name("Zoë’s boat ⛵.png")
    Path(named.path).rename(new)
    (folders.outputs() / "best").mkdir()
    Path(moved.path).rename(folders.outputs() / "best" / "boat.png")
    (folders.outputs() / "copy.png").write_bytes(Path(stays.path).read_bytes())  # another file, with nothing said of it
    assert library.rebuild() == 4
    found = {Path(item.path).name: item for item in library.items()}
    assert (found[new.name].id, found[new.name].kept, found[new.name].seconds) == (named.id, said, named.seconds)
    assert found["boat.png"].id == moved.id and found["boat.png"].kept == said
    assert found["copy.png"].kept == kept.Kept() and found[Path(stays.path).name].kept == said
    library.path.unlink()  # it was noted beside the files, and no more by the old name
    assert library.rebuild() == 4 and library.count('board:Harbours rating:4 "zoë’s"') == 1
    assert set(kept.read(folders.outputs())) == {new.name, Path(stays.path).name}


def test_no_file_keeps_the_others_from_being_found(home: Path, tmp_path: Path) -> None:
    library = Library()
    place = tmp_path / "theirs"
    (place / ".Trash-1000" / "files").mkdir(parents=True)
    library.link(place)
    write_ = foreign_files.png
    write_(everyform='{"everyform": 1, "prompt": "half a letter \\ud83d", "seed": 1}')(place / "half.png")
    write_(parameters='boat\nSteps: 20, Sampler: "x\\ud83d", Seed: 1')(place / "quoted.png")
    write_(parameters=foreign_files.A1111)(place / ".Trash-1000" / "files" / "binned.png")
    write_(parameters=foreign_files.A1111)(place / "last.png")
    text = '{"everyform": 1, "prompt": "a story", "settings": {"width": 1180591620717411303424, "height": 3}}'
    (place / "large.md").write_text(f"Words.\n\n<!-- everyform {text} -->\n")
    if os.name == "posix":
        os.mkfifo(place / "a pipe.png")
        with contextlib.suppress(OSError):  # macOS takes no such name
            write_(parameters=foreign_files.A1111)(place / "odd.png")
            (place / "odd.png").rename(place / os.fsdecode(b"\xff.png"))
    assert library.rebuild() == 4
    found = {Path(item.path).name: item for item in library.items()}
    assert set(found) == {"half.png", "quoted.png", "last.png", "large.md"}
    assert found["half.png"].prompt == "half a letter ?" and found["large.md"].width == 0


def test_a_file_that_breaks_its_reader_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    made = [make(library, seed) for seed in range(3)]
    library.path.unlink()
    once = read.settings_and_size

    def fails(path: Path) -> object:
        if str(path) == made[1].path:
            raise RecursionError("maximum recursion depth exceeded")
        return once(path)

    monkeypatch.setattr(read, "settings_and_size", fails)
    assert library.rebuild() == 2 and library.get(made[1].path) is None


def test_looking_can_be_ended_where_nothing_is_new(home: Path) -> None:
    library = Library()
    first = make(library, 0)
    for k in range(100):
        copy = Path(first.path).with_name(f"copy {k}.png")
        copy.write_bytes(Path(first.path).read_bytes())
    library.rebuild()

    def enough(found: int) -> None:
        raise InterruptedError(found)

    with pytest.raises(InterruptedError, match="100"):
        library.rebuild(progress=enough)
    assert library.count() == 101


def test_what_lies_on_a_disk_that_was_taken_out_stays_on_the_list(home: Path, tmp_path: Path) -> None:
    library = Library()
    disk = tmp_path / "media" / "STICK"
    place = disk / "ComfyUI"
    place.mkdir(parents=True)
    for name in ("one.png", "two.png"):
        foreign_files.png(parameters=foreign_files.A1111)(place / name)
    library.link(place)
    assert library.rebuild() == 2
    disk.rename(tmp_path / "drawer")
    assert library.rebuild() == 0 and library.count() == 2
    (tmp_path / "drawer").rename(disk)
    (place / "one.png").unlink()
    assert library.rebuild() == 1 and library.count() == 1
    (place / "two.png").unlink()
    place.rmdir()  # deleted by hand: the disk is there
    assert library.rebuild() == 0 and library.count() == 0
