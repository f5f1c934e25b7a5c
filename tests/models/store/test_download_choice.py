"""Which files of a model are fetched: the layouts that public models really have, each to the file."""

from __future__ import annotations

from typing import Any

import pytest

from models.protocol import BadInput
from models.store.fetch.choice import Choice, choose
from models.store.fetch.hub import HubFile, Listing

MB = 10**6


def listing(*names: str, **sizes: int) -> Listing:
    """A model of these files, a megabyte each where `sizes` (by the name's start) says no other."""
    files = tuple(
        HubFile(name, next((mb * MB for start, mb in sizes.items() if name.startswith(start)), MB), "0" * 64)
        for name in names
    )
    return Listing("me/toy", "a" * 40, files)


def names(choice: Choice) -> set[str]:
    return {file.name for file in choice.files}


def index(*parts: str, **more: Any) -> dict[str, Any]:
    return {"_class_name": "P", "_diffusers_version": "0"} | {p: ["diffusers", "X"] for p in parts} | more


SDXL = listing(
    ".gitattributes", "LICENSE.md", "README.md", "model_index.json", "pipeline.png", "sd_xl_base_1.0.safetensors",
    "sd_xl_base_1.0_0.9vae.safetensors", "sd_xl_offset_example-lora_1.0.safetensors",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json", "text_encoder/flax_model.msgpack", "text_encoder/model.fp16.safetensors",
    "text_encoder/model.onnx", "text_encoder/model.safetensors", "text_encoder/openvino_model.bin",
    "text_encoder/openvino_model.xml",
    "tokenizer/merges.txt", "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.safetensors",
    "unet/model.onnx", "unet/model.onnx_data", "unet/openvino_model.xml",
    "vae/config.json", "vae/diffusion_pytorch_model.fp16.safetensors", "vae/diffusion_pytorch_model.safetensors",
    "vae_1_0/config.json", "vae_1_0/diffusion_pytorch_model.safetensors",
    "vae_decoder/config.json", "vae_decoder/model.onnx",
    unet=3,
)  # fmt: skip
SDXL_INDEX = index("scheduler", "text_encoder", "tokenizer", "unet", "vae", force_zeros_for_empty_prompt=True)
SDXL_SETTINGS = {
    "LICENSE.md", "README.md", "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
    "tokenizer/merges.txt", "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json", "unet/config.json", "vae/config.json",
}  # fmt: skip


