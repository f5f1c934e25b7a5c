"""Reading language models: a folder of transformers', or a GGUF file, unpacked by transformers or run by llama.cpp."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.planning.plan import Plan
from models.protocol import BadInput, Card
from models.runtime.fitting import applying
from models.runtime.hush import hush
from models.runtime.language.language import LanguageModel

_SAFE = {"local_files_only": True, "trust_remote_code": False}


def folder(files: Any, card: Card, plan: Plan) -> LanguageModel:
    """The model in a folder of transformers', with its tokenizer. Raises BadInput."""
    from transformers import AutoModelForCausalLM

    hush()
    tokenizer = _tokenizer(files.path, str(files.path))
    options = applying.model_options(plan)
    model = AutoModelForCausalLM.from_pretrained(files.path, use_safetensors=True, **options, **_SAFE)
    return _ready(model, tokenizer, card, plan)


def gguf(files: Any, name: str, card: Card, plan: Plan) -> Any:
    """The model in a GGUF file: as it is where llama.cpp is here, unpacked otherwise. Raises BadInput."""
    path = files.full(name)
    if find_spec("llama_cpp") is not None:
        from models.runtime.language.llama_cpp import load

        return load(path, card, plan)
    from transformers import AutoModelForCausalLM

    hush()
    tokenizer = _tokenizer(path.parent, name, gguf_file=path.name)
    dtype = applying.dtype_of(plan, "")
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=dtype, **_SAFE)
    return _ready(model, tokenizer, card, plan)


def _ready(model: Any, tokenizer: Any, card: Card, plan: Plan) -> LanguageModel:
    from transformers import GenerationConfig

    own = model.generation_config
    # Its other settings are on the card as defaults; here they would come back wherever the person has left one out.
    model.generation_config = GenerationConfig(
        eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id, bos_token_id=own.bos_token_id
    )
    model = applying.settle(model.eval().requires_grad_(False), plan)
    return LanguageModel(card, model, tokenizer, card.prompt_limit, plan.device)


def _tokenizer(where: Path, name: str, **options: Any) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(where, **_SAFE, **options)
    except Exception as error:
        raise BadInput(f"The tokenizer of {name} cannot be read ({_line(error)}): get the model again.") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
