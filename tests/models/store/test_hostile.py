"""Hostile folders: nothing of them runs, nothing crashes, and each is refused in one sentence, before any loader."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import json
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.protocol import PACKAGE, BadInput
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.store.files import Files
from models.store.store import Store
from tests.models.store.heads import sparse

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that any run of foreign code makes. The module that would be imported lies where Python finds it."""
    made = tmp_path / "canary"
    place = tmp_path / "modules"
    place.mkdir()
    source = f"from pathlib import Path\nPath({str(made)!r}).touch()\nclass Evil:\n    from_pretrained = from_config = Evil = print\n"
    (place / "evil_module.py").write_text(source)
    monkeypatch.syspath_prepend(str(place))
    yield made
    sys.modules.pop("evil_module", None)
    assert not made.exists(), "foreign code ran"


def model(folder: Path, source: str = "") -> Path:
    """A sound folder that most loaders would begin with: a pipeline's parts, a config of every library."""
    for part in ("unet", "vae", "text_encoder", "tokenizer", "scheduler", "transformer"):
        (folder / part).mkdir(parents=True)
    put(folder, "model_index.json", INDEX)
    put(folder, "config.json", {"model_type": "llama", "architectures": ["LlamaForCausalLM"]})
    for part in ("unet", "vae", "transformer"):
        put(folder, f"{part}/config.json", {"_class_name": "UNet2DConditionModel"})
        sparse(folder / part / "diffusion_pytorch_model.safetensors", {"conv_in.weight": (4, 4)})
    put(folder, "tokenizer/tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer"})
    sparse(folder / "model.safetensors", {"weight": (4, 4)})
    if source:
        (folder / "evil.py").write_text(source)
    return folder


