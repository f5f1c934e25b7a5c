"""Speech and music: every kind through `generate PATH`, with steps that count, a stop that arrives and a right file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

from models.families.autoregressive import waveform
from models.families.autoregressive.waveform_kinds import ALSO, KINDS, NOT_RUN
from models.outputs import read
from models.protocol import BadInput, JobCancelled, Output, Progress, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files
from tests.models.families import omni_folders
from tests.models.families import sound_folders as folders
from tests.models.families.making import REGISTRY, make

# Each class: its miniature, a prompt, settings that make it quick, and whether another seed is another sound.
MADE: dict[str, tuple[Callable[[Path], Path], str, dict[str, Any], bool]] = {
    "MusicgenForConditionalGeneration": (folders.musicgen, "calm piano", {"seconds": 0.2}, True),
    "MusicgenMelodyForConditionalGeneration": (folders.musicgen_melody, "calm piano", {"seconds": 0.2}, True),
    "BarkModel": (folders.bark, "a red boat", {}, True),
    "CsmForConditionalGeneration": (folders.csm, "a red boat", {"seconds": 0.2}, True),
    "DiaForConditionalGeneration": (folders.dia, "a red boat", {"seconds": 0.2}, True),
    "PocketTTSForConditionalGeneration": (folders.pocket_tts, "a red boat", {"seconds": 2}, True),
    "GradiumPhononTTSForConditionalGeneration": (folders.phonon_tts, "a red boat", {"seconds": 2}, True),
    "HiggsAudioV2ForConditionalGeneration": (folders.higgs_audio, "a red boat", {"seconds": 0.3}, True),
    "VibeVoiceForConditionalGeneration": (folders.vibevoice, "a red boat", {"seconds": 0.4, "steps": 3}, True),
    "Qwen2_5OmniForConditionalGeneration": (omni_folders.qwen2_5_omni, "Hello", {"seconds": 0.3}, True),
    "Qwen3OmniMoeForConditionalGeneration": (omni_folders.qwen3_omni, "Hello", {"seconds": 1}, True),
    "SeamlessM4TForTextToSpeech": (omni_folders.seamless, "a red boat", {"language": "fra", "voice": 1}, False),
    "SeamlessM4Tv2ForTextToSpeech": (omni_folders.seamless_v2, "a red boat", {"language": "fra", "voice": 1}, False),
    "VitsModel": (folders.vits, "a red boat", {}, True),
    "SpeechT5ForTextToSpeech": (folders.speecht5, "a red fox", {"longest": 4}, True),
    "FastSpeech2ConformerWithHifiGan": (folders.fastspeech2, "HH AH0 L OW1", {}, False),
}


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The miniature of a class, made once; treat it as read-only."""
    made: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in made:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(1)
                made[kind] = MADE[kind][0](tmp_path_factory.mktemp("sound") / kind.lower()[:12])
        return made[kind]

    return get


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_sounds_through_generate_path(kind: str, folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    model, (_, prompt, settings, chance) = folder_of(kind), MADE[kind]
    architecture, match = REGISTRY.recognise(model)
    assert (architecture, match.base, match.missing) == ("waveform", KINDS[kind].name, "")
    assert match.card.tasks == (KINDS[kind].task,)
    heard, output = make(model, tmp_path / "out", prompt, **settings)
    assert output is not None and output.medium == "sound"
    wave, rate = soundfile.read(output.path, always_2d=True)
    assert rate in (8000, 16_000, 22_050, 24_000) and len(wave) > 20
    assert np.isfinite(wave).all() and np.abs(wave).max() > 0
    steps = [e for e in heard if isinstance(e, Progress)]
    assert len(steps) >= 3 and [e.step for e in steps] == sorted({e.step for e in steps})
    assert steps[-1].step == steps[-1].total
    found = read.read_settings(output.path)
    assert found is not None and found["prompt"] == prompt and found["architecture"] == "waveform"
    _, twin = make(model, tmp_path / "again", prompt, **settings)
    assert twin is not None and Path(twin.path).read_bytes() == Path(output.path).read_bytes()
    _, other = make(model, tmp_path / "other", prompt, seed=8, **settings)
    assert other is not None
    differs = wave.shape != (again := soundfile.read(other.path, always_2d=True)[0]).shape or (wave != again).any()
    assert bool(differs) is chance
    with pytest.raises(JobCancelled):
        make(model, tmp_path / "stopped", prompt, stop_after=3, **settings)
    assert not list((tmp_path / "stopped").iterdir())


def test_the_table_is_the_librarys_own_list() -> None:
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES,
        MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES,
    )

    known = {*MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES.values(), *MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES.values()}
    assert known <= set(KINDS) | set(NOT_RUN)
    assert set(ALSO.values()) <= set(KINDS) and not set(KINDS) & set(NOT_RUN)
    assert set(MADE) == set(KINDS)
    guide = (Path(__file__).parents[3] / "resources" / "guides" / "waveform.md").read_text("utf-8")
    for kind in KINDS.values():
        assert kind.name in " ".join(guide.split()) or kind.name in ("SeamlessM4T 2", "Phonon"), kind.name


