"""Tokens counted without the model: the same as the encoder's own tokenizer counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models import tokens
from models.families.diffusion.latent_diffusion import CARD
from models.protocol import BadInput, Card

TEXTS = (
    "",
    "a red sailboat on a calm sea at sunset",
    "It's   SNOWING,\n over the 12 old houses!!! (café, Ünïcode 山 🙂)",
    "sailboat " * 90,
)


@pytest.fixture(scope="module")
def own(tiny_stable_diffusion: Path) -> dict[str, list[int]]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_stable_diffusion / "tokenizer")
    return {text: tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS}


@pytest.mark.parametrize("text", TEXTS)
def test_counts_as_the_encoder_does(tiny_stable_diffusion: Path, own: dict[str, list[int]], text: str) -> None:
    used, limit, end = tokens.count(str(tiny_stable_diffusion), CARD, text)
    assert used == len(own[text])
    assert limit == 75
    if used <= limit:
        assert end == len(text)
    else:
        # Exactly what is said to be read fills the encoder, and one word more does not fit.
        assert tokens.count(str(tiny_stable_diffusion), CARD, text[:end])[0] == limit
        assert text[end:].strip()


@pytest.mark.parametrize("text", TEXTS)
def test_the_two_old_files_count_alike(
    tiny_stable_diffusion: Path, own: dict[str, list[int]], tmp_path: Path, text: str
) -> None:
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    whole = json.loads((tiny_stable_diffusion / "tokenizer" / "tokenizer.json").read_text("utf-8"))["model"]
    (folder / "vocab.json").write_text(json.dumps(whole["vocab"]), "utf-8")
    pairs = [" ".join(pair) if isinstance(pair, list) else pair for pair in whole["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(pairs) + "\n", "utf-8")
    assert tokens.count(str(tmp_path), CARD, text)[:2] == (len(own[text]), 75)


def test_a_card_without_a_prompt_counts_nothing(tmp_path: Path) -> None:
    card = Card("gan", "GAN", "gan", "picture", ("text-to-picture",), ())
    assert tokens.count(str(tmp_path), card, "some words") == (0, 0, 10)


@pytest.mark.parametrize("content", [None, "{", '{"model": {"type": "BPE"}}'])
def test_what_cannot_be_read_is_said(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "tokenizer").mkdir()
    if content is not None:
        (tmp_path / "tokenizer" / "tokenizer.json").write_text(content)
    with pytest.raises(BadInput, match="get the model again"):
        tokens.count(str(tmp_path), CARD, "a boat")


def test_counting_loads_nothing_heavy(tiny_stable_diffusion: Path) -> None:
    script = (
        "import sys\nfrom models import tokens\nfrom models.families.diffusion.latent_diffusion import CARD\n"
        f"assert tokens.count({str(tiny_stable_diffusion)!r}, CARD, 'a boat')[0] > 0\n"
        "print({'torch', 'transformers', 'PySide6'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr
