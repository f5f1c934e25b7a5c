"""A form from a card: every kind of parameter, what applies to which task, undo's and restoring's values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from desktop import draft as drafts
from desktop.aside import Aside
from desktop.draft import Draft
from desktop.fields import ChoiceField, NumberField, SwitchField, TextField, fine_step
from desktop.form import Form
from desktop.inputs import InputField
from desktop.seed import SeedField
from desktop.size import SizeField, offers
from models.families.diffusion.latent_diffusion import CARD
from models.protocol import MAX_SEED, BadInput, Card, Input, Parameter

ALL_KINDS = Card(
    "kinds",
    "Every kind",
    "vae",
    "picture",
    ("text-to-picture", "picture-to-picture"),
    (
        Parameter("steps", "int", 30, "Steps", "How many.", minimum=1, maximum=100),
        Parameter("scale", "float", 6.0, "Scale", "How much.", minimum=1, maximum=20),
        Parameter("free", "float", -2.5, "Free", "Without limits."),
        Parameter("tiled", "bool", False, "Tiled", "In pieces.", advanced=True),
        Parameter("few", "choice", "b", "Few", "One of few.", choices=("a", "b", "c")),
        Parameter(
            "many", "choice", "DPM++ 2M Karras", "Many", "One of many.", choices=("DPM++ 2M Karras", "Euler a", "DDIM")
        ),
        Parameter("note", "text", "", "Note", "In words.", advanced=True),
        Parameter(
            "width", "int", 256, "Width", "Across.", 64, 512, unit="px", multiple_of=8, suggested=(128, 256, 384)
        ),
        Parameter("height", "int", 256, "Height", "Down.", 64, 512, unit="px", multiple_of=8),
        Parameter("strength", "float", 0.5, "Strength", "How far.", 0, 1, tasks=("picture-to-picture",)),
    ),
    inputs=(Input("picture", "picture", "Start picture", "What to start from.", ("picture-to-picture",)),),
)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    aside = Aside()
    form = Form(aside)
    qtbot.addWidget(form)
    form.build(ALL_KINDS)
    form.resize(304, 900)
    form.show()
    yield form
    aside.finish()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "start.png"
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkCyan)
    assert image.save(str(path))
    return str(path)


def test_each_parameter_has_its_control_and_its_default(form: Form) -> None:
    kinds = {"steps": NumberField, "scale": NumberField, "tiled": SwitchField, "few": ChoiceField, "note": TextField}
    for name, kind in kinds.items():
        assert isinstance(form.fields[name], kind)
    assert isinstance(form.fields["size"], SizeField)
    assert form.fields["few"].segments is not None  # type: ignore[attr-defined]
    assert form.fields["many"].segments is None  # type: ignore[attr-defined]
    assert dict(form.draft().settings) == {p.name: p.default for p in ALL_KINDS.parameters}
    assert ALL_KINDS.check(form.draft().settings, "picture-to-picture")


def test_everyday_settings_come_first_and_the_rest_is_folded(form: Form, qtbot: QtBot) -> None:
    assert form.fields["steps"].isVisible()
    assert not form.fields["tiled"].isVisible()
    qtbot.mouseClick(form.fold, Qt.MouseButton.LeftButton)
    assert form.fields["tiled"].isVisible()
    assert form.fields["note"].isVisible()


def test_a_setting_of_another_task_waits_for_its_file(form: Form, picture: str, qtbot: QtBot) -> None:
    assert form.task() == "text-to-picture"
    assert not form.fields["strength"].isVisible()
    with qtbot.waitSignal(form.changed) as said:
        form.set_input("picture", picture)
    assert said.args == ["picture"]
    assert form.task() == "picture-to-picture"
    assert form.fields["strength"].isVisible()
    assert dict(form.draft().inputs) == {"picture": picture}


def test_a_mask_waits_for_a_picture(qtbot: QtBot, picture: str) -> None:
    aside = Aside()
    form = Form(aside)
    qtbot.addWidget(form)
    form.build(CARD)
    form.show()
    assert not form.fields["mask"].isVisible()
    form.set_input("picture", picture)
    assert form.fields["mask"].isVisible()
    aside.finish()


def test_values_go_in_and_come_out(form: Form) -> None:
    wanted = Draft(
        settings={
            "steps": 12, "scale": 7.3, "free": 4.0, "tiled": True, "few": "c", "many": "DDIM", "note": "soft",
            "width": 320, "height": 200, "strength": 0.35,
        },
        seed=MAX_SEED, keep_seed=True, count=40,
    )  # fmt: skip
    form.set_draft(wanted)
    assert form.draft() == wanted


def test_setting_values_says_nothing(form: Form, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(form.changed, wait=30):
        form.set_draft(Draft(settings={"steps": 3, "few": "a", "tiled": True, "width": 128, "height": 128}, seed=9))


def test_the_slider_and_the_number_are_one(form: Form, qtbot: QtBot) -> None:
    field = form.fields["steps"]
    assert isinstance(field, NumberField) and field.slider is not None
    field.slider.setFocus()
    with qtbot.waitSignal(form.changed):
        QTest.keyClick(field.slider, Qt.Key.Key_Right)
    assert field.value() == 31
    assert field.number.text() == "31"
    field.number.setFocus()
    field.number.selectAll()
    QTest.keyClicks(field.number, "500")
    QTest.keyClick(field.number, Qt.Key.Key_Return)
    assert field.value() == 100, "what is out of range goes to the limit"
    assert field.slider.value() == field.slider.maximum()
    field.number.selectAll()
    QTest.keyClicks(field.number, "many")
    QTest.keyClick(field.number, Qt.Key.Key_Return)
    assert field.number.text() == "100", "what is no number changes nothing"


def test_a_click_on_the_slider_goes_there(form: Form, qtbot: QtBot) -> None:
    field = form.fields["scale"]
    assert isinstance(field, NumberField) and field.slider is not None
    qtbot.mouseClick(field.slider, Qt.MouseButton.LeftButton, pos=QPoint(field.slider.width() - 2, 9))
    assert field.value() == 20.0


@pytest.mark.parametrize(("low", "high", "step"), [(0, 1, 0.01), (1, 20, 0.1), (0, 1000, 1.0), (None, 5, 0.1)])
def test_steps_are_round_and_fine(low: float | None, high: float, step: float) -> None:
    assert fine_step(low, high) == step


def test_sizes_offered_are_sizes_allowed() -> None:
    width, height = (p for p in ALL_KINDS.parameters if p.name in ("width", "height"))
    found = dict(offers(width, height))
    assert found["256²"] == (256, 256)
    for across, down in found.values():
        assert width.check(across) and height.check(down)
    assert found["3:2"] == (found["2:3"][1], found["2:3"][0])
    assert found["3:2"][0] / found["3:2"][1] == pytest.approx(1.5, abs=0.1)


def test_another_size_can_be_typed(form: Form, qtbot: QtBot) -> None:
    field = form.fields["size"]
    assert isinstance(field, SizeField)
    other = field.segments.button(len(field.segments.findChildren(QAbstractButton)) - 1)
    qtbot.mouseClick(other, Qt.MouseButton.LeftButton)
    assert field.other.isVisible()
    field.numbers[0].selectAll()
    QTest.keyClicks(field.numbers[0], "331")
    QTest.keyClick(field.numbers[0], Qt.Key.Key_Return)
    assert field.value() == (328, 256), "to the nearest multiple"


def test_typing_a_seed_keeps_it_and_new_draws_another(form: Form, qtbot: QtBot) -> None:
    field = form.fields["seed"]
    assert isinstance(field, SeedField)
    before = form.renew_seed()
    assert form.renew_seed() != before, "New makes a seed for each piece of work"
    field.edit.selectAll()
    QTest.keyClicks(field.edit, "4071882")
    assert field.value() == (4071882, True)
    assert form.renew_seed() == form.renew_seed() == 4071882
    new = field.mode.button(1)
    qtbot.mouseClick(new, Qt.MouseButton.LeftButton)
    assert not field.value()[1]
    assert field.value()[0] != 4071882


def test_a_file_dropped_on_its_row_is_taken_and_can_be_removed(form: Form, picture: str, qtbot: QtBot) -> None:
    field = form.fields["picture"]
    assert isinstance(field, InputField)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(picture)])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(field.shown, timeout=5000):
        field.dropEvent(drop)
    assert field.value() == picture
    assert not field.thumb.image.isNull()
    qtbot.mouseClick(field.remove, Qt.MouseButton.LeftButton)
    assert field.value() == ""
    assert form.task() == "text-to-picture"


def test_help_is_said_on_focus(form: Form, qtbot: QtBot) -> None:
    form.activateWindow()
    field = form.fields["many"]
    with qtbot.waitSignal(form.explained) as said:
        form.focusWidget()
        field.box.setFocus()  # type: ignore[attr-defined]
        field.eventFilter(field.box, _focus_in())  # type: ignore[attr-defined]
    assert said.args == ["One of many."]


def _focus_in():
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent

    return QFocusEvent(QEvent.Type.FocusIn)


def test_every_control_has_a_name_for_those_who_do_not_see_it(form: Form) -> None:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QSlider)
    found = [w for w in form.findChildren(QWidget) if isinstance(w, kinds)]
    assert len(found) > 20
    for control in found:
        name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
        assert name, control


def test_building_another_card_leaves_nothing_of_the_first(form: Form) -> None:
    form.build(CARD)
    assert "few" not in form.fields
    assert {"size", "steps", "guidance_scale", "seed", "count"} <= set(form.fields)
    assert CARD.check({k: v for k, v in form.draft().settings.items() if k != "strength"}, "text-to-picture")


def test_remembered_values_that_no_longer_fit_give_way() -> None:
    held = {
        "settings": {"steps": 900, "scale": 3.0, "gone": 1, "few": "z"},
        "seed": -4, "count": 10_000, "inputs": {"picture": "a.png", "other": "b.png"},
    }  # fmt: skip
    draft, left = drafts.fitted(ALL_KINDS, held)
    assert draft.settings["steps"] == 30
    assert draft.settings["scale"] == 3.0
    assert set(left) == {"steps", "gone", "few"}
    assert draft.count == 1 and 0 <= draft.seed <= MAX_SEED
    assert dict(draft.inputs) == {"picture": "a.png"}


@pytest.mark.parametrize(
    "rubbish", [{}, {"settings": 3}, {"settings": None, "inputs": [1], "seed": "x", "count": None}]
)
def test_rubbish_is_the_defaults(rubbish: dict) -> None:
    assert drafts.fitted(ALL_KINDS, rubbish)[0].settings == drafts.defaults(ALL_KINDS).settings


def test_no_task_for_the_files_is_said(form: Form) -> None:
    form.set_draft(Draft(inputs={"picture": ""}))
    assert form.task() == "text-to-picture"
    card = Card("edit", "Edit", "gan", "picture", ("picture-to-picture",), (), ALL_KINDS.inputs)
    form.build(card)
    with pytest.raises(BadInput, match="picture"):
        form.task()


# ── tasks that no file tells apart ────────────────────────────────────────────

SEVERAL = Card(
    "several",
    "Several tasks",
    "vae",
    "picture",
    ("sample", "interpolate", "reconstruct"),
    (
        Parameter("temperature", "float", 1.0, "Temperature", "How bold.", 0, 2, tasks=("sample",)),
        Parameter("frames", "int", 5, "Frames", "How many pictures.", 2, 16, tasks=("interpolate",)),
    ),
    inputs=(Input("picture", "picture", "Picture", "What to rebuild.", ("reconstruct",)),),
    seedless=("reconstruct",),
)


def test_a_task_is_asked_for_only_where_files_do_not_tell_it(form: Form) -> None:
    assert "task" not in form.fields
    form.build(SEVERAL)
    assert isinstance(form.fields["task"], ChoiceField)
    assert form.draft().task == form.task() == "sample"


def test_each_task_shows_what_belongs_to_it(form: Form, tmp_path: Path) -> None:
    form.build(SEVERAL)

    def shown() -> set[str]:
        return {name for name, field in form.fields.items() if not field.isHidden()} - {"task", "count"}

    def choose(task: str) -> None:
        form.set_draft(replace(form.draft(), task=task))

    assert shown() == {"temperature", "seed"}
    choose("interpolate")
    assert shown() == {"frames", "seed"}
    choose("reconstruct")
    assert shown() == {"picture"}
    with pytest.raises(BadInput, match="“There and back” needs a file: drop one on “Picture”"):
        form.task()
    picture = tmp_path / "a.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(picture))
    form.set_input("picture", str(picture))
    assert form.task() == "reconstruct"
    choose("sample")
    assert form.task() == "sample", "a file of another task is no obstacle"


def test_a_chosen_task_is_kept_and_brought_back(form: Form) -> None:
    form.build(SEVERAL)
    form.set_draft(replace(form.draft(), task="interpolate"))
    held = form.draft().as_dict()
    form.build(SEVERAL)
    assert form.task() == "sample"
    form.set_draft(drafts.fitted(SEVERAL, held)[0])
    assert form.task() == "interpolate"
    assert drafts.fitted(CARD, held)[0].task == ""
