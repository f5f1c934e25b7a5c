"""The person's files of words: in UTF-8 with and without its mark, broken ones said in a sentence, changes noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.prompting import listfiles, lists, places, styles, tags
from models.prompting.expand import expand, problems
from models.protocol import BadInput


@pytest.fixture
def own(home: Path) -> Path:
    folder = home / "wildcards"
    folder.mkdir(parents=True)
    return folder


def said(text: str, tries: int = 12) -> set[str]:
    return {expand(text, seed) for seed in range(tries)}


def test_a_mark_before_utf_8_is_no_letter(own: Path) -> None:
    (own / "farben.txt").write_bytes(b"\xef\xbb\xbf" + "grün\nweiß\n".encode())
    (own / "mehr.json").write_bytes(b"\xef\xbb\xbf" + '{"tiere": ["Bär"]}'.encode())
    (own / "more.yaml").write_bytes(b"\xef\xbb\xbf" + b"birds: [owl]\n")
    assert said("__farben__") == {"grün", "weiß"} and said("__tiere__") == {"Bär"} and said("__birds__") == {"owl"}
    assert lists.problems() == ()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_list_that_is_not_in_utf_8_is_said_and_loses_no_letter(own: Path, encoding: str) -> None:
    (own / "farben.txt").write_bytes("grün\nweiß\n".encode(encoding))
    with pytest.raises(BadInput, match=r"farben\.txt in the folder wildcards is not in UTF-8: open it and save it"):
        expand("a __farben__ boat", 1)
    assert [problem.fatal for problem in problems("a __farben__ boat")] == [True]
    assert len(lists.problems()) == 1 and "farben" not in lists.names()


def test_where_a_list_of_the_persons_is_broken_ours_does_not_stand_in_for_it(own: Path) -> None:
    assert "colours" in lists.names()
    (own / "colours.txt").write_bytes("grün\n".encode("latin-1"))
    with pytest.raises(BadInput, match=r"colours\.txt"):
        expand("__colours__", 1)


def test_what_only_a_part_of_is_lost_is_said_and_works(own: Path) -> None:
    (own / "tone-cold.txt").write_text("blue\n")
    (own / "tone-warm.txt").write_bytes("grün\n".encode("latin-1"))
    (found,) = problems("a __tone*__ boat")
    assert not found.fatal and "tone-warm.txt" in found.sentence and said("__tone*__") == {"blue"}


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        (
            "more.yaml",
            "artists:\n  dutch: [Rembrandt\n",
            r"more\.yaml in the folder wildcards is no YAML from line \d, column \d on",
        ),
        ("more.yml", "a: &b [*b]\nc: {d: *e}\n", r"more\.yml .*is no YAML"),
        ("more.json", '{"a": ["b",]}', r"more\.json .*is no JSON from line 1, column \d+ on"),
        ("more.json", "[" * 100_000, r"more\.json .*is (nested|no JSON)"),
        ("more.yaml", "only words", r"more\.yaml .*holds no lists"),
        ("more.yaml", "list:\n  - {weight: 2}\n", r"more\.yaml .*: something in the list list is no word"),
    ],
)
def test_a_broken_file_of_lists_is_said_with_its_place(own: Path, name: str, content: str, word: str) -> None:
    (own / name).write_text(content, "utf-8")
    with pytest.raises(BadInput, match=word):
        expand("a __artists/dutch__ boat", 1)
    assert len(lists.problems()) == 1
    assert expand("a {red|red} boat", 1) == "a red boat", "what asks for no list is not kept from being made"


def test_names_that_stand_for_each_other_do_not_fill_the_memory(own: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} {{{', '.join(f'b{n}: *a{k - 1}' for n in range(10))}}}" for k in range(1, 9)]
    (own / "bomb.yaml").write_text("\n".join(lines))
    (sentence,) = lists.problems()
    assert "bomb.yaml" in sentence and "more than 500,000 words" in sentence


def test_words_that_yaml_takes_for_something_else_stay_words(own: Path) -> None:
    (own / "more.yml").write_text("years: [1920, 2::1930, 0::1940]\nanswers: [yes, no, off, 1.50]\nempty:\n", "utf-8")
    assert said("__years__") == {"1920", "1930"} and said("__answers__", 30) == {"yes", "no", "off", "1.50"}


def test_what_is_hidden_and_a_link_that_leads_back_are_no_lists(own: Path) -> None:
    (own / "animals").mkdir()
    (own / "animals" / "birds.txt").write_text("owl\n")
    (own / "animals" / "._birds.txt").write_bytes(b"\0\x05\x16\x07")
    try:
        (own / "animals" / "again").symlink_to(own, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert [name for name in lists.names() if "birds" in name] == ["animals/birds"]


def test_a_file_that_changes_is_read_again(own: Path) -> None:
    (own / "one.txt").write_text("owl\n")
    before = listfiles.stamps(own)
    assert said("__one__", 2) == {"owl"}
    (own / "one.txt").write_text("jay\n")
    os.utime(own / "one.txt", ns=(1, 1))  # clocks of disks are coarse
    assert said("__one__", 2) == {"jay"} and listfiles.stamps(own) != before


def test_a_tag_list_that_is_not_in_utf_8_is_said(home: Path) -> None:
    (home / "tags").mkdir(parents=True)
    (home / "tags" / "good.csv").write_bytes(b"\xef\xbb\xbf" + "ærø,0,5\n".encode())
    (home / "tags" / "bad.csv").write_bytes("ærø,0,5\n".encode("latin-1"))
    found, wrong = tags.listed()
    assert [tag.text for tag in found] == ["ærø"]
    assert [sentence.split(" is ")[0] for sentence in wrong] == ["bad.csv in the folder tags"]


def test_the_folders_are_made_with_a_word_on_what_goes_in_and_only_once(home: Path) -> None:
    for made in (places.of_lists(), places.of_tags()):
        (readme,) = made.iterdir()
        assert "UTF-8" in readme.read_text("utf-8")
        readme.unlink()
        (made / "mine.txt").write_text("mine\n")
    assert "README" not in " ".join(lists.names())
    assert [path.name for path in places.of_lists().iterdir()] == ["mine.txt"]
    assert places.of_styles() == home and styles.known() and styles.own() == ()
    styles.keep(styles.Style("Mine", "{prompt}, mine"))
    assert places.of_styles() == home and [one.name for one in styles.own()] == ["Mine"]
