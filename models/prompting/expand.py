"""What a prompt says for one seed: choices made, lists looked up, comments gone. The choosing is dynamicprompts'."""

from __future__ import annotations

import random
import re
import threading
from typing import TYPE_CHECKING, Any

from models.prompting import lists
from models.prompting.scan import LEFT_OPEN, Problem, Scan, place, scan, shown
from models.prompting.weights import SIGNS
from models.protocol import BadInput

if TYPE_CHECKING:
    from dynamicprompts.samplers import Sampler

LONGEST = 20_000  # letters
# The library keeps one parser, whose actions find out at their first call how many arguments they take: two threads at
# once count too far, and then nothing can be parsed until the program ends.
_ALONE = threading.RLock()
_BEFORE_A_POINT = re.compile(r"\s+(?=[,.;!?](?:\s|$))")  # left by a choice written over several lines


def problems(text: str, known: tuple[str, ...] | None = None) -> list[Problem]:
    """All that is wrong with a prompt, in the order in which it stands there; `known` are the lists that there are."""
    taken = scan(text)
    return sorted([*taken.problems, *_lost(taken, known)], key=lambda problem: problem.start)


def expand(text: str, seed: int, whose: str = "") -> str:
    """The prompt for that seed, weights and backslashes as they were. The same always, as long as the lists stay.

    `whose` tells texts of one seed apart ("avoid"): they choose independently. Raises BadInput with the place.
    """
    taken = check(text)
    if not taken.chooses:
        return text
    # A word beside the number, where there is one: the same choices would be made in both texts otherwise.
    chance = random.Random(f"{seed} {whose}" if whose else seed)
    answer = _BEFORE_A_POINT.sub("", " ".join(shown(_sampled(taken.clean, chance)).split()))
    if len(answer) > LONGEST:
        raise BadInput(f"The prompt becomes {len(answer):,} letters long: {LONGEST:,} is the most that fits.")
    return _settled(answer)


def _settled(answer: str) -> str:
    """The answer with a backslash before whatever would be taken for a choice, if it were a prompt itself."""
    while True:
        taken = scan(answer)
        starts = {piece.start for piece in taken.pieces if piece.kind in LEFT_OPEN}
        starts |= {problem.start for problem in taken.problems if problem.fatal}
        starts = {at for at in starts if answer[at] in SIGNS}
        if not starts:
            return answer
        # What is escaped in one round is a letter in the next, which may show another sign behind it.
        answer = "".join(f"\\{sign}" if at in starts else sign for at, sign in enumerate(answer))


def check(text: str) -> Scan:
    """The prompt taken apart. Raises BadInput with the place of the first thing that cannot be understood."""
    taken = scan(text)
    for problem in [*taken.problems, *_lost(taken, None)]:
        if problem.fatal:
            line, column = place(text, problem.start)
            raise BadInput(f"Prompt, line {line}, column {column}: {problem.sentence}")
    return taken


def _lost(taken: Scan, known: tuple[str, ...] | None) -> list[Problem]:
    """The lists that are asked for and not there, or not whole."""
    if not taken.lists:
        return []
    there = lists.names() if known is None else known
    found = []
    for name, piece in taken.lists:
        if not lists.there(name, there):
            found.append(Problem(piece.start, piece.end, lists.unknown(name, there)))
        elif sentence := lists.amiss(name):
            found.append(Problem(piece.start, piece.end, sentence, fatal=False))
    return found


def _sampled(clean: str, chance: random.Random) -> str:
    from dynamicprompts.enums import SamplingMethod
    from dynamicprompts.sampling_context import SamplingContext
    from pyparsing import ParseBaseException

    sampler = _sampler()
    context = SamplingContext(
        default_sampling_method=SamplingMethod.RANDOM,
        wildcard_manager=lists.Lists(),  # type: ignore[arg-type]
        samplers=dict.fromkeys(SamplingMethod, sampler),
        rand=chance,
    )
    try:
        with _ALONE:
            return str(next(iter(context.sample_prompts(clean, 1))))
    except KeyError as error:
        raise BadInput(f"A variable of the prompt is not set where it is used ({error.args[0]}).") from error
    except RecursionError as error:
        raise BadInput(
            "A list or a variable of the prompt goes round in a circle: see that none asks for itself."
        ) from error
    except ParseBaseException as error:
        near = shown(clean[max(error.loc - 10, 0) : error.loc + 20])
        raise BadInput(
            f"The prompt cannot be read near “{near}”: put a \\ before signs that are meant as letters."
        ) from error


def _sampler() -> Sampler:
    from dynamicprompts.commands import Command
    from dynamicprompts.samplers.random import RandomSampler

    class Fair(RandomSampler):
        """The library takes a chance out of its list by its size, which leaves the others' with the wrong options."""

        def _get_variant_choices(
            self, values: list[Command], weights: list[float], num_choices: int, rand: random.Random
        ) -> list[Command]:
            left: list[Any] = [pair for pair in zip(values, weights, strict=True) if pair[1] > 0]
            chosen: list[Command] = []
            while left and len(chosen) < num_choices:
                at = rand.choices(range(len(left)), weights=[weight for _, weight in left])[0]
                chosen.append(left.pop(at)[0])
            return chosen

    return Fair()
