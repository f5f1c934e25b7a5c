"""Writes CLIP's word list as transformers reads it, from the one that comes with open_clip (MIT licence).

`python resources/configs/make_clip.py bpe_simple_vocab_16e6.txt.gz`; the file lies in the wheel of open_clip_torch.
The order of the words is that of OpenAI's own tokenizer: bytes, bytes at a word's end, merges, two marks.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

WHERE = Path(__file__).with_name("clip")
_SIZE = 49_152  # words before the marks and the bytes are taken off


def letters() -> list[str]:
    """A printable letter for every byte: itself where it is one, else the next free one from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + k) for k in range(len(others))]


def main(source: str) -> None:
    lines = gzip.open(source, "rt", encoding="utf-8").read().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : _SIZE - 256 - 2 + 1]]
    words = [*letters(), *(f"{letter}</w>" for letter in letters()), *("".join(pair) for pair in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    WHERE.mkdir(exist_ok=True)
    vocabulary = json.dumps({word: number for number, word in enumerate(words)}, ensure_ascii=False)
    (WHERE / "vocab.json").write_text(vocabulary, "utf-8")
    text = "#version: 0.2\n" + "".join(f"{first} {second}\n" for first, second in merges)
    (WHERE / "merges.txt").write_text(text, "utf-8")
    settings = {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "do_lower_case": True,
    }  # fmt: skip
    (WHERE / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
