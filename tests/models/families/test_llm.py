"""Language models: every kind through `generate PATH`, recognised by its configs alone, told token by token."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file

from models.families.autoregressive import llm, llm_classes
from models.networks import miniature_text
from models.outputs import read
from models.protocol import BadInput, JobCancelled, Notice, Progress, Request, Token
from models.runtime.fitting.plan import Plan
from models.runtime.language import writing
from models.runtime.language.weighing import Weighed
from models.store.files import Files
from tests.models.families.making import REGISTRY, make
from tests.models.families.watch import Watch

ROOT = Path(__file__).parents[3]
WORDS = miniature_text.byte_tokenizer()
SIZES: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "intermediate_size": 64, "vocab_size": len(WORDS), "max_position_embeddings": 256, "sliding_window": 32,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "initializer_range": 0.4,
}  # fmt: skip
# Each class, and what it calls its sizes where it does so in its own way.
KINDS: dict[str, dict[str, Any]] = {
    "LlamaForCausalLM": {},
    "MistralForCausalLM": {},
    "MixtralForCausalLM": {"num_local_experts": 2},
    "Qwen2ForCausalLM": {},
    "Qwen3ForCausalLM": {},
    "Gemma2ForCausalLM": {"query_pre_attn_scalar": 8},
    "Gemma3ForCausalLM": {"query_pre_attn_scalar": 8},
    "Gemma3ForConditionalGeneration": {
        "text_config": {**SIZES, "query_pre_attn_scalar": 8},
        "vision_config": {
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "image_size": 28, "patch_size": 14,
        },
        "mm_tokens_per_image": 4,
    },
    "Phi3ForCausalLM": {},
    "GPT2LMHeadModel": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256},
    "GPTNeoXForCausalLM": {},
    "OPTForCausalLM": {"ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.4},
    "BloomForCausalLM": {"n_layer": 2, "n_head": 4, "seq_length": 256},
    "FalconForCausalLM": {"head_dim": None},
    "StableLmForCausalLM": {},
    "Olmo2ForCausalLM": {},
    "SmolLM3ForCausalLM": {},
    "GptOssForCausalLM": {
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "MambaForCausalLM": {"state_size": 8, "time_step_rank": 4},
    "RwkvForCausalLM": {"attention_hidden_size": 32, "context_length": 256},
}  # fmt: skip


def config(kind: str) -> Any:
    """The configuration of a miniature: of the sizes, those that the class has."""
    made = getattr(transformers, kind).config_class
    usual = made()
    wanted = {n: v for n, v in SIZES.items() if hasattr(usual, n)} | KINDS[kind]
    return made(**{name: value for name, value in wanted.items() if value is not None})


def folder(kind: str, place: Path, chat: bool = False) -> Path:
    torch.manual_seed(3)
    model = getattr(transformers, kind)(config(kind))
    for weight in model.parameters():  # some kinds begin with zeros
        weight.data += 0.02 * torch.randn_like(weight)
    model.save_pretrained(place)
    miniature_text.byte_tokenizer(chat).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a chat template; treat it as read-only."""
    return folder("LlamaForCausalLM", tmp_path_factory.mktemp("llama") / "tiny-llama", chat=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_writes_through_generate_path(kind: str, tmp_path: Path) -> None:
    model = folder(kind, tmp_path / "model")
    assert REGISTRY.recognise(model)[0] == "llm" and kind.startswith(REGISTRY.recognise(model)[1].base)
    heard, output = make(model, tmp_path / "out", "The sea was", max_new_tokens=12)
    assert output is not None and output.medium == "text"
    written = read.open_text(output.path)
    assert "".join(e.text for e in heard if isinstance(e, Token)) == written
    steps = [e for e in heard if isinstance(e, Progress)]
    assert [e.step for e in steps] == sorted({e.step for e in steps}) and steps[-1].step == steps[-1].total == 12
    found = read.read_settings(output.path)
    assert found is not None and found["settings"]["max_new_tokens"] == 12 and found["seed"] == 7
    _, twin = make(model, tmp_path / "again", "The sea was", max_new_tokens=12)
    assert twin is not None and Path(twin.path).read_bytes() == Path(output.path).read_bytes()
    _, other = make(model, tmp_path / "out", "The sea was", seed=8, max_new_tokens=12, temperature=2)
    assert other is not None and read.open_text(other.path) != written
    before = len(list((tmp_path / "out").iterdir()))
    stopped: list[Any] = []
    with pytest.raises(JobCancelled):
        stopped = make(model, tmp_path / "out", "The sea was", stop_after=5, max_new_tokens=200)[0]
    assert stopped == [] and len(list((tmp_path / "out").iterdir())) == before


def test_recognised_without_a_heavy_library(llama: Path) -> None:
    code = (
        "import sys; from models.families.autoregressive import llm; from models.store.files import Files;"
        f"m = llm.recognise(Files({str(llama)!r}));"
        "assert m and not {'torch', 'transformers'} & set(sys.modules); print(*m.card.tasks, m.card.prompt_limit)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["chat", "continue", "256"], done.stderr


def test_tokens_come_through_the_engine_one_by_one(llama: Path, tmp_path: Path) -> None:
    command = [sys.executable, "main.py", "generate", str(llama), "--prompt", "Hello", "--json", "--seed", "1"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path), "--set", "max_new_tokens=9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    told = [row["text"] for row in rows if row["event"] == "token"]
    assert len(told) > 3, done.stderr
    assert read.open_text(rows[-1]["path"]) == "".join(told) and rows[-1]["medium"] == "text"


def test_the_table_is_the_librarys_own_list() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    known = set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
    assert known == llm_classes.CLASSES | set(llm_classes.NOT_RUN)
    assert not llm_classes.CLASSES & set(llm_classes.NOT_RUN)
    assert len(llm_classes.CLASSES) > 130


def test_gguf_kinds_are_the_librarys_own_list() -> None:
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    ours = {{"minimax-m2": "minimax_m2", "gpt-oss": "gpt_oss", "qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe"}.get(
        name, name
    ) for name in llm_classes.GGUF}  # fmt: skip
    assert ours == set(GGUF_SUPPORTED_ARCHITECTURES) - {"general", "tokenizer", "t5", "umt5"}


def test_the_guide_lists_what_is_not_run_and_why() -> None:
    guide = (ROOT / "resources" / "guides" / "llm.md").read_text("utf-8")
    rows = [line.strip("|").split("|") for line in guide.splitlines() if line.startswith("| It ")]
    told = {name.strip(): why.strip() for why, names in rows for name in names.split(",")}
    short = {
        kind.removesuffix("ForCausalLM").removesuffix("ForConditionalGeneration").removesuffix("LMHeadModel"): why
        for kind, why in llm_classes.NOT_RUN.items()
    }
    assert told == {kind: f"{why[0].upper()}{why[1:]}." for kind, why in short.items()}


# ── what is said of a model that cannot run ───────────────────────────────────


def altered(llama: Path, place: Path, **changes: Any) -> Path:
    """A copy of the folder with other settings."""
    import shutil

    shutil.copytree(llama, place)
    path = place / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return place


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"architectures": ["BartForCausalLM"]}, "one half of a model"),
        ({"architectures": ["NobodyForCausalLM"]}, "no language model that transformers knows"),
        ({"quantization_config": {"quant_method": "aqlm"}}, "packed by aqlm.*as a GGUF file"),
    ],
)
def test_what_cannot_run_says_why(llama: Path, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        REGISTRY.recognise(altered(llama, tmp_path / "m", **changes))


def test_what_is_missing_is_named(llama: Path, tmp_path: Path) -> None:
    one = altered(llama, tmp_path / "m")
    (one / "tokenizer.json").unlink()
    assert llm.recognise(Files(one)).missing == "its tokenizer"  # type: ignore[union-attr]
    two = altered(llama, tmp_path / "n")
    (two / "model.safetensors").rename(two / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (two / "model.safetensors.index.json").write_text(json.dumps(index))
    assert llm.recognise(Files(two)).missing == "model-00002-of-00002.safetensors"  # type: ignore[union-attr]
    three = altered(llama, tmp_path / "o")
    (three / "model.safetensors").unlink()
    assert "weights" in llm.recognise(Files(three)).missing  # type: ignore[union-attr]


def test_other_folders_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["CLIPTextModel"]}')
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    assert llm.recognise(Files(tmp_path)) is None


# ── at work ───────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def model(llama: Path) -> Any:
    return llm.load(str(llama), Plan())


def ask(model: Any, prompt: str, task: str = "continue", seed: int = 1, **settings: Any) -> Request:
    return Request("m", "m", "llm", task, prompt, seed=seed, settings=model.card.check(settings, task))


def test_temperature_nought_is_the_likeliest_whatever_the_seed(model: Any) -> None:
    made = {model.generate(ask(model, "The sea", seed=s, temperature=0), Watch()).text for s in (1, 2)}
    one = model.generate(ask(model, "The sea", top_k=1), Watch()).text
    assert made == {one}


def test_a_stop_word_ends_the_text_before_it(model: Any) -> None:
    whole = model.generate(ask(model, "The sea", max_new_tokens=64), Watch()).text
    assert len(whole) > 12
    stop = whole[8:10]
    watch = Watch()
    cut = model.generate(ask(model, "The sea", max_new_tokens=64, stop=f"never to be found|{stop}"), watch)
    assert cut.text == whole[: whole.index(stop)]
    assert "".join(e.text for e in watch.events if isinstance(e, Token)) == cut.text
    assert watch.events[-1] == Progress(64, 64)


def test_a_long_prompt_loses_its_beginning_and_a_long_question_is_refused(model: Any) -> None:
    watch = Watch()
    long = "x" * 200 + "The sea"
    made = model.generate(ask(model, long, max_new_tokens=100), watch)
    assert any("its beginning is left out" in e.text for e in watch.events if isinstance(e, Notice))
    assert int(made.facts["tokens read"]) == 156
    with pytest.raises(BadInput, match="there is room for 156 beside the answer"):
        model.generate(ask(model, long, "chat", max_new_tokens=100), Watch())


def test_the_chat_template_and_the_instruction_are_read(model: Any) -> None:
    made = model._given(ask(model, "Hello", "chat", system="Be brief."), Watch(), 10)
    assert model._text(made) == "<system>Be brief.\n<user>Hello\n<me>"
    assert model._text(model._given(ask(model, "Hello", "chat"), Watch(), 10)) == "<user>Hello\n<me>"


def test_what_was_said_before_is_read_and_its_beginning_goes_where_there_is_no_room(model: Any) -> None:
    history = (("user", "Who?"), ("assistant", "Mira."), ("user", "Where?"), ("assistant", "At sea."))
    asked = replace(ask(model, "When?", "chat", system="Be brief."), history=history)
    said = "<user>Who?\n<assistant>Mira.\n<user>Where?\n<assistant>At sea.\n<user>When?\n<me>"
    assert model._text(model._given(asked, Watch(), 10)) == f"<system>Be brief.\n{said}"
    watch = Watch()
    long = replace(ask(model, "When?", "chat"), history=(("user", "x" * 200), ("assistant", "y"), *history))
    assert model._text(model._given(long, watch, 128)) == said
    assert [type(e) for e in watch.events] == [Notice] and "beginning is left out" in watch.events[0].text


def test_each_token_comes_with_what_the_model_weighed(model: Any) -> None:
    watch = Watch()
    with torch.inference_mode():
        made = model.generate(ask(model, "The sea", temperature=0, max_new_tokens=24), watch)
        prompt = WORDS("The sea").input_ids
        chances = model._model(torch.tensor([prompt])).logits[0, -1].float().softmax(-1)
    told = [e for e in watch.events if isinstance(e, Token)]
    assert "".join(e.text for e in told) == made.text and sum(e.tokens for e in told) <= 24
    for token in told:
        known = [chance for _, chance in token.alternatives]
        assert known == sorted(known, reverse=True) and sum(known) <= 1.0001 and len(known) <= 5
        if token.tokens == 1:  # greedily, so it is the likeliest
            assert token.alternatives[0] == (token.text, pytest.approx(token.probability))
    assert told[0].tokens > 1 or told[0].probability == pytest.approx(float(chances.max()), rel=1e-3)
    hot = Watch()
    model.generate(ask(model, "The sea", temperature=2, top_k=1000, max_new_tokens=24), hot)
    drawn = [e for e in hot.events if isinstance(e, Token) and e.tokens == 1]
    assert any(e.probability < e.alternatives[0][1] for e in drawn if e.alternatives and e.probability is not None)


def test_what_was_weighed_stays_with_its_piece_when_it_is_held_back() -> None:
    watch = Watch()
    writer = writing.Writer(lambda t: "".join(map(chr, t)), watch, 20, stops="END")
    for k, letter in enumerate("a EN."):
        writer.take(ord(letter), Weighed(0.1 * (k + 1), ((ord("x"), 0.5), (ord(letter), 0.1 * (k + 1)))))
    assert writer.end() == "a EN."
    told = [e for e in watch.events if isinstance(e, Token)]
    assert [e.text for e in told] == list("a EN.")
    assert [round(e.probability or 0, 6) for e in told] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert told[3].alternatives == (("x", 0.5), ("N", 0.4))


def test_every_way_to_draw_is_a_setting_of_every_model() -> None:
    names = {p.name for p in llm.CARD.parameters}
    assert {"temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "stop"} <= names


@pytest.mark.parametrize(
    ("name", "value"), [("top_k", 1), ("top_p", 0.05), ("min_p", 1.0), ("repetition_penalty", 2.0), ("typical_p", 0.05)]
)
def test_each_way_to_draw_changes_what_is_drawn(model: Any, name: str, value: float) -> None:
    wide = {"temperature": 2.0, "top_k": 1000, "top_p": 1.0, "max_new_tokens": 32}
    plain = model.generate(ask(model, "The sea", **wide), Watch()).text
    narrow = model.generate(ask(model, "The sea", **(wide | {name: value})), Watch()).text
    assert narrow and narrow != plain
    if name in ("top_k", "min_p"):  # nothing is left to chance
        assert narrow == model.generate(ask(model, "The sea", seed=2, **(wide | {name: value})), Watch()).text


def test_an_empty_prompt_begins_anew(model: Any) -> None:
    assert model.generate(ask(model, "", max_new_tokens=20), Watch()).text


def test_letters_of_several_tokens_come_whole() -> None:
    text = "Die Käsehäppchen — 日本の海 🛥️ end"
    ids = WORDS(text).input_ids
    watch = Watch()
    writer = writing.Writer(
        lambda t: WORDS.decode(t, skip_special_tokens=True, clean_up_tokenization_spaces=False), watch, len(ids)
    )
    for token in ids:
        assert not writer.take(token)
    assert writer.end() == text
    pieces = [e.text for e in watch.events if isinstance(e, Token)]
    assert "".join(pieces) == text and not any("\ufffd" in p for p in pieces) and len(pieces) > 20


@pytest.mark.parametrize(("stops", "left"), [("END", "a b "), ("b E|E", "a "), (r"\n|D", "a b EN"), ("", "a b END c")])
def test_stop_words_are_found_across_tokens(stops: str, left: str) -> None:
    watch = Watch()
    writer = writing.Writer(lambda t: "".join(map(chr, t)), watch, 20, stops=stops)
    for letter in "a b END c":
        if writer.take(ord(letter)):
            break
    assert writer.end() == left
    assert writing.stop_words(r"a||\n") == ("a", "\n")


def test_makers_advice_becomes_the_defaults(llama: Path, tmp_path: Path) -> None:
    one = altered(llama, tmp_path / "m")
    (one / "generation_config.json").write_text('{"temperature": 0.6, "top_k": 20, "top_p": 7, "eos_token_id": [2, 5]}')
    defaults = {p.name: p.default for p in llm.recognise(Files(one)).card.parameters}  # type: ignore[union-attr]
    assert (defaults["temperature"], defaults["top_k"], defaults["top_p"]) == (0.6, 20, 1)
    assert llm.load(str(one), Plan())._ends() == [2, 5]
