"""The index of what was made: used from several processes, and made again from the files whenever it breaks."""

from __future__ import annotations

import datetime
import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest
from PIL import Image

from models import folders
from models.outputs import write
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
