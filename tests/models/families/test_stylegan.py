"""StyleGAN2: the network against its equations, public layouts, and what its own settings do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from models.families.gan import stylegan
from models.networks import stylegan2, stylegan2_layout, weights
from models.protocol import BadInput, Preview, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.store.files import Files
from tests.models.test_conformance import Recorder

SIZES: dict[str, Any] = {"z": 12, "w": 16, "layers": 3, "channels": (10, 8, 6, 4)}


def random_network(seed: int = 0, **more: Any) -> stylegan2.Generator:
    """With every number random, so that no bias or noise hides at zero."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = stylegan2.Generator(**SIZES, **more)
    draw = torch.Generator().manual_seed(seed)
    for name, value in network.named_parameters():
        if "mapping" not in name:
            value.data = torch.randn(value.shape, generator=draw) * 0.7 + (1.0 if name.endswith("affine.bias") else 0.0)
    network.mapping.w_avg.copy_(torch.randn(16, generator=draw) * 0.2)
    return network.eval().requires_grad_(False)


# ── the equations, written down once more in the authors' way ─────────────────


def upfirdn(x: Tensor, up: int, pad: tuple[int, int], gain: float) -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps) / 64 * gain
    count, channels, high, wide = x.shape
    x = F.pad(x.reshape(count, channels, high, 1, wide, 1), (0, up - 1, 0, 0, 0, up - 1))
    x = F.pad(x.reshape(count * channels, 1, high * up, wide * up), (pad[0], pad[1], pad[0], pad[1]))
    return F.conv2d(x, kernel.flip(0, 1)[None, None]).unflatten(0, (count, channels)).squeeze(2)