def test_a_pipeline_is_its_parts_in_one_variant() -> None:
    plain = choose(SDXL, index=SDXL_INDEX)
    assert names(plain) == SDXL_SETTINGS | {
        "text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    }  # fmt: skip
    assert plain.others == () and plain.total == (len(plain.files) - 2) * MB + 6 * MB  # as large in fp16, here
    half = choose(SDXL, variant="fp16", index=SDXL_INDEX)
    assert names(half) == SDXL_SETTINGS | {
        "text_encoder/model.fp16.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    }  # fmt: skip
    with pytest.raises(BadInput, match="does not come as bf16: it has fp16"):
        choose(SDXL, variant="bf16", index=SDXL_INDEX)


def test_another_variant_is_told_with_its_size() -> None:
    told = listing("model_index.json", "unet/config.json", "unet/model.safetensors", "unet/model.fp16.safetensors",
                   **{"unet/model.s": 10})  # fmt: skip
    assert choose(told, index=index("unet")).others == (("fp16", 3 * MB),)


def test_a_part_that_has_only_the_other_variant_is_taken_in_that() -> None:
    told = listing("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors",
                   "vae/config.json", "vae/diffusion_pytorch_model.safetensors")  # fmt: skip
    assert names(choose(told, index=index("unet", "vae"))) == {file.name for file in told.files}
    assert names(choose(told, variant="fp16", index=index("unet", "vae"))) == {file.name for file in told.files}


def test_the_parts_of_one_variant_come_with_their_index_alone() -> None:
    told = listing(
        "model_index.json", "transformer/config.json",
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
        "transformer/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.fp16.json",
        "transformer/diffusion_pytorch_model.bin.index.json",
    )  # fmt: skip
    plain = names(choose(told, index=index("transformer")))
    assert len(plain) == 5 and not any("fp16" in name or ".bin" in name for name in plain)
    half = names(choose(told, variant="fp16", index=index("transformer")))
    assert len(half) == 5 and sum("fp16" in name for name in half) == 3


def test_what_no_loader_reads_and_what_is_not_there_is_left_out() -> None:
    told = listing("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
                   "safety_checker/config.json", "safety_checker/pytorch_model.bin", "safety_checker/model.safetensors",
                   "feature_extractor/preprocessor_config.json")  # fmt: skip
    parts = index("unet", "safety_checker", "feature_extractor", image_encoder=[None, None])
    assert names(choose(told, index=parts)) == {
        "model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
        "feature_extractor/preprocessor_config.json",
    }  # fmt: skip


def test_transformers_weights_once_with_their_tokenizer() -> None:
    told = listing(
        "LICENSE", "USE_POLICY.md", "config.json", "generation_config.json", "chat_template.jinja", "tokenizer.json",
        "tokenizer_config.json", "tokenizer.model", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors", "model.safetensors.index.json", "consolidated.safetensors",
        "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack",
        "rust_model.ot", "original/consolidated.00.pth", "original/params.json", "onnx/config.json",
        "onnx/model.onnx", "metal/model.bin", "checkpoint-1000/model.safetensors", "checkpoint-1000/config.json",
        "speech_tokenizer/config.json", "speech_tokenizer/model.safetensors", "runs/events.out.tfevents",
        "examples/prompts.json", "assets/picture.jpg", "modeling_toy.py",
    )  # fmt: skip
    assert names(choose(told)) == {
        "LICENSE", "USE_POLICY.md", "config.json", "generation_config.json", "chat_template.jinja", "tokenizer.json",
        "tokenizer_config.json", "tokenizer.model", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors", "model.safetensors.index.json", "speech_tokenizer/config.json",
        "speech_tokenizer/model.safetensors",
    }  # fmt: skip


def test_the_whole_file_is_taken_where_its_parts_lie_beside_it() -> None:
    told = listing("config.json", "model.safetensors", "model-00001-of-00001.safetensors",
                   "model.safetensors.index.json")  # fmt: skip
    assert names(choose(told)) == {"config.json", "model.safetensors"}


GGUF = listing(
    "README.md", "config.json", "toy.IQ3_M.gguf", "toy.Q4_K_M.gguf", "toy.Q8_0.gguf", "mmproj-toy-f16.gguf",
    "BF16/toy-BF16-00001-of-00002.gguf", "BF16/toy-BF16-00002-of-00002.gguf", **{"toy.Q8": 8, "toy.Q4": 4},
)  # fmt: skip


def test_one_quantization_of_a_gguf_with_all_its_parts() -> None:
    chosen = choose(GGUF)
    assert names(chosen) == {"README.md", "config.json", "toy.Q4_K_M.gguf"}
    assert dict(chosen.others) == {"Q8_0": 8 * MB, "IQ3_M": MB, "BF16": 2 * MB}
    assert names(choose(GGUF, variant="q8_0")) >= {"toy.Q8_0.gguf"}
    parts = {"BF16/toy-BF16-00001-of-00002.gguf", "BF16/toy-BF16-00002-of-00002.gguf"}
    assert names(choose(GGUF, variant="BF16")) >= parts
    with pytest.raises(BadInput, match="does not come as Q9"):
        choose(GGUF, variant="Q9")


def test_safetensors_come_before_gguf_unless_it_is_asked_for() -> None:
    both = listing("config.json", "model.safetensors", "toy-Q8_0.gguf")
    assert names(choose(both)) == {"config.json", "model.safetensors"}
    assert names(choose(both, variant="Q8_0")) == {"config.json", "toy-Q8_0.gguf"}


def test_a_single_file_is_taken_and_of_many_one_must_be_named() -> None:
    assert names(choose(listing("README.md", "lora.safetensors", "sample.png"))) == {"README.md", "lora.safetensors"}
    assert names(choose(listing("split/vae/ae.safetensors"))) == {"split/vae/ae.safetensors"}
    assert names(choose(listing("model.onnx", "model.onnx_data", "notes.pdf"))) == {"model.onnx", "model.onnx_data"}
    many = listing("README.md", *(f"toy-v{n}.safetensors" for n in range(12)))
    with pytest.raises(BadInput, match=r"holds 12 files of weights \(toy-v0.safetensors, .* \.\.\.\): name the one"):
        choose(many)
    assert names(choose(many, include=("toy-v3.*",))) == {"README.md", "toy-v3.safetensors"}


def test_include_names_files_by_hand_with_the_settings_beside_them() -> None:
    chosen = choose(SDXL, include=("*.fp16.safetensors",))
    assert {"unet/config.json", "vae/config.json", "text_encoder/config.json"} <= names(chosen)
    assert sum(name.endswith(".safetensors") for name in names(chosen)) == 3
    with pytest.raises(BadInput, match=r"No file of me/toy is called \*\.zip"):
        choose(SDXL, include=("*.zip",))
    with pytest.raises(BadInput, match=r"evil\.py is program code"):
        choose(listing("evil.py", "model.safetensors"), include=("*",))
    assert names(choose(listing("old.ckpt"), include=("*.ckpt",))) == {"old.ckpt"}


@pytest.mark.parametrize(
    "told",
    [
        listing("v1-5.ckpt", "README.md"),
        listing("config.json", "pytorch_model.bin"),
        listing("RealESRGAN_x4.pth"),
        listing("data.pkl", "evil.py"),
    ],
)
def test_what_has_only_pickles_must_be_imported_explicitly(told: Listing) -> None:
    with pytest.raises(
        BadInput, match=r"only as a pickle, .* --include \S+, and import it explicitly \(`main\.py models import`\)\.$"
    ):
        choose(told)


def test_a_pipeline_with_a_part_that_is_only_a_pickle_is_refused() -> None:
    told = listing("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.bin", "vae/config.json",
                   "vae/diffusion_pytorch_model.safetensors")  # fmt: skip
    with pytest.raises(BadInput, match=r"its weights \(unet/diffusion_pytorch_model\.bin\) only as a pickle"):
        choose(told, index=index("unet", "vae"))


def test_code_alone_and_nothing_at_all_are_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match=r"holds program code \(modeling\.py\) and no weights"):
        choose(listing("config.json", "modeling.py", "README.md"))
    for empty in (listing(), listing("README.md", "flax_model.msgpack"), listing("model_index.json", "unet/model.h5")):
        with pytest.raises(BadInput, match="holds no weights that are read here"):
            choose(empty, index=index("unet") if empty.files and "index" in empty.files[0].name else None)
