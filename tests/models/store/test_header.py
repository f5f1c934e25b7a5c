"""The head of a safetensors file: sound ones are read, ten thousand mutated ones crash nothing."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path

import pytest
from safetensors import safe_open

from models.protocol import BadInput
from models.store.heads import header
from tests.models.store import mutations
from tests.models.store.mutations import sound_safetensors as sound


def with_head(head: object, data: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_names_types_and_shapes_are_those_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(sound())
    found = header.tensors(path)
    with safe_open(path, framework="numpy") as file:
        assert set(found) == set(file.keys())
        for name in file.keys():  # noqa: SIM118 - not a dict
            assert list(found[name][1]) == file.get_slice(name).get_shape()
            assert found[name][0] == file.get_slice(name).get_dtype()


ONE = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
HOSTILE = {
    "nothing": b"",
    "half a length": b"\x01\x00",
    "a head longer than the file": struct.pack("<Q", 10**6) + b"{}",
    "a head of 2^63": struct.pack("<Q", 2**63) + b"{}",
    "no JSON": with_head(b"{this is not}"),
    "not UTF-8": with_head(b'{"\xff\xfe": 1}'),
    "a list": with_head([1, 2]),
    "deep": with_head(b'{"a":' + b"[" * 200_000),
    "no entry": with_head({"a": 1}),
    "missing shape": with_head({"a": {"dtype": "U8", "data_offsets": [0, 4]}}, b"1234"),
    "more than it should": with_head({"a": ONE | {"code": "x"}}, b"1234"),
    "unknown type": with_head({"a": ONE | {"dtype": "PICKLE"}}, b"1234"),
    "type that is no text": with_head({"a": ONE | {"dtype": ["U8"]}}, b"1234"),
    "negative shape": with_head({"a": ONE | {"shape": [-4]}}, b"1234"),
    "true as a number": with_head({"a": ONE | {"shape": [4, True]}}, b"1234"),
    "fraction": with_head({"a": ONE | {"shape": [4.0]}}, b"1234"),
    "huge shape": with_head({"a": ONE | {"shape": [2**62, 2**62, 4]}}, b"1234"),
    "endless number": with_head(b'{"a":{"dtype":"U8","shape":[' + b"9" * 10_000 + b'],"data_offsets":[0,4]}}', b"1234"),
    "backwards": with_head({"a": ONE | {"data_offsets": [4, 0]}}, b"1234"),
    "beyond the end": with_head({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}}, b"1234"),
    "a gap": with_head({"a": ONE | {"data_offsets": [4, 8]}}, b"12345678"),
    "overlap": with_head({"a": ONE, "b": ONE | {"data_offsets": [2, 6]}}, b"123456"),
    "something behind the tensors": with_head({"a": ONE}, b"1234 and a stowaway"),
    "length against shape": with_head({"a": ONE | {"shape": [3]}}, b"1234"),
    "a name twice": with_head(b'{"a":%s,"a":%s}' % ((json.dumps(ONE).encode(),) * 2), b"1234"),
    "notes that are no text": with_head({"__metadata__": {"a": 1}}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_head_is_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(
        BadInput, match=r"^bad\.safetensors is broken or is no safetensors file \(.*\): fetch it again\.$"
    ):
        header.tensors(path)


def test_ten_thousand_mutated_heads_crash_nothing() -> None:
    length = 8 + struct.unpack("<Q", sound()[:8])[0]
    files = mutations.mutated(sound(), length, mutations.PIECES["safetensors"])
    refused, slowest, _ = mutations.run(header.read, files)
    assert refused > 9_000  # a changed letter in a name is still a sound file
    assert slowest < 1


def test_the_largest_head_that_is_read_stays_small(tmp_path: Path) -> None:
    """The JSON that takes most memory for its length."""
    path = tmp_path / "large.safetensors"
    room = header.MAX_HEADER_BYTES
    path.write_bytes(with_head(b'{"a":[' + b"{}," * (room // 3 - 4) + b"{}]}"))
    tracemalloc.start()
    with pytest.raises(BadInput, match="described wrongly"):
        header.tensors(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 2**20
    path.write_bytes(with_head(b"{" + b" " * room + b"}"))
    with pytest.raises(BadInput, match="impossible length"):
        header.tensors(path)
