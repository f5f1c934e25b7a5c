"""The VQ transformer: its cached walk against one pass over everything, parts made again, and folders on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from models.families.autoregressive import vq_transformer
from models.networks import weights
from models.protocol import BadInput, Preview, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pictures import codes as coding
from models.sampling import tokens
from models.store.files import Files


class Heard(list):  # type: ignore[type-arg]
    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


def request(
    task: str = "text-to-picture", seed: int = 3, inputs: dict[str, str] | None = None, **settings: Any
) -> Request:
    card = vq_transformer.tiny().card
    checked = card.check({"temperature": 0.0, "guidance_scale": 3.0, **settings}, task)
    return Request("tiny", "tiny", card.architecture, task, "a red sailboat", seed=seed, settings=checked,
                   inputs=inputs or {})  # fmt: skip


def drawn_codes(model: Any, asked: Request) -> torch.Tensor:
    codes = torch.zeros(16, dtype=torch.long)
    with torch.inference_mode():
        model._foretell(asked, codes, torch.ones(16, dtype=torch.bool), Heard())
    return codes


def test_each_code_is_the_likeliest_after_those_before_it() -> None:
    """The walk with its cache against the whole sequence at once, without one."""
    model = vq_transformer.tiny()
    codes = drawn_codes(model, request())
    with torch.inference_mode():
        states = model._writer.states(request().prompt, Heard())
        stream = model._prompt.stream(model._transformer, states, codes.expand(2, -1), torch.arange(16))
        logits = model._transformer(inputs_embeds=stream).logits[:, -16:, :-1]
    told = tokens.guided(logits[0], logits[1], 3.0)
    assert torch.equal(told.argmax(-1), codes)
    assert len(codes.unique()) > 1


def test_words_matter_and_guidance_makes_them_matter_more() -> None:
    model = vq_transformer.tiny()
    one = drawn_codes(model, request(temperature=1.0))
    other = request(temperature=1.0)
    object.__setattr__(other, "prompt", "a white lighthouse in the fog")
    assert not torch.equal(drawn_codes(model, other), one)


def test_a_part_made_again_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    model = vq_transformer.tiny()
    picture = Image.linear_gradient("L").resize((16, 16)).convert("RGB")
    mask = Image.new("L", (16, 16))
    mask.paste(255, (8, 0, 16, 8))
    picture.save(tmp_path / "picture.png")
    mask.save(tmp_path / "mask.png")
    heard = Heard()
    inputs = {name: str(tmp_path / f"{name}.png") for name in ("picture", "mask")}
    made = model.generate(request("inpaint", temperature=1.0, inputs=inputs), heard).image
    assert made.crop((0, 12, 16, 16)).tobytes() == picture.crop((0, 12, 16, 16)).tobytes()
    assert made.crop((10, 0, 16, 6)).tobytes() != picture.crop((10, 0, 16, 6)).tobytes()
    previews = [event for event in heard if isinstance(event, Preview)]
    assert previews[-1].level == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The miniature on disk, its VQ-VAE shared with the folder of that model beside it."""
    model, path = vq_transformer.tiny(), tmp_path / "writer"
    weights.save(model._prompt, path, "vq-transformer", text_width=16, width=32, places=16)
    model._transformer.save_pretrained(path / "transformer")
    model._writer.encoder.save_pretrained(path / "text_encoder")
    model._writer.tokenizer.save_pretrained(path / "tokenizer")
    model._vqvae.save_pretrained(tmp_path / "codes")
    sidecar = {"name": "Writer", "shares": {"vqvae": "codes"}, "defaults": {"temperature": 0.5}}
    (path / "everyform.json").write_text(json.dumps(sidecar))
    return path


def test_a_folder_is_recognised_from_its_heads_and_draws_as_before(folder: Path) -> None:
    match = vq_transformer.recognise(Files(folder))
    assert match is not None and not match.missing
    by_name = {p.name: p for p in match.card.parameters}
    assert by_name["temperature"].default == 0.5 and by_name["top_k"].maximum == 16
    assert match.card.prompt_limit == 77
    loaded = vq_transformer.load(str(folder), Plan())
    fresh = vq_transformer.tiny()
    fresh._prompt.half().float()  # as it lies on disk
    fresh._writer.tokenizer = loaded._writer.tokenizer  # learnt anew, its words may have other numbers
    assert torch.equal(drawn_codes(loaded, request()), drawn_codes(fresh, request()))
    assert coding.count(loaded._vqvae) == 16


def test_what_it_lacks_is_told(folder: Path) -> None:
    (folder / "transformer" / "model.safetensors").unlink()
    match = vq_transformer.recognise(Files(folder))
    assert match is not None and match.missing == "its transformer"


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"architecture": "vq-transformer", "text_width": 16, "width": 8,
                                                    "places": 16}))  # fmt: skip
    with pytest.raises(BadInput, match="not those of the network"):
        vq_transformer.load(str(folder), Plan())
