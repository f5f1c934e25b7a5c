"""Public families of models by what configs and GGUF files call them: names of classes, kinds and architectures."""

from __future__ import annotations

import re

from models.store.recognising.bases import FLUX, SD1, SD3, SDXL, SVD

# How the classes of a family's pipelines and parts begin in diffusers; longer ones come before those that they contain.
_CLASSES = (
    ("StableDiffusionXL", SDXL), ("StableDiffusion3", SD3), ("SD3", SD3), ("StableVideoDiffusion", SVD),
    ("StableCascade", "Stable Cascade"), ("StableAudio", "Stable Audio"), ("Flux2", "Flux 2"), ("Flux", FLUX),
    ("Chroma", "Chroma"), ("HunyuanVideo", "HunyuanVideo"), ("HunyuanDiT", "HunyuanDiT"), ("Wan", "Wan"),
    ("LTX", "LTX-Video"), ("CogVideoX", "CogVideoX"), ("CogView", "CogView"), ("Mochi", "Mochi"),
    ("PixArt", "PixArt"), ("Sana", "Sana"), ("AuraFlow", "AuraFlow"), ("Lumina2", "Lumina 2"), ("ZImage", "Z-Image"),
    ("QwenImage", "Qwen-Image"), ("HiDream", "HiDream"), ("Kandinsky", "Kandinsky"), ("Kolors", "Kolors"),
    ("Cosmos", "Cosmos"), ("AudioLDM2", "AudioLDM 2"), ("AudioLDM", "AudioLDM"), ("MusicLDM", "MusicLDM"),
    ("AceStep", "ACE-Step"), ("AnimateDiff", SD1), ("Allegro", "Allegro"), ("Latte", "Latte"),
)  # fmt: skip
_PARTS = (
    ("AutoencoderKLHunyuanVideo", "HunyuanVideo"), ("AutoencoderKLWan", "Wan"), ("AutoencoderKLLTX", "LTX-Video"),
    ("AutoencoderKLFlux2", "Flux 2"), ("AutoencoderKLQwenImage", "Qwen-Image"), ("AutoencoderKLCogVideoX", "CogVideoX"),
    ("AutoencoderKLMochi", "Mochi"), ("AutoencoderOobleck", "Stable Audio"), ("AutoencoderDC", "Sana"),
)  # fmt: skip
# What language models call themselves in config.json (`model_type`) and in GGUF (`general.architecture`), in small
# letters without signs. Others go by the name of their class.
_LANGUAGE = {
    "llama": "Llama", "llama4": "Llama 4", "mistral": "Mistral", "mistral3": "Mistral 3", "mixtral": "Mixtral",
    "qwen2": "Qwen 2", "qwen2moe": "Qwen 2", "qwen3": "Qwen 3", "qwen3moe": "Qwen 3", "gemma": "Gemma",
    "gemma2": "Gemma 2", "gemma3": "Gemma 3", "gemma3text": "Gemma 3", "gemma3n": "Gemma 3", "phi": "Phi",
    "phi2": "Phi", "phi3": "Phi 3", "gpt2": "GPT-2", "gptneo": "GPT-Neo", "gptneox": "GPT-NeoX", "gptj": "GPT-J",
    "gptoss": "gpt-oss", "opt": "OPT", "bloom": "BLOOM", "falcon": "Falcon", "mamba": "Mamba", "mamba2": "Mamba 2",
    "stablelm": "StableLM", "starcoder": "StarCoder", "starcoder2": "StarCoder 2", "commandr": "Command R",
    "cohere": "Command R", "deepseek2": "DeepSeek", "deepseekv2": "DeepSeek", "deepseekv3": "DeepSeek",
    "olmo": "OLMo", "olmo2": "OLMo 2", "granite": "Granite", "smollm3": "SmolLM 3", "t5": "T5", "umt5": "UMT5",
    "rwkv": "RWKV", "rwkv6": "RWKV", "rwkv7": "RWKV", "musicgen": "MusicGen", "musicgenmelody": "MusicGen",
    "bark": "Bark", "vits": "VITS", "speecht5": "SpeechT5", "dia": "Dia", "csm": "CSM", "imagegpt": "ImageGPT",
    "janus": "Janus", "emu3": "Emu3", "chameleon": "Chameleon",
}  # fmt: skip
# What makes something else than text, of what transformers has.
_SOUND = ("musicgen", "musicgenmelody", "bark", "vits", "speecht5", "dia", "csm", "fastspeech2conformer", "pockettts")
_PICTURE = ("imagegpt", "janus", "emu3", "chameleon")
# What city96's converter and others call denoisers in GGUF.
DENOISERS = {
    "sd1": SD1, "sdxl": SDXL, "sd3": SD3, "flux": FLUX, "flux2": "Flux 2", "chroma": "Chroma", "wan": "Wan",
    "hyvid": "HunyuanVideo", "ltxv": "LTX-Video", "aura": "AuraFlow", "hidream": "HiDream", "cosmos": "Cosmos",
    "lumina2": "Lumina 2", "qwenimage": "Qwen-Image", "zimage": "Z-Image", "mochi": "Mochi",
}  # fmt: skip


def of_class(name: str) -> str:
    """The family of a pipeline or part of diffusers by its class; empty where its name tells none."""
    return next((base for start, base in (*_PARTS, *_CLASSES) if name.startswith(start)), "")


def of_kind(kind: str, classes: tuple[str, ...] = ()) -> str:
    """The family of a model of transformers, or of a GGUF file, by what it calls itself, or by its class."""
    if known := _LANGUAGE.get(plain(kind)):
        return known
    return next((re.sub(r"(For[A-Z]|LMHead|Model).*$", "", name) for name in classes), "") or kind


def medium(kind: str) -> str:
    """What a model of transformers makes."""
    return "sound" if plain(kind) in _SOUND else "picture" if plain(kind) in _PICTURE else "text"


def plain(kind: str) -> str:
    return re.sub(r"[^a-z0-9]", "", kind.lower())
