"""The parts of a model that is not here, from a catalog's counts: how they would do, as near as counts tell."""

from __future__ import annotations

from collections.abc import Iterable

from models.planning.parts import Part, Parts, Role, Work

# Of what a denoiser of that kind is made, in shares of its weights: matrices that quantizers shorten, and what lies
# on an accelerator where its blocks take turns. From the networks in tests/models/planning/known.json.
_TRANSFORMER, _UNET = (0.98, 0.1), (0.32, 0.72)


def from_counts(
    counts: Iterable[tuple[str, int]], *, medium: str = "picture", stored: str = "float16", file_bytes: int = 0,
    gguf: bool = False,
) -> Parts:  # fmt: skip
    """Parts by their names and numbers of weights; one without a name is the whole of a language model.

    `file_bytes` is what all takes on the disk, for a GGUF file that stays as it is.
    """
    told = list(counts)
    whole = max(sum(weights for _, weights in told), 1)
    found = []
    for name, weights in told:
        role = _role(name, medium)
        linear, block = _UNET if name == "unet" else _TRANSFORMER if role in ("denoiser", "language") else (0.9, 1.0)
        linear = 0.0 if role in ("autoencoder", "codec") else linear
        library = "gguf" if gguf else "transformers" if role in ("text", "language") else "diffusers"
        size = file_bytes * weights // whole if gguf else weights * 2
        found.append(
            Part(
                name,
                role,
                weights,
                size,
                stored,
                int(weights * linear),
                int(weights * 0.98),
                int(weights * block),
                weights // 20,
                weights // 50,
                library=library,
                work=_work(name, role, weights),
            )
        )
    return tuple(found)


def _role(name: str, medium: str) -> Role:
    if name.startswith(("text_encoder", "image_encoder")):
        return "text"
    if name in ("vae", "vqvae", "movq"):
        return "codec" if medium == "sound" else "autoencoder"
    if name in ("vocoder", "audio_encoder"):
        return "codec"
    if name in ("unet", "transformer", "transformer_2", "prior"):
        return "denoiser"
    return "language" if medium in ("text", "sound") else "denoiser"


def _work(name: str, role: Role, weights: int) -> Work:
    """The usual shape of a part of that size; widths of transformers grow as the cube root of their weights."""
    width = max(int(1.35 * weights ** (1 / 3)) // 64 * 64, 256)
    if name == "unet":
        return Work("unet", channels=(320, 640, 1280), layers=2, heads=8)
    if role == "denoiser":
        return Work("tokens", layers=30, width=width, inner=4 * width, heads=width // 64, words=512, side=16, time=4)
    if role == "autoencoder":
        return Work("decoder", channels=(128, 256, 512, 512), layers=2, side=8)
    if role == "codec":
        return Work("waves", width=128, rate=32_000)
    words = 77 if weights < 10**9 else 512
    return Work(
        "language", layers=32, width=width, inner=6 * width, heads=width // 64, kv=width // 2, words=words,
        vocabulary=128_000, context=8192,
    )  # fmt: skip
