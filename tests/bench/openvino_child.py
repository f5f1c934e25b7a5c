"""One side of `tests.bench.openvino`: a picture, with the moment at which each step ended, and the peak of memory."""

from __future__ import annotations

import resource
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child

PROMPT, GUIDANCE = "a red sailboat on a calm sea at sunset", 5.0


def main() -> None:
    warnings.simplefilter("ignore")
    given = child.given()
    if given.get("make"):
        _make(given["make"], Path(given["folder"]))
        child.say(made=True)
        return
    began = time.monotonic()
    ends: list[float] = []
    found = _ours(given, ends) if "wish" in given else _plain(given, ends)
    times = [later - earlier for earlier, later in pairwise(ends)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    child.say(step=median(times), seconds=time.monotonic() - began, peak=peak, **found)


def _plain(given: dict[str, Any], ends: list[float]) -> dict[str, Any]:
    """Nothing of ours is imported."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(given["folder"], torch_dtype=torch.float32)

    def step_end(_pipeline: Any, _index: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
        ends.append(time.monotonic())
        return values

    pipeline(
        PROMPT, num_inference_steps=given["steps"], guidance_scale=GUIDANCE, width=given["side"], height=given["side"],
        generator=torch.Generator("cpu").manual_seed(1), callback_on_step_end=step_end,
    )  # fmt: skip
    return {"difference": "", "plan": ""}


def _ours(given: dict[str, Any], ends: list[float]) -> dict[str, Any]:
    from models.families.diffusion import latent_diffusion
    from models.planning.choice import decide
    from models.planning.parts import Size
    from models.planning.wish import Wish
    from models.protocol import Event, Notice, Progress, Request
    from models.runtime import device
    from models.runtime.fitting.plan import parts_in

    side, steps, folder = given["side"], given["steps"], given["folder"]
    plan = decide(parts_in(folder), device.detect(), Wish.of(given["wish"]), Size(side, side, batch=2))
    model = latent_diffusion.load(folder, plan)

    class Emit:
        def __call__(self, event: Event) -> None:
            if isinstance(event, Progress) and event.step:
                ends.append(time.monotonic())
            if isinstance(event, Notice):
                print(event.text, file=sys.stderr)

        def wants_preview(self) -> bool:
            return False

    asked = {"steps": steps, "guidance_scale": GUIDANCE, "width": side, "height": side}
    settings = model.card.check(asked, "text-to-picture")
    made = model.generate(
        Request("bench", folder, "latent-diffusion", "text-to-picture", PROMPT, seed=1, settings=settings), Emit()
    )
    told = f"{plan.backend_dtype} by OpenVINO" if plan.backend == "openvino" else plan.dtype
    return {
        "difference": made.facts.get("difference to float32", ""),
        "plan": ", ".join(filter(None, (told, plan.in_words()))),
    }  # fmt: skip


def _make(name: str, folder: Path) -> None:
    """A StableDiffusionPipeline of random weights: of the size of SD 1.5 (Rombach et al. 2022), or a miniature."""
    import torch

    from models.networks import miniature

    torch.manual_seed(0)
    pipeline = miniature.stable_diffusion()
    if name == "sd-1.5":
        from diffusers import AutoencoderKL, UNet2DConditionModel
        from transformers import CLIPTextConfig, CLIPTextModel

        words = pipeline.tokenizer
        pipeline.register_modules(
            unet=UNet2DConditionModel(
                sample_size=64, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, cross_attention_dim=768,
                attention_head_dim=8,
            ),
            vae=AutoencoderKL(
                sample_size=512, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            ),
            text_encoder=CLIPTextModel(
                CLIPTextConfig(
                    vocab_size=49408, hidden_size=768, intermediate_size=3072, num_attention_heads=12,
                    num_hidden_layers=12, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
                    pad_token_id=words.pad_token_id,
                )
            ),
        )  # fmt: skip
    pipeline.save_pretrained(folder)


if __name__ == "__main__":
    main()
