"""Ten thousand ways to break the head of a file of weights, the same in every run; how long each takes, and how much.

As a program (`python -m tests.models.store.mutations`) it prints the figures for all of them, memory too.
"""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from models.protocol import BadInput
from models.store.heads import gguf, header

COUNT = 10_000
Reader = Callable[[BinaryIO, int, Path], Any]
READERS: dict[str, Reader] = {"safetensors": header.read, "gguf": gguf.read}
PIECES = {
    "safetensors": [
        b'"', b"{", b"[", b"]", b"}", b",", b":", b"-", b"9", b"e9", b"null", b"\xff", b"\0", b"18446744073709551616",
    ],
    "gguf": [
        b"\xff" * 8, b"\xff" * 4, b"\0" * 8, b"\x7f", struct.pack("<Q", 2**63), struct.pack("<Q", 2**40),
        struct.pack("<I", 9), struct.pack("<I", 8), struct.pack("<Q", 10**6), b"\x01",
    ],
}  # fmt: skip


def sound_safetensors() -> bytes:
    from safetensors.numpy import save

    arrays = {
        "unet.weight": np.zeros((4, 3, 3), np.float32),
        "unet.bias": np.ones(4, np.float16),
        "empty": np.zeros((0, 5), np.int64),
        "scalar": np.array(1.0, np.float64),
    }
    return save(arrays, metadata={"format": "pt"})


def sound_gguf(path: Path) -> bytes:
    """A small file with every type of note and several of tensors, by the format's own library."""
    import gguf as library

    writer = library.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(2048)
    writer.add_file_type(library.LlamaFileType.MOSTLY_Q4_K_M)
    writer.add_bool("some.bool", True)
    writer.add_float64("some.double", 0.5)
    for width in (8, 16, 32, 64):
        getattr(writer, f"add_uint{width}")(f"some.u{width}", 7)
        getattr(writer, f"add_int{width}")(f"some.i{width}", -7)
    writer.add_array("some.numbers", list(range(100)))
    writer.add_array("some.few", [1.5, 2.5])
    writer.add_token_list([f"word {i}" for i in range(200)])
    writer.add_chat_template("{% for m in messages %}{{ m.content }}{% endfor %}")
    writer.add_tensor("token_embd.weight", np.zeros((200, 64), np.float16))
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((64, 36), np.uint8), raw_dtype=library.GGMLQuantizationType.Q4_0)
    writer.add_tensor("output_norm.weight", np.ones(64, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def mutated(whole: bytes, length: int, pieces: list[bytes], count: int = COUNT, seed: int = 3) -> Iterator[bytes]:
    """`count` copies with one to five wrong bytes or pieces in the first `length` of them, or cut short."""
    random = np.random.default_rng(seed)
    for turn in range(count):
        data = bytearray(whole)
        for at in random.integers(0, length, random.integers(1, 6)):
            if turn % 3:
                data[at] = random.integers(0, 256)
            else:
                piece = pieces[random.integers(0, len(pieces))]
                data[at : at + (len(piece) if turn % 2 else 1)] = piece
        if turn % 7 == 0:
            del data[int(random.integers(0, len(data))) :]
        yield bytes(data)


def run(reader: Reader, files: Iterator[bytes], *, memory: bool = False) -> tuple[int, float, int]:
    """How many were refused, the longest time (s) and, where asked for, the most memory (bytes) that one took.

    Whatever else than a refusal is raised goes on to the caller.
    """
    refused, slowest, most = 0, 0.0, 0
    for data in files:
        if memory:
            tracemalloc.start()
        began = time.perf_counter()
        try:
            reader(io.BytesIO(data), len(data), Path("mutated"))
        except BadInput:
            refused += 1
        slowest = max(slowest, time.perf_counter() - began)
        if memory:
            most = max(most, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    return refused, slowest, most


def both(folder: Path) -> dict[str, tuple[bytes, int]]:
    """A sound file of each format, and how long its head is."""
    plain, other = sound_safetensors(), sound_gguf(folder / "sound.gguf")
    return {
        "safetensors": (plain, 8 + struct.unpack("<Q", plain[:8])[0]),
        "gguf": (other, other.index(b"output_norm.weight") + 60),
    }


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, (whole, length) in both(Path(folder)).items():
            files = mutated(whole, length, PIECES[name])
            refused, slowest, most = run(READERS[name], files, memory=True)
            print(f"{name}: {COUNT:,} heads, {refused:,} refused, longest {slowest:.3f} s, most {most / 1e6:.1f} MB")
