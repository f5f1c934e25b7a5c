"""pix2pix: public U-Nets of any shape load by their tensors alone, and each control does what it says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from models.families.gan import pix2pix
from models.networks.translators import PatchDiscriminator, UNetGenerator
from models.protocol import BadInput, Preview, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.store.files import Files
from models.training.starter import STARTERS, Silent

STARTER = STARTERS / "sketch"


@pytest.fixture
def sketch(tmp_path: Path) -> str:
    picture = Image.new("RGB", (160, 120), "white")
    draw = ImageDraw.Draw(picture)
    draw.line([(0, 60), (160, 66)], "black", 2)
    draw.polygon([(50, 90), (50, 60), (75, 40), (100, 60), (100, 90)], outline="black", width=2)
    path = tmp_path / "sketch.png"
    picture.save(path)
    return str(path)


def asked(model: Any, sketch: str, seed: int = 7, **settings: Any) -> Request:
    card = model.card
    return Request("m", "m", card.architecture, pix2pix.TASK, seed=seed, inputs={"sketch": sketch},
                   settings=card.check(settings, pix2pix.TASK))  # fmt: skip


def made(model: Any, sketch: str, **told: Any) -> bytes:
    return model.generate(asked(model, sketch, **told), Silent()).image.tobytes()


def test_a_public_file_is_built_from_its_shapes_alone(tmp_path: Path, sketch: str) -> None:
    """Written as the authors' code does: `torch.save` of a state dict, eight levels, one input channel."""
    torch.manual_seed(0)
    network = UNetGenerator(1, 3, (2, 4, 8, 16, 16, 16, 16, 16))
    torch.save(network.state_dict(), tmp_path / "latest_net_G.pth")
    architecture, match = Registry().recognise(tmp_path / "latest_net_G.pth")
    assert architecture == "pix2pix" and match.name == "latest_net_G"
    sizes = {p.name: p for p in match.card.parameters}
    assert sizes["width"].default == sizes["width"].multiple_of == 256
    model = pix2pix.load(str(tmp_path / "latest_net_G.pth"), Plan())
    given, there = network.state_dict(), model.network.state_dict()
    assert all(torch.equal(there[name], given[name]) for name in given)
    assert model.generate(asked(model, sketch), Silent()).size == (256, 256)


@pytest.mark.parametrize(("norm", "bias"), [("batch", False), ("instance", True), ("none", False)])
def test_norm_and_bias_are_read_off_the_names(tmp_path: Path, norm: str, bias: bool) -> None:
    network = UNetGenerator(3, 3, (4, 8, 8), norm, bias)
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    model = pix2pix.load(str(tmp_path), Plan())
    assert [type(layer) for layer in model.network.modules()] == [type(layer) for layer in network.modules()]
    assert ("statistics" in {p.name for p in model.card.parameters}) is (norm == "batch")


def test_old_statistics_of_instance_norms_are_left_out(tmp_path: Path) -> None:
    """PyTorch below 0.4 kept them; the names in front are those of a network spread over several cards."""
    weights = UNetGenerator(3, 3, (4, 8, 8), "instance", True).state_dict()
    weights |= {
        "model.model.1.model.2.running_mean": torch.zeros(8),
        "model.model.1.model.2.running_var": torch.ones(8),
    }
    save_file({f"module.{name}": value for name, value in weights.items()}, tmp_path / "net.safetensors")
    assert pix2pix.load(str(tmp_path / "net.safetensors"), Plan()).network.levels


def test_the_latest_epoch_of_a_folder_is_taken_and_a_critic_is_none(tmp_path: Path) -> None:
    for width, epoch in ((4, "5"), (5, "20"), (6, "latest")):
        save_file(UNetGenerator(3, 3, (width, 8, 8)).state_dict(), tmp_path / f"{epoch}_net_G.safetensors")
    save_file(PatchDiscriminator(6, 4).state_dict(), tmp_path / "latest_net_D.safetensors")
    assert pix2pix.load(str(tmp_path), Plan()).network.model.model[0].out_channels == 6
    (tmp_path / "latest_net_G.safetensors").unlink()
    assert pix2pix.load(str(tmp_path), Plan()).network.model.model[0].out_channels == 5
    assert pix2pix.recognise(Files(tmp_path / "latest_net_D.safetensors")) is None


