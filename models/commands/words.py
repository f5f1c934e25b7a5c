"""Every word of the command line, once: the parser, and with it `--help`."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable
from typing import Any, NoReturn

from models.declaration import MEDIA
from models.planning.wish import PARAMETERS as WISHES
from models.protocol import MAX_COUNT, BadInput, listed
from models.samples import SAMPLES
from models.store.arrange import ORDERS
from models.store.catalog.form import FAMILIES
from models.version import SOFTWARE

_EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped."
_EXAMPLES = f"""\
examples:
  main.py                                       the window
  main.py generate scenes --prompt "{SAMPLES[0]}"
  main.py generate scenes --prompt "a red sailboat at night" --input boat.png --set strength=0.85
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
    _batch(commands)
    _prompt(commands)
    _models(commands)
    info = _command(commands, "info", "models.commands.info", "Tell how a finished file was made.")
    info.add_argument(
        "file", metavar="FILE", help="a picture made here, or by another program that writes its settings"
    )
    _command(commands, "doctor", "models.commands.doctor", "Tell what this machine has and what is missing.")
    _selftest(commands)
    _menu_entry(commands)
    return parser.parse_args(words)


def _generate(commands: Any) -> None:
    about = "Make something; prints the path of each finished file."
    parser = _command(commands, "generate", "models.commands.generate", about)
    add = parser.add_argument
    add("model", metavar="MODEL", help="a model's id (see `models list`), or the path of its file or folder")
    add("--prompt", metavar="TEXT", default="", help="what to make, in words")
    add("--negative", metavar="TEXT", default="", help="what to keep away from, where the model can")
    add("--style", metavar="NAME", default="", help="lay this style around the prompt (see `main.py prompt`)")
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
    add(
        "--format",
        metavar="FORMAT",
        default="",
        help="png, jpeg or webp (jpeg:80 for that quality); wav, wav16, wav32, flac, ogg or mp3; mp4, webm, gif or "
        "frames; markdown or text (default: the first of its kind)",
    )
    _wish(parser)


def _selftest(commands: Any) -> None:
    about = "Try the window, every starter and a miniature of every family."
    parser = _command(commands, "selftest", "models.commands.selftest", about)
    parser.add_argument("--report", metavar="FILE", default="", help="write the table into this file too")
    parser.add_argument("--miniatures", help=argparse.SUPPRESS)  # its own child: the file for what it finds


def _menu_entry(commands: Any) -> None:
    about = "Put Everyform into the menu of this Linux desktop, for you alone."
    parser = _command(commands, "menu-entry", "models.commands.menu_entry", about)
    parser.add_argument("--remove", action="store_true", help="take it out again")


def _prompt(commands: Any) -> None:
    about = "Tell what a prompt says for a seed; without one, which styles and lists of words there are."
    parser = _command(commands, "prompt", "models.commands.prompt", about)
    example = "such as 'a {red|blue} (boat:1.3) __times__'"
    parser.add_argument("text", metavar="TEXT", nargs="?", default="", help=example)
    parser.add_argument("--style", metavar="NAME", default="", help="lay this style around it")
    parser.add_argument("--seed", metavar="N", default="", help="the first seed (default: any)")
    parser.add_argument("--count", metavar="N", default="1", help="for so many seeds, N, N+1 ... (default 1)")


def _wish(parser: argparse.ArgumentParser) -> None:
    """How it is to run: each option once, as the list of wishes has it."""
    group = parser.add_argument_group("how it runs (default: as this machine is best used)")
    for wanted in WISHES:
        choices = listed(tuple(choice for choice in wanted.choices if choice))
        what = f"{wanted.help[:1].lower()}{wanted.help[1:].rstrip('.')}: {choices}"
        group.add_argument(f"--{wanted.name}", metavar=wanted.name.upper(), default="", help=what)


