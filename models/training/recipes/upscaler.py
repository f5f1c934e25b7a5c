"""The upscaler starter ×4: first taught to be exact, then to be sharp, as ESRGAN is (Wang et al. 2018)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from models.networks import upscalers
from models.reader.network import Reader
from models.runtime import pixels
from models.runtime.pictures.enlarging import MARGIN
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.likeness import features, frechet, renders
from models.training.pictures import Pictures
from models.training.psnr import psnr
from models.training.sharpen import Critic, impressions
from models.training.starter import STARTERS, as_tensor, images, ship

SCALE, SIZE, CROP = 4, 128, 64
FEATURES, LAYERS = 64, 8
SHARP = 0.3
JUDGED = 0.6  # of the training: from here on a critic is heard
WARM, PERSUASION = 100, 0.5
GAIN_DB = 1.1  # what the sharpened network must keep over bicubic
LARGE = 256  # a part of the samples is of larger renders, where the same things are smoother
COUNT = 128


def network() -> nn.Module:
    """Random layers in which three channels carry the colours, sharpened, to the end, for `begin` to enlarge.

    Real-ESRGAN's compact network: on a processor it learns three times as fast as ESRGAN's own, and runs so, too.
    """
    model: Any = upscalers.compact(FEATURES, LAYERS)
    *convolutions, last = (part for part in model.body if isinstance(part, nn.Conv2d))
    for k, convolution in enumerate(convolutions):
        nn.init.kaiming_normal_(convolution.weight, a=0.25)
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        convolution.weight[:3] = 0
        for colour in range(3):
            convolution.weight[colour, colour] = sharpening(0.0 if k else SHARP)
    for slopes in (part.weight for part in model.body if isinstance(part, nn.PReLU)):
        slopes[:3] = 1
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    return model


def sharpening(amount: float) -> Tensor:
    """A kernel 3 × 3 that takes so much of its neighbours from each pixel; what is even stays as it is."""
    line = torch.tensor([-amount, 1 + 2 * amount, -amount])
    return torch.outer(line, line)


def begin(model: Any, pictures: Tensor) -> None:
    """Let it start as the best linear enlargement that its last layer can be, by least squares on (N, 3, H, W)."""
    low = small(pictures)
    inside = slice(2 * SCALE, -2 * SCALE)
    missing = (pictures - F.interpolate(low, scale_factor=SCALE))[..., inside, inside]
    carried = F.conv2d(low.flatten(0, 1)[:, None], sharpening(SHARP)[None, None])
    seen = F.unfold(carried, 3).movedim(1, 2).flatten(0, 1).double()
    seen = seen - seen[:, 4:5]  # as differences, so that what is even stays as it is
    wanted = F.pixel_unshuffle(missing.flatten(0, 1)[:, None], SCALE).flatten(2).movedim(1, 2).flatten(0, 1).double()
    kernels = torch.linalg.solve(seen.T @ seen + 1e-3 * torch.eye(9), seen.T @ wanted)
    kernels[4] -= kernels.sum(0)
    last = model.body[-1]
    for colour in range(3):
        last.weight[colour * SCALE**2 : (colour + 1) * SCALE**2, colour] = kernels.T.view(SCALE**2, 3, 3).float()


def shrunk(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """(B, 3, H, W) in 0..1 at a quarter of the size: by one of two ways, half of them also a little soft and noisy."""
    count = len(pictures)
    smooth = F.interpolate(pictures, scale_factor=1 / SCALE, mode="bicubic", antialias=True, align_corners=False)
    plain = torch.rand((count, 1, 1, 1), generator=draw) < 0.5
    small = torch.where(plain.to(pictures.device), F.avg_pool2d(pictures, SCALE), smooth)
    worse = (torch.rand((count, 1, 1, 1), generator=draw) < 0.5).float()
    soft = (worse * torch.rand(worse.shape, generator=draw) * 0.5).to(pictures.device)
    padded = F.pad(small, (1, 1, 1, 1), mode="replicate")
    small = torch.lerp(small, F.avg_pool2d(padded, 3, 1), soft)
    grain = torch.randn(small.shape, generator=draw) * worse * torch.rand(worse.shape, generator=draw) * 0.02
    return (small + grain.to(small.device)).clamp(0, 1)


def cut(pictures: Tensor, draw: torch.Generator) -> Tensor:
    """A random window of each picture (B, 3, H, W) in -1..1, mirrored and turned, in 0..1."""
    side = pictures.shape[-1] - CROP + 1
    places = torch.randint(0, side, (len(pictures), 2), generator=draw).tolist()
    ways = torch.randint(0, 4, (len(pictures),), generator=draw).tolist()
    parts = [p[:, y : y + CROP, x : x + CROP] for p, (y, x) in zip(pictures, places, strict=True)]
    turned = [
        torch.rot90(p.flip(2) if way % 2 else p, 2 * (way // 2), (1, 2)) for p, way in zip(parts, ways, strict=True)
    ]
    return torch.stack(turned) / 2 + 0.5


def enlarged(model: nn.Module, low: Tensor, margin: int) -> Tensor:
    """What the network makes of (B, 3, H, W) whose outermost pixels are repeated so often, as the studio does."""
    made = model(F.pad(low, (margin,) * 4, mode="replicate"))
    cut_off = margin * SCALE
    return made[..., cut_off:-cut_off, cut_off:-cut_off]


def realer(one: Tensor, other: Tensor) -> Tensor:
    """How far `one`'s scores fall short of being above the average of `other`'s (Jolicoeur-Martineau 2018, eq. 11)."""
    return F.softplus(other.float().mean() - one.float()).mean()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    large = Pictures(lab.root / "world", max(lab.budget.pictures // 88, 64), LARGE, lab.device)
    with torch.no_grad():
        model, twin, exact = network(), network(), network()
        begin(model, cut(world.batch(torch.arange(512)).cpu(), lab.generator()))
    model, twin, exact = model.to(lab.device), twin.to(lab.device), exact.to(lab.device)
    average = Average(model, twin, 0.998)
    critic = Critic().to(lab.device)
    reader = Reader.load(READER).to(lab.device).requires_grad_(False)
    learn = torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.99))
    judge = torch.optim.Adam(critic.parameters(), lr=0, betas=(0.5, 0.99))
    unseen = renders(COUNT, SIZE)
    kept: dict[str, Any] = {
        "model": model,
        "average": average,
        "exact": exact,
        "critic": critic,
        "learn": learn,
        "judge": judge,
    }
    told = dict.fromkeys(("error", "critic"), 0.0)
    for step in lab.steps(kept):
        draw, total = lab.generator(step), lab.budget.steps
        judged = round(JUDGED * total)
        of_large = lab.budget.batch // 4
        seeds = torch.randint(0, world.count, (lab.budget.batch - of_large,), generator=draw)
        seeds_large = torch.randint(0, large.count, (of_large,), generator=draw)
        real = torch.cat([cut(world.batch(seeds), draw), cut(large.batch(seeds_large), draw)])
        low = shrunk(real, draw)
        speed = rate(step, total, 1.5e-3 if step < judged else 4e-4, 50)
        if lab.reaches(JUDGED):
            exact.load_state_dict(average.model.state_dict())
        with lab.autocast():
            made = enlarged(model, low, 1).float()
        error = F.l1_loss(made, real)
        told["error"] += error.item()
        if step < judged:
            descend(error, model, learn, speed)
        else:
            toward = sharper(lab, reader, critic, made, real, heard=step >= judged + WARM)
            descend((made * toward).sum(), model, learn, speed)
            with lab.autocast():
                of_real, of_made = critic(real * 2 - 1), critic(made.detach() * 2 - 1)
            doubt = realer(of_real, of_made) + realer(-of_made, -of_real)
            told["critic"] += descend(doubt, critic, judge, speed)
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{k: v / 50 for k, v in told.items()})
            told = dict.fromkeys(told, 0.0)
        if lab.due(step, 500):
            lab.say("look", **look(lab, average.model, unseen[:32]))
    save(lab, exact, average.model, unseen)


def sharper(lab: Lab, reader: Reader, critic: nn.Module, made: Tensor, real: Tensor, *, heard: bool) -> Tensor:
    """The gradient at the made pictures: of their error, of what the reader notices, and of the critic's doubt.

    ESRGAN's three losses (eq. 3 and 5), the last one's strength set against the others' where they meet.
    """
    seen = made.detach().requires_grad_()
    with lab.autocast():
        true = impressions(reader, real * 2 - 1)
        noticed = sum(
            (a - b).pow(2).sum(1).mean() for a, b in zip(impressions(reader, seen * 2 - 1), true, strict=True)
        )
        with torch.no_grad():
            of_real = critic(real * 2 - 1)
        of_made = critic(seen * 2 - 1)
    (toward,) = torch.autograd.grad(2 * F.l1_loss(seen, real) + noticed, seen)
    if not heard:
        return toward
    (pleased,) = torch.autograd.grad(realer(of_made, of_real) + realer(-of_real, -of_made), seen)
    return toward + pleased * (PERSUASION * toward.norm() / pleased.norm().clamp(min=1e-12))


# ── how good it is ────────────────────────────────────────────────────────────


def small(pictures: Tensor) -> Tensor:
    """The usual test: bicubic, anti-aliased, and in 8 bits."""
    low = F.interpolate(pictures, scale_factor=1 / SCALE, mode="bicubic", antialias=True, align_corners=False)
    return (low.clamp(0, 1) * 255).round() / 255


def bicubic(low: Tensor) -> Tensor:
    return F.interpolate(low, scale_factor=SCALE, mode="bicubic", align_corners=False).clamp(0, 1)


@torch.inference_mode()
def look(lab: Lab, model: nn.Module, real: Tensor) -> dict[str, float]:
    """PSNR on unseen renders, and a sheet of them: small, bicubic, ours, true."""
    low = small(real)
    made = torch.cat([enlarged(model, p.to(lab.device), MARGIN).float().clamp(0, 1).cpu() for p in low.split(16)])
    rows = [F.interpolate(low, scale_factor=SCALE), bicubic(low), made, real]
    lab.sheet("sheet", torch.stack([row[:16] for row in rows], 1).flatten(0, 1), columns=8)
    return {"psnr_db": psnr(made, real), "bicubic_psnr_db": psnr(bicubic(low), real)}


def between(exact: nn.Module, sharp: nn.Module, share: float) -> nn.Module:
    """The network on the way from the exact weights to the sharp ones (Wang et al. 2018, §3.4)."""
    with torch.no_grad():
        model = network()
    ends = exact.state_dict(), sharp.state_dict()
    model.load_state_dict({k: torch.lerp(ends[0][k].cpu(), ends[1][k].cpu(), share) for k in ends[0]})
    return model.to(next(exact.parameters()).device).eval()


def save(lab: Lab, exact: nn.Module, sharp: nn.Module, unseen: Tensor) -> None:
    """As sharp as it can be while it is still nearer to the truth than bicubic by `GAIN_DB`."""
    for share in (k / 10 for k in range(10, -1, -1)):
        model = between(exact, sharp, share)
        found = look(lab, model, unseen[:64])
        lab.say(f"{share} of the way", **found)
        if found["psnr_db"] >= found["bicubic_psnr_db"] + GAIN_DB:
            break
    folder = Path(lab.out) / "upscaler"
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half().contiguous().cpu() for name, value in model.state_dict().items()}
    save_file(weights, folder / "upscaler-x4.safetensors")
    told: dict[str, Any] = {
        "name": "Larger", "makes": RECIPE.makes, "parameters": sum(p.numel() for p in model.parameters()),
        "defaults": {"tile": 64},
        "about": "Pictures four times as large with sharp edges, learned from renders of the starter world.",
    }  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    ship(lab, folder, figures={}, **told)
    figures = measured(folder, unseen) | {
        "psnr_db of the exact weights": round(look(lab, exact, unseen)["psnr_db"], 2),
        "share of the sharp weights": share,
    }
    look(lab, model, unseen)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    ship(lab, folder, figures=figures, **told)
    lab.say(f"shipped: {figures}")


def measured(folder: Path, real: Tensor) -> dict[str, float]:
    """Through the studio, as a person would: PSNR, and how near to real ones the pictures look to the reader."""
    low = small(real)
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / f"{k}.png" for k in range(len(real))]
        for path, picture in zip(paths, low, strict=True):
            pixels.to_image(picture * 2 - 1).save(path)
        inputs = [{"picture": str(path)} for path in paths]
        made = torch.stack([as_tensor(image) for image, _ in images(folder, len(real), inputs=inputs)])
    reader = Reader.load(READER)
    of_real = features(reader, real)
    return {
        "psnr_db": round(psnr(made, real), 2),
        "psnr_db of bicubic": round(psnr(bicubic(low), real), 2),
        "distance": round(frechet(features(reader, made), of_real), 3),
        "distance of bicubic": round(frechet(features(reader, bicubic(low)), of_real), 3),
    }


RECIPE = Recipe("upscaler", "adversarial super-resolution: pictures four times as large", run,
                cpu=Budget(steps=4_500, batch=8, pictures=22_528),
                cuda=Budget(steps=40_000, batch=32, pictures=100_000),
                shipped=STARTERS / "upscaler")  # fmt: skip
