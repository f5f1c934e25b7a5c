"""The machine as it is told: what a container allows, and a sentence for the header."""

from __future__ import annotations

import os

import pytest

from models.runtime import device
from models.runtime.device import GIB, Machine


def test_this_machine_is_described() -> None:
    machine = device.detect()
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert 0 < machine.ram_free <= machine.ram
    assert machine.sentence()
    if machine.kind != "cpu":
        assert machine.memory_free <= machine.memory


def test_the_processor_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERYFORM_DEVICE", "cpu")
    assert device.detect().kind == "cpu"


def limits(monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Control-group files (version 2, dots as underscores) with that content."""
    told = {name.replace("_", ".", 1): content for name, content in files.items()}
    monkeypatch.setattr(device, "_cgroup", lambda second, first: told.get(second))


def test_a_container_has_fewer_cores_than_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    limits(monkeypatch)
    assert device.cores() == 16
    for quota, cores in (("max 100000", 16), ("250000 100000", 3), ("50000 100000", 1), ("-1", 16), ("400000", 4)):
        limits(monkeypatch, cpu_max=quota)
        assert device.cores() == cores


def test_a_container_has_less_memory_than_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = device.ram()
    limits(monkeypatch, memory_max="max", memory_current="123")
    assert device.ram()[0] == whole
    limits(
        monkeypatch, memory_max=str(GIB), memory_current=str(GIB // 2), memory_stat=f"anon 1\ninactive_file {GIB // 4}"
    )
    total, free = device.ram()
    assert total == GIB
    assert free == GIB - (GIB // 2 - GIB // 4)


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (Machine("cuda", "NVIDIA H200", 150 * GIB), "NVIDIA H200, 150 GB"),
        (Machine("rocm", "Radeon 7900", 24 * GIB), "AMD Radeon 7900, 24 GB"),
        (Machine("cpu", "", cores=1, ram_free=3 * GIB), "Processor, 1 core, 3.0 GB free"),
        (Machine("mps", "Apple M3", ram_free=20 * GIB), "Apple M3, 20 GB free"),
    ],
)
def test_the_sentence(machine: Machine, words: str) -> None:
    assert machine.sentence() == words


def test_no_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        monkeypatch.setenv("OMP_NUM_THREADS", "4")
        monkeypatch.setattr(device, "cores", lambda: 2)
        device.use_cores()
        assert torch.get_num_threads() == 4
        monkeypatch.delenv("OMP_NUM_THREADS")
        device.use_cores()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_what_the_processor_can_and_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    able = {"avx2": True, "avx512_f": True, "avx512_vnni": True, "avx512_bf16": True, "amx_bf16": False}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    monkeypatch.setenv("EVERYFORM_DEVICE", "cpu")
    machine = device.detect()
    assert machine.features == ("avx2", "avx512", "vnni", "bf16") and machine.bf16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert not device.detect().bf16
    assert machine.process > 10 * 2**20
    assert set(machine.libraries) <= {"torchao", "bitsandbytes", "gguf", "llama_cpp", "openvino"}
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda name: None)
    assert device.libraries() == ()


def test_an_accelerator_set_aside_leaves_the_processor() -> None:
    machine = Machine("cuda", "Card", 8 * GIB, 7 * GIB, 4, 32 * GIB, 20 * GIB, True, ("avx2",), (8, 9))
    aside = machine.as_processor()
    assert (aside.kind, aside.memory, aside.bf16, aside.cores, aside.ram_free) == ("cpu", 0, False, 4, 20 * GIB)
    assert machine.room < 7 * GIB and aside.room < 20 * GIB
    assert Machine("mps", ram=16 * GIB, ram_free=15 * GIB).room <= 12 * GIB