def test_generators_that_do_not_belong_together_are_refused_in_a_sentence(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        save_file(UNetGenerator(3, 3, (4, 8, 8)).state_dict(), tmp_path / f"{name}.safetensors")
    with pytest.raises(BadInput, match="choose the file of one"):
        pix2pix.recognise(Files(tmp_path))


def test_a_file_whose_parts_do_not_fit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    weights = UNetGenerator(3, 3, (4, 8, 8)).state_dict()
    weights["model.model.1.model.3.model.3.weight"] = torch.zeros(5, 8, 4, 4)
    save_file(weights, tmp_path / "net.safetensors")
    with pytest.raises(BadInput, match=r"net\.safetensors"):
        pix2pix.load(str(tmp_path / "net.safetensors"), Plan())


def test_without_a_sketch_it_says_what_to_give(sketch: str) -> None:
    model = pix2pix.tiny()
    request = asked(model, sketch)
    with pytest.raises(BadInput, match="give a sketch"):
        model.generate(Request("m", "m", "pix2pix", pix2pix.TASK, settings=request.settings), Silent())


def test_variation_is_all_the_chance_there_is(sketch: str) -> None:
    model = pix2pix.tiny()
    assert made(model, sketch, seed=1, variation=0) == made(model, sketch, seed=2, variation=0)
    assert made(model, sketch, seed=1, variation=1) != made(model, sketch, seed=2, variation=1)


def test_light_lays_the_sketch_on_its_paper(sketch: str) -> None:
    """Paper is what the network sees between the lines: the same as a sketch that was drawn on it."""
    model, sure = pix2pix.tiny(), {"variation": 0, "statistics": pix2pix.LEARNED}
    tinted = Image.open(sketch).convert("RGB")
    tinted = Image.merge("RGB", [c.point(lambda v, k=k: round(v * k / 255)) for c, k in
                                 zip(tinted.split(), model.papers["night"], strict=True)])  # fmt: skip
    path = sketch.replace("sketch.png", "tinted.png")
    tinted.save(path)
    of_paper, of_light, plain = (
        torch.frombuffer(bytearray(made(model, name, light=light, **sure)), dtype=torch.uint8).float()
        for name, light in ((path, "day"), (sketch, "night"), (sketch, "day"))
    )
    assert (of_paper - of_light).abs().mean() * 4 < (of_light - plain).abs().mean()


def test_previews_show_its_levels_and_end_in_the_result(sketch: str) -> None:
    model = pix2pix.tiny()
    events: list[Any] = []

    class Keeps(Silent):
        def __call__(self, event: Any) -> None:
            events.append(event)

        def wants_preview(self) -> bool:
            return True

    picture = model.generate(asked(model, sketch), Keeps()).image
    previews = [e for e in events if isinstance(e, Preview)]
    assert len({p.rgb for p in previews}) == len(previews) >= 5
    last = Image.frombytes("RGB", (previews[-1].width, previews[-1].height), previews[-1].rgb)
    assert last.resize(picture.size, Image.Resampling.NEAREST).tobytes() == picture.tobytes()
    assert [e.step for e in events if isinstance(e, Progress)] == list(range(1, 9))


@pytest.mark.skipif(not STARTER.exists(), reason="the starter is not there yet")
def test_the_starter_keeps_up_with_a_pencil(sketch: str) -> None:
    """In the processor's own time, on one core: what else runs on the machine is not its fault."""
    model = pix2pix.load(str(STARTER), Plan())
    request = asked(model, sketch)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model.generate(request, Silent())
        began = time.process_time()
        for _ in range(5):
            model.generate(request, Silent())
        assert (time.process_time() - began) / 5 < 0.15
    finally:
        torch.set_num_threads(threads)
