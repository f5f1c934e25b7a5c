"""The task and the settings that additions to a model bring to its card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from models.families.diffusion.stable_diffusion_additions import NO_STYLE, OWN_DECODER, Additions
from models.protocol import Card, Input, Parameter

SKETCH = "sketch-to-picture"
_MOST_NAMED = 40

_INPUT = Input(
    name="sketch",
    medium="picture",
    label="Sketch",
    help="Lines that say what lies where, dark on white or white on black. It is scaled to cover the size chosen, and "
    "what hangs over is cut off.",
    tasks=(SKETCH,),
)


def extended(card: Card, additions: Additions) -> Card:
    """The card with all that these additions bring."""
    controls = tuple(sorted(additions.controls))
    if controls and "text-to-picture" in card.tasks:
        card = replace(
            card,
            tasks=(*card.tasks, SKETCH),
            inputs=(*card.inputs, _INPUT),
            parameters=(*card.parameters, *_control_settings(controls)),
        )
    return replace(
        card,
        parameters=(
            *card.parameters,
            *style_settings(additions.styles),
            *_word_settings(additions.words),
            *_decoder_settings(additions.decoders),
        ),
    )


def _control_settings(controls: tuple[str, ...]) -> Iterator[Parameter]:
    yield Parameter(
        name="control_strength",
        type="float",
        default=1.0,
        minimum=0,
        maximum=2,
        label="Control",
        help="How strictly the picture follows the sketch: 0 does not look at it, above 1 the lines become hard.",
        suggested=(0.5, 1.0, 1.5),
        tasks=(SKETCH,),
    )
    if len(controls) > 1:
        yield Parameter(
            name="control",
            type="choice",
            default=controls[0],
            choices=controls,
            label="Control network",
            help="Which network reads the sketch; each was taught its own kind of drawing.",
            tasks=(SKETCH,),
        )


def style_settings(styles: Mapping[str, Any]) -> Iterator[Parameter]:
    """A choice of LoRAs by these names, and how much of it; nothing where there is none."""
    if not styles:
        return
    yield Parameter(
        name="style",
        type="choice",
        default=NO_STYLE,
        choices=(NO_STYLE, *sorted(styles)),
        label="Look (LoRA)",
        help="What the model was taught afterwards, in a file of its own; none leaves it as it is.",
    )
    yield Parameter(
        name="style_strength",
        type="float",
        default=1.0,
        minimum=0,
        maximum=2,
        label="Look strength",
        help="How much of the look is seen, its LoRA weight: 0 is none of it, above 1 it is overdone.",
        suggested=(0.5, 1.0, 1.3),
    )


def _word_settings(words: Mapping[str, Any]) -> Iterator[Parameter]:
    if not words:
        return
    names = sorted(words)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    yield Parameter(
        name="word_strength",
        type="float",
        default=1.0,
        minimum=0,
        maximum=2,
        label="Learned words",
        help="How strongly words that were learned afterwards count (textual inversion). Write one into the prompt or "
        f"the negative prompt: {', '.join(names[:_MOST_NAMED])}{more}. 0 leaves them out.",
        suggested=(0.5, 1.0, 1.3),
    )


def _decoder_settings(decoders: Mapping[str, Any]) -> Iterator[Parameter]:
    if not decoders:
        return
    yield Parameter(
        name="decoder",
        type="choice",
        default=OWN_DECODER,
        choices=(OWN_DECODER, *sorted(decoders)),
        label="Decoder",
        help="What turns latents into pixels: the model's own autoencoder, another one (a VAE), or a small one that is "
        "fast and a little less exact (TAESD).",
        advanced=True,
    )
