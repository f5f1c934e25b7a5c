"""Our side: an engine asked for the same pictures through its pipes, with its previews read."""

from __future__ import annotations

import resource
import sys
import time

from models.engine_process import EngineProcess
from models.protocol import Done, Failed, Hello, Output, Preview, Report, Request, Run
from tests.bench import child


def main() -> None:
    given = child.given()
    settings = {name: given[name] for name in ("steps", "guidance_scale", "width", "height", "scheduler")}
    request = Request(
        model_id=given["folder"],
        model_path=given["folder"],
        architecture="latent-diffusion",
        task="text-to-picture",
        prompt=given["prompt"],
        negative_prompt=given["negative_prompt"],
        seed=given["seed"],
        count=given["count"],
        settings=settings,
        out=given["out"],
    )
    ends: list[float] = []
    previews, last = 0, ""
    with EngineProcess() as engine:
        while not isinstance(engine.receive(120), Hello):
            pass
        engine.send(Run(1, request))
        while True:
            message = engine.receive(300)
            if message is None:
                raise RuntimeError("The engine has been silent for five minutes.")
            event = message.event if isinstance(message, Report) else None
            previews += isinstance(event, Preview)
            if isinstance(event, Output):
                ends.append(time.monotonic() - given["began"])
                last = event.path
            elif isinstance(event, Failed):
                raise RuntimeError(event.reason)
            elif isinstance(event, Done):
                break
    # The engine is the only child of any size, and it has been waited for.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    child.say(ends=ends, previews=previews, work=used.ru_utime + used.ru_stime, peak=peak, last=last)


if __name__ == "__main__":
    main()
