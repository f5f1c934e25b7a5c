"""The speech recipes: what is said when, a VITS that learns from it, and a folder that speaks with names of voices."""

from __future__ import annotations

import ctypes.util
import json
from pathlib import Path

import pytest
import torch

from models.families.vae import speech as family
from models.protocol import BadInput
from models.runtime.fitting.plan import Plan
from models.runtime.pronouncing import VARIETIES, speller
from models.runtime.pronouncing.phonemes import phonemes
from models.store.files import Files
from models.training import edits, pronounced, voice
from models.training.mel import HOP, RATE
from models.training.recipes import speech as recipe
from models.training.recipes import speech_spelling as spelling
from models.training.recipes import speech_words
from models.training.spoken import ALPHABET, NUMBERS, Utterance, utterance
from models.training.starter import write_sidecar
from models.training.world.speech import VOICES, sounds
from tests.models.families.sound_laws import sound

needs_espeak = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is only there where speech is trained"
)
SAID = {
    variety: {"boat": ("b", "ˈoʊ", "t"), "box": ("b", "ˈɑː", "k", "s"), "tax": ("t", "ˈæ", "k", "s")}
    for variety in VARIETIES
}


def rows(count: int) -> list[Utterance]:
    """Noise that is as loud as the number of its character."""
    draw = torch.Generator().manual_seed(0)
    found = []
    for k in range(count):
        ids = torch.randint(1, 6, (8 + k % 3,), generator=draw)
        frames = torch.randint(1, 6, ids.shape, generator=draw)
        loud = (ids.repeat_interleave(frames * HOP) / 6) ** 3
        wave = torch.randn(len(loud), generator=draw) * loud * 8_000
        found.append(Utterance(ids, frames, k % len(VOICES), wave.short()))
    return found


# ── words ─────────────────────────────────────────────────────────────────────


