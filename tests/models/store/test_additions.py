"""Where additions to a model are looked for, and when the answer may have changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.store import additions, beside, words
from models.store.added import Added
from models.store.files import Files
from models.store.recognising import recognition
from tests.models.store import heads
from tests.models.store.heads import sparse

LORA = heads.kohya(heads.ldm_unet(768), of="to_k")


def lora(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return sparse(path, LORA)


def names(model: Path) -> list[str]:
    return sorted(one.name for one in additions.known(model))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return sparse(tmp_path / "models" / "one.safetensors", heads.sd1())


def test_folders_beside_a_file_and_the_list_are_looked_into(model: Path, home: Path) -> None:
    lora(model.parent / "Lora" / "people" / "ann.safetensors")
    lora(model.parent / "elsewhere" / "bob.safetensors")
    far = lora(model.parent.parent / "far.safetensors")
    home.mkdir(exist_ok=True)
    Added(home / "models.json").write([{"id": "far", "path": str(far), "name": "Far"}])
    assert names(model) == ["Far", "ann"]
    known = {one.name: one for one in additions.known(model)}
    assert (known["ann"].near, known["Far"].near) == (True, False)
    assert known["ann"].identity.bases == ("SD 1.x",)


def test_a_folder_of_one_file_is_that_file(model: Path, home: Path) -> None:
    weights = lora(model.parent.parent / "hub" / "pytorch_lora_weights.safetensors")
    home.mkdir(exist_ok=True)
    Added(home / "models.json").write([{"id": "hub", "path": str(weights.parent)}])
    assert [(one.name, one.path) for one in additions.known(model)] == [("hub", weights)]


def test_files_with_everybodys_name_are_told_apart_by_their_folders(model: Path, home: Path) -> None:
    files = [lora(model.parent.parent / name / "pytorch_lora_weights.safetensors") for name in ("ink", "oil")]
    home.mkdir(exist_ok=True)
    Added(home / "models.json").write([{"id": f"{k}", "path": str(file)} for k, file in enumerate(files)])
    assert names(model) == ["ink", "oil"]


def test_what_changes_the_answer_is_among_what_is_around(model: Path, home: Path) -> None:
    (model.parent / "loras").mkdir()
    before = {place: Path(place).stat().st_mtime_ns for place in additions.around(model) if Path(place).exists()}
    os.utime(model.parent / "loras", (1, 1))
    lora(model.parent / "loras" / "ann.safetensors")
    assert any(Path(place).stat().st_mtime_ns != when for place, when in before.items())
    assert str(home / "models.json") in additions.around(model)


def test_parts_of_a_transformer_are_told_by_their_heads_and_names(tmp_path: Path) -> None:
    flux = sparse(tmp_path / "diffusion_models" / "flux.safetensors", heads.flux())
    vae = heads.ldm_vae(16)
    for name in ("ae", "sd3_vae"):
        sparse(tmp_path / "vae" / f"{name}.safetensors", vae)
    sparse(tmp_path / "vae" / "small.safetensors", heads.ldm_vae())
    sparse(tmp_path / "clip" / "clip_l.safetensors", heads.clip(768))
    told = recognition.identify(Files(flux))
    assert told is not None
    found, lacks = beside.find(Files(flux), told)
    assert {part: path.name for part, path in found.items()} == {
        "vae": "ae.safetensors", "clip_l": "clip_l.safetensors",
    }  # fmt: skip
    assert lacks == ["the text encoder T5-XXL"]


def test_t5s_words_lie_beside_or_in_the_programs_own_folder(tmp_path: Path, home: Path) -> None:
    model = tmp_path / "models" / "flux.safetensors"
    model.parent.mkdir()
    assert words.t5(model) is None
    words.own().mkdir(parents=True)
    (words.own() / "spiece.model").write_bytes(b"x")
    assert words.t5(model) == words.own()
    (tmp_path / "t5").mkdir()
    (tmp_path / "t5" / "tokenizer.json").write_text("{}", "utf-8")
    assert words.t5(model) == tmp_path / "t5"
