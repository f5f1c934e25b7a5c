"""Text read aloud: VITS (Kim et al. 2021), a variational autoencoder with a flow, and transformers' other voices, which
go by way of a spectrogram, of units, or of frames out of noise."""

from __future__ import annotations

from typing import Any

from models.families import sound_folder
from models.families.sound_kinds import SPEAKERS
from models.protocol import Card, Match

_VITS = SPEAKERS.kinds["VitsModel"]

CARD = Card(
    architecture="speech",
    name="Speech",
    family="vae",
    medium="sound",
    tasks=("text-to-speech",),
    parameters=_VITS.settings({}, {}),
    process=_VITS.process,
    guide="resources/guides/speech.md",
    prompt_limit=1024,
)


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with a model that speaks. Raises BadInput with why it cannot run."""
    return sound_folder.recognise(files, CARD, SPEAKERS)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    return sound_folder.load(path, plan, CARD, SPEAKERS)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.sound import sounding  # noqa: F401


def tiny() -> Any:
    """A random VITS of one layer at 8 kHz, with the letters of English."""
    import torch

    from models.networks import miniature_sound
    from models.runtime.sound.sounding import SoundModel
    from models.runtime.sound.whole import Vits

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, tokenizer = miniature_sound.vits()
    return SoundModel(sound_folder.card(CARD, _VITS, model.config.to_dict(), {}), Vits(model, tokenizer))
