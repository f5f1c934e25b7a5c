"""Speech: every kind through `generate PATH`, with steps that count, a stop that arrives and a right file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.families.sound_kinds import SPEAKERS, WRITERS
from models.families.vae import speech as family
from models.networks.spelling import Letters
from models.protocol import BadInput, Output
from models.runtime.fitting.plan import Plan
from models.runtime.pronouncing import speller
from models.runtime.pronouncing.speller import Speller
from models.runtime.sound import sounded
from models.store.files import Files
from tests.models.families import omni_folders, sound_laws
from tests.models.families import sound_folders as folders
from tests.models.families.making import make
from tests.models.families.sound_laws import Folders, Made, sound

MADE: dict[str, Made] = {
    "PocketTTSForConditionalGeneration": (folders.pocket_tts, "a red boat", {"seconds": 2}, True),
    "GradiumPhononTTSForConditionalGeneration": (folders.phonon_tts, "a red boat", {"seconds": 2}, True),
    "VibeVoiceForConditionalGeneration": (folders.vibevoice, "a red boat", {"seconds": 0.4, "steps": 3}, True),
    "SeamlessM4TForTextToSpeech": (omni_folders.seamless, "a red boat", {"language": "fra", "voice": 1}, False),
    "SeamlessM4Tv2ForTextToSpeech": (omni_folders.seamless_v2, "a red boat", {"language": "fra", "voice": 1}, False),
    "VitsModel": (folders.vits, "a red boat", {}, True),
    "SpeechT5ForTextToSpeech": (folders.speecht5, "a red fox", {"longest": 4}, True),
    "FastSpeech2ConformerWithHifiGan": (folders.fastspeech2, "HH AH0 L OW1", {}, False),
}


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return Folders(tmp_path_factory.mktemp("speech"), MADE)


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_sounds_through_generate_path(kind: str, folder_of: Folders, tmp_path: Path) -> None:
    sound_laws.sounds_through_generate_path(folder_of(kind), kind, MADE[kind], SPEAKERS, "speech", tmp_path)


def test_the_tables_are_the_librarys_own_list() -> None:
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES,
        MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES,
    )

    known = {*MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES.values(), *MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES.values()}
    run, refused = {*SPEAKERS.kinds, *WRITERS.kinds}, {*SPEAKERS.not_run, *WRITERS.not_run}
    assert known <= run | refused and not run & refused
    assert not set(SPEAKERS.kinds) & set(WRITERS.kinds), "each is recognised by one family"
    assert set(SPEAKERS.also.values()) <= set(SPEAKERS.kinds)
    assert set(MADE) == set(SPEAKERS.kinds)
    sound_laws.the_guide_names_every_kind("speech", SPEAKERS)


def test_a_vocoder_alone_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["SpeechT5HifiGan"]}')
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="is a vocoder, which gives other models their voice"):
        family.recognise(Files(tmp_path))


def test_a_vocoder_that_is_missing_is_named(folder_of: Folders, tmp_path: Path) -> None:
    kind = "SpeechT5ForTextToSpeech"
    sound_laws.a_part_that_is_missing_is_named(
        folder_of(kind), kind, "vocoder", "its vocoder: put SpeechT5HifiGan", MADE[kind], tmp_path
    )


# ── settings ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["VitsModel", "FastSpeech2ConformerWithHifiGan"])
def test_twice_the_speed_is_half_the_length(kind: str, folder_of: Folders) -> None:
    model = family.load(str(folder_of(kind)), Plan())
    words = {"VitsModel": "a red boat on the calm sea", "FastSpeech2ConformerWithHifiGan": "HH AH0 L OW1 W ER1 L D"}
    slow, fast = (sound(model, words[kind], speed=speed).shape[1] for speed in (0.5, 2))
    assert slow > 1.5 * fast


def test_several_voices_are_a_setting_and_sound_apart(tmp_path: Path) -> None:
    model = family.load(str(folders.vits(tmp_path / "vits", speakers=3)), Plan())
    voice = next(p for p in model.card.parameters if p.name == "voice")
    assert (voice.minimum, voice.maximum) == (0, 2)
    one, two = (sound(model, "a red boat", voice=v, variation=0, rhythm=0) for v in (0, 2))
    assert one.shape != two.shape or (one != two).any()
    many = family.load(str(folders.fastspeech2(tmp_path / "fs", speakers=3)), Plan())
    assert {"voice", "speed"} == {p.name for p in many.card.parameters}
    one, two = (sound(many, "HH AH0 L", voice=v) for v in (0, 2))
    assert one.shape != two.shape or (one != two).any()


def test_no_variation_is_the_same_whatever_the_seed(folder_of: Folders) -> None:
    model = family.load(str(folder_of("VitsModel")), Plan())
    made = [sound(model, "a red boat", seed, variation=0, rhythm=0) for seed in (1, 2)]
    assert (made[0] == made[1]).all()


def test_its_folder_may_say_how_it_speaks_unasked(tmp_path: Path) -> None:
    path = folders.vits(tmp_path / "vits")
    (path / "everyform.json").write_text('{"defaults": {"speed": 0.8}}')
    match = family.recognise(Files(path))
    assert match is not None
    assert next(p.default for p in match.card.parameters if p.name == "speed") == 0.8


def test_one_that_reads_sounds_of_speech_speaks_without_espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the layout of the voices that were published so (LJSpeech, VCTK): IPA, blanks between, `phonemize`."""
    from transformers import VitsTokenizer

    path = folders.vits(tmp_path / "vits")
    ipa = ["_", *";:,.!?—… ", *"ˈˌː", *"abdefhijklmnoprstuvwxzæðŋɐɑɒɔəɚɛɜɡɪɫɹ"]
    for file in (*path.glob("*token*.json"), path / "vocab.json"):
        file.unlink()
    numbers = tmp_path / "vocab.json"
    numbers.write_text(json.dumps({letter: k for k, letter in enumerate(ipa[:38])}), "utf-8")
    VitsTokenizer(str(numbers), pad_token="_", unk_token="_", phonemize=True).save_pretrained(path)
    words = {"the": "ðə", "boat": "bˈoʊt", "two": "tˈuː", "boats": "bˈoʊts"}
    mine = Speller(Letters(27, 3, 3, 8, 1), "abcdefghijklmnopqrstuvwxyz'", ["", "b", "t"], {"en-us": words})
    monkeypatch.setattr(speller, "shipped", lambda: mine)
    monkeypatch.setattr(sounded, "_espeak_is_here", lambda: False)
    model = family.load(str(path), Plan())
    seen = [sound(model, text, variation=0, rhythm=0) for text in ("The 2 boats.", "the two boats.", "The boat!")]
    assert (seen[0] == seen[1]).all() and seen[2].shape[1] < seen[0].shape[1]
    with pytest.raises(BadInput, match="nothing in the prompt that VITS can say"):
        sound(model, "船")


