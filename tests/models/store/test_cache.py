"""What was recognised is remembered while nothing of it has changed; a broken memory is no loss and no trouble."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from models.protocol import BadInput, Card, Match, Parameter
from models.store.edition import edition
from models.store.files import Files
from models.store.store import Store
from tests.models.store.heads import sparse

CARD = Card(
    "toy", "Toy", "vae", "picture", ("text-to-picture",), (Parameter("steps", "int", 3, "Steps", "How many.", 1, 9),)
)
looked: list[str] = []


def recognise(path: Path) -> tuple[str, Match]:
    looked.append(path.name)
    files = Files(path)
    if not files.exists("config.json"):
        raise BadInput(f"{path.name} is no toy: choose the folder of one.")
    return "toy", Match(CARD, licence=str(files.json("config.json").get("licence", "")), base="Toy 1", needs=("a box",))


def toy(path: Path, licence: str = "MIT") -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"licence": licence}))
    sparse(path / "model.safetensors", {"weight": (10, 10)})
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    looked.clear()
    return tmp_path / "home"


def store(home: Path, edition: str = "1") -> Store:
    return Store(recognise, home / "none", home / "models.json", edition=edition)


def test_the_second_look_is_from_memory_and_the_same(home: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        store(home).add(toy(tmp_path / name))
    sparse(tmp_path / "ink.safetensors", {"emb_params": (2, 768)})
    store(home).link(tmp_path)
    first = store(home).look()
    assert len(first.models) == 2 and first.models[0].base == "Toy 1" and first.models[0].needs == ("a box",)
    looked.clear()
    again = store(home).look()
    assert (again.models, again.found) == (first.models, first.found) and not looked


def test_each_change_is_seen(home: Path, tmp_path: Path) -> None:
    lies = toy(tmp_path / "a")
    store(home).add(lies)
    assert store(home).models()[0].licence == "MIT"
    (lies / "config.json").write_text('{"licence": "CC0-1.0"}')
    assert store(home).models()[0].licence == "CC0-1.0"
    looked.clear()
    (lies / "evil.py").write_text("x")
    assert not store(home).models()
    (lies / "evil.py").unlink()
    assert len(store(home).models()) == 1
    # The same size, the same time, another file.
    about = (lies / "config.json").stat()
    (lies / "other").write_text('{"licence": "BSD-2.0"}')
    os.utime(lies / "other", ns=(about.st_atime_ns, about.st_mtime_ns))
    (lies / "other").replace(lies / "config.json")
    assert store(home).models()[0].licence == "BSD-2.0"


def test_another_edition_looks_for_itself(home: Path, tmp_path: Path) -> None:
    store(home).add(toy(tmp_path / "a"))
    store(home).models()
    looked.clear()
    store(home, "2").models()
    assert looked == ["a"]
    store(home, "2").models()
    assert looked == ["a"]
    store(home, "").models()
    store(home, "").models()
    assert looked == ["a"] * 3


def test_a_refusal_is_remembered_but_not_one_of_the_moment(home: Path, tmp_path: Path) -> None:
    store(home).link(sparse(tmp_path / "all" / "x.safetensors", {"a": (1,)}).parent)
    assert store(home).look().found[0].reason == "x.safetensors is no toy: choose the folder of one."
    looked.clear()
    store(home).look()
    assert not looked
    if os.geteuid() == 0:
        return  # root may read everything
    (tmp_path / "all" / "x.safetensors").chmod(0)
    assert "cannot be read" in store(home).look().found[0].reason
    (tmp_path / "all" / "x.safetensors").chmod(0o600)
    assert "cannot be read" not in store(home).look().found[0].reason


@pytest.mark.parametrize("damage", ["noise", "cut", "empty", "no tables", "a folder", "other rows"])
def test_a_broken_memory_is_thrown_away_silently(home: Path, tmp_path: Path, damage: str) -> None:
    store(home).add(toy(tmp_path / "a"))
    store(home).models()
    path = home / "recognised.sqlite3"
    assert path.is_file()
    if damage == "noise":
        path.write_bytes(os.urandom(9_000))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5_000])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        with sqlite3.connect(path) as db:
            if damage == "no tables":
                db.execute("DROP TABLE seen")
            else:
                db.execute("UPDATE seen SET entry = '[1, 2'")
                db.execute("UPDATE cards SET card = '{}'")
        db.close()
    for _ in range(2):
        shelf = store(home)
        assert [m.id for m in shelf.models()] == ["a"] and not shelf.problems
    looked.clear()
    store(home).models()
    assert bool(looked) == (damage == "a folder")


def test_what_has_gone_is_forgotten(home: Path, tmp_path: Path) -> None:
    lies = toy(tmp_path / "a")
    store(home).add(lies)
    store(home).remove("a")
    for path in lies.iterdir():
        path.unlink()
    lies.rmdir()
    store(home).add(toy(tmp_path / "b"))
    store(home).models()
    with sqlite3.connect(home / "recognised.sqlite3") as db:
        assert [Path(row[0]).name for row in db.execute("SELECT path FROM seen")] == ["b"]
    db.close()


def _look(home: str, folder: str, edition: str) -> None:
    shelf = Store(recognise, Path(home) / "none", Path(home) / "models.json", edition=edition)
    for _ in range(10):
        assert len(shelf.look().models) == 20, shelf.problems
        (Path(folder) / "0" / f"note-{os.getpid()}.txt").write_text(os.urandom(4).hex())


def test_several_processes_share_it(home: Path, tmp_path: Path) -> None:
    for number in range(20):
        toy(tmp_path / "all" / str(number))
    store(home).link(tmp_path / "all")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_look, args=(str(home), str(tmp_path / "all"), e)) for e in ("1", "1", "2")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]


def test_the_edition_changes_with_a_familys_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / f"families_{tmp_path.name}".replace("-", "_")
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    first = edition(package.name)
    assert edition(package.name) == first and edition() != first
    (package / "new.py").write_text("CARD = None")
    assert edition(package.name) != first
