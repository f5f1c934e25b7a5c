"""Pickles that want to run: every way that the format has, in every wrapping, and none that does; and bombs of them."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import copyreg
import io
import pickle
import struct
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from models.protocol import BadInput
from models.store import importing
from models.store.files import Files
from models.store.heads import pickled

MODULE = "evil_module"


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that any run of foreign code makes: when its module is imported, and when anything of it is called."""
    made = tmp_path / "canary"
    place = tmp_path / "modules"
    place.mkdir()
    source = (
        "from pathlib import Path\n"
        f"def run(*a, **k):\n    Path({str(made)!r}).touch()\n    return {{}}\n"
        "run()\n"
        "class Evil(dict):\n"
        "    __new__ = __init__ = __setstate__ = append = extend = __setitem__ = run\n"
    )
    (place / f"{MODULE}.py").write_text(source)
    monkeypatch.syspath_prepend(str(place))
    copyreg.add_extension(MODULE, "run", 240)
    yield made
    copyreg.remove_extension(MODULE, "run", 240)
    sys.modules.pop(MODULE, None)
    assert not made.exists(), "foreign code ran"


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


GLOBAL = f"c{MODULE}\nrun\n".encode()
EVIL = f"c{MODULE}\nEvil\n".encode()
STACK_GLOBAL = short(MODULE) + short("run") + b"\x93"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
PROGRAMS: dict[str, bytes] = {
    "global, reduce": GLOBAL + b")R.",
    "global alone": GLOBAL + b".",
    "stack global, reduce": b"\x80\x04" + STACK_GLOBAL + b")R.",
    "in a frame": b"\x80\x04\x95" + struct.pack("<Q", len(STACK_GLOBAL) + 3) + STACK_GLOBAL + b")R.",
    "inst": f"(i{MODULE}\nrun\n.".encode(),
    "object": b"(" + GLOBAL + b"o.",
    "new object": EVIL + b")\x81.",
    "new object with words": EVIL + b")}\x92.",
    "build": EVIL + b")\x81}b.",
    "build with a state": EVIL + b")\x81}X\x01\0\0\0aK\x01sb.",
    "build on a known name": b"cargparse\nNamespace\n)\x81(N}X\x07\0\0\0__dict__" + GLOBAL + b"stb.",
    "extension 1": b"\x82\xf0)R.",
    "extension 2": b"\x83\xf0\0)R.",
    "extension 4": b"\x84\xf0\0\0\0)R.",
    "append": EVIL + b")\x81K\x01a.",
    "set item": EVIL + b")\x81K\x01K\x02s.",
    "reference in text": b"P" + MODULE.encode() + b"\n.",
    "reference": b"(X\x06\0\0\0module" + GLOBAL + b"tQ.",
    "a name in a dotted path": b"\x80\x04" + short("builtins") + short("dict.__class__") + b"\x93)R.",
    "getattr": b"cbuiltins\ngetattr\n(" + GLOBAL + b"X\x08\0\0\0__call__tR.",
    "eval": b"cbuiltins\neval\n(X\x12\0\0\0__import__('evil_module')tR."[:0] + b"cbuiltins\neval\n(X\x19\0\0\0__import__('evil_module') tR.",
    "os.system": b"cos\nsystem\n(X\x05\0\0\0false" + b"tR.",
    "runpy": b"crunpy\n_run_code\n)R.",
    "importlib": b"cimportlib\nimport_module\n(X\x0b\0\0\0evil_moduletR.",
    "pickle in pickle": b"cpickle\nloads\n(C\x15" + (GLOBAL + b")R.").ljust(21) + b"tR.",
    "numpy's loader": b"cnumpy\nload\n)R.",
    "torch's loader": b"ctorch\nload\n)R.",
    "torch's storages": b"ctorch.storage\n_load_from_bytes\n(C\x01xtR.",
    "a tensor's rebuilder of theirs": b"ctorch._utils\n_rebuild_device_tensor_from_numpy\n)R.",
    "in a tensor's place": TENSOR + b"(" + GLOBAL + b")RK\x00)))tR.",
    "as a dictionary's key": b"}" + GLOBAL + b")RK\x01s.",
    "after a sound value": b"}X\x01\0\0\0aK\x01s0" + GLOBAL + b")R.",
    "then broken": GLOBAL + b")R\xff\xff\xff",
    "then cut": GLOBAL + b")R",
}  # fmt: skip


