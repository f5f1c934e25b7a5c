"""Choices, lists and variables: dynamicprompts' documented examples, seeds, errors with their places, and mutations."""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from subprocess import run
from weakref import WeakKeyDictionary

import pytest

from models.prompting import lists
from models.prompting.expand import expand, problems
from models.prompting.scan import place, scan
from models.prompting.weights import letters, parts
from models.protocol import BadInput

TRIES = 24


def made(template: str, tries: int = TRIES) -> set[str]:
    return {expand(template, seed) for seed in range(tries)}


@pytest.fixture
def own(home: Path) -> Path:
    """The person's folder of lists, with the documented ones in it."""
    folder = home / "wildcards"
    folder.mkdir(parents=True)
    for name, lines in {
        "season": "# seasons\nsummer\nautumn\n",
        "flavours": "chocolate\nvanilla\n",
        "fall": "{autumn|fall}\n",
        "people": "__africa__\n",
        "africa": "Zimbabwean\nNamibian\n",
        "tone-cold": "blue\n",
        "tone-warm": "red\n",
        "season_clothes": "In ${season}, I wear ${season} shirts\n",
        "round": "__round__\n",
        "broken": "{red|blue\n",
        "empty": "# nothing\n",
        "plain": "100% wool, $5 (soft) a|b\n",
    }.items():
        (folder / f"{name}.txt").write_text(lines, "utf-8")
    (folder / "more.yaml").write_text("artists:\n  dutch:\n    - Rembrandt\n    - Mondrian\n", "utf-8")
    return folder


# sd-dynamic-prompts, docs/SYNTAX.md: the templates, and all that they may become.
DOCUMENTED: list[tuple[str, set[str]]] = [
    ("{summer|autumn|winter|spring} is coming", {f"{s} is coming" for s in ("summer", "autumn", "winter", "spring")}),
    ("{0.5::summer|0::autumn|0.5::winter}", {"summer", "winter"}),
    ("I like {2$$chocolate|vanilla}", {"I like chocolate, vanilla", "I like vanilla, chocolate"}),
    ("{2$$ and $$A|B|C}", {"A and B", "A and C", "B and A", "B and C", "C and A", "C and B"}),
    ("{1-2$$ and $$a|b}", {"a", "b", "a and b", "b and a"}),
    ("{-1$$a|b}", {"a", "b"}),
    ("{2-$$a|b}", {"a, b", "b, a"}),
    ("{4$$a|b}", {"a, b", "b, a"}),
    ("${season=!{summer|winter}} In ${season}, I wear ${season} shirts",
     {"In summer, I wear summer shirts", "In winter, I wear winter shirts"}),
    ("${p={a|b}} ${p}${p}", {"aa", "ab", "ba", "bb"}),
    ("In ${season:summer}, I wear ${season:summer} shirts", {"In summer, I wear summer shirts"}),
    ("# Set it\n${season={\n summer\n\t|autumn\n\t# | fall    # no\n}}\n\nIn ${season:spring}.",
     {"In summer.", "In autumn."}),
    ("Funko pop\n    {2$$ and $$\n  yoda\n\t|jabba the hutt\n\t}\n\tfigurine",
     {"Funko pop yoda and jabba the hutt figurine", "Funko pop jabba the hutt and yoda figurine"}),
]  # fmt: skip
WITH_LISTS: list[tuple[str, set[str]]] = [
    ("__season__ is coming", {"summer is coming", "autumn is coming"}),
    ("{2$$__flavours__}", {"chocolate, vanilla", "vanilla, chocolate"}),
    ("__fall__", {"autumn", "fall"}),
    ("__people__", {"Zimbabwean", "Namibian"}),
    ("__tone*__", {"blue", "red"}),
    ("__season_clothes(season=winter)__", {"In winter, I wear winter shirts"}),
    ("__artists/dutch__", {"Rembrandt", "Mondrian"}),
    ("{x|__season__}", {"x", "summer", "autumn"}),
    ("__plain__", {"100% wool, $5 (soft) a|b"}),
]


@pytest.mark.parametrize(("template", "wanted"), DOCUMENTED)
def test_the_documented_examples_become_what_is_documented(template: str, wanted: set[str]) -> None:
    assert made(template) == wanted


@pytest.mark.parametrize(("template", "wanted"), WITH_LISTS)
def test_the_documented_lists_give_their_lines(own: Path, template: str, wanted: set[str]) -> None:
    assert made(template, 16) == wanted


