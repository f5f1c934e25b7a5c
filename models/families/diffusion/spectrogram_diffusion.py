"""Sound by diffusion, of its spectrogram or of latents of its wave: any of diffusers' pipelines that make sound (Liu et
al. 2023, AudioLDM), and our own starter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.diffusion import any_diffusers, diffusers_card, diffusers_folder, diffusers_table
from models.families.diffusion.diffusers_folder import DiffusersFolder
from models.families.diffusion.spectrogram_lengths import lengths
from models.protocol import Card, Match, Parameter

_LENGTHS = ("audio_length_in_s", "audio_end_in_s")  # arguments whose default is the network's own length
_CONFIGS = ("unet", "transformer", "vae", "vocoder")

CARD = Card(
    architecture="spectrogram-diffusion",
    name="Spectrogram diffusion",
    family="diffusion",
    medium="sound",
    tasks=("text-to-sound",),
    parameters=(),
    process="Out of noise, all moments and tones at once",
    guide="resources/guides/spectrogram-diffusion.md",
)


def recognise(files: Any) -> Match | None:
    """A diffusers folder whose pipeline makes sound, from its configs alone. Raises BadInput with why it cannot run."""
    folder = diffusers_folder.of_medium(files, CARD.medium)
    return None if folder is None else any_diffusers.matched(_declared(folder, _configs(files)).card, folder)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.runtime.pipelines.sound_pipeline import SoundPipeline
    from models.store.files import Files

    folder, pipeline = any_diffusers.opened(path, plan)
    declared = _declared(folder, _configs(Files(path)))
    return SoundPipeline(pipeline, declared.card, declared.wiring, plan)


def tiny() -> Any:
    """A random AudioLDM: a second or less at 8 kHz."""
    from models.networks import miniature_spectrogram
    from models.runtime.fitting.plan import Plan
    from models.runtime.pipelines.sound_pipeline import SoundPipeline

    signature = diffusers_table.find("AudioLDMPipeline")
    assert signature is not None
    pipeline = miniature_spectrogram.audioldm()
    folder = DiffusersFolder(signature, {}, 0, 0, 0, 1, 1, {}, "tokenizer", 40, None)
    configs = {"unet": dict(pipeline.unet.config), "vae": dict(pipeline.vae.config)}
    configs["vocoder"] = pipeline.vocoder.config.to_dict()
    declared = _declared(folder, configs)
    return SoundPipeline(pipeline, declared.card, declared.wiring, Plan())


def _configs(files: Any) -> dict[str, dict[str, Any]]:
    """The configs by part, of those that tell of lengths."""
    return {part: files.json(f"{part}/config.json") for part in _CONFIGS if files.exists(f"{part}/config.json")}


def _declared(folder: DiffusersFolder, configs: dict[str, dict[str, Any]]) -> diffusers_card.Declared:
    """The pipeline's card and wiring, with the length that its network was taught on."""
    known = lengths(configs)
    if known is None:
        return diffusers_card.declare(CARD, folder)
    usual, longest = known
    told = {argument: usual for argument in _LENGTHS if folder.signature.has(argument)}
    declared = diffusers_card.declare(CARD, replace(folder, told={**folder.told, **told}))
    parameters = tuple(_no_longer(p, longest) if p.name == "seconds" else p for p in declared.card.parameters)
    return replace(declared, card=replace(declared.card, parameters=parameters))


def _no_longer(seconds: Parameter, longest: float) -> Parameter:
    return replace(
        seconds,
        default=min(float(seconds.default), longest),
        minimum=min(float(seconds.minimum or 0), longest),
        maximum=longest,
        suggested=tuple(n for n in (2.0, 5.0, 10.0, 30.0) if n <= longest),
    )
