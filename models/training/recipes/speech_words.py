"""What the speech starter says and how: text encoder, flow and lengths of its VITS, from IPA to mel spectrograms."""

from __future__ import annotations

import torch
from transformers import VitsModel

from models.training import voice
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.recipes.speech_decoder import UNHEARD
from models.training.spoken import Utterance, utterances

WIDTHS = 4  # each so many steps the prior's widths learn
STEPS, LENGTHS, SURPRISE = 0.5, 0.3, 0.02


def taught(model: VitsModel) -> list[torch.nn.Parameter]:
    """The weights of everything but the decoder and the voices, which it shares with it."""
    parts = (model.text_encoder, model.flow, model.duration_predictor)
    return [weight for part in parts for weight in part.parameters()]


def alike(rows: list[Utterance], count: int, draw: torch.Generator) -> list[Utterance]:
    """So many of rows that are sorted by length, next to each other: so little of a batch is padding."""
    at = int(torch.randint(0, max(len(rows) - count, 0) + 1, (), generator=draw))
    return rows[at : at + count]


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    rows = utterances(lab)
    known = sorted(rows[:-UNHEARD], key=lambda row: len(row.wave))
    place = lab.result("speech-decoder")
    model, twin = (VitsModel.from_pretrained(place, local_files_only=True).to(lab.device) for _ in range(2))
    average = Average(model, twin, min(0.998, 1 - 6 / lab.budget.steps))
    optimizer = torch.optim.AdamW(taught(model), lr=0, betas=(0.9, 0.98), weight_decay=0.01)
    told: dict[str, float] = {}
    model.train()
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        given = voice.batch(alike(known, lab.budget.batch, lab.generator(step)), lab.device)
        made = voice.tell(model, given)
        off = voice.off(made, given)
        loss = off["bands"] + STEPS * off["steps"] + LENGTHS * off["lengths"]
        if step % WIDTHS == 0:
            loss = loss + SURPRISE * voice.surprise(model, made, given)
        descend(loss, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        for name, value in off.items():
            told[name] = told.get(name, 0.0) + value.item() / 50
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **told)
            told = {}
    model = average.model.eval()
    figures = measured(model, rows[-UNHEARD:], lab.device)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


@torch.inference_mode()
def measured(model: VitsModel, rows: list[Utterance], device: torch.device) -> dict[str, float]:
    """On sentences that it has not heard."""
    given = voice.batch(rows, device)
    off = voice.off(voice.tell(model, given), given)
    return {"difference of mel bands": round(off["bands"].item(), 3), "of lengths": round(off["lengths"].item(), 3)}


RECIPE = Recipe("speech-words", "what the speech starter says: IPA to mel spectrograms and their lengths", run,
                cpu=Budget(steps=1_500, batch=12, pictures=3_072),
                cuda=Budget(steps=20_000, batch=32, pictures=16_384),
                needs=("speech-decoder",))  # fmt: skip
