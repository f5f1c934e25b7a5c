"""One side of `tests.bench.text`: how fast tokens follow each other, and the peak of memory."""

from __future__ import annotations

import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from tests.bench import child

PROMPT = "The sea was calm, and the red boat lay by the shore."


def main() -> None:
    warnings.simplefilter("ignore")
    given = child.given()
    if given.get("make"):
        child.say(numbers=_make(given["make"], Path(given["folder"]), Path(given["file"]), given["kind"]))
        return
    ends: list[float] = []
    (_ours if given["side"] == "ours" else _plain)(given, ends)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    child.say(speed=(len(ends) - 1) / (ends[-1] - ends[0]), peak=peak, tokens=len(ends))


def _plain(given: dict[str, Any], ends: list[float]) -> None:
    """Nothing of ours is imported."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    words = AutoTokenizer.from_pretrained(given["folder"])
    model = AutoModelForCausalLM.from_pretrained(given["folder"], dtype=getattr(torch, given["dtype"]))

    class Clock:
        """A streamer: `generate` hands it the prompt and then every token."""

        def put(self, tokens: Any) -> None:
            ends.append(time.monotonic())

        def end(self) -> None:
            return None

    asked = words(PROMPT, return_tensors="pt")
    model.generate(
        input_ids=asked.input_ids, attention_mask=asked.attention_mask, max_new_tokens=given["tokens"],
        min_new_tokens=given["tokens"], do_sample=False, streamer=Clock(),
    )  # fmt: skip
    del ends[0]  # the prompt


def _ours(given: dict[str, Any], ends: list[float]) -> None:
    from models.families.autoregressive import llm
    from models.planning.choice import decide
    from models.planning.parts import Size
    from models.protocol import Event, Progress, Request
    from models.runtime import device
    from models.runtime.fitting.plan import parts_in
    from models.runtime.language import load as reading

    if given["unpacked"]:  # as where llama.cpp is not installed
        reading.find_spec = lambda name: None  # type: ignore[assignment]
    plan = decide(parts_in(given["file"]), device.detect(), size=Size(tokens=given["tokens"]))
    model = llm.load(given["file"], plan)

    class Emit:
        def __call__(self, event: Event) -> None:
            if isinstance(event, Progress) and event.step:
                ends.append(time.monotonic())

        def wants_preview(self) -> bool:
            return False

    settings = model.card.check({"max_new_tokens": given["tokens"], "temperature": 0}, "continue")
    model.generate(Request("bench", given["file"], "llm", "continue", PROMPT, seed=1, settings=settings), Emit())


def _make(name: str, folder: Path, file: Path, kind: str) -> int:
    """A Llama of random weights as a folder in float32 and as a GGUF file; how many numbers it has."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from models.networks import miniature_text
    from tests.models.families import gguf_folder

    torch.manual_seed(0)
    wide, layers, vocabulary = (1152, 20, 32_000) if name == "llama-0.4b" else (96, 2, 400)
    words = miniature_text.byte_tokenizer()
    words.add_tokens([f"<{number}>" for number in range(vocabulary - len(words))])
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary, hidden_size=wide, intermediate_size=wide * 8 // 3, num_hidden_layers=layers,
            num_attention_heads=12, num_key_value_heads=4, max_position_embeddings=4096,
            pad_token_id=words.pad_token_id, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        )
    ).eval().requires_grad_(False)  # fmt: skip
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    gguf_folder.write(file, model, words, kind)
    return sum(one.numel() for one in model.parameters())


if __name__ == "__main__":
    main()
