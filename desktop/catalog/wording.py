"""What the room of models says of a download, and of a model's size: plain sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models import sizes
from models.protocol import MEDIA, Found, ModelInfo

if TYPE_CHECKING:
    from models.store.fetch.state import State

MEDIUM_NAMES = {"picture": "Pictures", "sound": "Sound", "video": "Video", "text": "Text"}
assert tuple(MEDIUM_NAMES) == MEDIA
KINDS = {
    "model": "",
    "lora": "Style (LoRA)",
    "controlnet": "ControlNet",
    "autoencoder": "VAE",
    "motion": "Motion module",
}
_COMMAND = re.compile(r" \(`[^`]*`\)")


def count(numbers: int) -> str:
    """A model's numbers as people count them: 860 million, 7.2 billion."""
    if numbers < 10**5:
        return f"{max(numbers / 10**3, 0.1):.0f} thousand" if numbers >= 1000 else str(numbers)
    if numbers >= 10**9:
        return f"{numbers / 10**9:.{1 if numbers < 10**10 else 0}f} billion"
    return f"{numbers / 10**6:.{0 if numbers >= 10**7 else 1}f} million"


def precision(model: ModelInfo | Found) -> str:
    """`BF16` where nearly all numbers are of one kind, else the kinds with their shares."""
    if model.precision and model.precision[0][1] >= 0.95:
        return model.precision[0][0]
    return ", ".join(f"{kind} {share:.0%}" for kind, share in model.precision[:3] if share >= 0.005)


GATED = "Only for those who accept its terms: do so on its page, then give an access token from your account there."


def plain(sentence: str) -> str:
    """A sentence of the store without its hint at a command, for who has buttons."""
    return _COMMAND.sub("", sentence)


def status(state: State) -> str:
    """How a download stands, in one line."""
    now = state.progress
    some = f"{sizes.size(now.bytes)} of {sizes.size(now.total)}" if now.total else ""
    if state.phase == "queued":
        return f"Waits for its turn. {some}".strip()
    if state.phase == "listing":
        return plain(state.sentence) or "Asking the hub for its files."
    if state.phase == "running":
        if state.sentence:
            return plain(state.sentence)
        if now.checking:
            return f"Checking what has come: {some}"
        speed = f"{sizes.size(now.speed)}/s" if now.speed else ""
        left = f"{sizes.time(now.left_s)} left" if now.left_s else ""
        return " · ".join(part for part in (some, speed, left) if part)
    if state.phase == "paused":
        return plain(state.sentence) or (f"Paused at {some}." if some else "Paused.")
    if state.phase == "done":
        return f"All of it is here, and every file is right: {sizes.size(now.total)}."
    if state.phase == "gated" and _COMMAND.search(state.sentence):  # no token was shown
        return GATED
    return plain(state.sentence)
