"""The families in the order and the words in which the program shows them."""

from __future__ import annotations

# Family key of a card -> its name.
NAMES = {
    "diffusion": "Diffusion",
    "flow-matching": "Flow matching",
    "autoregressive": "Autoregression",
    "gan": "GAN",
    "vae": "VAE",
    "flow": "Normalizing flow",
    "hybrid": "Hybrid",
}


def name(key: str) -> str:
    """The family's name; for one that is not known yet, its key as words."""
    return NAMES.get(key, key.replace("-", " ").capitalize())


def order(key: str) -> tuple[int, str]:
    """Sorts families as above, unknown ones last."""
    known = list(NAMES)
    return (known.index(key) if key in NAMES else len(known), key)


def size(size_bytes: int) -> str:
    """Bytes as a person says them: 412 MB, 2.1 GB."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{max(size_bytes / 1e6, 0.1):.0f} MB"


def duration(seconds: float) -> str:
    """A time as a person says it: 0.04 s, 0.9 s, 41 s, 2 min, 1 h 5 min."""
    if seconds < 0.095:
        return f"{max(seconds, 0.01):.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
