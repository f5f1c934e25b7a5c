"""Which of a hub model's files are fetched: what the model needs to run, once, as safetensors where there are any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from models.protocol import BadInput, listed
from models.store.fetch.hub import HubFile, Listing
from models.store.files import SIDECAR
from models.store.heads import weight_names
from models.store.heads.pickled import ENDINGS
from models.store.heads.weight_names import KNOWN, QUANTS, Weights
from models.store.safety import CODE, PICKLES

# Settings and word lists as diffusers, transformers and old checkpoints have them.
SETTINGS = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".yaml", ".yml", ".spm", ".vocab", ".bpe")
_EXPORTED = (".onnx", ".onnx_data", ".pt2")
_OTHER_PROGRAMS = (*_EXPORTED, ".msgpack", ".h5", ".ot", ".pb", ".tflite", ".xml", ".mlmodel", ".engine", ".nemo")
_ELSEWHERE = re.compile(r"(onnx|openvino|coreml|flax|tf|tensorflow|original|metal|gguf|runs|checkpoint-\d+)", re.I)
_TEXTS = re.compile(r"(licen[sc]e|notice|copying|use_policy)[^/]*|readme\.md", re.I)
_UNUSED_PARTS = ("safety_checker",)  # 1.2 GB that no loader of ours reads
_MAX_NAMED = 8


@dataclass(frozen=True)
class Choice:
    """What to fetch. `others`: variants that could be had instead, each with its bytes in all."""

    files: tuple[HubFile, ...]
    others: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        return sum(file.size for file in self.files)


def choose(
    listing: Listing, include: tuple[str, ...] = (), variant: str = "", index: Mapping[str, Any] | None = None
) -> Choice:
    """The files of a model; `index` is the content of its model_index.json where it has one. Raises BadInput.

    `include` (patterns such as *.ckpt) names the weights by hand; `variant` is fp16, say, or a GGUF's Q8_0.
    """
    files = [file for file in listing.files if file.name.lower() != SIDECAR]
    if include:
        return _included(listing, files, include)
    quants = {w.variant.upper() for f in files if (w := weight_names.gguf(f.name))} - {""}
    variants = {w.variant for f in files if (w := weight_names.weights(f.name))} - {""}
    if variant and variant not in variants and variant.upper() not in quants:
        have = listed(sorted(variants | quants)) if variants | quants else "one variant only"
        raise BadInput(f"{listing.id} does not come as {variant}: it has {have}.")
    pick = _Pick(listing, files, variant)
    plain = any(w.folder == "" for f in files if (w := weight_names.weights(f.name)))
    if index is not None:
        chosen = pick.pipeline(index)
    elif plain and not (variant and variant not in variants):
        chosen = pick.folder()
    elif any(weight_names.gguf(f.name) for f in files):
        return pick.gguf()
    else:
        return Choice(_sorted(pick.loose()))
    others = [] if variant else [(v, _total(_Pick(listing, files, v).again(index))) for v in sorted(variants)]
    return Choice(_sorted(chosen), tuple(other for other in others if other[1] != _total(chosen)))


class _Pick:
    """One model's files, chosen by what kind of folder it is."""

    def __init__(self, listing: Listing, files: list[HubFile], variant: str) -> None:
        self.listing = listing
        self.files = files
        self.variant = variant

    def again(self, index: Mapping[str, Any] | None) -> list[HubFile]:
        """The same choice for one more variant."""
        return self.pipeline(index) if index is not None else self.folder()

    def pipeline(self, index: Mapping[str, Any]) -> list[HubFile]:
        """A diffusers folder: the parts that its index names, and nothing that lies beside them."""
        chosen = [f for f in self._in("") if f.name == "model_index.json"] + self._texts()
        for part, value in index.items():
            if part.startswith("_") or part in _UNUSED_PARTS or not isinstance(value, list) or value[:1] == [None]:
                continue
            weights = self._weights(part)
            if not weights and (pickles := [f.name for f in self._in(part) if is_pickle(f.name)]):
                raise _only_pickles(self.listing.id, pickles)
            chosen += weights + self._settings(part, weights)
        if not any(weight_names.weights(f.name) for f in chosen):
            raise self._nothing()
        return chosen

    def folder(self) -> list[HubFile]:
        """Weights beside their config, as transformers has them, with the folders below that belong to them."""
        weights = self._weights("")
        chosen = weights + self._settings("", weights) + self._texts()
        for below in sorted({str(PurePosixPath(f.name).parent) for f in self.files} - {"."}):
            inside = self._in(below)
            if _ELSEWHERE.fullmatch(below.split("/")[0]) or not any(f.name.endswith("config.json") for f in inside):
                continue
            more = self._weights(below)
            if more or not any(f.name.lower().endswith((*_OTHER_PROGRAMS, *PICKLES, *ENDINGS)) for f in inside):
                chosen += more + self._settings(below, more)
        return chosen

    def gguf(self) -> Choice:
        """One quantization of a GGUF, all its parts."""
        groups: dict[Weights, list[HubFile]] = {}
        for file in self.files:
            if (told := weight_names.gguf(file.name)) and not told.stem.lower().startswith("mmproj"):
                groups.setdefault(told, []).append(file)
        order = {quant: rank for rank, quant in enumerate(QUANTS)}
        known = sorted(groups, key=lambda w: (order.get(w.variant, len(order)), w.stem))
        fits = [w for w in known if not self.variant or w.variant == self.variant.upper()]
        if not fits:
            raise self._nothing()
        if len(fits) > 1 and fits[1].variant == fits[0].variant:
            raise self._several([groups[w][0].name for w in known])
        chosen = groups[fits[0]] + self._settings("", []) + self._texts()
        others = [(w.variant or w.stem, _total(groups[w])) for w in known if w != fits[0]]
        return Choice(_sorted(chosen), () if self.variant else tuple(others))

    def loose(self) -> list[HubFile]:
        """One file of weights that lies anywhere, or an exported model."""
        weights = [f for f in self.files if weight_names.weights(f.name)]
        weights = weights or [f for f in self.files if f.name.lower().endswith(_EXPORTED)]
        if not weights:
            raise self._nothing()
        heads = [f for f in weights if not f.name.endswith(".onnx_data")]
        if len({weight_names.weights(f.name) or f.name for f in heads}) > 1:
            raise self._several([f.name for f in heads])
        return weights + self._settings(_folder(weights[0].name), weights) + self._texts()

    def _weights(self, folder: str) -> list[HubFile]:
        """The safetensors of one folder, in one variant. Raises BadInput where only the person can choose."""
        groups: dict[tuple[str, str], list[tuple[Weights, HubFile]]] = {}
        for file in self._in(folder):
            if told := weight_names.weights(file.name):
                groups.setdefault((told.stem, told.variant), []).append((told, file))
        stems = sorted({stem for stem, _ in groups})
        stem = next((known for known in KNOWN if known in stems), stems[0] if len(stems) == 1 else "")
        if not stem:
            if not stems:
                return []
            raise self._several([file.name for group in groups.values() for _, file in group])
        variants = sorted(v for s, v in groups if s == stem)
        wanted = next(v for v in (self.variant, "", "fp16", "bf16", *variants) if v in variants)
        group = groups[stem, wanted]
        whole = [file for told, file in group if not told.split]
        return whole or [file for _, file in group]

    def _settings(self, folder: str, weights: list[HubFile]) -> list[HubFile]:
        """The small files that describe a folder, with the index of those parts alone that are fetched."""
        split = {told for f in weights if (told := weight_names.weights(f.name)) and told.split}
        return [
            file
            for file in self._in(folder)
            if file.name.lower().endswith(SETTINGS)
            and (weight_names.index(file.name) in split if ".index." in file.name else True)
        ]

    def _texts(self) -> list[HubFile]:
        return [file for file in self._in("") if _TEXTS.fullmatch(file.name)]

    def _in(self, folder: str) -> list[HubFile]:
        return [file for file in self.files if _folder(file.name) == folder]

    def _several(self, names: list[str]) -> BadInput:
        some = ", ".join(names[:_MAX_NAMED]) + (" ..." if len(names) > _MAX_NAMED else "")
        return BadInput(
            f"{self.listing.id} holds {len(names)} files of weights ({some}): name the one to fetch with --include."
        )

    def _nothing(self) -> BadInput:
        """Why there is nothing to fetch."""
        id, names = self.listing.id, [file.name for file in self.files]
        if pickles := [name for name in names if is_pickle(name)]:
            return _only_pickles(id, pickles)
        if code := [name for name in names if name.lower().endswith(CODE)]:
            return BadInput(
                f"{id} holds program code ({code[0]}) and no weights that are read here; foreign code is never run: "
                "choose a model that is made of weights and settings."
            )
        return BadInput(f"{id} holds no weights that are read here: choose a model with safetensors or GGUF files.")


