"""The vocoder of the soundscapes starter: log mel spectrograms to waveforms, a small HiFi-GAN."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from models.training.adversarial import frozen
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.mel import BANDS, HOP, RATE, mel, soundscapes
from models.training.pictures import UNSEEN
from models.training.recordings import crops, recordings
from models.training.spectra import Critic, judged, persuaded, unlike

FRAMES = 64  # of a crop: 0.64 s
JUDGED, WARM = 0.4, 100  # share of the steps after which a critic is heard, and how long it learns before
# Beside the spectra's difference of about 1 (Kong et al. 2020, arXiv:2010.05646, eq. 7, has 1, 2 and 45 of the mel's).
FOOLED, NOTICED, OF_MEL = 0.1, 0.5, 1.0


def network() -> SpeechT5HifiGan:
    """Kong et al. 2020, the class of SpeechT5's and AudioLDM's vocoders; what it gets is of the right size already."""
    return SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=BANDS, sampling_rate=RATE, upsample_initial_channel=128, upsample_rates=[5, 4, 4, 2],
            upsample_kernel_sizes=[11, 8, 8, 4], resblock_kernel_sizes=[3, 7],
            resblock_dilation_sizes=[[1, 3], [1, 3]], normalize_before=False, initializer_range=0.05,
        )
    )  # fmt: skip


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    store = recordings(lab, "soundscapes", lab.budget.pictures, soundscapes)
    model, critic = network().to(lab.device), Critic().to(lab.device)
    average = Average(model, network().to(lab.device), 0.997)
    learn = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.8, 0.99), weight_decay=0.01)
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.8, 0.99), weight_decay=0.01)
    kept: dict[str, Any] = {"model": model, "critic": critic, "average": average, "learn": learn, "judge": judge}
    told = dict.fromkeys(("spectrum", "mel", "critic"), 0.0)
    total = lab.budget.steps
    begins = round(JUDGED * total)
    for step in lab.steps(kept):
        real = crops(store, lab.budget.batch, FRAMES * HOP, lab.generator(step)).to(lab.device)
        bands = mel(real)
        made = model(bands)
        off, near = unlike(made, real), F.l1_loss(mel(made), bands)
        loss = off + OF_MEL * near
        if step >= begins:
            seen = critic(real)
            value = judged(seen, critic(made.detach()))
            told["critic"] += descend(value, critic, judge, 5e-4)
            if step >= begins + WARM:
                with frozen(critic):
                    fooled, noticed = persuaded(seen, critic(made))
                loss = loss + FOOLED * fooled + NOTICED * noticed
        descend(loss, model, learn, rate(step, total, 1e-3))
        average.update(model)
        told["spectrum"] += off.item()
        told["mel"] += near.item()
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{name: value / 50 for name, value in told.items()})
            told = dict.fromkeys(told, 0.0)
    save(lab, average.model.eval())


@torch.inference_mode()
def there_and_back(model: SpeechT5HifiGan, waves: Tensor) -> Tensor:
    """Waveforms (B, samples) as the vocoder makes them of their mel spectrograms."""
    return model(mel(waves))


def save(lab: Lab, model: SpeechT5HifiGan) -> None:
    count = min(lab.prompts, 50)
    real = soundscapes(range(UNSEEN, UNSEEN + count)).to(lab.device)
    real = real[:, : real.shape[1] // HOP * HOP]
    made = torch.cat([there_and_back(model, part) for part in real.split(8)])
    figures = {
        "difference of spectra": round(unlike(made, real).item(), 3),
        "difference of mel bands": round(F.l1_loss(mel(made), mel(real)).item(), 3),
    }
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


RECIPE = Recipe("sounds-vocoder", "the vocoder of the soundscapes starter: mel spectrograms to sound", run,
                cpu=Budget(steps=2_000, batch=16, pictures=1_024),
                cuda=Budget(steps=20_000, batch=64, pictures=8_192))  # fmt: skip
