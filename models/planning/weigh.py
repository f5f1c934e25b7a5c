"""What a model on disk weighs: its parts, from configs and the heads of its files alone. Nothing is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Protocol

from models.planning import shapes
from models.planning.parts import Part, Parts, Role
from models.store import beside
from models.store.endings import GRAPH, WEIGHTS
from models.store.files import ADAPTER, Files
from models.store.heads.gguf_types import TYPES
from models.store.heads.header import BITS as PLAIN
from models.store.recognising import recognition

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]

# Bits of one weight in each format that heads name.
BITS: dict[str, float] = {**PLAIN, **{name: 8 * width / block for name, block, width in TYPES.values()}}
# What loaders leave out, or what only some pipelines use: it takes no memory here.
_LEFT_OUT = ("safety_checker", "feature_extractor")
_LOOKED_UP = re.compile(
    r"(embed_tokens|token_embedding|position_embedding|word_embeddings|position_embeddings|shared|wte|wpe|"
    r"relative_attention_bias|lm_head|token_embd|tok_embeddings)\.weight$"
)
# diffusers.hooks.layerwise_casting leaves these as they are.
_NEVER_NARROW = re.compile(r"pos_embed|patch_embed|norm|^proj_in\.|^proj_out\.|(^|\.)wo\.")
# Where checkpoints of one file keep their networks (CompVis's, Stability's and ComfyUI's layouts).
_IN_ONE_FILE: tuple[tuple[str, str, Role], ...] = (
    ("model.diffusion_model.", "unet", "denoiser"), ("first_stage_model.", "vae", "autoencoder"),
    ("vae.", "vae", "autoencoder"), ("cond_stage_model.", "text_encoder", "text"),
    ("conditioner.embedders.0.", "text_encoder", "text"), ("conditioner.embedders.1.", "text_encoder_2", "text"),
    ("text_encoders.clip_l.", "text_encoder", "text"), ("text_encoders.clip_g.", "text_encoder_2", "text"),
    ("text_encoders.t5xxl.", "text_encoder_3", "text"), ("model_ema.", "", "network"),
)  # fmt: skip
_STORED = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F8_E4M3": "float8",
    "F8_E5M2": "float8", "I8": "int8", "U8": "uint8",
}  # fmt: skip


class View(Protocol):
    """What is looked at; `models.store.files.Files` is one."""

    names: tuple[str, ...]

    def exists(self, name: str) -> bool: ...

    def json(self, name: str) -> dict[str, Any]: ...

    def size(self, name: str) -> int: ...

    def tensors(self, name: str) -> Tensors: ...

    def notes(self, name: str) -> Mapping[str, Any]: ...


def weigh(files: View) -> Parts:
    """Every network of the model that a loader would read, one in several number formats once. Raises BadInput where
    a head is broken."""
    if files.exists("model_index.json"):
        return _pipeline(files)
    groups = _groups(files)
    config = files.json("config.json") if files.exists("config.json") else {}
    if set(groups) == {""} and not config and len(groups[""]) == 1:
        return _one_file(files, groups[""]) + _beside(files)
    found: list[Part] = []
    for folder in sorted(groups):
        told = _config(files, folder)
        found += _split(folder, told, _tensors(files, groups[folder]), _bytes(files, groups[folder]))
    return tuple(found)


def part(
    name: str, role: Role, kind: str, library: str, tensors: Tensors, size: int, config: Mapping[str, Any],
    latent: Mapping[str, Any] | None = None,
) -> Part:  # fmt: skip
    """One network from its tensors' heads; `size` are its files' bytes, `latent` is the autoencoder's config."""
    counts = {n: math.prod(shape) for n, (_, shape) in tensors.items()}
    linear = narrow = rows = matrix = 0
    # Where the table of words is the last layer too, all of it is read.
    tied = role == "language" and not any(n.endswith(("lm_head.weight", "output.weight")) for n in tensors)
    blocks: dict[str, int] = {}
    formats: dict[str, int] = {}
    for n, (dtype, shape) in tensors.items():
        formats[dtype] = formats.get(dtype, 0) + counts[n]
        if block := re.match(r"[^.]+\.\d+(?=\.)", n):
            blocks[block[0]] = blocks.get(block[0], 0) + counts[n]
        if len(shape) < 2 or not n.endswith("weight"):
            continue
        if _LOOKED_UP.search(n):
            rows += 0 if tied or "lm_head" in n else counts[n]
            continue
        matrix = max(matrix, counts[n])
        if len(shape) == 2 and min(shape) >= 64:
            linear += counts[n]
        if not _NEVER_NARROW.search(n):
            narrow += counts[n]
    total = sum(counts.values())
    most = max(formats, key=lambda f: formats[f] * BITS.get(f, 8), default="")
    together = 2 * max(blocks.values(), default=0) + total - sum(blocks.values())
    return Part(
        name, role, total, size, _STORED.get(most, most.lower()), linear, narrow, min(together, total),
        max(counts.values(), default=0), matrix, rows, kind, library, shapes.work(role, kind, config, latent),
    )  # fmt: skip


