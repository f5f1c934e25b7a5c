"""How fast tokens come, and how many words there are."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 3.0  # a speed that is read should not dance
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


class Pace:
    """Tokens a second over the last moments. The first token's wait is no part of it: then the prompt was read."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came: deque[tuple[float, int]] = deque()
        self.tokens = 0
        self._began = 0.0
        self._first = 0
        self._last = 0.0

    def take(self, tokens: int) -> None:
        """So many came now."""
        now = self._clock()
        if not self.tokens:
            self._began, self._first = now, tokens
        self.tokens += tokens
        self._last = now
        self._came.append((now, self.tokens))
        while self._came and now - self._came[0][0] > _WINDOW_S:
            self._came.popleft()

    @property
    def now(self) -> float:
        """Tokens a second at this moment; 0 where too few came to tell."""
        if len(self._came) < 2:
            return 0.0
        (begin, before), (end, after) = self._came[0], self._came[-1]
        return (after - before) / (end - begin) if end > begin else 0.0

    @property
    def whole(self) -> float:
        """Tokens a second from the first to the last."""
        return (self.tokens - self._first) / (self._last - self._began) if self._last > self._began else 0.0


def words(text: str) -> int:
    """How many words a text has; where words are not parted by spaces, each stretch of letters is one."""
    return sum(1 for _ in _WORD.finditer(text))


def rate(tokens_a_second: float) -> str:
    """`61 tokens a second`, with a figure after the point below ten."""
    if tokens_a_second <= 0:
        return ""
    figure = f"{tokens_a_second:.0f}" if tokens_a_second >= 9.95 else f"{tokens_a_second:.1f}"
    return f"{figure} tokens a second"
