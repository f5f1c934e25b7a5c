"""The vq-transformer starter: the world's sentences to the codes of the vqvae starter, one after another."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import VQModel
from torch import Tensor, nn
from transformers import CLIPTextModel, LlamaConfig, LlamaForCausalLM

from models.networks import weights
from models.networks.code_prompt import CodePrompt
from models.runtime import codes as coding
from models.training.encoded import WAYS, kept, sentences, shipped_text_encoder, shipped_words
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.measure import finish, measure
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.scenes_autoencoder import SIZE
from models.training.recipes.scenes_text import WIDTH as TEXT_WIDTH
from models.training.recipes.scenes_text import as_ids
from models.training.starter import STARTERS, write_sidecar

WIDTH, LAYERS, SIDE = 256, 6, 16
UNCONDITIONAL = 0.1
THINGS = 3.0  # a code that shows a thing counts so much more, as in the scenes' training
NAMED = {
    "name": "Scenes, code by code",
    "about": "Small landscapes from a sentence, written as codes from the upper left to the lower right.",
    "shares": {"vqvae": "vqvae", "text_encoder": "scenes", "tokenizer": "scenes"},
}


class Writer(nn.Module):
    """What is trained: the transformer, and the embeddings that it is given."""

    def __init__(self, codes: int) -> None:
        super().__init__()
        self.transformer = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=codes + 1, hidden_size=WIDTH, intermediate_size=704, num_hidden_layers=LAYERS,
                num_attention_heads=4, max_position_embeddings=512, bos_token_id=None, eos_token_id=None,
                tie_word_embeddings=False,
            )
        )  # fmt: skip
        self.prompt = CodePrompt(TEXT_WIDTH, WIDTH, SIDE * SIDE)

    def forward(self, states: Tensor, codes: Tensor) -> Tensor:
        """(B, places, codes) logits of codes (B, places), each from the words' states and the codes before it."""
        stream = self.prompt.stream(self.transformer, states, codes)
        return self.transformer(inputs_embeds=stream, logits_to_keep=SIDE * SIDE).logits[..., :-1]


@torch.inference_mode()
def coded(lab: Lab, vqvae: VQModel, world: Pictures) -> Tensor:
    """(N, places) as 16-bit numbers."""
    parts = []
    for start in range(0, world.count, 64):
        pictures = world.batch(torch.arange(start, min(start + 64, world.count)))
        with lab.autocast():
            parts.append(coding.encode(vqvae, pictures).flatten(1).short().cpu())
    return torch.cat(parts)


def loss(logits: Tensor, codes: Tensor, shown: Tensor) -> Tensor:
    """Cross-entropy of codes (B, places), those where a thing shows (`shown`, 0..1) counting more."""
    each = F.cross_entropy(logits.float().flatten(0, 1), codes.flatten(), reduction="none").view_as(codes)
    share = 1 + THINGS * shown
    return (each * share).sum() / share.sum()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    vqvae = VQModel.from_pretrained(
        STARTERS / "vqvae", torch_dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False
    )
    vqvae = vqvae.to(lab.device).eval().requires_grad_(False)
    encoder: CLIPTextModel = shipped_text_encoder(lab)
    words = shipped_words()
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    number = coding.count(vqvae)
    mark = f"{float(vqvae.quantize.embedding.weight.double().sum()):.6f}"
    codes = kept(lab, f"codes-{world.count}-{mark}", lambda: coded(lab, vqvae, world))
    shown = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, SIDE, lab.device))
    said, silence = sentences(world.scenes, words), as_ids(words, [""])
    model, twin = Writer(number).to(lab.device), Writer(number).to(lab.device)
    average = Average(model, twin, 0.9995)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.03, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        spoken = torch.rand(len(seeds), generator=draw) > UNCONDITIONAL
        ids = torch.where(spoken[:, None], said[seeds, torch.randint(0, WAYS, seeds.shape, generator=draw)].long(),
                          silence)  # fmt: skip
        wanted = codes[seeds.to(codes.device)].long()
        with lab.autocast():
            with torch.no_grad():
                states = encoder(ids.to(lab.device)).last_hidden_state
            logits = model(states, wanted)
        value = loss(logits, wanted, shown[seeds.to(shown.device)].flatten(1).float())
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 1e-3))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", loss=total / 100)
            total = 0.0
        if step % 2000 == 1999:
            look(lab, average.model, f"step-{step + 1}")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    folder = save(average.model, lab.out / "vq-transformer")
    finish(lab, folder, makes=RECIPE.makes, parameters=parameters(average.model), **NAMED)


def parameters(model: Writer) -> int:
    return sum(p.numel() for p in model.parameters())


def look(lab: Lab, model: Writer, name: str) -> None:
    """A sheet on the way, made as the studio makes it. It lies beside the starters meanwhile, whose parts it needs."""
    folder = save(model, STARTERS / f".{lab.recipe.name}")
    write_sidecar(folder, NAMED)
    figures, made = measure(folder, 16)
    lab.sheet(name, made, columns=4)
    lab.say(name, **figures["per_cent_found_of_16_unseen_prompts"])
    shutil.rmtree(folder)


def save(model: Writer, folder: Path) -> Path:
    """The starter's own parts: half precision on disk, full precision in its config, for what to compute in."""
    half = LlamaForCausalLM(model.transformer.config).half()
    half.load_state_dict(model.transformer.state_dict())
    half.save_pretrained(folder / "transformer", safe_serialization=True)
    half.config.dtype = "float32"
    half.config.save_pretrained(folder / "transformer")
    weights.save(model.prompt, folder, "vq-transformer", text_width=TEXT_WIDTH, width=WIDTH, places=SIDE * SIDE)
    return folder


RECIPE = Recipe("vq-transformer", "text to picture by codes: a language model of the vqvae starter's codes", run,
                cpu=Budget(steps=9_000, batch=16, pictures=22_528),
                cuda=Budget(steps=20_000, batch=192, pictures=100_000),
                needs=("vqvae",), shipped=STARTERS / "vq-transformer")  # fmt: skip