def _pipeline(files: View) -> Parts:
    index = files.json("model_index.json")
    groups = _groups(files)
    plain = str(index.get("_class_name", "")).startswith(("StableDiffusion", "Flux"))
    latent = next((_config(files, n) for n in ("vae", "vqvae", "movq") if files.exists(f"{n}/config.json")), None)
    found = []
    for name, entry in index.items():
        if not isinstance(entry, list) or len(entry) != 2 or name in _LEFT_OUT or name not in groups:
            continue
        if name == "image_encoder" and plain:
            continue
        library, kind = str(entry[0]), str(entry[1])
        config = _config(files, name)
        role = _role(name, kind, library)
        tensors, size = _tensors(files, groups[name]), _bytes(files, groups[name])
        found.append(part(name, role, kind, library, tensors, size, config, latent))
    return tuple(found)


def _split(folder: str, config: Mapping[str, Any], tensors: Tensors, size: int) -> Parts:
    """A folder of weights that is one network, or several in one file with a config for each (MusicGen, Bark)."""
    kind = str(config.get("_class_name") or next(iter(config.get("architectures") or ()), ""))
    library = "diffusers" if "_class_name" in config else "transformers" if "model_type" in config else ""
    below = {
        name: value
        for name, value in config.items()
        if isinstance(value, Mapping) and "model_type" in value and any(n.startswith(f"{name}.") for n in tensors)
    }
    if not below:
        return (part(folder, _role(folder, kind, library), kind, library, tensors, size, config),)
    found = []
    counted = {n: math.prod(shape) * BITS.get(dtype, 8) for n, (dtype, shape) in tensors.items()}
    whole = max(sum(counted.values()), 1)
    for name, told in below.items():
        own = {n.removeprefix(f"{name}."): t for n, t in tensors.items() if n.startswith(f"{name}.")}
        share = sum(bits for n, bits in counted.items() if n.startswith(f"{name}.")) / whole
        role: Role = "codec" if "audio" in name or "codec" in name else "text" if "text" in name else "language"
        found.append(part(name, role, kind, library, own, int(size * share), told))
    return tuple(found)


def _one_file(files: View, names: list[str]) -> Parts:
    tensors, size = _tensors(files, names), _bytes(files, names)
    if names[0].lower().endswith(".gguf") and (told := _language(files.notes(names[0]))):
        return (part("", "language", "", "gguf", tensors, size, told),)
    parts: dict[tuple[str, Role], dict[str, tuple[str, tuple[int, ...]]]] = {}
    for n, head in tensors.items():
        place: tuple[str, str, Role] = ("", "", "network")
        place = next((found for found in _IN_ONE_FILE if n.startswith(found[0])), place)
        parts.setdefault(place[1:], {})[n.removeprefix(place[0])] = head
    bits = {key: sum(math.prod(s) * BITS.get(d, 8) for d, s in own.values()) for key, own in parts.items()}
    whole = max(sum(bits.values()), 1)
    found = []
    for (name, role), own in parts.items():
        if role == "network" and len(parts) > 1:
            continue
        kind, config = _guess(role, own)
        latent = {"block_out_channels": [128, 256, 512, 512]} if role == "denoiser" else None
        found.append(part(name, role, kind, "", own, int(size * bits[name, role] / whole), config, latent))
    return tuple(found)


def _beside(files: View) -> Parts:
    """Parts of a transformer in one file that lie in files of their own."""
    path = getattr(files, "path", None)
    if path is None or not path.is_file():
        return ()
    told = recognition.identify(files)  # type: ignore[arg-type]
    if told is None or told.kind not in ("Checkpoint", "Transformer") or told.base not in beside.BASES:
        return ()
    found = []
    for name, place in beside.find(files, told)[0].items():  # type: ignore[arg-type]
        other = Files(place)
        role: Role = "autoencoder" if name == beside.VAE else "text"
        found.append(part(name, role, "", "", other.tensors(place.name), other.size_bytes, {}))
    return tuple(found)