def test_a_vocoder_alone_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["SpeechT5HifiGan"]}')
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="is a vocoder, which gives other models their voice"):
        waveform.recognise(Files(tmp_path))


def test_parts_that_are_missing_are_named(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    import shutil

    for kind, part, says in (
        ("DiaForConditionalGeneration", "audio_tokenizer", "its codec.*in a folder audio_tokenizer"),
        ("SpeechT5ForTextToSpeech", "vocoder", "its vocoder: put SpeechT5HifiGan"),
    ):
        copy = tmp_path / kind
        shutil.copytree(folder_of(kind), copy)
        shutil.move(copy / part, tmp_path / f"{kind} {part}".replace(" ", "-"))
        match = waveform.recognise(Files(copy))
        assert match is not None
        with pytest.raises(BadInput, match="cannot run: it lacks " + says):
            make(copy, tmp_path / "out", "a boat")
        # It may lie beside the folder, if the folder says so.
        (copy / "everyform.json").write_text(json.dumps({"shares": {part: f"{kind}-{part}"}}))
        assert make(copy, tmp_path / "out", "a red fox", **MADE[kind][2])[1] is not None


# ── settings ──────────────────────────────────────────────────────────────────


class Watch:
    def __init__(self) -> None:
        self.events: list[Any] = []

    def __call__(self, event: Any) -> None:
        self.events.append(event)

    def wants_preview(self) -> bool:
        return True


def sound(model: Any, prompt: str, seed: int = 1, **settings: Any) -> np.ndarray:
    task = model.card.tasks[0]
    checked = model.card.check(settings, task)
    return model.generate(Request("m", "m", "waveform", task, prompt, seed=seed, settings=checked), Watch()).waveform


@pytest.mark.parametrize("kind", ["VitsModel", "FastSpeech2ConformerWithHifiGan"])
def test_twice_the_speed_is_half_the_length(kind: str, folder_of: Callable[[str], Path]) -> None:
    model = waveform.load(str(folder_of(kind)), Plan())
    words = {"VitsModel": "a red boat on the calm sea", "FastSpeech2ConformerWithHifiGan": "HH AH0 L OW1 W ER1 L D"}
    slow, fast = (sound(model, words[kind], speed=speed).shape[1] for speed in (0.5, 2))
    assert slow > 1.5 * fast


def test_several_voices_are_a_setting_and_sound_apart(tmp_path: Path) -> None:
    model = waveform.load(str(folders.vits(tmp_path / "vits", speakers=3)), Plan())
    voice = next(p for p in model.card.parameters if p.name == "voice")
    assert (voice.minimum, voice.maximum) == (0, 2)
    one, two = (sound(model, "a red boat", voice=v, variation=0, rhythm=0) for v in (0, 2))
    assert one.shape != two.shape or (one != two).any()
    many = waveform.load(str(folders.fastspeech2(tmp_path / "fs", speakers=3)), Plan())
    assert {"voice", "speed"} == {p.name for p in many.card.parameters}
    one, two = (sound(many, "HH AH0 L", voice=v) for v in (0, 2))
    assert one.shape != two.shape or (one != two).any()


def test_no_variation_is_the_same_whatever_the_seed(folder_of: Callable[[str], Path]) -> None:
    model = waveform.load(str(folder_of("VitsModel")), Plan())
    made = [sound(model, "a red boat", seed, variation=0, rhythm=0) for seed in (1, 2)]
    assert (made[0] == made[1]).all()


def test_music_is_as_long_as_it_was_asked_for(folder_of: Callable[[str], Path]) -> None:
    model = waveform.load(str(folder_of("MusicgenForConditionalGeneration")), Plan())
    for seconds in (0.2, 0.4):
        assert sound(model, "calm piano", seconds=seconds).shape[1] == round(seconds * 8000)


def test_what_cannot_be_said_is_said_so(folder_of: Callable[[str], Path]) -> None:
    vits = waveform.load(str(folder_of("VitsModel")), Plan())
    with pytest.raises(BadInput, match="write words in its own alphabet"):
        sound(vits, "船")
    fast = waveform.load(str(folder_of("FastSpeech2ConformerWithHifiGan")), Plan())
    with pytest.raises(BadInput, match="“hello” is none of them"):
        sound(fast, "hello")


def test_an_answer_is_kept_in_words_too(folder_of: Callable[[str], Path]) -> None:
    model = waveform.load(str(folder_of("Qwen2_5OmniForConditionalGeneration")), Plan())
    task = model.card.tasks[0]
    request = Request("m", "m", "waveform", task, "Hello", seed=1, settings=model.card.check({"seconds": 0.3}, task))
    assert model.generate(request, Watch()).facts["said"]


def test_voices_in_a_pickle_that_wants_more_are_refused(
    folder_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_the_output_names_its_medium(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    for format, ending in (("", ".wav"), ("flac", ".flac"), ("mp3", ".mp3")):
        heard, output = make(folder_of("VitsModel"), tmp_path / "out", "a red boat", format=format)
        assert output is not None and output.path.endswith(ending)
        assert [e.medium for e in heard if isinstance(e, Output)] == ["sound"]