def test_it_learns_to_spell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pronounced, "HELD_OUT", 2**31)
    monkeypatch.setattr(spelling, "FEWEST", 1)
    torch.manual_seed(0)
    inventory = spelling.inventory(SAID)
    words = spelling.Words(SAID, inventory)
    model = spelling.Letters(len(spelling.LETTERS), len(inventory), len(VARIETIES), 32, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    draw = torch.Generator().manual_seed(0)
    for _ in range(120):
        letters, varieties, wanted, counts = words.batch(12, draw)
        optimizer.zero_grad()
        spelling.loss(model(letters, varieties), wanted, counts).backward()
        optimizer.step()
    found = speller.Speller(model, spelling.LETTERS, inventory, {})
    assert found.guess(["box", "tax", "boat"], "en-us") == ["bˈɑːks", "tˈæks", "bˈoʊt"]
    assert spelling.wrong(found, {**SAID["en-us"], "bone": ("b", "x")}, "en-us") == {"bone": "bx"}


def test_edits_are_counted() -> None:
    assert edits.edits("kitten", "sitting") == 3 and edits.edits("", "abc") == 3 and edits.edits("abc", "abc") == 0
    assert edits.error_rate([(["a", "b"], ["a", "c"]), ([], ["d", "e"])]) == 75.0


@needs_espeak
def test_what_differs_beside_other_words_is_found() -> None:
    found = pronounced.together("en-us", ["the", "of", "to", "is", "a"])
    assert found["the"] == "ðə" and found["the +"] == "ðɪ" and found["of the"] == "ʌvðə" and "is the" not in found
    told = speller.Speller(spelling.Letters(27, 3, 3, 8, 1), spelling.LETTERS, ["", "b", "t"], {"en-us": found})
    for small in ("the", "to", "of", "of the"):
        for other in ("boat", "apple"):
            word = "".join(sound for part in sounds(other, "en-us") for sound in part)
            found[other] = word
            real = " ".join("".join(part) for part in sounds(f"horse {small} {other}", "en-us")[1:])
            assert phonemes(f"{small} {other}", "en-us", told) == real


# ── recordings ────────────────────────────────────────────────────────────────


@needs_espeak
def test_every_character_has_its_time() -> None:
    for number in range(len(VOICES)):
        said = utterance("the red boat, far away, sails on.", number)
        assert said is not None and said.frames.min() >= 1
        assert int(said.frames.sum()) * HOP == len(said.wave)
        ipa = "".join(ALPHABET[k] for k in said.ids)
        assert ipa.count(",") == 2 and ipa.endswith(".") and ipa.count(" ") == 6
        # It is quiet in the pause at the end, and loud in the middle of the first stressed vowel.
        ends = said.frames.cumsum(0)
        assert said.wave[(int(ends[-2]) + 8) * HOP :].abs().max() < 0.02
        at = int(ends[ipa.index("ˈ") + 1]) * HOP
        assert said.wave[at - HOP : at + HOP].abs().max() > 0.1


# ── the voice ─────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore")
def test_it_learns_what_is_said() -> None:
    torch.manual_seed(0)
    model = voice.network().train()
    weights = sum(p.numel() for p in model.parameters())
    assert 2 * weights < 8 * 2**20
    given = voice.batch(rows(4), torch.device("cpu"))
    assert given.bands.shape == (4, 64, int(given.frames.sum(1).max())) and (given.bands * (1 - given.heard) == 0).all()
    optimizer = torch.optim.AdamW(speech_words.taught(model), lr=3e-3)
    seen = []
    for _ in range(12):
        told = voice.tell(model, given)
        off = voice.off(told, given)
        optimizer.zero_grad()
        (sum(off.values(), torch.zeros(())) + 0.02 * voice.surprise(model, told, given)).backward()
        optimizer.step()
        seen.append({name: value.item() for name, value in off.items()})
    assert seen[-1]["bands"] < 0.8 * seen[0]["bands"] and seen[-1]["lengths"] < 0.7 * seen[0]["lengths"]
    assert all(p.grad is None for p in model.decoder.parameters())
    # What it was taught is what it says: with these lengths, the library's own way gives the same bands.
    model.eval()
    with torch.inference_mode():
        told = voice.tell(model, given)
        first = int(given.frames[0].sum())
        model.duration_predictor.forward = lambda *_: (given.frames[:1] - 0.5).clamp(min=0.5).log()[:, None]
        model.noise_scale = 0.0
        out = model(given.ids[:1], attention_mask=given.mask[:1], speaker_id=int(given.voices[0]))
    assert torch.allclose(out.spectrogram[0, :, :first], told.bands[0, :, :first], atol=1e-4)
    assert out.waveform.shape[1] == out.spectrogram.shape[2] * HOP


@pytest.mark.filterwarnings("ignore")
def test_the_folder_speaks_with_names_of_voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {variety: {"boat": "bˈoʊt", "red": f"ɹˈ{'e' if k else 'ɛ'}d"} for k, variety in enumerate(VARIETIES)}
    mine = speller.Speller(spelling.Letters(27, 3, 3, 8, 1), spelling.LETTERS, ["", "b", "t"], listed)
    monkeypatch.setattr(speller, "shipped", lambda: mine)
    torch.manual_seed(0)
    recipe.lay(voice.network(), tmp_path / "speech")
    accents = {name: told.partition("+")[0] for name, told in VOICES.items()}
    write_sidecar(tmp_path / "speech", {"name": "Speech", "voices": accents})
    assert sum(f.stat().st_size for f in (tmp_path / "speech").iterdir()) < 8 * 2**20
    match = family.recognise(Files(tmp_path / "speech"))
    assert match is not None and not match.missing
    parameters = {p.name: p for p in match.card.parameters}
    assert parameters["voice"].choices == tuple(VOICES) and "rhythm" not in parameters
    model = family.load(str(tmp_path / "speech"), Plan())
    asked = {name: sound(model, "A red boat.", voice=name, variation=0) for name in VOICES}
    assert all(wave.shape[0] == 1 and wave.shape[1] % HOP == 0 for wave in asked.values())
    assert len({(wave.shape, float(wave.sum())) for wave in asked.values()}) == len(VOICES)
    slow = sound(model, "A red boat.", voice="Anna", variation=0, speed=0.5)
    assert slow.shape[1] > 1.4 * asked["Anna"].shape[1]
    with pytest.raises(BadInput, match="nothing in the prompt"):
        sound(model, "船")
    told = json.loads((tmp_path / "speech" / "config.json").read_text())
    assert told["sampling_rate"] == RATE and told["vocab_size"] == len(NUMBERS)
