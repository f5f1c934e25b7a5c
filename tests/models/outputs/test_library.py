"""The index of what was made: used from several processes, and made again from the files whenever it breaks."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import random
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models import folders
from models.outputs import finding, kept, query, write
from models.outputs.library import Item, Library
from models.outputs.media import Picture
from models.protocol import Request


def make(library: Library, seed: int, prompt: str = "a boat", folder: Path | None = None, format: str = "") -> Item:
    request = Request("scenes", "/models/scenes", "latent-diffusion", "text-to-picture", prompt, seed=seed)
    picture = Picture(Image.new("RGB", (24, 16), (seed % 256, 0, 0)))
    path, record = write.save(picture, request, "Scenes", folder or folders.outputs(), format)
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seed)
    return library.add(path, "picture", record, seconds=seed / 10, created=moment)


def test_what_was_added_is_found_newest_first(home: Path) -> None:
    library = Library()
    for seed in range(5):
        make(library, seed, f"Ein Öltanker, 100% {'blue_green' if seed % 2 else 'red'}")
    assert [item.seed for item in library.items()] == [4, 3, 2, 1, 0]
    assert [item.seed for item in library.items(limit=2, offset=1)] == [3, 2]
    assert [item.seed for item in library.items("RED öltanker")] == [4, 2, 0]
    assert [item.seed for item in library.items("blue_")] == [3, 1]
    assert library.items("blue%green") == () and library.count("100%") == 5
    assert library.items(medium="sound") == () and library.count(medium="picture") == 5
    first = library.items()[0]
    assert (first.width, first.height, first.model, first.seconds) == (24, 16, "scenes", 0.4)
    assert first.settings["prompt"] == first.prompt and Path(first.path).is_file()
    assert library.get(first.id) == library.get(first.path) == first
    assert library.get(10**6) is None and library.get("/nowhere.png") is None
    assert library.path == home / "library.sqlite3"


def test_favourites_and_forgetting(home: Path) -> None:
    library = Library()
    item = make(library, 1)
    library.set_favourite(item.id, True)
    again = library.add(item.path, "picture", item.settings, seconds=9.0)
    assert again.id == item.id and again.favourite and again.seconds == 9.0
    library.remove(item.id)
    assert library.items() == () and Path(item.path).is_file()


def test_a_deleted_index_is_made_again_from_the_files(home: Path, tmp_path: Path) -> None:
    library = Library()
    elsewhere = tmp_path / "elsewhere"
    made = [
        make(library, s, format=f, folder=d)
        for s, f, d in ((1, "png", None), (2, "jpeg", None), (3, "webp", elsewhere))
    ]
    Image.new("RGB", (8, 8)).save(folders.outputs() / "not ours.png")
    (folders.outputs() / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf")
    before = {item.path: (item.prompt, item.settings, item.width, item.height) for item in made}
    library.path.unlink()
    fresh = Library()
    seen: list[int] = []
    assert fresh.rebuild(progress=seen.append) == 3 and seen == [3]
    assert fresh.rebuild(elsewhere) == 1
    assert {i.path: (i.prompt, i.settings, i.width, i.height) for i in fresh.items()} == before
    Path(made[0].path).unlink()
    fresh.rebuild()
    assert {i.path for i in fresh.items()} == {item.path for item in made[1:]}


def said(library: Library) -> dict[int | None, tuple[bool, int, tuple[str, ...]]]:
    return {item.seed: (item.favourite, item.rating, item.boards) for item in library.items()}


def test_what_is_said_of_files_outlives_the_index_and_follows_the_folder(home: Path, tmp_path: Path) -> None:
    library = Library()
    made = [make(library, seed) for seed in range(4)]
    assert library.keep([made[1].id, made[2].id], lambda was: replace(was, boards=("Harbours",))) == ""
    library.keep([made[2].id, made[3].id], lambda was: replace(was, rating=4, boards=(*was.boards, "Best of «all»")))
    library.set_favourite(made[3].id, True)
    wanted = {
        0: (False, 0, ()), 1: (False, 0, ("Harbours",)), 2: (False, 4, ("Best of «all»", "Harbours")),
        3: (True, 4, ("Best of «all»",)),
    }  # fmt: skip
    assert said(library) == wanted
    assert library.boards() == (("Best of «all»", 2), ("Harbours", 2)) and library.models() == (("scenes", 4),)
    with (folders.outputs() / kept.FILE).open("a") as file:
        file.write('{"file": "torn')
    library.path.unlink()
    library.rebuild()
    assert said(library) == wanted
    # After the torn line another one is written, and it counts.
    library.keep([library.items("seed:0")[0].id], lambda was: replace(was, rating=5))
    folders.outputs().rename(tmp_path / "moved")
    other = Library(tmp_path / "other.sqlite3")
    assert other.rebuild(tmp_path / "moved") == 4
    assert said(other) == wanted | {0: (False, 5, ())}


def test_another_file_of_that_name_inherits_nothing(home: Path) -> None:
    library = Library()
    item = make(library, 1)
    library.keep([item.id], lambda was: replace(was, rating=5))
    library.remove(item.id)
    Image.new("RGB", (30, 30)).save(item.path)
    assert library.add(item.path, "picture", {"prompt": "new"}).rating == 0


def test_a_folder_that_takes_no_notes_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    item = make(library, 1)

    def refuse(folder: Path, changes: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(kept, "note", refuse)
    assert "takes no notes (Permission denied)" in library.keep([item.id], lambda was: replace(was, rating=2))
    assert library.items()[0].rating == 2


def test_notes_that_are_broken_or_hostile_say_nothing(home: Path) -> None:
    folder = folders.outputs()
    folder.mkdir(parents=True)
    lines = [
        "[" * 100_000, "null", "{}",
        '{"file": 3}', '{"file": "a.png", "rating": 99, "boards": [1, "  ", "Sea\\n side"]}',
        '{"file": "b.png", "rating": true, "favourite": "yes"}', '{"file": "../c.png", "rating": 3}',
    ]  # fmt: skip
    (folder / kept.FILE).write_text("\n".join([*lines, ""]))
    assert kept.read(folder) == {"a.png": kept.Kept(boards=("Sea side",)), "../c.png": kept.Kept(rating=3)}
    for turn in range(1100):  # what no longer counts is left out in the end
        (folder / kept.FILE).open("a").write(f'{{"file": "a.png", "rating": {turn % 5 + 1}}}\n')
    kept.note(folder, {"d.png": kept.Kept(favourite=True)})
    assert len((folder / kept.FILE).read_text().splitlines()) == 3 and kept.read(folder)["d.png"].favourite


# ── searching ─────────────────────────────────────────────────────────────────


def test_a_line_of_conditions_is_read_and_written() -> None:
    line = 'boat -storm model:scenes "two words" steps:>20 rating:>=4 board:"Best of" (sea:1.3) after:2026-11-01'
    terms = query.parse(line)
    assert [(t.key, t.sign, t.value, t.without) for t in terms] == [
        ("", "", "boat", False), ("", "", "storm", True), ("model", "", "scenes", False), ("", "", "two words", False),
        ("steps", ">", "20", False), ("rating", ">=", "4", False), ("board", "", "Best of", False),
        ("", "", "(sea:1.3)", False), ("after", "", "2026-11-01", False),
    ]  # fmt: skip
    assert " ".join(term.text for term in terms) == line
    assert [t.text for t in query.parse("steps:10-20 cfg:5 is:yes https://a.b - : x:")] == [
        "steps:>=10", "steps:<=20", "guidance_scale:5", "favourite:yes", "https://a.b", ":", "x:",
    ]  # fmt: skip
    assert query.asking(line, "rating", "") == line.replace("rating:>=4 ", "")
    assert query.asking("boat", "board", "Best of") == 'boat board:"Best of"'
    assert query.value_of(line, "rating") == ">=4" and query.value_of(line, "medium") == ""


@pytest.fixture
def searched(home: Path) -> Library:
    """Six pictures: steps 10 to 60, made a day apart from the first of November."""
    library = Library()
    for k in range(6):
        settings = {"steps": 10 * (k + 1), "guidance_scale": 0.5 * k, "scheduler": ("Euler", "DPM++ 2M")[k % 2]}
        request = Request(
            "scenes" if k < 4 else "portraits", "/m", "latent-diffusion", "text-to-picture",
            ("a red sailboat", "日本の海の船", "a lighthouse, 100% fog")[k % 3], "blurry" if k == 2 else "", k,
            settings=settings | ({"enlarge": True} if k == 5 else {}),
        )  # fmt: skip
        path, record = write.save(
            Picture(Image.new("RGB", (24 + k, 16), (k, 0, 0))), request, "Mine", folders.outputs()
        )
        library.add(path, "picture", record, created=datetime.datetime(2026, 11, k + 1, 12).astimezone())
    library.keep(library.ids("seed:>=4"), lambda was: replace(was, rating=4, boards=("Best of",)))
    return library


@pytest.mark.parametrize(
    ("line", "seeds"),
    [
        ("sailboat", [3, 0]),
        ("SAIL BOAT", [3, 0]),
        ("海の船", [4, 1]),
        ("海", [4, 1]),
        ("100%", [5, 2]),
        ("-boat", [5, 4, 2, 1]),
        ('"red sail"', [3, 0]),
        ("portraits", [5, 4]),
        ("model:scenes fog", [2]),
        ("model:mine seed:3", [3]),
        ("steps:>20 steps:<=40", [3, 2]),
        ("steps:20-30", [2, 1]),
        ("cfg:1.5", [3]),
        ("sampler:euler", [4, 2, 0]),
        ("scheduler:dpm -fog", [3, 1]),
        ("enlarge:yes", [5]),
        ("negative:blur", [2]),
        ("prompt:scenes", []),
        ("rating:>=4", [5, 4]),
        ("rating:0 -model:scenes", []),
        ('board:"best OF" fog', [5]),
        ("after:2026-11-05", [5, 4]),
        ("before:2026-11-02", [0]),
        ("date:2026-11-03", [2]),
        ("date:2026-11", [5, 4, 3, 2, 1, 0]),
        ("date:2025", []),
        ("width:>=28", [5, 4]),
        ("medium:pictures task:text seed:1", [1]),
        ("medium:sound", []),
        ("favourite:no steps:60", [5]),
        ('" OR 1=1 --"', []),
        ("nothing:5", []),
    ],
)
def test_conditions_find(searched: Library, line: str, seeds: list[int]) -> None:
    assert [item.seed for item in searched.items(line)] == seeds
    assert [item.seed for item in searched.many(searched.ids(line))] == seeds
    assert searched.count(line) == len(seeds)


def test_what_is_not_understood_is_said_and_left_out(searched: Library) -> None:
    for line in ("rating:many", "steps:>", "after:2026-13-01", "before:soon", "medium:smell", "steps:>=x"):
        asked = finding.conditions(line + " fog")
        assert len(asked.problems) == 1 and asked.problems[0].endswith("."), line
        assert searched.count(line + " fog") == 2
    chance = random.Random(5)
    for _ in range(200):  # whatever is typed is an answer, never an error
        searched.count("".join(chance.choice("ab:\"-><=.*%_(){}'\0\n 1船") for _ in range(chance.randint(1, 30))))


@pytest.mark.parametrize("damage", ["rubbish", "empty", "middle", "cut", "other tables"])
def test_a_broken_index_is_set_aside_and_made_again(home: Path, tmp_path: Path, damage: str) -> None:
    library = Library()
    elsewhere = tmp_path / "elsewhere"
    for seed in range(20):
        make(library, seed, f"prompt {seed} " + "long " * 100, elsewhere if seed == 0 else None)
    data = bytearray(library.path.read_bytes())
    if damage == "rubbish":
        data = bytearray(b"this is no database" * 1000)
    elif damage == "empty":
        data = bytearray()
    elif damage == "middle":
        data[4096 * 5 : 4096 * 8] = b"\xff" * (4096 * 3)
    elif damage == "cut":
        del data[len(data) // 2 :]
    library.path.write_bytes(data)
    if damage == "other tables":
        library.path.unlink()
        sqlite3.connect(library.path).execute("CREATE TABLE items (other)").connection.close()
    seen = set()
    for turn in range(2):  # some damage shows only when its page is read
        library.add(make(Library(tmp_path / "other.sqlite3"), 100 + turn).path, "picture", {"prompt": "new", "seed": 7})
        seen |= {item.seed for item in library.items("long", limit=100)}
    library.rebuild()
    assert {item.seed for item in library.items(limit=100)} >= set(range(20))
    assert len(list(home.glob("broken-*.library.sqlite3"))) == 1
    assert library.count("elsewhere") == 1


def _add_many(home: str, who: int) -> None:
    import os

    os.environ["EVERYFORM_HOME"] = home
    for turn in range(15):
        make(Library(), who * 100 + turn)


def test_processes_and_threads_share_one_index(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers: list[multiprocessing.process.BaseProcess | threading.Thread] = [
        context.Process(target=_add_many, args=(str(home), who)) for who in range(2)
    ]
    workers.append(threading.Thread(target=_add_many, args=(str(home), 2)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert {i.seed for i in Library().items(limit=1000)} == {w * 100 + t for w in range(3) for t in range(15)}
    assert Library().count() == 45


@pytest.mark.skipif(os.name != "posix", reason="there is no such limit")
def test_a_list_on_a_full_disk_can_still_be_read(home: Path) -> None:
    import resource

    library = Library()
    made = make(library, 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # to this process, no file takes more than that
    try:
        found = library.items("boat")
        with pytest.raises(sqlite3.OperationalError):
            library.remove(made.id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert found == (made,) and library.items() == (made,)


def test_names_that_look_like_numbers_are_names(searched: Library) -> None:
    for name in ("2026-11", "10-20", ">5", "=", "a:b"):
        searched.keep(searched.ids("seed:3"), lambda was, name=name: replace(was, boards=(name,)))
        line = query.asking("", "board", name)
        assert [item.seed for item in searched.items(line)] == [3], line
        assert query.value_of(line, "board") == name
