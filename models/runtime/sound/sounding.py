"""A model of transformers at work on a sound: its steps are counted where they happen, and a stop ends it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from models.outputs.media import Sound
from models.protocol import BadInput, Card, Emit, Progress, Request
from models.runtime.seeds import seeded


@dataclass(frozen=True)
class Work:
    """One sound to make. `run` makes it; each pass through one of `steps` is a step, and there are `total` at most,
    with the last one, which is the sound itself.

    `facts` may be filled while it runs.
    """

    run: Callable[[], Tensor]
    steps: Sequence[nn.Module]
    total: int
    facts: dict[str, str] = field(default_factory=dict)


class Speaker(Protocol):
    """What knows how one kind of model is asked."""

    device: torch.device
    sample_rate: int

    def work(self, prompt: str, wish: Mapping[str, Any]) -> Work:
        """What is to be done for that prompt and those settings. Raises BadInput where nothing of it can be said."""
        ...


class SoundModel:
    """One loaded model, for use, on its device."""

    def __init__(self, card: Card, speaker: Speaker) -> None:
        self.card = card
        self._speaker = speaker

    def generate(self, request: Request, emit: Emit) -> Sound:
        """The sound of the prompt. Raises BadInput where the model can say nothing of it, or has said nothing."""
        speaker = self._speaker
        with torch.inference_mode(), seeded(request.seed, speaker.device):
            work = speaker.work(request.prompt, request.settings)
            with counted(work.steps, work.total, emit) as count:
                wave = work.run().detach().float().cpu()
        emit(Progress(count.total, count.total))
        wave = wave.reshape(-1, wave.shape[-1]) if wave.dim() != 1 else wave[None]
        if not wave.numel():
            raise BadInput("The model ended before it had said anything: try another seed, or other words.")
        return Sound(wave.clamp(-1, 1).numpy(), speaker.sample_rate, work.facts)


@dataclass
class _Count:
    step: int
    total: int


@contextmanager
def counted(modules: Sequence[nn.Module], total: int, emit: Emit) -> Iterator[_Count]:
    """Tell a step after each pass through one of these modules, while the block runs; what `emit` raises ends it."""
    count = _Count(0, max(total, 1))

    def passed(*_: Any) -> None:
        if count.step < count.total - 1:  # the last step is the sound itself
            count.step += 1
            emit(Progress(count.step, count.total))

    hooks = [module.register_forward_hook(passed) for module in modules]
    try:
        yield count
    finally:
        for hook in hooks:
            hook.remove()


def tokens(tokenizer: Any, text: str, name: str, device: torch.device, **options: Any) -> dict[str, Tensor]:
    """The ids and mask of a text. Raises BadInput where nothing of it is left."""
    found = tokenizer(text, return_tensors="pt", return_token_type_ids=False, **options)
    ids = found["input_ids"]
    if ids.numel() == 0:
        raise BadInput(f"There is nothing in the prompt that {name} can say: write words in its own alphabet.")
    mask = found.get("attention_mask")
    return {"input_ids": ids.long().to(device)} | ({} if mask is None else {"attention_mask": mask.to(device)})
