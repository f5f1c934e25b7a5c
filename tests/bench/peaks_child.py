"""A process that makes a model's folder, or runs it once under a plan and says what was predicted and what it took."""

from __future__ import annotations

import inspect
import json
import re
import time
import warnings
from pathlib import Path
from typing import Any

from tests.bench import child

# Parts that these pipelines take, and that the models here do without.
_ABSENT = re.compile(r"(text_encoder|tokenizer|image_encoder|feature_extractor|transformer_2)")


def main() -> None:
    warnings.simplefilter("ignore")
    asked = child.given()
    folder = Path(asked["folder"])
    if asked.get("make"):
        from tests.bench import peaks_models

        peaks_models.save(asked["make"], folder)
        child.say(made=True)
        return
    from models.planning import memory
    from models.planning.choice import decide
    from models.planning.parts import Size
    from models.planning.plan import Plan
    from models.runtime import device
    from models.runtime.fitting.measure import Meter
    from models.runtime.fitting.plan import parts_in

    parts, size = parts_in(folder), Size(**asked["size"])
    machine = device.detect()
    by_hand = {name: tuple(value) if isinstance(value, list) else value for name, value in asked["plan"].items()}
    if where := asked.get("device"):
        by_hand |= {"device": where, "dtype": "bfloat16"}
    else:
        machine = machine.as_processor()
    plan = Plan(**by_hand) if by_hand else decide(parts, machine, size=size)
    predicted = memory.predict(parts, size, machine, plan)
    meter = Meter()
    meter.start()
    seconds = run(folder, plan, size, asked.get("steps", 1))
    measured = meter.peak()
    child.say(
        predicted=predicted.ram.total, measured=measured.ram.total, predicted_there=predicted.accelerator.total,
        measured_there=measured.accelerator.total, seconds=seconds, numbers=sum(part.parameters for part in parts),
    )  # fmt: skip


def run(folder: Path, plan: Any, size: Any, steps: int) -> float:
    """Once from the files to the finished thing. Seconds a step; of the second time, where it has several."""
    import torch

    from models.runtime import device
    from models.runtime.fitting import applying

    device.use_cores()
    config = folder / "model_index.json"
    with torch.inference_mode():
        if not config.exists():
            transformers(folder, plan, size)
            return 0.0
        import diffusers

        kind = json.loads(config.read_text("utf-8"))["_class_name"]
        if kind.startswith("StableDiffusion"):
            from models.runtime.pipelines import stable_diffusion_load

            made = stable_diffusion_load.pipeline(str(folder), plan, variant=None)
            asked: dict[str, Any] = {"prompt": "a boat", "guidance_scale": 5.0 if size.batch > 1 else 1.0}
        else:
            networks = applying.networks(folder, plan)
            index = json.loads(config.read_text("utf-8"))
            takes = inspect.signature(getattr(diffusers, kind).__init__).parameters
            networks |= {name: None for name in takes if _ABSENT.match(name) and not (index.get(name) or [None])[0]}
            made = getattr(diffusers, kind).from_pretrained(
                folder, local_files_only=True, use_safetensors=True, **applying.options(folder, plan), **networks
            )
            applying.place(made, plan, folder)
            asked = arguments(kind, size, getattr(torch, plan.dtype))
        made.set_progress_bar_config(disable=True)
        if plan.tiles(size.width, size.height):
            made.vae.enable_tiling()
        shape = {} if kind == "DiTPipeline" else {"width": size.width, "height": size.height}
        for _ in range(2 if steps > 1 else 1):
            began = time.monotonic()
            made(**asked, **shape, num_inference_steps=steps)
        return (time.monotonic() - began) / steps


def arguments(kind: str, size: Any, dtype: Any) -> dict[str, Any]:
    """What the pipeline takes besides sizes; texts as embeddings in `dtype`."""
    import torch

    if kind == "DiTPipeline":
        return {"class_labels": [1], "guidance_scale": 4.0}
    if kind == "FluxPipeline":
        words, pooled = torch.randn(1, 512, 768, dtype=dtype), torch.randn(1, 256, dtype=dtype)
        return {"prompt_embeds": words, "pooled_prompt_embeds": pooled}
    texts = torch.randn(1, 512, 512, dtype=dtype)
    return {"prompt_embeds": texts, "negative_prompt_embeds": texts, "guidance_scale": 1.0, "num_frames": size.frames}


def transformers(folder: Path, plan: Any, size: Any) -> None:
    import torch
    import transformers as library

    from models.runtime.fitting import applying

    kind = json.loads((folder / "config.json").read_text("utf-8"))["architectures"][0]
    options = applying.model_options(plan)
    model = getattr(library, kind).from_pretrained(folder, local_files_only=True, **options).eval()
    model = applying.settle(model, plan)
    if "Musicgen" in kind:
        words = torch.ones(1, 12, dtype=torch.long)
        model.generate(input_ids=words, max_new_tokens=size.tokens, do_sample=True, guidance_scale=3.0)
        return
    words = torch.ones(1, 256, dtype=torch.long)
    model.generate(words, max_new_tokens=size.tokens, do_sample=False, pad_token_id=0, eos_token_id=None)


if __name__ == "__main__":
    main()
