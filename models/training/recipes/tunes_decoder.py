"""The decoder of the tunes' codec goes on alone, against a critic: the codes stay, so that a model of them still fits.

Where codes do not tell the phases of high partials, an average of errors leaves these out, and bells sound as flutes.
"""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import Tensor
from transformers import EncodecModel

from models.training.lab import Budget, Lab, Recipe
from models.training.recipes.tunes_codec import CROP, RATE, codes_of, played, save
from models.training.recordings import crops, recordings
from models.training.vocoding import learn

PEAK = 5e-4


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    store, crop = recordings(lab, "tunes", lab.budget.pictures, played), round(CROP * RATE)
    codec = EncodecModel.from_pretrained(lab.result("tunes-codec"), local_files_only=True).to(lab.device).eval()

    @torch.no_grad()
    def drawn(step: int) -> tuple[Tensor, Tensor]:
        real = crops(store, lab.budget.batch, crop, lab.generator(step)).to(lab.device)
        return codec.quantizer.decode(codes_of(codec, real).transpose(0, 1)), real

    begun = partial(copy.deepcopy, codec.decoder)
    codec.decoder = learn(lab, begun, drawn, lambda decoder, told: decoder(told)[:, 0], peak=PEAK)
    save(lab, codec.eval())


RECIPE = Recipe("tunes-decoder", "the decoder of the tunes' codec, sharpened by a critic", run,
                cpu=Budget(steps=1_000, batch=12, pictures=768),
                cuda=Budget(steps=6_000, batch=64, pictures=4_096),
                needs=("tunes-codec",))  # fmt: skip
