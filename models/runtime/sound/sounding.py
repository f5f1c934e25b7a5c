"""A model of transformers at work on a sound: its steps are counted where they happen, and a stop ends it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from models.outputs.media import Sound
from models.protocol import BadInput, Card, Emit, Progress, Request, SoundPreview
from models.runtime.pace import Pace
from models.runtime.seeds import seeded


@dataclass(frozen=True)
class Work:
    """One sound to make. `run` makes it; each pass through one of `steps` is a step, and there are `total` at most,
    with the last one, which is the sound itself.

    `facts` may be filled while it runs. `heard` gives what can be heard by then, mono (samples,), where it is known.
    """

    run: Callable[[], Tensor]
    steps: Sequence[nn.Module]
    total: int
    facts: dict[str, str] = field(default_factory=dict)
    heard: Callable[[], Tensor | None] | None = None


class Speaker(Protocol):
    """What knows how one kind of model is asked."""

    device: torch.device
    sample_rate: int

    def work(self, prompt: str, wish: Mapping[str, Any]) -> Work:
        """What is to be done for that prompt and those settings. Raises BadInput where nothing of it can be said."""
        ...


@runtime_checkable
class GoesOn(Speaker, Protocol):
    """A speaker that can also go on from a recording."""

    def going_on(self, prompt: str, wish: Mapping[str, Any], recording: str) -> Work:
        """The same for a sound that begins as the file `recording` ends. Raises BadInput where it cannot be read."""
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
            recording = request.inputs.get("sound")
            if recording and isinstance(speaker, GoesOn):
                work = speaker.going_on(request.prompt, request.settings, recording)
            else:
                work = speaker.work(request.prompt, request.settings)
            so_far = _SoFar(work.heard, speaker.sample_rate, emit)
            with counted(work.steps, work.total, emit, so_far) as count:
                wave = work.run().detach().float().cpu()
        emit(Progress(count.total, count.total))
        wave = wave.reshape(-1, wave.shape[-1]) if wave.dim() != 1 else wave[None]
        if not wave.numel():
            raise BadInput("The model ended before it had said anything: try another seed, or other words.")
        return Sound(wave.clamp(-1, 1).numpy(), speaker.sample_rate, work.facts)


class _SoFar:
    """Lets what is there so far be heard, where somebody listens, about once a second and less where that is dear."""

    def __init__(self, heard: Callable[[], Tensor | None] | None, sample_rate: int, emit: Emit) -> None:
        self._heard, self._sample_rate, self._emit = heard, sample_rate, emit
        self._pace = Pace()

    def __call__(self, step: int) -> None:
        if self._heard is None or not self._pace.due or not self._emit.wants_preview():
            return
        with self._pace.taken():
            wave = self._heard()
        if wave is not None and wave.numel():
            self._emit(SoundPreview(self._sample_rate, sixteen_bit(wave), step))


def sixteen_bit(wave: Tensor) -> bytes:
    """Mono samples (samples,) from -1 to 1 as a SoundPreview has them."""
    return (wave.float().nan_to_num(0.0).clamp(-1, 1) * 32767).round().short().cpu().numpy().astype("<i2").tobytes()


@dataclass
class _Count:
    step: int
    total: int


@contextmanager
def counted(
    modules: Sequence[nn.Module], total: int, emit: Emit, after: Callable[[int], None] = lambda step: None
) -> Iterator[_Count]:
    """Tell a step after each pass through one of these modules, while the block runs, and then do what comes `after`
    it; what `emit` raises ends it."""
    count = _Count(0, max(total, 1))

    def passed(*_: Any) -> None:
        if count.step < count.total - 1:  # the last step is the sound itself
            count.step += 1
            emit(Progress(count.step, count.total))
            after(count.step)

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
