"""What `main.py` does where there is no screen: one output for each medium that has a starter."""

from __future__ import annotations

from pathlib import Path

from models.commands import DONE, FAILED, job, say
from models.commands.tell import PeopleTeller
from models.outputs import place
from models.protocol import BadInput, ModelInfo, Request
from models.registry import Registry
from models.samples import SAMPLES
from models.store.store import Store

FOLDER = "outputs"
SEED = 7


def run(reason: str) -> int:
    """Say why there is no window and what to do instead, and make the first things; 0 unless one failed."""
    say.sentence(f"{reason} So the window stays closed; `main.py generate MODEL --prompt TEXT` works without it.")
    store = Store(Registry().recognise)
    first: dict[str, ModelInfo] = {}
    for model in store.models():
        if model.starter and not model.missing:
            first.setdefault(model.card.medium, model)
    for problem in store.problems:
        say.sentence(problem)
    if not first:
        say.sentence(
            "No starter model is here, so there is nothing to show yet: `make train NAME=scenes` makes one, "
            "and `main.py models add PATH` takes a model of yours."
        )
        return FAILED
    codes = [_make(model) for model in first.values()]
    return max(codes, default=DONE)


def _make(model: ModelInfo) -> int:
    card = model.card
    try:
        task = card.task_for(())
        settings = card.check({}, task)
        out = place.ready(Path(FOLDER).absolute())
    except BadInput as error:
        say.sentence(str(error))
        return FAILED
    prompt = SAMPLES[0] if card.prompt_limit else ""
    say.sentence(f"{model.name} makes a {card.medium}" + (f": {prompt}." if prompt else "."))
    request = Request(model.id, model.path, card.architecture, task, prompt, seed=SEED, settings=settings, out=str(out))
    return job.make(request, PeopleTeller())
