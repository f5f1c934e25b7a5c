"""Sketches of the starter world, drawn once and kept beside its pictures, and the paper and colours they come on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.scene import SEASONAL, Scene
from models.training.lab import Lab
from models.training.pictures import CHUNK, as_bytes
from models.training.world.render import render

# The paper that a scene's sketch is on says in what light it will be seen: colours 0..1, all apart from each other.
PAPERS: dict[str, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0),
    "dawn": (0.88, 0.80, 0.92),
    "sunset": (1.0, 0.76, 0.52),
    "night": (0.48, 0.54, 0.78),
}
DABS = 8  # at most so many dabs of colour lie on a sketch
# What a thing looks like where no dab says otherwise. If a sketch could be of any of eight colours, a network would be
# right to paint their average, which is a brown ghost.
USUAL = {
    "sailboat": "red", "lighthouse": "red", "house": "yellow", "windmill": "orange", "tree": "green",
    "balloon": "red", "bridge": "orange", "bird": "white", "tent": "blue", "castle": "purple",
}  # fmt: skip


def sketchable(scene: Scene) -> bool:
    """Whether its lines tell what the scene looks like: other weather than clear and other seasons have no lines."""
    return scene.weather == "clear" and (scene.terrain not in SEASONAL or scene.season == "summer")


def usual(scene: Scene) -> Scene:
    """The scene with its things in their usual colours."""
    return replace(scene, things=tuple(replace(thing, colour=USUAL[thing.kind]) for thing in scene.things))


class Sketches:
    """Of these scenes: `lines`, uint8 (N, 1, size, size), and `pictures` in the usual colours, (N, 3, size, size).

    They lie in a file that grows when more are asked for; the scenes must be the first of an order that stays. A
    killed run goes on with what is there.
    """

    def __init__(self, lab: Lab, scenes: list[Scene], size: int) -> None:
        folder = lab.root / "world"
        folder.mkdir(parents=True, exist_ok=True)
        path, mark = folder / f"usual-{size}.u8", folder / f"usual-{size}.done"
        shape = (len(scenes), 4, size, size)
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        if done < len(scenes):
            with path.open("ab") as file:
                file.truncate(4 * len(scenes) * size**2)
            store = np.memmap(path, np.uint8, "r+", shape=shape)
            for start in range(done, len(scenes), CHUNK):
                drawn = render([usual(s) for s in scenes[start : start + CHUNK]], size, lab.device)
                store[start : start + CHUNK] = as_bytes(torch.cat([drawn.sketch, drawn.picture], 1)).cpu().numpy()
                store.flush()
                mark.write_text(str(min(start + CHUNK, len(scenes))))
            lab.say(f"drew {len(scenes) - done} sketches")
        both = torch.from_numpy(np.memmap(path, np.uint8, "r+", shape=shape))
        self.lines, self.pictures = both[:, :1], both[:, 1:]


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


def dabs(pictures: Tensor, where: Tensor, paper: Tensor, draw: torch.Generator) -> Tensor:
    """(B, 3, H, W) in 0..1: white, with dabs of the colours that `pictures` (B, 3, H, W in 0..1) have at some places.

    A place is as likely as `where` (B, 1, H, W) says: how much the picture's own colours differ there from the usual
    ones. Colours are those that give the picture's own once they lie on `paper`.
    """
    count, _, high, wide = pictures.shape
    # Half of the difference counts the same everywhere, so that a thing far away is not forgotten.
    likely = (where > 0.1).float() + where + 1e-6
    places = torch.multinomial(likely.flatten(1).cpu(), DABS, generator=draw)
    down, across = places // wide, places % wide
    radius = 1.5 + 3 * torch.rand((count, DABS), generator=draw)
    colours = (F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False) / paper).clamp(0, 1)
    canvas = torch.ones_like(pictures)
    rows = torch.arange(high, device=pictures.device).view(1, 1, -1, 1)
    columns = torch.arange(wide, device=pictures.device).view(1, 1, 1, -1)
    every = torch.arange(count)
    for k in range(DABS):
        y, x, reach = (v[:, k].to(pictures.device).view(-1, 1, 1, 1) for v in (down, across, radius))
        colour = colours[every, :, down[:, k], across[:, k]][:, :, None, None]
        near = ((rows - y) ** 2 + (columns - x) ** 2 < reach**2) & (
            where[every, 0, down[:, k], across[:, k]] > 0.1
        ).view(-1, 1, 1, 1)
        canvas = torch.where(near, colour, canvas)
    return canvas


def difference(one: Tensor, other: Tensor) -> Tensor:
    """(B, 1, H, W): by how much the most changed colour of pictures in 0..1 differs."""
    return (one - other).abs().amax(1, keepdim=True)
