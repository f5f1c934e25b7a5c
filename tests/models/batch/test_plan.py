"""The rows of a batch: crossed, checked, named, the same in every run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.batch import naming, sheet, sources
from models.batch.plan import NotWanted, Order, planned
from models.presets.preset import After
from models.protocol import BadInput
from tests.models.batch.making import LARGER, PLAIN, source


def text(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_presets_by_lines_by_seeds_each_once_and_in_the_same_way_in_any_order(tmp_path: Path) -> None:
    lines = sources.prompts(text(tmp_path / "p.txt", "a boat", "", "# not this", "  a tree  ", "a boat"))
    two = (source(), source(replace(PLAIN, name="Other", settings={"steps": 9})))
    plan = planned(Order(two, lines, seeds=sources.seeds("1-2,5")))
    assert (len(plan.rows), plan.twice) == (12, 6)
    assert [row.file for row in plan.rows[:4]] == [
        "plain-a-boat-1.png", "plain-a-boat-2.png", "plain-a-boat-5.png", "plain-a-tree-1.png",
    ]  # fmt: skip
    again = planned(Order(two[::-1], lines[::-1], seeds=(5, 1, 2, 8)))
    names = {row.id: row.name for row in again.rows}
    assert {row.id: row.name for row in plan.rows}.items() <= names.items()


def test_a_tables_columns_are_parameters_and_empty_cells_are_the_presets_own(tmp_path: Path) -> None:
    table = text(tmp_path / "p.csv", "Prompt,steps,seed", '"a, b",7,', ",,3")
    rows = planned(Order((source(),), sources.prompts(table))).rows
    assert [(r.request.prompt, r.request.settings["steps"], r.request.seed) for r in rows] == [
        ("a, b", 7, 1), ("a boat", 3, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("prompt,stepps", "a,1"), "no preset here has a setting 'stepps'"),
        (("prompt,steps", "a,many"), "line 2: Plain: steps is a whole number"),
        (("prompt,seed", "a,-1"), "line 2: seed is one whole number"),
        (("prompt", "a,b"), "line 2 has a cell without a column"),
        (("prompt,preset", "a,Nobody"), "there is no preset 'Nobody' in this batch"),
        (("prompt,prompt", "a,b"), "the column prompt twice"),
        (("prompt", '"a'), "is no sound table"),
        (("prompt",), "has no prompts"),
        (("prompt", "a {boat"), "line 2: Prompt, line 1, column 3"),
    ],
)
def test_a_wrong_table_is_said_by_its_line(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        planned(Order((source(),), sources.prompts(text(tmp_path / "p.csv", *lines))))


def test_a_grid_has_places_and_one_sheet_and_several_seeds_are_its_other_side() -> None:
    grid = sources.axes(["steps=4, 8,4", "pause-ms=0,1.50"])
    rows = planned(Order((source(),), axes=grid)).rows
    assert [row.at for row in rows[:2]] == [(("steps", "4"), ("pause_ms", "0")), (("steps", "4"), ("pause_ms", "1.5"))]
    assert len(rows) == 4 and len({row.sheet for row in rows}) == 1 and len({row.name for row in rows}) == 4
    rows = planned(Order((source(),), seeds=(1, 2, 3), axes=grid[:1])).rows
    assert [axis for axis, _ in rows[0].at] == ["steps", "seed"] and len({row.sheet for row in rows}) == 1
    (axis, half) = sources.axes(["steps=1-3,8", "pause_ms=-0.5-1:0.5"])
    assert axis.values == ("1", "2", "3", "8") and half.values == ("-0.5", "0.0", "0.5", "1.0")
    assert sources.axes(["prompt=1-3", "behave=a-b"])[0].values == ("1-3",)
    for wrong in (
        ["steps"],
        ["steps=8-1"],
        ["steps=1-9999"],
        ["pause_ms=0.5-1"],
        ["pause_ms=0-1:0"],
        ["steps=1", "steps=2"],
        ["a=1", "b=1", "c=1", "d=1"],
        ["seed=x"],
    ):
        with pytest.raises(BadInput):
            sources.axes(wrong)
    with pytest.raises(BadInput, match="has no setting 'guidance'"):
        planned(Order((source(),), axes=sources.axes(["guidance=1,2"])))


def test_a_folder_gives_a_row_for_each_of_its_files(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("b10.png", "b2.png", "notes.txt", ".hidden.png"):
        Image.new("RGB", (4, 4), (len(name), 0, 0)).save(tmp_path / name, "PNG")
    change = source(replace(PLAIN, name="Change", task="picture-to-picture"))
    rows = planned(Order((source(), change), inputs=(("", str(tmp_path)),))).rows
    assert [row.file for row in rows] == ["plain-a-boat-1.png", "change-a-boat-b2-1.png", "change-a-boat-b10-1.png"]
    with pytest.raises(BadInput, match="give a file or a folder of them as picture"):
        planned(Order((change,)))
    with pytest.raises(BadInput, match="None of these presets starts from a file"):
        planned(Order((source(),), inputs=(("", str(tmp_path)),)))
    with pytest.raises(BadInput, match="has no picture in it"):
        (tmp_path / "empty").mkdir()
        planned(Order((change,), inputs=(("picture", str(tmp_path / "empty")),)))


def test_rows_of_one_model_are_made_after_each_other() -> None:
    enlarging = source(replace(PLAIN, name="Large", after=After(LARGER)))
    plan = planned(Order((source(), enlarging, source(replace(PLAIN, name="Third", count=2, settings={"steps": 4})))))
    assert [row.source.preset.name for row in plan.in_turn] == ["Plain", "Third", "Third", "Large"]


def test_a_row_is_another_where_its_lists_or_its_numbers_are_and_the_same_where_only_the_way_is(home: Path) -> None:
    (home / "wildcards").mkdir(parents=True)
    words = text(home / "wildcards" / "thing.txt", "boat")
    order = Order((source(replace(PLAIN, prompt="a __thing__")), source(replace(PLAIN, name="Other"))))
    first, plain = planned(order).rows
    words.write_text("tree")
    second, same = planned(order).rows
    assert first.request.prompt == second.request.prompt and first.id != second.id and plain.id == same.id
    way, numbers = ({plain.id: planned(replace(order, wish=wish)).rows[1].id} for wish in (
        {"plan": "small", "device": "cpu", "offload": "model"}, {"dtype": "float16"},
    ))  # fmt: skip
    assert way[plain.id] == plain.id != numbers[plain.id]


def test_names_that_would_be_alike_stay_apart_and_known_ones_stay(tmp_path: Path) -> None:
    order = Order((source(),), seeds=(1, 2), template="{preset}")
    first, second = planned(order).rows
    assert {first.name, second.name} == {f"plain-{first.id[:8]}", f"plain-{second.id[:8]}"}
    assert [row.name for row in planned(order, {first.id: "plain"}).rows] == ["plain", f"plain-{second.id[:8]}"]
    assert naming.filled("{prompt}", {"prompt": "CON"}) == "con_"
    assert naming.filled("{prompt}-{seed}", {"prompt": "", "seed": 3}) == "3"
    for wrong in ("fixed", "../{seed}", "{seed", "{seed.__class__}", "{nothing}"):
        with pytest.raises(BadInput):
            naming.check(wrong, ())


def test_rows_that_differ_elsewhere_than_in_the_first_words_lie_on_sheets_of_their_own(tmp_path: Path) -> None:
    long = "a photograph of a small wooden sailboat on a calm sea"
    table = text(tmp_path / "t.csv", "prompt,pause_ms", f"{long} at dawn,0", f"{long} at dusk,0", f"{long} at dusk,1")
    plan = planned(Order((source(),), sources.prompts(table), axes=sources.axes(["steps=2,4"])))
    sheets = sheet.sheets(plan.rows)
    assert [len(rows) for rows in sheets.values()] == [2, 2, 2]
    assert all(len({row.at for row in rows}) == 2 for rows in sheets.values())
    again = planned(Order((source(),), sources.prompts(table), axes=sources.axes(["steps=8,9"])))
    assert list(sheet.sheets(again.rows)) == list(sheets), "more values, and the sheet is drawn in its place"


def test_a_list_that_is_too_large_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 2**20)
    (tmp_path / "Many.txt").write_bytes(b"a boat\n" * 2**18)
    with pytest.raises(BadInput, match=r"^Many\.txt is larger than 1 MB: cut it into several\.$"):
        sources.prompts(tmp_path / "Many.txt")


def test_rows_that_nobody_waits_for_any_more_are_given_up() -> None:
    asked = iter([True] * 10 + [False])
    with pytest.raises(NotWanted):
        planned(Order((source(),), seeds=tuple(range(1, 100_000))), wanted=lambda: next(asked))


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_table_is_read_as_the_spreadsheets_of_any_country_write_it(tmp_path: Path, between: str) -> None:
    said = f'"a boat{between} a tree, a house"'
    table = text(tmp_path / "t.csv", between.join(("prompt", "steps", "seed")), between.join((said, "4", "9")))
    (line,) = sources.prompts(table)
    assert (line.prompt, line.values, line.seed) == (said.strip('"'), {"steps": "4"}, 9)
    assert [one.prompt for one in sources.prompts(text(tmp_path / "p.csv", "prompt", "a boat; a tree"))] == [
        "a boat; a tree"
    ]


def test_no_sheet_has_the_name_of_a_row() -> None:
    (row,) = planned(Order((source(),), axes=sources.axes(["steps=2"]), template="sheet-{preset}-{prompt}-{seed}")).rows
    assert row.name == "sheet-plain-a-boat-1" and row.sheet.startswith(row.name) and row.sheet != row.name
