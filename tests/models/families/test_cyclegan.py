"""CycleGAN: public residual generators load by their tensors alone, one direction or both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from models.families.gan import cyclegan
from models.networks.translators import ResnetGenerator, UNetGenerator
from models.protocol import BadInput, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.store.files import Files
from models.training.starter import Silent


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "given.png"
    Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * k).resize((96, 64)) for k in range(3)]).save(path)
    return str(path)


def generate(model: Any, picture: str, **settings: Any) -> Any:
    request = Request("m", "m", "cyclegan", cyclegan.TASK, inputs={"picture": picture},
                      settings=model.card.check(settings, cyclegan.TASK))  # fmt: skip
    return model.generate(request, Silent())


def resnet(seed: int = 0, blocks: int = 2, **config: Any) -> ResnetGenerator:
    torch.manual_seed(seed)
    return ResnetGenerator(3, 3, 4, blocks, **config)


def test_a_public_file_has_one_direction_and_its_name_tells_which(tmp_path: Path, picture: str) -> None:
    """Nine blocks and instance norms, as `horse2zebra.pth` has them."""
    network = resnet(blocks=9)
    torch.save(network.state_dict(), tmp_path / "horse2zebra.pth")
    architecture, match = Registry().recognise(tmp_path / "horse2zebra.pth")
    assert architecture == "cyclegan" and match.card.process.startswith("horse to zebra")
    assert [p.name for p in match.card.parameters] == ["size"]
    model = cyclegan.load(str(tmp_path / "horse2zebra.pth"), Plan())
    (there, back), *others = model.ways.values()
    assert back is None and not others
    given = network.state_dict()
    assert all(torch.equal(there.state_dict()[name], given[name]) for name in given)
    assert generate(model, picture, size=128).size == (192, 128)


@pytest.mark.parametrize("names", [("latest_net_G_A", "latest_net_G_B"), ("horse2zebra", "zebra2horse")])
def test_a_folder_of_two_has_both_directions(tmp_path: Path, picture: str, names: tuple[str, str]) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    one, other = resnet(1), resnet(2)
    for name, network in zip(names, (one, other), strict=True):
        torch.save(network.state_dict(), folder / f"{name}.pth")
    model = cyclegan.load(str(folder), Plan())
    there, back = ("horse to zebra", "zebra to horse") if "2" in names[0] else ("A to B", "B to A")
    assert tuple(model.ways) == (there, back)
    made = {way: generate(model, picture, direction=way, size=128).image.tobytes() for way in model.ways}
    assert made[there] != made[back]
    for way, network in ((there, one), (back, other)):
        loaded = model.ways[way][0].state_dict()
        assert torch.equal(loaded["model.1.weight"], network.state_dict()["model.1.weight"])


@pytest.mark.parametrize(
    "config",
    [{"norm": "batch", "bias": False}, {"dropout": True}, {"halvings": 3}, {"norm": "none", "bias": False}],
    ids=str,
)
def test_the_network_is_read_off_names_and_shapes(tmp_path: Path, config: dict[str, Any]) -> None:
    network = resnet(**config)
    save_file(network.state_dict(), tmp_path / "latest_net_G.safetensors")
    model = cyclegan.load(str(tmp_path), Plan())
    ((there, _),) = model.ways.values()
    assert [type(layer) for layer in there.modules()] == [type(layer) for layer in network.modules()]


def test_two_unets_with_the_names_of_both_directions_are_one_too(tmp_path: Path) -> None:
    for name in ("G_A", "G_B"):
        save_file(UNetGenerator(3, 3, (4, 8, 8)).state_dict(), tmp_path / f"latest_net_{name}.safetensors")
    assert Registry().recognise(tmp_path)[0] == "cyclegan"
    assert {p.name: p for p in cyclegan.load(str(tmp_path), Plan()).card.parameters}["size"].multiple_of == 8


def test_the_sidecar_names_the_directions(tmp_path: Path) -> None:
    for name in ("G_A", "G_B"):
        save_file(resnet().state_dict(), tmp_path / f"latest_net_{name}.safetensors")
    (tmp_path / "everyform.json").write_text('{"domains": ["summer", "winter"], "size": 128}', "utf-8")
    match = cyclegan.recognise(Files(tmp_path))
    assert match is not None
    settings = {p.name: p for p in match.card.parameters}
    assert settings["direction"].choices == ("summer to winter", "winter to summer")
    assert settings["size"].default == 128


def test_a_round_trip_is_a_strip_and_tells_how_near_it_came(picture: str) -> None:
    model = cyclegan.tiny()
    alone = generate(model, picture, size=32)
    strip = generate(model, picture, size=32, round_trip=True)
    assert alone.size == (48, 32) and not alone.facts
    assert strip.size == (3 * 48 + 2 * 4, 32)
    assert strip.facts["round trip"].endswith("dB PSNR to the picture it began with")
    assert strip.image.crop((52, 0, 100, 32)).tobytes() == alone.image.tobytes()
    given = Image.open(picture).resize((48, 32), Image.Resampling.LANCZOS)
    assert strip.image.crop((0, 0, 48, 32)).tobytes() == given.tobytes()


def test_a_very_long_picture_is_cut(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 20), "green").save(tmp_path / "long.png")
    assert generate(cyclegan.tiny(), str(tmp_path / "long.png"), size=32).size == (128, 32)


def test_without_a_picture_it_says_what_to_give() -> None:
    model = cyclegan.tiny()
    with pytest.raises(BadInput, match="give a picture"):
        model.generate(Request("m", "m", "cyclegan", cyclegan.TASK, settings={"size": 32}), Silent())


def test_a_checkpoint_that_runs_code_is_refused_and_does_not(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({**resnet().state_dict(), "trap": Trap()}, tmp_path / "latest_net_G.pth")
    with pytest.raises(BadInput, match="is not read"):
        Registry().recognise(tmp_path / "latest_net_G.pth")
    assert not (tmp_path / "sprung").exists()
