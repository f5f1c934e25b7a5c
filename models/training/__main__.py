"""The training lab from the command line: list, run NAME, score MODEL, report."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import torch

from models.training import recipes
from models.training.lab import SAVE_EVERY_S, Lab


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training", description="Train the starters that ship with Everyform."
    )
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list", help="what can be trained")
    words.add_parser("report", help="write the table of all starters into resources/starter/README.md")
    score = words.add_parser(
        "score", help="how faithful a model is to prompts, how like real renders its pictures are, or how well it tells"
    )
    score.add_argument("model", type=Path, help="a folder, for example resources/starter/scenes")
    score.add_argument(
        "--count", type=int, default=0, help="pictures (200, or 500 for a model without prompts), or texts (100)"
    )
    score.add_argument("--sheet", type=Path, help="write the first 16 pictures there")
    score.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the model")
    picture = words.add_parser("picture", help="draw the picture in the guide of a starter's architecture")
    picture.add_argument("model", type=Path, help="a folder, for example resources/starter/scenes")
    picture.add_argument("--seed", type=int, default=3)
    picture.add_argument("--task", default="", help="its first one, unless another is named")
    picture.add_argument("--input", nargs="*", default=[], metavar="NAME=FILE", help="what the task starts from")
    run = words.add_parser("run", help="train one; goes on from its last checkpoint")
    run.add_argument("name", choices=sorted(recipes.all_recipes()))
    run.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    run.add_argument("--state", type=Path, default=Path("training-state"), help="folder of checkpoints and logs")
    run.add_argument("--out", type=Path, default=Path("resources/starter"), help="folder of finished starters")
    run.add_argument("--steps", type=int, help="instead of the recipe's budget")
    run.add_argument("--batch", type=int, help="instead of the recipe's budget")
    run.add_argument("--pictures", type=int, help="instead of the recipe's budget")
    run.add_argument("--minutes", type=float, default=math.inf, help="stop, with a checkpoint, after so long")
    run.add_argument("--within", type=float, default=math.inf, help="minutes: as many steps as there is time for")
    run.add_argument("--hurried", action="store_true", help="leave out looks on the way and the figures at the end")
    run.add_argument("--prompts", type=int, default=200, help="how many unseen prompts the result is scored on")
    run.add_argument("--save-every", type=float, default=SAVE_EVERY_S, help="seconds between checkpoints")
    given = parser.parse_args(argv)
    if given.word == "list":
        for recipe in recipes.all_recipes().values():
            print(f"{recipe.name:22} {recipe.makes}" + (f" (needs {', '.join(recipe.needs)})" if recipe.needs else ""))
        return 0
    if given.word == "report":
        from models.training.report import write

        print(write(Path("resources/starter")))
        return 0
    if given.word == "score":
        from models.training.lab import sheet
        from models.training.measure import measure

        figures, made = measure(given.model, given.count, dict(word.split("=", 1) for word in given.set))
        print(json.dumps(figures))
        if given.sheet and len(made):
            sheet(given.sheet, made[:16], 4)
        return 0
    if given.word == "picture":
        from models.training.guide_picture import draw

        inputs = dict(word.split("=", 1) for word in given.input)
        print(draw(given.model, seed=given.seed, task=given.task, inputs=inputs))
        return 0
    _run(given.name, given)
    return 0


def _run(name: str, given: argparse.Namespace) -> None:
    """Run a recipe, and before it those that it needs and that have not ended yet (figures are their last word)."""
    recipe = recipes.all_recipes()[name]
    for need in recipe.needs:
        shipped = recipes.all_recipes()[need].shipped
        if not (given.state / need / "figures.json").exists() and not (shipped and shipped.exists()):
            _run(need, given)
    device = torch.device(given.device)
    budget = recipe.cuda if device.type == "cuda" else recipe.cpu
    chosen = {k: v for k in ("steps", "batch", "pictures") if (v := getattr(given, k)) is not None}
    budget = replace(budget, **chosen)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    recipe.run(
        Lab(
            recipe, given.state, given.out, device, budget, given.minutes, given.save_every, given.prompts,
            given.hurried, time.monotonic() + 60 * given.within,
        )
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