def put(folder: Path, name: str, value: Any, **more: Any) -> None:
    """Write that JSON; on top of what the file holds where that is an object too."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(before | value | more if isinstance(value, dict) else value))


def keyed(key: str, value: Any) -> dict[str, Callable[[Path], None]]:
    """The same setting in every file that a library reads."""
    deep = {"text_config": {"parts": [{key: value}]}}
    return {
        f"{key} in {name}{' (deep)' if wrapped else ''}": lambda folder, name=name, wrapped=wrapped: put(  # type: ignore[misc]
            folder, name, deep if wrapped else {key: value}
        )
        for name in (
            "model_index.json", "config.json", "unet/config.json", "scheduler/scheduler_config.json",
            "tokenizer/tokenizer_config.json", "processor_config.json", "preprocessor_config.json",
            "generation_config.json", "adapter/adapter_config.json", "modular_model_index.json",
        )
        for wrapped in (False, True)
    }  # fmt: skip


SETTINGS: dict[str, Callable[[Path], None]] = {
    **keyed("auto_map", {"AutoModel": "evil_module.Evil", "AutoModelForCausalLM": "someone/repo--evil_module.Evil"}),
    **keyed("trust_remote_code", True),
    **keyed("_attn_implementation_internal", "someone/kernel"),
    **keyed("_attn_implementation", "someone/kernel"),
    **keyed("attn_implementation", "someone/kernel:evil"),
    **keyed("experts_implementation", "someone/kernel"),
    **keyed("custom_pipeline", "evil_module"),
    **keyed("custom_generate", "someone/repo"),
    **keyed("_class_name", ["evil_module", "Evil"]),
    "custom pipelines": lambda folder: put(folder, "config.json", {"custom_pipelines": {"x": {"impl": "evil_module.Evil"}}}),
    "attention for each part": lambda folder: put(folder, "config.json", {"attn_implementation": {"text_config": "someone/kernel"}}),
    "a tokenizer from anywhere": lambda folder: put(folder, "tokenizer/tokenizer_config.json", {"tokenizer_class": "evil_module.Evil"}),
    "a processor from anywhere": lambda folder: put(folder, "processor_config.json", {"processor_class": "../evil_module.Evil"}),
    "a part from a module": lambda folder: put(folder, "model_index.json", {"unet": ["evil_module", "Evil"]}),
    "a part from os": lambda folder: put(folder, "model_index.json", {"unet": ["os", "system"]}),
    "a part that is code here": lambda folder: put(folder, "model_index.json", {"unet": ["evil", "Evil"]}),
    "a part with a dot": lambda folder: put(folder, "model_index.json", {"unet": ["diffusers", "utils.Evil"]}),
    "a part outside": lambda folder: put(folder, "model_index.json", {"../evil": ["diffusers", "UNet2DConditionModel"]}),
    "a quantization of their own": lambda folder: put(folder, "config.json", {"quantization_config": {"quant_method": "evil_module.Evil"}}),
    "a quantization's type": lambda folder: put(
        folder, "config.json",
        {"quantization_config": {"quant_method": "torchao", "quant_type": {"default": {"_type": "evil_module.Evil"}}}},
    ),
    "a quantization that is a name": lambda folder: put(folder, "config.json", {"quantization_config": "evil_module"}),
    "an adapter's library": lambda folder: put(
        folder, "adapter/adapter_config.json", {"auto_mapping": {"base_model_class": "Evil", "parent_library": "evil_module"}}
    ),
    "an adapter's Megatron": lambda folder: put(folder, "adapter/adapter_config.json", {"megatron_config": {"a": 1}, "megatron_core": "evil_module"}),
    "an adapter in a part's place": lambda folder: put(folder, "transformer/adapter_config.json", {"base_model_name_or_path": "../evil", "peft_type": "LORA"}),
    "an adapter in the model's place": lambda folder: put(folder, "adapter_config.json", {"base_model_name_or_path": "../evil", "peft_type": "LORA"}),
    "shards outside": lambda folder: put(folder, "model.safetensors.index.json", {"weight_map": {"a": "../../secret.safetensors"}}),
    "shards by a full path": lambda folder: put(folder, "unet/x.safetensors.index.json", {"weight_map": {"a": "/etc/passwd"}}),
    "shards that are none": lambda folder: put(folder, "model.safetensors.index.json", {"weight_map": {"a": ["x"]}}),
    "shares outside": lambda folder: put(folder, "everyform.json", {"shares": {"vae": "../../etc"}}),
    "shares with nobody": lambda folder: put(folder, "everyform.json", {"shares": {"control": "nobody"}}),
    "code beside it": lambda folder: (folder / "unet" / "modeling_evil.py").write_text("import evil_module") and None,
    "compiled code": lambda folder: (folder / "kernel.so").write_bytes(b"\x7fELF") and None,
    "a pickle": lambda folder: (folder / "text_encoder" / "pytorch_model.bin").write_bytes(b"cevil_module\nEvil\n.") and None,
    "a pickle as safetensors": lambda folder: (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"cevil_module\nEvil\n)R.") and None,
    "a pickle as GGUF": lambda folder: (folder / "x.gguf").write_bytes(b"cevil_module\nEvil\n)R.") and None,
    "a link out of the folder": lambda folder: (folder / "vae" / "merges.txt").symlink_to("/etc/passwd"),
    "a link to a link": lambda folder: ((folder / "a.txt").symlink_to("b.txt"), (folder / "b.txt").symlink_to("/etc/passwd"))[0],
    "a name with a bell": lambda folder: (folder / "un\x07et.txt").touch(),
    "a name of two lines": lambda folder: (folder / "a\nb.txt").touch(),
    "a deep object": lambda folder: (folder / "config.json").write_text('{"a":' * 100_000) and None,
    "a deep list": lambda folder: (folder / "generation_config.json").write_text("[" * 200_000) and None,
    "an endless number": lambda folder: (folder / "config.json").write_text('{"a":' + "9" * 100_000 + "}") and None,
    "no JSON": lambda folder: (folder / "unet" / "config.json").write_bytes(b"\xff\xfe\x00") and None,
}  # fmt: skip

TEMPLATES = {
    "Python's inside": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "the inside by an index": "{{ messages['__class__'] }}",
    "the inside by a filter": "{{ messages | attr('__class__') }}",
    "the inside by a name in pieces": "{{ messages | attr('__cla' ~ 'ss__') }}",
    "the inside by a map": "{{ messages | map(attribute='__class__') | list }}",
    "a giant number": "{{ 9 ** 9 ** 9 }}",
    "a giant text": "{{ 'a' * 1000000000 }}",
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "many loops": "{% for a in m %}" * 9 + "{% endfor %}" * 9,
    "another file": "{% include '/etc/passwd' %}",
    "a module": "{% import 'evil_module' as e %}",
    "lorem ipsum": "{{ lipsum(n=1000000) }}",
    "a novel": "x" * 300_000,
    "a deep one": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
}
PLACES: dict[str, Callable[[Path, str], None]] = {
    "tokenizer_config.json": lambda folder, text: put(folder, "tokenizer/tokenizer_config.json", {"chat_template": text}),
    "several by name": lambda folder, text: put(
        folder, "tokenizer/tokenizer_config.json", {"chat_template": [{"name": "default", "template": text}]}
    ),
    "chat_template.jinja": lambda folder, text: (folder / "chat_template.jinja").write_text(text) and None,
    "processor_config.json": lambda folder, text: put(folder, "processor_config.json", {"chat_template": text}),
}  # fmt: skip


def one_sentence(error: BaseException) -> bool:
    said = str(error)
    return "\n" not in said and said.isprintable() and said.endswith(".") and len(said) < 600


@pytest.mark.parametrize("name", SETTINGS)
def test_every_door_refuses_it_in_a_sentence(tmp_path: Path, canary: Path, name: str) -> None:
    folder = model(tmp_path / "evil")
    SETTINGS[name](folder)
    store = Store(Registry("tests.fakes.families").recognise, tmp_path / "none")
    for door in (Files, store.find, store.add):
        with pytest.raises(BadInput) as caught:
            door(folder)
        assert one_sentence(caught.value), caught.value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_that_reach_out_or_never_end(tmp_path: Path, canary: Path, name: str, place: str) -> None:
    folder = model(tmp_path / "evil")
    PLACES[place](folder, TEMPLATES[name])
    with pytest.raises(BadInput, match=r"chat template that .* so it is not run: use another copy of the model\.$"):
        Files(folder)


def test_each_bypass_is_refused_by_each_loader(tmp_path: Path, canary: Path) -> None:
    """Not only by the list: whoever hands a path to a family's loader gets the same answer, and nothing runs."""
    families = Registry(PACKAGE).families
    folders = []
    # Of each setting that was put into every file, two are enough here.
    some = {n: s for n, s in SETTINGS.items() if " in " not in n or n.endswith((" in config.json", "model_index.json"))}
    for number, spoil in enumerate(some.values()):
        folders.append(model(tmp_path / f"evil-{number}"))
        spoil(folders[-1])
    for number, text in enumerate(TEMPLATES.values()):
        folders.append(model(tmp_path / f"template-{number}"))
        PLACES["tokenizer_config.json"](folders[-1], text)
    for architecture, family in families.items():
        for folder in folders:
            with pytest.raises(BadInput) as caught:
                family.load(str(folder), Plan())
            assert one_sentence(caught.value), (architecture, caught.value)
    assert not canary.exists()


