"""Upscalers: public layouts are recognised and run, tiles leave no seams, and what cannot be used is said."""

from __future__ import annotations

import importlib
import itertools
import json
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from models.families.gan import upscaler
from models.families.gan.upscaler_kinds import kind
from models.networks import upscalers
from models.protocol import BadInput, Notice, Preview, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.runtime.pictures import enlarging
from models.store.files import Files


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


def made_of(architecture: str, name: str, **sizes: Any) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        upscalers.spandrel()
        return getattr(importlib.import_module(f"spandrel.architectures.{architecture}"), name)(**sizes)

    return build


# Small ones of public kinds: how to build each, and how many times it enlarges.
PUBLIC: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "ESRGAN": (lambda: upscalers.rrdbnet(8, 1), 4),
    "Real-ESRGAN compact": (made_of("Compact", "Compact", num_feat=8, num_conv=2, upscale=4), 4),
    "SPAN": (made_of("SPAN", "SPAN", num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2), 2),
    "PLKSR": (made_of("PLKSR", "PLKSR", dim=8, n_blocks=1, upscaling_factor=4), 4),
    "SAFMN": (made_of("SAFMN", "SAFMN", dim=8, n_blocks=1, upscaling_factor=4), 4),
    "OmniSR": (made_of("OmniSR", "OmniSR", num_feat=16, res_num=1, block_num=1, up_scale=4), 4),
    "SwinIR": (
        made_of(
            "SwinIR",
            "SwinIR",
            img_size=32,
            window_size=8,
            embed_dim=12,
            depths=(2,),
            num_heads=(2,),
            upscale=4,
            upsampler="pixelshuffle",
        ),
        4,
    ),
}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 × 33 pixels: an odd size, with slopes and an edge in every colour."""
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    y, x = np.mgrid[0:33, 0:40]
    rgb = np.stack([x * 6, y * 7, 255 * ((x - 20) ** 2 + (y - 15) ** 2 < 80)], -1).clip(0, 255).astype(np.uint8)
    Image.fromarray(rgb).save(path)
    return path


def ask(path: Path, **settings: Any) -> Request:
    card = upscaler.CARD
    return Request(
        "m", "m", "upscaler", "upscale", settings=card.check(settings, "upscale"), inputs={"picture": str(path)}
    )


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=np.int16)


@pytest.fixture(scope="module")
def model() -> Any:
    return upscaler.tiny()


# ── public layouts ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_public_kinds_are_recognised_and_run(name: str, ending: str, photo: Path, tmp_path: Path) -> None:
    build, scale = PUBLIC[name]
    weights = build().state_dict()
    path = tmp_path / f"4x-something{ending}"
    if ending == ".pth":
        torch.save({"params_ema": weights, "params": weights}, path)
    else:
        save_file({k: v.contiguous() for k, v in weights.items()}, path)
    architecture, match = Registry().recognise(path)
    assert (architecture, match.base, match.name) == ("upscaler", name, "4x-something")
    loaded = upscaler.load(str(path), Plan())
    assert loaded.generate(ask(photo), Heard()).size == (40 * scale, 33 * scale)


def renamed(state: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """The old ESRGAN's weights under newer names."""
    found = {}
    for old, value in state.items():
        new = old.replace("model.1.sub.1.", names["end"]).replace("model.1.sub.", names["trunk"])
        new = new.replace(".0.weight", ".weight").replace(".0.bias", ".bias") if "conv" in new and "RDB" in new else new
        for number, other in (("0", "conv_first"), ("3", names["up1"]), ("6", names["up2"]), ("8", names["hr"])):
            new = new.replace(f"model.{number}.", f"{other}.")
        found[new.replace("model.10.", "conv_last.")] = value
    if names["trunk"] == "body.":
        found = {k.replace("RDB", "rdb"): v for k, v in found.items()}
    return found