def _compare(commands: Any) -> None:
    about = "Ask every model that takes words for the same picture; writes them and a sheet with all of them."
    parser = _command(commands, "compare", "models.commands.compare", about)
    add = parser.add_argument
    add("--prompt", metavar="TEXT", default="", help="what to make, in words")
    add("--seed", metavar="N", default="", help="the same for all (default: any)")
    add("--models", metavar="ID", nargs="+", default=[], help="only these (default: all that can)")
    add("--out", metavar="FOLDER", default="", help="where to write (default: the folder of outputs)")


def _batch(commands: Any) -> None:
    about = "Make many: presets by prompts by seeds by a grid; prints the path of each finished file."
    parser = _command(commands, "batch", "models.commands.batch", about)
    add = parser.add_argument
    add("presets", metavar="PRESET", nargs="+", help="a preset's name, or the path of its file")
    what = "a text file with a prompt a line, or a .csv with the columns prompt, negative, seed, preset and any setting"
    add("--prompts", metavar="FILE", default="", help=f"{what} (default: the presets' own)")
    what = "a file to start from, or a folder of them, one a row; may be given again"
    add("--input", metavar="[NAME=]DIR", action="append", default=[], dest="inputs", help=what)
    add("--seeds", metavar="N-M", default="", help="such as 1-8,12 (default: as many as the preset's count, from 1)")
    what = "values for a setting, seed or prompt, such as 4,8,16 or 4-16:4; up to three times, as X, Y and Z of a sheet"
    add("--grid", metavar="NAME=V,V", action="append", default=[], help=what)
    add("--out", metavar="DIR", default="", help="where to write (default: batch in the folder of outputs)")
    what = "what to call the files, such as {preset}-{seed}; of the fields, settings among them"
    add("--name", metavar="TEMPLATE", default="", help=f"{what} preset, model, task, prompt, input, grid, seed, row")
    add("--dry-run", action="store_true", help="only tell which rows it would be")
    add("--resume", action="store_true", help="go on with the batch in DIR: only what is missing is made")
    what = "spread the rows over the Ray cluster that this machine is part of: its address, auto, or local for all"
    add("--cluster", metavar="ADDRESS", default="", help=f"{what} accelerators here (needs the extra cluster)")
    add("--until-closed", action="store_true", help="for programs: stop once standard input is closed")
    _wish(parser)


def _models(commands: Any) -> None:
    about = "List, show, add, remove, verify and download models."
    group = commands.add_parser("models", help=about, description=about, allow_abbrev=False)
    words = group.add_subparsers(title="commands", metavar="COMMAND", dest="models_command", required=True)
    module = "models.commands.models"
    _list(_command(words, "list", module, "List the models on this machine.", "list_all"))
    show = _command(words, "show", module, "Show a model's tasks, settings and inputs.", "show")
    show.add_argument("model", metavar="ID|PATH")
    add = _command(words, "add", module, "Add a model where it lies; nothing is copied.", "add")
    add.add_argument("path", metavar="PATH", help="a model's folder, or its .safetensors, .gguf or .onnx file")
    add.add_argument("--name", metavar="TEXT", default="", help="what to call it (default: its own name)")
    remove = _command(words, "remove", module, "Take a model off the list; its files stay.", "remove")
    remove.add_argument("model", metavar="ID")
    remove.add_argument("--bin", action="store_true", help="put its files into the system's bin too")
    remove.add_argument("--even-linked", action="store_true", help="with --bin: also out of other programs' folders")
    catalog = _command(words, "catalog", "models.commands.catalog", "Search the public models that may be fetched.")
    catalog.add_argument("words", metavar="WORD", nargs="*", help="only those with all of these words")
    catalog.add_argument("--medium", metavar="MEDIUM", default="", help=f"only what makes this: {listed(MEDIA)}")
    catalog.add_argument("--family", metavar="FAMILY", default="", help=f"only this family: {listed(FAMILIES)}")
    plan = _command(words, "plan", "models.commands.plan", "Tell how a model would run here, and what it would take.")
    plan.add_argument("model", metavar="ID|PATH")
    plan.add_argument("--size", metavar="WIDTHxHEIGHT", default="", help="of the picture (default: the model's own)")
    plan.add_argument("--frames", metavar="N", default="", help="of a video (default: the model's own)")
    plan.add_argument("--tokens", metavar="N", default="", help="of a text (default: the model's own)")
    _wish(plan)
    verify = _command(words, "verify", module, "Read all weights against their checksums.", "verify")
    verify.add_argument("model", metavar="ID", nargs="?", default="", help="one model (default: all)")
    _folders(words)
    _hub(words)


