"""Random miniatures of ONNX graphs, as bytes of their files."""

from __future__ import annotations

from typing import Any


def generator(numbers: int = 8, classes: int = 4, side: int = 16, seed: int = 0) -> bytes:
    """A generator as GANs are exported: `z` (batch, numbers) and `label` (batch,) to `picture` (batch, 3, side, side)
    in -1..1, by two transposed convolutions and a tanh."""
    import numpy as np
    from onnx import TensorProto as Kind
    from onnx import helper, numpy_helper

    draw = np.random.default_rng(seed)

    def tensor(name: str, *shape: int, spread: float = 1.0) -> Any:
        return numpy_helper.from_array((draw.standard_normal(shape) * spread).astype("float32"), name)

    start = side // 4
    nodes = [
        helper.make_node("Gather", ["classes", "label"], ["which"]),
        helper.make_node("Add", ["z", "which"], ["mixed"]),
        helper.make_node("Reshape", ["mixed", "corner"], ["small"]),
        helper.make_node("ConvTranspose", ["small", "first"], ["wide"], strides=[start, start]),
        helper.make_node("LeakyRelu", ["wide"], ["bent"], alpha=0.2),
        helper.make_node("ConvTranspose", ["bent", "second"], ["colours"], strides=[4, 4]),
        helper.make_node("Tanh", ["colours"], ["picture"]),
    ]
    graph = helper.make_graph(
        nodes, "generator",
        [
            helper.make_tensor_value_info("z", Kind.FLOAT, ["batch", numbers]),
            helper.make_tensor_value_info("label", Kind.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("picture", Kind.FLOAT, ["batch", 3, side, side])],
        [
            tensor("classes", classes, numbers),
            numpy_helper.from_array(np.array([-1, numbers, 1, 1]), "corner"),
            tensor("first", numbers, 6, start, start, spread=0.5),
            tensor("second", 6, 3, 4, 4, spread=0.5),
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())
