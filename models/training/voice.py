"""The voice that reads aloud: a small VITS whose latents are mel spectrograms, and what it learns from recordings.

VITS (Kim et al. 2021, arXiv:2106.06103) finds latents of its own, and which sound is heard when, while it learns. Here
both are known: espeak-ng tells the times, and log mel bands serve as latents. So its decoder is a vocoder, its text
encoder and flow make spectrograms of what is written, and its posterior encoder, which nobody asks afterwards, has
nothing to learn: it is as small as it can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import VitsConfig, VitsModel

from models.training.mel import BANDS, HOP, RATE, mel
from models.training.recordings import FULL
from models.training.spoken import ALPHABET, Utterance
from models.training.world.speech import VOICES

QUIET = 0.05


def network() -> VitsModel:
    """One of about 3 million weights, whose flow changes nothing yet, and whose decoder begins as good as silent."""
    model = VitsModel(
        VitsConfig(
            vocab_size=len(ALPHABET), pad_token_id=0, hidden_size=96, num_hidden_layers=4, window_size=6, ffn_dim=384,
            layerdrop=0.0, hidden_dropout=0.05, attention_dropout=0.05, activation_dropout=0.05, flow_size=BANDS,
            spectrogram_bins=1, posterior_encoder_num_wavenet_layers=1, prior_encoder_num_flows=4,
            prior_encoder_num_wavenet_layers=3, use_stochastic_duration_prediction=False,
            duration_predictor_filter_channels=192, duration_predictor_dropout=0.1, num_speakers=len(VOICES),
            speaker_embedding_size=32, upsample_initial_channel=128, upsample_rates=[8, 5, 4],
            upsample_kernel_sizes=[16, 11, 8], resblock_kernel_sizes=[3, 7], resblock_dilation_sizes=[[1, 3], [1, 3]],
            noise_scale=0.15, sampling_rate=RATE,
        )
    )  # fmt: skip
    for layer in model.flow.flows:
        nn.init.zeros_(layer.conv_post.weight)
        nn.init.zeros_(layer.conv_post.bias)
    nn.init.zeros_(model.text_encoder.project.weight.data[BANDS:])
    model.decoder.conv_post.weight.data *= QUIET
    return model


def waveform(model: VitsModel, bands: Tensor, voices: Tensor) -> Tensor:
    """(B, frames * HOP) of mel bands (B, BANDS, frames), in voices (B,)."""
    return model.decoder(bands, model.embed_speaker(voices)[..., None])[:, 0]


@dataclass(frozen=True)
class Batch:
    """Sentences side by side, padded: `ids`, `mask` and `frames` (B, n), `voices` (B,), and what is heard, as `bands`
    (B, BANDS, T) and where they are, `heard` (B, 1, T)."""

    ids: Tensor
    mask: Tensor
    frames: Tensor
    voices: Tensor
    bands: Tensor
    heard: Tensor


def batch(rows: list[Utterance], device: torch.device) -> Batch:
    def padded(parts: list[Tensor]) -> Tensor:
        return nn.utils.rnn.pad_sequence(parts, batch_first=True).to(device)

    ids, frames = padded([row.ids for row in rows]), padded([row.frames for row in rows])
    whole = frames.sum(1)
    waves = padded([row.wave.float() / FULL for row in rows])
    heard = (torch.arange(waves.shape[1] // HOP, device=device) < whole[:, None])[:, None].float()
    voices = torch.tensor([row.voice for row in rows], device=device)
    mask = padded([torch.ones_like(row.ids) for row in rows])
    return Batch(ids, mask, frames, voices, mel(waves).transpose(1, 2) * heard, heard)


@dataclass(frozen=True)
class Told:
    """What the network makes of a batch: `bands` (B, BANDS, T); the prior's `means` and `log_widths` (B, BANDS, T) that
    the flow made them of; and how long it would hold each character, `log_frames` (B, n)."""

    bands: Tensor
    means: Tensor
    log_widths: Tensor
    log_frames: Tensor


def tell(model: VitsModel, given: Batch) -> Told:
    """With each character as long as it was heard, and without chance."""
    voice = model.embed_speaker(given.voices)[..., None]
    mask = given.mask[..., None].float()
    text = model.text_encoder(input_ids=given.ids, padding_mask=mask, attention_mask=given.mask)
    log_frames = model.duration_predictor(text.last_hidden_state.transpose(1, 2), mask.transpose(1, 2), voice)[:, 0]
    means = _held(text.prior_means, given)
    # What the widths learn is to change nothing else.
    widths = model.text_encoder.project(text.last_hidden_state.detach().transpose(1, 2))[:, BANDS:]
    log_widths = _held(widths.transpose(1, 2), given)
    bands = model.flow(means, given.heard, voice, reverse=True)
    return Told(bands * given.heard, means, log_widths, log_frames)


def _held(each: Tensor, given: Batch) -> Tensor:
    """(B, BANDS, T) of what belongs to characters (B, n, BANDS): each as long as it is heard."""
    ends = given.frames.cumsum(1)
    at = torch.arange(given.bands.shape[2], device=each.device).expand(len(ends), -1).contiguous()
    which = torch.searchsorted(ends, at, right=True).clamp(max=each.shape[1] - 1)
    return each.gather(1, which[..., None].expand(-1, -1, each.shape[2])).transpose(1, 2) * given.heard


def off(told: Told, given: Batch) -> dict[str, Tensor]:
    """How far it is from what was heard: bands and their change from frame to frame (L1), and the lengths of characters
    (squared, of logarithms). A length is rounded up, so what is aimed at is half a frame less."""
    heard = given.heard.sum() * given.bands.shape[1]
    apart = told.bands - given.bands
    steps = apart.diff(dim=2) * given.heard[..., 1:]
    mask = given.mask.float()
    wanted = (given.frames.float() - 0.5).clamp(min=0.5).log()
    return {
        "bands": apart.abs().sum() / heard,
        "steps": steps.abs().sum() / heard,
        "lengths": ((told.log_frames - wanted).square() * mask).sum() / mask.sum(),
    }


def surprise(model: VitsModel, told: Told, given: Batch) -> Tensor:
    """How unlikely what was heard is by the prior's widths (Kim et al. 2021, eq. 3 and 4): they alone learn of it, for
    where chance moves the voice at all, it is to be as far as voices differ from what it would say without."""
    with torch.no_grad():
        voice = model.embed_speaker(given.voices)[..., None]
        apart = (model.flow(given.bands, given.heard, voice) - told.means) * given.heard
    each = 0.5 * apart.square() * (-2 * told.log_widths).exp() + told.log_widths
    return (each * given.heard).sum() / (given.heard.sum() * given.bands.shape[1])
