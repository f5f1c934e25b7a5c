"""A real process that downloads, to be killed: what `tests.bench.downloads` and the test of kills do to it."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from models.store.fetch.download import CHUNK, Download
from models.store.fetch.staging import Ask
from tests.fakes.hub_server import Hub, Seen

# Children are copies of one small process that has imported all this: they start in a hundredth of a second.
_context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")


@dataclass(frozen=True)
class Kill:
    """One kill: bytes that had left the hub before it, each counted once, and how many of them left again after it."""

    sent: int
    again: int


def run(endpoint: str, id: str, place: str, chunk: int) -> None:
    """The child: go on with the download until it is there. Exit code 0 if it is."""
    os.environ["HF_ENDPOINT"] = endpoint
    one = Download(Ask(id), Path(place), chunk=chunk)
    one.start()
    one.wait()
    raise SystemExit(0 if one.state.phase == "done" else f"{one.state.phase}: {one.state.sentence}")


def killed(hub: Hub, id: str, place: Path, total: int, kills: int, *, chunk: int = CHUNK, seed: int = 0) -> list[Kill]:
    """Download a model of `total` bytes, killing the process `kills` times on the way; what each kill cost.

    The moments are drawn: one in each of so many even pieces of the way. Raises AssertionError where it does not end.
    """
    _context.set_forkserver_preload(["tests.fakes.hub_child", "httpx2", "filelock"])
    draw = random.Random(seed)
    moments = [(number + draw.random()) / kills * total * 0.99 for number in range(kills)]
    marks: list[int] = []
    for moment in moments:
        child = _start(hub, id, place, chunk)
        while sum(_ends(hub.seen).values()) < moment:
            assert child.is_alive(), f"it ended by itself, with {child.exitcode}"
            time.sleep(0.002)
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        marks.append(len(hub.seen))
    child = _start(hub, id, place, chunk)
    child.join()
    assert child.exitcode == 0
    return [_cost(hub.seen[:mark], hub.seen[mark:after]) for mark, after in zip(marks, [*marks[1:], None], strict=True)]


def _start(hub: Hub, id: str, place: Path, chunk: int) -> BaseProcess:
    child = _context.Process(target=run, args=(hub.url, id, str(place), chunk))
    child.start()
    return child


def _ends(seen: list[Seen]) -> dict[str, int]:
    """How far into each file the hub has come."""
    ends: dict[str, int] = {}
    for one in list(seen):
        if one.sent:
            ends[one.path] = max(ends.get(one.path, 0), one.start + one.sent)
    return ends


def _cost(before: list[Seen], after: list[Seen]) -> Kill:
    ends = _ends(before)
    again = sum(max(0, min(ends.get(s.path, 0), s.start + s.sent) - s.start) for s in after)
    return Kill(sum(ends.values()), again)
