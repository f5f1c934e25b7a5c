"""Sound as the codes of a neural codec, written one after another by a language model: MusicGen (Copet et al. 2023),
Bark, CSM, Dia, Higgs Audio and Qwen Omni, as transformers has them."""

from __future__ import annotations

from typing import Any

from models.families import sound_folder
from models.families.sound_kinds import WRITERS
from models.protocol import Card, Match

_MUSICGEN = WRITERS.kinds["MusicgenForConditionalGeneration"]

CARD = Card(
    architecture="codec-lm",
    name="Codec and language model",
    family="autoregressive",
    medium="sound",
    tasks=("text-to-sound",),
    parameters=_MUSICGEN.settings({}, {}),
    process=_MUSICGEN.process,
    guide="resources/guides/codec-lm.md",
    prompt_limit=1024,
)


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with a model that writes codes. Raises BadInput with why it cannot run."""
    return sound_folder.recognise(files, CARD, WRITERS)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    return sound_folder.load(path, plan, CARD, WRITERS)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.sound import sounding  # noqa: F401


def tiny() -> Any:
    """A random MusicGen of one layer, with a codec of 32 codes at 8 kHz."""
    from models.networks import miniature_sound
    from models.runtime.sound.musicgen import Musicgen
    from models.runtime.sound.sounding import SoundModel

    model, tokenizer = miniature_sound.musicgen()
    return SoundModel(sound_folder.card(CARD, _MUSICGEN, model.config.to_dict(), {}), Musicgen(model, tokenizer))
