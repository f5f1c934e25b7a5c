"""OpenVINO in the place of torch: the same pictures, kept conversions, and torch again where it cannot be used."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.planning.plan import Plan
from models.protocol import JobCancelled, Loading, Notice, Progress, Request
from models.runtime.openvino import backend, kept

pytestmark = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")
PLAN = Plan(backend="openvino", backend_dtype="float32")


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears, and stops at an event of which `stops` says so."""

    def __init__(self, stops: Any = None) -> None:
        super().__init__()
        self._stops = stops

    def __call__(self, event: Any) -> None:
        self.append(event)
        if self._stops is not None and self._stops(event):
            raise JobCancelled

    def wants_preview(self) -> bool:
        return False

    @property
    def notices(self) -> str:
        return " ".join(event.text for event in self if isinstance(event, Notice))


class Denoiser(nn.Module):
    """A convolution, a time and a text, called as denoisers are."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.convolution, self.text = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(8, 4)

    def forward(
        self, sample: Tensor, timestep: Any, encoder_hidden_states: Tensor, added: Any = None, return_dict: bool = True
    ) -> Any:
        told = self.text(encoder_hidden_states).mean(1)[:, :, None, None]
        told = told + (added["sizes"].mean() if added else 0.0)
        made = self.convolution(sample) * torch.as_tensor(timestep).float().sin() + told
        return SimpleNamespace(sample=made) if return_dict else (made,)


def asked(side: int = 8, time: Any = 3) -> tuple[Any, ...]:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(2, 4, side, side, generator=draw), time, torch.randn(2, 5, 8, generator=draw)


def put_on(network: nn.Module) -> Any:
    pipeline = SimpleNamespace()
    backend.put_on(pipeline, [network], PLAN)
    return pipeline


def run(pipeline: Any, network: nn.Module, *given: Any, **named: Any) -> tuple[Any, Heard, dict[str, str]]:
    heard = Heard()
    with torch.inference_mode(), backend.listening(pipeline, heard) as facts:
        made = network(*given, **named)
    return made, heard, facts


def test_it_gives_what_torch_gives_and_tells_how_nearly() -> None:
    exact = Denoiser()(*asked()).sample
    network = Denoiser()
    pipeline = put_on(network)
    made, heard, facts = run(pipeline, network, *asked())
    assert torch.allclose(made.sample, exact, atol=1e-5)
    assert "OpenVINO" in facts["computed by"] and float(facts["difference to float32"].split()[0]) < 0.01
    assert "float32" in heard.notices and any(isinstance(event, Loading) for event in heard)
    for time in (torch.tensor(4), torch.tensor(9)):  # the same graph, told another time
        made, heard, _ = run(pipeline, network, asked()[0], time, asked()[2], return_dict=False)
        assert torch.allclose(made[0], Denoiser()(asked()[0], time, asked()[2]).sample, atol=1e-5)
    assert pipeline.backend.made == 1  # a plain number is a time as a tensor is
    assert not heard.notices  # said once


def test_dictionaries_and_other_sizes_have_graphs_of_their_own() -> None:
    network = Denoiser()
    pipeline = put_on(network)
    added = {"added": {"sizes": torch.tensor([0.5, 1.5])}}
    for given, named in ((asked(), {}), (asked(16), {}), (asked(), added)):
        made, _, _ = run(pipeline, network, *given, **named)
        assert torch.allclose(made.sample, Denoiser()(*given, **named).sample, atol=1e-5)
    assert pipeline.backend.made == 3


def test_a_conversion_is_kept_and_a_broken_one_is_made_anew() -> None:
    backends = []

    def again(seed: int = 0) -> Heard:
        network = Denoiser(seed)
        pipeline = put_on(network)
        made, heard, _ = run(pipeline, network, *asked())
        assert torch.allclose(made.sample, Denoiser(seed)(*asked()).sample, atol=1e-5)
        backends.append((pipeline.backend.made, pipeline.backend.taken))
        return heard

    again()
    heard = again()
    assert backends == [(1, 0), (0, 1)]
    assert not any(isinstance(event, Loading) and "Comparing" in event.stage for event in heard)
    (folder,) = kept.SHELF.home.iterdir()
    numbers = folder / "graph.bin"
    data = bytearray(numbers.read_bytes())
    data[5] ^= 0x40
    numbers.write_bytes(data)
    again()
    (folder / "kept.json").write_text("{}")
    again()
    (folder / "graph.xml").unlink()
    again()
    assert backends[2:] == [(1, 0)] * 3
    again(seed=1)  # other weights of the same shapes are another network
    assert backends[-1] == (1, 0) and len(list(kept.SHELF.home.iterdir())) == 2


def test_what_differs_too_much_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "relative", lambda made, exact: 0.4)
    network = Denoiser(seed=7)
    pipeline = put_on(network)
    made, heard, facts = run(pipeline, network, *asked())
    assert torch.equal(made[0], Denoiser(seed=7)(*asked()).sample)
    assert "40 %" in heard.notices and facts == {"computed by": "torch"}
    _, heard, _ = run(pipeline, network, *asked())
    assert not heard.notices


def test_what_no_graph_takes_is_left_to_torch() -> None:
    network = Denoiser(seed=8)
    pipeline = put_on(network)
    made, heard, facts = run(pipeline, network, *asked(), added=_Sizes())
    assert made.sample.shape == (2, 4, 8, 8)
    assert "so torch computes it" in heard.notices and facts == {"computed by": "torch"}


class _Sizes(dict):  # type: ignore[type-arg]
    """A mapping that is no plain dictionary."""

    def __bool__(self) -> bool:
        return False


def test_a_stop_while_it_is_converted_leaves_nothing_behind() -> None:
    network = Denoiser(seed=9)
    pipeline = put_on(network)
    before = set(kept.SHELF.home.glob("*"))
    stopped = Heard(lambda event: isinstance(event, Loading) and "Keeping" in event.stage)
    with torch.inference_mode(), pytest.raises(JobCancelled), backend.listening(pipeline, stopped):
        network(*asked())
    assert set(kept.SHELF.home.glob("*")) == before
    made, _, _ = run(pipeline, network, *asked())
    assert torch.allclose(made.sample, Denoiser(seed=9)(*asked()).sample, atol=1e-5)


def test_old_conversions_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SHELF", replace(kept.SHELF, most=2))

    def write(path: Path) -> None:
        path.write_text("<net/>")
        path.with_suffix(".bin").write_bytes(b"123")

    for name in ("a", "b", "c"):
        kept.make(name, write)
    assert len(list(kept.SHELF.home.iterdir())) == 2 and kept.find("c") is not None


def test_what_a_killed_engine_left_is_swept() -> None:
    left = kept.SHELF.home / "a.999999999.part"
    left.mkdir(parents=True)
    kept.make("d", lambda path: [path.write_text("<net/>"), path.with_suffix(".bin").write_bytes(b"123")])
    assert not left.exists() and kept.find("d") is not None


def test_a_stable_diffusion_makes_the_same_picture(tmp_path: Path) -> None:
    from models.families.diffusion import latent_diffusion
    from tests.tiny import stable_diffusion_folder

    folder = str(stable_diffusion_folder(tmp_path / "model", size=64))
    torch_s, ours = (latent_diffusion.load(folder, plan) for plan in (Plan(), PLAN))
    settings = ours.card.check({"steps": 2, "guidance_scale": 4.0}, "text-to-picture")
    request = Request("m", folder, "latent-diffusion", "text-to-picture", "a boat", seed=3, settings=settings)
    plain = torch_s.generate(request, Heard())
    heard = Heard()
    made = ours.generate(request, heard)
    assert "OpenVINO" in made.facts["computed by"] and "OpenVINO" in heard.notices
    assert np.abs(np.asarray(made.image).astype(int) - np.asarray(plain.image)).max() <= 1
    with pytest.raises(JobCancelled):
        ours.generate(request, Heard(lambda event: isinstance(event, Progress) and event.step == 1))
    assert np.array_equal(np.asarray(ours.generate(request, Heard()).image), np.asarray(made.image))