def test_real_templates_pass(tmp_path: Path) -> None:
    chatml = (
        "{%- if tools %}{{- '<|im_start|>system\\n' }}{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}{%- endif %}"
        "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' }}"
        "{%- if message['content'] is string %}{{ message['content'] | trim }}{%- else %}"
        "{%- for part in message['content'] %}{{ part.text }}{%- endfor %}{%- endif %}"
        "{% generation %}{{ message.content }}{% endgeneration %}{{ '-' * 20 }}{%- if loop.last %}{% break %}{% endif %}"
        "{%- endfor %}{%- set ns = namespace(found=false) %}{%- macro f(x) %}{{ f(x.y) }}{%- endmacro %}"
        "{% for i in range(messages | length - 1, -1, -1) %}{% endfor %}{{ raise_exception('no') }}"
    )
    folder = model(tmp_path / "good")
    for place in PLACES.values():
        place(folder, chatml)
    assert Files(folder).exists("chat_template.jinja")


def test_what_transformers_sandbox_does_with_them() -> None:
    """Why these are looked at: the sandbox stops what reaches inside and single giant ranges, and nothing endless."""
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    sandbox = ImmutableSandboxedEnvironment()
    with pytest.raises(SecurityError):
        sandbox.from_string("{{ ''.__class__.__mro__ }}").render()
    with pytest.raises(OverflowError):
        sandbox.from_string("{% for a in range(1000000) %}{% endfor %}").render()
    assert len(sandbox.from_string("{{ 'a' * 1000000 }}").render()) == 1_000_000


