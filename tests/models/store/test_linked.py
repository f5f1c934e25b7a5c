"""Folders of other programs: listed where they lie, every kind of file told apart, nothing copied and nothing touched."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.protocol import BadInput, Found, ModelInfo
from models.registry import Registry
from models.store import scan
from models.store.recognising import layouts
from models.store.store import Store
from tests.models.store import heads
from tests.models.store.heads import kohya, sparse

ESRGAN = {
    "model.0.weight": (64, 3, 3, 3),
    "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3),
    "model.10.weight": (3, 64, 3, 3),
}


def registry() -> Registry:
    return Registry()


@pytest.fixture(scope="module")
def families() -> Registry:
    return Registry()


@pytest.fixture
def store(tmp_path: Path, families: Registry) -> Store:
    return Store(families.recognise, tmp_path / "none", tmp_path / "home" / "models.json", edition="test")


def comfy(root: Path) -> Path:
    models = root / "models"
    sparse(models / "checkpoints" / "realistic.safetensors", heads.sd1())
    sparse(models / "loras" / "sdxl" / "ink.safetensors", kohya(heads.ldm_unet(2048, 4, 2816, 2, 3)))
    sparse(models / "loras" / "strange.safetensors", {"nobody.knows.this": (3, 3)})
    sparse(models / "vae" / "vae-ft-mse.safetensors", heads.ldm_vae())
    sparse(models / "diffusion_models" / "flux1-dev.safetensors", heads.flux(), "F8_E4M3")
    sparse(models / "text_encoders" / "clip_l.safetensors", heads.clip(768))
    sparse(models / "upscale_models" / "4x.safetensors", ESRGAN)
    sparse(models / "embeddings" / "bad-hands.safetensors", {"emb_params": (4, 768)})
    (models / "configs").mkdir()
    (models / "configs" / "v1-inference.yaml").write_text("model: {}")
    (models / "checkpoints" / "put_checkpoints_here").touch()
    (root / "custom_nodes").mkdir()
    (root / "custom_nodes" / "x.safetensors").write_bytes(b"no model")
    return root


def kinds(things: list[ModelInfo | Found]) -> dict[str, str]:
    return {t.name: t.kind if isinstance(t, Found) else t.card.architecture for t in things}


def test_comfyuis_folder_is_listed_whole(tmp_path: Path, store: Store) -> None:
    root = comfy(tmp_path / "ComfyUI")
    before = sorted(p for p in root.rglob("*"))
    link = store.link(root)
    assert (link.program, link.count) == ("ComfyUI", 8)
    shelf = store.look()
    assert sorted(p for p in root.rglob("*")) == before
    found = {one.name: one for one in shelf.everything}
    upscaler = found["4x"]
    assert isinstance(upscaler, ModelInfo) and upscaler.card.architecture == "upscaler"
    assert upscaler.found_in == str(root) and upscaler.precision == (("F16", 1.0),)
    said = {name: (one.kind, one.bases) for name, one in found.items() if isinstance(one, Found) and one.addition}
    assert said == {
        "ink": ("LoRA", ("SDXL",)),
        "strange": ("LoRA", ()),
        "vae-ft-mse": ("VAE", ("SD 1.x", "SD 2.x", "SDXL")),
        "clip_l": ("Text encoder", ("SD 1.x", "SDXL", "SD 3", "Flux")),
        "bad-hands": ("Textual inversion", ("SD 1.x",)),
    }
    flux = found["flux1-dev"]
    if isinstance(flux, Found):  # until a family runs it
        assert flux.kind == "Transformer" and flux.bases == ("Flux",) and "a VAE" in flux.needs
        assert flux.reason.startswith("flux1-dev.safetensors is a Transformer of Flux (dev) without a VAE")
    assert flux.precision == (("F8_E4M3", 1.0),)
    assert not shelf.problems
    ink = found["ink"]
    assert isinstance(ink, Found) and ink.detail == "rank 16" and ink.numbers > 10_000
    assert ink.reason == "ink.safetensors is a LoRA for SDXL (rank 16): it adds to a model and makes nothing by itself."


def test_unlinking_takes_the_list_away_and_no_file(tmp_path: Path, store: Store) -> None:
    root = comfy(tmp_path / "ComfyUI")
    store.link(root)
    assert [(one.path, one.program, one.count) for one in store.links()] == [(str(root), "ComfyUI", 8)]
    assert store.unlink(root) == str(root)
    assert not store.look().everything and not store.links()
    assert (root / "models" / "checkpoints" / "realistic.safetensors").is_file()
    with pytest.raises(BadInput, match="is not linked"):
        store.unlink(root)


def test_a_disk_that_is_away_is_told_and_comes_back(tmp_path: Path, store: Store) -> None:
    root = comfy(tmp_path / "ComfyUI")
    store.link(root)
    root.rename(tmp_path / "away")
    assert not store.look().everything
    assert store.problems == (
        f"The linked folder {root} is not there: plug in its disk, or unlink it (`models unlink`).",
    )
    (tmp_path / "away").rename(root)
    assert len(store.look().everything) == 8


@pytest.mark.parametrize("what", ["nothing", "a file", "no models", "a model", "inside"])
def test_what_cannot_be_linked(tmp_path: Path, store: Store, what: str) -> None:
    given, words = {
        "nothing": (tmp_path / "nothing", "is no folder"),
        "a file": (sparse(tmp_path / "x.safetensors", {"a": (1,)}), "is no folder"),
        "no models": (tmp_path / "empty", "holds no models"),
        "a model": (tmp_path / "m", "is a model itself"),
        "inside": (tmp_path / "ComfyUI" / "models", "is linked already"),
    }[what]
    (tmp_path / "empty").mkdir()
    sparse(tmp_path / "m" / "unet" / "x.safetensors", {"a": (1,)})
    (tmp_path / "m" / "model_index.json").write_text("{}")
    store.link(comfy(tmp_path / "ComfyUI"))
    with pytest.raises(BadInput, match=words):
        store.link(given)


def hub(root: Path) -> Path:
    """A cache of the Hugging Face hub: blobs, and snapshots that are links to them."""
    for name, files in {
        "models--someone--tiny-llama": {"config.json": b'{"model_type": "llama"}', "model.safetensors": None},
        "models--someone--some-GGUF": {"a-Q4_K_M.safetensors": None, "b-Q8_0.safetensors": None},
    }.items():
        repository = root / "hub" / name
        for revision in ("old", "new"):
            snapshot = repository / "snapshots" / revision
            snapshot.mkdir(parents=True)
            (repository / "blobs").mkdir(exist_ok=True)
            for file, data in files.items():
                blob = repository / "blobs" / f"{revision}-{file}-hash"
                if data is None:
                    sparse(blob, {"emb_params": (1, 768)})
                else:
                    blob.write_bytes(data)
                (snapshot / file).symlink_to(os.path.relpath(blob, snapshot))
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text("new")
    return root


def test_the_hubs_cache_is_read_by_repository_and_newest_revision(tmp_path: Path, store: Store) -> None:
    root = hub(tmp_path / "huggingface")
    assert layouts.program(root) == layouts.program(root / "hub") == "the Hugging Face cache"
    found = scan.places(root)
    assert [(place.name, Path(place.path).relative_to(root / "hub").parts[2]) for place in found] == [
        ("someone/some-GGUF: a-Q4_K_M", "new"),
        ("someone/some-GGUF: b-Q8_0", "new"),
        ("someone/tiny-llama", "new"),
    ]
    store.link(root)
    assert {one.name for one in store.look().everything} == {place.name for place in found}
    # One of its files may be added too, under the name that the snapshot gives it.
    added = store.add(found[0].path)
    assert added.path == found[0].path and added.id == "a-q4-k-m"
    assert len(store.look().everything) == 3


LAYOUTS = {
    "A1111 or Forge": ["models/Stable-diffusion", "models/Lora", "embeddings"],
    "InvokeAI": ["models/sd-1/main", "models/sdxl/lora"],
    "ComfyUI": ["models/checkpoints", "models/vae"],
    "a folder": ["my models/all"],
}


@pytest.mark.parametrize("program", LAYOUTS)
def test_other_layouts(tmp_path: Path, program: str) -> None:
    for number, folder in enumerate(LAYOUTS[program]):
        sparse(tmp_path / "root" / folder / f"m{number}.safetensors", {"a": (1,)})
    assert layouts.program(tmp_path / "root") == program
    assert {place.name for place in scan.places(tmp_path / "root")} == {f"m{n}" for n in range(len(LAYOUTS[program]))}


def test_a_folder_of_folders(tmp_path: Path) -> None:
    """Diffusers and transformers folders are one each; parts of one are not listed; shards are one file."""
    root = tmp_path / "all"
    (root / "sd").mkdir(parents=True)
    (root / "sd" / "model_index.json").write_text("{}")
    sparse(root / "sd" / "unet" / "diffusion_pytorch_model.safetensors", {"a": (1,)})
    (root / "llm").mkdir()
    (root / "llm" / "config.json").write_text("{}")
    for shard in (1, 2):
        sparse(root / "llm" / f"model-0000{shard}-of-00002.safetensors", {"a": (1,)})
        sparse(root / "big" / f"big-q4-0000{shard}-of-00002.safetensors", {"a": (1,)})
    sparse(root / "cats" / "learned_embeds.safetensors", {"<cat>": (768,)})
    (root / "notes").mkdir()
    (root / "notes" / "config.json").write_text("{}")
    (root / "elsewhere").mkdir()
    sparse(tmp_path / "disk" / "far.safetensors", {"a": (1,)})
    (root / "elsewhere" / "disk").symlink_to(tmp_path / "disk")
    (root / "elsewhere" / "circle").symlink_to(root)
    assert sorted((place.name, Path(place.path).name) for place in scan.places(root)) == [
        ("big-q4", "big-q4-00001-of-00002.safetensors"),
        ("cats", "learned_embeds.safetensors"),
        ("far", "far.safetensors"),
        ("llm", "llm"),
        ("sd", "sd"),
    ]


def test_two_of_one_name_have_ids_that_stay(tmp_path: Path, store: Store) -> None:
    for folder in ("a", "b"):
        sparse(tmp_path / "root" / folder / "ink.safetensors", {"emb_params": (1, 768)})
    store.link(tmp_path / "root")
    first = [one.id for one in store.look().everything]
    assert len(set(first)) == 2 and first[0] == "ink" and first[1].startswith("ink-")
    sparse(tmp_path / "root" / "c" / "other.safetensors", {"emb_params": (1, 768)})
    assert [one.id for one in store.look().everything][:2] == first
    assert store.about(first[1]).path.endswith("b/ink.safetensors")
    with pytest.raises(BadInput, match="makes nothing by itself"):
        store.find("ink")
    with pytest.raises(BadInput, match="lies in the linked folder"):
        store.remove("ink")


def test_an_addition_can_be_added_and_removed(tmp_path: Path, store: Store) -> None:
    path = sparse(tmp_path / "my ink.safetensors", kohya(heads.ldm_unet(768)))
    added = store.add(path)
    assert isinstance(added, Found) and added.addition and added.id == "my-ink"
    assert [one.id for one in store.found()] == ["my-ink"] and not store.models()
    assert [v.ok for v in store.verify("my-ink")] == [True]
    assert store.remove("my-ink") == str(path)
    alone = sparse(tmp_path / "alone.safetensors", {"nobody.knows": (1,)})
    with pytest.raises(BadInput, match="is no model that is known here"):
        store.add(alone)


def test_a_file_that_is_refused_is_listed_with_the_reason(tmp_path: Path, store: Store) -> None:
    root = tmp_path / "root"
    sparse(root / "good.safetensors", {"emb_params": (1, 768)})
    (root / "evil.ckpt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    (root / "broken.gguf").write_bytes(b"GGUF")
    (root / "model").mkdir()
    (root / "model" / "model_index.json").write_text(json.dumps({"unet": ["os", "system"]}))
    store.link(root)
    reasons = {Path(one.path).name: one.reason for one in store.found() if not one.addition}
    assert "wants to run os.system" in reasons["evil.ckpt"]
    assert "is broken or is no GGUF file" in reasons["broken.gguf"]
    assert "none of the known libraries" in reasons["model"]
