"""What there is to hear or see of a sound that is being denoised: the sound itself where that is cheap, else its mel
spectrogram."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from models.protocol import Emit, Preview, SoundPreview
from models.runtime.pace import Pace
from models.runtime.pipelines.look import Look
from models.runtime.pipelines.media import sample_rate
from models.runtime.sound.sounding import sixteen_bit

_WAVES = ("AutoencoderOobleck",)  # autoencoders of waveforms: latents (B, channels, frames)


class SoundLook(Look):
    """Previews of latents of sounds. A sound is decoded so seldom that it takes a small share of the time; a
    spectrogram, which costs less, more often."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline, film=False, factor=1)
        self._heard, self._seen = Pace(), Pace()
        self._spectral = all(hasattr(pipeline, name) for name in ("decode_latents", "mel_spectrogram_to_waveform"))

    def show(self, emit: Emit, latents: Tensor, step: int, width: int, height: int) -> None:
        """Emit what these latents would sound like, or look like, if a preview is wanted and due."""
        if self._heard.due or (self._spectral and self._seen.due):
            super().show(emit, latents, step, width, height)

    def _preview(self, latents: Tensor, step: int, width: int, height: int) -> Preview | SoundPreview | None:
        hear = self._heard.due
        with (self._heard if hear else self._seen).taken():
            return self._made(latents[:1], step, hear)

    def _made(self, latents: Tensor, step: int, hear: bool) -> Preview | SoundPreview | None:
        pipe = self._pipeline
        rate = sample_rate(pipe)
        vae = getattr(pipe, "vae", None)
        if self._spectral:
            mel = pipe.decode_latents(latents.to(vae.dtype))  # type: ignore[union-attr]
            if not hear:
                return picture(mel.reshape(mel.shape[-2:]), step)
            return SoundPreview(rate, sixteen_bit(pipe.mel_spectrogram_to_waveform(mel).reshape(-1)), step)
        if vae is None and latents.ndim == 3:  # the wave itself is denoised
            return SoundPreview(rate, sixteen_bit(latents[0].float().mean(0)), step)
        if type(vae).__name__ in _WAVES and latents.ndim == 3:
            channels = vae.config.decoder_input_channels  # type: ignore[union-attr]
            latents = latents if latents.shape[1] == channels else latents.transpose(1, 2)
            wave = vae.decode(latents.to(vae.dtype)).sample  # type: ignore[union-attr]
            return SoundPreview(rate, sixteen_bit(wave[0].float().mean(0)), step)
        return None


def picture(mel: Tensor, step: int = 0) -> Preview:
    """A mel spectrogram (frames, bands) as a picture: time from left to right, low tones below, loud ones bright."""
    tones = mel.float().cpu().nan_to_num(0.0).T.flip(0)
    low, high = tones.min(), tones.max()
    grey = ((tones - low) / (high - low).clamp(min=1e-6) * 255).round().to(torch.uint8)
    rows = grey[..., None].expand(-1, -1, 3).contiguous()
    return Preview(rows.shape[1], rows.shape[0], rows.numpy().tobytes(), step=step)