def _included(listing: Listing, files: list[HubFile], include: tuple[str, ...]) -> Choice:
    """What the person's patterns name, with the settings beside it."""
    chosen = [f for f in files if any(fnmatchcase(n, p) for p in include for n in (f.name, PurePosixPath(f.name).name))]
    if not chosen:
        some = ", ".join(file.name for file in files[:_MAX_NAMED]) or "none"
        raise BadInput(f"No file of {listing.id} is called {listed(include)}; it has {some}, and {len(files)} in all.")
    if code := [file.name for file in chosen if file.name.lower().endswith(CODE)]:
        raise BadInput(f"{code[0]} is program code, which is never fetched: leave it out of --include.")
    pick = _Pick(listing, files, "")
    for folder in sorted({_folder(file.name) for file in chosen}):
        chosen += pick._settings(folder, chosen)
    return Choice(_sorted(chosen + pick._texts()))


def _only_pickles(id: str, names: list[str]) -> BadInput:
    return BadInput(
        f"{id} has its weights ({names[0]}) only as a pickle, a format that can run programs when it is opened: "
        f"fetch it with --include {PurePosixPath(names[0]).name}, and import it explicitly (`main.py models import`)."
    )


def is_pickle(name: str) -> bool:
    """Whether opening that file could run a program."""
    return name.lower().endswith((*PICKLES, *ENDINGS)) and not PurePosixPath(name).name.startswith("openvino")


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _total(files: Iterable[HubFile]) -> int:
    return sum({file.name: file.size for file in files}.values())


def _sorted(files: Iterable[HubFile]) -> tuple[HubFile, ...]:
    return tuple(sorted({file.name: file for file in files}.values(), key=lambda file: file.name))
