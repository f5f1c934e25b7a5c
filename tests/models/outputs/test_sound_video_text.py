"""Sound, video and text as files: read back by us, and by libraries that know nothing of us."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from models.outputs import decode, formats, look, read, streams, survey, write
from models.outputs.library import Library
from models.outputs.media import Picture, Sound, Text, Video
from models.protocol import BadInput, Request

PROMPTS = ("the sea at night", "", '日本の海 🛥️ — "quoted" --> <b>, \\n\nsecond line', "bytes that were no text \udcff")
SETTINGS = {"max_new_tokens": 20, "temperature": 0.7, "voice": "a"}
RATE, SECONDS = 24_000, 1.5
SOUNDS = [f.name for f in formats.for_medium("sound")]
VIDEOS = [f.name for f in formats.for_medium("video")]
TEXTS = [f.name for f in formats.for_medium("text")]


def request(prompt: str = PROMPTS[0], seed: int = 42) -> Request:
    return Request("bells", "/somewhere/bells", "codec-lm", "text-to-sound", prompt, seed=seed, settings=SETTINGS)


def sound(channels: int = 1, rate: int = RATE) -> Sound:
    times = np.arange(round(rate * SECONDS)) / rate
    return Sound(np.stack([0.5 * np.sin(2 * np.pi * 440 * (k + 1) * times) for k in range(channels)]), rate)


def frames(count: int = 12, width: int = 64, height: int = 48) -> np.ndarray:
    """A white square that goes over blue from left to right."""
    made = np.zeros((count, height, width, 3), np.uint8)
    made[..., 2] = 200
    for k in range(count):
        made[k, 8:24, 4 * k : 4 * k + 16] = 255
    return made


def every() -> Iterator[tuple[object, str]]:
    yield from ((sound(), name) for name in SOUNDS)
    yield from ((Video(frames(), 8.0, sound()), name) for name in VIDEOS)
    yield from ((Text("Once upon a time.\n\nThe end.\n"), name) for name in TEXTS)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_setting_comes_back(tmp_path: Path, prompt: str) -> None:
    for media, name in every():
        path, record = write.save(media, request(prompt), "Bells", tmp_path / name, name)  # type: ignore[arg-type]
        found = read.read_settings(path)
        assert found is not None, name
        assert {key: found[key] for key in record} == record
        assert found["source"] == "everyform" and found["unread"] == []


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    for media, name in every():
        first, second = (write.save(media, request(), "Bells", tmp_path / f"{k}", name)[0] for k in "ab")  # type: ignore[arg-type]
        assert first.read_bytes() == second.read_bytes(), name
        again, _ = write.save(media, request(), "Bells", tmp_path / "a", name)  # type: ignore[arg-type]
        assert again == first or name.startswith("wav")
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".")]


def test_a_restless_film_is_the_same_each_time() -> None:
    """By the encoder itself, whose result changed most often where it turned the colours as well."""
    blocks = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3)).astype(np.uint8).repeat(8, 1).repeat(8, 2)
    options, made = {name: str(value) for name, value in formats.find("mp4", "video").options}, set()
    for _ in range(60):
        with av.open(io.BytesIO(), "w", format="mp4") as file:
            stream = file.add_stream("libx264", rate=8, options=options)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            pictures = [*(av.VideoFrame.from_ndarray(block, "rgb24") for block in blocks), None]
            made.add(b"".join(bytes(packet) for picture in pictures for packet in stream.encode(picture)))
    assert len(made) == 1


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sound_without_loss_has_its_rate_its_length_and_its_samples(tmp_path: Path, channels: int) -> None:
    for name, exact in (("wav", 2**-22), ("wav16", 2**-15), ("wav32", 0), ("flac", 2**-22)):
        for rate in (RATE, 22_050, 11_127):
            given = sound(channels, rate)
            path, _ = write.save(given, request(), "Bells", tmp_path / f"{name}{rate}", name)
            samples, found = soundfile.read(path, always_2d=True)
            assert found == rate and samples.shape == given.waveform.T.shape
            assert np.abs(samples.T - given.waveform).max() <= exact
            seen = read.seen(path)
            assert (seen.medium, seen.sample_rate, seen.channels) == ("sound", rate, channels)
            assert seen.seconds == pytest.approx(given.seconds, abs=1e-3)


def test_sound_with_loss_sounds_the_same(tmp_path: Path) -> None:
    for name, rates in (("mp3", {24_000: 24_000, 20_000: 22_050}), ("ogg", {24_000: 24_000, 44_100: 48_000})):
        for rate, wanted in rates.items():
            given = sound(2, rate)
            path, _ = write.save(given, request(), "Bells", tmp_path / f"{rate}", name)
            samples, found = soundfile.read(path, always_2d=True)
            assert found == wanted and samples.shape[1] == 2
            assert len(samples) / found == pytest.approx(SECONDS, abs=0.06)
            loudest = np.abs(np.fft.rfft(samples[:found, 0])).argmax()
            assert abs(int(loudest) - 440) <= 1


def test_louder_than_a_file_can_hold_is_cut_not_turned_over(tmp_path: Path) -> None:
    path, _ = write.save(Sound(np.linspace(-3, 3, 4000), RATE), request(), "Bells", tmp_path)
    samples, _ = soundfile.read(path)
    assert samples.min() == -1 and samples.max() > 0.999 and (np.diff(samples) >= 0).all()


def test_what_is_no_sound_is_said_so() -> None:
    with pytest.raises(ValueError, match="no sound"):
        Sound(np.array([0.0, np.nan]), RATE)
    with pytest.raises(ValueError, match="shape"):
        Sound(np.zeros((0,)), RATE)


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_video_opens_with_its_size_its_rate_and_its_colours(tmp_path: Path, name: str) -> None:
    given = Video(frames(), 8.0, sound(2))
    path, _ = write.save(given, request(), "Bells", tmp_path, name)
    with av.open(str(path)) as file:
        picture, track = file.streams.video[0], file.streams.audio[0]
        assert (picture.width, picture.height, float(picture.average_rate)) == (64, 48, 8.0)
        shown = [f.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray() for f in file.decode(picture)]
        assert len(shown) == 12 and track.rate in (24_000, 48_000) and track.channels == 2
    for mine, theirs in zip(frames(), shown, strict=True):
        assert np.abs(mine.astype(int) - theirs).mean() < 6
        assert abs(int(theirs[40, 60, 2]) - 200) < 12 and theirs[40, 60, :2].max() < 20
    seen = read.seen(path)
    assert (seen.medium, seen.width, seen.height, seen.fps, seen.channels) == ("video", 64, 48, 8.0, 2)
    assert seen.seconds == pytest.approx(1.5, abs=0.06)


def test_odd_sides_odd_rates_and_frames_made_when_they_are_wanted(tmp_path: Path) -> None:
    class Lazy:
        """Makes each frame when it is asked for, as a long video's must be."""

        def __len__(self) -> int:
            return 7

        def __iter__(self) -> Iterator[Image.Image]:
            return (Image.fromarray(f) for f in frames(7, 63, 47))

    path, _ = write.save(Video(Lazy(), 23.976), request(), "Bells", tmp_path)  # type: ignore[arg-type]
    with av.open(str(path)) as file:
        assert (file.streams.video[0].width, file.streams.video[0].height) == (64, 48)
        assert str(file.streams.video[0].average_rate) == "24000/1001"
        assert len(list(file.decode(video=0))) == 7
    with pytest.raises(ValueError, match="one size"):
        write.save(Video([frames()[0], frames(1, 32, 32)[0]], 8), request(), "Bells", tmp_path / "mixed")
    assert list((tmp_path / "mixed").iterdir()) == []


