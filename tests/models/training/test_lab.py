"""The training lab: a run that is killed goes on from its checkpoint, and its result opens with the library."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.registry import Registry
from models.training.lab import Average, Budget, Lab, Recipe, descend
from models.training.report import write

ROOT = Path(__file__).resolve().parents[3]
RUN = [sys.executable, "-m", "models.training"]


def lab(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*RUN, *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_list_names_every_recipe() -> None:
    done = subprocess.run([*RUN, "list"], cwd=ROOT, text=True, capture_output=True, check=True)
    assert {"reader", "scenes", "scenes-autoencoder", "scenes-decoder", "scenes-details", "scenes-text"} <= {
        line.split()[0] for line in done.stdout.splitlines()
    }


def test_a_killed_run_goes_on_and_ends_in_the_standard_format(tmp_path: Path) -> None:
    words = ["run", "scenes-text", "--state", str(tmp_path), "--device", "cpu", "--batch", "2"]
    first = lab(*words, "--steps", "100000", "--save-every", "0")
    checkpoint = tmp_path / "scenes-text" / "checkpoint.pt"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.05)
    first.kill()
    first.communicate()
    assert checkpoint.exists()
    second = lab(*words, "--steps", "1")
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    assert "resumed checkpoint at step" in out
    result = tmp_path / "scenes-text" / "result"
    tokens = CLIPTokenizer.from_pretrained(result / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(result / "text_encoder")
    ids = tokens("a red sailboat", padding="max_length", return_tensors="pt").input_ids
    assert encoder(ids).last_hidden_state.shape == (1, 48, 128)
    assert json.loads((tmp_path / "scenes-text" / "figures.json").read_text())["seconds"] >= 0


def test_the_recipes_of_a_starter_end_in_a_folder_that_the_studio_runs(tmp_path: Path) -> None:
    """Two steps of it and of what it needs: nothing is learned, but all parts are real and fit together."""
    state, out = tmp_path / "state", tmp_path / "starter"
    common = ["--state", str(state), "--out", str(out), "--device", "cpu", "--steps", "2", "--batch", "2"]
    done = lab("run", "scenes", *common, "--pictures", "8", "--prompts", "2")
    _, err = done.communicate(timeout=170)
    assert done.returncode == 0, err
    folder = out / "scenes"
    pipe = StableDiffusionPipeline.from_pretrained(folder)
    assert pipe("a red sailboat", num_inference_steps=2, output_type="np").images.shape == (1, 128, 128, 3)
    architecture, match = Registry().recognise(folder)
    assert (architecture, match.name, match.missing) == ("latent-diffusion", "Scenes", "")
    assert max(f.stat().st_size for f in folder.rglob("*")) < 16 * 2**20, "a part is too large to travel"
    assert "| scenes |" in write(out)
    assert not list(folder.rglob("*.bin")), "only safetensors"


def test_what_is_held_still_does_not_slow_the_rest() -> None:
    """Weights that no optimizer moves, in the way of the gradient: as a voice's, of which only the decoder learns."""
    steps = []
    for still in (True, False):
        model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
        for layer in model:
            nn.init.ones_(layer.weight)  # type: ignore[arg-type]
        model[0].requires_grad_(not still)
        optimizer = torch.optim.SGD(model[1].parameters(), lr=0)
        for _ in range(20):
            descend(model(torch.full((1, 1), 0.1)).sum(), model, optimizer, 0.01)
        steps.append(1 - model[1].weight.item())
    assert abs(steps[0] - steps[1]) < 1e-6


def test_an_average_that_begins_anew_forgets_first_weights_of_what_joins() -> None:
    model, twin = nn.Linear(2, 2), nn.Linear(2, 2)
    average = Average(model, twin, 0.999)
    for _ in range(1000):
        average.update(model)
    nn.init.constant_(model.weight, 7.0)
    average.begin_anew(model)
    average.update(model)
    assert (average.model.weight - 7).abs().max() < 1e-4 and not average.model.weight.requires_grad


def test_a_run_knows_how_much_work_it_found_done(tmp_path: Path) -> None:
    budget = Budget(2, 1, 1)
    for run in range(2):
        lab = Lab(Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget)
        lab.seconds = 0.0
        lab.budget = Budget(2 + 2 * run, 1, 1)
        assert len(list(lab.steps({}))) == 2
        assert (lab.before > 0) is bool(run) and lab.seconds > lab.before


def test_with_a_deadline_there_are_as_many_steps_as_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("models.training.lab.time.monotonic", lambda: now[0])
    budget = Budget(5, 1, 1)
    lab = Lab(
        Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget,
        deadline=120.0,
    )  # fmt: skip
    halves, shares = [], []
    for step in lab.steps({}):
        halves.append(lab.reaches(0.5))
        shares.append(step / lab.budget.steps)
        now[0] += 1.0 if step < 10 else 2.0
    assert len(halves) == 15 and lab.budget.steps == 15
    assert sum(halves) == 1 and shares == sorted(shares)
    assert shares[10] == 0.5 and halves[10]


def test_a_share_is_reached_once_though_the_run_was_killed(tmp_path: Path) -> None:
    budget, reached = Budget(10, 1, 1), []
    for steps in (5, 10):
        lab = Lab(Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget)
        for step in lab.steps({}):
            reached += [step] * lab.reaches(0.4)
            if step == steps - 1:
                lab.minutes = 0.0
    assert reached == [4]


def test_a_run_that_is_done_goes_on_when_it_is_given_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("models.training.lab.time.monotonic", lambda: now[0])
    budget, counts = Budget(3, 1, 1), []
    for deadline in (float("inf"), 40.0):
        lab = Lab(
            Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget,
            deadline=deadline,
        )  # fmt: skip
        steps = []
        for step in lab.steps({}):
            steps.append(step)
            now[0] += 10.0
        counts.append(steps)
    assert counts == [[0, 1, 2], [3]]


def test_shares_rise_evenly_though_a_run_with_a_deadline_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("models.training.lab.time.monotonic", lambda: now[0])
    shares = []
    for budget, until in ((Budget(10, 1, 1), 5), (Budget(1000, 1, 1), 99)):
        lab = Lab(
            Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget,
            deadline=now[0] + (10.0 if until == 5 else 5.0),
        )  # fmt: skip
        for step in lab.steps({}):
            shares.append(step / lab.budget.steps)
            now[0] += 1.0
            if step + 1 == until:
                lab.minutes = 0.0
    assert shares == pytest.approx([k / 10 for k in range(10)])
