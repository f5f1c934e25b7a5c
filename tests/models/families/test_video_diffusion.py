"""Video diffusion: folders of film pipelines are its own, and a clip may be given its first frame."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.families.diffusion import video_diffusion as family
from models.networks import miniature
from models.protocol import BadInput, JobCancelled, Loading, Preview, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import for_model
from tests.models.families.watch import Watch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "moving"
    miniature.moving(8).save_pretrained(path, safe_serialization=True)
    return path


@pytest.fixture(scope="module")
def taught(folder: Path) -> Path:
    """The same, with a sidecar that says it was taught to go on from a first frame."""
    path = folder.with_name("taught")
    shutil.copytree(folder, path)
    told = {"name": "Taught", "first_frame": True, "defaults": {"frames": 4, "width": 64, "height": 64}}
    (path / "everyform.json").write_text(json.dumps(told), encoding="utf-8")
    return path


def made(path: Path, emit: Watch, task: str = "text-to-video", inputs: dict[str, str] | None = None) -> Any:
    architecture, match = Registry().recognise(path)
    settings = match.card.check({"steps": 3, "frames": 4, "width": 64, "height": 64, "fps": 8.0}, task)
    model = Registry().families[architecture].load(str(path), for_model(path))
    asked = Request("m", str(path), architecture, task, "a boat", seed=3, settings=settings, inputs=inputs or {})
    return model.generate(asked, emit)


def test_a_film_pipeline_is_its_own_and_a_picture_pipeline_is_not(folder: Path, tmp_path: Path) -> None:
    architecture, match = Registry().recognise(folder)
    assert architecture == "video-diffusion" and match.card.medium == "video"
    assert match.card.tasks == ("text-to-video",) and not match.card.inputs
    frames = next(p for p in match.card.parameters if p.name == "frames")
    assert frames.maximum == 8 and int(frames.default) <= 8, "its layers of time have places for eight"
    miniature.stable_diffusion().save_pretrained(tmp_path / "still")
    assert Registry().recognise(tmp_path / "still")[0] == "latent-diffusion"


def test_it_runs_with_previews_of_the_whole_clip_and_stops_within_a_step(folder: Path) -> None:
    emit = Watch()
    clip = made(folder, emit)
    assert len(clip.frames) == 4 and clip.size == (64, 64) and clip.fps == 8
    assert {e.frames for e in emit.events if isinstance(e, Preview)} == {4}
    with pytest.raises(JobCancelled):
        made(folder, Watch(stop=1))


def test_a_clip_goes_on_from_its_first_frame(taught: Path, tmp_path: Path) -> None:
    card = Registry().recognise(taught)[1].card
    assert card.tasks == ("text-to-video", "picture-to-video") and card.inputs[0].name == "picture"
    clips = []
    for name, colour in (("red", (220, 30, 30)), ("blue", (30, 30, 220))):
        picture = tmp_path / f"{name}.png"
        Image.new("RGB", (80, 64), colour).save(picture)
        clip = made(taught, Watch(), "picture-to-video", {"picture": str(picture)})
        assert clip.size == (64, 64) and len(clip.frames) == 4
        clips.append(np.stack([np.asarray(frame) for frame in clip.frames]).astype(int))
        again = made(taught, Watch(), "picture-to-video", {"picture": str(picture)})
        assert np.array_equal(clips[-1][0], np.asarray(again.frames[0]))
    red, blue = clips
    assert np.abs(red[0] - blue[0]).max() > 0, "the given frame is in the clip"
    assert np.abs(red[1:] - blue[1:]).max() > 0, "and tells on the others"
    with pytest.raises(BadInput):
        made(taught, Watch(), "picture-to-video", {"picture": str(tmp_path / "none.png")})


def test_the_first_frame_stays_as_it_is_at_every_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = family.tiny()
    picture = tmp_path / "one.png"
    Image.effect_noise((64, 64), 80).convert("RGB").save(picture)
    seen: list[torch.Tensor] = []
    unet = model._pipeline.unet
    own = unet.forward

    def watched(sample: torch.Tensor, *rest: Any, **more: Any) -> Any:
        seen.append(sample[0, :, 0].clone())
        return own(sample, *rest, **more)

    monkeypatch.setattr(unet, "forward", watched)
    task = "picture-to-video"
    settings = model.card.check({"steps": 3, "frames": 4, "width": 64, "height": 64}, task)
    asked = Request("m", "", "video-diffusion", task, "", seed=1, settings=settings, inputs={"picture": str(picture)})
    model.generate(asked, Watch())
    assert len(seen) == 3
    assert all(torch.equal(one, seen[0]) for one in seen)


def test_words_alone_begin_with_a_still_where_the_model_was_taught_so(taught: Path, tmp_path: Path) -> None:
    plain = made(taught, Watch())
    path = tmp_path / "still first"
    shutil.copytree(taught, path)
    told = json.loads((path / "everyform.json").read_text("utf-8")) | {"still_first": True}
    (path / "everyform.json").write_text(json.dumps(told), encoding="utf-8")
    emit = Watch()
    begun = made(path, emit)
    assert len(begun.frames) == 4 and [e.step for e in emit.events if isinstance(e, Progress)] == [0, 1, 2, 3]
    assert np.abs(np.asarray(plain.frames[0]).astype(int) - np.asarray(begun.frames[0])).max() > 0
    again = made(path, Watch())
    assert all(np.array_equal(one, other) for one, other in zip(begun.frames, again.frames, strict=True))


def test_the_still_is_one_frame_and_heard_of_while_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    model = family.tiny()
    seen: list[torch.Tensor] = []
    unet = model._pipeline.unet
    own = unet.forward

    def watched(sample: torch.Tensor, *rest: Any, **more: Any) -> Any:
        seen.append(sample[0].clone())
        return own(sample, *rest, **more)

    monkeypatch.setattr(unet, "forward", watched)
    settings = model.card.check({"steps": 3, "frames": 4, "width": 64, "height": 64}, "text-to-video")
    asked = Request("m", "", "video-diffusion", "text-to-video", "a boat", seed=1, settings=settings)
    model.generate(asked, Watch())
    assert [sample.shape[1] for sample in seen] == [1, 1, 1, 4, 4, 4]
    assert torch.equal(seen[3][:, 0], seen[4][:, 0]), "it stays as it is"
    assert not torch.equal(seen[4][:, 0], seen[5][:, 0]), "until it is one of the frames"
    seen.clear()

    def stopped(event: Any) -> None:
        if isinstance(event, Loading):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        model.generate(asked, stopped)
    assert len(seen) == 1


def test_what_the_pipeline_refuses_of_the_still_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    model = family.tiny()

    def refused(*_: Any, **__: Any) -> Any:
        raise ValueError("not so wide")

    monkeypatch.setattr(model._pipeline.unet, "forward", refused)
    settings = model.card.check({"steps": 3, "frames": 4, "width": 64, "height": 64}, "text-to-video")
    asked = Request("m", "", "video-diffusion", "text-to-video", "a boat", seed=1, settings=settings)
    with pytest.raises(BadInput, match="not so wide"):
        model.generate(asked, Watch())
