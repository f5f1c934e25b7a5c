"""Screenshots of the window at start, midway and at the end: `python -m tests.screens OUTDIR [MODEL_FOLDER]`.

Wants a screen (Xvfb will do). Without a model's folder, the shipped starter is used where there is one,
else a random miniature. 1440×900 and 1024×640, light and dark, and once each of the other views.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

SIZES = ((1440, 900), (1024, 640))
PROMPT = "a red sailboat on a calm sea at sunset"
PATIENCE_MS = 120_000


def main(out: Path, model: str) -> int:
    from PySide6.QtWidgets import QApplication

    from desktop.app import Everyform
    from models import folders

    app = QApplication([])
    if not model and not any((folders.resources() / "starter").glob("*/model_index.json")):
        from tests.tiny import stable_diffusion_folder

        model = str(stable_diffusion_folder(Path(os.environ["EVERYFORM_HOME"]) / "miniature"))
    out.mkdir(parents=True, exist_ok=True)
    program = Everyform()
    program.window.resize(*SIZES[0])
    program.show()
    try:
        wait(lambda: program.session.looked)
        if model:
            program.worker.add_model(model)
            wait(lambda: any(m.path == str(Path(model).resolve()) for m in program.session.models))
            program.session.choose(program.session.models[-1])
        _tour(program, out)
    finally:
        program.window.close()
        app.processEvents()
    _sound(out)
    app.processEvents()
    return 0


def _tour(program, out: Path) -> None:
    window, studio = program.window, program.window.studio

    def shot(name: str) -> None:
        look_at(window, out / f"{name}.png")

    def everywhere(name: str) -> None:
        for width, height in SIZES:
            window.resize(width, height)
            for choice in ("dark", "light"):
                program.look.choose(choice)
                shot(f"{name}-{width}-{choice}")
        window.resize(*SIZES[0])

    everywhere("1-start")
    studio.prompt.set_texts(PROMPT)
    for size in SIZES:
        for choice in ("dark", "light"):
            window.resize(*size)
            program.look.choose(choice)
            _rest(200)
            _midway(program, out / f"2-middle-{size[0]}-{choice}.png")
    everywhere("3-end")
    program.look.choose("dark")
    for room in ("gallery", "models"):
        window.enter(room)
        shot(f"4-{room}")
    window.enter("picture")
    window.side.show_page(1)
    shot("4-how-it-works")
    window.side.show_page(0)
    for fold in (window.side.form.fold, window.side.form.wishing.fold, window.side.form.wishing.by_hand):
        fold.setChecked(True)
    studio.prompt.set_texts(", ".join([PROMPT] * 12), "blurry")
    program.making.first()
    program.actions["stop"].trigger()
    wait(lambda: program.queue.running is None)
    shot("4-everything-open")
    window.resize(*SIZES[1])
    program.actions["settings"].trigger()
    shot("4-drawer")


def _sound(out: Path) -> None:
    """The room of sound: empty, while a take is made, with takes to compare, and close to the samples."""
    import json

    from desktop.app import Everyform
    from models import folders
    from tests import fakes

    tone = fakes.model_folder(folders.data() / "tone", name="Tunes", fake="sound")
    entry = {"id": "tunes", "path": str(tone), "name": "Tunes"}
    (folders.data() / "models.json").write_text(json.dumps({"everyform_models": 1, "models": [entry]}))
    program = Everyform(fakes.PACKAGE)
    window = program.window
    window.resize(*SIZES[0])
    program.show()
    try:
        wait(lambda: program.session.looked)
        while window.notices.isVisible():  # a family of the tests is broken on purpose
            window.notices.next()
        program.look.choose("dark")
        window.enter("sound")
        work = window.studio.work
        wait(lambda: work.scope is not None)
        look_at(window, out / "5-sound-empty.png")
        window.studio.prompt.set_texts("a slow calm tune for piano and bells in D major")
        form = window.side.form
        for name, value in (("seconds", 10.0), ("pause_ms", 40.0)):
            form.fields[name].set_value(value)
            form.fields[name].tell()
        program.making.generate()
        job = program.queue.jobs[-1]
        wait(lambda: job.ended or (job.fraction > 0.6 and work.player.take is not None))
        window.grab().save(str(out / "5-sound-middle.png"))
        wait(lambda: job.ended)
        for seed in (1, 2):
            path = _tune(seed)
            work.show_file(path)
            wait(lambda path=path: work.path == path)
        work.player.seek(6.42)
        work.scope.show_loop((4.2, 6.2))
        work._loop_drawn((4.2, 6.2))
        for width, height in SIZES:
            window.resize(width, height)
            for choice in ("dark", "light"):
                program.look.choose(choice)
                _rest(300)
                wait(lambda: work.scope.tiles.idle)
                look_at(window, out / f"5-sound-{width}-{choice}.png")
        window.resize(*SIZES[0])
        program.look.choose("dark")
        work.scope.show_samples()
        wait(lambda: work.scope.tiles.idle)
        look_at(window, out / "5-sound-samples.png")
        for room in ("video", "text", "gallery"):
            window.enter(room)
            look_at(window, out / f"5-{room}.png")
    finally:
        window.close()


def _tune(seed: int) -> str:
    """A few notes with overtones and a breath of noise, as a take made here."""
    import numpy as np

    from models import folders
    from models.outputs import write
    from models.outputs.media import Sound
    from models.protocol import Request

    rate, chance = 32_000, np.random.default_rng(seed)
    moments = np.arange(10 * rate) / rate
    wave = 0.004 * chance.standard_normal(len(moments))
    for begin in np.arange(0.4, 9.4, 0.75):
        pitch = 220.0 * 2 ** (chance.choice([0, 2, 4, 7, 9, 12]) / 12)
        since = np.maximum(moments - begin, 0.0)
        for tone in range(1, 8):
            swell = np.where(moments > begin, np.exp(-since * (1.2 + 0.4 * tone)), 0.0)
            wave += swell * np.sin(2 * np.pi * pitch * tone * since) / tone**1.3
    request = Request(
        "tunes", "", "fake-sound", "text-to-sound", "a slow calm tune for piano and bells in D major", seed=seed
    )
    sound = Sound((wave / np.abs(wave).max() * 0.85).astype(np.float32), rate)
    return str(write.save(sound, request, "Tunes", folders.outputs())[0])


def look_at(window, path: Path) -> None:
    """A picture of a widget that has come to rest."""
    _rest(450)
    window.grab().save(str(path))
    print(path, flush=True)


def _midway(program, path: Path) -> None:
    """Make a picture, and look at the window when four steps of it can be seen."""
    program.making.generate()
    job = program.queue.jobs[-1]
    wait(lambda: job.ended or len(program.window.studio.strip.shown) >= 4)
    program.window.grab().save(str(path))
    print(path, flush=True)
    wait(lambda: job.ended)


def wait(until: Callable[[], bool]) -> None:
    from PySide6.QtTest import QTest

    for _ in range(PATIENCE_MS // 10):
        if until():
            return
        QTest.qWait(10)
    raise TimeoutError("The window did not get there.")


def _rest(ms: int) -> None:
    """Let fades and layouts come to rest."""
    from PySide6.QtTest import QTest

    QTest.qWait(ms)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("EVERYFORM_HOME", home)
        sys.exit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
