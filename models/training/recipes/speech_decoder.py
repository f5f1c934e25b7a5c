"""The vocoder of the speech starter: mel spectrograms of four voices to sound, the decoder of its VITS."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training import voice
from models.training.lab import Budget, Lab, Recipe
from models.training.mel import HOP, mel
from models.training.recordings import FULL
from models.training.spectra import unlike
from models.training.spoken import Utterance, utterances
from models.training.vocoding import learn

FRAMES = 64  # of a crop: 0.64 s
UNHEARD = 32  # of the last recordings, which are measured with


def crops(rows: list[Utterance], count: int, draw: torch.Generator) -> tuple[Tensor, Tensor, list[tuple[int, int]]]:
    """(count, samples) from anywhere in the recordings, their voices (count,), and of which rows from which frame."""
    which = torch.randint(0, len(rows), (count,), generator=draw).tolist()
    waves, places = [], []
    for k in which:
        wave = rows[k].wave
        most = max(len(wave) // HOP - FRAMES, 0)
        at = int(torch.randint(0, most + 1, (), generator=draw))
        part = wave[at * HOP : (at + FRAMES) * HOP].float() / FULL
        waves.append(F.pad(part, (0, FRAMES * HOP - len(part))))
        places.append((k, at))
    return torch.stack(waves), torch.tensor([rows[k].voice for k in which]), places


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    rows = utterances(lab)
    known = rows[:-UNHEARD]

    def drawn(step: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
        waves, voices, _ = crops(known, lab.budget.batch, lab.generator(step))
        real = waves.to(lab.device)
        return (mel(real).transpose(1, 2), voices.to(lab.device)), real

    model = learn(
        lab, voice.network, drawn, lambda model, given: voice.waveform(model, *given),
        weights=lambda model: [*model.decoder.parameters(), *model.embed_speaker.parameters()],
    )  # fmt: skip
    figures = measured(model, rows[-UNHEARD:], lab.device)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


@torch.inference_mode()
def measured(model: voice.VitsModel, rows: list[Utterance], device: torch.device) -> dict[str, float]:
    """On recordings that it has not heard."""
    waves, voices, _ = crops(rows, 64, torch.Generator().manual_seed(1))
    real = waves.to(device)
    made = voice.waveform(model, mel(real).transpose(1, 2), voices.to(device))
    return {
        "difference of spectra": round(unlike(made, real).item(), 3),
        "difference of mel bands": round(F.l1_loss(mel(made), mel(real)).item(), 3),
    }


RECIPE = Recipe("speech-decoder", "the vocoder of the speech starter: mel spectrograms to four voices", run,
                cpu=Budget(steps=1_400, batch=12, pictures=3_072),
                cuda=Budget(steps=20_000, batch=64, pictures=16_384))  # fmt: skip
