"""Language models in GGUF files: unpacked by transformers, and as they are by llama.cpp where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from models.families.autoregressive import llm
from models.networks import miniature_text
from models.outputs import read
from models.protocol import BadInput, JobCancelled, Progress, Token
from models.runtime.fitting.plan import Plan
from models.runtime.language import load as language_load
from models.store.files import Files
from tests.models.families import gguf_folder
from tests.models.families.making import REGISTRY, make
from tests.models.families.test_llm import ask
from tests.models.families.watch import Watch


@pytest.fixture(scope="module")
def source() -> Any:
    """The network and its tokenizer, as they were before they were packed."""
    return miniature_text.llama(context=256)


@pytest.fixture(scope="module", params=["F32", "F16", "Q8_0"])
def file(request: pytest.FixtureRequest, source: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gguf_folder.write(tmp_path_factory.mktemp("gguf") / f"tiny.{request.param}.gguf", *source, request.param)


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where llama.cpp is not installed."""
    monkeypatch.setattr(language_load, "find_spec", lambda name: None)


def greedy(source: Any, prompt: str, count: int) -> list[int]:
    import torch

    model, words = source
    ids = list(words(prompt).input_ids)
    with torch.inference_mode():
        for _ in range(count):
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[-count:]


def test_it_is_recognised_by_its_head_alone(file: Path) -> None:
    architecture, match = REGISTRY.recognise(file)
    assert architecture == "llm" and match.name == "Tiny Llama" and match.base == "llama" and not match.missing
    assert match.card.tasks == ("chat", "continue") and match.card.prompt_limit == 256


@pytest.mark.usefixtures("unpacked")
def test_unpacked_it_writes_what_the_network_writes(file: Path, source: Any, tmp_path: Path) -> None:
    heard, output = make(file, tmp_path / "out", "The sea", task="continue", temperature=0, max_new_tokens=12)
    assert output is not None
    written = read.open_text(output.path)
    if "Q8" not in file.name:
        assert written == source[1].decode(greedy(source, "The sea", 12), skip_special_tokens=True)
    assert "".join(e.text for e in heard if isinstance(e, Token)) == written
    assert [e.step for e in heard if isinstance(e, Progress)] == list(range(1, 13))


@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="the extra llama is not installed")
def test_llama_cpp_writes_what_the_network_writes(file: Path, source: Any, tmp_path: Path) -> None:
    heard, output = make(file, tmp_path / "out", "The sea", task="continue", temperature=0, max_new_tokens=12)
    assert output is not None
    written = read.open_text(output.path)
    if file.name == "tiny.F32.gguf":
        assert written == source[1].decode(greedy(source, "The sea", 12), skip_special_tokens=True)
    assert "".join(e.text for e in heard if isinstance(e, Token)) == written
    _, again = make(file, tmp_path / "a", "The sea", task="chat", temperature=1, max_new_tokens=40)
    _, twin = make(file, tmp_path / "b", "The sea", task="chat", temperature=1, max_new_tokens=40)
    _, other = make(file, tmp_path / "c", "The sea", task="chat", seed=8, temperature=1, max_new_tokens=40)
    texts = [read.open_text(one.path) for one in (again, twin, other) if one]
    assert texts[0] == texts[1] != texts[2]
    with pytest.raises(JobCancelled):
        make(file, tmp_path / "d", "The sea", stop_after=5, max_new_tokens=100)


@pytest.mark.usefixtures("unpacked")
def test_the_template_in_the_file_is_read(file: Path) -> None:
    model = llm.load(str(file), Plan())
    asked = model._given(ask(model, "Hello", "chat", system="Be brief."), Watch(), 10)
    assert model._text(asked) == "<system>Be brief.\n<user>Hello\n<me>"


def test_a_folder_of_several_asks_which(tmp_path: Path, source: Any) -> None:
    for name in ("a.gguf", "b.gguf"):
        gguf_folder.write(tmp_path / name, *source)
    with pytest.raises(BadInput, match="holds 2 GGUF files: choose one"):
        llm.recognise(Files(tmp_path))


def test_weights_of_another_kind_are_left_to_others(tmp_path: Path) -> None:
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(tmp_path / "flux.gguf", "flux")
    writer.add_tensor("double_blocks.0.img_attn.qkv.weight", np.zeros((32, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert llm.recognise(Files(tmp_path / "flux.gguf")) is None