def test_the_same_seed_says_the_same_in_another_process() -> None:
    template = "{red|blue|green} {2$$boat|house|tree} __colours__"
    here = [expand(template, seed) for seed in range(6)]
    assert len(set(here)) > 1
    code = (
        "import sys; from models.prompting.expand import expand; "
        f"print([expand({template!r}, s) for s in range(6)]); "
        "print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    there = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.splitlines() == [str(here), "[]"], "and nothing heavy is read for it"


def test_what_is_to_be_avoided_chooses_for_itself() -> None:
    template = "{a|b|c|d|e|f|g|h}"
    assert [expand(template, s) for s in range(8)] != [expand(template, s, "avoid") for s in range(8)]


@pytest.mark.parametrize(
    "text",
    ["a red boat", "a (red:1.3) [boat]\n  at sea", "100% wool, $5, a|b, c//d, snake__case", r"\{a\|b\}", "", "#1 hit}"],
)
def test_words_without_choices_stay_as_they_are(text: str) -> None:
    said = expand(text, 3) if not text.startswith("#") else text
    assert said == text


def test_signs_that_choose_nothing_go_through_choices_unharmed() -> None:
    assert made(r"{100% \{wool\}|$5 a//b /* (c:1.2) [d] ~@!} e|f, c#") == {
        r"100% \{wool\} e|f, c#", "$5 a//b /* (c:1.2) [d] ~@! e|f, c#",
    }  # fmt: skip


def test_what_chance_puts_together_is_no_sign() -> None:
    assert made("{#1|#2} boat") == {r"\#1 boat", r"\#2 boat"}
    assert made("{_|_}_x__") == {r"\__x__"}


def test_chances_are_kept_when_several_are_chosen() -> None:
    assert made("{2$$a|1000000::b|1000000::c}") <= {"b, c", "c, b"}


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("a {red|blue", 1, 3, "never closed"),
        ("a boat\n  at ${place}", 2, 6, "place"),
        ("a\n__nope__", 2, 1, "nope"),
        ("{0::a|0::b}", 1, 1, "chance"),
        ("{a|${x=1}}", 1, 4, "inside"),
        ("{$$a|b}", 1, 1, "How many"),
        ("${1=a}", 1, 1, "variable"),
        ("{" * 20 + "a" + "}" * 20, 1, 13, "braces"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, line: int, column: int, word: str) -> None:
    with pytest.raises(BadInput, match=f"line {line}, column {column}: .*{word}"):
        expand(text, 1)
    assert any(place(text, p.start) == (line, column) for p in problems(text) if p.fatal)


@pytest.mark.parametrize(
    ("text", "word"),
    [("__round__", "list"), ("__broken__", "broken"), ("__season_clothes__", "variable"), ("__empty__", "is empty")],
)
def test_what_is_wrong_with_a_list_is_told(own: Path, text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        expand(text, 1)


@pytest.mark.parametrize(
    ("text", "at"), [("(a", 0), ("a) b", 1), ("[a:b:0.5]", 7), ("(boat:1,3)", 8), ("(a:99)", 2), ("a }", 2),
     ("a <lora:inks:0.8> boat", 2), ("a boat BREAK a house", 7)],
)  # fmt: skip
def test_what_is_doubtful_is_marked_and_works(text: str, at: int) -> None:
    found = problems(text)
    assert [(p.start, p.fatal) for p in found] == [(at, False)]
    assert expand(text, 1) == text


def test_square_brackets_with_a_number_are_told_as_they_are_read() -> None:
    (found,) = problems("[dawn:dusk:0.5]")
    assert "less important" in found.sentence and parts("[dawn:dusk:0.5]") == [
        ("dawn:dusk:0.5", pytest.approx(1 / 1.1))
    ]
    assert problems("a boat # BREAK <lora:inks:1>") == []


@pytest.mark.parametrize(
    "text", ["{" + "1" * 6000, "(a:" + "1" * 6000, "(a:1." + "1" * 6000, "[a:" + "1" * 6000 + "x]"]
)
def test_a_long_row_of_digits_is_read_at_once(text: str) -> None:
    # Tried in every way to part it, each of these takes as long as all of this file.
    assert letters(text)[-1].start >= len(text) - 2
    assert scan(text).text == text


def test_our_own_lists_are_there_and_the_persons_come_first(own: Path) -> None:
    assert {"colours", "season", "artists/dutch"} <= set(lists.names())
    (own / "colours.txt").write_text("mauve\n", "utf-8")
    assert made("__colours__", 4) == {"mauve"}


def test_whatever_is_typed_expands_or_is_refused_in_a_sentence(own: Path) -> None:
    chance = random.Random(5)
    signs = [
        "{",
        "}",
        "|",
        "$$",
        "2$$",
        "1-",
        "::",
        "0.5::",
        "__",
        "(",
        ")",
        ":1.2)",
        "[",
        "]",
        "\\",
        "#",
        "${",
        "=",
        "!",
    ]
    others = ["x", "x}", ":", "%{", "//", "/*", "-", "é", "🙂", "~", "@", "red", ",", "season", "__season__", " ", "\n"]
    parts = signs + others
    for _ in range(250):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 14)))
        taken = scan(text)
        assert all(0 <= one.start < one.end <= len(text) for one in [*taken.pieces, *taken.problems])
        ordered = sorted(taken.pieces, key=lambda piece: piece.start)
        assert all(a.end <= b.start for a, b in pairwise(ordered))
        try:
            said = expand(text, 7)
        except BadInput as error:
            assert str(error).endswith((".", ")")) or "." in str(error)
            continue
        assert said == expand(text, 7)
        assert expand(said, 8) == said, "nothing in it is left to a seed"


def test_threads_may_expand_at_once_also_the_first_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's parser learns how to call its own actions by failing, and two at once would teach it wrong."""
    from dynamicprompts.parser import parse
    from pyparsing import core

    failing = core.traceback.extract_tb

    def slowly(*given: object, **named: object) -> object:
        time.sleep(0.002)  # so that others come between
        return failing(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(core.traceback, "extract_tb", slowly)
        patched.setattr(parse, "_parser_cache", WeakKeyDictionary())
        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(lambda seed: expand("{red|blue} boat", seed), [1] * 8))
    assert set(said) == {expand("{red|blue} boat", 1)}