def zipped(program: bytes, **more: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        whole.writestr("archive/data.pkl", program)
        for name, data in more.items():
            whole.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def old(program: bytes) -> bytes:
    """In the format of torch 1.5: a magic number, a version, the machine, and the program."""
    start = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    return b"".join(start) + program + pickle.dumps([], 2)


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "bare": lambda program: program,
    "zipped": zipped,
    "old": old,
    "as the keys": lambda program: old(pickle.dumps({}, 2)).removesuffix(pickle.dumps([], 2)) + program,
    "zipped in a zip": lambda program: zipped(zipped(program), archive__inner=zipped(program)),
    "behind something else": lambda program: b"\x7fELF" + bytes(100) + zipped(program),
    "twice": lambda program: program + program,
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_runs_and_each_is_a_sentence(tmp_path: Path, canary: Path, name: str, wrapping: str) -> None:
    data = WRAPPINGS[wrapping](PROGRAMS[name])
    for ending in (".ckpt", ".safetensors", ".gguf", ".bin"):
        path = tmp_path / f"evil{ending}"
        path.write_bytes(data)
        doors = [Files, importing.convert, pickled.heads, pickled.state_dict]
        for door in doors[: 2 if ending != ".ckpt" else 4]:
            with pytest.raises(BadInput) as caught:
                door(path)
            said = str(caught.value)
            assert said.isprintable() and said.endswith(".") and len(said) < 500
    assert {path.name for path in tmp_path.iterdir()} == {
        "modules",
        *(f"evil{e}" for e in (".ckpt", ".safetensors", ".gguf", ".bin")),
    }


def test_a_program_of_torchs_own_is_no_weights(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as whole:
        whole.writestr("script/code/__torch__.py", "def forward(self): ...")
        whole.writestr("script/data.pkl", b"}.")
    with pytest.raises(BadInput, match="TorchScript"):
        Files(tmp_path / "script.pt")
    with torch.package.PackageExporter(tmp_path / "package.pt") as exporter:
        exporter.save_source_string("evil", "import os")
        exporter.save_text("a", "b", "c")
    with pytest.raises(BadInput, match=r"torch\.package"):
        Files(tmp_path / "package.pt")


def doubled(count: int) -> bytes:
    """A tuple of two of a tuple of two of ...: as a key of a dictionary, it takes 2^count steps to hash."""
    return b"}" + b")" + b"2\x86" * count + b"K\x01s."


def widened(levels: int, wide: int) -> bytes:
    """A dictionary that has the next one at each of `wide` names."""
    inner = b"}q\x00"
    for level in range(levels):
        keys = b"".join(b"X\x04\0\0\0%04d" % n + b"h" + bytes([level]) for n in range(wide))
        inner += b"}(" + keys + b"uq" + bytes([level + 1])
    return inner + b"."


BOMBS = {
    "a memo of four thousand million": b"]r\xff\xff\xff\xff0)r\xff\xff\xff\x7f.",
    "a tuple that takes for ever to hash": doubled(300),
    "dictionaries in dictionaries": widened(4, 500),
    "millions of lists": b"]" * 3_000_000 + b".",
    "millions of marks": b"(" * 3_000_000 + b".",
    "an endless number": b"L" + b"9" * 60_000 + b"L\n.",
    "a text of eight exabytes": b"\x8d" + struct.pack("<Q", 2**63) + b".",
    "a text of four gigabytes": b"X\xff\xff\xff\xffabc.",
    "bytes that are counted first": b"\x96" + struct.pack("<Q", 2**40) + b"abc.",
    "a long integer": b"\x8b\xff\xff\xff\x7fabc.",
    "never an end": b"N0" * 1_500_000,
}


# What the machine does with millions of words is the same in both, and takes a second.
@pytest.mark.parametrize(
    ("name", "wrapping"), [(n, w) for n in BOMBS for w in ("zipped", "old") if w == "zipped" or "millions" not in n]
)
def test_a_bomb_is_refused_quickly_and_in_little_memory(tmp_path: Path, name: str, wrapping: str) -> None:
    path = tmp_path / "bomb.pt"
    path.write_bytes(WRAPPINGS[wrapping](BOMBS[name]))
    began = time.process_time()
    with pytest.raises(BadInput):
        pickled.heads(path)
    assert time.process_time() - began < 10


def test_the_memory_of_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    for program in (b"](" * 100_000 + b".", BOMBS["a memo of four thousand million"]):
        path.write_bytes(zipped(program))
        tracemalloc.start()
        with pytest.raises(BadInput):
            pickled.heads(path)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert used < 60 * 2**20  # for a third of the steps that are allowed


def test_zips_that_pretend(tmp_path: Path) -> None:
    """Packed ones, more inside than outside, a list of a million entries, and one that says so in another place."""
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("x/data.pkl", b"}" + b"0}" * 3_000_000 + b".")
    with pytest.raises(BadInput, match="is broken"):
        pickled.heads(path)
    data = bytearray(zipped(b"}."))
    at = data.rfind(b"PK\5\6")
    data[at + 12 : at + 16] = struct.pack("<I", 2**30)
    path.write_bytes(data)
    with pytest.raises(BadInput, match="is broken"):
        pickled.heads(path)
    whole = zipped(b"}.")
    at = whole.rfind(b"PK\5\6")
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    path.write_bytes(whole[:at] + record + locator + whole[at:])
    with pytest.raises(BadInput, match="is broken"):
        pickled.heads(path)


def test_a_tensor_many_times_over_is_not_written_out(tmp_path: Path) -> None:
    """Views of one number that would be a hundred gigabytes as plain arrays."""
    weights = {f"w{n}": torch.zeros(1).expand(2**30) for n in range(25)}
    torch.save(weights, tmp_path / "x.pt")
    with pytest.raises(BadInput, match="pretends to be"):
        importing.convert(tmp_path / "x.pt")


def test_mutated_checkpoints_crash_nothing(tmp_path: Path) -> None:
    import numpy as np

    random = np.random.default_rng(5)
    buffers = []
    for zip_it in (True, False):
        torch.save(
            {"a": torch.ones(3, 4), "b": torch.ones(5).half()},
            path := tmp_path / "x.pt",
            _use_new_zipfile_serialization=zip_it,
        )
        buffers.append(path.read_bytes())
    for turn in range(600):
        data = bytearray(buffers[turn % 2])
        for at in random.integers(0, len(data), random.integers(1, 8)):
            data[at] = random.integers(0, 256)
        path.write_bytes(data)
        try:
            with pickled.opened(path) as checkpoint:
                for name in checkpoint.tensors:
                    checkpoint.numbers(name)
        except BadInput as error:
            assert str(error).endswith(".")
        except MemoryError:
            pytest.fail("a size was believed")


def test_what_a_training_leaves_beside_its_weights_does_no_harm(tmp_path: Path) -> None:
    """As public checkpoints of Stable Diffusion have it: notes of Lightning, single numbers of NumPy, an optimizer."""
    import numpy as np

    class Lightning:
        __module__ = "pytorch_lightning.callbacks.model_checkpoint"

    Lightning.__qualname__ = Lightning.__name__ = "ModelCheckpoint"
    whole: dict[Any, Any] = {
        "state_dict": {"a": torch.ones(2), "b": torch.zeros(3, 2).T},
        "epoch": 3,
        "loss": np.float64(0.5),
        "optimizer_states": [{"state": {0: {"step": 7}}}],
        "lr": (1e-4, None, True),
    }
    torch.save(whole, tmp_path / "x.ckpt")
    assert pickled.heads(tmp_path / "x.ckpt") == {"state_dict.a": ("F32", (2,)), "state_dict.b": ("F32", (2, 3))}
    program = b"}(X\x01\0\0\0kcpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\nX\x01\0\0\0lK\x01u."
    (tmp_path / "y.ckpt").write_bytes(zipped(program))
    with pytest.raises(BadInput, match="holds no weights"):
        pickled.heads(tmp_path / "y.ckpt")
