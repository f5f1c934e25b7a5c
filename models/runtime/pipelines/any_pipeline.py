"""Any diffusers pipeline at work: a request as its call, with progress, previews and a way to stop."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from models.outputs.media import Media
from models.protocol import BadInput, Card, Emit, Request
from models.runtime.fitting.plan import Plan
from models.runtime.openvino import backend
from models.runtime.pipelines import files as pipeline_files
from models.runtime.pipelines import media as pipeline_media
from models.runtime.pipelines.look import Look
from models.runtime.pipelines.steps import Steps, heard
from models.runtime.pipelines.wiring import Wiring

_STEP_SETTINGS = ("prior_steps", "steps", "decoder_steps", "enlarging_steps")
# They can do nothing else.
_ALWAYS_IN_TILES = ("AutoencoderKLAllegro",)
# Arguments that are lists of numbers, and are typed as words with spaces or commas.
_LISTS = ("class_labels", "token_indices", "control_mode")


class AnyPipeline:
    """One loaded model. `pipeline` has its weights where `plan` wants them; `wiring` says how it is called."""

    def __init__(self, pipeline: Any, card: Card, wiring: Wiring, plan: Plan) -> None:
        self.card = card
        self._pipeline, self._wiring, self._plan = pipeline, wiring, plan
        self._look = Look(pipeline, film=wiring.medium == "video", factor=wiring.factor)
        pipeline.set_progress_bar_config(disable=True)

    def generate(self, request: Request, emit: Emit) -> Media:
        """One item. `request.settings` as the card checked them. Raises BadInput for a file that cannot be used or a
        setting that the pipeline refuses, and lets pass what `emit` raises."""
        settings: dict[str, Any] = dict(request.settings)
        width, height = int(settings.get("width") or 0), int(settings.get("height") or 0)
        given = self._arguments(request, settings)
        steps = Steps(emit, tuple(settings[name] for name in _STEP_SETTINGS if name in settings))

        def see(latents: Tensor) -> None:
            self._look.show(emit, latents, steps.done, width, height)

        given |= self._hooks(steps)
        self._tile(width, height)
        with (
            self._at_work(request.seed), heard(self._pipeline, steps, see),
            backend.listening(self._pipeline, emit) as facts,
        ):  # fmt: skip
            made = self._pipeline(**given)
        steps.finish()
        whole = pipeline_media.media(made, self._wiring, self._pipeline, float(settings.get("fps") or self._wiring.fps))
        return replace(whole, facts={**whole.facts, **facts}) if facts else whole

    @contextmanager
    def _at_work(self, seed: int) -> Iterator[None]:
        """Around a call of the pipeline: afterwards all is as before. Raises BadInput for what it refuses."""
        attention = self._attention()
        try:
            # Some pipelines draw from the global generator, whatever they are given.
            with self._seeded(seed), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
            attention.clear()
        except (ValueError, TypeError) as error:
            raise BadInput(f"{self.card.name} does not take this: {_sentence(error)}") from error
        finally:
            # What some guidances put in the place of attention they take back at an end that a stop never reaches.
            for part, before in attention:
                part.set_attn_processor(before)
            # Also after a stop: what was moved to the accelerator for this run leaves it.
            self._pipeline.maybe_free_model_hooks()

    # ── what goes in ──────────────────────────────────────────────────────────

    def _arguments(self, request: Request, settings: Mapping[str, Any]) -> dict[str, Any]:
        wiring = self._wiring
        given: dict[str, Any] = dict(wiring.fixed)
        for name, argument in wiring.settings.items():
            if name in settings and not (name in ("width", "height") and not settings[name]):
                given[argument] = _value(argument, settings[name])
        if wiring.prompt:
            given["prompt"] = request.prompt
        if wiring.negative_prompt and (request.negative_prompt or wiring.says_nothing):
            given["negative_prompt"] = request.negative_prompt
        if "strength" in given and "num_inference_steps" in given:
            # At least one step: pipelines refuse a strength that leaves none, or fail on it.
            given["strength"] = min(max(given["strength"], (1 + 1e-6) / given["num_inference_steps"]), 1.0)
        given |= pipeline_files.arguments(request, wiring, self._pipeline, settings)
        given["generator"] = torch.Generator("cpu").manual_seed(request.seed)
        if wiring.seeded:
            given["seed"] = request.seed
        return given | _moments(wiring.moments, given)

    def _attention(self) -> list[tuple[Any, dict[str, Any]]]:
        """The denoising networks, and how each attends."""
        parts: list[Any] = [getattr(self._pipeline, name, None) for name in ("unet", "transformer")]
        return [(part, part.attn_processors) for part in parts if hasattr(part, "set_attn_processor")]

    def _hooks(self, steps: Steps) -> dict[str, Any]:
        """The pipeline's own way to tell of a step: it counts where no bar does, and is one more place to stop."""
        if self._wiring.hook == "step":

            def step_end(_pipeline: Any, index: int, _time: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
                if not steps.counted:
                    steps.to(index + 1)
                return values

            return {"callback_on_step_end": step_end}
        if self._wiring.hook == "legacy":

            def step(index: int, _time: Any, _latents: Tensor) -> None:
                if not steps.counted:
                    steps.to(index + 1)

            return {"callback": step, "callback_steps": 1}
        return {}

    def _tile(self, width: int, height: int) -> None:
        """Decode large pictures in tiles where the plan has it so and the autoencoder can."""
        vae = getattr(self._pipeline, "vae", None)
        tiles = self._plan.tiles(width, height) or type(vae).__name__ in _ALWAYS_IN_TILES
        change: Callable[[], None] | None = getattr(vae, "enable_tiling" if tiles else "disable_tiling", None)
        if change is not None:
            change()

    def _seeded(self, seed: int) -> AbstractContextManager[None]:
        """The global generators as this seed leaves them, and as they were afterwards."""
        forked = torch.random.fork_rng() if self._plan.device == "cuda" else torch.random.fork_rng(devices=[])
        return _Seeded(forked, seed)


class _Seeded(nullcontext[None]):
    def __init__(self, forked: Any, seed: int) -> None:
        super().__init__()
        self._forked, self._seed = forked, seed

    def __enter__(self) -> None:
        self._forked.__enter__()
        torch.manual_seed(self._seed)

    def __exit__(self, *error: Any) -> None:
        self._forked.__exit__(*error)


def _moments(shares: Mapping[str, float], given: Mapping[str, Any]) -> dict[str, int]:
    """The steps that are so far along: one after the other, and none of them the last, as long as there are enough."""
    last = int(given["num_inference_steps"]) - 1 if shares else 0
    ordered = sorted(shares, key=lambda name: shares[name])
    found: dict[str, int] = {}
    for k, name in enumerate(ordered):
        first, most = max([step + 1 for step in found.values()], default=0), last - (len(ordered) - 1 - k)
        found[name] = max(min(round(shares[name] * (last + 1)), most), first)
    return found


def _value(argument: str, value: Any) -> Any:
    """A setting as its argument takes it: numbers without a fraction as whole ones, where a pipeline counts in them."""
    if argument in _LISTS:
        numbers = [int(n) for n in re.findall(r"-?\d+", str(value))]
        if not numbers:
            raise BadInput(f"{argument.replace('_', ' ')} are whole numbers, such as 2 5.")
        return numbers
    return int(value) if argument in ("fps", "frame_rate", "target_fps") and float(value).is_integer() else value


def _sentence(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(" .") + "."