@pytest.mark.parametrize(
    "names",
    [
        {"end": "trunk_conv.", "trunk": "RRDB_trunk.", "up1": "upconv1", "up2": "upconv2", "hr": "HRconv"},
        {"end": "conv_body.", "trunk": "body.", "up1": "conv_up1", "up2": "conv_up2", "hr": "conv_hr"},
    ],
    ids=["2019", "Real-ESRGAN"],
)
def test_all_three_ways_to_name_esrgans_tensors(names: dict[str, str], photo: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    old = upscalers.rrdbnet(8, 1).state_dict()
    save_file(dict(old), tmp_path / "old.safetensors")
    save_file(renamed(old, names), tmp_path / "new.safetensors")
    assert upscaler.recognise(Files(tmp_path / "new.safetensors")) is not None
    one, other = (
        upscaler.load(str(tmp_path / f"{which}.safetensors"), Plan()).generate(ask(photo), Heard()).image
        for which in ("old", "new")
    )
    assert one.tobytes() == other.tobytes()


def test_a_folder_with_notes_has_its_own_name_and_defaults(tmp_path: Path) -> None:
    save_file(dict(upscalers.rrdbnet(8, 1).state_dict()), tmp_path / "x4.safetensors")
    notes = {"name": "Larger", "licence": "MIT", "defaults": {"tile": 64, "strength": 7}}
    (tmp_path / "everyform.json").write_text(json.dumps(notes), "utf-8")
    match = upscaler.recognise(Files(tmp_path))
    assert match is not None
    # What its own range forbids is not taken.
    assert {p.name: p.default for p in match.card.parameters} == {"tile": 64, "overlap": 16, "strength": 1.0}
    assert upscaler.load(str(tmp_path), Plan()).card == match.card


def test_other_weights_are_not_claimed(tmp_path: Path) -> None:
    assert kind({"body.0.weight": ("F32", (8, 8)), "body.1.weight": ("F32", (8,))}) == ""
    assert kind({"model.0.weight": ("F32", (8, 3, 3, 3)), "model.2.weight": ("F32", (8, 8, 3, 3))}) == ""
    save_file({"conv.weight": torch.zeros(3, 3, 3, 3)}, tmp_path / "a.safetensors")
    assert upscaler.recognise(Files(tmp_path / "a.safetensors")) is None
    with pytest.raises(BadInput, match="no upscaler that is known"):
        upscaler.load(str(tmp_path / "a.safetensors"), Plan())
    # A diffusers folder, say, is another's, whatever its tensors are called.
    save_file(dict(upscalers.rrdbnet(8, 1).state_dict()), tmp_path / "a.safetensors")
    (tmp_path / "config.json").write_text("{}", "utf-8")
    assert upscaler.recognise(Files(tmp_path)) is None


def test_weights_that_are_not_what_their_names_say_are_told(tmp_path: Path) -> None:
    weights = {k: v for k, v in upscalers.rrdbnet(8, 1).state_dict().items() if "RDB3" not in k}
    save_file(weights, tmp_path / "broken.safetensors")
    with pytest.raises(BadInput, match="get them again"):
        upscaler.load(str(tmp_path / "broken.safetensors"), Plan())


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    with (tmp_path / "4x.pth").open("wb") as file:
        pickle.dump({"params": Hostile()}, file)
    with pytest.raises(BadInput):
        Registry().recognise(tmp_path / "4x.pth")
    with pytest.raises(BadInput):
        upscaler.load(str(tmp_path / "4x.pth"), Plan())
    assert not (tmp_path / "ran").exists()


def test_nothing_stands_in_for_torchvision_afterwards() -> None:
    upscalers.spandrel()
    made = sys.modules.get("torchvision")
    assert made is None or hasattr(made, "__version__")


def test_without_spandrel_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    monkeypatch.delitem(sys.modules, "spandrel")
    monkeypatch.setattr(upscalers.importlib, "import_module", _missing)
    with pytest.raises(BadInput, match="pip install --no-deps spandrel"):
        upscalers.spandrel()


def _missing(name: str) -> Any:
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)


