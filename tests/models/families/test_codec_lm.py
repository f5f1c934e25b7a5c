"""Codec and language model: every kind through `generate PATH`; what is heard on the way; recordings that go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from models.families.autoregressive import codec_lm as family
from models.families.sound_kinds import WRITERS
from models.outputs.media import Sound
from models.protocol import BadInput, JobCancelled, Progress, Request, SoundPreview
from models.registry import Registry
from models.runtime import pace
from models.runtime.fitting.plan import Plan
from models.runtime.sound.heard import SoFar
from models.store.files import Files
from tests.models.families import omni_folders, sound_laws
from tests.models.families import sound_folders as folders
from tests.models.families.making import make
from tests.models.families.sound_laws import Folders, Made, sound
from tests.models.families.watch import Watch

MADE: dict[str, Made] = {
    "MusicgenForConditionalGeneration": (folders.musicgen, "calm piano", {"seconds": 0.2}, True),
    "MusicgenMelodyForConditionalGeneration": (folders.musicgen_melody, "calm piano", {"seconds": 0.2}, True),
    "BarkModel": (folders.bark, "a red boat", {}, True),
    "CsmForConditionalGeneration": (folders.csm, "a red boat", {"seconds": 0.2}, True),
    "DiaForConditionalGeneration": (folders.dia, "a red boat", {"seconds": 0.2}, True),
    "HiggsAudioV2ForConditionalGeneration": (folders.higgs_audio, "a red boat", {"seconds": 0.3}, True),
    "Qwen2_5OmniForConditionalGeneration": (omni_folders.qwen2_5_omni, "Hello", {"seconds": 0.3}, True),
    "Qwen3OmniMoeForConditionalGeneration": (omni_folders.qwen3_omni, "Hello", {"seconds": 1}, True),
}
FRAME = 320 / 8000  # seconds, of the miniature's codec


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return Folders(tmp_path_factory.mktemp("codes"), MADE)


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_sounds_through_generate_path(kind: str, folder_of: Folders, tmp_path: Path) -> None:
    sound_laws.sounds_through_generate_path(folder_of(kind), kind, MADE[kind], WRITERS, "codec-lm", tmp_path)


def test_every_kind_is_tried_and_told_of() -> None:
    assert set(MADE) == set(WRITERS.kinds)
    sound_laws.the_guide_names_every_kind("codec-lm", WRITERS)


def test_a_codec_that_is_missing_is_named(folder_of: Folders, tmp_path: Path) -> None:
    kind = "DiaForConditionalGeneration"
    sound_laws.a_part_that_is_missing_is_named(
        folder_of(kind), kind, "audio_tokenizer", "its codec.*in a folder audio_tokenizer", MADE[kind], tmp_path
    )


def test_what_listens_while_it_talks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["MoshiForConditionalGeneration"]}')
    with pytest.raises(BadInput, match="listens while it talks"):
        Registry().recognise(tmp_path)


def test_music_is_as_long_as_it_was_asked_for(folder_of: Folders) -> None:
    model = family.load(str(folder_of("MusicgenForConditionalGeneration")), Plan())
    for seconds in (0.2, 0.4):
        assert sound(model, "calm piano", seconds=seconds).shape[1] == round(seconds * 8000)


# ── heard on the way ──────────────────────────────────────────────────────────


def test_what_is_written_is_heard_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    made, events = _heard(monkeypatch, rest=0.0)
    heard = [np.frombuffer(e.samples, "<i2") / 32767 for e in events if isinstance(e, SoundPreview)]
    assert [len(wave) for wave in heard] == sorted(len(wave) for wave in heard)
    assert len(heard) > 10 and len(heard[-1]) % round(FRAME * 8000) == 0, "whole frames alone"
    whole = made.waveform[0]
    assert len(heard[-1]) > 0.8 * len(whole)
    # Its codec looks at nothing that comes later: what is heard stays, once there is enough to fill its layers.
    assert all(np.abs(wave - whole[: len(wave)]).max() < 1e-3 for wave in heard[8:])
    assert len([e for e in _heard(monkeypatch, rest=3600.0)[1] if isinstance(e, SoundPreview)]) <= 1, "not too often"


def _heard(monkeypatch: pytest.MonkeyPatch, rest: float) -> tuple[Sound, list[Any]]:
    """A second of the miniature's music, and the events before it."""
    monkeypatch.setattr(pace, "REST_S", rest)
    monkeypatch.setattr(pace, "SHARE", 1e9)
    model, watch = family.tiny(), Watch()
    asked = Request("m", "m", "codec-lm", "text-to-sound", "boat", settings=model.card.check({}, "text-to-sound"))
    made = model.generate(asked, watch)
    return made, watch.events


