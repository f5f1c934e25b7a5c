"""What a download would fetch: found out from the hub, and refused by its settings before any weight has come."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.protocol import BadInput
from models.store.fetch import choice, hub, transfer
from models.store.fetch.choice import Choice
from models.store.fetch.halt import Halt
from models.store.fetch.hub import Gated, Hidden, Listing
from models.store.fetch.patience import Patience, insist
from models.store.fetch.staging import Ask, Plan
from models.store.fetch.token import Secret
from models.store.files import Files

INDEX = "model_index.json"


class Unfit(BadInput):
    """What has come so far shows that the model will never be loaded."""


def look(
    ask: Ask,
    secret: Callable[[], Secret | None],
    patience: Patience,
    halt: Halt,
    waiting: Callable[[str], None] = lambda reason: None,
) -> tuple[Plan, Choice]:
    """Ask the hub, choose, and say what is to be fetched. `secret` is called only where the hub wants a token.

    `waiting` hears why it must try again, as `insist` has it. Raises BadInput, Gated and Halted.
    """
    locked = False

    def listing() -> Listing:
        nonlocal locked
        try:
            return hub.listing(ask.id, ask.revision)
        except (Gated, Hidden):
            if (key := secret()) is None:
                raise
            locked = True
            return hub.listing(ask.id, ask.revision, key)

    told = insist(listing, patience, halt, waiting=waiting)
    key = secret() if locked or told.gated else None
    if told.gated and key is None:
        raise hub.gated(told.id, None)
    index = None
    if (file := next((f for f in told.files if f.name == INDEX), None)) and not ask.include:
        small = insist(lambda: transfer.read_small(told.id, told.commit, file, key), patience, halt, waiting=waiting)
        index = _index(small)
    chosen = choice.choose(told, ask.include, ask.variant, index)
    return Plan(told.id, told.commit, told.licence, locked or told.gated, chosen.files), chosen


def refuse(plan: Plan, come: Path) -> None:
    """Look at what has come of it so far, the settings first of all, as the store will. Raises Unfit.

    A pickle that the person named is for the import to judge.
    """
    if come.is_dir() and not any(choice.is_pickle(file.name) for file in plan.files):
        try:
            Files(come)
        except BadInput as error:
            raise Unfit(str(error)) from error


def _index(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{INDEX} is broken on the hub itself: choose another model.") from error
    if not isinstance(told, dict):
        raise BadInput(f"{INDEX} holds no JSON object: choose another model.")
    return told
