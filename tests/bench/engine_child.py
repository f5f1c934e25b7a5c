"""Our side: an engine asked for the same pictures through its pipes, with its previews read."""

from __future__ import annotations

import resource
import sys
import time

from models.engine_process import EngineProcess
from models.protocol import Done, Failed, Hello, Output, Preview, Report, Run
from tests.bench import child


def main() -> None:
    given = child.given()
    ends: list[float] = []
    previews, last = 0, ""
    with EngineProcess() as engine:
        while not isinstance(engine.receive(120), Hello):
            pass
        engine.send(Run(1, child.request()))
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
