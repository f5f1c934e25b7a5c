"""The models on this machine: found, added in place, forgotten and verified."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.protocol import BadInput, Card, Match
from models.store.files import Files
from models.store.store import Store

CARD = Card("toy", "Toy", "vae", "picture", ("text-to-picture",), ())


def recognise(path: Path) -> tuple[str, Match]:
    files = Files(path)
    if not files.exists("config.json"):
        raise BadInput(f"{path} is no toy: choose the folder of one.")
    return "toy", Match(CARD, licence=str(files.json("config.json").get("licence", "")))


def toy(path: Path, **sidecar: object) -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"licence": "MIT"}')
    save_file({"weight": np.arange(1000, dtype=np.float32)}, path / "model.safetensors")
    if sidecar:
        (path / "everyform.json").write_text(json.dumps(sidecar))
    return path


@pytest.fixture
def starters(tmp_path: Path) -> Path:
    toy(tmp_path / "starter" / "scenes", name="Scenes", licence="Apache-2.0")
    (tmp_path / "starter" / "README.md").write_text("notes")
    (tmp_path / "starter" / "in the making").mkdir()
    return tmp_path / "starter"


def test_the_starter_that_says_so_comes_first(home: Path, starters: Path) -> None:
    toy(starters / "another")
    toy(starters / "zebra", first=True)
    assert [model.id for model in Store(recognise, starters).models()] == ["zebra", "another", "scenes"]


def test_starters_come_first_and_added_ones_stay_where_they_are(home: Path, tmp_path: Path, starters: Path) -> None:
    store = Store(recognise, starters)
    lies = toy(tmp_path / "My Models" / "Toy V1")
    steps: list[tuple[int, int]] = []
    added = store.add(lies, progress=lambda done, total: steps.append((done, total)))
    assert added.id == "toy-v1" and added.name == "Toy V1" and added.licence == "MIT"
    assert steps[-1][0] == steps[-1][1] == (lies / "model.safetensors").stat().st_size
    again = Store(recognise, starters).models()
    assert [(m.id, m.starter, m.name) for m in again] == [("scenes", True, "Scenes"), ("toy-v1", False, "Toy V1")]
    assert again[1].path == str(lies) and again[1].size_bytes == added.size_bytes
    assert store.add(lies).id == "toy-v1" and len(store.models()) == 2
    assert store.add(toy(tmp_path / "other" / "Toy V1"), name="Second").id == "second"
    assert store.add(toy(tmp_path / "third" / "Toy V1")).id == "toy-v1-2"
    assert store.find("second").name == "Second"


def test_find_takes_an_id_or_any_path(home: Path, tmp_path: Path, starters: Path) -> None:
    store = Store(recognise, starters)
    assert store.find("scenes").starter
    assert store.find(starters / "scenes").id == "scenes"
    lies = toy(tmp_path / "somewhere")
    assert store.find(str(lies)).id == str(lies) and len(store.models()) == 1
    with pytest.raises(BadInput, match=r"^There is no model 'scene': choose scenes, or give the path of a model\.$"):
        store.find("scene")
    for wrong in ("", "\0", "x" * 5000, "~nobody/x"):
        with pytest.raises(BadInput):
            store.find(wrong)


def test_forgetting_deletes_no_file(home: Path, tmp_path: Path, starters: Path) -> None:
    store = Store(recognise, starters)
    lies = toy(tmp_path / "toy")
    store.add(lies)
    assert store.remove("toy") == str(lies)
    assert (lies / "model.safetensors").is_file() and [m.id for m in store.models()] == ["scenes"]
    with pytest.raises(BadInput, match="came with the program"):
        store.remove("scenes")
    with pytest.raises(BadInput, match="no model has been added"):
        store.remove("toy")


def test_a_changed_weight_is_caught(home: Path, tmp_path: Path, starters: Path) -> None:
    store = Store(recognise, starters)
    lies = toy(tmp_path / "toy")
    store.add(lies)
    assert [(v.model, v.ok) for v in store.verify()] == [("scenes", None), ("toy", True)]
    data = bytearray((lies / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (lies / "model.safetensors").write_bytes(data)
    (verdict,) = store.verify("toy")
    assert verdict.ok is False and "has changed" in verdict.reason
    (lies / "model.safetensors").unlink()
    (verdict,) = store.verify("toy")
    assert verdict.ok is False and "missing" in verdict.reason
    with pytest.raises(BadInput, match="choose toy or scenes"):
        list(store.verify("nothing"))


def test_a_starter_is_verified_against_its_own_note(home: Path, tmp_path: Path) -> None:
    from models.store.checksum import checksums

    lies = toy(tmp_path / "starter" / "scenes")
    (lies / "everyform.json").write_text(json.dumps({"name": "Scenes", "sha256": checksums(Files(lies))}))
    assert [v.ok for v in Store(recognise, lies.parent).verify()] == [True]


def test_models_that_have_gone_or_turned_bad_are_told_and_kept_on_the_list(
    home: Path, tmp_path: Path, starters: Path
) -> None:
    store = Store(recognise, starters)
    gone, bad = toy(tmp_path / "gone"), toy(tmp_path / "bad")
    store.add(gone)
    store.add(bad)
    gone.rename(tmp_path / "away")
    (bad / "evil.py").write_text("code")
    assert [m.id for m in store.models()] == ["scenes"]
    assert [p.partition(":")[0] for p in store.problems] == ["gone", "bad"]
    with pytest.raises(BadInput, match="program code"):
        store.find("bad")
    (tmp_path / "away").rename(gone)
    assert "gone" in [m.id for m in store.models()]


@pytest.mark.parametrize("text", ["{", "[]", '{"models": 7}', "\x00\x01", '{"models":' + "[" * 100_000])
def test_a_broken_list_is_set_aside(home: Path, tmp_path: Path, starters: Path, text: str) -> None:
    home.mkdir()
    (home / "models.json").write_text(text)
    store = Store(recognise, starters)
    assert [m.id for m in store.models()] == ["scenes"] and "was broken" in store.problems[0]
    assert [p.read_text() for p in home.glob("models.broken-*.json")] == [text]
    store.add(toy(tmp_path / "toy"))
    assert len(Store(recognise, starters).models()) == 2


def _add(home: str, folder: str) -> None:
    import os

    os.environ["EVERYFORM_HOME"] = home
    for number in range(5):
        Store(recognise, Path(folder) / "none").add(Path(folder) / str(number))


def test_two_processes_lose_no_entry_of_each_other(home: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        for number in range(5):
            toy(folder / str(number))
    workers = [context.Process(target=_add, args=(str(home), str(folder))) for folder in folders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    known = Store(recognise, tmp_path / "none").models()
    assert len({m.path for m in known}) == len({m.id for m in known}) == 10


def test_a_home_that_takes_nothing_is_said_so(tmp_path: Path, starters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EVERYFORM_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(BadInput, match="choose a folder"):
        Store(recognise, starters).add(toy(tmp_path / "toy"))
