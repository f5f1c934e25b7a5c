"""The strip: seven steps spread evenly, a curve that only falls, and places that never move."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.strip import HEIGHT, PLACES, Strip
from models.protocol import Card, Preview, Progress
from tests.desktop.scene import previews

CARD = Card(
    "latent-diffusion", "Latent diffusion", "diffusion", "picture", ("text-to-picture",), (),
    process="Out of noise, everything at once",
)  # fmt: skip


@pytest.fixture
def strip(qtbot: QtBot) -> Strip:
    made = Strip()
    qtbot.addWidget(made)
    made.resize(880, HEIGHT)
    made.show_card(CARD)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("total", [1, 2, 4, 7, 8, 20, 30, 50, 1000])
@pytest.mark.parametrize("every", [1, 2, 3])
def test_the_steps_are_spread_evenly_over_the_job(strip: Strip, total: int, every: int) -> None:
    strip.begin(total)
    for step in range(every, total + 1, every):
        strip.add(Preview(2, 2, bytes(12), step=step))
    steps = [p.step for p in strip.shown]
    assert steps == sorted(set(steps)) and len(steps) <= PLACES
    if total >= 7 * every:
        assert len(steps) == PLACES
        gaps = [b - a for a, b in itertools.pairwise(steps)]
        assert max(gaps) - min(gaps) <= 2 * every
    if every == 1:
        assert steps[0] == 1 and steps[-1] == total


def test_nothing_moves_while_previews_come(strip: Strip) -> None:
    strip.begin(30)
    before = [step.geometry() for step in strip.steps], strip.curve.geometry(), strip.height()
    for preview in previews(30):
        strip.add(preview)
    strip.end()
    assert ([step.geometry() for step in strip.steps], strip.curve.geometry(), strip.height()) == before
    assert strip.sentence.text() == CARD.process and strip.curve.word == "noise left"


def test_the_curve_falls_from_one_to_nothing(strip: Strip) -> None:
    strip.begin(30)
    for preview in previews(30)[:20]:
        strip.add(preview)
    levels = [y for _, y in strip.curve.points]
    assert levels == sorted(levels, reverse=True) and 0 < levels[-1] < 0.5
    strip.end()
    assert strip.curve.points[-1] == (1.0, 0.0)


def test_progress_stands_in_where_there_is_no_level(strip: Strip) -> None:
    strip.begin(4)
    for step in (1, 2):
        strip.add(Preview(2, 2, bytes(12), step=step))
    assert strip.curve.points == ((0.25, 0.75), (0.5, 0.5))


def test_a_stopped_job_leaves_its_curve_where_it_was(strip: Strip) -> None:
    strip.begin(30)
    strip.add(previews(30)[9])
    strip.end(done=False)
    assert strip.curve.points[-1][0] == pytest.approx(10 / 30)


def test_the_next_item_starts_the_row_anew(strip: Strip) -> None:
    strip.begin(8)
    for item in (0, 1):
        for step in (1, 4, 8):
            strip.add(Preview(2, 2, bytes(12), step=step, item=item))
    assert {p.item for p in strip.shown} == {1} and len(strip.shown) == 3


def test_a_step_is_chosen_by_mouse_and_by_key_and_let_go_again(qtbot: QtBot, strip: Strip) -> None:
    strip.begin(30)
    for preview in previews(30):
        strip.add(preview)
    place = strip.steps[2]
    with qtbot.waitSignal(strip.chosen) as said:
        qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
    assert said.args[0] is place.preview and place.marked and not strip.steps[-1].marked
    with qtbot.waitSignal(strip.newest_wanted):
        qtbot.keyClick(place, Qt.Key.Key_Space)
    assert strip.steps[-1].marked


def test_fewer_steps_than_thought_still_fill_the_row(strip: Strip) -> None:
    strip.begin(30)
    strip.add(Preview(2, 2, bytes(12), step=1))
    strip.expect(18)
    for step in range(2, 19):
        strip.add(Preview(2, 2, bytes(12), step=step))
    assert next(p.step for p in strip.shown) == 1 and strip.shown[-1].step == 18 and len(strip.shown) == PLACES


def test_empty_places_cannot_be_chosen_and_all_are_named(strip: Strip) -> None:
    strip.begin(30)
    strip.add(previews(30)[0])
    assert strip.steps[0].isEnabled() and strip.steps[0].accessibleName() == "Step 1"
    assert not strip.steps[3].isEnabled() and strip.steps[3].accessibleName()
    assert strip.curve.accessibleDescription().startswith("noise left")


def test_a_narrow_strip_keeps_its_steps_and_gives_up_the_curve(strip: Strip) -> None:
    strip.resize(strip.minimumWidth(), HEIGHT)
    strip.begin(30)
    assert not strip.curve.isVisible()
    assert all(step.isVisible() and step.geometry().right() <= strip.width() for step in strip.steps)


def test_another_model_clears_it(strip: Strip) -> None:
    strip.begin(30)
    strip.add(previews(30)[0])
    strip.show_card(
        Card("pixel", "Pixels", "autoregressive", "picture", ("text-to-picture",), (), process="One by one")
    )
    assert not strip.shown and not strip.curve.points
    assert (strip.sentence.text(), strip.curve.word) == ("One by one", "still to come")


def test_sound_is_counted_in_pieces_that_fill_the_row(strip: Strip) -> None:
    tokens = Card("tone", "Tone", "autoregressive", "sound", ("text-to-sound",), (), process="Token by token")
    strip.show_card(tokens)
    assert (
        strip.pieces.isVisible() and not any(step.isVisible() for step in strip.steps) and not strip.curve.isVisible()
    )
    strip.begin(0)
    place = strip.pieces.geometry()
    strip.count(Progress(750, 3000, item=0), 2)
    assert strip.pieces.told == "750 of 1\u202f500 tokens" == strip.pieces.accessibleDescription()
    strip.count(Progress(1600, 3000, item=1), 2)
    assert strip.pieces.told == "100 of 1\u202f500 tokens" and strip.pieces.geometry() == place
    noise = Card("noise", "Noise", "diffusion", "sound", ("text-to-sound",), (), process="Out of noise")
    strip.show_card(noise)
    assert strip.curve.isVisible() and strip.pieces.geometry().right() < strip.curve.geometry().left()
    strip.count(Progress(10, 40), 1)
    assert strip.pieces.told == "10 of 40 steps" and strip.curve.points == ((0.25, 0.75),)
    strip.show_card(CARD)
    assert not strip.pieces.isVisible() and strip.steps[0].isVisible()
