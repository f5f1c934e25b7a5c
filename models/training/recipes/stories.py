"""The stories starter: a small language model that tells the world's stories and describes its scenes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from models.training import tales, telling, writing
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe, descend, rate, write_atomic
from models.training.muon import Muon
from models.training.pictures import UNSEEN
from models.training.starter import STARTERS, ship_measured
from models.training.tales import Rows

WIDTH, LAYERS, INNER, HEADS = 256, 4, 704, 4
ROW = 240  # tokens; every text is whole in the one that begins with it
PEAK, WARM = 2e-3, 60
LEARNED_FROM = 4000  # texts, for the tokenizer
PROMPTS, UNSEEN_TEXTS = 100, 256


def network(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Llama (Touvron et al. 2023, arXiv:2302.13971); what a word means and how it is foretold share their weights."""
    end = words.eos_token_id
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, max_position_embeddings=tales.CONTEXT, tie_word_embeddings=True,
            bos_token_id=end, eos_token_id=end, pad_token_id=end,
        )
    )  # fmt: skip


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words = vocabulary(lab)
    count = lab.budget.pictures
    mark = hashlib.sha256(words.backend_tokenizer.to_str().encode()).hexdigest()[:12]
    rows = Rows(kept(lab, f"tales-{count}-{mark}", lambda: tales.stream(words, 0, count)), ROW)
    model = network(words).to(lab.device)
    # With AdamW alone names were not yet copied after 3,000 steps of 16 rows; so they are after 500.
    matrices = [weight for weight in model.model.layers.parameters() if weight.ndim == 2]
    optimizer = Muon(model, matrices, betas=(0.9, 0.98), weight_decay=0.03)
    total = 0.0
    for step in lab.steps({"model": model, "optimizer": optimizer}):
        ids, wanted = rows.batch(lab.budget.batch, lab.generator(step))
        with lab.autocast():
            logits = model(ids).logits
        loss = F.cross_entropy(logits.float().flatten(0, 1), wanted.flatten())
        total += descend(loss, model, optimizer, rate(step, lab.budget.steps, PEAK, WARM))
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        if lab.due(step, 250):
            lab.say(sample(model.eval(), words, "Tell a story about a curious sailboat named Mara."))
            model.train()
    save(lab, model.eval(), words)


def vocabulary(lab: Lab) -> PreTrainedTokenizerFast:
    """The tokenizer, trained once for a run and all that go on with it."""
    path = lab.state / "tokenizer.json"
    if not path.exists():
        learned = tales.tokenizer(min(LEARNED_FROM, lab.budget.pictures)).backend_tokenizer
        write_atomic(path, lambda partial: learned.save(str(partial)))
    return tales.as_words(Tokenizer.from_file(str(path)))


@torch.inference_mode()
def sample(model: LlamaForCausalLM, words: PreTrainedTokenizerFast, asked: str) -> str:
    """A text on the way, to look at."""
    ids = words(asked, return_tensors="pt").input_ids.to(model.device)
    made = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=telling.LONGEST, do_sample=True,
        temperature=0.7,
    )  # fmt: skip
    return str(words.decode(made[0], skip_special_tokens=True))


def save(lab: Lab, model: LlamaForCausalLM, words: PreTrainedTokenizerFast) -> None:
    """The starter's folder, and figures of what lies in it."""
    folder = Path(lab.out) / "stories"
    writing.save(model, folder)
    words.save_pretrained(folder)
    # What its card advises: bold enough to vary, seldom so bold that a name is drawn from nowhere.
    GenerationConfig(
        do_sample=True, temperature=0.7, top_p=0.95, bos_token_id=model.config.bos_token_id,
        eos_token_id=model.config.eos_token_id, pad_token_id=model.config.pad_token_id,
    ).save_pretrained(folder)  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    told: dict[str, Any] = {
        "name": "Stories", "makes": RECIPE.makes, "parameters": writing.parameters(model),
        "about": "Short stories with characters, a trouble and a good end, and descriptions of scenes. Begin one, or "
                 "ask: Tell a story about a fox named Mara. Describe a red sailboat at sea.",
    }  # fmt: skip
    ship_measured(lab, folder, lambda: measured(lab, folder, model, words), **told)


def measured(lab: Lab, folder: Path, model: LlamaForCausalLM, words: PreTrainedTokenizerFast) -> dict[str, Any]:
    """What the grammar makes of texts that were written through the studio, and how well unseen ones are foretold."""
    asked = tales.prompts(min(PROMPTS, lab.prompts), lab.budget.pictures)
    made = list(telling.texts(folder, asked))
    (lab.state / "texts.txt").write_text("\n\n".join(made), encoding="utf-8")
    own = [tales.text(UNSEEN + k) for k in range(len(made))]
    unseen = tales.stream(words, UNSEEN, UNSEEN_TEXTS)
    return {
        **telling.figures(made),
        "distinct 4-grams of the world's own texts, per cent": telling.distinct(own),
        "held-out perplexity of a token": round(telling.perplexity(model, unseen, ROW), 3),
    }


# 3.7 M weights: 22 million operations a token and step. At 36 GFLOP/s, of which two thirds arrive, some 1,000 tokens
# a second: 25 minutes are 1.5 million tokens, or 800 steps of 8 rows (9,000 texts).
RECIPE = Recipe("stories", "a language model of the world's stories and descriptions (Llama, 4 layers)", run,
                cpu=Budget(steps=800, batch=8, pictures=12_000),
                cuda=Budget(steps=8_000, batch=64, pictures=200_000),
                shipped=STARTERS / "stories")  # fmt: skip
