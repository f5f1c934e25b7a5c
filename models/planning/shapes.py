"""What a network's config says of its working memory: widths, levels, heads, and the pixels of one position."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from models.planning.parts import Role, Work

Config = Mapping[str, Any]

# Tokens that pipelines pad a prompt to where the config does not say (T5 in SD3, Flux, Wan; CLIP's own 77 is in it).
_WORDS = 512
_MOST = 2**31
# Video autoencoders that decode a latent frame at a time, each of which becomes so many frames at most.
_BY_FRAME = ("Wan", "QwenImage")


def work(role: Role, kind: str, config: Config, latent: Config | None = None) -> Work:
    """The shape of one part. `kind` is its class; `latent` is the autoencoder's config, where the model has one.

    Empty where the config tells nothing that is known here: then the prediction falls back on the weights alone.
    """
    try:
        made = _work(role, kind, config, latent)
    except Exception:  # a config may hold anything, and whoever loads it says what is wrong with it
        return Work()
    if made.kind in ("unet", "decoder") and not made.channels:
        return Work()
    told: dict[str, Any] = {
        field.name: min(max(int(value), 1 if field.name in ("side", "time") else 0), _MOST)
        for field in fields(made)
        if isinstance(value := getattr(made, field.name), int)
    }
    return replace(made, channels=tuple(min(max(c, 1), _MOST) for c in made.channels), **told)


def _work(role: Role, kind: str, config: Config, latent: Config | None) -> Work:
    if role == "autoencoder":
        return _decoder(kind, config)
    if role == "codec":
        return _waves(config)
    if role in ("text", "language"):
        return _language(config)
    if "UNet" in kind or "block_out_channels" in config:
        return _unet(config, latent)
    return _tokens(config, latent) if role == "denoiser" else Work()


def factor(config: Config) -> int:
    """Pixels along one latent of that autoencoder."""
    for name in ("spatial_compression_ratio", "scale_factor_spatial", "vae_scale_factor"):
        if isinstance(config.get(name), int):
            return int(config[name])
    kind = str(config.get("_class_name", ""))
    if "LTX" in kind:
        doubled = sum(1 for on in _numbers(config.get("spatio_temporal_scaling")) if on)
        return int(config.get("patch_size", 4)) * 2 ** (doubled or 3)
    if multiples := _numbers(config.get("dim_mult")):
        return 2 ** (len(multiples) - 1)
    for name in ("block_out_channels", "encoder_block_out_channels", "decoder_block_out_channels"):
        if levels := _numbers(config.get(name)):
            return 2 ** (len(levels) - 1)
    return 8


def frames_per_latent(config: Config) -> int:
    """Frames that one latent frame of that autoencoder stands for; 1 where it knows none."""
    for name in ("temporal_compression_ratio", "scale_factor_temporal"):
        if isinstance(config.get(name), int | float):
            return max(int(config[name]), 1)
    kind = str(config.get("_class_name", ""))
    if "Mochi" in kind:
        return math.prod(_numbers(config.get("temporal_expansions"))) or 6
    if "LTX" in kind:
        return 8
    if "temperal_downsample" in config:  # as Wan's config spells it
        return 2 ** sum(1 for on in config["temperal_downsample"] if on)
    return 1


def _decoder(kind: str, config: Config) -> Work:
    if "sampling_rate" in config and "downsampling_ratios" in config:
        return _waves(config)
    if "base_dim" in config or "dim_mult" in config:
        base = int(config.get("decoder_base_dim") or config.get("base_dim") or 96)
        channels = tuple(base * m for m in _numbers(config.get("dim_mult")) or (1, 2, 4, 4))
    else:
        channels = _numbers(config.get("decoder_block_out_channels")) or _numbers(config.get("block_out_channels"))
    patch = int(config.get("patch_size", 1)) if isinstance(config.get("patch_size", 1), int) else 1
    # An autoencoder that works on patches has its widest level below the picture's own size.
    channels = tuple(max(c // patch**2, 1) for c in channels)
    time = frames_per_latent({"_class_name": kind, **config})
    one_by_one = any(word in kind for word in _BY_FRAME)
    return Work(
        "decoder",
        channels=channels,
        layers=_one(config.get("layers_per_block"), 2),
        side=factor({"_class_name": kind, **config}),
        time=time,
        chunk=time if one_by_one else 0,
    )


def _unet(config: Config, latent: Config | None) -> Work:
    channels = _numbers(config.get("block_out_channels"))
    side = factor(latent) if latent is not None else 1
    kinds = [str(kind) for kind in config.get("down_block_types") or ()]
    attends = next((level for level, kind in enumerate(kinds) if "Attn" in kind), 0)
    given = config.get("attention_head_dim")  # which is their number, but for the oldest models
    told = _numbers(given)[attends : attends + 1] if isinstance(given, list | tuple) else (_one(given, 8),)
    heads = (*told, 8)[0]
    return Work(
        "unet", channels=channels, layers=_one(config.get("layers_per_block"), 2), side=side, attends=attends,
        heads=heads if heads <= 32 else max((*channels, 320)[attends] // heads, 1),
    )  # fmt: skip


def _tokens(config: Config, latent: Config | None) -> Work:
    heads = _one(config.get("num_attention_heads") or config.get("num_heads") or config.get("n_heads"), 0)
    width = (heads * _one(config.get("attention_head_dim"), 0)) or _one(
        config.get("hidden_size") or config.get("inner_dim") or config.get("model_dim") or config.get("dim"), 0
    )
    if not width:
        return Work()
    inner = _one(config.get("ffn_dim") or config.get("ff_dim") or config.get("intermediate_size"), 0)
    inner = inner or int(width * float(config.get("mlp_ratio") or 4))
    layers = _one(config.get("num_layers") or config.get("n_layers") or config.get("num_hidden_layers"), 1)
    patch, patch_time = _patch(config)
    side, time = (factor(latent), frames_per_latent(latent)) if latent is not None else (1, 1)
    if latent is not None and patch == 1:
        # Flux and its kin pack two by two latents into one position without calling it a patch.
        own = _one(latent.get("latent_channels") or latent.get("z_dim"), 0)
        if own and _one(config.get("in_channels"), 0) == 4 * own:
            patch = 2
    return Work(
        "tokens", layers=layers + _one(config.get("num_single_layers"), 0), width=width, inner=inner, heads=heads,
        words=_WORDS, side=side * patch, time=time * patch_time,
    )  # fmt: skip


def _language(config: Config) -> Work:
    told = config.get("text_config") if isinstance(config.get("text_config"), Mapping) else config
    assert isinstance(told, Mapping)
    width = _one(told.get("hidden_size") or told.get("d_model") or told.get("n_embd") or told.get("dim"), 0)
    if not width:
        return Work()
    heads = _one(told.get("num_attention_heads") or told.get("num_heads") or told.get("n_head"), 1)
    own = _one(told.get("head_dim") or told.get("d_kv"), 0) or width // max(heads, 1)
    kv_heads = _one(told.get("num_key_value_heads"), 0) or heads
    inner = _one(
        told.get("intermediate_size") or told.get("d_ff") or told.get("ffn_dim") or told.get("n_inner")
        or told.get("decoder_ffn_dim"), 4 * width,
    )  # fmt: skip
    act = str(told.get("hidden_act") or told.get("feed_forward_proj") or told.get("activation_function") or "")
    gated = "gated" in act or (act in ("silu", "swish", "gelu_pytorch_tanh") and "num_key_value_heads" in told)
    layers = _one(told.get("num_hidden_layers") or told.get("num_layers") or told.get("n_layer"), 1)
    context = _one(told.get("max_position_embeddings") or told.get("n_positions") or told.get("n_ctx"), 0)
    return Work(
        "language", layers=layers, width=width, inner=inner * (2 if gated else 1), heads=heads,
        kv=2 * kv_heads * own, words=min(context or _WORDS, _WORDS), vocabulary=_one(told.get("vocab_size"), 0),
        context=context,
    )  # fmt: skip


def _waves(config: Config) -> Work:
    """Codecs and vocoders: their last levels, at the full rate, take nearly all."""
    rate = _one(config.get("sampling_rate") or config.get("sample_rate"), 0)
    width = _one(config.get("decoder_channels"), 0) or 2 * _one(config.get("num_filters"), 0)
    if not width and (start := _one(config.get("upsample_initial_channel"), 0)):
        width = 2 * start // 2 ** len(_numbers(config.get("upsample_rates")))
    if not width and (start := _one(config.get("decoder_hidden_size"), 0)):
        width = 2 * start // 2 ** len(_numbers(config.get("upsampling_ratios")) or (1,))
    return Work("waves", width=max(width, 16), rate=rate or 16_000)


def _patch(config: Config) -> tuple[int, int]:
    """Latents along one position, and latent frames of it."""
    given = config.get("patch_size", config.get("all_patch_size", 1))
    if isinstance(given, list | tuple) and len(given) == 3:
        return int(given[1]), int(given[0])
    return _one(given, 1), _one(config.get("patch_size_t") or config.get("all_f_patch_size"), 1)


def _numbers(given: object) -> tuple[int, ...]:
    if not isinstance(given, list | tuple):
        return ()
    return tuple(int(n) for n in given if isinstance(n, int | float))


def _one(given: object, default: int) -> int:
    """A whole number, also from a list of them (the largest)."""
    if isinstance(given, list | tuple):
        return max(_numbers(given), default=default)
    return int(given) if isinstance(given, int | float) and not isinstance(given, bool) and given > 0 else default
