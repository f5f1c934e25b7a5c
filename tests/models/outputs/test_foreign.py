"""Settings of other programs, read from files as those write them, and told where they have no name here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.outputs import read
from models.outputs.foreign import comfyui, table
from models.protocol import BadInput, Card, Parameter
from tests.models.outputs import foreign_files as files

CARD = Card(
    "latent-diffusion", "Latent diffusion", "diffusion", "picture", ("text-to-picture",),
    (
        Parameter("steps", "int", 20, "Steps", "", 1, 100),
        Parameter("guidance_scale", "float", 5.0, "Guidance", "", 1, 20),
        Parameter("width", "int", 128, "Width", "", 64, 1024, multiple_of=8),
        Parameter("height", "int", 128, "Height", "", 64, 1024, multiple_of=8),
        Parameter("scheduler", "choice", "Euler", "Sampler", "", choices=("DPM++ 2M Karras", "Euler", "UniPC")),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("source", "name", "write"), files.FILES, ids=[name for _, name, _ in files.FILES])
def test_what_another_program_wrote_is_read(tmp_path: Path, source: str, name: str, write: files.Write) -> None:
    write(tmp_path / name)
    found = read.read_settings(tmp_path / name)
    assert found is not None and found["source"] == source and table.label(source)
    assert found["prompt"].replace("  ", " ") == files.PROMPT
    assert found["negative_prompt"] == ("" if "flux" in name else files.NEGATIVE)
    assert found["seed"] == files.SEED
    assert found["model_name"] == ("t2v" if source == "wan2gp" else "juggernaut")
    settings = found["settings"]
    assert (settings["steps"], settings["guidance_scale"]) == (28, 7.0)
    assert (settings["width"], settings["height"]) == (512, 768)
    taken, left = read.fit(found, CARD)
    wanted = {"wan2gp": "UniPC", "comfyui-flux.png": "Euler"}.get(name, {"wan2gp": "UniPC"}.get(source))
    if name != "invokeai-2.png":  # its Euler a is not one of this card's
        assert taken["scheduler"] == (wanted or "DPM++ 2M Karras"), left
    json.dumps(found, allow_nan=False)


def test_what_has_no_name_here_is_said(tmp_path: Path) -> None:
    said = {}
    for source, name, write in files.FILES:
        write(tmp_path / name)
        found = read.read_settings(tmp_path / name)
        assert found is not None
        said.setdefault(source, found["unread"])
    assert any("Clip skip: 2" in line for line in said["a1111"])
    assert any(line.startswith("loras:") and "ink" in line for line in said["invokeai"])
    assert any("cfg_rescale_multiplier: 0.7" in line for line in said["invokeai"])
    assert any(line.startswith("lora:") and "ink" in line for line in said["fooocus"])
    assert any("sharpness: 2.0" in line for line in said["fooocus"])
    assert any(line.startswith("loras:") for line in said["swarmui"])
    assert any("ink.safetensors" in line for line in said["wan2gp"])
    assert set(said["comfyui"]) == {"second pass (KSampler): denoise 0.5", "lora: ink 0.8", "node: LatentUpscale"}


def test_video_settings_have_their_names(tmp_path: Path) -> None:
    files.mp4(comment=json.dumps(files.WAN2GP))(tmp_path / "a.mp4")
    found = read.read_settings(tmp_path / "a.mp4")
    assert found is not None
    assert (found["settings"]["frames"], found["settings"]["shift"]) == (81, 5.0)


def test_other_blocks_are_not_taken_for_settings() -> None:
    for notes in (
        {},
        {"comment": "made by hand"},
        {"parameters": '{"broken": '},
        {"prompt": '{"a": 1}'},
        {"prompt": "a boat"},
        {"comment": '{"title": "Song", "type": "single"}'},
        {"workflow": '{"nodes": [], "links": []}'},
    ):
        assert table.parse(notes) is None, notes


def test_a_seed_that_is_none_of_ours_is_said_and_no_other_taken() -> None:
    graph = json.loads(json.dumps(files.COMFYUI))
    graph["20"]["inputs"]["value"] = 2**63 + 1
    found = table.parse({"prompt": json.dumps(graph)})
    assert found is not None and "seed" not in found and f"seed: {2**63 + 1}" in found["unread"]
    graph["12"]["inputs"]["denoise"] = 10**400  # too large for a float
    assert table.parse({"prompt": json.dumps(graph)}) is not None
    given = files.SWARMUI["sui_image_params"] | {"seed": -1, "steps": "many", "width": 1e999}
    found = table.parse({"parameters": json.dumps({"sui_image_params": given})})
    assert found is not None and not {"steps", "width"} & set(found["settings"]) and "seed" not in found
    assert {"seed: -1", "steps: many"} <= set(found["unread"])


def test_a_graph_that_runs_in_a_circle_or_without_end_is_left() -> None:
    links = {"positive": ["2", 0], "latent_image": ["1", 0], "steps": ["2", 0]}
    ring = {
        "1": {"class_type": "KSampler", "inputs": links},
        "2": {"class_type": "Primitive", "inputs": {"value": ["3", 0]}},
        "3": {"class_type": "Primitive", "inputs": {"value": ["2", 0]}},
    }
    found = table.parse({"prompt": json.dumps(ring)})
    assert found is not None and found["prompt"] == "" and "steps" not in found["settings"]
    chain = {str(k): {"class_type": "Pass", "inputs": {"text": [str(k + 1), 0]}} for k in range(20_000)}
    assert table.parse({"prompt": json.dumps(chain)}) is None
    deep = '{"prompt": ' * 50_000
    assert table.parse({"comment": deep, "prompt": deep, "workflow": deep, "invokeai_metadata": deep}) is None


def test_of_thousands_of_samplers_a_few_are_looked_into() -> None:
    hub = {"class_type": "Hub", "inputs": {f"i{k}": [str(k % 900), 0] for k in range(2000)}}
    graph = {
        str(k): {"class_type": "KSampler", "inputs": {"latent_image": ["900", 0], "positive": ["900", 0], "denoise": 1}}
        for k in range(900)
    }
    found = table.parse({"prompt": json.dumps(graph | {"900": hub})})
    assert found is not None
    assert sum(line.startswith("second pass") for line in found["unread"]) == comfyui._MAX_SAMPLERS - 1


def test_settings_that_are_nested_too_deep_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.png(parameters=files.A1111)(tmp_path / "deep.png")

    def fails(notes: object) -> None:
        raise RecursionError("maximum recursion depth exceeded while getting the repr of an object")

    monkeypatch.setattr(table, "parse", fails)
    with pytest.raises(BadInput, match="settings that are nested too deep"):
        read.read_settings(tmp_path / "deep.png")