# ── bombs ─────────────────────────────────────────────────────────────────────


def holes(path: Path, size: int, start: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


def words(folder: Path, name: str) -> None:
    holes(folder / name, 2**30, b'{"a":')


def crowd(folder: Path) -> None:
    for number in range(5):
        (folder / f"{number}.json").write_text("[" + "{}," * (2 * 2**20) + "1]")


def readme(folder: Path) -> None:
    """A few lines that stand for a thousand million entries."""
    lines = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    (folder / "README.md").write_text("---\nlicense: mit\n" + "\n".join(lines) + "\n---\nhello")


BOMBS: dict[str, Callable[[Path], None]] = {
    "config.json of a gigabyte": lambda folder: words(folder, "config.json"),
    "tokenizer.json of a gigabyte": lambda folder: words(folder, "tokenizer/tokenizer.json"),
    "vocab.json of a gigabyte": lambda folder: words(folder, "tokenizer/vocab.json"),
    "merges.txt of a gigabyte": lambda folder: words(folder, "tokenizer/merges.txt"),
    "tokenizer.model of a gigabyte": lambda folder: words(folder, "tokenizer.model"),
    "a template of a gigabyte": lambda folder: words(folder, "chat_template.jinja"),
    "eight megabytes of nothing in brackets": lambda folder: (folder / "config.json").write_text("[" + "[]," * (3 * 2**20)) and None,
    "many settings": crowd,
    "a head of a gigabyte": lambda folder: holes(folder / "vae" / "x.safetensors", 2**31, (2**30).to_bytes(8, "little")),
    "a GGUF of holes": lambda folder: holes(folder / "x.gguf", 2**40, b"GGUF\3\0\0\0" + b"\xff" * 16),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_quickly_and_in_little_memory(tmp_path: Path, name: str) -> None:
    folder = model(tmp_path / "evil")
    BOMBS[name](folder)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(BadInput) as caught:
        Files(folder)
    taken, used = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one_sentence(caught.value)
    assert used < 250 * 2**20 and taken < 5


def test_a_readme_that_refers_to_itself_tells_nothing(tmp_path: Path) -> None:
    from models.store.recognising import facts

    folder = model(tmp_path / "m")
    readme(folder)
    began = time.process_time()
    assert facts.licence(Files(folder)) == ""
    assert time.process_time() - began < 5


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
def test_the_hubs_own_links_are_followed(tmp_path: Path) -> None:
    repository = tmp_path / "models--someone--thing"
    snapshot = repository / "snapshots" / "abc"
    (repository / "blobs").mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (repository / "blobs" / "1").write_text(json.dumps({"model_type": "llama"}))
    (snapshot / "config.json").symlink_to("../../blobs/1")
    assert Files(snapshot).json("config.json") == {"model_type": "llama"}
    (snapshot / "other.json").symlink_to("../../../elsewhere.json")
    (tmp_path / "elsewhere.json").write_text("{}")
    with pytest.raises(BadInput, match="is a link to another place"):
        Files(snapshot)
