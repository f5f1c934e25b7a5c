"""English in IPA: words of the list, words of the network, and how they are joined."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.networks.spelling import PLACES, Letters, read
from models.protocol import BadInput
from models.runtime.pronouncing import VARIETIES
from models.runtime.pronouncing.phonemes import phonemes
from models.runtime.pronouncing.speller import FOLDER, Speller, read_list, write_list

LISTED = {
    "en-us": {
        "the": "ðə", "the +": "ðɪ", "of": "ʌv", "of the": "ʌvðə", "old": "ˈoʊld", "boat": "bˈoʊt", "water": "wˈɔːɾɚ",
        "is": "ɪz", "horse": "hˈɔːɹs", "dog": "dˈɑːɡ", "cat": "kˈæt",
    },
    "en-gb-x-rp": {"water": "wˈɔːtɐ", "is": "ɪz", "sofa": "sˈəʊfɐ", "far": "fˈɑː", "boat": "bˈəʊt"},
    "en-gb-scotland": {"water": "wˈɔːtɜ", "is": "ɪz"},
}  # fmt: skip
SOUNDS = ["", "b", "ˈoʊ", "t"]


@pytest.fixture
def speller() -> Speller:
    torch.manual_seed(0)
    return Speller(Letters(27, len(SOUNDS), len(VARIETIES), 8, 1), "abcdefghijklmnopqrstuvwxyz'", SOUNDS, LISTED)


@pytest.mark.parametrize(
    ("text", "variety", "ipa"),
    [
        ("The boat of the old dog.", "en-us", "ðə bˈoʊt ʌvðɪ ˈoʊld dˈɑːɡ."),
        ("The old boat, the boat!", "en-us", "ðɪ ˈoʊld bˈoʊt, ðə bˈoʊt!"),
        ("Water is; water", "en-us", "wˈɔːɾɚɹ ɪz; wˈɔːɾɚ"),
        ("Water is far, sofa is", "en-gb-x-rp", "wˈɔːtɐɹ ɪz fˈɑː, sˈəʊfɐ ɪz"),
        ("far is", "en-gb-x-rp", "fˈɑːɹ ɪz"),
        ("water is", "en-gb-scotland", "wˈɔːtəɹ ɪz"),
        ("the horse's dog's cat's boat", "en-us", "ðə hˈɔːɹsᵻz dˈɑːɡz kˈæts bˈoʊt"),
        ("?!", "en-us", ""),
    ],
)
def test_words_are_joined_as_a_voice_joins_them(text: str, variety: str, ipa: str, speller: Speller) -> None:
    listed = speller.listed["en-us"]
    listed["of the +"] = "ʌvðɪ"
    assert phonemes(text, variety, speller) == ipa


def test_a_word_that_is_not_listed_is_the_networks(speller: Speller) -> None:
    # What the network says of "boat", letter by letter, for any network: the same as asked by itself.
    said = phonemes("the zog", "en-us", speller)
    assert said.split(" ")[1:] == speller.guess(["zog"], "en-us") != [""]
    many = ["zog", "blick", "", "zog" * 30, "船"]
    assert speller.guess(many, "en-us")[0] == speller.guess(["zog"], "en-us")[0]
    assert speller.guess(many, "en-us")[2] == speller.guess(many, "en-us")[4] == ""


def test_places_are_read_without_repeats_and_silence() -> None:
    places = torch.tensor([[0, 1, 1, 0, 1, 2], [3, 3, 0, 0, 0, 0]])
    assert read(torch.nn.functional.one_hot(places, 4).float()) == [[1, 1, 2], [3]]
    assert Letters(5, 4, 2, 8, 2)(torch.tensor([[1, 2]]), torch.tensor([0])).shape == (1, 2 * PLACES, 4)


def test_a_list_is_read_as_it_was_written() -> None:
    text = write_list(LISTED)
    assert read_list(text.splitlines()) == LISTED and write_list(read_list(text.splitlines())) == text


def test_a_folder_that_is_not_whole_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"letters": "ab", "sounds": ["", "b"], "width": 8, "layers": 1}')
    save_file({"odd": torch.zeros(1)}, tmp_path / "speller.safetensors")
    (tmp_path / "words.tsv").write_text("")
    with pytest.raises(BadInput, match="how English words are said is not whole"):
        Speller.load(tmp_path)


@pytest.mark.skipif(not (FOLDER / "speller.safetensors").exists(), reason="the recipe speech-spelling was not run yet")
def test_the_shipped_one_says_known_and_unknown_words() -> None:
    assert phonemes("The old boat sails to the island.") == "ðɪ ˈoʊld bˈoʊt sˈeɪlz tə ðɪ ˈaɪlənd."
    assert phonemes("the old boat", "en-gb-scotland") == "ðɪ ˈoːld bˈoːt"
    said = phonemes("a blorfing snide")
    assert said.startswith("ɐ bl") and "ɪŋ sn" in said
