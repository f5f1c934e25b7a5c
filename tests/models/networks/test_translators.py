"""The translators' networks: the authors' own names, what reaches what, and a copy to begin with."""

from __future__ import annotations

import pytest
import torch

from models.networks.translator_layout import layout
from models.networks.translators import PatchDiscriminator, ResnetGenerator, UNetGenerator
from models.training.copying import STEEP, copying


def test_a_unet_has_the_authors_names() -> None:
    """unet_128 with batch norms, as the state dict of a published one lists its outermost and innermost levels."""
    network = UNetGenerator(3, 3, (64, 128, 256, 512, 512, 512, 512))
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    inner = "model.model.1.model.3.model.3.model.3.model.3.model.3.model."
    assert shapes["model.model.0.weight"] == (64, 3, 4, 4)
    assert "model.model.0.bias" not in shapes and shapes["model.model.3.bias"] == (3,)
    assert shapes["model.model.1.model.1.weight"] == (128, 64, 4, 4)
    assert shapes["model.model.1.model.5.weight"] == (256, 64, 4, 4)
    assert shapes[inner + "1.weight"] == (512, 512, 4, 4) and shapes[inner + "3.weight"] == (512, 512, 4, 4)
    assert shapes[inner + "4.running_var"] == (512,)
    # What the authors' code prints as the network's size.
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 3) == 41.829
    assert [level.drops for level in network.levels] == [False] * 4 + [True] * 2 + [False]


def test_a_resnet_has_the_authors_names() -> None:
    network = ResnetGenerator(3, 3, 64, 9)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert shapes["model.1.weight"] == (64, 3, 7, 7) and shapes["model.26.weight"] == (3, 64, 7, 7)
    assert shapes["model.10.conv_block.1.weight"] == shapes["model.18.conv_block.5.weight"] == (256, 256, 3, 3)
    assert shapes["model.19.weight"] == (256, 128, 3, 3)
    # What the authors' code prints as the network's size.
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 3) == 11.378


def test_a_patch_critic_looks_at_seventy_pixels() -> None:
    critic = PatchDiscriminator(3, 4, norm="none")
    assert [name for name in critic.state_dict() if name.endswith("weight")] == [
        f"model.{k}.weight" for k in (0, 2, 5, 8, 11)
    ]
    picture = torch.zeros(1, 3, 128, 128, requires_grad=True)
    critic(picture)[0, 0, 7, 7].backward()
    assert picture.grad is not None
    seen = picture.grad.abs().sum((0, 1))
    assert int((seen.sum(0) > 0).sum()) == int((seen.sum(1) > 0).sum()) == 70


def test_layouts_are_told_apart() -> None:
    def heads(network: torch.nn.Module) -> dict[str, tuple[str, tuple[int, ...]]]:
        return {name: ("F32", tuple(value.shape)) for name, value in network.state_dict().items()}

    unet, resnet = layout(heads(UNetGenerator(1, 2, (4, 6, 8)))), layout(heads(ResnetGenerator(1, 2, 4, 3)))
    assert unet is not None and unet.kind == "unet" and unet.factor == 8
    assert unet.config["widths"] == (4, 6, 8) and unet.config["input_nc"] == 1 and unet.config["output_nc"] == 2
    assert resnet is not None and resnet.kind == "resnet" and resnet.factor == 4 and resnet.config["blocks"] == 3
    assert layout(heads(PatchDiscriminator(3, 4))) is None
    assert layout({"conv.weight": ("F32", (4, 4, 3, 3))}) is None


def test_a_pictures_own_statistics_make_it_blind_to_brightness() -> None:
    torch.manual_seed(0)
    network = UNetGenerator(3, 3, (4, 8, 8)).eval()
    x = torch.rand(1, 3, 16, 16)
    outer, inner, _ = network.levels
    norm = inner.model[2]
    assert isinstance(norm, torch.nn.BatchNorm2d) and norm.running_mean is not None
    with torch.no_grad():
        features = outer.down(x, own=True)
        loud = [inner.down(features * k, own=True) for k in (1, 3)]
        assert torch.allclose(loud[0], loud[1], atol=1e-2)
        assert not torch.allclose(inner.down(features, False), inner.down(features * 3, False), atol=1e-2)
        assert torch.equal(norm.running_mean, torch.zeros(8))
        assert not torch.equal(network(x, own=True), network(x))


def test_dropout_keeps_the_mean_and_depends_on_its_draw() -> None:
    torch.manual_seed(0)
    network, x = UNetGenerator(3, 3, (4, 8, 8, 8)).eval(), torch.rand(1, 3, 16, 16)

    def drawn(seed: int) -> torch.Tensor:
        return network(x, dropout=0.5, draw=torch.Generator().manual_seed(seed))

    assert torch.equal(drawn(1), drawn(1)) and not torch.equal(drawn(1), drawn(2))


def test_a_generator_can_begin_as_a_copy() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 3, 32, 32) * 2 - 1
    copy = copying(ResnetGenerator(3, 3, 16, 2, norm="batch", bias=False).eval())
    with torch.no_grad():
        assert (copy(x) - torch.tanh(STEEP * x)).abs().mean() < 0.05
    with pytest.raises(ValueError, match="cannot carry"):
        copying(ResnetGenerator(3, 3, 8, 2, norm="batch", bias=False))


def test_a_unet_of_one_level_is_none() -> None:
    with pytest.raises(ValueError, match="two levels"):
        UNetGenerator(3, 3, (8,))