def test_a_gif_moves_at_its_rate(tmp_path: Path) -> None:
    path, _ = write.save(Video(frames(), 12.0), request(), "Bells", tmp_path, "gif")
    with Image.open(path) as image:
        lasts = []
        for k in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(k)
            lasts.append(image.info["duration"])
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - frames()[k]).max() < 8
    assert len(lasts) == 12 and sum(lasts) == 1000
    seen = read.seen(path)
    assert (seen.medium, seen.width, seen.height) == ("video", 64, 48) and seen.seconds == pytest.approx(1.0)


def test_frames_in_a_zip_file_lose_nothing(tmp_path: Path) -> None:
    path, _ = write.save(Video(frames(), 8.0, sound()), request(), "Bells", tmp_path, "frames")
    with zipfile.ZipFile(path) as whole:
        assert whole.namelist() == ["settings.json", *(f"{k:05}.png" for k in range(12)), "sound.wav"]
        for k in (0, 11):
            assert (np.asarray(Image.open(io.BytesIO(whole.read(f"{k:05}.png")))) == frames()[k]).all()
        assert soundfile.read(io.BytesIO(whole.read("sound.wav")))[1] == RATE
        assert json.loads(whole.read("settings.json"))["fps"] == 8.0
    assert read.seen(path).seconds == 1.5


@pytest.mark.parametrize("text", ["", "one line", "ends in a line\n", "--> \n\n-- \nnot ours", "# 船\n\n- a\n\n\n"])
def test_a_text_stands_first_and_comes_back_whole(tmp_path: Path, text: str) -> None:
    for name in TEXTS:
        path, _ = write.save(Text(text), request(PROMPTS[2]), "Bells", tmp_path, name)
        whole = path.read_text("utf-8")
        assert whole.startswith(text)
        assert read.open_text(path) == text
        assert read.seen(path).characters == len(text)
    # What follows is one comment to whatever shows Markdown, and a signature to whatever reads mail.
    marked = next(tmp_path.glob("*.md")).read_text("utf-8").removeprefix(text)
    assert marked.startswith("\n\n<!--") and marked.index("-->") == len(marked) - 4
    assert next(tmp_path.glob("*.txt")).read_text("utf-8").removeprefix(text).startswith("\n\n-- \n")


