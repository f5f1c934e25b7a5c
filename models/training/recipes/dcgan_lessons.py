"""The lower half of the DCGAN starter's generator: taught what numbers say which scene, before the game begins.

Each picture of the world comes with a z that tells it (`models.training.tied`), and the features that the painter wants
for it; the layers in between learn one from the other. What z does not tell (ridges, clouds) becomes a mean, which the
critics then break up.
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.training import tied
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.dcgan import LATENT, SIZE, generator
from models.training.recipes.dcgan_painter import Halves, lower

WAYS = 3  # how many z tell each scene
THINGS = 4.0  # how much more an error counts where things are


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    halves = Halves().to(lab.device)
    halves.load_state_dict(load_file(lab.result("dcgan-painter") / "halves.safetensors"))
    halves.eval()
    wanted = features(halves.encoder, world)
    side = wanted.shape[-1]
    shown = kept(lab, f"presence-{lab.budget.pictures}", lambda: presence(world.scenes, side, lab.device))
    told = torch.stack([tied.numbers(world.scenes[: world.count], way) for way in range(WAYS)], 1)
    whole = generator().to(lab.device)
    model = lower(whole)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    total = 0.0
    for step in lab.steps({"model": model, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        z = told[seeds, torch.randint(0, WAYS, seeds.shape, generator=draw)]
        free = torch.randn((len(z), LATENT - tied.WIDTH), generator=draw)
        made = model(torch.cat([z, free], 1).to(lab.device)[:, :, None, None])
        error = (made - wanted[seeds].float()).square() * (1 + THINGS * shown[seeds].float())
        total += descend(error.mean(), model, optimizer, rate(step, lab.budget.steps, 3e-3))
        if step % 50 == 49:
            lab.say(f"step {step + 1}", error=total / 50)
            total = 0.0
        if step % 400 == 399:
            with torch.no_grad():
                lab.sheet(f"step-{step + 1}", (halves.upper(made[:64]) + 1) / 2)
    whole.main[len(model) :].load_state_dict(halves.upper.state_dict())
    folder = lab.state / "result"
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.contiguous().cpu() for name, value in whole.state_dict().items()}
    save_file(state, folder / "generator.safetensors")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)


@torch.inference_mode()
def features(encoder: nn.Module, world: Pictures) -> Tensor:
    """(N, C, 16, 16), half precision, of all the world's pictures."""
    parts = torch.arange(world.count).split(128)
    return torch.cat([encoder(world.batch(part)).half() for part in parts])


RECIPE = Recipe("dcgan-lessons", "the layers of the DCGAN starter that choose what to paint", run,
                cpu=Budget(steps=1_600, batch=64, pictures=22_528),
                cuda=Budget(steps=8_000, batch=256, pictures=100_000), needs=("dcgan-painter",))  # fmt: skip
