"""What there is to tell of a prompt while it is written: what is wrong, what this seed says, how much of it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models import tokens
from models.prompting import weights
from models.prompting.expand import expand, problems
from models.prompting.item import takes_signs
from models.prompting.scan import Problem, scan
from models.protocol import BadInput, Card


@dataclass(frozen=True)
class Reading:
    """`said` is what the seed makes of it, empty where nothing is left to it. `used` of `limit` tokens, 0 of 0 where
    they cannot be counted; what follows the letter `kept` is not read. `unweighed`: its weights will not act."""

    problems: tuple[Problem, ...] = ()
    said: str = ""
    used: int = 0
    limit: int = 0
    kept: int | None = None
    unweighed: bool = False


def read(text: str, seed: int = 0, model_path: str = "", card: Card | None = None, whose: str = "") -> Reading:
    """Everything of it; looks at the lists and the tokenizer on disk. Whatever is wrong is in the answer.

    `whose` as in `expand`: what is to be avoided chooses for itself.
    """
    if not takes_signs(card):
        return _counted(Reading(), text, text, model_path, card)
    wrong, said, spoken = problems(text), "", text
    if scan(text).chooses and not any(problem.fatal for problem in wrong):
        try:
            spoken = said = expand(text, seed, whose)
        except BadInput as error:
            wrong.append(Problem(0, max(len(text), 1), str(error)))
    unweighed = card is not None and not card.weighs_words and weights.weighs(spoken)
    found = Reading(tuple(wrong), said, unweighed=unweighed)
    return _counted(found, text, spoken, model_path, card)


def _counted(found: Reading, text: str, spoken: str, model_path: str, card: Card | None) -> Reading:
    letters = weights.letters(spoken) if takes_signs(card) else None
    plain = spoken if letters is None else "".join(one.text for one in letters)
    if card is None or not card.tokenizer:
        return found
    try:
        used, limit, kept = tokens.count(model_path, card, plain)
    except BadInput:
        return found
    place: int | None = None
    # Where a choice makes the text longer than it is written, there is no one place in it where reading ends.
    if used > limit and spoken == text:
        place = kept if letters is None else (letters[kept - 1].end if kept else 0)
    return replace(found, used=used, limit=limit, kept=place)
