"""What stands under a prompt, in words: its tokens, what is wrong with it, and what this seed says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.prompting.reading import Reading

UNWEIGHED = "This model cannot weigh words: they go in without their brackets."
SHOWN = 280  # letters of what a seed says


@dataclass(frozen=True)
class Told:
    """The count, whether it is over what is read, and the sentence beside it with whether it warns."""

    tokens: str = ""
    over: bool = False
    sentence: str = ""
    warns: bool = False


def told(prompt: Reading, negative: Reading | None, seed: int | None, problems: Sequence[str] = ()) -> Told:
    """Of both texts; `seed` is the one that is kept, None where the next is a new one. `problems` are those of files of
    words, whatever the texts say."""
    over = prompt.used > prompt.limit
    tokens = f"{prompt.used} of {prompt.limit} tokens" + (": the rest is not read" if over else "")
    sentence, warns = _sentence(prompt, negative, seed)
    for problem in problems[:1]:
        sentence, warns = (sentence if problem in sentence else f"{sentence}\n{problem}".strip()), True
    return Told(tokens if prompt.limit else "", over and bool(prompt.limit), sentence, warns)


def _sentence(prompt: Reading, negative: Reading | None, seed: int | None) -> tuple[str, bool]:
    found = [*prompt.problems, *(negative.problems if negative else ())]
    # What cannot be understood goes before what is merely doubtful.
    for problem in sorted(found, key=lambda problem: not problem.fatal):
        return problem.sentence, True
    if negative is not None and negative.used > negative.limit:
        return f"Of what to avoid, {negative.limit} of {negative.used} tokens are read: the rest is not.", True
    unweighed = prompt.unweighed or (negative is not None and negative.unweighed)
    parts = [UNWEIGHED] if unweighed else []
    for reading, what in ((prompt, "says"), (negative, "avoids")):
        if reading is not None and reading.said:
            said = reading.said if len(reading.said) <= SHOWN else f"{reading.said[:SHOWN].rstrip()} …"
            parts.append(f"Seed {seed} {what}: {said}" if seed is not None else f"A seed {what}, for example: {said}")
    return "\n".join(parts), unweighed
