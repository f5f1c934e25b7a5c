"""Which public family of models a network is of, or goes with, told by the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]
Bases = tuple[str, ...]

SD1, SD2, SDXL, REFINER, SD3, FLUX, SVD = "SD 1.x", "SD 2.x", "SDXL", "SDXL refiner", "SD 3", "Flux", "SVD"
# How wide the text is that a U-Net attends to.
_TEXT_WIDTHS = {768: SD1, 1024: SD2, 2048: SDXL, 1280: REFINER}
_TEXT_ENCODERS = {
    SD1: "CLIP-L",
    SD2: "OpenCLIP-H",
    SDXL: "CLIP-L and CLIP-G",
    REFINER: "CLIP-G",
    SVD: "a CLIP vision encoder",
}


def text_width(shapes: Shapes, ending: str) -> Bases:
    """Told by the second dimension of the first tensor whose name ends so."""
    shape = next((shape for name, shape in shapes.items() if name.endswith(ending) and len(shape) > 1), ())
    base = _TEXT_WIDTHS.get(shape[1]) if shape else None
    return (base,) if base else ()


def text_encoders(bases: Bases, otherwise: str) -> str:
    """The text encoders that a denoiser of that base reads words with, in words."""
    return _TEXT_ENCODERS.get(bases[0] if bases else "", otherwise)


def unet(shapes: Shapes) -> Bases:
    if any(".time_stack." in name or ".temporal_transformer_blocks." in name for name in shapes):
        return (SVD,)
    return text_width(shapes, ".attn2.to_k.weight")


def unet_detail(shapes: Shapes) -> str:
    """What the U-Net sees besides the noise, told by its first layer."""
    first = shapes.get("input_blocks.0.0.weight") or shapes.get("conv_in.weight") or ()
    if unet(shapes) == (SVD,) or len(first) < 2:
        return ""
    seen = {9: "inpainting", 8: "edits by instruction", 5: "with depth", 7: "enlarges four times"}
    return seen.get(first[1], "")


def flux_detail(shapes: Shapes) -> str:
    """Fill sees the picture and its mask beside the noise, Canny and Depth a second picture."""
    first = shapes.get("img_in.weight") or shapes.get("x_embedder.weight") or ()
    seen = {384: "inpainting", 128: "with a control picture"}.get(first[1] if len(first) == 2 else 0, "")
    guided = "guidance_in.in_layer.weight" in shapes
    guided = guided or "time_text_embed.guidance_embedder.linear_1.weight" in shapes
    return seen or ("dev" if guided else "schnell")


def sd3_detail(shapes: Shapes) -> str:
    blocks = {name.split(".")[1] for name in shapes if name.startswith(("joint_blocks.", "transformer_blocks."))}
    twice = any(".attn2." in name for name in shapes)
    return {24: "3.5 medium" if twice else "medium", 38: "3.5 large"}.get(len(blocks), "")


def control(shapes: Shapes) -> Bases:
    """What a ControlNet steers: a copy of half of that network is in it."""
    if any(name.startswith(("double_blocks.", "single_transformer_blocks.")) for name in shapes):
        return (FLUX,)
    if "txt_norm.weight" in shapes:
        return ("Qwen-Image",)
    if any(name.startswith("control_") for name in shapes):
        return ("Z-Image",)
    if "transformer_blocks.0.attn.add_k_proj.weight" in shapes:
        return (SD3,) if "pos_embed.proj.weight" in shapes else (FLUX,)
    # SDXL's smallest ControlNet has no attention; what the U-Net is told of the picture's size is its own.
    found = text_width(shapes, ".attn2.to_k.weight") or text_width(shapes, ".attn2.to_k.down")
    added = "add_embedding.linear_1.weight" in shapes or "label_emb.0.0.weight" in shapes
    return found or ((SDXL,) if added else ())


def adapter(shapes: Shapes) -> Bases:
    """SDXL's folds squares of 16 pixels into channels, the others' of 8: 256 or 64 for each of one or three colours."""
    enters = shapes.get("conv_in.weight", (0, 0))[1:2]
    return (SDXL,) if enters in ((768,), (256,)) else (SD1,) if enters in ((192,), (64,)) else ()


def motion(shapes: Shapes) -> Bases:
    """AnimateDiff's modules: SD 1.x has four levels, SDXL three."""
    return (SD1,) if any(name.startswith("down_blocks.3.") for name in shapes) else (SDXL,)


def small_vae(shapes: Shapes) -> Bases:
    """TAESD's first decoding layer has as many inputs as the latents have channels."""
    first = next(
        (s for n in ("decoder.layers.0.weight", "taesd_decoder.1.weight", "1.weight") if (s := shapes.get(n))), ()
    )
    if not first:  # an encoder alone ends in them
        ends = [shape for name, shape in shapes.items() if name.endswith("weight") and len(shape) == 4]
        return _by_channels(ends[-1][0]) if ends else ()
    return _by_channels(first[1]) if len(first) > 1 else ()


def half(shapes: Shapes) -> str:
    """The first files of TAESD came in two."""
    if any(name.startswith(("decoder.", "taesd_decoder.")) for name in shapes):
        return ""
    return "decoder alone" if "0.weight" not in shapes else "encoder alone"


def vae(shapes: Shapes) -> Bases:
    return _by_channels(shapes["decoder.conv_in.weight"][1]) if len(shapes["decoder.conv_in.weight"]) == 4 else ()


def channels(shapes: Shapes) -> str:
    shape = shapes["decoder.conv_in.weight"]
    return f"{shape[1]} channels" if len(shape) > 1 else ""


def video_vae(shapes: Shapes) -> Bases:
    first = shapes.get("decoder.conv_in.conv.weight", ())
    return {128: ("LTX-Video",), 16: ("HunyuanVideo", "CogVideoX")}.get(first[1] if len(first) > 1 else 0, ())


def clip(shapes: Shapes) -> Bases:
    return {768: (SD1, SDXL, SD3, FLUX), 1280: (SDXL, SD3), 1024: (SD2,)}.get(_clip_width(shapes), ())


def clip_name(shapes: Shapes) -> str:
    return {768: "CLIP-L", 1280: "CLIP-G", 1024: "OpenCLIP-H"}.get(_clip_width(shapes), "CLIP")


def t5(shapes: Shapes) -> Bases:
    if _t5(shapes) == (4096, 256384):
        return ("Wan",)
    return (SD3, FLUX, "PixArt", "LTX-Video") if _t5(shapes)[0] == 4096 else ()


def t5_name(shapes: Shapes) -> str:
    width, words = _t5(shapes)
    size = {4096: "-XXL", 2048: "-XL", 1024: "-large", 768: "-base", 512: "-small"}.get(width, "")
    return f"{'UMT5' if words == 256384 else 'T5'}{size}"


def _t5(shapes: Shapes) -> tuple[int, int]:
    """How wide it is, and how many words it knows."""
    words = shapes.get("shared.weight") or shapes.get("encoder.embed_tokens.weight") or (0, 0)
    return shapes["encoder.block.0.layer.0.SelfAttention.q.weight"][-1], words[0]


def _clip_width(shapes: Shapes) -> int:
    names = (
        "text_model.embeddings.token_embedding.weight",
        "embeddings.token_embedding.weight",
        "token_embedding.weight",
    )
    return next((shapes[name][-1] for name in names if name in shapes), 0)


def _by_channels(count: int) -> Bases:
    """Whose latents have so many channels."""
    return {4: (SD1, SD2, SDXL), 16: (FLUX, SD3), 32: ("Flux 2",)}.get(count, ())
