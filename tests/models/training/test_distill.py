"""What students learn from: the teacher's ways solved as they should be, and what both recipes make of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file

from models.store.files import ADAPTER
from models.training import distill, low_rank
from models.training.distill import POINTS, Levels, Ways
from models.training.recipes import adversarial_distillation, consistency
from models.training.recipes.scenes import schedule
from models.training.starter import SCENES, STARTERS

CPU = torch.device("cpu")
SPREAD = 0.5  # of the pictures that the teacher below has learned


class Sure:
    """A teacher of pictures that are plain Gaussian noise of a known spread: what it should expect has a formula."""

    levels = Levels(CPU)

    def look(self, noisy: torch.Tensor, times: torch.Tensor, states: Any) -> tuple[torch.Tensor, torch.Tensor]:
        signal, grain = self.levels.at(times)
        return signal * SPREAD**2 / (signal**2 * SPREAD**2 + grain**2) * noisy, torch.ones_like(noisy[:, :1])


def way(noisy: torch.Tensor, time: int) -> torch.Tensor:
    """Where the exact way through `noisy` ends: it keeps every value's share of the spread at its time."""
    signal, grain = Sure.levels.at(torch.tensor([time]))
    return noisy * SPREAD / (signal**2 * SPREAD**2 + grain**2) ** 0.5


def test_solved_ways_end_where_the_exact_ones_do() -> None:
    noise = torch.randn(6, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    times = distill.times_of(6, torch.Generator().manual_seed(1))
    points, ends, told = distill.solve(Sure(), noise, times, None)  # type: ignore[arg-type]
    assert points.shape == (6, POINTS, 2, 4, 4) and told.shape == (6, 1, 4, 4)
    assert (points[:, 0] == noise).all()
    # Where it ends is what the teacher expects at the last point: all the noise that is left goes at once.
    assert torch.equal(ends, Sure().look(points[:, -1], times[:, -1], None)[0])
    for k in range(POINTS):
        for item in (0, 5):
            still = way(points[item : item + 1, k], int(times[item, k]))
            exact = way(noise[item : item + 1], 999)
            assert (still - exact).norm() < 0.02 * exact.norm(), (item, k)


def test_times_fall_and_begin_at_the_noisiest() -> None:
    times = distill.times_of(64, torch.Generator().manual_seed(0))
    assert (times[:, 0] == 999).all() and (times >= 0).all()
    assert (times.diff(dim=1) < 0).all()
    assert len(times[:, 5].unique()) > 20  # each way has its own


def test_the_student_answers_as_lcms_sampler_reads_it() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, noisy: torch.Tensor, times: torch.Tensor, states: Any) -> Any:
            return type("Out", (), {"sample": noisy.flip(-1) * 0.7})

    scheduler = consistency.strides()
    scheduler.set_timesteps(4)
    noisy = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    for time in scheduler.timesteps:
        expected = scheduler.step(noisy.flip(-1) * 0.7, time, noisy, return_dict=False)[1]
        made = consistency.predicted(Fixed(), Levels(CPU), noisy, time.view(1), None)  # type: ignore[arg-type]
        assert torch.allclose(made, expected, atol=1e-5)
    nothing_to_do = consistency.predicted(Fixed(), Levels(CPU), noisy, torch.tensor([0]), None)  # type: ignore[arg-type]
    assert torch.equal(nothing_to_do, noisy)


def test_the_second_student_begins_with_what_the_first_has_learned() -> None:
    lab: Any = SimpleNamespace(result=lambda recipe: STARTERS / recipe)
    begun = adversarial_distillation.begun(lab).state_dict()
    learned = load_file(STARTERS / "consistency" / "unet" / ADAPTER)
    known = load_file(SCENES / "unet" / "diffusion_pytorch_model.safetensors")
    assert begun.keys() == known.keys()
    name = "conv_norm_out.weight"
    assert torch.equal(begun[name], learned[f"base_model.model.{name}"].float())


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
def test_a_student_leaves_nothing_of_an_older_run_and_may_lie_on_any_device(tmp_path: Path, device: str) -> None:
    unet = UNet2DConditionModel.from_pretrained(SCENES / "unet", local_files_only=True).to(device)
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(
        b"whole weights, of which none were adapted"
    )
    assert low_rank.save(unet, tmp_path) == {"unet": "scenes"}
    assert {path.name for path in (tmp_path / "unet").iterdir()} == {ADAPTER, "adapter_config.json", "config.json"}


