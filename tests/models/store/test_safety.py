"""What could run code is refused before any loader sees it; what people really have is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.protocol import BadInput
from models.store.files import Files

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "unet": ["diffusers", "UNet2DConditionModel"],
}


def model(folder: Path, index: Any = INDEX, config: Any = None, **files: str) -> Path:
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text(index if isinstance(index, str) else json.dumps(index))
    (folder / "unet" / "config.json").write_text(json.dumps(config or {"_class_name": "UNet2DConditionModel"}))
    save_file({"weight": np.zeros(4, np.float32)}, folder / "unet" / "model.safetensors")
    for name, text in files.items():
        (folder / name.replace("__", "/")).write_text(text)
    return folder


def test_a_sound_folder_is_seen_whole(tmp_path: Path) -> None:
    files = Files(model(tmp_path / "m"))
    assert files.names == ("model_index.json", "unet/config.json", "unet/model.safetensors")
    assert files.exists("unet/config.json") and not files.exists("../m/model_index.json")
    assert files.json("model_index.json") == INDEX
    assert files.tensors("unet/model.safetensors") == {"weight": ("F32", (4,))}
    assert files.size_bytes == sum(p.stat().st_size for p in (tmp_path / "m").rglob("*") if p.is_file())
    with pytest.raises(BadInput, match="has no file"):
        files.full("../../etc/passwd")


def test_a_single_file_is_a_folder_of_one(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    save_file({"weight": np.zeros(4, np.float32)}, path)
    files = Files(path)
    assert files.names == ("one.safetensors",) and list(files.tensors("one.safetensors")) == ["weight"]
    assert files.full("one.safetensors") == path


CONFIGS: dict[str, Any] = {
    "auto_map": {"auto_map": {"AutoModel": "evil--modeling.Evil"}},
    "trust_remote_code": {"trust_remote_code": True},
    "attention from the hub": {"_attn_implementation": "evil/kernel"},
    "attention, the inner name": {"_attn_implementation_internal": "evil/kernel"},
    "attention as autoset": {"_attn_implementation_autoset": "evil/kernel"},
    "a list as class": {"_class_name": ["evil", "Pipeline"]},
    "a path as class": {"_class_name": "../evil"},
    "deep inside": {"text_config": {"layers": [{"auto_map": {"AutoConfig": "x.Y"}}]}},
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("where", ["part", "index"])
def test_settings_that_make_a_library_run_code_are_refused(tmp_path: Path, name: str, where: str) -> None:
    hostile = CONFIGS[name]
    folder = model(tmp_path / "m", INDEX | hostile) if where == "index" else model(tmp_path / "m", config=hostile)
    with pytest.raises(BadInput, match=r"asks for code of its own .* use a model that needs none\.$"):
        Files(folder)


@pytest.mark.parametrize(
    "part", [["os", "system"], ["evil_module", "Evil"], ["diffusers", "../evil"], ["diffusers"], [None, "Evil"]]
)
def test_a_part_from_any_library_is_refused(tmp_path: Path, part: list[Any]) -> None:
    with pytest.raises(BadInput, match="none of the known libraries"):
        Files(model(tmp_path / "m", INDEX | {"scheduler": part}))


@pytest.mark.parametrize("name", ["unet__modeling.py", "pipeline.PY", "native.so"])
def test_code_beside_the_weights_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="holds program code"):
        Files(model(tmp_path / "m", **{name: "print('here')"}))


@pytest.mark.parametrize("suffix", [".bin", ".pkl", ".npz", ".PKL"])
def test_pickles_are_refused_with_what_to_do(tmp_path: Path, suffix: str) -> None:
    alone = tmp_path / f"model{suffix}"
    alone.write_bytes(b"\x80\x04canary.")
    with pytest.raises(BadInput, match=r"is a pickle.*fetch the model as \.safetensors, or convert it\.$"):
        Files(alone)
    folder = model(tmp_path / "m")
    (folder / "vae").mkdir()
    (folder / "vae" / f"weights{suffix}").write_bytes(b"\x80\x04canary.")
    with pytest.raises(BadInput, match=r"^vae/weights.*is a pickle"):
        Files(folder)


def test_a_pickle_beside_safetensors_is_only_ignored(tmp_path: Path) -> None:
    """Many public folders hold both; the loaders are told to take the safetensors."""
    assert Files(model(tmp_path / "m", **{"unet__diffusion_pytorch_model.bin": "pickle"})).exists(
        "unet/model.safetensors"
    )


def test_what_people_really_have_passes(tmp_path: Path) -> None:
    index = INDEX | {
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": [None, None],
        "requires_safety_checker": True,
        "_name_or_path": "runwayml/stable-diffusion-v1-5",
    }
    config = {"_class_name": "UNet2DConditionModel", "_attn_implementation_autoset": True, "trust_remote_code": False}
    folder = model(
        tmp_path / "m",
        index,
        config,
        unet__vocab_list='["auto_map", "words"]',
        **{"unet__added_tokens.json": '[{"content": "<pad>"}]', "vocab.json": '{"auto_map": 7, "_class_name": 3}'},
    )
    (folder / ".cache").mkdir()
    (folder / ".cache" / "download.py").write_text("not a part of the model")
    assert "vocab.json" in Files(folder).names


@pytest.mark.parametrize("text", ["{", "[1, 2]", "\xff\xfe", '{"a":' * 50_000, "7"])
def test_broken_descriptions_are_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="is broken") as caught:
        Files(model(tmp_path / "m", text))
    assert "\n" not in str(caught.value)


def test_a_folder_of_everything_is_not_walked_to_its_end(tmp_path: Path) -> None:
    for index in range(60):
        folder = tmp_path / f"f{index}"
        folder.mkdir()
        for number in range(100):
            (folder / f"{number}.txt").touch()
    with pytest.raises(BadInput, match="choose the folder of one model"):
        Files(tmp_path)


def test_a_missing_path_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not there"):
        Files(tmp_path / "nothing")
