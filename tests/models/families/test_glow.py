"""Glow: pictures come back as they were, both ends of a strip are what was given, and cold noise is calm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.families.flow import glow
from models.networks import weights
from models.networks.glow import Glow
from models.protocol import BadInput, Preview, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files

CONFIG: dict[str, Any] = {"side": 8, "blocks": [1, 1], "hidden": [8, 8]}


@pytest.fixture(scope="module")
def model() -> Any:
    return glow.tiny()


def random_picture(folder: Path, seed: int) -> Path:
    path = folder / f"{seed}.png"
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    return path


class Watch:
    def __init__(self) -> None:
        self.previews: list[Preview] = []

    def __call__(self, event: object) -> None:
        if isinstance(event, Preview):
            self.previews.append(event)

    def wants_preview(self) -> bool:
        return True


def made(model: Any, task: str, *given: Path, seed: int = 1, watch: Watch | None = None, **settings: Any) -> Any:
    checked = model.card.check({"enlarge": 1, **settings}, task)
    inputs = {name: str(path) for name, path in zip(("picture", "other"), given, strict=False)}
    return model.generate(Request("t", "t", "glow", task, seed=seed, settings=checked, inputs=inputs), watch or Watch())


def values(image: Image.Image) -> Any:
    return np.asarray(image).astype(int)


def test_a_picture_comes_back_to_the_bit(model: Any, tmp_path: Path) -> None:
    path = random_picture(tmp_path, 0)
    back = made(model, "reconstruct", path)
    assert (values(back.image) == values(Image.open(path))).all()
    assert back.facts["largest difference, of 255"] == "0"
    assert float(back.facts["largest difference before rounding"]) < 1e-6


def test_without_its_finest_level_it_comes_back_changed(model: Any, tmp_path: Path) -> None:
    path = random_picture(tmp_path, 0)
    back = made(model, "reconstruct", path, levels=1)
    assert (values(back.image) != values(Image.open(path))).any()
    assert back.facts["numbers kept"] == "96 of 192"


def test_a_strip_begins_and_ends_with_what_was_given(model: Any, tmp_path: Path) -> None:
    one, other = random_picture(tmp_path, 0), random_picture(tmp_path, 1)
    strip = values(made(model, "interpolate", one, other, frames=5).image)
    assert strip.shape == (8, 40, 3)
    assert (strip[:, :8] == values(Image.open(one))).all()
    assert (strip[:, -8:] == values(Image.open(other))).all()
    for k in (1, 2, 3):
        assert (strip[:, 8 * k : 8 * k + 8] != strip[:, 8 * k - 8 : 8 * k]).any()


def test_temperature_zero_is_the_same_for_every_seed(model: Any) -> None:
    cold = [values(made(model, "sample", seed=seed, temperature=0).image) for seed in (1, 2)]
    assert (cold[0] == cold[1]).all()


def test_colder_is_likelier(model: Any) -> None:
    bits = [float(made(model, "sample", temperature=t).facts["bits per dimension"]) for t in (0.0, 0.5, 1.0)]
    assert bits == sorted(bits)


def test_levels_are_added_one_after_the_other(model: Any) -> None:
    watch = Watch()
    result = values(made(model, "sample", watch=watch, temperature=1).image)
    assert [p.level for p in watch.previews] == [1, 0.5, 0]
    last = np.frombuffer(watch.previews[-1].rgb, np.uint8).reshape(128, 128, 3)[::16, ::16]
    assert (last == result).all()


def test_a_picture_is_measured_as_the_network_says(model: Any, tmp_path: Path) -> None:
    path = random_picture(tmp_path, 0)
    measured = made(model, "measure", path)
    given = torch.from_numpy(values(Image.open(path))).permute(2, 0, 1)[None]
    draws = torch.Generator().manual_seed(0)
    noise = torch.rand((256, 3, 8, 8), generator=draws).double()
    wanted = model._flow.bits((given + noise) / 256 - 0.5).mean().item()
    assert float(measured.facts["bits per dimension"]) == pytest.approx(wanted, abs=0.05)
    assert measured.size == (16, 8)
    assert (values(measured.image)[:, :8] == values(Image.open(path))).all()


def test_a_saved_flow_is_recognised_and_loaded(tmp_path: Path) -> None:
    network = Glow(**CONFIG)
    network.bits(torch.rand(16, 3, 8, 8) - 0.5)
    weights.save(network, tmp_path / "model", "glow", **CONFIG)
    match = glow.recognise(Files(tmp_path / "model"))
    assert match is not None
    assert next(p for p in match.card.parameters if p.name == "levels").maximum == 2
    path = random_picture(tmp_path, 0)
    back = made(glow.load(str(tmp_path / "model"), Plan()), "reconstruct", path)
    assert (values(back.image) == values(Image.open(path))).all()


@pytest.mark.parametrize("change", [{"blocks": 3}, {"hidden": [16, 8]}, {"side": 6}, {"depth": 3}])
def test_a_config_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    weights.save(Glow(**CONFIG), tmp_path / "model", "glow", **{**CONFIG, **change})
    with pytest.raises(BadInput):
        glow.load(str(tmp_path / "model"), Plan())


def test_what_is_no_picture_is_refused(model: Any, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture", "utf-8")
    with pytest.raises(BadInput):
        made(model, "measure", tmp_path / "no.png")
