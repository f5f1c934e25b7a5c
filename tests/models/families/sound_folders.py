"""Random miniatures of transformers' models for sound, saved as their real checkpoints are: folder by folder."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import transformers as t

from models.networks import miniature_sound, miniature_text
from models.runtime.stand_in import stand_in

T5 = {"vocab_size": 300, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
ENCODEC = {
    "sampling_rate": 8000, "num_filters": 4, "hidden_size": 8, "codebook_size": 32, "codebook_dim": 8,
    "upsampling_ratios": [8, 10], "num_lstm_layers": 1, "target_bandwidths": [2.0], "audio_channels": 1,
}  # fmt: skip
MIMI = {
    "hidden_size": 16, "num_filters": 4, "upsampling_ratios": [8, 10], "codebook_size": 64, "codebook_dim": 8,
    "vector_quantization_hidden_dimension": 8, "num_hidden_layers": 1, "intermediate_size": 16,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "sampling_rate": 8000, "num_quantizers": 4,
    "upsample_groups": 16, "frame_rate": 50, "num_semantic_quantizers": 1, "sliding_window": 50,
}  # fmt: skip
DAC = {
    "encoder_hidden_size": 4, "downsampling_ratios": [8, 10], "decoder_hidden_size": 16, "upsampling_ratios": [10, 8],
    "n_codebooks": 3, "codebook_size": 32, "codebook_dim": 4, "sampling_rate": 8000, "hop_length": 80,
}  # fmt: skip
QWEN2 = {
    "vocab_size": 300, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 256, "initializer_range": 0.3,
}  # fmt: skip


def words(place: Path, *marks: str, chat: str = "") -> Any:
    found = miniature_text.byte_tokenizer(False, ("<pad>", "<s>", "</s>", *marks))
    found.chat_template = chat or None
    found.save_pretrained(place)
    return found


def save(model: Any, place: Path) -> Path:
    for name, book in model.named_buffers():  # they begin as zeros, and every code would sound alike
        if name.endswith(("codebook.embed", "codebook.embed_sum")):
            book.normal_()
        elif name.endswith("cluster_usage"):
            book.fill_(1.0)
    for name, weight in model.named_parameters():
        if "mlp.experts." in name:  # transformers leaves those of a talker as the memory was
            weight.data.normal_(0, 0.1)
    model.save_pretrained(place)
    return place


def musicgen(place: Path) -> Path:
    config = t.MusicgenConfig(
        text_encoder=t.T5Config(**T5).to_dict(),
        audio_encoder=t.EncodecConfig(**{**ENCODEC, "target_bandwidths": [1.0]}).to_dict(),
        decoder=t.MusicgenDecoderConfig(
            vocab_size=32, max_position_embeddings=256, num_hidden_layers=1, ffn_dim=32, num_attention_heads=2,
            hidden_size=16, num_codebooks=2, pad_token_id=32, bos_token_id=32,
        ).to_dict(),
    )  # fmt: skip
    model = t.MusicgenForConditionalGeneration(config)
    model.generation_config = t.GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=200, pad_token_id=32, bos_token_id=32, decoder_start_token_id=32
    )
    words(place)
    t.EncodecFeatureExtractor(sampling_rate=8000).save_pretrained(place)
    return save(model, place)


def vits(place: Path, speakers: int = 1) -> Path:
    model, tokenizer = miniature_sound.vits(speakers)
    tokenizer.save_pretrained(place)
    return save(model, place)


def bark(place: Path) -> Path:
    part = {"block_size": 128, "num_layers": 1, "num_heads": 2, "hidden_size": 16, "initializer_range": 0.3}
    config = t.BarkConfig(
        semantic_config={**part, "input_vocab_size": 360, "output_vocab_size": 360},
        coarse_acoustics_config={**part, "input_vocab_size": 128, "output_vocab_size": 128},
        fine_acoustics_config={
            **part, "input_vocab_size": 40, "output_vocab_size": 40, "n_codes_total": 4, "n_codes_given": 1,
        },
        codec_config=t.EncodecConfig(**ENCODEC).to_dict(),
    )  # fmt: skip
    model = t.BarkModel(config)
    made = {
        "semantic_config": {
            "text_encoding_offset": 60, "text_pad_token": 359, "semantic_infer_token": 358, "semantic_vocab_size": 50,
            "eos_token_id": 50, "max_input_semantic_length": 16, "semantic_rate_hz": 100, "max_new_tokens": 12,
            "do_sample": True, "temperature": 0.7,
        },
        "coarse_acoustics_config": {
            "coarse_semantic_pad_token": 118, "coarse_rate_hz": 400, "coarse_infer_token": 119, "do_sample": True,
            "max_coarse_input_length": 16, "max_coarse_history": 40, "sliding_window_len": 40, "temperature": 0.7,
        },
        "fine_acoustics_config": {
            "temperature": 0.5, "max_fine_history_length": 32, "max_fine_input_length": 64, "n_fine_codebooks": 4,
        },
        "codebook_size": 32, "sample_rate": 8000,
    }  # fmt: skip
    model.generation_config = t.GenerationConfig(**made)
    words(place)
    return save(model, place)


def speecht5(place: Path) -> Path:
    config = t.SpeechT5Config(
        vocab_size=81, hidden_size=16, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_layers=1, decoder_ffn_dim=16, decoder_attention_heads=2, num_mel_bins=8, speaker_embedding_dim=12,
        speech_decoder_prenet_units=8, speech_decoder_postnet_units=8, speech_decoder_postnet_layers=2,
        conv_dim=[8], conv_stride=[5], conv_kernel=[10], num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        max_text_positions=100, max_speech_positions=400, initializer_range=0.5,
    )  # fmt: skip
    vocoder = t.SpeechT5HifiGanConfig(
        model_in_dim=8, sampling_rate=8000, upsample_initial_channel=16, upsample_rates=[5, 4], initializer_range=0.2,
        upsample_kernel_sizes=[11, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
    )  # fmt: skip
    save(t.SpeechT5HifiGan(vocoder), place / "vocoder")
    spm(place / "spm_char.model")
    (place / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "SpeechT5Tokenizer"}))
    model = t.SpeechT5ForTextToSpeech(config)
    model.speech_decoder_postnet.prob_out.bias.data -= 10  # it goes on to the longest
    return save(model, place)


def spm(path: Path) -> None:
    """Letters as a sentencepiece model."""
    import io

    import sentencepiece

    path.parent.mkdir(parents=True, exist_ok=True)
    held = io.BytesIO()
    lines = ["the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs, please."]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20), model_writer=held, model_type="char", vocab_size=33, bos_id=0, pad_id=1,
        eos_id=2, unk_id=3, minloglevel=2,
    )  # fmt: skip
    path.write_bytes(held.getvalue())


def fastspeech2(place: Path, speakers: int = 0) -> Path:
    config = t.FastSpeech2ConformerConfig(
        hidden_size=16, vocab_size=12, num_mel_bins=8, encoder_num_attention_heads=2, encoder_layers=1,
        encoder_linear_units=16, decoder_layers=1, decoder_num_attention_heads=2, decoder_linear_units=16,
        speech_decoder_postnet_layers=2, speech_decoder_postnet_units=8, duration_predictor_channels=8,
        energy_predictor_channels=8, pitch_predictor_channels=8, num_speakers=speakers or None,
        duration_predictor_layers=1, energy_predictor_layers=1, pitch_predictor_layers=1,
    )  # fmt: skip
    vocoder = t.FastSpeech2ConformerHifiGanConfig(
        model_in_dim=8, upsample_initial_channel=16, upsample_rates=[5, 4], upsample_kernel_sizes=[11, 8],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
    )  # fmt: skip
    whole = t.FastSpeech2ConformerWithHifiGanConfig(model_config=config.to_dict(), vocoder_config=vocoder.to_dict())
    place.mkdir(parents=True, exist_ok=True)
    sounds = ["<blank>", "<unk>", "HH", "AH0", "L", "OW1", "W", "ER1", "D", ".", ",", "<sos/eos>"]
    (place / "vocab.json").write_text(json.dumps({sound: k for k, sound in enumerate(sounds)}))
    (place / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "FastSpeech2ConformerTokenizer"}))
    return save(t.FastSpeech2ConformerWithHifiGan(whole), place)


def csm(place: Path) -> Path:
    part = {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 35, "num_codebooks": 4, "initializer_range": 0.3,
    }  # fmt: skip
    config = t.CsmConfig(
        **part, text_vocab_size=300, max_position_embeddings=256, pad_token_id=0, bos_token_id=1, audio_token_id=3,
        audio_eos_token_id=4, codebook_pad_token_id=33, codebook_eos_token_id=0,
        depth_decoder_config={**part, "backbone_hidden_size": 16, "max_position_embeddings": 5},
        codec_config=t.MimiConfig(**MIMI).to_dict(),
    )  # fmt: skip
    words(place, "<|AUDIO|>", "<|audio_eos|>")
    t.EncodecFeatureExtractor(sampling_rate=8000).save_pretrained(place)
    return save(t.CsmForConditionalGeneration(config), place)


def dia(place: Path) -> Path:
    config = t.DiaConfig(
        encoder_config={
            "max_position_embeddings": 128, "num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 32, "vocab_size": 256,
        },
        decoder_config={
            "max_position_embeddings": 256, "num_hidden_layers": 1, "hidden_size": 16, "intermediate_size": 32,
            "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "cross_num_attention_heads": 2,
            "cross_head_dim": 8, "cross_num_key_value_heads": 2, "cross_hidden_size": 16, "vocab_size": 36,
            "num_channels": 3, "pad_token_id": 33, "eos_token_id": 32, "bos_token_id": 34,
        },
        delay_pattern=[0, 2, 3], pad_token_id=33, eos_token_id=32, bos_token_id=34,
    )  # fmt: skip
    model = t.DiaForConditionalGeneration(config)
    model.generation_config = t.GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=200, pad_token_id=33, eos_token_id=32, bos_token_id=34,
        decoder_start_token_id=34, temperature=1.8, top_k=20, top_p=0.9,
    )  # fmt: skip
    t.DiaTokenizer().save_pretrained(place)
    t.DiaFeatureExtractor(sampling_rate=8000, hop_length=80).save_pretrained(place)
    (place / "processor_config.json").write_text(json.dumps({
        "processor_class": "DiaProcessor",
        "audio_tokenizer": {"audio_tokenizer_class": "DacModel", "audio_tokenizer_name_or_path": "descript/dac_44khz"},
    }))  # fmt: skip
    save(t.DacModel(t.DacConfig(**DAC)), place / "audio_tokenizer")
    return save(model, place)


def musicgen_melody(place: Path) -> Path:
    config = t.MusicgenMelodyConfig(
        text_encoder=t.T5Config(**T5).to_dict(),
        audio_encoder=t.EncodecConfig(**ENCODEC).to_dict(),
        decoder=t.MusicgenMelodyDecoderConfig(
            vocab_size=32, max_position_embeddings=256, num_hidden_layers=1, ffn_dim=32, num_attention_heads=2,
            hidden_size=16, num_codebooks=2, pad_token_id=32, bos_token_id=32,
        ).to_dict(),
        num_chroma=4, chroma_length=6,
    )  # fmt: skip
    model = t.MusicgenMelodyForConditionalGeneration(config)
    model.generation_config = t.GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=200, pad_token_id=32, bos_token_id=32, decoder_start_token_id=32
    )
    words(place)
    return save(model, place)


_POCKET_CHAT = (
    "{% for m in messages %}{% for c in m.content %}{% if c.type == 'audio' %}<|voice|><|audio_prompt|>{% endif %}"
    "{% endfor %}{% for c in m.content %}{% if c.type == 'text' %}{{ c.text }}{% endif %}{% endfor %}{% endfor %}"
    "<|audio_bos|>"
)


def pocket_tts(place: Path, phonon: bool = False) -> Path:
    """Pocket TTS, or Phonon, which is built like it and has no mark before the voice."""
    head = {
        "hidden_size": 16, "num_hidden_layers": 1, "latent_dim": 4, "condition_dim": 16, "frequency_embedding_size": 8,
    }  # fmt: skip
    sizes: dict[str, Any] = {
        "vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "latent_dim": 4, "pad_token_id": 0, "audio_prompt_token_id": 3,
        "audio_latent_token_id": 4, "audio_bos_token_id": 5, "frame_rate": 12.5, "max_position_embeddings": 256,
        "flow_head_config": head,
    }  # fmt: skip
    if phonon:
        config = t.GradiumPhononTTSConfig(**sizes, audio_prompt_dim=8)
        model = t.GradiumPhononTTSForConditionalGeneration(config)
    else:
        model = t.PocketTTSForConditionalGeneration(t.PocketTTSConfig(**sizes, audio_prompt_bos_token_id=6))
    model.generation_config = t.GenerationConfig(
        do_sample=True, temperature=0.7, num_flow_steps=1, eos_threshold=-4.0, return_dict_in_generate=True
    )
    codec = t.PocketTTSAudioTokenizerConfig(
        hidden_size=16, num_filters=4, upsampling_ratios=[4, 5], intermediate_size=16, num_attention_heads=2,
        num_key_value_heads=2, num_hidden_layers=1, latent_dim=4, upsample_groups=16, sliding_window=32,
        sampling_rate=24000, latent_stride=2,
    )  # fmt: skip
    save(t.PocketTTSAudioTokenizerModel(codec), place / "audio_tokenizer")
    tokenizer = words(place, "<|audio_prompt|>", "<|audio_latent|>", "<|audio_bos|>", "<|voice|>", chat=_POCKET_CHAT)
    tokenizer = t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer._tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        extra_special_tokens={
            "audio_prompt_token": "<|audio_prompt|>", "audio_latent_token": "<|audio_latent|>",
            "audio_bos_token": "<|audio_bos|>", **({} if phonon else {"audio_prompt_bos_token": "<|voice|>"}),
        },
    )  # fmt: skip
    tokenizer.save_pretrained(place)
    (place / "chat_template.jinja").write_text(_POCKET_CHAT)
    t.PocketTTSFeatureExtractor(sampling_rate=24000, frame_size=40, pad_to_multiple_of=40).save_pretrained(place)
    (place / "processor_config.json").write_text(json.dumps({
        "processor_class": "PocketTTSProcessor", "frames_after_eos": 2,
        "audio_tokenizer": {
            "audio_tokenizer_class": "PocketTTSAudioTokenizerModel",
            "audio_tokenizer_name_or_path": "kyutai/pocket-tts",
        },
    }))  # fmt: skip
    return save(model, place)


def phonon_tts(place: Path) -> Path:
    return pocket_tts(place, phonon=True)


_CHAT = "{% for m in messages %}<{{ m.role }}>{% for c in m.content %}{{ c.text }}{% endfor %}\n{% endfor %}"


def higgs_audio(place: Path) -> Path:
    config = t.HiggsAudioV2Config(
        vocab_size=300, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=256, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        num_codebooks=3, codebook_size=34, audio_token_id=3, audio_bos_token_id=4, audio_delay_token_id=6,
        audio_stream_bos_id=32, audio_stream_eos_id=33, initializer_range=0.3,
    )  # fmt: skip
    codec = t.HiggsAudioV2TokenizerConfig(
        sample_rate=24000, codebook_size=32, codebook_dim=4, target_bandwidths=[18],
        acoustic_model_config=t.DacConfig(**(DAC | {"n_codebooks": 3, "sampling_rate": 24000})).to_dict(),
        semantic_model_config=t.HubertConfig(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=[8, 8],
            conv_stride=[5, 4], conv_kernel=[10, 8], num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
            num_feat_extract_layers=2,
        ).to_dict(),
        downsample_factor=80,
    )  # fmt: skip
    with stand_in("torchaudio"):
        higgs = importlib.import_module(
            "transformers.models.higgs_audio_v2_tokenizer.modeling_higgs_audio_v2_tokenizer"
        )
    save(higgs.HiggsAudioV2TokenizerModel(codec), place / "audio_tokenizer")
    words(place, "<|AUDIO_OUT|>", "<|audio_out_bos|>", "<|audio_eos|>", "<|reserved_special_token_6|>")
    (place / "chat_template.jinja").write_text(_CHAT + "<|audio_out_bos|>")
    t.DacFeatureExtractor(sampling_rate=24000, hop_length=80).save_pretrained(place)
    (place / "processor_config.json").write_text(json.dumps({
        "processor_class": "HiggsAudioV2Processor", "audio_stream_bos_id": 32, "audio_stream_eos_id": 33,
        "audio_tokenizer": {
            "audio_tokenizer_class": "HiggsAudioV2TokenizerModel",
            "audio_tokenizer_name_or_path": "bosonai/higgs-audio-v2-tokenizer",
        },
    }))  # fmt: skip
    return save(t.HiggsAudioV2ForConditionalGeneration(config), place)


def vibevoice(place: Path) -> Path:
    codec = {"num_filters": 4, "downsampling_ratios": [20, 40], "depths": [1, 1, 1], "hidden_size": 8}
    config = t.VibeVoiceConfig(
        text_config=t.Qwen2Config(**QWEN2).to_dict(),
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", **codec},
        semantic_model_config={"model_type": "vibevoice_acoustic_tokenizer_encoder", **codec},
        diffusion_head_config={
            "hidden_size": 16, "latent_size": 8, "num_hidden_layers": 1, "intermediate_size": 16,
            "frequency_embedding_size": 8,
        },
        pad_token_id=0, eos_token_id=6, audio_token_id=3, audio_bos_token_id=4, audio_eos_token_id=5,
    )  # fmt: skip
    model = t.VibeVoiceForConditionalGeneration(config)
    # All that may come next is equally likely, and the first of these is sound: it does not end before it begins.
    model.lm_head.weight.data[3:7] = model.lm_head.weight.data[3]
    model.generation_config = t.GenerationConfig(
        max_length=64, pad_token_id=0, eos_token_id=6, num_diffusion_steps=2, guidance_scale=1.3,
    )  # fmt: skip
    words(place, "<|vision_pad|>", "<|vision_start|>", "<|vision_end|>", "<|end|>")
    (place / "chat_template.jinja").write_text(_CHAT + "<|vision_start|>")
    t.VibeVoiceAcousticTokenizerFeatureExtractor(sampling_rate=24000).save_pretrained(place)
    (place / "processor_config.json").write_text(json.dumps({"processor_class": "VibeVoiceProcessor"}))
    return save(model, place)
