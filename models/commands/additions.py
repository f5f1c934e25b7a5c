"""Additions named on the command line: by their name on the card, their id or their path; and why one does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from models.protocol import BadInput, Found, ModelInfo, listed
from models.store.store import Store

# The settings whose choices are additions, and what goes there.
_KINDS = {"style": ("LoRA",), "control": ("ControlNet",), "decoder": ("VAE", "TAESD")}


def chosen(settings: Mapping[str, object], model: ModelInfo, store: Store) -> dict[str, object]:
    """The settings, with ids and paths of additions as the names that the card has.

    Raises BadInput with why an addition that is here does not go with this model; what is nothing here is left as it
    is, for the card to say.
    """
    known = {p.name: p.choices for p in model.card.parameters}
    made = dict(settings)
    for name, kinds in _KINDS.items():
        value = str(made.get(name, ""))
        if not value or value in known.get(name, ()):
            continue
        if model.card.family not in ("diffusion", "flow-matching"):
            continue
        try:
            one = store.about(value)
        except BadInput:
            continue
        if not isinstance(one, Found) or not one.addition:
            raise BadInput(f"{value} is a whole model, and {name} takes a {listed(kinds)}: choose one of those.")
        if one.kind not in kinds:
            raise BadInput(f"{one.name} is a {one.kind}, and {name} takes a {listed(kinds)}: choose one of those.")
        same = next((choice for choice in known.get(name, ()) if choice.lower() == one.name.lower()), None)
        if name == "control" and name not in known and "control_strength" in known and model.base in one.bases:
            del made[name]  # the only one there is needs no choosing
            continue
        if same is None:
            raise BadInput(_why_not(one, model))
        made[name] = same
    return made


def _why_not(one: Found, model: ModelInfo) -> str:
    """Why that addition is none of this model's, in a sentence."""
    of = model.base or "no public kind"
    if model.base and model.base in one.bases and one.id == one.path:
        return f"{one.name} is not on the list: put it there first (models add {one.path})."
    whose = f" for {listed(one.bases)}" if one.bases else ""
    return f"{one.name} is a {one.kind}{whose}, and {model.name} is of {of}: choose one that was made for it."
