"""Plans: never 16-bit floats on a processor, offload where a card is small, and a sentence for each choice."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.runtime import plan
from models.runtime.device import GIB, Machine
from models.runtime.plan import Plan, Wish, decide

SD15, SDXL, STARTER = 1_070_000_000, 3_470_000_000, 20_000_000
PROCESSOR = Machine("cpu", "Some CPU", cores=8, ram=32 * GIB, ram_free=24 * GIB)


def card(gigabytes: float, bf16: bool = True) -> Machine:
    size = int(gigabytes * GIB)
    return Machine("cuda", "Card", size, size, 8, 32 * GIB, 24 * GIB, bf16)


@pytest.mark.parametrize(
    ("parameters", "machine", "dtype", "offload"),
    [
        (STARTER, PROCESSOR, "float32", "none"),
        (SD15, PROCESSOR, "float32", "none"),
        (SD15, Machine("cpu", cores=2, ram_free=24 * GIB, bf16=True), "bfloat16", "none"),
        (STARTER, Machine("cpu", cores=2, ram_free=24 * GIB, bf16=True), "float32", "none"),
        (SD15, card(8), "bfloat16", "none"),
        (SD15, card(8, bf16=False), "float16", "none"),
        (SDXL, card(24), "bfloat16", "none"),
        (SDXL, card(8), "bfloat16", "model"),
        (SD15, card(3), "bfloat16", "model"),
        (SD15, Machine("mps", ram_free=12 * GIB), "float16", "none"),
        (SD15, Machine("rocm", "Card", 16 * GIB, 15 * GIB, bf16=True), "bfloat16", "none"),
    ],
)
def test_the_choice(parameters: int, machine: Machine, dtype: str, offload: str) -> None:
    made = decide(parameters, machine)
    assert (made.dtype, made.offload) == (dtype, offload)
    assert made.device == machine.device != "rocm"
    assert made.reasons and all(reason.endswith(".") for reason in made.reasons)
    assert made == decide(parameters, machine)


def test_what_the_person_set_by_hand_counts() -> None:
    assert decide(SD15, card(24), Wish(device="cpu")).device == "cpu"
    assert decide(SD15, card(24), Wish(dtype="float32")).dtype == "float32"
    assert decide(SD15, card(24), Wish(offload="model")).offload == "model"
    # ... but for what would take hours.
    refused = decide(SD15, PROCESSOR, Wish(dtype="float16"))
    assert refused.dtype == "float32"
    assert "16-bit" in refused.reasons[0]


def test_an_accelerator_set_aside_is_planned_as_a_processor() -> None:
    made = decide(SD15, card(24), Wish(device="cpu"))
    assert (made.dtype, made.offload) == ("float32", "none")


def test_little_memory_is_told_and_decodes_in_tiles() -> None:
    made = decide(SD15, Machine("cpu", cores=2, ram=8 * GIB, ram_free=4 * GIB))
    assert any("may be slow" in reason for reason in made.reasons)
    assert made.tiles(768, 768) and not made.tiles(512, 512)
    assert not decide(SD15, PROCESSOR).tiles(1024, 1024)


@pytest.mark.parametrize(
    ("machine", "offload", "words"),
    [
        (card(24), "model", ("one network at a time", "small tiles")),
        (card(3), "model", ("small tiles",)),  # where the networks take turns already
        (PROCESSOR, "none", ("small tiles",)),
        (Machine("mps", ram_free=12 * GIB), "none", ("small tiles",)),
    ],
)
def test_the_next_lower_plan_says_what_it_changes_and_is_the_last(
    machine: Machine, offload: str, words: tuple[str, ...]
) -> None:
    full = decide(SD15, machine)
    lower = plan.lower(full)
    assert lower is not None
    assert (lower.device, lower.dtype, lower.offload) == (full.device, full.dtype, offload)
    assert lower.tiles(512, 512) and not lower.tiles(256, 256)
    (reason,) = lower.reasons
    assert [w for w in ("one network at a time", "small tiles") if w in reason] == list(words)
    assert plan.lower(lower) is None


def test_no_weights_no_reason_to_worry() -> None:
    assert decide(0, PROCESSOR).dtype == Plan().dtype == "float32"


def test_a_network_in_two_formats_counts_once(tiny_stable_diffusion: Path, tmp_path: Path) -> None:
    import shutil

    whole = plan.parameters_in(tiny_stable_diffusion)
    assert whole > 100_000
    twice = Path(shutil.copytree(tiny_stable_diffusion, tmp_path / "twice"))
    shutil.copy(
        twice / "unet" / "diffusion_pytorch_model.safetensors",
        twice / "unet" / "diffusion_pytorch_model.fp16.safetensors",
    )
    assert plan.parameters_in(twice) == whole
    for shard in (1, 2):
        shutil.copy(
            twice / "vae" / "diffusion_pytorch_model.safetensors",
            twice / "vae" / f"more-0000{shard}-of-00002.safetensors",
        )
    assert plan.parameters_in(twice) > whole


def test_the_plan_for_a_folder_is_the_plan_for_its_weights(tiny_stable_diffusion: Path) -> None:
    assert plan.for_model(tiny_stable_diffusion, Wish(device="cpu")).dtype == "float32"
