"""Sketches of the starter world, drawn once and kept beside its pictures, and the paper and colours they come on."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.scene import SEASONAL, Scene
from models.training.lab import Lab
from models.training.pictures import CHUNK
from models.training.world.render import render

# The paper that a scene's sketch is on says in what light it will be seen: colours 0..1, all apart from each other.
PAPERS: dict[str, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0),
    "dawn": (0.88, 0.80, 0.92),
    "sunset": (1.0, 0.76, 0.52),
    "night": (0.48, 0.54, 0.78),
}
DABS = 6  # at most so many dabs of colour lie on a sketch


def sketchable(scene: Scene) -> bool:
    """Whether its lines tell what the scene looks like: no weather, no autumn and no snow, which have none."""
    return scene.weather == "clear" and (scene.terrain not in SEASONAL or scene.season in ("spring", "summer"))


class Sketches:
    """The sketches of these scenes, as uint8 (N, 1, size, size), in a file that grows when more are asked for.

    The scenes must be the first of an order that stays. A killed run goes on with what is there.
    """

    def __init__(self, lab: Lab, scenes: list[Scene], size: int) -> None:
        folder = lab.root / "world"
        folder.mkdir(parents=True, exist_ok=True)
        path, mark = folder / f"sketches-{size}.u8", folder / f"sketches-{size}.done"
        shape = (len(scenes), 1, size, size)
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        if done < len(scenes):
            with path.open("ab") as file:
                file.truncate(len(scenes) * size**2)
            store = np.memmap(path, np.uint8, "r+", shape=shape)
            for start in range(done, len(scenes), CHUNK):
                drawn = render(scenes[start : start + CHUNK], size, lab.device).sketch
                store[start : start + CHUNK] = (drawn * 255 + 0.5).to(torch.uint8).cpu().numpy()
                store.flush()
                mark.write_text(str(min(start + CHUNK, len(scenes))))
            lab.say(f"drew {len(scenes) - done} sketches")
        self.lines = torch.from_numpy(np.memmap(path, np.uint8, "r+", shape=shape))


def papers(scenes: list[Scene]) -> Tensor:
    """(N, 3, 1, 1) in 0..1: the paper of each scene's time of day."""
    return torch.tensor([PAPERS[s.time] for s in scenes]).view(-1, 3, 1, 1)


def drawn_by_hand(lines: Tensor, draw: torch.Generator) -> Tensor:
    """Lines (B, 1, H, W), 0 to 1 on white, as other pens draw them: thicker or fainter, each sketch its own way."""
    thick = -F.max_pool2d(-lines, 3, 1, 1)
    share = (torch.rand((len(lines), 1, 1, 1), generator=draw) * 2 - 1).clamp(min=0).to(lines)
    faint = torch.rand((len(lines), 1, 1, 1), generator=draw).to(lines) * 0.4
    lines = torch.lerp(lines, thick, share)
    return lines + (1 - lines) * faint


def dabs(pictures: Tensor, lines: Tensor, paper: Tensor, draw: torch.Generator, chance: float = 0.6) -> Tensor:
    """(B, 3, H, W) in 0..1: white, with dabs of the colours that `pictures` (B, 3, H, W in 0..1) have at some places.

    Most lie where the lines are dense, so on the things. `chance` is that of each dab. Colours are those that give
    the picture's own once they lie on `paper`.
    """
    count, _, high, wide = pictures.shape
    dense = F.avg_pool2d(1 - lines, 8)
    places = torch.multinomial((dense + 0.02).flatten(1).cpu(), DABS, generator=draw)  # cells of 8 × 8
    inside = torch.randint(0, 8, (2, count, DABS), generator=draw)
    down, across = places // dense.shape[3] * 8 + inside[0], places % dense.shape[3] * 8 + inside[1]
    radius = 1.5 + 4 * torch.rand((count, DABS), generator=draw)
    radius = radius * (torch.rand((count, DABS), generator=draw) < chance)
    colours = (F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False) / paper).clamp(0, 1)
    canvas = torch.ones_like(pictures)
    rows = torch.arange(high, device=pictures.device).view(1, 1, -1, 1)
    columns = torch.arange(wide, device=pictures.device).view(1, 1, 1, -1)
    every = torch.arange(count)
    for k in range(DABS):
        y, x, reach = (v[:, k].to(pictures.device).view(-1, 1, 1, 1) for v in (down, across, radius))
        colour = colours[every, :, down[:, k], across[:, k]][:, :, None, None]
        canvas = torch.where((rows - y) ** 2 + (columns - x) ** 2 < reach**2, colour, canvas)
    return canvas
