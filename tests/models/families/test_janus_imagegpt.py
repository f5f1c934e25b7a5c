"""Pictures by transformers' language models: through `generate PATH` from folders as they are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from models.families.autoregressive import imagegpt, janus
from models.networks import miniature_pictures
from models.outputs import read
from models.protocol import BadInput, JobCancelled, Preview, Progress
from models.store.files import Files
from tests.models.families.making import REGISTRY, make


@pytest.fixture(scope="module")
def janus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("janus") / "tiny-janus"
    model, words = miniature_pictures.janus()
    model.save_pretrained(place)
    words.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def imagegpt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("imagegpt") / "tiny-imagegpt"
    model, colours = miniature_pictures.imagegpt()
    model.save_pretrained(place)
    (place / "preprocessor_config.json").write_text(json.dumps({"clusters": colours}))
    return place


def pixels(path: str) -> Any:
    return np.asarray(read.open_picture(path))


@pytest.mark.parametrize(("name", "size", "steps"), [("janus_folder", (8, 8), 16), ("imagegpt_folder", (32, 32), 8)])
def test_pictures_through_generate_path(
    name: str, size: tuple[int, int], steps: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(name)
    assert REGISTRY.recognise(folder)[0] == name.removesuffix("_folder")
    heard, output = make(folder, tmp_path / "out", "a red boat")
    assert output is not None and read.picture_size(output.path) == size
    told = [e for e in heard if isinstance(e, Progress)]
    assert [e.step for e in told] == list(range(1, steps + 1)) and told[-1].total == steps
    shown = [e for e in heard if isinstance(e, Preview)]
    assert len({e.rgb for e in shown}) > 2
    found = read.read_settings(output.path)
    assert found is not None and found["seed"] == 7
    _, twin = make(folder, tmp_path / "again", "a red boat")
    assert twin is not None and Path(twin.path).read_bytes() == Path(output.path).read_bytes()
    _, other = make(folder, tmp_path / "out", "a red boat", seed=8)
    assert other is not None and (pixels(other.path) != pixels(output.path)).any()
    with pytest.raises(JobCancelled):
        make(folder, tmp_path / "stopped", "a red boat", stop_after=4)
    assert not list((tmp_path / "stopped").iterdir())


def test_janus_follows_its_prompt(janus_folder: Path, tmp_path: Path) -> None:
    one, two = (make(janus_folder, tmp_path / w, w)[1] for w in ("boat", "mill"))
    assert one is not None and two is not None and (pixels(one.path) != pixels(two.path)).any()


def test_janus_as_its_makers_publish_it_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"architectures": ["MultiModalityCausalLM"], "model_type": "multi_modality"}'
    )
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="get the version for transformers"):
        REGISTRY.recognise(tmp_path)


def test_imagegpt_keeps_what_it_was_given(imagegpt_folder: Path, tmp_path: Path) -> None:
    colours = np.asarray(json.loads((imagegpt_folder / "preprocessor_config.json").read_text())["clusters"])
    given = np.random.default_rng(0).integers(0, 16, (8, 8))
    Image.fromarray(((colours[given] + 1) * 127.5).round().astype(np.uint8)).save(tmp_path / "given.png")
    made = [
        pixels(output.path)
        for seed in (1, 2)
        if (output := make(imagegpt_folder, tmp_path / "out", "", tmp_path / "given.png", seed=seed, enlarge=1)[1])
    ]
    same = np.asarray(Image.open(tmp_path / "given.png"))
    assert all((picture[:4] == same[:4]).all() for picture in made)
    assert (made[0][4:] != made[1][4:]).any()
    allowed = {tuple(c) for c in ((colours + 1) * 127.5).round().astype(np.uint8).tolist()}
    assert {tuple(c) for c in made[0].reshape(-1, 3).tolist()} <= allowed


def test_imagegpt_without_its_colours_says_so(imagegpt_folder: Path, tmp_path: Path) -> None:
    import shutil

    for number, told in enumerate((None, {"clusters": [[0, 0]]}, {"clusters": "red"})):
        copy = tmp_path / f"{number}"
        shutil.copytree(imagegpt_folder, copy)
        (copy / "preprocessor_config.json").write_text(json.dumps(told or {}))
        match = imagegpt.recognise(Files(copy))
        assert match is not None and "its colours" in match.missing


def test_other_folders_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    files = Files(tmp_path)
    assert janus.recognise(files) is None and imagegpt.recognise(files) is None