def test_both_samplers_keep_the_teachers_levels() -> None:
    for scheduler in (consistency.strides(), adversarial_distillation.passes()):
        assert torch.equal(scheduler.alphas_cumprod, schedule().alphas_cumprod)
        assert scheduler.config.prediction_type == "v_prediction"
    scheduler = adversarial_distillation.passes()
    scheduler.set_timesteps(1)
    assert scheduler.timesteps.tolist() == [adversarial_distillation.NOISIEST]


def test_places_that_the_words_speak_of_count_more() -> None:
    made, ends, told = torch.zeros(1, 1, 1, 2), torch.zeros(1, 1, 1, 2), torch.tensor([[[[0.0, 1.0]]]])
    ends[..., 0] = 1
    quiet = consistency.distance(made, ends, told)
    assert consistency.distance(made, ends.flip(-1), told) > 3 * quiet > 0
    assert consistency.distance(ends, ends, told) == 0


def test_batches_are_points_of_one_way() -> None:
    count = 5
    mark = torch.arange(count).float().view(-1, 1, 1, 1)
    solved = Ways(
        points=(mark.view(-1, 1, 1, 1, 1) * 100 + torch.arange(POINTS).view(1, -1, 1, 1, 1)).expand(-1, -1, 2, 1, 1),
        times=torch.arange(POINTS).expand(count, -1) + 100 * torch.arange(count)[:, None],
        ends=mark.expand(-1, 2, 1, 1),
        ids=torch.arange(count)[:, None].expand(-1, 3),
        told=mark,
    )
    noisy, times, ends, ids, told = consistency.batch(solved, 40, torch.Generator().manual_seed(0))
    assert (noisy[:, 0, 0, 0] == times).all()
    assert (ends[:, 0, 0, 0] == times // 100).all() and (ids[:, 0] == times // 100).all()
    assert (told.flatten() == times // 100).all() and len(times.unique()) > 10


def test_the_critic_sees_what_the_teacher_sees() -> None:
    from models.networks import miniature

    unet = miniature.stable_diffusion().unet
    known: list[torch.Tensor] = []
    unet.mid_block.register_forward_hook(lambda _, given, made: known.append(made))
    noisy, times, states = torch.randn(3, 4, 8, 8), torch.tensor([3, 500, 999]), torch.randn(3, 7, 32)
    with torch.no_grad():
        unet(noisy, times, states)
        seen = adversarial_distillation.impression(unet, noisy, times, states)
    assert torch.allclose(seen[-1], known[0], atol=1e-5)
    assert [f.shape[-1] for f in seen] == [8, 4, 4]
    critic = adversarial_distillation.Critic(unet)
    scores = critic(seen, states[:, -1])
    assert scores.shape == (3, 64 + 16 + 16)
    # The words have a say of their own.
    assert not torch.allclose(scores, critic(seen, states[:, 0]))


def test_neither_master_drowns_the_other() -> None:
    draw = torch.Generator().manual_seed(0)
    taught = torch.cat([torch.randn(2, 1, 4, 4, generator=draw), torch.zeros(2, 1, 4, 4)])
    persuaded = torch.randn(4, 1, 4, 4, generator=draw)
    for scale in (1e-6, 1.0, 1e6):
        both = adversarial_distillation.pull(taught, persuaded * scale, 2)
        length = (both - taught).square().mean().sqrt()
        assert length.item() == pytest.approx(taught[:2].square().mean().sqrt().item(), rel=1e-3)
