"""LoRAs and their relatives, told by the names of the layers that they change and by the widths of these.

Names as written by diffusers and PEFT, by kohya's sd-scripts, by LyCORIS (https://github.com/KohakuBlueleaf/LyCORIS)
and by OneTrainer; embeddings (textual inversion), which are as small, are told here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.store.recognising.bases import FLUX, SD1, SD2, SD3, SDXL, Bases, Shapes
from models.store.recognising.identity import Identity

# The half of a LoRA that layers feed into: [rank, width]. "_lora1.down" is X-Labs', "lora_linear_layer" old diffusers'.
_DOWN = re.compile(r"[._]lora(_down|_A|_A\.default|\d?\.down|_linear_layer\.down)\.weight$")
LANGUAGE = "a language model"
_OTHER_RANKS = (".hada_w1_b", ".lokr_w2_b", ".lokr_w1_b")
# Relatives by how names end that only they have; the first that is found is it.
_METHODS = (
    ("LoHa", (".hada_w1_a", ".hada_w1_b")),
    ("LoKr", (".lokr_w1", ".lokr_w1_a", ".lokr_w2", ".lokr_w2_a")),
    ("OFT", (".oft_blocks", ".oft_diag", ".oft_R.weight")),
    ("GLoRA", (".a1.weight", ".b1.weight")),
    ("full difference", (".diff",)),
)
# What flat names ("double_blocks_0_img_attn_proj") tell, and by which width versions differ; 0 is any. The name as it
# is follows after a space.
_LAYERS: tuple[tuple[str, dict[int, Bases]], ...] = (
    (r"double_stream_blocks_\d", {0: ("HiDream",)}),
    (r"joint_blocks_\d", {0: (SD3,)}),
    (r"txt_in_individual_token_refiner", {0: ("HunyuanVideo",)}),
    (
        r"double_blocks_19_|single_(transformer_)?blocks_3[89]_",
        {6144: ("Flux 2",), 4096: ("Flux 2",), 0: ("HunyuanVideo",)},
    ),
    (r"double_blocks_\d+_|single_(transformer_)?blocks_\d", {6144: ("Flux 2",), 4096: ("Flux 2",), 0: (FLUX,)}),
    (r"transformer_blocks_\d+_(img_mlp|txt_mlp|img_mod)", {0: ("Qwen-Image",)}),
    (r"transformer_blocks_(19|[2-5]\d)_attn_(to|add)_", {1536: (SD3,), 2432: (SD3,), 0: ("Qwen-Image",)}),
    (r"transformer_blocks_\d+_(attn_(to|add)_|ff_context)", {1536: (SD3,), 2432: (SD3,), 3072: (FLUX,)}),
    (r"blocks_\d+_self_attn_[qkvo]_(lora|dora|hada|lokr|diff|alpha)", {0: ("Wan",)}),
    (r"[. ]blocks\.\d+\.attn[12]\.to_[qkv]", {0: ("Wan",)}),
    (r"(^|_)layers_\d+_attention_", {2304: ("Lumina 2",), 0: ("Z-Image",)}),
    (r"(model|decoder)_layers_\d+_(self_attn|mlp)|transformer_h_\d+_(attn|mlp)", {0: (LANGUAGE,)}),
)  # fmt: skip
# Attention between picture and words, by how wide the words are; and inside the picture, where there are no U-Net's.
_WORD_WIDTHS = {768: (SD1,), 1024: (SD2,), 2048: (SDXL,)}
_SELF_WIDTHS = {
    2048: ("LTX-Video",), 4096: ("LTX-Video",), 1152: ("PixArt",), 1920: ("CogVideoX",), 3072: ("CogVideoX",),
}  # fmt: skip
# What trainers write into their notes (kohya's `ss_base_model_version`, ModelSpec's `modelspec.architecture`).
_NOTES = (
    ("sdxl", SDXL), ("stable-diffusion-xl", SDXL), ("sd_v2", SD2), ("stable-diffusion-v2", SD2), ("sd_v1", SD1),
    ("stable-diffusion-v1", SD1), ("sd3", SD3), ("stable-diffusion-3", SD3), ("flux2", "Flux 2"), ("flux-2", "Flux 2"),
    ("flux", FLUX), ("wan", "Wan"), ("hunyuan", "HunyuanVideo"), ("qwen", "Qwen-Image"), ("zimage", "Z-Image"),
)  # fmt: skip
_EMBEDDING_WIDTHS = {768: (SD1,), 1024: (SD2,), 1280: (SDXL,), 4096: (FLUX, SD3)}
_MOST_WORDS = 1024  # of one embedding


def find(shapes: Shapes, notes: Mapping[str, Any]) -> Identity | None:
    """The LoRA or embedding that tensors of these names and shapes are; None for anything else."""
    plain = any(_DOWN.search(name) for name in shapes)
    method = next((name for name, endings in _METHODS if any(n.endswith(endings) for n in shapes)), "")
    if not (method or plain):
        return _embedding(shapes)
    if plain and method == _METHODS[-1][0]:  # LoRAs for video often change a few layers wholly, too
        method = ""
    more = [method] if method else []
    if any(name.endswith((".dora_scale", ".lora_magnitude_vector", "lora_magnitude_vector.weight")) for name in shapes):
        more.append("DoRA")
    bases, told = _bases(shapes), _told(notes)
    if not bases or (bases == (FLUX,) and told == ("Flux 2",)):  # its smallest version is as wide as the first Flux
        bases = told
    return Identity("LyCORIS" if method else "LoRA", "addition", bases, ", ".join([*more, *_rank(shapes)]))


def _rank(shapes: Shapes) -> list[str]:
    """The largest inner side; layers may differ."""
    inner = (s[0] for n, s in shapes.items() if len(s) > 1 and (_DOWN.search(n) or n.endswith(_OTHER_RANKS)))
    rank = max(inner, default=0)
    return [f"rank {rank}"] if rank else []


def _bases(shapes: Shapes) -> Bases:
    flat = {f"{name.replace('.', '_')} {name}": name for name in shapes}
    for pattern, by_width in _LAYERS:
        if any(re.search(pattern, name) for name in flat):
            widths = _widths(shapes, flat, pattern)
            return next((bases for width, bases in by_width.items() if width in widths), by_width.get(0, ()))
    return _unet_bases(shapes, flat) or _encoder_bases(shapes, flat)


def _unet_bases(shapes: Shapes, flat: Mapping[str, str]) -> Bases:
    """Told by layers of a U-Net; or of a transformer without names of its own."""
    if any(re.search(r"(down|up|input|output)_blocks_\d|mid_block|middle_block", name) for name in flat):
        words = _widths(shapes, flat, r"attn2(_processor)?_to_k")
        deep = any(re.search(r"(down|up)_blocks_\d_attentions_\d_transformer_blocks_9", name) for name in flat)
        return next((_WORD_WIDTHS[w] for w in words if w in _WORD_WIDTHS), (SDXL,) if deep else ())
    inside = _widths(shapes, flat, r"transformer_blocks_\d+_attn1_to_q")
    return next((_SELF_WIDTHS[width] for width in inside if width in _SELF_WIDTHS), ())


def _encoder_bases(shapes: Shapes, flat: Mapping[str, str]) -> Bases:
    """Told by layers of the text encoders: SDXL has two of them."""
    if any(re.match(r"lora_te2_|text_encoder_2", name) for name in flat):
        return (SDXL,)
    widths = _widths(shapes, flat, r"^(lora_te1?_|text_encoder_)")
    return next((_WORD_WIDTHS[width] for width in widths if width in (768, 1024)), ())


def _widths(shapes: Shapes, flat: Mapping[str, str], pattern: str) -> list[int]:
    return [_width(shapes, name) for said, name in flat.items() if re.search(pattern, said)]


def _width(shapes: Shapes, name: str) -> int:
    """How many numbers enter the layer that a tensor belongs to; 0 where this one does not tell."""
    shape = shapes[name]
    return shape[1] if len(shape) > 1 and _DOWN.search(name) else 0


def _told(notes: Mapping[str, Any]) -> Bases:
    for key in ("ss_base_model_version", "modelspec.architecture"):
        said = str(notes.get(key, "")).lower()
        for word, base in _NOTES:
            if word in said:
                return (base,)
    return ()


def _embedding(shapes: Shapes) -> Identity | None:
    """Textual inversion: a few words' vectors, under the names that A1111, SDXL's trainers and diffusers give them."""
    if set(shapes) == {"clip_l", "clip_g"}:
        return Identity("Textual inversion", "addition", (SDXL,), _words(shapes["clip_l"]))
    known = [n for n in shapes if n == "emb_params" or n.startswith("string_to_param.")]
    name = known[0] if known else next(iter(shapes)) if len(shapes) == 1 else ""
    shape = shapes.get(name, ())
    if (
        not 1 <= len(shape) <= 2
        or not (known or shape[-1] in _EMBEDDING_WIDTHS)
        or (shape[0] > _MOST_WORDS and len(shape) == 2)
    ):
        return None
    return Identity("Textual inversion", "addition", _EMBEDDING_WIDTHS.get(shape[-1], ()), _words(shape))


def _words(shape: tuple[int, ...]) -> str:
    count = shape[0] if len(shape) == 2 else 1
    return f"{count} word{'s' if count != 1 else ''}"
