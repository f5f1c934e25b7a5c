"""One item's request with its prompt as it is said: expanded for its seed, and without signs where they can't act."""

from __future__ import annotations

from dataclasses import replace

from models.prompting import weights
from models.prompting.expand import expand
from models.protocol import Card, Request

UNWEIGHED = "This model cannot weigh words, so they went in without their brackets."
AVOID = "avoid"  # the negative prompt chooses for itself: `whose` of `expand`
_AS_IT_STANDS = ("text-to-speech",)  # every sign of it is to be spoken


def takes_signs(card: Card | None, task: str = "") -> bool:
    """Whether a prompt for it is one with choices and weights: what is said to a language model is as it stands."""
    task = task or (card.tasks[0] if card else "")
    return card is None or (bool(card.prompt_limit) and card.medium != "text" and task not in _AS_IT_STANDS)


def said(request: Request, card: Card) -> Request:
    """The request of one item with its texts expanded for its seed, and the templates kept where they were others.

    Raises BadInput with the place of what cannot be expanded.
    """
    if not takes_signs(card, request.task):
        return request
    prompt = expand(request.prompt, request.seed)
    negative = expand(request.negative_prompt, request.seed, AVOID)
    return replace(
        request,
        prompt=prompt,
        negative_prompt=negative,
        template=request.prompt if prompt != request.prompt else request.template,
        negative_template=request.negative_prompt if negative != request.negative_prompt else request.negative_template,
    )


def heard(request: Request, card: Card) -> tuple[Request, bool]:
    """The request as its model gets it, and whether weights were lost on the way."""
    if card.weighs_words or not takes_signs(card, request.task):
        return request, False
    lost = weights.weighs(request.prompt) or weights.weighs(request.negative_prompt)
    plain = replace(
        request, prompt=weights.plain(request.prompt), negative_prompt=weights.plain(request.negative_prompt)
    )
    return plain, lost
