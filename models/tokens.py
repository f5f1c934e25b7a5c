"""How many tokens a prompt takes of what a model's text encoder reads, without loading the model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from models.protocol import BadInput, Card

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_BYTES = 64 * 2**20  # larger vocabularies than any text encoder's are not read
# Words apart as CLIP's own tokenizer has them: contractions, letters, single digits, the rest.
_CLIP_WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def count(model_path: str, card: Card, text: str) -> tuple[int, int, int]:
    """Tokens of `text`, how many are read, and the index in `text` where reading ends.

    Start and end marks are left out of both figures, as they cost every prompt the same.
    A card without a tokenizer or a limit answers (0, 0, len(text)). Raises BadInput where
    the model's tokenizer cannot be read.
    """
    if not card.tokenizer or not card.prompt_limit:
        return 0, 0, len(text)
    tokenizer, marks = _load(str(Path(model_path) / card.tokenizer))
    limit = max(card.prompt_limit - marks, 1)
    encoded = tokenizer.encode(text, add_special_tokens=False)
    used = len(encoded.ids)
    if used <= limit:
        return used, limit, len(text)
    return used, limit, encoded.offsets[limit - 1][1]


@lru_cache(maxsize=8)
def _load(folder: str) -> tuple[Tokenizer, int]:
    """The tokenizer in that folder, and how many marks it sets around a text."""
    here = Path(folder)
    try:
        if (whole := here / "tokenizer.json").is_file():
            _small(whole)
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(whole))
            # Padding and truncation are the pipeline's; here every token counts once.
            tokenizer.no_padding()
            tokenizer.no_truncation()
            return tokenizer, tokenizer.num_special_tokens_to_add(False)
        if (here / "vocab.json").is_file() and (here / "merges.txt").is_file():
            return _clip(here / "vocab.json", here / "merges.txt"), 2
    except BadInput:
        raise
    except Exception as error:  # the library raises plain Exception for anything malformed
        raise BadInput(f"The tokenizer in {folder} cannot be read; get the model again.") from error
    raise BadInput(f"There is no tokenizer in {folder}; get the model again.")


def _clip(vocabulary: Path, merges: Path) -> Tokenizer:
    """CLIP's byte-level BPE from its two old files (Radford et al. 2021), as transformers assembles it."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    _small(vocabulary)
    _small(merges)
    words, pairs = BPE.read_file(str(vocabulary), str(merges))
    made = Tokenizer(
        BPE(
            vocab=words,
            merges=pairs,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            unk_token="<|endoftext|>",
        )
    )
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return made


def _small(file: Path) -> None:
    if file.stat().st_size > MAX_BYTES:
        raise BadInput(f"{file} is too large to be a tokenizer.")