def test_only_what_is_new_is_decoded_and_edges_are_made_again() -> None:
    asked: list[int] = []

    def decode(codes: torch.Tensor) -> torch.Tensor:
        """Two samples a frame; the last frame's are not yet what they will be."""
        asked.append(codes.shape[1])
        wave = codes[:1].float().repeat_interleave(2, dim=1)
        wave[:, -2:] = -1
        return wave

    so_far = SoFar(decode)
    codes = torch.arange(200)[None]
    for frames in (10, 60, 61, 130, 200):
        wave = so_far.of(codes[:, :frames])
        assert torch.equal(wave[:-2], codes[0, : frames - 1].float().repeat_interleave(2)) and wave[-1] == -1
    assert asked == [10, 60, 51, 119, 120]


# ── a recording that goes on ──────────────────────────────────────────────────


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two of half a second at 16 kHz, the second in stereo."""
    place, time = tmp_path_factory.mktemp("recordings"), np.arange(8000) / 16_000
    waves = [np.sin(2 * np.pi * 440 * time) / 2, np.stack([np.sin(2 * np.pi * 97 * time**2)] * 2, 1) / 3]
    for k, wave in enumerate(waves):
        soundfile.write(place / f"{k}.wav", wave, 16_000)
    return [place / f"{k}.wav" for k in range(2)]


def gone_on(model: Any, recording: Path, emit: Any = None, seed: int = 1, **settings: Any) -> np.ndarray:
    task = "sound-to-sound"
    asked = Request(
        "m", "m", "codec-lm", task, "boat", seed=seed, settings=model.card.check(settings, task),
        inputs={"sound": str(recording)},
    )  # fmt: skip
    return model.generate(asked, emit or Watch()).waveform[0]


def test_a_recording_goes_on(recordings: list[Path]) -> None:
    model = family.tiny()
    assert model.card.tasks == ("text-to-sound", "sound-to-sound") and model.card.inputs[0].medium == "sound"
    made = gone_on(model, recordings[0], seconds=0.8, heard=0.4)
    assert len(made) == round(0.8 * 8000)
    assert (made == gone_on(model, recordings[0], seconds=0.8, heard=0.4)).all()
    # It begins as the codec hears the recording's last 0.4 seconds, whatever comes after.
    codes = model._speaker._codes(str(recordings[0]), 10)
    own = model._speaker._sound(codes)[0].numpy()
    again = gone_on(model, recordings[0], seed=2, seconds=0.8, heard=0.4)
    kept = len(own)
    assert kept == 3200 and np.abs(made[:kept] - own).max() < 1e-5 and np.abs(again[:kept] - own).max() < 1e-5
    assert np.abs(made[kept:] - again[kept:]).max() > 1e-4
    other = gone_on(model, recordings[1], seconds=0.8, heard=0.4)
    assert np.abs(other[:kept] - own).max() > 1e-4 and np.abs(other[kept:] - made[kept:]).max() > 1e-4
    unlike = sound(model, "boat", seconds=0.8)[0]
    assert np.abs(unlike[kept:] - made[kept:]).max() > 1e-4, "what was heard tells on what follows"


def test_there_is_always_room_for_what_follows(recordings: list[Path]) -> None:
    model, watch = family.tiny(), Watch()
    made = gone_on(model, recordings[0], watch, seconds=0.4, heard=0.72)
    assert len(made) == 3200, "of which the recording is three quarters"
    assert [e.total for e in watch.events if isinstance(e, Progress)][-1] < 10
    model.card.check({"heard": 0.2}, "sound-to-sound")
    with pytest.raises(BadInput):
        model.card.check({"heard": 0.2}, "text-to-sound")


def test_it_counts_and_stops_while_it_goes_on(recordings: list[Path]) -> None:
    model, watch = family.tiny(), Watch()
    gone_on(model, recordings[0], watch)
    steps = [(e.step, e.total) for e in watch.events if isinstance(e, Progress)]
    assert steps[-1][0] == steps[-1][1] and len(steps) > 5

    stop = Watch(stop=1)
    with pytest.raises(JobCancelled):
        gone_on(model, recordings[0], stop)
    assert len(stop.events) == 1


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    model = family.tiny()
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 16_000)
    with pytest.raises(BadInput, match="too short to go on from"):
        gone_on(model, tmp_path / "short.wav")
    (tmp_path / "words.wav").write_text("no sound")
    with pytest.raises(BadInput):
        gone_on(model, tmp_path / "words.wav")


def test_it_goes_on_through_generate_path(folder_of: Folders, recordings: list[Path], tmp_path: Path) -> None:
    model = folder_of("MusicgenForConditionalGeneration")
    _, output = make(model, tmp_path / "out", "calm piano", recordings[1], seconds=0.5, heard=0.25)
    assert output is not None and output.settings["task"] == "sound-to-sound"
    wave, rate = soundfile.read(output.path)
    assert (len(wave), rate) == (4000, 8000)


# ── the starter ───────────────────────────────────────────────────────────────


def test_the_recipes_folder_runs(tmp_path: Path) -> None:
    """As the recipe lays it down: a codec of 50 frames a second in four books of 1,024."""
    from models.training.lab import Budget, Lab
    from models.training.recipes import tunes, tunes_codec

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        words = tunes.vocabulary(Lab(tunes.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(1, 1, 1)))
        model = tunes.network(words, tunes_codec.network())
    path = tmp_path / "tunes"
    model.to(torch.float16).save_pretrained(path)
    model.config.dtype = "float32"
    model.config.save_pretrained(path)
    words.save_pretrained(path)
    (path / "everyform.json").write_text(json.dumps({"name": "Tunes", "defaults": {"seconds": 10.0}}))
    match = family.recognise(Files(path))
    assert match is not None and match.missing == ""
    usual = {p.name: p.default for p in match.card.parameters}
    told = tuple(usual[name] for name in ("seconds", "top_k", "guidance_scale", "temperature"))
    assert told == (10.0, 256, 2.0, 0.9)
    _, output = make(path, tmp_path / "out", "A sad waltz for flute in D minor.", seconds=1)
    assert output is not None
    wave, rate = soundfile.read(output.path)
    assert (len(wave), rate) == (16_000, 16_000)


# ── Qwen's answers ────────────────────────────────────────────────────────────


def test_an_answer_is_kept_in_words_too(folder_of: Folders) -> None:
    model = family.load(str(folder_of("Qwen2_5OmniForConditionalGeneration")), Plan())
    task = model.card.tasks[0]
    request = Request("m", "m", "codec-lm", task, "Hello", seed=1, settings=model.card.check({"seconds": 0.3}, task))
    assert model.generate(request, Watch()).facts["said"]


def test_voices_in_a_pickle_that_wants_more_are_refused(folder_of: Folders, tmp_path: Path) -> None:
    import pickle
    import shutil

    copy = tmp_path / "omni"
    shutil.copytree(folder_of("Qwen2_5OmniForConditionalGeneration"), copy)

    class Bad:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "canary",))

    (copy / "spk_dict.pt").write_bytes(pickle.dumps({"Chelsie": Bad()}))
    with pytest.raises(BadInput):
        make(copy, tmp_path / "out", "Hello", seconds=0.3)
    assert not (tmp_path / "canary").exists()