# ── tiles ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("length", "most", "overlap"), [(33, 32, 16), (40, 32, 0), (200, 48, 8), (7, 32, 16), (96, 32, 64)]
)
def test_pieces_cover_everything_and_their_weights_are_one(length: int, most: int, overlap: int) -> None:
    found = enlarging.pieces(length, most, overlap)
    assert found[0][0] == 0 and found[-1][1] == length
    assert all(end - start <= most for start, end in found)
    total = torch.zeros(length * 4)
    for k, (start, end) in enumerate(found):
        total[start * 4 : end * 4] += enlarging.weights(found, k, 4)
    assert torch.allclose(total, torch.ones_like(total))
    shared = [before - start for (_, before), (start, _) in itertools.pairwise(found)]
    assert all(s >= min(overlap, most // 2) for s in shared)


def test_tiles_join_without_seams(model: Any, photo: Path) -> None:
    whole = pixels(model.generate(ask(photo, tile=128), Heard()).image)
    tiled = pixels(model.generate(ask(photo, tile=32, overlap=16), Heard()).image)
    plain = pixels(model.generate(ask(photo, strength=0), Heard()).image)
    assert 0 < np.abs(whole - tiled).mean() < 0.1 * np.abs(whole - plain).mean()


def test_each_tile_is_seen_as_it_is_done(model: Any, photo: Path) -> None:
    heard = Heard()
    made = model.generate(ask(photo, tile=32, overlap=4), heard)
    previews = [event for event in heard if isinstance(event, Preview)]
    steps = [event.step for event in heard if isinstance(event, Progress)]
    assert steps == [0, 1, 2, 3, 4]
    shown = [np.frombuffer(p.rgb, np.uint8).reshape(p.height, p.width, 3).astype(int) for p in previews]
    assert (shown[-1] == pixels(made.image)).all()
    # The first tile is in its place, and the last one's place is not touched yet.
    assert (shown[1][:40, :40] == shown[-1][:40, :40]).all()
    assert (shown[1][-40:, -40:] == shown[0][-40:, -40:]).all()


def test_no_strength_is_the_bicubic_enlargement(model: Any, photo: Path) -> None:
    made = pixels(model.generate(ask(photo, strength=0, tile=32), Heard()).image)
    given = torch.from_numpy(pixels(Image.open(photo))).permute(2, 0, 1)[None].float() / 255
    plain = nn.functional.interpolate(given, scale_factor=4, mode="bicubic", align_corners=False).clamp(0, 1)
    assert np.abs(made - (plain[0].permute(1, 2, 0) * 255).round().numpy()).max() <= 1


# ── what is given ─────────────────────────────────────────────────────────────


def test_transparent_and_grey_pictures_are_enlarged(model: Any, tmp_path: Path) -> None:
    Image.new("RGBA", (9, 5), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("L", (1, 1), 200).save(tmp_path / "dot.png")
    heard = Heard()
    assert model.generate(ask(tmp_path / "clear.png"), heard).size == (36, 20)
    assert [event for event in heard if isinstance(event, Notice)]
    assert model.generate(ask(tmp_path / "dot.png"), Heard()).size == (4, 4)


def test_networks_for_grey_pictures_enlarge_each_colour(photo: Path) -> None:
    network = made_of("Compact", "Compact", num_in_ch=1, num_out_ch=1, num_feat=4, num_conv=1, upscale=2)()
    grey = enlarging.Upscaler(upscalers.from_weights(network.state_dict()), upscaler.CARD)
    made = grey.generate(ask(photo), Heard())
    assert made.size == (80, 66)
    assert np.ptp(pixels(made.image), axis=-1).max() > 50


def test_what_would_become_too_large_is_said_at_once(model: Any, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enlarging, "MAX_PIXELS", 10_000)
    with pytest.raises(BadInput, match="160 × 132 pixels, too many"):
        model.generate(ask(photo), Heard())
