"""What a family calls while it works: the way out for events, thinned to what an eye follows, and in for a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from models.protocol import (
    Event,
    JobCancelled,
    Loading,
    Notice,
    Output,
    Preview,
    Progress,
    SoundPreview,
    Token,
)

# An eye follows about 25 pictures a second; more would only keep the pipe and the window busy.
INTERVAL_S = 0.04


class Emitter:
    """The `emit` of one job of `count` items. Items are done one after another: `begin(k)`, then the family calls.

    Progress becomes the whole job's: step and total over all items, `elapsed_s` since the first item
    began. The last progress held back is sent before anything that follows it, so none that matters is lost.
    May be called from any thread of the engine (a library's streamer has its own).
    """

    def __init__(
        self,
        send: Callable[[Event], None],
        stopped: Callable[[], bool],
        count: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._stopped = stopped
        self._count = count
        self._clock = clock
        self._lock = threading.RLock()
        self._item = 0
        self._done_before = 0  # steps of the items that are finished
        self._latest: Progress | None = None  # of this item, as the family counts
        self._held: Progress | None = None
        self._began: float | None = None
        self._sent: dict[type, float] = {}
        self._stage = ""
        self._noticed: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Raises JobCancelled where the person has stopped the job."""
        self.check()
        with self._lock:
            if isinstance(event, Progress):
                self._progress(event)
            elif isinstance(event, Preview | SoundPreview):
                if self.wants_preview():
                    self._now(replace(event, item=self._item))
            elif isinstance(event, Loading):
                self._loading(event)
            elif isinstance(event, Token):
                self._send(replace(event, item=self._item))
            elif isinstance(event, Notice):
                # Each item of a job says the same of its prompt; the person hears it once.
                if event.text not in self._noticed:
                    self._noticed.add(event.text)
                    self._send(event)
            else:
                raise TypeError(f"A family says nothing like {type(event).__name__}: the engine does.")

    def wants_preview(self) -> bool:
        """False while the last preview is too fresh for an eye to follow: then do not compute one."""
        return self._fresh_enough(Preview) and self._fresh_enough(SoundPreview)

    def check(self) -> None:
        """Raises JobCancelled where the person has stopped the job."""
        if self._stopped():
            raise JobCancelled

    # ── for the engine ────────────────────────────────────────────────────────

    def begin(self, item: int) -> None:
        """Item `item` is next; what the one before counted is done. Raises JobCancelled."""
        self.check()
        with self._lock:
            if self._began is None:
                self._began = self._clock()
            if item and self._latest is not None:
                self._done_before += self._latest.total
            self._item = item
            self._latest = None
            self._stage = ""

    def finish(self, output: Output | None = None) -> None:
        """Let out what was held back, then the item's output."""
        with self._lock:
            if self._held is not None:
                held, self._held = self._held, None
                self._now(held)
            if output is not None:
                self._send(output)

    def say(self, event: Event) -> None:
        """Let an event out as it is, also when the job has been stopped."""
        with self._lock:
            self._send(event)

    def last(self, word: Event) -> None:
        """The job's last word, after everything that was held back."""
        self.finish()
        self.say(word)

    # ── inside ────────────────────────────────────────────────────────────────

    def _progress(self, event: Progress) -> None:
        total = max(1, event.total)
        step = min(max(0, event.step), total)
        self._latest = Progress(step, total)
        # The items still to come are taken to be as long as this one.
        whole = self._done_before + total * (self._count - self._item)
        began = self._clock() if self._began is None else self._began
        job = Progress(self._done_before + step, whole, self._clock() - began, self._item)
        if self._fresh_enough(Progress):
            self._held = None
            self._now(job)
        else:
            self._held = job

    def _loading(self, event: Loading) -> None:
        new_stage = event.stage != self._stage
        if new_stage or event.fraction == 1.0 or self._fresh_enough(Loading):
            self._stage = event.stage
            self._now(event)

    def _fresh_enough(self, kind: type) -> bool:
        return self._clock() - self._sent.get(kind, float("-inf")) >= INTERVAL_S

    def _now(self, event: Event) -> None:
        self._sent[type(event)] = self._clock()
        self._send(event)
