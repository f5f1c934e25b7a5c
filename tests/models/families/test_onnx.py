"""ONNX graphs: what they are for is told by their heads, they run, and what is broken or strange is refused."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto as Kind
from onnx import helper, numpy_helper
from PIL import Image

from models.networks import miniature_onnx
from models.protocol import BadInput, JobCancelled, Notice, Preview, Progress
from models.registry import Registry
from models.store.files import Files
from models.store.heads import onnx as heads
from tests.models.families import making

REGISTRY = Registry()
FLOAT = Kind.FLOAT


def saved(
    path: Path, nodes: Sequence[Any], takes: Sequence[Any], gives: Sequence[Any], *weights: Any, **more: Any
) -> Path:
    """An ONNX file of these nodes; ports are (name, kind, shape)."""
    graph = helper.make_graph(
        list(nodes), "graph", [helper.make_tensor_value_info(*one) for one in takes],
        [helper.make_tensor_value_info(*one) for one in gives], list(weights),
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(name, 1) for name in more.pop("domains", ()))]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, functions=more.pop("functions", ()))
    onnx.save(model, path, **more)
    return path


def tensor(name: str, *shape: int, seed: int = 0) -> Any:
    return numpy_helper.from_array(np.random.default_rng(seed).standard_normal(shape).astype("float32"), name)


def node(operator: str, takes: str, gives: str, **more: Any) -> Any:
    return helper.make_node(operator, takes.split(), gives.split(), **more)


def gan(path: Path, last: str = "Tanh", **more: Any) -> Path:
    nodes = [node("ConvTranspose", "z w", "a"), node(last, "a", "picture")]
    ports = [("z", FLOAT, ["batch", 8, 1, 1])], [("picture", FLOAT, ["batch", 3, 16, 16])]
    return saved(path, nodes, *ports, tensor("w", 8, 3, 16, 16), **more)


def photo(path: Path, wide: int = 40, high: int = 24) -> Path:
    y, x = np.mgrid[0:high, 0:wide]
    Image.fromarray(np.stack([x * 5, y * 9, (x + y) * 3], -1).clip(0, 255).astype(np.uint8)).save(path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as told:
        REGISTRY.recognise(path)
    words = str(told.value)
    assert words.count(". ") == 0 and words.endswith(".")
    return words


# ── what they are for ─────────────────────────────────────────────────────────


def test_a_gan_makes_a_picture_and_its_seed_decides(tmp_path: Path) -> None:
    heard, first = making.make(gan(tmp_path / "gan.onnx"), tmp_path / "a", seed=3)
    assert first is not None and Image.open(first.path).size == (16, 16)
    assert any(isinstance(event, Preview) for event in heard)
    _, same = making.make(tmp_path / "gan.onnx", tmp_path / "b", seed=3)
    _, other = making.make(tmp_path / "gan.onnx", tmp_path / "c", seed=4)
    pictures = [np.asarray(Image.open(one.path)) for one in (first, same, other) if one is not None]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] != pictures[2]).any()
    assert pictures[0].min() < 20 and pictures[0].max() > 235  # a tanh's range, all of it


def test_a_gan_agrees_with_onnx_itself(tmp_path: Path) -> None:
    from onnx.reference import ReferenceEvaluator

    from models.runtime import pixels

    path = gan(tmp_path / "gan.onnx")
    _, made = making.make(path, tmp_path / "out", seed=5, spread=0.5)
    z = pixels.noise(5, 1, 8, 1, 1).numpy() * np.float32(0.5)
    picture = ReferenceEvaluator(str(path)).run(None, {"z": z})[0][0].transpose(1, 2, 0)
    assert made is not None
    assert np.abs(np.asarray(Image.open(made.path)) - (picture + 1) * 127.5).max() < 1


def test_classes_are_numbers_with_a_range(tmp_path: Path) -> None:
    folder = tmp_path / "flowers"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(miniature_onnx.generator())
    (folder / "everyform.json").write_text(json.dumps({"name": "Flowers", "onnx": {"labels": ["rose", "lily"]}}))
    _, match = REGISTRY.recognise(folder)
    label = next(p for p in match.card.parameters if p.name == "label")
    assert (match.name, label.maximum) == ("Flowers", 1) and "1 lily" in label.help
    pictures = [making.make(folder, tmp_path / f"{k}", seed=1, label=k)[1] for k in (0, 1)]
    rows = [np.asarray(Image.open(one.path)) for one in pictures if one is not None]
    assert (rows[0] != rows[1]).any()


@pytest.mark.parametrize("order", ["CHW", "HWC"])
@pytest.mark.parametrize("last", ["Tanh", "Sigmoid", "Identity", "255"])
def test_a_picture_passes_through_in_its_own_numbers(tmp_path: Path, order: str, last: str) -> None:
    """Of a graph that changes hardly anything the picture comes out as it went in, whatever it counts in."""
    shape = ["n", 3, "h", "w"] if order == "CHW" else ["n", "h", "w", 3]
    nodes = {
        "Tanh": [node("Mul", "picture small", "a"), node("Tanh", "a", "b"), node("Div", "b small", "out")],
        "Sigmoid": [node("Clip", "picture", "out")],
        "Identity": [node("Identity", "picture", "out")],
        "255": [node("Max", "picture floor", "out")],
    }[last]
    small = numpy_helper.from_array(np.float32(1e-3), "small")
    floor = numpy_helper.from_array(np.float32(12.0), "floor")
    path = saved(tmp_path / "net.onnx", nodes, [("picture", FLOAT, shape)], [("out", FLOAT, shape)], small, floor)
    given = photo(tmp_path / "photo.png")
    _, made = making.make(path, tmp_path / "out", "", given)
    assert made is not None
    seen, was = (np.asarray(Image.open(one).convert("RGB")).astype(int) for one in (made.path, given))
    assert seen.shape == was.shape
    assert np.abs(seen - np.maximum(was, 12 if last == "255" else 0)).max() <= 1


def test_a_picture_becomes_larger_and_loses_what_it_was_filled_up_by(tmp_path: Path) -> None:
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], "float32"), "scales")
    ports = [("x", FLOAT, [1, 3, "h", "w"])], [("y", FLOAT, [1, 3, "2h", "2w"])]
    path = saved(tmp_path / "up.onnx", [helper.make_node("Resize", ["x", "", "scales"], ["y"])], *ports, scales)
    given = photo(tmp_path / "photo.png", 50, 30)
    _, made = making.make(path, tmp_path / "out", "", given)
    assert made is not None and Image.open(made.path).size == (100, 60)
    again = np.asarray(Image.open(made.path))[::2, ::2]
    assert np.abs(again.astype(int) - np.asarray(Image.open(given)).astype(int)).max() <= 1


def test_sound_needs_its_rate_and_video_comes_as_frames(tmp_path: Path) -> None:
    folder = tmp_path / "song"
    folder.mkdir()
    ports = [("noise", FLOAT, [1, 8])], [("wave", FLOAT, [1, 1, 1600])]
    nodes = [node("MatMul", "noise w", "a"), node("Tanh", "a", "b"), node("Unsqueeze", "b axis", "wave")]
    axis = numpy_helper.from_array(np.array([1]), "axis")
    saved(folder / "net.onnx", nodes, *ports, tensor("w", 8, 1600), axis)
    assert "sample_rate" in refused(folder)
    (folder / "everyform.json").write_text('{"onnx": {"sample_rate": 8000}}')
    _, made = making.make(folder, tmp_path / "out")
    assert made is not None and made.medium == "sound" and made.path.endswith(".wav")
    film = saved(
        tmp_path / "film.onnx",
        [node("MatMul", "z w", "a"), node("Reshape", "a size", "b"), node("Sigmoid", "b", "video")],
        [("z", FLOAT, [1, 8])], [("video", FLOAT, [1, 3, 4, 16, 16])], tensor("w", 8, 3072),
        numpy_helper.from_array(np.array([1, 3, 4, 16, 16]), "size"),
    )  # fmt: skip
    heard, made = making.make(film, tmp_path / "out")
    assert made is not None and made.medium == "video"
    assert max(event.frames for event in heard if isinstance(event, Preview)) == 4


@pytest.mark.parametrize(
    ("takes", "gives", "words"),
    [
        ([("input_ids", Kind.INT64, [1, 8])], [("y", FLOAT, [1, 8, 100])], "reads text"),
        ([("sample", FLOAT, [1, 4, 8, 8]), ("timestep", FLOAT, [1])], [("y", FLOAT, [1, 4, 8, 8])], "one part"),
        ([("x", FLOAT, [1, 3, 224, 224])], [("scores", FLOAT, [1, 1000])], "list of numbers"),
        ([("x", FLOAT, ["n", "d"])], [("y", FLOAT, [1, 3, 8, 8])], "not how many numbers"),
        ([("x", FLOAT, [1, 3, 8, 8]), ("mask", FLOAT, [1, 1, 8, 8])], [("y", FLOAT, [1, 3, 8, 8])], "several pictures"),
        ([("n", Kind.INT64, [1])], [("y", FLOAT, [1, 3, 8, 8])], "neither noise nor a picture"),
        ([("x", FLOAT, [1, 3, 8, 8])], [("y", FLOAT, [1, 19, 8, 8])], "no picture, sound or video"),
    ],
)
def test_what_cannot_be_told_says_why(tmp_path: Path, takes: list[Any], gives: list[Any], words: str) -> None:
    path = saved(tmp_path / "net.onnx", [node("Identity", takes[0][0], gives[0][0])], takes, gives)
    assert words in refused(path)


def test_a_stop_ends_a_run_in_its_middle(tmp_path: Path) -> None:
    body = helper.make_graph(
        [node("MatMul", "m w", "m2"), node("Identity", "c", "c2")], "body",
        [
            helper.make_tensor_value_info(*one)
            for one in (("i", Kind.INT64, []), ("c", Kind.BOOL, []), ("m", FLOAT, [64, 64]))
        ],
        [helper.make_tensor_value_info("c2", Kind.BOOL, []), helper.make_tensor_value_info("m2", FLOAT, [64, 64])],
    )  # fmt: skip
    path = saved(
        tmp_path / "long.onnx",
        [
            node("Reshape", "z square", "m0"), helper.make_node("Loop", ["many", "yes", "m0"], ["m1"], body=body),
            node("Reshape", "m1 shape", "y"),
        ],
        [("z", FLOAT, [1, 4096])], [("y", FLOAT, [1, 1, 64, 64])], tensor("w", 64, 64),
        numpy_helper.from_array(np.array([64, 64]), "square"),
        numpy_helper.from_array(np.array([1, 1, 64, 64]), "shape"),
        numpy_helper.from_array(np.array(10**9), "many"), numpy_helper.from_array(np.array(True), "yes"),
    )  # fmt: skip
    _, match = REGISTRY.recognise(path)
    from models.families.hybrid import onnx as family
    from models.protocol import Request
    from models.runtime.fitting.plan import Plan

    class Stops:
        heard = 0

        def __call__(self, event: Any) -> None:
            self.heard += isinstance(event, Progress)
            if self.heard > 2:  # the second is said while it runs
                raise JobCancelled

        def wants_preview(self) -> bool:
            return False

    settings = match.card.check({}, "sample")
    with pytest.raises(JobCancelled):
        family.load(str(path), Plan()).generate(Request("x", str(path), "onnx", "sample", settings=settings), Stops())


# ── what is refused ───────────────────────────────────────────────────────────


def test_weights_in_another_file_must_lie_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = gan(home / "gan.onnx", save_as_external_data=True, location="gan.data", size_threshold=0)
    assert (home / "gan.data").is_file() and making.make(path, tmp_path / "out")[1] is not None
    whole = (home / "gan.data").read_bytes()
    (home / "gan.data").write_bytes(whole[:-1])
    assert "shorter" in refused(path)
    (home / "gan.data").unlink()
    assert "not beside it" in refused(path)
    secret = tmp_path / "secret"
    secret.write_bytes(whole)
    try:
        (home / "gan.data").symlink_to(secret)
    except OSError:
        pytest.skip("links are not allowed here")
    assert "outside its folder" in refused(path)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "a/../../secret", "C:\\secret", "..\\secret", ""])
def test_weights_elsewhere_are_never_opened(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 4096 * 8)
    home = tmp_path / "home"
    home.mkdir()
    gan(home / "gan.onnx", save_as_external_data=True, location="gan.data", size_threshold=0)
    model = onnx.load(home / "gan.onnx", load_external_data=False)
    for weight in model.graph.initializer:
        next(one for one in weight.external_data if one.key == "location").value = location
    (home / "gan.onnx").write_bytes(model.SerializeToString())
    assert "outside its folder" in refused(home / "gan.onnx")


def test_weights_elsewhere_are_found_in_the_graphs_inside(tmp_path: Path) -> None:
    hidden = tensor("inner", 4, 4)
    hidden.ClearField("raw_data")
    hidden.data_location = Kind.EXTERNAL
    hidden.external_data.add(key="location", value="../../secret")
    then = helper.make_graph(
        [node("Identity", "inner", "t")], "then", [], [helper.make_tensor_value_info("t", FLOAT, [4, 4])], [hidden]
    )
    ports = (
        [
            ("x", FLOAT, [1, 3, 8, 8]),
        ],
        [("y", FLOAT, [1, 3, 8, 8])],
    )
    nodes = [helper.make_node("If", ["yes"], ["t"], then_branch=then, else_branch=then), node("Identity", "x", "y")]
    path = saved(tmp_path / "net.onnx", nodes, *ports, numpy_helper.from_array(np.array(True), "yes"))
    assert "outside its folder" in refused(path)


def test_operators_of_others_are_refused_and_the_files_own_are_not(tmp_path: Path) -> None:
    ports = [("x", FLOAT, [1, 3, 8, 8])], [("y", FLOAT, [1, 3, 8, 8])]
    own = helper.make_function(
        "mine", "Half", ["a"], ["b"], [node("Identity", "a", "b")], [helper.make_opsetid("", 17)]
    )
    nodes = [helper.make_node("Half", ["x"], ["y"], domain="mine")]
    path = saved(tmp_path / "net.onnx", nodes, *ports, domains=("mine",))
    assert "mine.Half" in refused(path)
    path = saved(tmp_path / "own.onnx", nodes, *ports, domains=("mine",), functions=[own])
    assert making.make(path, tmp_path / "out", "", photo(tmp_path / "photo.png"))[1] is not None
    context = [helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft", ep_cache_context="../evil.so")]
    path = saved(tmp_path / "context.onnx", context, *ports, domains=("com.microsoft",))
    assert "EPContext" in refused(path)


def test_a_thousand_broken_heads_are_refused_or_sound(tmp_path: Path) -> None:
    """Bytes flipped, cut and doubled: a head, or one sentence; nothing else comes out, and nothing hangs."""
    whole = miniature_onnx.generator()
    draw = random.Random(0)
    path = tmp_path / "net.onnx"
    broken = 0
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 4)):
            data[draw.randrange(min(len(data), 900))] = draw.randrange(256)
        if draw.random() < 0.3:
            data = data[: draw.randrange(len(data))]
        path.write_bytes(data)
        try:
            heads.graph(path)
        except BadInput as error:
            assert str(error).count(". ") == 0
            broken += 1
    assert broken > 500


def test_an_archive_of_torch_export_says_what_to_do(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.ones(1, 2),)), path)
    assert "ONNX" in refused(path)


def test_weights_come_before_what_was_exported_of_them(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from models.networks import upscalers

    folder = tmp_path / "both"
    folder.mkdir()
    save_file(upscalers.rrdbnet(8, 1).state_dict(), folder / "model.safetensors")
    shutil.copy(gan(tmp_path / "gan.onnx"), folder / "model.onnx")
    assert REGISTRY.recognise(folder)[0] == "upscaler"
    from models.planning.weigh import weigh
    from models.store.recognising import facts

    files = Files(folder)
    assert sum(facts.numbers(files).values()) == sum(part.parameters for part in weigh(files))


def test_random_operators_are_told_of(tmp_path: Path) -> None:
    nodes = [node("RandomNormalLike", "x", "n"), node("Add", "x n", "y")]
    ports = [("x", FLOAT, [1, 3, 8, 8])], [("y", FLOAT, [1, 3, 8, 8])]
    path = saved(tmp_path / "net.onnx", nodes, *ports)
    heard, made = making.make(path, tmp_path / "out", "", photo(tmp_path / "photo.png"))
    assert made is not None and any(isinstance(e, Notice) and "seed" in e.text for e in heard)
    assert Image.open(made.path).size == (8, 8)


@pytest.mark.parametrize(("shape", "size"), [([1, 3, 48, 48], (48, 48)), ([1, 3, 48, "w"], (40, 48))])
def test_sides_that_the_graph_fixes_are_neither_filled_up_nor_cut(
    tmp_path: Path, shape: list[int | str], size: tuple[int, int]
) -> None:
    path = saved(tmp_path / "net.onnx", [node("Identity", "x", "y")], [("x", FLOAT, shape)], [("y", FLOAT, shape)])
    _, made = making.make(path, tmp_path / "out", "", photo(tmp_path / "photo.png"))
    assert made is not None and Image.open(made.path).size == size


@pytest.mark.parametrize(("shape", "order"), [([3, 48, 40], "CHW"), ([48, 40, 3], "HWC")])
def test_a_picture_may_go_in_without_a_batch(tmp_path: Path, shape: list[int], order: str) -> None:
    first = numpy_helper.from_array(np.array([0]), "first")
    ports = [("x", FLOAT, shape)], [("y", FLOAT, [1, *shape])]
    path = saved(tmp_path / "net.onnx", [node("Unsqueeze", "x first", "y")], *ports, first)
    _, made = making.make(path, tmp_path / f"out {order}", "", photo(tmp_path / "photo.png"))
    assert made is not None and Image.open(made.path).size == (40, 48)
