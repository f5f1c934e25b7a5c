"""The head of a GGUF file: sound ones are read as the format's own library reads them, broken ones are a sentence."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import contextlib
import io
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import gguf as library
import numpy as np
import pytest

from models.protocol import BadInput
from models.store.files import Files
from models.store.heads import gguf, gguf_types
from models.store.recognising.recognition import identify
from tests.models.store import mutations


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "sound.gguf"
    mutations.sound_gguf(path)
    return path


def test_notes_and_tensors_are_those_of_the_library(sound: Path) -> None:
    found = gguf.head(sound)
    theirs = library.GGUFReader(sound)
    assert found.tensors == {
        t.name: (t.tensor_type.name, tuple(int(n) for n in reversed(t.shape))) for t in theirs.tensors
    }
    assert found.tensors["token_embd.weight"] == ("F16", (200, 64))
    own = {name: field.contents() for name, field in theirs.fields.items() if not name.startswith("GGUF.")}
    assert set(found.notes) == set(own)
    for name, value in found.notes.items():
        if isinstance(value, gguf.Long):
            assert value.count == len(own[name])
        else:
            assert (list(value) if isinstance(value, tuple) else value) == own[name], name


def test_the_table_of_types_is_the_librarys() -> None:
    theirs = {int(kind): (kind.name, *sizes) for kind, sizes in library.GGML_QUANT_SIZES.items()}
    assert theirs == gguf_types.TYPES
    recipes = {int(kind): kind.name for kind in library.LlamaFileType if kind.name != "GUESSED"}
    assert set(recipes) == set(gguf_types.RECIPES)
    assert all(recipes[number].endswith((name, f"{name}_MOE")) for number, name in gguf_types.RECIPES.items())


def test_a_view_of_a_model_has_them(sound: Path) -> None:
    files = Files(sound)
    assert files.notes("sound.gguf")["general.name"] == "tiny"
    assert files.tensors("sound.gguf")["output_norm.weight"] == ("F32", (64,))
    found = identify(files)
    assert found is not None
    assert found.words() == "Language model of Llama (Q4_K_M, 2,048 tokens of context)"


def written(path: Path, architecture: str, tensors: dict[str, tuple[int, ...]] | None = None, **notes: Any) -> Path:
    writer = library.GGUFWriter(path, architecture)
    for name, value in notes.items():
        key = name.replace("__", ".")
        writer.add_string(key, value) if isinstance(value, str) else writer.add_uint32(key, value)
    for name, shape in (tensors or {"x": (2, 32)}).items():
        writer.add_tensor(name, np.zeros(shape, np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


FLUX = {
    "double_blocks.0.img_attn.norm.key_norm.scale": (8,),
    "img_in.weight": (8, 64),
    "guidance_in.in_layer.weight": (8, 8),
}
KINDS: dict[str, tuple[str, dict[str, tuple[int, ...]] | None, dict[str, Any], str]] = {
    "Qwen": ("qwen2", None, {"qwen2__context_length": 32768}, "Language model of Qwen 2 (32,768 tokens of context)"),
    "a new one": ("zeta9", None, {"zeta9__context_length": 512, "general__file_type": 7}, "Language model of zeta9 (Q8_0, 512 tokens of context)"),
    "Flux by its notes and names": ("flux", FLUX, {"general__file_type": 2}, "Transformer of Flux (dev, Q4_0)"),
    "Flux by its names": ("", FLUX, {}, "Transformer of Flux (dev)"),
    "Flux by its notes": ("flux", None, {}, "Transformer of Flux"),
    "T5": ("t5encoder", {"token_embd.weight": (32, 4096)}, {"t5encoder__embedding_length": 4096}, "Text encoder for SD 3, Flux, PixArt or LTX-Video (T5-XXL)"),
    "eyes": ("clip", None, {"general__type": "mmproj"}, "Vision encoder"),
    "a LoRA": ("llama", None, {"general__type": "adapter", "general__base_model__0__name": "Llama 3"}, "LoRA for Llama 3"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_kinds(tmp_path: Path, name: str) -> None:
    architecture, tensors, notes, words = KINDS[name]
    found = identify(Files(written(tmp_path / "x.gguf", architecture, tensors, **notes)))
    assert found is not None and found.words() == words


# ── hostile and broken ones ───────────────────────────────────────────────────


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def note(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def file(notes: list[bytes], tensors: list[bytes], data: bytes = b"", version: int = 3, **counts: int) -> bytes:
    start = b"GGUF" + struct.pack(
        "<IQQ", version, counts.get("tensors_told", len(tensors)), counts.get("notes_told", len(notes))
    )
    head = start + b"".join(notes) + b"".join(tensors)
    return head + b"\0" * (-len(head) % 32) + data


ONE = tensor("a", (8,))
HOSTILE = {
    "nothing": b"",
    "half a word": b"GG",
    "something else": b"GGML" + bytes(40),
    "the first version": file([], [], version=1),
    "a version to come": file([], [], version=9),
    "big-endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
    "2^60 tensors": file([], [], tensors_told=2**60),
    "2^60 notes": file([], [], notes_told=2**60),
    "more notes than bytes": file([], [], notes_told=19_000),
    "a text of 2^63": file([struct.pack("<Q", 2**63)], []),
    "a note of no type": file([note("a", 99, b"")], []),
    "a truth of 7": file([note("a", 7, b"\x07")], []),
    "no text": file([note("a", 8, text(b"\xff\xfe"))], []),
    "a note twice": file([note("a", 4, b"\0" * 4)] * 2, []),
    "a list of lists": file([note("a", 9, struct.pack("<IQ", 9, 2**30))], []),
    "a list of 2^60": file([note("a", 9, struct.pack("<IQ", 4, 2**60))], []),
    "2^60 words": file([note("a", 9, struct.pack("<IQ", 8, 2**60))], []),
    "a word of 2^60": file([note("a", 9, struct.pack("<IQ", 8, 100) + struct.pack("<Q", 2**60) * 100)], []),
    "no alignment": file([note("general.alignment", 4, struct.pack("<I", 0))], [ONE], bytes(32)),
    "an odd alignment": file([note("general.alignment", 4, struct.pack("<I", 12))], [ONE], bytes(32)),
    "an alignment of text": file([note("general.alignment", 8, text("32"))], [ONE], bytes(32)),
    "a tensor twice": file([], [ONE, tensor("a", (8,), 0, 32)], bytes(64)),
    "nine dimensions": file([], [tensor("a", (1,) * 9)], bytes(32)),
    "a giant shape": file([], [tensor("a", (2**62, 2**62))], bytes(32)),
    "beyond 63 bits": file([], [tensor("a", (2**63,))], bytes(32)),
    "no type": file([], [tensor("a", (8,), 4)], bytes(32)),
    "half a block": file([], [tensor("a", (33,), 2)], bytes(32)),
    "an odd place": file([], [tensor("a", (8,), 0, 1)], bytes(64)),
    "beyond the end": file([], [tensor("a", (8,), 0, 64)], bytes(64)),
    "an offset of 2^63": file([], [tensor("a", (8,), 0, 2**63)], bytes(64)),
    "overlap": file([], [tensor("a", (16,)), tensor("b", (8,), 0, 32)], bytes(96)),
    "too short": file([], [tensor("a", (1024,))], bytes(64)),
    "safetensors": b"\x10\0\0\0\0\0\0\0" + b'{"a":1}         ',
    "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_head_is_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(BadInput, match=r"^bad\.gguf is broken or is no GGUF file \(.*\): fetch it again\.$"):
        gguf.head(path)
    with pytest.raises(BadInput):  # before any loader could see it
        Files(path)


def test_ten_thousand_mutated_heads_crash_nothing(tmp_path: Path) -> None:
    whole, length = mutations.both(tmp_path)["gguf"]
    refused, slowest, _ = mutations.run(gguf.read, mutations.mutated(whole, length, mutations.PIECES["gguf"]))
    assert refused > 2_000  # most bytes are letters, and other letters are a sound file too
    assert slowest < 1


def peak(path: Path) -> tuple[int, float]:
    """Memory in bytes and time in seconds that a refusal, or a reading, takes."""
    began = time.perf_counter()
    tracemalloc.start()
    with contextlib.suppress(BadInput):
        gguf.head(path)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, time.perf_counter() - began


def test_the_largest_heads_stay_small(tmp_path: Path) -> None:
    """What takes most memory for its length: long texts, short lists, and as many tensors as may be."""
    path = tmp_path / "large.gguf"
    wide = [note(f"n{i}", 8, text("x" * (gguf.MAX_TEXT - 4) + "😀")) for i in range(12)]
    lists = [note(f"l{i}", 9, struct.pack("<IQ", 8, 60) + text("") * 60) for i in range(500)]
    many = [tensor(f"t{i}", (1,) * 8, 0, 32 * i) for i in range(10_000)]
    for whole in (file(wide, []), file(lists, []), file([], many, bytes(32 * 10_000))):
        path.write_bytes(whole)
        assert peak(path)[0] < 200 * 2**20 * len(whole) / gguf.MAX_HEAD_BYTES + 50 * 2**20


def test_a_giant_of_holes_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "giant.gguf"
    start = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + note("a", 9, struct.pack("<IQ", 8, 50_000))
    with path.open("wb") as holes:
        holes.write(start)
        holes.truncate(2**40)
    used, _ = peak(path)
    assert used < 50 * 2**20


def test_lists_of_words_are_passed_over(tmp_path: Path) -> None:
    words = note("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 100_000) + text("word") * 100_000)
    found = gguf.read(io.BytesIO(data := file([words], [])), len(data), tmp_path / "x.gguf")
    assert found.notes == {"tokenizer.ggml.tokens": gguf.Long(100_000)}