def _list(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--medium", metavar="MEDIUM", default="", help=f"only what makes this: {listed(MEDIA)}")
    add("--family", metavar="FAMILY", default="", help=f"only this family: {listed(FAMILIES)}")
    add("--architecture", metavar="NAME", default="", help="only this architecture, or with --additions this kind")
    add(
        "--base", metavar="NAME", default="", help="only what is of this public family of models, or goes with it: SDXL"
    )
    add("--search", metavar="WORDS", default="", help="only those with all of these words")
    add("--sort", metavar="ORDER", default="", help=f"by {listed(ORDERS)} (default: as they come)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--additions", action="store_true", help="LoRAs, VAEs, ControlNets and what else adds to models")
    what.add_argument("--others", action="store_true", help="what does not run here, and why")


def _folders(words: Any) -> None:
    """Other programs' models, and files."""
    module = "models.commands.folders"
    link = _command(words, "link", module, "List the models in another program's folder, where they lie.", "link")
    link.add_argument("folder", metavar="FOLDER", help="of ComfyUI, A1111, Forge, InvokeAI, the hub's cache, or any")
    unlink = _command(words, "unlink", module, "List nothing of that folder any more; its files stay.", "unlink")
    unlink.add_argument("folder", metavar="FOLDER")
    _command(words, "links", module, "List the linked folders.", "links")
    _command(words, "duplicates", module, "Find files of weights that lie here twice.", "duplicates")
    about = "Write a .ckpt, .pt, .pth or .bin anew as safetensors, running nothing of it."
    convert = _command(words, "import", module, about, "convert")
    convert.add_argument("file", metavar="FILE")
    convert.add_argument("--out", metavar="FOLDER", default="", help="where to write (default: beside it)")
    convert.add_argument("--name", metavar="TEXT", default="", help="what to call it (default: its own name)")


def _hub(words: Any) -> None:
    """What goes to the network, and only then."""
    module = "models.commands.download"
    about = "Fetch a model from the Hugging Face hub; goes on where it stopped."
    get = _command(words, "download", module, about, "download")
    get.add_argument("id", metavar="OWNER/NAME", help="the model's name on the hub, or the address of its page")
    get.add_argument("--revision", metavar="R", default="", help="a branch, tag or commit (default: the newest)")
    get.add_argument(
        "--include",
        metavar="PATTERN",
        action="append",
        default=[],
        help="only the files of this name, such as '*Q8_0.gguf', and the settings beside them; may be given again",
    )
    get.add_argument(
        "--variant", metavar="NAME", default="", help="fp16, say, or a GGUF's Q8_0 (default: the plain one)"
    )
    what = get.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only tell which files it would be, and how large")
    what.add_argument("--discard", action="store_true", help="delete what has come of it so far, and fetch nothing")
    search = _command(words, "search", module, "Ask the hub for models by name.", "search")
    search.add_argument("words", metavar="WORD", nargs="+")
    search.add_argument("--limit", metavar="N", type=int, default=20, help="so many at most (default 20)")
    token = _command(words, "token", module, "Keep, remove or look for your access token of the hub.", "secret")
    token.add_argument("deed", metavar="set|remove|status", choices=("set", "remove", "status"))


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
