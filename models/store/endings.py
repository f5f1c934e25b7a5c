"""What files of a model are called: the endings of weights, and the sidecar's name."""

from __future__ import annotations

SIDECAR = "everyform.json"  # what a model's folder says to us alone
PICKLED = (".pt", ".pth", ".ckpt")  # torch checkpoints, read by a reader that runs nothing
GRAPH = ".onnx"
WEIGHTS = (".safetensors", ".gguf", GRAPH, *PICKLED)
MAX_NAMES = 5_000  # files in one model's folder
MAX_DEPTH = 6  # of folders in it
