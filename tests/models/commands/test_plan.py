"""`models plan`, and the options that `generate` shares with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.commands import BAD_INPUT, DONE, main
from models.commands.words import read
from models.planning.wish import PARAMETERS
from models.runtime import device
from tests.models.planning.machines import card, processor


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["models", "plan", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_tells_the_plan_and_why(
    tiny_stable_diffusion: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "detect", lambda: processor(16))
    code, out, _ = said(capsys, str(tiny_stable_diffusion), "--size", "256x192")
    assert code == DONE
    for words in ("256 × 192", "cpu", "float32", "Main memory:", "unet", "text_encoder", "Why", "that can be had."):
        assert words in out


def test_as_json(tiny_stable_diffusion: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(device, "detect", lambda: card(8))
    code, out, _ = said(capsys, str(tiny_stable_diffusion), "--json", "--plan", "small", "--offload", "model")
    told = json.loads(out)
    assert code == DONE and told["fits"] is True
    assert (told["plan"]["device"], told["plan"]["offload"]) == ("cuda", "model")
    accelerator = told["peak"]["accelerator"]
    assert accelerator["total_bytes"] == accelerator["weights_bytes"] + accelerator["work_bytes"] > 0
    assert {part["name"] for part in told["parts"]} == {"unet", "vae", "text_encoder"}
    assert told["reasons"] and told["machine"]["name"] == "Card"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--size", "large"), "WIDTHxHEIGHT"),
        (("--frames", "0"), "--frames is a whole number"),
        (("--plan", "tiny"), "choose fast, balanced or small"),
        (("--device", "cuda"), "no cuda"),
        (("--quantize", "bnb-nf4"), "cannot be shortened"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    words: tuple[str, ...], sentence: str, tiny_stable_diffusion: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(device, "detect", lambda: processor(16))
    code, out, err = said(capsys, str(tiny_stable_diffusion), *words)
    assert code == BAD_INPUT and not out
    assert sentence in err and err.count("\n") == 1


def test_what_does_not_fit_says_why(tiny_stable_diffusion: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(device, "detect", lambda: processor(0.5))
    code, out, err = said(capsys, str(tiny_stable_diffusion), "--json")
    assert code == BAD_INPUT
    told = json.loads(out)
    assert told["fits"] is False and told["reason"] == err.strip()
    assert "too large for this machine" in err


def test_generate_takes_the_same_wishes() -> None:
    words = ["generate", "scenes"]
    for parameter in PARAMETERS:
        words += [f"--{parameter.name}", parameter.choices[-1]]
    from models.commands.generate import wished

    assert wished(read(words)) == {p.name: p.choices[-1] for p in PARAMETERS}
    assert wished(read(["generate", "scenes"])) == {}


def test_doctor_tells_the_device_and_what_shortens(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert set(told["quantizers"]) == {"torchao", "bitsandbytes", "gguf"}
    assert told["memory"]["used_bytes"] + told["memory"]["free_bytes"] == told["memory"]["total_bytes"]
    assert "features" in told["devices"][-1] and told["devices"][0]["bfloat16"] in (True, False)
    main(["doctor"])
    printed = capsys.readouterr().out
    assert "Shorter weights" in printed and "in use" in printed
