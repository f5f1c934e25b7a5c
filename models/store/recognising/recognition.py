"""What any file or folder is, from its configs and the heads of its weights alone, whether or not anything runs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from models.store.endings import GRAPH, PICKLED, WEIGHTS
from models.store.files import Files
from models.store.recognising import gguf_kinds, kinds, lora, named
from models.store.recognising.bases import FLUX, SD1, SD2, SD3, SDXL
from models.store.recognising.identity import Identity
from models.store.recognising.layouts import ADDITIONS

# Autoencoders of one shape, told apart by the number that their latents are multiplied by.
_SCALES = {0.18215: (SD1, SD2), 0.13025: (SDXL,), 1.5305: (SD3,), 0.3611: (FLUX,)}
_U_NET_WIDTHS = {768: SD1, 1024: SD2, 2048: SDXL}


def identify(files: Files, hint: str = "") -> Identity | None:
    """Its identity; None where nothing tells. `hint` is a kind that the folder it lies in is for: it decides only
    between what the heads leave open. Raises BadInput where a head is broken."""
    found = _described(files) if files.path.is_dir() else None
    weights = main_weights(files)
    if weights:
        told = by_heads(files, weights)
        if found is None:
            found = told
        elif told is not None and (told.kind == found.kind or not found.bases):
            found = _both(found, told)
    if found is not None and found.kind == "Language model" and hint == "Text encoder" and found.needs:
        return Identity("Text encoder", "addition", (), found.detail)
    if found is None and weights and hint in ADDITIONS:
        return Identity(hint, "addition", (), "of a kind that is not known here")
    return found


def _both(described: Identity, told: Identity) -> Identity:
    """What a folder's configs say, and what its weights add."""
    bases = described.bases or told.bases
    # An adapter's config calls its base by the name of one model; of pictures, the family is wanted.
    if described.role == "addition" and described.kind == "LoRA" and told.bases not in ((), (lora.LANGUAGE,)):
        bases = told.bases
    return replace(described, bases=bases, detail=told.detail or described.detail)


def main_weights(files: Files) -> str:
    """The file of weights that tells what a folder is: the only one in it, or the first of several that belong
    together; empty where there is none, or where they are of parts."""
    found = [name for name in files.names if name.lower().endswith(WEIGHTS) and "/" not in name]
    # What was exported beside the weights tells less than they do.
    sound = [name for name in found if not name.lower().endswith((GRAPH, *PICKLED))] or found
    if len(sound) > 1 and not files.exists("config.json"):
        stems = {PurePosixPath(name).stem.partition("-0000")[0] for name in sound}
        return sound[0] if len(stems) == 1 else ""
    return sound[0] if sound else ""


def by_heads(files: Files, name: str) -> Identity | None:
    """What one file of weights is, by its head."""
    if name.lower().endswith(GRAPH):
        return Identity("ONNX graph", "model")
    shapes = {tensor: shape for tensor, (_, shape) in files.tensors(name).items()}
    notes = files.notes(name)
    if name.lower().endswith(".gguf"):
        return gguf_kinds.find(notes, shapes)
    if name.lower().endswith(PICKLED):
        shapes = {tensor.removeprefix("state_dict."): shape for tensor, shape in shapes.items()}
    # What a LoRA changes has names that only the network itself has too, so it is asked for first.
    return lora.find(shapes, notes) or kinds.find(shapes)


# ── configs ───────────────────────────────────────────────────────────────────


def _described(files: Files) -> Identity | None:
    """What a folder's configs say."""
    if files.exists("model_index.json"):
        return _pipeline(files)
    if files.exists("adapter_config.json"):
        return _adapter(files.json("adapter_config.json"))
    if not files.exists("config.json") or not isinstance(files.value("config.json"), dict):
        return None
    config = files.json("config.json")
    if isinstance(config.get("_class_name"), str):
        return _part(config["_class_name"], config)
    if isinstance(config.get("model_type"), str):
        return _transformer(config)
    return None


def _pipeline(files: Files) -> Identity:
    """A diffusers folder."""
    name = str(files.json("model_index.json").get("_class_name", ""))
    base = named.of_class(name)
    # The classes of Stable Diffusion 1 and 2 are the same, and AnimateDiff moves other U-Nets as well.
    told = (name.startswith(("StableDiffusion", "LatentConsistency")) and not base) or name.startswith("AnimateDiff")
    if told and files.exists("unet/config.json"):
        base = _U_NET_WIDTHS.get(_number(files.json("unet/config.json").get("cross_attention_dim")), "")
    return Identity("Pipeline", "model", (base,) if base else (), name.removesuffix("Pipeline"))


def _adapter(config: dict[str, Any]) -> Identity:
    """A LoRA of PEFT's."""
    base = str(config.get("base_model_name_or_path") or "").rstrip("/").rpartition("/")[2]
    method = str(config.get("peft_type") or "LORA").upper()
    kind = {"LORA": "LoRA", "LOHA": "LyCORIS", "LOKR": "LyCORIS", "OFT": "LyCORIS"}.get(method, "Adapter")
    rank = f"rank {config['r']}" if isinstance(config.get("r"), int) else ""
    return Identity(kind, "addition", (base,) if base else (), rank)


def _part(name: str, config: dict[str, Any]) -> Identity | None:
    """One part of a diffusers pipeline, by its class."""
    base = named.of_class(name)
    bases = (base,) if base else ()
    if name == "AutoencoderTiny":
        return Identity("TAESD", "addition", bases)
    if name.startswith(("Autoencoder", "VQModel", "AsymmetricAutoencoder")):
        return Identity("VAE", "addition", bases or _SCALES.get(_number(config.get("scaling_factor")), ()))
    for word, kind in (("ControlNet", "ControlNet"), ("T2IAdapter", "T2I-Adapter"), ("MotionAdapter", "Motion module")):
        if word in name:
            return Identity(kind, "addition", bases)
    if name.startswith("UNet"):
        width = _U_NET_WIDTHS.get(_number(config.get("cross_attention_dim")), "")
        needs = ("the other parts of its pipeline",) if config.get("cross_attention_dim") else ()
        return Identity("U-Net", "model", (width,) if width else bases, "", "picture", "diffusion", needs)
    if "Transformer" in name:
        return Identity("Transformer", "model", bases, "", "", "", ("the other parts of its pipeline",))
    return None


def _transformer(config: dict[str, Any]) -> Identity:
    """A folder of transformers, by the class that it was saved from."""
    kind = config["model_type"]
    told = config.get("architectures")
    classes = tuple(name for name in told if isinstance(name, str)) if isinstance(told, list) else ()
    first = classes[0] if classes else ""
    base = named.of_kind(kind, classes)
    if "Vision" in first:
        return Identity("Vision encoder", "addition", (), base)
    if first.endswith(("EncoderModel", "TextModel", "TextModelWithProjection")) or kind == "clip":
        return Identity("Text encoder", "addition")
    medium = named.medium(kind)
    limit = config.get("max_position_embeddings") or config.get("n_positions")
    context = f"{limit:,} tokens of context" if medium == "text" and type(limit) is int and limit > 0 else ""
    name = "Language model" if medium == "text" else "Transformers model"
    return Identity(name, "model", (base,), context, medium, "autoregressive")


def _number(value: Any) -> Any:
    """The value where it is a number, else one that is in no table."""
    return value if isinstance(value, (int, float)) else -1
