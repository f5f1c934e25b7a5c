"""Which of transformers' language models are run here, by class, and why the others are not.

A table and not a question to the library: a model is recognised in a millisecond, without importing it. A test holds
it against the library's own list.
"""

from __future__ import annotations

# Each stands for `NameForCausalLM`.
_PREFIXES = """
    AXK1 AXK2 Afmoe Apertus Apertus1p5Text Arcee AriaText BailingHybrid Bamba Beam BioGpt BitNet Bloom CodeGen Cohere
    Cohere2 Cohere2Moe CohereCompass Cwm Dbrx DeepseekV2 DeepseekV3 DeepseekV32 DeepseekV4 DiffLlama Doge Dory Dots1
    Dots3Note Emu3 Ernie4_5 Ernie4_5_Moe Exaone4 ExaoneMoe Falcon FalconH1 FalconMamba FlexOlmo Flint GPTBigCode GPTJ
    GPTNeo GPTNeoX GPTNeoXJapanese Gemma Gemma2 Gemma3 Gemma3n Gemma4 Gemma4Unified Glm Glm4 Glm4Moe Glm4MoeLite
    GlmMoeDsa GptOss Granite GraniteMoe GraniteMoeHybrid GraniteMoeSWA GraniteMoeShared GraniteSWA HYV3 HYV4 Helium
    HrmText HunYuanDenseV1 HunYuanMoEV1 HyperCLOVAX Inkling Inkling2 Inkling2Loop Jais2 Jamba JetMoe KimiLinear Kolibri1
    Laguna LaraMini Lfm2 Lfm2Moe Lfm3 Llama Llama4 LongcatFlash Mamba Mamba2 Mellum MiMoV2Flash MiniCPM3 MiniMax
    MiniMaxM2 MiniMaxM3VL Ministral Ministral3 Mistral Mixtral ModernBertDecoder Mpt NanoChat Nemotron NemotronH OPT
    Olmo Olmo2 Olmo3 OlmoHybrid Olmoe Persimmon Phi Phi3 Phi4Multimodal Phimoe Qwen2 Qwen2Moe Qwen3 Qwen3Moe Qwen3Next
    Qwen3_5 Qwen3_5Moe Qwen4Exp RecurrentGemma Rwkv SeedOss SmolLM3 SolarOpen StableLm Starcoder2 VaultGemma XGLM Youtu
    Zamba Zamba2 Zaya xLSTM
"""
CLASSES: frozenset[str] = frozenset(
    [f"{name}ForCausalLM" for name in _PREFIXES.split()]
    + ["GPT2LMHeadModel", "OpenAIGPTLMHeadModel", "CTRLLMHeadModel"]
    # They look at pictures too; here they are asked in words alone.
    + [f"{name}ForConditionalGeneration" for name in ("Gemma3", "Gemma3n", "Gemma4", "Gemma4Unified")]
)

_HALF = "it is one half of a model that turns one text into another, and continues nothing by itself"
_BOTH_WAYS = "it reads a text from both ends to fill gaps in it, and continues nothing"
_SOUND = "it is a part of a model for sound, and needs the others"
_PICTURES = "it says what is in a picture, and needs one"
_REASONS: dict[str, str] = {
    _HALF: "Bart BigBirdPegasus Blenderbot BlenderbotSmall MBart Marian Mvp PLBart Pegasus ProphetNet",
    _BOTH_WAYS: "BigBird Camembert Data2VecText Electra Ernie MegatronBert RemBert RoCBert RoFormer Roberta "
    "RobertaPreLayerNorm XLMRoberta XLMRobertaXL Xmod",
    _SOUND: "Moshi Musicgen MusicgenMelody Whisper",
    _PICTURES: "Fuyu Git Mllama TrOCR",
    "it only makes another model faster, and needs it": "Gemma4Assistant Gemma4UnifiedAssistant",
    "it reads bytes in patches that a second network cuts, which transformers does not stream": "Blt",
    "it writes Chinese by a layout of its own, which no tokenizer file describes": "CpmAnt",
}
# Why a class that writes text in transformers is not run here.
NOT_RUN: dict[str, str] = {
    **{f"{name}ForCausalLM": why for why, names in _REASONS.items() for name in names.split()},
    "BertLMHeadModel": _BOTH_WAYS,
    "BertGenerationDecoder": _HALF,
    "GotOcr2ForConditionalGeneration": _PICTURES,
    "MossTranscribeDiarizeForConditionalGeneration": _SOUND,
    "ReformerModelWithLMHead": "it wants texts of one fixed length",
    "XLMWithLMHeadModel": _BOTH_WAYS,
    "XLNetLMHeadModel": _BOTH_WAYS,
}

# GGUF files: what `general.architecture` says, of those that transformers can unpack.
_GGUF = """
    bloom deci falcon gemma2 gemma3 gemma4 gpt-oss gpt2 lfm2 llama mamba minimax-m2 mistral nemotron phi3 qwen2 qwen2moe
    qwen3 qwen3moe stablelm starcoder2
"""
GGUF: frozenset[str] = frozenset(_GGUF.split())
