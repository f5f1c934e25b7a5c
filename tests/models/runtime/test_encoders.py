"""Text encoders: one reading of the words for a whole batch, and none of their weights left afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from models.emitter import Emitter
from models.generation import Generation
from models.planning.plan import Plan
from models.protocol import Event, Output, Request
from models.registry import Registry
from models.runtime.fitting import applying, outlook
from models.runtime.fitting.encoders import Encoders
from models.runtime.fitting.slot import Slots
from tests.diffusers_zoo import build, ours
from tests.diffusers_zoo.recipe import Recipe
from tests.fakes.talk import of
from tests.tiny import name_it

REGISTRY = Registry()


class Count:
    """Counts how often the inside of text encoders computes, and how often their weights are read again."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        self.weights: list[str] = []
        self.pipeline: Any = None
        place, encoder = applying.place, applying.encoder

        def placed(pipeline: Any, *given: Any, **named: Any) -> Any:
            self.pipeline = place(pipeline, *given, **named)
            for name, part in pipeline.components.items():
                if name.startswith("text_encoder") and isinstance(part, nn.Module):
                    inside = next(one for one in part.modules() if isinstance(one, nn.Linear))
                    inside.register_forward_hook(lambda *_, name=name: self.read.append(name))
            return self.pipeline

        def again(path: Any, part: str, *given: Any) -> nn.Module:
            self.weights.append(part)
            return encoder(path, part, *given)

        patch.setattr(applying, "place", placed)
        patch.setattr(applying, "encoder", again)

    @property
    def bytes_left(self) -> int:
        parts = [self.pipeline.components[name] for name in self.pipeline.encoders.gone]
        held = {p.untyped_storage().data_ptr(): p.untyped_storage().nbytes() for e in parts for p in e.parameters()}
        return sum(held.values())


def batch(path: Path, out: Path, prompt: str, slots: Slots, count: int = 3) -> list[bytes]:
    """The files of a job of several pictures."""
    architecture, match = REGISTRY.recognise(path)
    task = match.card.tasks[0]
    heard: list[Event] = []
    small = ours.settings(match.card, task, Recipe())
    request = Request("tiny", str(path), architecture, task, prompt, seed=3, count=count, settings=small, out=str(out))
    Generation(request, REGISTRY, slots, Emitter(heard.append, lambda: False, count)).run()
    return [Path(output.path).read_bytes()[-4000:] for output in of(Output, heard)]


@pytest.mark.parametrize("kind", ["by hand", "any pipeline", "another model's encoder"])
def test_a_batch_reads_its_words_once_and_lets_go_of_the_encoder(
    kind: str, tiny_stable_diffusion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_stable_diffusion
    if kind != "by hand":
        path = tmp_path / "model"
        build.build("PixArtSigmaPipeline").save_pretrained(path)
    if kind == "another model's encoder":
        (tmp_path / "other").mkdir()
        (path / "text_encoder").rename(tmp_path / "other" / "text_encoder")
        name_it(path, shares={"text_encoder": "other"})
    (alone,) = batch(path, tmp_path / "out", "a boat", Slots(), 1)
    monkeypatch.setattr(outlook.Outlook, "plan", lambda self, held: Plan(free_encoder=True))
    count, slots = Count(monkeypatch), Slots()
    made = batch(path, tmp_path / "out", "a boat", slots)
    assert made[0] == alone and len(set(made)) == 3
    texts = len(count.read)
    assert texts in (1, 2), "the prompt, and what to keep away from, alone or together"
    assert count.weights == []
    assert count.pipeline.encoders.gone == {"text_encoder"} and count.bytes_left < 4096
    # Other words want the weights again, once; the same words as before want nothing.
    batch(path, tmp_path / "out", "a house", slots)
    assert texts < len(count.read) <= 2 * texts
    assert count.weights == ["text_encoder"] and count.bytes_left < 4096


class Words(nn.Module):
    """Counts its readings."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(8, 4)
        self.readings = 0

    def forward(self, ids: torch.Tensor, mask: Any = None, cache: Any = None) -> dict[str, Any]:
        self.readings += 1
        return {"states": self.table(ids), "past_key_values": cache or object()}


class Pipe:
    def __init__(self) -> None:
        self.components = {"text_encoder": Words(), "tokenizer": object()}


def test_what_is_remembered_is_the_same_and_stays_so() -> None:
    pipe = Pipe()
    words: Any = pipe.components["text_encoder"]
    Encoders(pipe, ()).remember()
    ids, other = torch.tensor([[1, 2, 3]]), torch.tensor([[1, 2, 4]])
    first = words(ids, mask=None)["states"].detach().clone()
    for _ in range(3):
        found = words(ids.clone(), mask=None)["states"]
        assert torch.equal(found, first)
        found.detach().zero_()  # some pipelines go on with it in its place
    assert words.readings == 1
    assert not torch.equal(words(other, mask=None)["states"], first)
    assert words.readings == 2
    words(ids, mask=torch.ones(3))
    words(ids, mask=torch.zeros(3))
    words(ids.int())
    assert words.readings == 5
    words(ids, cache=object())  # whoever goes on from a cache wants it to grow
    words(ids, cache=object())
    assert words.readings == 7


@torch.no_grad()
def test_a_style_over_an_encoder_stays_when_its_weights_go_and_come_back() -> None:
    from models.networks import miniature

    pipeline = miniature.stable_diffusion()
    encoder = pipeline.text_encoder
    kept = {name: value.clone() for name, value in encoder.state_dict().items()}

    def read(name: str) -> nn.Module:
        fresh = miniature.stable_diffusion(seed=5).text_encoder
        fresh.load_state_dict(kept)
        return fresh

    encoders = Encoders(pipeline, ("unet",), read)
    ids = torch.arange(6)[None]
    plain = encoder(ids).last_hidden_state
    name = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj"
    pipeline.load_lora_weights(
        {f"{name}.lora_A.weight": torch.randn(2, 32), f"{name}.lora_B.weight": torch.randn(32, 2)}, adapter_name="bold"
    )
    styled = encoder(ids).last_hidden_state
    assert not torch.allclose(styled, plain)
    encoders.let_go()
    assert encoders.gone == {"text_encoder"}
    assert torch.equal(encoder(ids).last_hidden_state, styled)
    pipeline.disable_lora()
    encoders.let_go()
    assert torch.equal(encoder(ids).last_hidden_state, plain)
