"""Small random models of transformers for sound, for tests: built in a moment."""

from __future__ import annotations

from typing import Any

_T5 = {"vocab_size": 300, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
_ENCODEC = {
    "sampling_rate": 8000, "num_filters": 4, "hidden_size": 8, "codebook_size": 32, "codebook_dim": 8,
    "upsampling_ratios": [8, 8, 5], "num_lstm_layers": 1, "target_bandwidths": [0.25], "audio_channels": 1,
}  # fmt: skip


def musicgen() -> tuple[Any, Any]:
    """A MusicGen of one layer over two books of 32 codes, 25 a second, and its tokenizer of bytes."""
    import torch
    from transformers import EncodecConfig, GenerationConfig, MusicgenConfig, MusicgenDecoderConfig, T5Config
    from transformers import MusicgenForConditionalGeneration as Musicgen

    from models.networks.miniature_text import byte_tokenizer

    config = MusicgenConfig(
        text_encoder=T5Config(**_T5).to_dict(),
        audio_encoder=EncodecConfig(**_ENCODEC).to_dict(),
        decoder=MusicgenDecoderConfig(
            vocab_size=32, max_position_embeddings=32, num_hidden_layers=1, ffn_dim=32, num_attention_heads=2,
            hidden_size=16, num_codebooks=2, pad_token_id=32, bos_token_id=32, initializer_factor=0.5,
        ).to_dict(),
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Musicgen(config)
        for name, book in model.named_buffers():  # they begin as zeros, and every code would sound alike
            if name.endswith("codebook.embed"):
                book.normal_()
        _spread(model.audio_encoder)
    model.generation_config = GenerationConfig(pad_token_id=32, bos_token_id=32, decoder_start_token_id=32)
    return model.eval().requires_grad_(False), byte_tokenizer(chat=False)


def _spread(codec: Any) -> None:
    """Let an untaught EnCodec hear sounds apart: what its encoder says of noise and tones fills the space of codes."""
    import torch

    time = torch.arange(16_000) / 8000
    sounds = torch.randn(16_000) * time / 2 + torch.sin(3000 * time**2) * (2 - time) / 2
    last = codec.encoder.layers[-1].conv
    with torch.no_grad():
        said = codec.encoder(sounds[None, None])[0]
        middle, spread = said.mean(1), said.std(1)
        last.parametrizations.weight.original0 /= spread[:, None, None]
        last.bias.copy_((last.bias - middle) / spread)


def vits(speakers: int = 1) -> tuple[Any, Any]:
    """A VITS of one layer at 8 kHz, drawn from torch's generator, and its tokenizer of letters."""
    import json
    import tempfile
    from pathlib import Path

    from transformers import VitsConfig, VitsModel, VitsTokenizer

    config = VitsConfig(
        vocab_size=38, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, window_size=4, ffn_dim=16,
        flow_size=16, spectrogram_bins=9, upsample_initial_channel=16, upsample_rates=[5, 4],
        upsample_kernel_sizes=[11, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
        prior_encoder_num_flows=2, prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=2, depth_separable_num_layers=1, duration_predictor_filter_channels=16,
        sampling_rate=8000, num_speakers=speakers, speaker_embedding_size=8 if speakers > 1 else 0,
    )  # fmt: skip
    letters = ["<pad>", *"abcdefghijklmnopqrstuvwxyz -'", "<unk>"]
    with tempfile.TemporaryDirectory() as place:  # it reads its letters from a file alone
        (Path(place) / "vocab.json").write_text(json.dumps({letter: k for k, letter in enumerate(letters)}), "utf-8")
        tokenizer = VitsTokenizer(str(Path(place) / "vocab.json"), phonemize=False)
    return VitsModel(config).eval().requires_grad_(False), tokenizer
