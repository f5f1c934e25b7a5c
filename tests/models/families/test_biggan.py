"""BigGANs on real files: the authors' layout in all its forms, ours by its config, classes and their mixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from models.families.gan import biggan
from models.networks import biggan as networks
from models.networks import biggan_layout as layout
from models.networks import weights
from models.protocol import BadInput, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pictures.biggan import truncated
from models.store.files import Files

# As the authors' code is called for pictures of 32², 64² and 128²: with and without chunks, norm and attention.
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"latent": 10, "channels": [8, 8, 8, 8], "classes": 5, "shared": 10},
    "chunks": {"latent": 20, "channels": [16, 16, 8, 8, 4], "classes": 7, "shared": 6, "chunk": 4, "spectral": True},
    "attention": {
        "latent": 24, "channels": [16, 16, 16, 8, 8, 4], "classes": 3, "shared": 8, "chunk": 4, "attention": [2],
        "spectral": True,
    },
}  # fmt: skip


class Quiet:
    def __call__(self, event: Any) -> None:
        pass

    def wants_preview(self) -> bool:
        return False


def network(kind: str) -> networks.Generator:
    """With statistics, gains and an attention that are not those of the beginning."""
    torch.manual_seed(0)
    made = networks.Generator(**KINDS[kind])
    for name, value in made.state_dict().items():
        if name.endswith("stored_var"):
            value.uniform_(0.05, 0.2)
        if name.endswith("gamma"):
            value.fill_(0.5)
    return made.eval().requires_grad_(False)


def made_by(model: Any, task: str = "sample", seed: int = 4, **settings: Any) -> Any:
    request = Request("m", "m", "biggan", task, seed=seed, settings=model.card.check(settings, task))
    return model.generate(request, Quiet())


def array(media: Any) -> np.ndarray:
    return np.asarray(media.image, dtype=np.int16)


# ── public files ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_a_public_file_says_all_that_is_needed(kind: str, tmp_path: Path) -> None:
    source = network(kind)
    torch.save(source.state_dict(), tmp_path / "G_ema.pth")
    shapes = {name: tuple(value.shape) for name, value in source.state_dict().items()}
    found = layout.generator(shapes)
    assert found is not None
    assert {name: found[name] for name in KINDS[kind]} == KINDS[kind]
    match = biggan.recognise(Files(tmp_path / "G_ema.pth"))
    assert match is not None
    model = biggan.load(str(tmp_path / "G_ema.pth"), Plan())
    assert made_by(model, class_name="class 1").size == (source.size, source.size)
    again = model._generator.state_dict()
    assert all(torch.equal(value, again[name]) for name, value in source.state_dict().items())


def test_the_layout_is_the_authors_own() -> None:
    names = set(network("attention").state_dict())
    for name in (
        "shared.weight", "linear.weight", "linear.u0", "linear.sv0", "blocks.0.0.conv1.weight",
        "blocks.0.0.conv_sc.u0", "blocks.1.0.bn1.gain.weight", "blocks.1.0.bn1.gain.sv0",
        "blocks.1.0.bn2.stored_mean", "blocks.2.1.theta.weight", "blocks.2.1.gamma", "output_layer.0.gain",
        "output_layer.0.stored_var", "output_layer.2.bias",
    ):  # fmt: skip
        assert name in names
    assert "linear.u0" not in network("plain").state_dict()


def test_files_of_data_parallel_training_and_named_classes(tmp_path: Path) -> None:
    save_file({f"module.{k}": v for k, v in network("plain").state_dict().items()}, tmp_path / "G.safetensors")
    (tmp_path / "everyform.json").write_text('{"name": "Fruit", "labels": ["apple", "fig", "kiwi", "lime", "plum"]}')
    match = biggan.recognise(Files(tmp_path))
    assert match is not None
    model = biggan.load(str(tmp_path), Plan())
    assert made_by(model, class_name="fig").facts == {"class": "fig"}
    (tmp_path / "everyform.json").write_text('{"labels": ["apple"]}')
    with pytest.raises(BadInput, match="must be 5 different names"):
        biggan.recognise(Files(tmp_path))


def test_other_weights_are_not_claimed_and_a_misfit_is_refused(tmp_path: Path) -> None:
    tensors = network("plain").state_dict()
    save_file({k: v for k, v in tensors.items() if k != "shared.weight"}, tmp_path / "other.safetensors")
    assert biggan.recognise(Files(tmp_path / "other.safetensors")) is None
    with pytest.raises(BadInput, match="holds no BigGAN"):
        biggan.load(str(tmp_path / "other.safetensors"), Plan())
    save_file({k: v for k, v in tensors.items() if k != "blocks.1.0.conv2.bias"}, tmp_path / "cut.safetensors")
    with pytest.raises(BadInput, match="are not those of the network"):
        biggan.load(str(tmp_path / "cut.safetensors"), Plan())


def test_ours_comes_back_with_its_labels(tmp_path: Path) -> None:
    weights.save(network("chunks"), tmp_path, "biggan", labels=list("abcdefg"), **KINDS["chunks"])
    model = biggan.load(str(tmp_path), Plan())
    (choice,) = (p for p in model.card.parameters if p.name == "class_name")
    assert choice.choices == ("any", *"abcdefg")
    assert made_by(model, class_name="c").facts == {"class": "c"}
    assert made_by(model).facts["class"] in set("abcdefg")


# ── the network ───────────────────────────────────────────────────────────────


def test_a_layer_is_divided_by_its_largest_singular_value() -> None:
    conv = networks._Conv(6, 9, 3, padding=1).with_estimate(True)
    conv.train()
    for _ in range(60):
        conv.scaled()
    assert torch.linalg.matrix_norm(conv.scaled().flatten(1), 2).item() == pytest.approx(1, abs=0.01)
    kept = conv.u0.clone()
    conv.eval()
    assert torch.equal(conv.scaled(), conv.scaled()) and torch.equal(conv.u0, kept)
    assert conv.sv0.item() == pytest.approx(torch.linalg.matrix_norm(conv.weight.flatten(1), 2).item(), rel=0.01)


def test_a_block_is_the_papers_done_the_short_way() -> None:
    torch.manual_seed(0)
    block = networks._Block(6, 4, 5, False).eval()
    x, told = torch.randn(2, 6, 5, 5), torch.randn(2, 5)

    def normed(norm: Any, x: torch.Tensor) -> torch.Tensor:
        gain, bias = (part(told)[:, :, None, None] for part in (norm.gain, norm.bias))
        x = (x - norm.stored_mean.view(1, -1, 1, 1)) / (norm.stored_var.view(1, -1, 1, 1) + networks.EPS).sqrt()
        return F.relu(x * (1 + gain) + bias)

    doubled = F.interpolate(normed(block.bn1, x), scale_factor=2)
    wanted = block.conv2(normed(block.bn2, block.conv1(doubled))) + block.conv_sc(F.interpolate(x, scale_factor=2))
    assert torch.allclose(block(x, told), wanted, atol=1e-4)


def test_each_chunk_of_z_reaches_the_picture() -> None:
    made, shared = network("chunks"), torch.zeros(1, 6)
    z = torch.zeros(1, 20)
    before = made(z, shared)
    for k in range(5):
        other = z.clone()
        other[:, k * 4 : k * 4 + 4] = 1
        assert not torch.equal(made(other, shared), before)


def test_numbers_beyond_the_threshold_are_drawn_again() -> None:
    draw = torch.Generator().manual_seed(0)
    z = truncated(5000, 0.8, draw)
    assert z.abs().max() <= 0.8 and z.std() == pytest.approx(0.43, abs=0.03)
    free = truncated(64, 9.0, torch.Generator().manual_seed(3))
    assert torch.equal(free, torch.randn((1, 64), generator=torch.Generator().manual_seed(3)))


# ── classes ───────────────────────────────────────────────────────────────────


def test_a_mix_begins_at_one_class_and_ends_at_the_other() -> None:
    model = biggan.tiny()
    one, other = (array(made_by(model, class_name=name)) for name in ("hill", "lake"))
    ends = [array(made_by(model, "mix", class_name="hill", other_class="lake", mix=mix)) for mix in (0, 1)]
    assert (ends[0] == one).all() and (ends[1] == other).all() and (one != other).any()
    half = made_by(model, "mix", class_name="hill", other_class="lake", mix=0.5)
    assert half.facts == {"class": "hill", "other class": "lake, 50%"}
    assert (array(half) != one).any() and (array(half) != other).any()


def test_any_class_is_drawn_by_the_seed_and_kept() -> None:
    model = biggan.tiny()
    drawn = {seed: made_by(model, seed=seed) for seed in range(12)}
    assert {made.facts["class"] for made in drawn.values()} == {"hill", "lake", "wood"}
    for seed, made in drawn.items():
        assert (array(made_by(model, seed=seed, class_name=made.facts["class"])) == array(made)).all()


def test_the_strip_ends_at_the_other_seeds_picture() -> None:
    model = biggan.tiny()
    strip = array(made_by(model, "interpolate", seed=2, other_seed=8, frames=4))
    assert (strip[:, :32] == array(made_by(model, seed=2))).all()
    assert (strip[:, -32:] == array(made_by(model, seed=8))).all()


def test_a_model_says_beside_it_how_it_is_best_drawn(tmp_path: Path) -> None:
    weights.save(network("plain"), tmp_path, "biggan", labels=list("abcde"), **KINDS["plain"])
    (tmp_path / "everyform.json").write_text('{"defaults": {"truncation": 4.0}}')
    match = biggan.recognise(Files(tmp_path))
    assert match is not None
    for card in (match.card, biggan.load(str(tmp_path), Plan()).card):
        assert card.check({}, "sample")["truncation"] == 4.0
