"""Every word of the command line, once: the parser, and with it `--help`."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable
from typing import Any, NoReturn

from models.protocol import MAX_COUNT, BadInput, listed
from models.samples import SAMPLES
from models.version import SOFTWARE

_EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped."
_EXAMPLES = f"""\
examples:
  main.py                                       the window
  main.py generate scenes --prompt "{SAMPLES[0]}"
  main.py generate scenes --prompt "the same at night" --input boat.png --set strength=0.5
  main.py compare --prompt "{SAMPLES[0]}"       every model's answer to it
  main.py models show scenes                    what a model takes
  main.py info picture.png                      how a picture was made
"""


class Parser(argparse.ArgumentParser):
    """argparse, but what is wrong is one sentence, said like all others."""

    def error(self, message: str) -> NoReturn:
        wrong = re.fullmatch(r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.*)\)", message)
        if wrong:
            choices = [choice.strip("' ") for choice in wrong[3].split(",")]
            raise BadInput(f"There is no {wrong[1].lower()} {wrong[2]!r}: choose {listed(choices)}.")
        text = message[:1].upper() + message[1:].rstrip(".")
        raise BadInput(f"{text}: see `{self.prog} --help`.")


def read(words: list[str]) -> argparse.Namespace:
    """The arguments, with `run`, the function to call. Raises BadInput; `--help` prints and exits with 0."""
    parser = Parser(
        prog="main.py",
        description="Everyform makes pictures, sound, video and text on your own machine. No word: the window.",
        epilog=f"{_EXAMPLES}\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=SOFTWARE)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    _generate(commands)
    _compare(commands)
    _models(commands)
    info = _command(commands, "info", "models.commands.info", "Tell how a finished file was made.")
    info.add_argument(
        "file", metavar="FILE", help="a picture made here, or by another program that writes its settings"
    )
    _command(commands, "doctor", "models.commands.doctor", "Tell what this machine has and what is missing.")
    return parser.parse_args(words)


def _generate(commands: Any) -> None:
    about = "Make something; prints the path of each finished file."
    parser = _command(commands, "generate", "models.commands.generate", about)
    add = parser.add_argument
    add("model", metavar="MODEL", help="a model's id (see `models list`), or the path of its file or folder")
    add("--prompt", metavar="TEXT", default="", help="what to make, in words")
    add("--negative", metavar="TEXT", default="", help="what to keep away from, where the model can")
    add(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="a setting, as `models show MODEL` lists them; may be given again",
    )
    add(
        "--input",
        metavar="[NAME=]FILE",
        action="append",
        default=[],
        dest="inputs",
        help="a file to start from; without names they are taken in the model's order; may be given again",
    )
    add("--task", metavar="TASK", default="", help="which of the model's tasks (default: what fits the inputs)")
    add("--seed", metavar="N", default="", help="the first item's seed; the same seed makes the same (default: any)")
    add("--count", metavar="N", default="1", help=f"how many, from seeds N, N+1 ... (1 to {MAX_COUNT}, default 1)")
    add("--out", metavar="FOLDER", default="", help="where to write (default: the folder of outputs)")
    add("--format", metavar="FORMAT", default="", help="png, jpeg or webp for pictures (default png)")


def _compare(commands: Any) -> None:
    about = "Ask every model that takes words for the same picture; writes them and a sheet with all of them."
    parser = _command(commands, "compare", "models.commands.compare", about)
    add = parser.add_argument
    add("--prompt", metavar="TEXT", default="", help="what to make, in words")
    add("--seed", metavar="N", default="", help="the same for all (default: any)")
    add("--models", metavar="ID", nargs="+", default=[], help="only these (default: all that can)")
    add("--out", metavar="FOLDER", default="", help="where to write (default: the folder of outputs)")


def _models(commands: Any) -> None:
    about = "List, show, add, remove and verify models."
    group = commands.add_parser("models", help=about, description=about, allow_abbrev=False)
    words = group.add_subparsers(title="commands", metavar="COMMAND", dest="models_command", required=True)
    module = "models.commands.models"
    _command(words, "list", module, "List the models on this machine.", "list_all")
    show = _command(words, "show", module, "Show a model's tasks, settings and inputs.", "show")
    show.add_argument("model", metavar="ID|PATH")
    add = _command(words, "add", module, "Add a model where it lies; nothing is copied.", "add")
    add.add_argument("path", metavar="PATH", help="a model's folder, or its .safetensors file")
    add.add_argument("--name", metavar="TEXT", default="", help="what to call it (default: its own name)")
    remove = _command(words, "remove", module, "Take a model off the list; its files stay.", "remove")
    remove.add_argument("model", metavar="ID")
    verify = _command(words, "verify", module, "Read all weights against their checksums.", "verify")
    verify.add_argument("model", metavar="ID", nargs="?", default="", help="one model (default: all)")


def _command(group: Any, name: str, module: str, about: str, function: str = "run") -> argparse.ArgumentParser:
    parser = group.add_parser(name, help=about, description=about, epilog=_EXIT_CODES, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="for programs: JSON on stdout")
    parser.set_defaults(run=_later(module, function))
    return parser


def _later(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """Import a command when it is run: `models list` must not wait for what `doctor` needs."""

    def run(arguments: argparse.Namespace) -> int:
        return getattr(importlib.import_module(module), function)(arguments)

    return run
