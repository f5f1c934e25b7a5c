"""One ONNX graph, open in onnxruntime, and a run of it that can be stopped in its middle."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from models.failures import out_of_memory
from models.protocol import BadInput
from models.runtime import device
from models.runtime.fitting.plan import Plan

# How often a stop is listened for while the graph runs, in seconds.
LISTEN_S = 0.2
# What onnxruntime calls each device, best first; what is not there is passed over. torch knows nothing of DirectML.
_PROVIDERS: dict[str, tuple[str, ...]] = {
    "cuda": ("CUDAExecutionProvider", "ROCMExecutionProvider", "MIGraphXExecutionProvider"),
    "xpu": ("OpenVINOExecutionProvider", "DmlExecutionProvider"),
    "mps": ("CoreMLExecutionProvider",),
    "cpu": ("DmlExecutionProvider",),
}


class Session:
    """`model` is a file, or the bytes of one. Raises BadInput where onnxruntime cannot open it."""

    def __init__(self, model: Path | bytes, plan: Plan) -> None:
        try:
            import onnxruntime as ort
        except ImportError as error:
            raise BadInput("ONNX networks need onnxruntime: install Everyform with its extra `onnx`.") from error
        self._ort: Any = ort
        ort.disable_telemetry_events()  # on Windows it tells the system what it runs
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = device.threads()
        name = model.name if isinstance(model, Path) else "The graph"
        given = str(model) if isinstance(model, Path) else model
        providers = self.providers(plan)
        try:
            try:
                self._session = ort.InferenceSession(given, options, providers=providers)
            except Exception:
                if providers == [providers[-1]]:
                    raise
                # A card's driver may be older than what onnxruntime was built for.
                self._session = ort.InferenceSession(given, options, providers=providers[-1:])
        except Exception as error:
            if out_of_memory(error):
                raise
            raise BadInput(f"onnxruntime cannot open {name} ({_words(error)}): get another export of it.") from error
        self.dtypes = {one.name: one.type for one in self._session.get_inputs()}
        self.shapes: dict[str, list[Any]] = {one.name: list(one.shape) for one in self._session.get_inputs()}

    @property
    def where(self) -> str:
        """What it runs on, as onnxruntime calls it: `CPU`, `CUDA`."""
        return str(self._session.get_providers()[0]).removesuffix("ExecutionProvider")

    def providers(self, plan: Plan) -> list[str]:
        """Those that are there for the plan's device, and the processor at the end."""
        there = self._ort.get_available_providers()
        kind = plan.device.partition(":")[0]
        wanted = () if os.environ.get("EVERYFORM_DEVICE") == "cpu" else _PROVIDERS.get(kind, ())
        return [*(one for one in wanted if one in there), "CPUExecutionProvider"]

    def run(self, feeds: Mapping[str, np.ndarray], listen: Callable[[], None], output: str = "") -> np.ndarray:
        """The named output (the first where none is named). `listen` is called while it runs; what it raises ends the
        run. Raises BadInput where the graph refuses what it is given."""
        names = [output] if output else [self._session.get_outputs()[0].name]
        options = self._ort.RunOptions()
        # A thread, because the run lets go of Python's lock and hears of a stop only from outside.
        with ThreadPoolExecutor(1) as pool:
            running: Future[Any] = pool.submit(self._session.run, names, dict(feeds), options)
            try:
                while not wait([running], LISTEN_S).done:
                    listen()
            except BaseException:
                options.terminate = True
                wait([running])
                raise
            try:
                return np.asarray(running.result()[0])
            except Exception as error:
                if out_of_memory(error):
                    raise
                raise BadInput(f"The graph does not take this ({_words(error)}).") from error


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    # `[ONNXRuntimeError] : 10 : INVALID_GRAPH : ...`: the last part is for people.
    return (text.rpartition(" : ")[2] or type(error).__name__)[:240].rstrip(" .")
