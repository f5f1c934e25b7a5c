"""Language models (Radford et al. 2019, GPT-2): a text goes on token by token, each drawn from what may come next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.autoregressive.llm_classes import CLASSES, GGUF, NOT_RUN
from models.protocol import BadInput, Card, Match, Parameter

CONTINUE, CHAT = "continue", "chat"
_MOST_NEW = 32_768
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
_WITHOUT_LIMIT = 8192  # models with a memory instead of positions (Mamba, RWKV) name none
_WORDS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")
# How the weights of some are packed, and the library that unpacks them; one that transformers can by itself has none.
_PACKED = {
    "mxfp4": "", "bitsandbytes": "bitsandbytes", "torchao": "torchao", "compressed-tensors": "compressed_tensors",
    "gptq": "gptqmodel", "awq": "gptqmodel",
}  # fmt: skip


def parameters(most: int, told: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The settings of a model that writes at most that many tokens; `told` is what its makers advise."""

    def advised(name: str, usual: float, low: float, high: float) -> float:
        value = told.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return usual
        return min(max(value, low), high)

    return (
        Parameter(
            "max_new_tokens", "int", min(256, max(most // 2, 1)), "Longest",
            "How many tokens are written at most; a token is about three quarters of a word.",
            1, most, unit="tokens", suggested=tuple(n for n in (64, 256, 1024) if n <= most),
        ),
        Parameter(
            "temperature", "float", advised("temperature", 0.8, 0, 2), "Temperature",
            "How boldly each token is drawn. 0 always takes the likeliest; above 1 it becomes wild.",
            0, 2, suggested=(0.0, 0.7, 1.0),
        ),
        Parameter(
            "top_p", "float", advised("top_p", 0.95, 0.05, 1), "Top p",
            "Only the likeliest tokens that together have this share of the chances may be drawn.",
            0.05, 1, suggested=(0.8, 0.95, 1.0),
        ),
        Parameter(
            "top_k", "int", int(advised("top_k", 50, 1, 1000)) or 1000, "Top k",
            "How many of the likeliest tokens may be drawn; 1 always takes the likeliest.",
            1, 1000, suggested=(20, 50, 1000), advanced=True,
        ),
        Parameter(
            "min_p", "float", advised("min_p", 0, 0, 1), "Min p",
            "Tokens with less than this share of the likeliest one's chance are left out.",
            0, 1, suggested=(0.0, 0.05, 0.1), advanced=True,
        ),
        Parameter(
            "typical_p", "float", advised("typical_p", 1, 0.05, 1), "Typical p",
            "Below 1, tokens that are too expected are left out as well as those that are too odd.",
            0.05, 1, suggested=(0.5, 0.9, 1.0), advanced=True,
        ),
        Parameter(
            "repetition_penalty", "float", advised("repetition_penalty", 1, 1, 2), "Against repetition",
            "Above 1, what stands there already becomes less likely to come again.",
            1, 2, suggested=(1.0, 1.1, 1.3), advanced=True,
        ),
        Parameter(
            "stop", "text", "", "Stop at",
            r"The text ends before any of these, which | parts; \n is a new line.", advanced=True,
        ),
        Parameter(
            "system", "text", "", "Instruction",
            "What the model is told before your message: who it is, how it answers.", tasks=(CHAT,),
        ),
    )  # fmt: skip


CARD = Card(
    architecture="llm",
    name="Language model",
    family="autoregressive",
    medium="text",
    tasks=(CHAT, CONTINUE),
    parameters=parameters(4096, {}),
    process="Token by token",
    guide="resources/guides/llm.md",
    prompt_limit=4096,
)


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with a language model, or a GGUF file with one. Raises BadInput with why it cannot
    run."""
    if files.exists("config.json"):
        return _folder(files, files.json("config.json"))
    gguf = [name for name in files.names if name.lower().endswith(".gguf") and "/" not in name]
    return _gguf(files, gguf) if gguf else None


def load(path: str, plan: Any) -> Any:
    """The model at that path, as the plan has it. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    match = recognise(files)
    if match is None:
        raise BadInput(f"{path} holds no language model: choose a folder or a GGUF file with one.")
    from models.runtime.language import load as language_load

    if files.exists("config.json"):
        return language_load.folder(files, match.card, plan)
    name = _first_of(files, [n for n in files.names if n.lower().endswith(".gguf")])
    return language_load.gguf(files, name, match.card, plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.language import language  # noqa: F401


def tiny() -> Any:
    """A random miniature of the Llama kind, which reads and writes bytes."""
    from models.networks import miniature_text
    from models.runtime.language.language import LanguageModel

    model, tokenizer = miniature_text.llama()
    card = replace(CARD, parameters=parameters(32, {}), prompt_limit=1024)
    return LanguageModel(card, model, tokenizer, 1024)


def _folder(files: Any, config: Mapping[str, Any]) -> Match | None:
    kinds = config.get("architectures")
    kind = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], str) else ""
    if kind in NOT_RUN:
        raise BadInput(f"{files.path.name} ({kind}) writes no text here: {NOT_RUN[kind]}.")
    if kind not in CLASSES:
        if kind.endswith(("ForCausalLM", "LMHeadModel")):
            raise BadInput(f"{kind} is no language model that transformers knows by itself, so it cannot be run.")
        return None
    _check_packing(files, config)
    told = files.json("generation_config.json") if files.exists("generation_config.json") else {}
    words = files.json("tokenizer_config.json") if files.exists("tokenizer_config.json") else {}
    chat = bool(words.get("chat_template")) or any(n.startswith("chat_template.") for n in files.names)
    card = _card(_limit(config, words), told, chat, "." if files.exists("tokenizer.json") else "")
    return Match(card, base=_short(kind), missing=_missing(files))


def _short(kind: str) -> str:
    """`LlamaForCausalLM` as people call it."""
    return kind.removesuffix("ForCausalLM").removesuffix("ForConditionalGeneration").removesuffix("LMHeadModel")


def _gguf(files: Any, names: list[str]) -> Match | None:
    name = _first_of(files, names)
    notes = files.notes(name)
    kind = str(notes.get("general.architecture", ""))
    if "tokenizer.ggml.tokens" not in notes:  # weights of another kind of model
        return None
    if kind not in GGUF and not _has("llama_cpp"):
        raise BadInput(
            f"{name} is of the kind {kind or '?'}, which is not unpacked here: install the extra everyform[llama]."
        )
    context = notes.get(f"{kind}.context_length")
    limit = context if type(context) is int and context > 1 else _WITHOUT_LIMIT
    card = _card(limit, {}, bool(notes.get("tokenizer.chat_template")), "")
    title = notes.get("general.name")
    licence = notes.get("general.license")
    return Match(card, title if isinstance(title, str) else "", licence if isinstance(licence, str) else "", base=kind)


def _card(limit: int, told: Mapping[str, Any], chat: bool, tokenizer: str) -> Card:
    return replace(
        CARD,
        tasks=(CHAT, CONTINUE) if chat else (CONTINUE,),
        parameters=tuple(p for p in parameters(min(limit, _MOST_NEW), told) if chat or CHAT not in p.tasks),
        prompt_limit=limit,
        tokenizer=tokenizer,
    )


def _limit(config: Mapping[str, Any], words: Mapping[str, Any]) -> int:
    """How many tokens the model reads and writes in all."""
    inner = config.get("text_config")
    for place in (config, inner if isinstance(inner, dict) else {}, {"n_ctx": words.get("model_max_length")}):
        for name in _CONTEXT:
            if type(found := place.get(name)) is int and 1 < found < 10**9:
                return found
    return _WITHOUT_LIMIT


def _missing(files: Any) -> str:
    here = [n for n in files.names if "/" not in n]
    if not any(n in _WORDS or n.endswith(".tiktoken") for n in here):
        return "its tokenizer"
    if files.exists("model.safetensors.index.json"):
        shards = set(files.json("model.safetensors.index.json").get("weight_map", {}).values())
        return ", ".join(sorted(shards - set(here))[:3])
    whole = any(n.endswith(".safetensors") and not n.startswith("adapter") for n in here)
    return "" if whole else "its weights (safetensors)"


def _check_packing(files: Any, config: Mapping[str, Any]) -> None:
    packing = config.get("quantization_config")
    method = str(packing.get("quant_method") or "bitsandbytes") if isinstance(packing, dict) else ""
    if method and (method not in _PACKED or (_PACKED[method] and not _has(_PACKED[method]))):
        raise BadInput(
            f"The weights of {files.path.name} are packed by {method}, which is not unpacked here: get the model "
            "unpacked, or as a GGUF file."
        )


def _first_of(files: Any, names: list[str]) -> str:
    """The one file, or the first part of several. Raises BadInput where there are different ones."""
    firsts = sorted(n for n in names if "-of-" not in n or "-00001-of-" in n)
    if len(firsts) != 1:
        raise BadInput(f"{files.path.name} holds {len(names)} GGUF files: choose one of them.")
    return firsts[0]


def _has(library: str) -> bool:
    from importlib.util import find_spec

    return find_spec(library) is not None
