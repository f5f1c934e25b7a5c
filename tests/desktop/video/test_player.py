"""The player: scrub, step, part, loop, speed, neighbours, sound, and a film that is still forming."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.video.playing import Playing, clock
from desktop.video.work import VideoWork
from models.protocol import Preview, Request
from tests.desktop.video import films
from tests.desktop.video.conftest import COUNT, Heard, sees

SMALL = 24, 16


def middle(work: VideoWork, frame: int) -> QPoint:
    line = work.player.timeline
    return QPoint(round((frame + 0.5) / COUNT * line.width()), 25)


def preview(*numbers: int) -> Preview:
    """Of a film of four pictures: each is plain, as bright as its number says."""
    rgb = b"".join(bytes([number]) * (SMALL[0] * SMALL[1] * 3) for number in numbers)
    return Preview(*SMALL, rgb, step=1, frames=len(numbers))


def test_it_opens_with_its_first_frame_its_words_and_its_thumbnails(shown: VideoWork, qtbot: QtBot) -> None:
    player = shown.player
    assert player.captions.caption.text() == f"96 × 64 · 12 fps · frame 1 of {COUNT}"
    qtbot.waitUntil(lambda: len(player.thumbs.images) > 3 and None not in player.thumbs.images, timeout=20_000)
    order = [films.number(image) for image in player.thumbs.images if image]
    assert order == sorted(order)


def test_it_is_scrubbed_with_the_pointer(shown: VideoWork, qtbot: QtBot) -> None:
    line = shown.player.timeline
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=middle(shown, 10))
    sees(qtbot, shown, 10)
    for frame in (30, 22, 41):
        QTest.mouseMove(line, middle(shown, frame))
    sees(qtbot, shown, 41)
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=middle(shown, 41))
    assert shown.player.transport.time.text() == "0:03.42"
    assert "Frame 42 of 48" in line.accessibleDescription()


def test_it_is_stepped_with_the_keys(shown: VideoWork, qtbot: QtBot) -> None:
    screen = shown.player.screen_
    for key, modifier, frame in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 1),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 11),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 10),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, COUNT - 1),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, COUNT - 1),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
    ):
        QTest.keyClick(screen, key, modifier)
        sees(qtbot, shown, frame)
    QTest.mouseClick(shown.player.transport.on, Qt.MouseButton.LeftButton)
    sees(qtbot, shown, 1)


def test_a_part_is_chosen_with_keys_and_pointer(shown: VideoWork, qtbot: QtBot) -> None:
    player = shown.player
    playing, line, screen = player.playing, player.timeline, player.screen_
    playing.go(12)
    QTest.keyClick(screen, Qt.Key.Key_I)
    playing.go(35)
    QTest.keyClick(screen, Qt.Key.Key_O)
    assert (playing.first, playing.last, playing.whole) == (12, 35, False)
    end = QPoint(round(36 / COUNT * line.width()), 20)
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=end)
    QTest.mouseMove(line, QPoint(round(30 / COUNT * line.width()), 20))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton)
    assert (playing.first, playing.last, playing.frame) == (12, 29, 35)
    QTest.keyClick(screen, Qt.Key.Key_Home)
    sees(qtbot, shown, 12)
    QTest.keyClick(screen, Qt.Key.Key_X)
    assert playing.whole


def test_it_plays_and_goes_round(shown: VideoWork, qtbot: QtBot) -> None:
    playing = shown.player.playing
    playing.set_in(4)
    playing.set_out(7)
    heard: list[int] = []
    playing.moved.connect(heard.append)
    QTest.keyClick(shown.player.screen_, Qt.Key.Key_Space)
    assert playing.playing and shown.player.transport.button.text().endswith("Pause")
    qtbot.waitUntil(lambda: heard.count(4) >= 2 and 7 in heard, timeout=20_000)
    assert set(heard) <= {4, 5, 6, 7}
    QTest.mouseClick(shown.player.transport.button, Qt.MouseButton.LeftButton)
    assert not playing.playing
    sees(qtbot, shown, playing.frame)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_it_keeps_time_at_every_speed(qtbot: QtBot, speed: float) -> None:
    now = [0.0]
    playing = Playing(clock=lambda: now[0])
    playing.begin(100, 10.0)
    playing.set_speed(speed)
    playing.set_in(20)
    playing.set_out(59)
    playing.play()
    for second, frame in ((0.0, 20), (1.0, 20 + 10 * speed), (1.55, 20 + int(15.5 * speed))):
        now[0] = second
        playing._tick()
        assert playing.frame == frame
    now[0] = 40 / 10 / speed + 0.31 / speed  # once round, and three frames
    playing._tick()
    assert playing.frame == 23 and playing.playing
    playing.loop = False
    now[0] += 100
    playing._tick()
    assert playing.frame == 59 and not playing.playing


def test_the_neighbours_are_laid_over_a_frame_that_stands(shown: VideoWork, qtbot: QtBot) -> None:
    player = shown.player
    player.playing.go(20)
    sees(qtbot, shown, 20)
    QTest.keyClick(player.screen_, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: player.screen_.onion == 2, timeout=20_000)
    player.playing.go(0)
    qtbot.waitUntil(lambda: player.screen_.onion == 1, timeout=20_000)


def test_the_sound_follows_the_pictures(shown: VideoWork, track: Heard, film: object, qtbot: QtBot) -> None:
    player = shown.player
    assert ("open", str(film)) in track.told
    player.playing.go(24)
    track.told.clear()
    player.playing.play()
    assert track.told == [("play", 2.0)]
    player.playing.go(36)
    assert track.told[-1] == ("play", 3.0)
    player.playing.set_speed(2.0)
    assert track.told[-1] == ("stop", None)
    player.playing.set_speed(1.0)
    assert track.told[-1][0] == "play"
    player.captions.sound.setChecked(False)
    assert track.told[-1] == ("stop", None)
    player.captions.sound.setChecked(True)
    shown.leave()
    assert track.told[-1] == ("stop", None) and not player.playing.playing


def test_what_forms_is_scrubbed_and_gets_better(work: VideoWork, qtbot: QtBot) -> None:
    player = work.player
    work.begin(Request("m", "m", "v", "text-to-video", settings={"width": 96, "height": 64, "frames": 16, "fps": 8}))
    assert not player.film
    work.show_preview(preview(0, 80, 160, 240))
    assert player.film and player.captions.caption.text() == "Forming · frame 1 of 16"
    assert [image.pixelColor(1, 1).green() for image in player.thumbs.images if image] == [0, 80, 160, 240]
    for frame, light in ((0, 0), (5, 80), (10, 160), (15, 240)):
        player.playing.go(frame)
        assert player.screen_.image.pixelColor(2, 2).green() == light
    work.pin(preview(30, 100, 180, 200))
    assert player.film
    qtbot.waitUntil(lambda: player.screen_.image.pixelColor(2, 2).green() == 200)
    work.show_preview(preview(10, 90, 170, 250))
    assert player.screen_.image.pixelColor(2, 2).green() == 200  # the strip's choice stays
    work.pin(None)
    qtbot.waitUntil(lambda: player.screen_.image.pixelColor(2, 2).green() == 250)  # it fades
    assert player.playing.frame == 15
    player.playing.play()
    qtbot.waitUntil(lambda: player.playing.frame == 3, timeout=20_000)
    work.end(False)
    assert not player.film


def test_the_film_before_comes_back_when_it_is_stopped(shown: VideoWork, qtbot: QtBot) -> None:
    shown.player.playing.go(9)
    sees(qtbot, shown, 9)
    shown.begin(Request("m", "m", "v", "text-to-video", settings={"width": 96, "height": 64, "frames": 16}))
    sees(qtbot, shown, 9)  # what is finished stays until there is something to see
    shown.show_preview(preview(200))
    assert shown.player.screen_.image.pixelColor(2, 2).green() == 200
    shown.end(False)
    sees(qtbot, shown, 0)
    assert shown.path.endswith("film.mp4")


def test_a_film_stays_as_it_is_until_there_is_something_to_see(shown: VideoWork, track: Heard, qtbot: QtBot) -> None:
    playing = shown.player.playing
    playing.set_in(12)
    playing.set_out(35)
    playing.go(20)
    track.told.clear()
    shown.begin(Request("m", "m", "v", "text-to-video", settings={"width": 96, "height": 64, "frames": 16}))
    playing.play()
    assert track.told[-1][0] == "play"
    shown.end(False)  # stopped before its first preview
    assert playing.playing and (playing.first, playing.last) == (12, 35)
    assert {told for told, _ in track.told} == {"play"}
    shown.leave()


def test_a_film_that_has_come_is_not_begun_anew_when_its_job_ends(
    work: VideoWork, track: Heard, film: object, qtbot: QtBot
) -> None:
    work.begin(Request("m", "m", "v", "text-to-video", settings={"width": 96, "height": 64, "frames": 16}))
    work.show_preview(preview(200))
    with qtbot.waitSignal(work.shown):
        work.show_file(str(film))
    work.player.playing.play()
    work.end(True)
    assert work.player.playing.playing and track.told.count(("open", str(film))) == 1
    work.leave()


def test_times_are_told_as_people_do() -> None:
    assert [clock(0), clock(61.756), clock(3723.5), clock(61.7, parts=False)] == [
        "0:00.00", "1:01.76", "1:02:03.50", "1:01",
    ]  # fmt: skip
