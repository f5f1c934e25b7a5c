"""`main.py prompt [TEXT]`: what a prompt says for some seeds; without one, the styles and lists that there are."""

from __future__ import annotations

import argparse
import secrets

from models.commands import DONE, say
from models.commands.generate import number, prompt_text
from models.outputs.write import whole_text
from models.prompting import lists, styles
from models.prompting.expand import expand, problems
from models.prompting.scan import place
from models.prompting.weights import parts
from models.protocol import MAX_COUNT, MAX_SEED


def run(arguments: argparse.Namespace) -> int:
    return _said(arguments) if arguments.text else _there(arguments.json)


def _said(arguments: argparse.Namespace) -> int:
    """The prompt for each seed, and its weights; on the side, what is doubtful in it. Raises BadInput."""
    text = prompt_text(arguments.text, "The prompt")
    if arguments.style:
        text = styles.find(arguments.style).around(text)[0]
    first = number("seed", arguments.seed, 0, MAX_SEED) if arguments.seed else secrets.randbelow(MAX_SEED + 1)
    count = number("count", arguments.count, 1, MAX_COUNT)
    for k in range(count):
        seed = (first + k) % (MAX_SEED + 1)
        said = expand(text, seed)
        if arguments.json:
            weights = [{"text": whole_text(words), "weight": round(weight, 4)} for words, weight in parts(said)]
            say.json_line({"seed": seed, "prompt": said, "weights": weights})
        else:
            say.line(f"{seed}: {said}" if count > 1 or not arguments.seed else said)
    for problem in problems(text):
        line, column = place(text, problem.start)
        say.sentence(f"Line {line}, column {column}: {problem.sentence}")
    return DONE


def _there(as_json: bool) -> int:
    known, names = styles.known(), lists.names()
    for sentence in lists.problems():
        say.sentence(sentence)
    if as_json:
        rows = [{"name": one.name, "prompt": one.prompt, "negative_prompt": one.negative_prompt} for one in known]
        say.json_line({"styles": rows, "lists": list(names), "folder": str(lists.folder()), "file": str(styles.path())})
        return DONE
    say.line(f"Styles (yours go into {styles.path()}):")
    say.table([(one.name, one.prompt) for one in known], indent="  ")
    say.line(f"Lists of words (yours go into {lists.folder()}):")
    say.line("  " + ", ".join(f"__{name}__" for name in names))
    return DONE
