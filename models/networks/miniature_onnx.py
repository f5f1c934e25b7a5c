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


def stable_diffusion(words: int, width: int = 32, seed: int = 0) -> dict[str, bytes]:
    """The four graphs of a Stable Diffusion, under the names of inputs and outputs that diffusers' export gives them.

    The text encoder looks up one of `words`; the U-Net is a convolution with the time and the text added; the
    autoencoder trades 8 × 8 pixels for channels and back.
    """
    import numpy as np
    from onnx import TensorProto as Kind
    from onnx import helper, numpy_helper

    draw = np.random.default_rng(seed)

    def tensor(name: str, *shape: int, spread: float = 0.3) -> Any:
        return numpy_helper.from_array((draw.standard_normal(shape) * spread).astype("float32"), name)

    def whole(name: str, *values: int) -> Any:
        return numpy_helper.from_array(np.array(values, "int64"), name)

    def model(nodes: list[tuple[Any, ...]], takes: list[Any], gives: Any, *weights: Any) -> bytes:
        made = [helper.make_node(op, ins.split(), outs.split(), **more) for op, ins, outs, more in nodes]
        ports = [helper.make_tensor_value_info(*one) for one in takes], [helper.make_tensor_value_info(*gives)]
        graph = helper.make_graph(made, "graph", *ports, list(weights))
        opsets = [helper.make_opsetid("", 17)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())

    batch: Any = "batch"
    return {
        "text_encoder": model(
            [("Gather", "table input_ids", "last_hidden_state", {})],
            [("input_ids", Kind.INT32, [batch, "sequence"])],
            ("last_hidden_state", Kind.FLOAT, [batch, "sequence", width]), tensor("table", words, width, spread=1.0),
        ),
        "unet": model(
            [
                ("Conv", "sample kernel", "seen", {"pads": [1, 1, 1, 1]}),
                ("Div", "timestep thousand", "share", {}),
                ("ReduceMean", "encoder_hidden_states", "said", {"axes": [1], "keepdims": 0}),
                ("MatMul", "said mixing", "told", {}),
                ("Unsqueeze", "told axes", "wide", {}),
                ("Add", "seen wide", "both", {}),
                ("Add", "both share", "out_sample", {}),
            ],
            [
                ("sample", Kind.FLOAT, [batch, 4, "height", "width"]), ("timestep", Kind.FLOAT, ["one"]),
                ("encoder_hidden_states", Kind.FLOAT, [batch, "sequence", width]),
            ],
            ("out_sample", Kind.FLOAT, [batch, 4, "height", "width"]),
            tensor("kernel", 4, 4, 3, 3), tensor("mixing", width, 4, spread=1.0), whole("axes", 2, 3),
            numpy_helper.from_array(np.array([1000.0], np.float32), "thousand"),
        ),
        "vae_decoder": model(
            [("Conv", "latent_sample kernel", "deep", {}), ("DepthToSpace", "deep", "sample", {"blocksize": 8})],
            [("latent_sample", Kind.FLOAT, [batch, 4, "height", "width"])],
            ("sample", Kind.FLOAT, [batch, 3, "high", "wide"]), tensor("kernel", 192, 4, 1, 1),
        ),
        "vae_encoder": model(
            [("SpaceToDepth", "sample", "deep", {"blocksize": 8}), ("Conv", "deep kernel", "latent_sample", {})],
            [("sample", Kind.FLOAT, [batch, 3, "high", "wide"])],
            ("latent_sample", Kind.FLOAT, [batch, 4, "height", "width"]), tensor("kernel", 4, 192, 1, 1),
        ),
    }  # fmt: skip