def _language(notes: Mapping[str, Any]) -> dict[str, Any]:
    """A language model's config from the notes of its GGUF file; empty where it is none."""
    name = str(notes.get("general.architecture", ""))
    if f"{name}.block_count" not in notes or f"{name}.embedding_length" not in notes:
        return {}
    told = {
        "hidden_size": "embedding_length", "num_hidden_layers": "block_count", "head_dim": "attention.key_length",
        "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
        "intermediate_size": "feed_forward_length", "max_position_embeddings": "context_length",
        "vocab_size": "vocab_size",
    }  # fmt: skip
    return {ours: notes[f"{name}.{theirs}"] for ours, theirs in told.items() if f"{name}.{theirs}" in notes}


def _guess(role: Role, tensors: Tensors) -> tuple[str, dict[str, Any]]:
    """Class and config of a network in a checkpoint of one file, as far as its first layers tell them."""
    first = tensors.get("input_blocks.0.0.weight")
    if first is not None and len(first[1]) == 4:
        c = first[1][0]
        xl = "label_emb.0.0.weight" in tensors
        channels = (c, 2 * c, 4 * c) if xl else (c, 2 * c, 4 * c, 4 * c)
        return "UNet2DConditionModel", {"block_out_channels": channels, "layers_per_block": 2}
    if role == "autoencoder":
        return "AutoencoderKL", {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2}
    for n, (_, shape) in tensors.items():
        if n.endswith(("img_in.weight", "x_embedder.proj.weight")) and len(shape) >= 2:
            return "", {"hidden_size": shape[0], "patch_size": 2, "num_attention_heads": max(shape[0] // 128, 1)}
    return "", {}


def _role(name: str, kind: str, library: str) -> Role:
    if name.startswith(("text_encoder", "image_encoder", "tokenizer")) or "TextModel" in kind:
        return "text"
    if name in ("unet", "transformer", "transformer_2", "prior", "decoder") or "UNet" in kind:
        return "denoiser"
    if any(word in kind for word in ("Vocoder", "HifiGan", "Oobleck", "Encodec", "Dac", "Mimi")) or name == "vocoder":
        return "codec"
    if name in ("vae", "vqvae", "movq") or "Autoencoder" in kind or kind.startswith("VQ"):
        return "autoencoder"
    if library == "diffusers" and "Transformer" in kind:
        return "denoiser"
    return "language" if library == "transformers" else "network"


def _groups(files: View) -> dict[str, list[str]]:
    """Files of weights by their folder; of several number formats or kinds of file, those that are read."""
    found: dict[str, dict[tuple[int, int, str], list[str]]] = {}
    names = [name for name in dict.fromkeys(files.names) if name.lower().endswith(WEIGHTS)]
    # What was exported beside the weights is the same network once more.
    names = [name for name in names if not name.lower().endswith(GRAPH)] or names
    for name in names:
        folder, _, file = name.rpartition("/")
        stem, _, ending = file.rpartition(".")
        # unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors: the folder, the variant, the shard.
        variant = re.sub(r"-\d+-of-\d+$", "", stem)
        rank = (WEIGHTS.index(f".{ending.lower()}"), variant.count("."), variant)
        found.setdefault(folder, {}).setdefault(rank, []).append(name)
    # Files of the same rank but different names lie together on purpose; variants replace each other.
    chosen: dict[str, list[str]] = {}
    for folder, ranks in found.items():
        best = min(ranks)
        alike = [n for rank, names in ranks.items() if rank[:2] == best[:2] for n in names]
        # An adapter beside a network's weights changes them, and adds none.
        chosen[folder] = [n for n in alike if not n.endswith(f"/{ADAPTER}")] or alike
    return chosen


def _config(files: View, folder: str) -> dict[str, Any]:
    name = f"{folder}/config.json" if folder else "config.json"
    return files.json(name) if files.exists(name) else {}


def _tensors(files: View, names: list[str]) -> Tensors:
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for name in names:
        found.update(files.tensors(name))
    return found


def _bytes(files: View, names: list[str]) -> int:
    return sum(files.size(name) for name in names)
