"""The reader: a small network that looks at a picture of the starter world and says what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.reader.attributes import Heads, answers
from models.reader.grammar import Named
from models.reader.scene import KINDS

SIZE = 128


class _Block(nn.Module):
    """Pre-activation residual block (He et al. 2016, arXiv:1603.05027)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Reader(nn.Module):
    """(B, 3, 128, 128) in -1..1 to logits of the setting and of each kind of thing.

    Each kind has a place in the picture where it looks (a softmax over the 16 × 16 features), so that
    colour and position are read off the thing itself.
    """

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.stem = nn.Conv2d(5, 32, 5, stride=2, padding=2)
        self.trunk = nn.Sequential(
            _Block(32),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            _Block(64),
            nn.Conv2d(64, width, 3, stride=2, padding=1),
            _Block(width),
            _Block(width),
            nn.GroupNorm(8, width),
            nn.SiLU(),
        )
        self.look = nn.Conv2d(width, len(KINDS), 1)
        self.value = nn.Conv2d(width, width, 1)
        self.heads = Heads(width)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self._features(pictures)
        return self._told(features, self._attention(features))

    def _attention(self, features: Tensor) -> Tensor:
        """(B, KINDS, places): where it looks for each kind, summing to 1."""
        return self.look(features).flatten(2).softmax(-1)

    def _told(self, features: Tensor, attention: Tensor) -> tuple[Tensor, Tensor]:
        things = torch.einsum("bkp,bcp->bkc", attention, self.value(features).flatten(2))
        return self.heads(features.mean((2, 3)), things)

    def _features(self, pictures: Tensor) -> Tensor:
        return self.trunk(self._stemmed(pictures))

    def _stemmed(self, pictures: Tensor) -> Tensor:
        steps = torch.linspace(-1, 1, pictures.shape[-1], device=pictures.device, dtype=pictures.dtype)
        across = steps.view(1, 1, 1, -1).expand(len(pictures), 1, pictures.shape[-2], -1)
        return self.stem(torch.cat([pictures, across, across.transpose(2, 3)], 1))

    @torch.inference_mode()
    def read(self, pictures: Tensor) -> list[Named]:
        """The attributes of pictures (B, 3, H, W) in 0..1, of any size."""
        device = self.look.weight.device
        return [name for part in pictures.split(64) for name in answers(self(_fitted(part).to(device)))]

    @torch.inference_mode()
    def located(self, pictures: Tensor) -> tuple[list[Named], Tensor]:
        """The same, and where in the pictures each kind is looked for: (B, KINDS, 2) in 0..1, across and down."""
        named, places = [], []
        for part in pictures.split(64):
            features = self._features(_fitted(part).to(self.look.weight.device))
            attention = self._attention(features)
            named += answers(self._told(features, attention))
            spread = attention.unflatten(2, features.shape[2:])
            steps = (torch.arange(features.shape[-1], device=features.device) + 0.5) / features.shape[-1]
            places.append(torch.stack([(spread.sum(2) * steps).sum(2), (spread.sum(3) * steps).sum(2)], 2).cpu())
        return named, torch.cat(places)

    @torch.inference_mode()
    def noticed(self, pictures: Tensor) -> list[Tensor]:
        """The features (B, C, H, W) of pictures (B, 3, H, W) in 0..1, of any size, at three depths: edges first."""
        features, seen = self._stemmed(_fitted(pictures)), []
        for k, layer in enumerate(self.trunk):
            features = layer(features)
            if k in (0, 2, len(self.trunk) - 1):
                seen.append(features)
        return seen

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.half().contiguous() for k, v in self.state_dict().items()}, folder / "reader.safetensors")
        (folder / "config.json").write_text(
            json.dumps({"architecture": "reader", "width": self.look.in_channels, "size": SIZE})
        )

    @classmethod
    def load(cls, folder: Path) -> Reader:
        reader = cls(json.loads((folder / "config.json").read_text())["width"])
        reader.load_state_dict({k: v.float() for k, v in load_file(folder / "reader.safetensors").items()})
        return reader.eval()


def _fitted(pictures: Tensor) -> Tensor:
    """0..1 of any size to -1..1 at the reader's size."""
    mode = "area" if pictures.shape[-1] > SIZE else "bilinear"
    return F.interpolate(pictures.float(), (SIZE, SIZE), mode=mode) * 2 - 1
