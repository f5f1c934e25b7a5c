"""PixelCNN: what it was given stays, temperature and the share kept do what they say, and bits are the network's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.families.autoregressive import pixelcnn
from models.networks import weights
from models.networks.pixelcnn import PixelCNN
from models.protocol import BadInput, Preview, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files

CONFIG: dict[str, Any] = {"side": 8, "width": 8, "dilations": [1, 2], "mixtures": 2}


@pytest.fixture(scope="module")
def model() -> Any:
    return pixelcnn.tiny()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(values).save(path)
    return path


class Watch:
    def __init__(self) -> None:
        self.previews: list[Preview] = []

    def __call__(self, event: object) -> None:
        if isinstance(event, Preview):
            self.previews.append(event)

    def wants_preview(self) -> bool:
        return True


def ask(task: str, picture: Path | None = None, seed: int = 1, **settings: Any) -> Request:
    checked = pixelcnn.CARD.check({"enlarge": 1, **settings}, task)
    inputs = {"picture": str(picture)} if picture else {}
    return Request("tiny", "tiny", "pixelcnn", task, seed=seed, settings=checked, inputs=inputs)


def rows(image: Image.Image) -> Any:
    return np.asarray(image)


@pytest.mark.parametrize(("keep", "kept"), [(0.5, 4), (0.75, 6), (0.1, 1)])
def test_the_rows_kept_stay_and_the_others_are_drawn(model: Any, picture: Path, keep: float, kept: int) -> None:
    given = rows(Image.open(picture))
    one, other = (rows(model.generate(ask("complete", picture, seed, keep=keep), Watch()).image) for seed in (1, 2))
    assert (one[:kept] == given[:kept]).all() and (other[:kept] == given[:kept]).all()
    assert (one[kept:] != other[kept:]).any()


def test_what_is_drawn_depends_on_what_was_kept(model: Any, picture: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "white").save(tmp_path / "white.png")
    one = rows(model.generate(ask("complete", picture), Watch()).image)
    other = rows(model.generate(ask("complete", tmp_path / "white.png"), Watch()).image)
    assert (one[4:] != other[4:]).any()


def test_a_low_temperature_keeps_pixels_close_to_what_is_expected() -> None:
    network = PixelCNN(8, 8, (1,), 1).eval().requires_grad_(False)
    network.last.bias[1:4] = 0  # grey is expected everywhere
    spread = [
        rows(pixelcnn.Model(network).generate(ask("sample", temperature=t), Watch()).image).std() for t in (0.5, 1.0)
    ]
    assert spread[0] < 0.7 * spread[1]


def test_pixels_appear_in_raster_order(model: Any) -> None:
    watch = Watch()
    made = rows(model.generate(ask("sample"), watch).image)
    for k, preview in enumerate(watch.previews, 1):
        seen = np.frombuffer(preview.rgb, np.uint8).reshape(preview.height, preview.width, 3)[::16, ::16]
        assert (seen[:k] == made[:k]).all()
        assert (seen[k:] == 128).all()
    assert len(watch.previews) == 8


def test_a_picture_is_measured_as_the_network_says(model: Any, picture: Path) -> None:
    made = model.generate(ask("measure", picture), Watch())
    given = torch.from_numpy(rows(Image.open(picture)).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    wanted = -model._network.log_prob(given).mean().item() / 3 / math.log(2)
    assert float(made.facts["bits per dimension"]) == pytest.approx(wanted, abs=2e-3)
    assert float(made.facts["bits per dimension as PNG"]) > 8  # nothing but noise, and a header
    assert made.size == (16, 8)
    assert (rows(made.image)[:, :8] == rows(Image.open(picture))).all()


def test_enlarging_repeats_pixels(model: Any) -> None:
    small, large = (model.generate(ask("sample", enlarge=n), Watch()).image for n in (1, 3))
    assert (rows(large) == rows(small).repeat(3, 0).repeat(3, 1)).all()


def test_a_saved_network_is_recognised_and_loaded(tmp_path: Path) -> None:
    weights.save(PixelCNN(**CONFIG), tmp_path / "model", "pixelcnn", **CONFIG)
    match = pixelcnn.recognise(Files(tmp_path / "model"))
    assert match is not None
    made = pixelcnn.load(str(tmp_path / "model"), Plan()).generate(ask("sample"), Watch())
    assert made.size == (8, 8)


@pytest.mark.parametrize("change", [{"width": 16}, {"mixtures": "many"}, {"side": 0, "depth": 3}])
def test_a_config_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    weights.save(PixelCNN(**CONFIG), tmp_path / "model", "pixelcnn", **{**CONFIG, **change})
    with pytest.raises(BadInput):
        pixelcnn.load(str(tmp_path / "model"), Plan())


def test_missing_weights_are_told(tmp_path: Path) -> None:
    weights.save(PixelCNN(**CONFIG), tmp_path / "model", "pixelcnn", **CONFIG)
    (tmp_path / "model" / weights.WEIGHTS).unlink()
    with pytest.raises(BadInput, match="not complete"):
        pixelcnn.recognise(Files(tmp_path / "model"))


def test_what_is_no_picture_is_refused(model: Any, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture", "utf-8")
    with pytest.raises(BadInput):
        model.generate(ask("measure", tmp_path / "no.png"), Watch())
