"""The listener: a small network that hears a soundscape of the starter world and says which sounds are in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.reader.soundscape import AMOUNTS, DISTANCES, SOUNDS, Layer

RATE, BANDS, HOP, SIZE = 16_000, 64, 320, 1024
_OF_A_SOUND = 3  # logits: is it there, is it much, is it far


@lru_cache(maxsize=1)
def _filters() -> Tensor:
    """(frequencies, BANDS)"""
    from transformers.audio_utils import mel_filter_bank

    with torch.inference_mode(False):  # whoever learns is given the same
        return torch.from_numpy(mel_filter_bank(SIZE // 2 + 1, BANDS, 30.0, RATE / 2, RATE, mel_scale="htk")).float()


def bands(waves: Tensor) -> Tensor:
    """Waveforms (B, samples) at 16 kHz to log mel bands (B, BANDS, frames), 50 frames a second, about -2..2."""
    window = torch.hann_window(SIZE, device=waves.device)
    power = torch.stft(waves, SIZE, HOP, window=window, return_complex=True).abs().square()
    mel = torch.einsum("bft,fm->bmt", power, _filters().to(waves.device))
    return (mel + 1e-5).log() / 4 + 0.5


class Listener(nn.Module):
    """Log mel bands (B, BANDS, frames) to logits (B, SOUNDS, 3) of presence, much, and far.

    What goes on all the time shows in the mean over time, what comes in strokes in the loudest moment.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        here = 1
        for out, stride in ((width // 2, (2, 1)), (width, (2, 2)), (2 * width, (2, 2)), (2 * width, (2, 2))):
            steps += [nn.Conv2d(here, out, 5 if here == 1 else 3, stride, 2 if here == 1 else 1),
                      nn.GroupNorm(8, out), nn.SiLU()]  # fmt: skip
            here = out
        self.width = width
        self.trunk = nn.Sequential(*steps)
        self.heads = nn.Linear(3 * here * (BANDS // 16), len(SOUNDS) * _OF_A_SOUND)

    def forward(self, mel: Tensor) -> Tensor:
        features = self.trunk(mel[:, None]).flatten(1, 2)
        seen = torch.cat([features.mean(2), features.amax(2), features.std(2)], 1)
        return self.heads(seen).view(len(mel), len(SOUNDS), _OF_A_SOUND)

    @torch.inference_mode()
    def read(self, waves: Tensor) -> list[tuple[Layer, ...]]:
        """The sounds in waveforms (B, samples) at 16 kHz, each with its amount and distance."""
        return answers(self(bands(waves.to(self.heads.weight.device))))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.half().contiguous() for k, v in self.state_dict().items()}, folder / "listener.safetensors")
        (folder / "config.json").write_text(json.dumps({"architecture": "listener", "width": self.width, "rate": RATE}))

    @classmethod
    def load(cls, folder: Path) -> Listener:
        listener = cls(json.loads((folder / "config.json").read_text())["width"])
        listener.load_state_dict({k: v.float() for k, v in load_file(folder / "listener.safetensors").items()})
        return listener.eval()


def targets(layers: Sequence[Sequence[Layer]]) -> Tensor:
    """(B, SOUNDS, 3): 1 or 0; -1 for the amount and distance of what is not there."""
    wanted = torch.full((len(layers), len(SOUNDS), _OF_A_SOUND), -1.0)
    wanted[..., 0] = 0
    for row, heard in enumerate(layers):
        for layer in heard:
            wanted[row, SOUNDS.index(layer.sound)] = torch.tensor(
                [1.0, AMOUNTS.index(layer.amount), DISTANCES.index(layer.distance)]
            )
    return wanted


def loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean cross-entropy of everything that is known."""
    each = F.binary_cross_entropy_with_logits(logits.float(), wanted.clamp(min=0), reduction="none")
    known = (wanted >= 0).float()
    return (each * known).sum() / known.sum()


def answers(logits: Tensor) -> list[tuple[Layer, ...]]:
    return [
        tuple(
            Layer(sound, AMOUNTS[int(much > 0)], DISTANCES[int(far > 0)])
            for sound, (there, much, far) in zip(SOUNDS, row, strict=True)
            if there > 0
        )
        for row in logits.tolist()
    ]


def shares(wanted: Sequence[Sequence[Layer]], heard: Sequence[Sequence[Layer]]) -> dict[str, float]:
    """Per cent right: of "is it there", over all sounds; of the amount and distance of what was there and heard; and
    of soundscapes whose sounds are all right."""
    right = {"sounds": [0, 0], "amount": [0, 0], "distance": [0, 0], "whole": [0, 0]}
    for want, have in zip(wanted, heard, strict=True):
        there, found = {w.sound: w for w in want}, {h.sound: h for h in have}
        for sound in SOUNDS:
            _count(right["sounds"], (sound in there) == (sound in found))
            if sound in there and sound in found:
                for part in ("amount", "distance"):
                    if wanted_part := getattr(there[sound], part):  # a sentence may leave it open
                        _count(right[part], wanted_part == getattr(found[sound], part))
        _count(right["whole"], set(there) == set(found))
    return {name: round(100 * r / max(1, n), 2) for name, (r, n) in right.items()}


def _count(pair: list[int], right: bool) -> None:
    pair[0] += right
    pair[1] += 1