def test_voices_may_have_names(tmp_path: Path) -> None:
    path = folders.vits(tmp_path / "vits", speakers=2)
    accents = {"Anna": "en-us", "Clara": "en-gb-x-rp"}
    for told, names in (({"voices": accents}, tuple(accents)), ({"voices": {"Anna": "en-us"}}, ()),
                        ({"voices": {"Anna": "en-us", "Zed": "xx"}}, ())):  # fmt: skip
        (path / "everyform.json").write_text(json.dumps(told))
        match = family.recognise(Files(path))
        assert match is not None
        assert next(p.choices for p in match.card.parameters if p.name == "voice") == names


def test_what_cannot_be_said_is_said_so(folder_of: Folders) -> None:
    vits = family.load(str(folder_of("VitsModel")), Plan())
    with pytest.raises(BadInput, match="write words in its own alphabet"):
        sound(vits, "船")
    fast = family.load(str(folder_of("FastSpeech2ConformerWithHifiGan")), Plan())
    with pytest.raises(BadInput, match="“hello” is none of them"):
        sound(fast, "hello")


def test_the_output_names_its_medium(folder_of: Folders, tmp_path: Path) -> None:
    for format, ending in (("", ".wav"), ("flac", ".flac"), ("mp3", ".mp3")):
        heard, output = make(folder_of("VitsModel"), tmp_path / "out", "a red boat", format=format)
        assert output is not None and output.path.endswith(ending)
        assert [e.medium for e in heard if isinstance(e, Output)] == ["sound"]