def test_the_gallery_finds_all_of_them_again(tmp_path: Path) -> None:
    made = {}
    for media, name in every():
        path, record = write.save(media, request(seed=len(made)), "Bells", tmp_path / "out", name)  # type: ignore[arg-type]
        made[path] = (media.medium, record)  # type: ignore[attr-defined]
    write.save(Picture(Image.new("RGB", (8, 8))), request(), "Bells", tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / "mine.zip").write_bytes(b"PK\3\4 broken")
    (tmp_path / "out" / "mine.wav").write_bytes(b"RIFF\0\0\0\0WAVE broken")
    found = {one.path: (one.medium, one.record) for one in survey.work(tmp_path / "out", deep=True)}
    assert {path: found[path] for path in made} == made and len(found) == len(made) + 1
    library = Library(tmp_path / "library.sqlite3")
    assert library.rebuild(tmp_path / "out") == len(made) + 1
    assert {i.medium for i in library.items()} == {"picture", "sound", "video", "text"}
    assert library.count(medium="sound") == len(SOUNDS)
    clip = next(i for i in library.items(medium="video") if i.path.endswith(".mp4"))
    assert (clip.width, clip.height) == (64, 48)


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from models.outputs import streams

    def full(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(streams, "write_video", full)
    with pytest.raises(BadInput, match="There is no room left"):
        write.save(Video(frames(), 8.0), request(), "Bells", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_broken_files_are_one_sentence_each(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    sources = [write.save(media, request(), "B", tmp_path / name, name)[0] for media, name in every()]  # type: ignore[arg-type]
    whole = 0
    for turn in range(300):
        source = sources[turn % len(sources)]
        data = bytearray(source.read_bytes())
        for at in random.integers(0, min(len(data), 3000), random.integers(1, 12)):
            data[at] = random.integers(0, 256)
        if turn % 3 == 0:
            del data[int(random.integers(1, len(data))) :]
        path = tmp_path / f"mutated{source.suffix}"
        path.write_bytes(data)
        try:
            read.seen(path)
            whole += read.read_settings(path) is not None
        except BadInput as error:
            assert str(error).count("\n") == 0 and str(error).endswith(".")
    assert whole > 30


def test_tags_in_an_older_encoding_are_no_reason_to_refuse_a_sound(tmp_path: Path) -> None:
    path = tmp_path / "old.wav"
    streams.write_sound(path, sound(), formats.find("wav", "sound"), {"prompt": "Kuenstler"})
    path.write_bytes(path.read_bytes().replace(b"Kuenstler", "Künst ler".encode("latin-1")))
    assert read.seen(path).seconds == pytest.approx(sound().seconds, abs=0.01)
    assert decode.sound(path).sample_rate == RATE


def test_a_zip_file_of_somebody_elses_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data set.zip"
    with zipfile.ZipFile(path, "w") as whole:
        whole.writestr("00001.png", b"picture")
        whole.writestr("settings.json", '{"fps": 8, "frames": 1}')
    monkeypatch.setattr(zipfile, "ZipFile", None)  # its list of names may have millions
    assert look.at(path) is None


def test_a_playlist_in_disguise_opens_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    soundfile.write(secret, np.zeros(800), 8000)
    playlists = (
        f"#EXTM3U\n#EXTINF:1,\n{secret}\n",
        f"ffconcat version 1.0\nfile '{secret}'\n",
        f"<?xml version='1.0'?><MPD><BaseURL>{secret}</BaseURL></MPD>",
    )
    for name in ("a.wav", "a.mp3", "a.ogg", "a.mp4", "a.webm", "a.m3u8", "a.zip"):
        for text in playlists:
            (tmp_path / name).write_text(text)
            with pytest.raises(BadInput):
                read.seen(tmp_path / name)


# ── what people bring ─────────────────────────────────────────────────────────


def test_sound_is_decoded_at_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    for name in SOUNDS:
        path, _ = write.save(sound(2), request(), "Bells", tmp_path / name, name)
        given = decode.sound(path, 16_000, 1)
        assert (given.sample_rate, given.channels) == (16_000, 1)
        assert given.seconds == pytest.approx(SECONDS, abs=0.06)
        assert 0.2 < float(np.abs(given.waveform).max()) <= 1
    path, _ = write.save(sound(2), request(), "Bells", tmp_path, "wav32")
    assert np.allclose(decode.sound(path).waveform, sound(2).waveform)


def test_video_is_decoded_frame_by_frame(tmp_path: Path) -> None:
    for name in ("mp4", "webm", "gif"):
        path, _ = write.save(Video(frames(), 8.0), request(), "Bells", tmp_path, name)
        given = decode.video(path)
        assert len(given.frames) == 12 and given.size == (64, 48) and given.fps == pytest.approx(8, abs=0.1)
        assert np.abs(np.asarray(given.frames).astype(int) - frames()).mean() < 12
        assert len(decode.video(path, 3).frames) == 3
    with pytest.raises(BadInput, match=r"holds no sound"):
        decode.sound(tmp_path / "bells-42-the-sea-at-night.mp4")
    (tmp_path / "notes.wav").write_text("no sound")
    with pytest.raises(BadInput, match="use WAV, FLAC"):
        decode.sound(tmp_path / "notes.wav")