def modulated(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool, up: bool = False) -> Tensor:
    """Weights of its own for each picture (eq. 1 and 3)."""
    made = []
    for one, s in zip(x, style, strict=True):
        own = weight * s[None, :, None, None]
        if demodulate:
            own = own * (own.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
        if up:
            out = upfirdn(F.conv_transpose2d(one[None], own.transpose(0, 1), stride=2), 1, (1, 1), 4)
        else:
            out = F.conv2d(one[None], own, padding=weight.shape[-1] // 2)
        made.append(out)
    return torch.cat(made)


def by_the_book(p: dict[str, Tensor], ws: Tensor) -> Tensor:
    """A picture from the parameters under the official names, with the noise that lies among them."""

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ p[f"{name}.weight"].T / math.sqrt(x.shape[1]) + p[f"{name}.bias"]

    def layer(name: str, x: Tensor, w: Tensor, up: bool) -> Tensor:
        x = modulated(x, p[f"{name}.weight"], linear(f"{name}.affine", w), True, up)
        x = x + p[f"{name}.noise_const"] * p[f"{name}.noise_strength"] + p[f"{name}.bias"].view(1, -1, 1, 1)
        return F.leaky_relu(x, 0.2) * math.sqrt(2)

    x, picture, at = p["synthesis.b4.const"].expand(len(ws), -1, -1, -1), None, 0
    for resolution in (4, 8, 16, 32):
        block = f"synthesis.b{resolution}"
        if resolution > 4:
            x = layer(f"{block}.conv0", x, ws[:, at], True)
            at += 1
        x = layer(f"{block}.conv1", x, ws[:, at], False)
        at += 1
        weight = p[f"{block}.torgb.weight"]
        style = linear(f"{block}.torgb.affine", ws[:, at]) / math.sqrt(weight.shape[1])
        colours = modulated(x, weight, style, False) + p[f"{block}.torgb.bias"].view(1, -1, 1, 1)
        picture = colours if picture is None else upfirdn(picture, 2, (2, 1), 4) + colours
    assert picture is not None
    return picture


def test_it_computes_what_the_paper_says() -> None:
    network = random_network()
    ws = torch.randn(3, 8, 16, generator=torch.Generator().manual_seed(2))
    made = network.synthesis(ws, lambda layer, _: network.synthesis.layer(layer).noise_const)
    expected = by_the_book(network.state_dict(), ws)
    assert made.shape == (3, 3, 32, 32) and expected.std() > 0.1
    assert torch.allclose(made, expected, atol=1e-4 * expected.abs().max().item())


def test_the_mapping_network_learns_slowly_but_computes_at_full_size() -> None:
    network = stylegan2.Generator(64, 64, 6, (4, 4))
    w = network.mapping(torch.randn(500, 64, generator=torch.Generator().manual_seed(0)))
    assert 0.3 < w.std() < 3
    assert network.mapping.fc0.weight.std() > 50


def test_doubling_and_blurring_are_the_authors_filter() -> None:
    x = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(stylegan2.doubled(x), upfirdn(x, 2, (2, 1), 4), atol=1e-6)
    padded = F.pad(x, (1, 1, 1, 1))
    assert torch.allclose(stylegan2.blurred(padded, 4.0), upfirdn(x, 1, (1, 1), 4), atol=1e-6)


# ── public layouts ────────────────────────────────────────────────────────────


def as_rosinality(own: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same numbers under rosinality's names and in its shapes, with the filters that its files hold too."""
    parts = {"weight": "conv.weight", "affine.weight": "conv.modulation.weight", "bias": "activate.bias",
             "affine.bias": "conv.modulation.bias", "noise_strength": "noise.weight"}  # fmt: skip
    said = {f"style.{k + 1}.{part}": own[f"mapping.fc{k}.{part}"] for k in range(3) for part in ("weight", "bias")}
    said["input.input"] = own["synthesis.b4.const"][None]
    places = {"b4.conv1": "conv1"}
    for k, resolution in enumerate((8, 16, 32)):
        places |= {f"b{resolution}.conv0": f"convs.{2 * k}", f"b{resolution}.conv1": f"convs.{2 * k + 1}"}
        said[f"convs.{2 * k}.conv.blur.kernel"] = torch.ones(4, 4) / 16
        said[f"to_rgbs.{k}.upsample.kernel"] = torch.ones(4, 4) / 16
    for layer, (ours, theirs) in enumerate(places.items()):
        for part, name in parts.items():
            value = own[f"synthesis.{ours}.{part}"]
            said[f"{theirs}.{name}"] = value[None] if part in ("weight", "noise_strength") else value
        said[f"noises.noise_{layer}"] = own[f"synthesis.{ours}.noise_const"][None, None]
    for k, resolution in enumerate((4, 8, 16, 32)):
        place, ours = "to_rgb1" if k == 0 else f"to_rgbs.{k - 1}", f"synthesis.b{resolution}.torgb"
        said[f"{place}.conv.weight"] = own[f"{ours}.weight"][None]
        said[f"{place}.conv.modulation.weight"] = own[f"{ours}.affine.weight"]
        said[f"{place}.conv.modulation.bias"] = own[f"{ours}.affine.bias"]
        said[f"{place}.bias"] = own[f"{ours}.bias"].view(1, -1, 1, 1)
    return said


def as_official(own: dict[str, Tensor]) -> dict[str, Tensor]:
    filters = {f"synthesis.b{r}.{part}resample_filter": torch.ones(4, 4) / 16 for r in (8, 16, 32)
               for part in ("", "conv0.")}  # fmt: skip
    return {**own, **filters}


def asked(task: str = "sample", seed: int = 3, model: Any = None, **settings: Any) -> Request:
    card = model.card if model else stylegan.CARD
    return Request("m", "m", "stylegan", task, seed=seed, settings=card.check(settings, task))


def shown(path: Path) -> Any:
    architecture, match = Registry().recognise(path)
    assert architecture == "stylegan"
    model = stylegan.load(str(path), Plan())
    assert model.card == match.card
    return model.generate(asked(noise="fixed", model=model), Recorder()).image


def test_public_files_give_the_same_picture_under_either_names(tmp_path: Path) -> None:
    own = random_network().state_dict()
    average = own["mapping.w_avg"]
    other = {k: v * 0 for k, v in as_rosinality(own).items()}
    torch.save({"g": other, "g_ema": as_rosinality(own), "latent_avg": average}, tmp_path / "rosinality.pt")
    torch.save(as_official(own), tmp_path / "official.pth")
    torch.save({"G_ema": as_official(own)}, tmp_path / "nested.pth")
    encoder = {f"decoder.{k}": v for k, v in as_rosinality(own).items()}
    encoder["latent_avg"] = average.expand(8, -1).contiguous()
    save_file({k: v.contiguous() for k, v in encoder.items()}, tmp_path / "encoder.safetensors")
    (tmp_path / "ours").mkdir()
    save_file({k: v.contiguous() for k, v in own.items()}, tmp_path / "ours" / "model.safetensors")
    (tmp_path / "ours" / "config.json").write_text(
        '{"architecture": "stylegan", "z": 12, "w": 16, "layers": 3, "channels": [10, 8, 6, 4]}'
    )
    pictures = {path.name: shown(path).tobytes() for path in sorted(tmp_path.iterdir())}
    assert len(pictures) == 5
    assert len(set(pictures.values())) == 1, "one network, five ways to keep it"


def test_what_a_file_leaves_out_is_made_the_same_each_time(tmp_path: Path) -> None:
    own = random_network().state_dict()
    short = {k: v for k, v in as_rosinality(own).items() if not k.startswith("noises")}
    torch.save({"g_ema": short}, tmp_path / "short.pt")
    one, other = (stylegan.load(str(tmp_path / "short.pt"), Plan()) for _ in range(2))
    w = one._network.mapping.w_avg
    assert torch.equal(w, other._network.mapping.w_avg) and w.abs().sum() > 0
    mean = random_network().mapping(torch.randn(4000, 12, generator=torch.Generator().manual_seed(9))).mean(0)
    assert torch.allclose(w, mean, atol=0.1)


def test_what_no_network_has_is_not_claimed_or_refused(tmp_path: Path) -> None:
    own = as_official(random_network().state_dict())
    save_file({"synthesis.input.weight": torch.ones(4, 4)}, tmp_path / "stylegan3.safetensors")
    assert stylegan.recognise(Files(tmp_path / "stylegan3.safetensors")) is None
    torch.save({**own, "synthesis.b16.conv1.weight": torch.ones(6, 5, 3, 3)}, tmp_path / "broken.pth")
    with pytest.raises(BadInput, match=r"not those of the network"):
        stylegan.load(str(tmp_path / "broken.pth"), Plan())
    (tmp_path / "ffhq.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(BadInput, match=r"ffhq.pkl is a pickle"):
        Registry().recognise(tmp_path / "ffhq.pkl")


def test_classes_are_a_setting_where_there_are_any(tmp_path: Path) -> None:
    network = random_network(classes=3)
    weights.save(network, tmp_path, "stylegan", **SIZES, classes=3)
    model = stylegan.load(str(tmp_path), Plan())
    one, other = (model.generate(asked(label=k, model=model), Recorder()).image.tobytes() for k in (0, 2))
    assert one != other
    layout = stylegan2_layout.find({k: tuple(v.shape) for k, v in network.state_dict().items()})
    assert layout is not None and layout.config["classes"] == 3 and layout.config["z"] == 12


# ── its own settings ──────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def model() -> Any:
    return stylegan.tiny()


def made(model: Any, task: str = "sample", seed: int = 3, **settings: Any) -> Tensor:
    image = model.generate(asked(task, seed, model, **settings), Recorder()).image
    return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(image.height, image.width, 3).float()


def test_truncation_takes_variety_away(model: Any) -> None:
    def varies(psi: float) -> float:
        return (
            torch.stack([made(model, seed=k, truncation_psi=psi, noise="off") for k in range(6)]).std(0).mean().item()
        )

    assert varies(0.0) == 0
    assert varies(0.4) < varies(1.0)


def test_noise_is_by_the_seed_fixed_or_none(model: Any) -> None:
    flat = {
        kind: [made(model, seed=k, truncation_psi=0, noise=kind) for k in (1, 2)] for kind in ("fresh", "fixed", "off")
    }
    assert not torch.equal(*flat["fresh"])
    assert torch.equal(*flat["fixed"]) and torch.equal(*flat["off"])
    assert not torch.equal(flat["fixed"][0], flat["off"][0])


def test_mixing_all_layers_is_the_other_and_some_is_neither(model: Any) -> None:
    alone = {seed: made(model, seed=seed, noise="fixed") for seed in (3, 9)}
    mix = {"task": "mix", "seed": 3, "other_seed": 9, "noise": "fixed"}
    assert torch.equal(made(model, **mix, mix_from=1, mix_to=8), alone[9])
    some = made(model, **mix, mix_from=5, mix_to=8)
    assert not torch.equal(some, alone[3]) and not torch.equal(some, alone[9])
    assert torch.equal(some, made(model, **mix, mix_from=8, mix_to=5)), "in whichever order"
    said = model.generate(asked("mix", 3, model, other_seed=9, mix_from=2, mix_to=3), Recorder()).facts
    assert said == {"mixed": "layers 2 to 3 of 8 are those of seed 9"}


def test_a_strip_goes_from_one_to_the_other(model: Any) -> None:
    strip = made(model, "interpolate", 3, other_seed=9, frames=5, noise="fixed")
    assert strip.shape == (32, 160, 3)
    assert torch.equal(strip[:, :32], made(model, seed=3, noise="fixed"))
    assert torch.equal(strip[:, 128:], made(model, seed=9, noise="fixed"))


def test_a_walk_begins_at_its_seed_and_its_stride_is_felt(model: Any) -> None:
    def moved(stride: float) -> float:
        strip = made(model, "walk", 3, frames=4, stride=stride, noise="off")
        return (strip[:, 32:64] - strip[:, :32]).abs().mean().item()

    assert torch.equal(made(model, "walk", 3, frames=2, noise="fixed")[:, :32], made(model, seed=3, noise="fixed"))
    assert 0 < moved(0.1) < moved(1.0)


def test_previews_are_the_picture_at_every_resolution(model: Any) -> None:
    said = Recorder()
    image = model.generate(asked(model=model), said).image
    previews = said.of(Preview)
    assert [p.step for p in previews] == [1, 2, 3, 4] and [p.step for p in said.of(Progress)] == [1, 2, 3, 4]
    first = torch.frombuffer(bytearray(previews[0].rgb), dtype=torch.uint8).view(previews[0].height, -1, 3)
    assert len(first.flatten(0, 1).unique(dim=0)) <= 16, "the first has 4 × 4 pixels"
    last = torch.frombuffer(bytearray(previews[-1].rgb), dtype=torch.uint8).view(previews[-1].height, -1, 3)
    assert last[::4, ::4].numpy().tobytes() == image.tobytes()
