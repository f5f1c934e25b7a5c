"""The vocoder of the soundscapes starter: log mel spectrograms to waveforms, a small HiFi-GAN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from models.training.lab import Budget, Lab, Recipe
from models.training.mel import BANDS, HOP, RATE, mel, soundscapes
from models.training.pictures import UNSEEN
from models.training.recordings import crops, recordings
from models.training.spectra import unlike
from models.training.vocoding import learn

FRAMES = 64  # of a crop: 0.64 s


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

    def drawn(step: int) -> tuple[Tensor, Tensor]:
        real = crops(store, lab.budget.batch, FRAMES * HOP, lab.generator(step)).to(lab.device)
        return mel(real), real

    save(lab, learn(lab, network, drawn, lambda model, bands: model(bands)))


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
