"""DCGANs and WGANs on real files: public ones told by names and shapes, ours by their config, their own controls."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.families.gan import dcgan, wgan
from models.networks import dcgan as networks
from models.networks import dcgan_layout as layout
from models.networks import weights
from models.protocol import BadInput, Preview, Progress, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan
from models.runtime.pictures import latent_gan
from models.store.files import Files


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


def public_generator(nz: int = 12, ngf: int = 4, colours: int = 3) -> nn.Module:
    """As the DCGAN example of PyTorch has it, at 64²."""
    wide = [ngf * 8, ngf * 4, ngf * 2, ngf]
    layers: list[nn.Module] = [nn.ConvTranspose2d(nz, wide[0], 4, 1, 0, bias=False), nn.BatchNorm2d(wide[0]), nn.ReLU()]
    for before, width in itertools.pairwise(wide):
        layers += [nn.ConvTranspose2d(before, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    layers += [nn.ConvTranspose2d(ngf, colours, 4, 2, 1, bias=False), nn.Tanh()]
    return nn.ModuleDict({"main": nn.Sequential(*layers)}).eval()


def public_critic(ndf: int = 4, colours: int = 3) -> nn.Module:
    """As the DCGAN example of PyTorch has it, at 64²: batch norm, no biases, a sigmoid at the end."""
    layers: list[nn.Module] = [nn.Conv2d(colours, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for k in (1, 2, 4):
        layers += [nn.Conv2d(ndf * k, ndf * k * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * k * 2), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
    return nn.ModuleDict({"main": nn.Sequential(*layers)}).eval()


def ask(card: Any, task: str = "sample", seed: int = 5, **settings: Any) -> Request:
    return Request("m", "m", card.architecture, task, seed=seed, settings=card.check(settings, task))


def made_by(model: Any, task: str = "sample", seed: int = 5, **settings: Any) -> Any:
    return model.generate(ask(model.card, task, seed, **settings), Heard())


def array(media: Any) -> np.ndarray:
    return np.asarray(media.image, dtype=np.int16)


def ours(folder: Path, architecture: str) -> Path:
    torch.manual_seed(1)
    weights.save(networks.Generator(8, (8, 4)), folder, architecture, latent=8, channels=[8, 4])
    critic = networks.Critic((4, 8))
    told = {"real": 2.0, "made": -1.5}
    weights.save(critic, folder / "critic", f"{architecture}-critic", channels=[4, 8], scores=told)
    return folder


# ── public files ──────────────────────────────────────────────────────────────


def test_a_public_generator_alone_makes_its_own_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = public_generator()
    for batch_norm in network.modules():
        if isinstance(batch_norm, nn.BatchNorm2d):
            torch.nn.init.uniform_(batch_norm.get_buffer("running_var"), 0.001, 0.01)
    torch.save(network.state_dict(), tmp_path / "netG.pth")
    match = dcgan.recognise(Files(tmp_path / "netG.pth"))
    assert match is not None
    assert "best_of" not in {p.name for p in match.card.parameters}
    model = dcgan.load(str(tmp_path / "netG.pth"), Plan())
    made = made_by(model)
    with torch.no_grad():
        wanted = network["main"](pixels.noise(5, 1, 12)[:, :, None, None])[0]  # type: ignore[index]
    assert made.size == (64, 64) and made.facts == {}
    assert np.abs(array(made) - pixels.to_bytes(wanted).numpy()).max() <= 1


def test_a_public_critic_beside_it_scores_as_it_would(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator, critic = public_generator(), public_critic()
    save_file(generator.state_dict(), tmp_path / "netG.safetensors")
    torch.save({f"module.{name}": value for name, value in critic.state_dict().items()}, tmp_path / "netD.pth")
    model = dcgan.load(str(tmp_path), Plan())
    made = made_by(model, best_of=1)
    with torch.no_grad():
        picture = generator["main"](pixels.noise(5, 1, 12)[:, :, None, None])  # type: ignore[index]
        score = critic["main"][:-1](picture).item()  # type: ignore[index]
    assert float(made.facts["critic's score"]) == pytest.approx(score, abs=0.01)


def test_both_in_one_file_and_grey_pictures(tmp_path: Path) -> None:
    whole = {"netG": public_generator(colours=1).state_dict(), "netD": public_critic(colours=1).state_dict()}
    torch.save({**whole, "epoch": 5}, tmp_path / "checkpoint.pth")
    model = dcgan.load(str(tmp_path / "checkpoint.pth"), Plan())
    assert {"best_of", "other_seed"} <= {p.name for p in model.card.parameters}
    made = array(made_by(model, best_of=2))
    assert made.shape == (64, 64, 3) and (made[..., 0] == made[..., 2]).all()
    assert made_by(model, "interpolate", frames=3).size == (192, 64)


def test_a_critic_alone_and_a_generator_of_another_kind_are_not_claimed(tmp_path: Path) -> None:
    torch.save(public_critic().state_dict(), tmp_path / "netD.pth")
    assert dcgan.recognise(Files(tmp_path / "netD.pth")) is None
    broken = public_generator().state_dict()
    del broken["main.4.weight"]
    torch.save(broken, tmp_path / "other.pth")
    assert dcgan.recognise(Files(tmp_path / "other.pth")) is None
    with pytest.raises(BadInput, match="holds no DCGAN"):
        dcgan.load(str(tmp_path / "other.pth"), Plan())


def test_a_critic_of_another_size_is_left_out(tmp_path: Path) -> None:
    torch.save(public_generator().state_dict(), tmp_path / "netG.pth")
    torch.save(networks.Critic((4, 8, 8)).state_dict(), tmp_path / "small.pth")
    match = dcgan.recognise(Files(tmp_path))
    assert match is not None and "best_of" not in {p.name for p in match.card.parameters}


@pytest.mark.parametrize("colours, start, bias", [(3, 4, False), (1, 7, True)])
def test_configs_come_back_from_shapes(colours: int, start: int, bias: bool) -> None:
    generator = {"latent": 6, "channels": [8, 4, 2], "colours": colours, "start": start, "bias": bias}
    shapes = {k: tuple(v.shape) for k, v in networks.Generator(**generator).state_dict().items()}  # type: ignore[arg-type]
    assert layout.generator(shapes) == generator and layout.critic(shapes) is None
    critic = {"channels": [4, 8, 8], "colours": colours, "end": start, "norm": bias, "bias": not bias}
    shapes = {k: tuple(v.shape) for k, v in networks.Critic(**critic).state_dict().items()}  # type: ignore[arg-type]
    assert layout.critic(shapes) == critic and layout.generator(shapes) is None
    assert layout.size(generator) == layout.size(critic) == start * 8


# ── ours ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("family, other", [(dcgan, wgan), (wgan, dcgan)])
def test_ours_are_told_apart_by_their_config(family: Any, other: Any, tmp_path: Path) -> None:
    folder = ours(tmp_path / "model", family.CARD.architecture)
    match = family.recognise(Files(folder))
    assert match is not None and match.card == family.CARD
    assert other.recognise(Files(folder)) is None
    model = family.load(str(folder), Plan())
    facts = made_by(model, best_of=1).facts
    assert facts["scores on average"] == "2.00 for real pictures, -1.50 for made ones"


def test_ours_without_its_critic_has_no_best_of_many(tmp_path: Path) -> None:
    folder = ours(tmp_path / "model", "dcgan")
    for name in ("config.json", "model.safetensors"):
        (folder / "critic" / name).unlink()
    model = dcgan.load(str(folder), Plan())
    assert "best_of" not in {p.name for p in model.card.parameters}
    assert made_by(model).facts == {}


def test_weights_that_are_not_the_networks_are_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = ours(tmp_path / "model", "dcgan")
    weights.save(networks.Generator(8, (4, 4)), tmp_path / "other", "dcgan")
    (tmp_path / "other" / "model.safetensors").replace(folder / "model.safetensors")
    with pytest.raises(BadInput, match="are not those of the network"):
        dcgan.load(str(folder), Plan())


# ── its own controls ──────────────────────────────────────────────────────────


def test_the_best_of_many_is_the_one_that_the_critic_scores_highest() -> None:
    model = dcgan.tiny()
    scores = [float(s) for s in made_by(model, best_of=8).facts["best of"].split("scored ")[1].split()]
    assert len(scores) == 8 and len(set(scores)) > 1
    assert float(made_by(model, best_of=8).facts["critic's score"]) == max(scores)
    first = made_by(model, best_of=1)
    assert float(first.facts["critic's score"]) == scores[0]
    best = pixels.to_tensor(made_by(model, best_of=8).image)
    assert model._critic(best).item() == pytest.approx(max(scores), abs=0.05)


def test_the_first_of_many_is_the_picture_of_the_seed() -> None:
    model = dcgan.tiny()
    model._critic = None
    assert (array(made_by(model)) == array(made_by(model, "walk", frames=2))[:, :32]).all()


def test_the_strip_goes_from_one_seed_to_the_other() -> None:
    model = dcgan.tiny()
    strip = array(made_by(model, "interpolate", seed=3, other_seed=9, frames=5))
    assert strip.shape == (32, 160, 3)
    assert (strip[:, :32] == array(made_by(model, seed=3))).all()
    assert (strip[:, -32:] == array(made_by(model, seed=9))).all()
    frames = np.split(strip, 5, axis=1)
    steps = [np.abs(a - b).mean() for a, b in itertools.pairwise(frames)]
    assert max(steps) < np.abs(frames[0] - frames[-1]).mean()


def test_spherical_ways_keep_the_length() -> None:
    start, end = pixels.noise(1, 1, 512), pixels.noise(2, 1, 512)
    middle = latent_gan.spherical(start, end, 0.5)
    assert middle.norm().item() == pytest.approx((start.norm().item() + end.norm().item()) / 2, rel=0.03)
    assert torch.allclose(latent_gan.spherical(start, end, 1.0), end, atol=1e-5)
    assert torch.equal(latent_gan.spherical(start, start, 0.5), start)


def test_a_short_stride_is_a_slow_walk() -> None:
    start = pixels.noise(1, 1, 2048)
    for stride in (0.1, 1.0):
        path = latent_gan.walk(start, 6, stride, 1)
        cosines = [torch.cosine_similarity(a, b).item() for a, b in itertools.pairwise(path)]
        assert cosines == pytest.approx([np.cos(stride * np.pi / 2)] * 5, abs=0.08)
        assert [z.std().item() for z in path] == pytest.approx([1.0] * 6, abs=0.08)


def test_previews_grow_from_the_smallest_layer_to_the_picture() -> None:
    model, heard = dcgan.tiny(), Heard()
    made = model.generate(ask(model.card, best_of=1), heard)
    previews = [event for event in heard if isinstance(event, Preview)]
    assert len(previews) == model._generator.depth == [e for e in heard if isinstance(e, Progress)][-1].total
    assert previews[0].width == 128 and len({p.rgb[:3] for p in previews}) > 1
    squares = np.frombuffer(previews[0].rgb, np.uint8).reshape(4, 32, 4, 32, 3)
    assert (squares == squares[:, :1, :, :1]).all()  # 4 × 4 places
    last = np.frombuffer(previews[-1].rgb, np.uint8).reshape(128, 128, 3)[::4, ::4]
    assert (last == np.asarray(made.image)).all()


def test_a_tamer_z_gives_pictures_that_are_more_alike() -> None:
    model = replace_critic(dcgan.tiny())
    spread = {
        scale: np.stack([array(made_by(model, seed=k, truncation=scale)) for k in range(6)]).std(0).mean()
        for scale in (0.1, 1.0)
    }
    assert spread[0.1] < spread[1.0]


def replace_critic(model: Any) -> Any:
    """The model with its critic taken away, and a card that says so."""
    model._critic = None
    parameters = tuple(p for p in model.card.parameters if p.name != "best_of")
    model.card = replace(model.card, parameters=parameters)
    return model
