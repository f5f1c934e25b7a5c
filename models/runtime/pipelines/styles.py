"""Styles (LoRA, Hu et al. 2021) over a pipeline's weights: read once, worn at any strength, taken off again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from models.protocol import BadInput
from models.runtime.fitting import packing

NONE = "none"  # what cards call having none of them


class Styles:
    """For one pipeline of diffusers that loads LoRAs."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._now: tuple[str, float] = ("", 0.0)
        self._worn: list[str] = []  # styles that were read, in order

    def choose(
        self, settings: Mapping[str, Any], there: Callable[[], Mapping[str, Callable[[], dict[str, Tensor]]]]
    ) -> bool:
        """Lay the style that a card's settings ask for over the networks, or take any off; whether something changed.

        `there` gives those that can be read. Raises BadInput where it is not there any more, or was made for another
        model: then none is worn.
        """
        name = str(settings.get("style", NONE))
        name = "" if name == NONE else name
        asked = (name, float(settings["style_strength"]) if name else 0.0)
        if asked == self._now:
            return False
        if name and name not in self._worn:
            read = there().get(name)
            if read is None:
                raise BadInput(f"The style {name} is not there any more: choose another one, or none.")
            self._put_on(name, read)
        if name:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters([_adapter(self._worn.index(name))], [asked[1]])
        elif self._worn:
            self._pipeline.disable_lora()
        self._now = asked
        return True

    def _put_on(self, name: str, read: Callable[[], dict[str, Tensor]]) -> None:
        adapter = _adapter(len(self._worn))
        try:
            with warnings.catch_warnings(), packing.plain(self._networks()):
                warnings.simplefilter("ignore")  # on networks that it does not change
                self._pipeline.load_lora_weights(read(), adapter_name=adapter)
        except BadInput:
            raise
        # peft and diffusers raise almost anything on weights of another network or in a form they do not know.
        except Exception as error:
            self._take_off(adapter)
            raise BadInput(f"The style {name} was made for another model: choose another one, or none.") from error
        if not any(adapter in getattr(network, "peft_config", {}) for network in self._networks()):
            raise BadInput(f"The style {name} changes nothing in this model: choose another one, or none.")
        self._worn.append(name)

    def _take_off(self, adapter: str) -> None:
        """Remove what a failed reading left behind."""
        for network in self._networks():
            if adapter in getattr(network, "peft_config", {}):
                network.delete_adapters([adapter])
        if self._worn:
            self._pipeline.disable_lora()
        self._now = ("", 0.0)

    def _networks(self) -> list[Any]:
        names = ("unet", "transformer", "text_encoder", "text_encoder_2")
        return [network for name in names if (network := getattr(self._pipeline, name, None)) is not None]


def _adapter(index: int) -> str:
    """A name that can be a module's, as a style's own often cannot."""
    return f"style_{index}"
