"""Plans for models on this disk and this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from models.runtime.fitting import plan
from models.runtime.fitting.plan import Plan, Wish


def parameters_in(path: Path) -> int:
    return sum(part.parameters for part in plan.parts_in(path))


def test_a_network_in_two_formats_counts_once(tiny_stable_diffusion: Path, tmp_path: Path) -> None:
    whole = parameters_in(tiny_stable_diffusion)
    assert whole > 100_000
    twice = Path(shutil.copytree(tiny_stable_diffusion, tmp_path / "twice"))
    shutil.copy(
        twice / "unet" / "diffusion_pytorch_model.safetensors",
        twice / "unet" / "diffusion_pytorch_model.fp16.safetensors",
    )
    assert parameters_in(twice) == whole


def test_the_plan_for_a_folder_is_the_plan_for_its_weights(tiny_stable_diffusion: Path) -> None:
    made = plan.for_model(tiny_stable_diffusion, Wish(device="cpu"))
    assert (made.device, made.dtype, made.offload, made.quantization) == ("cpu", "float32", "none", "none")
    assert made.peak.ram.total > made.peak.ram.weights > 0


def test_a_model_without_weights_runs_as_it_is(tmp_path: Path) -> None:
    assert plan.for_model(tmp_path, Wish(device="cpu")).dtype == Plan().dtype
