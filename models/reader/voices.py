"""The instruments of the starter world's tunes: which partials they have and how these fade, as played and as read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """An additive instrument. `ratios` and `amplitudes` are of its partials, against the note's frequency and loudest.

    `attack` and `release` are in seconds; `decay` is the time in which its first partial falls to 1/e while the note is
    held (0: it does not), higher ones faster by `damping` for each ratio. `vibrato` is a share of the frequency,
    `breath` of noise. `lowest` and `highest` are MIDI pitches that suit it.
    """

    ratios: tuple[float, ...]
    amplitudes: tuple[float, ...]
    attack: float
    release: float
    decay: float = 0.0
    damping: float = 0.0
    vibrato: float = 0.0
    breath: float = 0.0
    lowest: int = 48
    highest: int = 88
    loud: float = 1.0


def _stretched(count: int, stiffness: float) -> tuple[float, ...]:
    """Partials of a stiff string (Fletcher 1964): a little higher than whole multiples."""
    return tuple(k * (1 + stiffness * k * k) ** 0.5 for k in range(1, count + 1))


VOICES = {
    "piano": Voice(_stretched(7, 0.0004), (1.0, 0.55, 0.30, 0.18, 0.10, 0.06, 0.03), 0.004, 0.12, 0.9, 0.55, loud=1.0),
    "strings": Voice(
        tuple(map(float, range(1, 11))), (0.62, 0.80, 1.0, 0.78, 0.66, 0.50, 0.40, 0.30, 0.22, 0.15), 0.07, 0.16,
        vibrato=0.004, loud=0.5,
    ),
    "flute": Voice((1.0, 2.0, 3.0), (1.0, 0.10, 0.03), 0.05, 0.08, vibrato=0.003, breath=0.02, lowest=67, highest=93,
                   loud=0.85),
    "bells": Voice((1.0, 2.76, 5.40, 8.93), (1.0, 0.62, 0.34, 0.14), 0.002, 0.7, 1.1, 0.25, lowest=67, highest=91,
                   loud=0.75),
    "clarinet": Voice((1.0, 3.0, 5.0, 7.0, 9.0), (1.0, 0.75, 0.50, 0.22, 0.10), 0.035, 0.07, vibrato=0.001, lowest=58,
                      highest=86, loud=0.6),
    "bass": Voice((1.0, 2.0, 3.0, 4.0), (1.0, 0.45, 0.16, 0.06), 0.006, 0.08, 0.7, 0.6, lowest=28, highest=50,
                  loud=1.1),
}  # fmt: skip
LEADS = ("piano", "strings", "flute", "bells", "clarinet")
BACKINGS = ("piano", "strings")
