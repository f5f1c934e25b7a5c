"""The other side: the script that a person would write with diffusers alone. Nothing of ours is imported."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from tests.bench import child


def main() -> None:
    given = child.given()
    import torch
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(given["folder"], torch_dtype=getattr(torch, given["dtype"]))
    pipeline.to(given["device"])
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config, use_karras_sigmas=True)
    ends = []
    for item in range(given["count"]):
        picture = pipeline(
            given["prompt"],
            negative_prompt=given["negative_prompt"],
            num_inference_steps=given["steps"],
            guidance_scale=given["guidance_scale"],
            width=given["width"],
            height=given["height"],
            generator=torch.Generator("cpu").manual_seed(given["seed"] + item),
        ).images[0]
        path = Path(given["out"]) / f"plain-{item}.png"
        picture.save(path)
        ends.append(time.monotonic() - given["began"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    child.say(ends=ends, work=used.ru_utime + used.ru_stime, peak=peak, last=str(path))


if __name__ == "__main__":
    main()
