"""Pictures of a room with real content: `python -m tests.looks OUTDIR text|video|prompt|batch|queue`, both themes."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.screens import look_at, wait


def text(out: Path) -> None:
    """The page while it is written and with a word looked at; the chat; the empty page."""
    from PySide6.QtGui import QTextCursor

    from desktop import theme
    from desktop.text.work import TextWork
    from models.protocol import Card, ModelInfo, Request
    from tests.desktop.text.story import OPENING, STORY, tokens

    card = Card("llm", "Language model", "autoregressive", "text", ("chat", "continue"), (), prompt_limit=1024)
    work = TextWork()
    work.set_model(ModelInfo("stories", "Stories", "/nowhere", 1, "", True, card))
    work.set_empty("Write a beginning, or take one of these.", "Begin a story", ("The keeper of the lighthouse",))
    theme.current().enter_room("text")
    theme.current().dress(work, "text")
    work.resize(888, 700)
    work.show()
    page = work.sheet.page
    for choice in ("dark", "light"):
        theme.current().choose(choice)  # type: ignore[arg-type]
        page.open("")
        look_at(work, out / f"text-empty-{choice}.png")
        page.open(f"# The keeper of the white lighthouse\n\n{OPENING}")
        wanted = work.wanted()
        assert wanted is not None
        work.begin(Request("m", "m", "llm", "continue", wanted.prompt or ""))
        told = tokens(STORY)
        for token in told[: len(told) * 2 // 3]:
            work.show_preview(token)
        look_at(work, out / f"text-writing-{choice}.png")
        for token in told[len(told) * 2 // 3 :]:
            work.show_preview(token)
        work.end(True)
        cursor = page.textCursor()
        cursor.setPosition(page.text().index("storm") + 2)
        page.setTextCursor(cursor)
        look_at(work, out / f"text-weighed-{choice}.png")
        cursor.setPosition(page.text().index("“Stay"))
        cursor.setPosition(page.text().index("bay.") + 4, QTextCursor.MoveMode.KeepAnchor)
        page.setTextCursor(cursor)
        look_at(work, out / f"text-marked-{choice}.png")
        work.show_view("chat")
        work.chat.set_turns((("user", "Who lights the lamp of the white lighthouse?"), ("assistant", STORY.strip())))
        work.chat.ask("And what became of Tom?")
        work.chat.take("He came home at first light, with the")
        look_at(work, out / f"text-chat-{choice}.png")
        work.show_view("page")
    work.finish()


def video(out: Path) -> None:
    """A film with a part chosen; its neighbours laid over it; what is forming; the empty room."""
    from desktop import theme
    from desktop.video.work import VideoWork
    from models.outputs.export import export
    from models.outputs.media import Video
    from models.protocol import Card, Input, ModelInfo, Preview, Request

    path = export(Video([_pan(k) for k in range(48)], 12.0), out / "boat.mp4", {"everyform": 1, "prompt": "a boat"})
    start = Input("picture", "picture", "First frame", "", ("picture-to-video",))
    card = Card("video", "Video", "diffusion", "video", ("text-to-video", "picture-to-video"), (), (start,))
    work = VideoWork()
    work.set_model(ModelInfo("moving", "Moving scenes", "/nowhere", 1, "", True, card))
    work.set_empty("Say below what you would like to see move, or begin at once.", "Make the first video")
    theme.current().enter_room("video")
    theme.current().dress(work, "video")
    work.resize(888, 640)
    work.show()
    player = work.player
    for choice in ("dark", "light"):
        theme.current().choose(choice)  # type: ignore[arg-type]
        look_at(work, out / f"video-empty-{choice}.png")
        work.show_file(str(path))
        wait(lambda: work.player.thumbs.images and None not in work.player.thumbs.images)
        player.playing.set_in(13)
        player.playing.set_out(31)
        player.playing.go(20)
        wait(lambda: player.frames.image(20) is not None)
        look_at(work, out / f"video-part-{choice}.png")
        player.captions.onion.setChecked(True)
        wait(lambda: player.screen_.onion == 2)
        look_at(work, out / f"video-onion-{choice}.png")
        player.captions.onion.setChecked(False)
        work.begin(Request("m", "m", "v", "text-to-video", settings={"width": 320, "height": 200, "frames": 48}))
        small = [_pan(k, 40, 25) for k in range(0, 48, 6)]
        work.show_preview(Preview(40, 25, b"".join(one.tobytes() for one in small), step=9, frames=len(small)))
        player.playing.go(30)
        look_at(work, out / f"video-forming-{choice}.png")
        work.end(False)
        work.clear()
    work.finish()


def prompt(out: Path) -> None:
    """The prompt with signs, with a fault, with words offered, and of a model that cannot weigh."""
    from dataclasses import replace

    from PySide6.QtTest import QTest

    from desktop import theme
    from desktop.aside import Aside
    from desktop.prompt.box import PromptBox
    from desktop.prompt.history import History
    from models import folders
    from models.families.diffusion.latent_diffusion import CARD
    from models.protocol import ModelInfo

    aside = Aside()
    box = PromptBox(aside, History())
    box.seed = lambda: (42, True)
    scenes = str(folders.resources() / "starter" / "scenes")
    model = ModelInfo("scenes", "Scenes", scenes, 1, "", True, replace(CARD, prompt_limit=48))
    theme.current().enter_room("picture")
    box.setFixedWidth(760)
    box.show()
    signs = (
        "# a test of the harbour\na {3::red|blue|white} (sailboat:1.3) on a [calm] sea, __times__,"
        "\n${c=!{pink|green}}a ${c} house and a ${c} tree \\(far\\)"
    )
    for choice in ("dark", "light"):
        theme.current().choose(choice)  # type: ignore[arg-type]
        box.set_model(model)
        box.set_texts(signs, "(fog:1.2)")
        wait(lambda: "Seed 42" in box.told.text())
        box.adjustSize()
        look_at(box, out / f"prompt-signs-{choice}.png")
        box.set_texts("a {red|blue sailboat (by:1.3) the __harbor__, at dawn", "")
        wait(lambda: "closed" in box.told.text())
        box.adjustSize()
        look_at(box, out / f"prompt-fault-{choice}.png")
        box.set_texts("")
        wait(lambda: bool(box.prompt.complete("ligh")))
        QTest.keyClicks(box.prompt, "a red ligh")
        box.adjustSize()
        look_at(box, out / f"prompt-words-{choice}.png")
        box.prompt.close_offers()
        box.set_model(replace(model, id="plain", card=replace(CARD, weighs_words=False)))
        box.set_texts("a (sailboat:1.3) at dawn")
        wait(lambda: "weigh" in box.told.text())
        box.adjustSize()
        look_at(box, out / f"prompt-unweighed-{choice}.png")
    aside.finish()


def batch(out: Path) -> None:
    """The window of batches with a mistake, while it works, and with the sheet of a grid that starters made."""
    from desktop.app import Everyform
    from desktop.batch.wanted import Wanted
    from models import folders

    program = Everyform()
    program.show()
    wait(lambda: program.session.looked)
    dialog = program.batching.open()
    wait(lambda: dialog.form.presets.count() > 4)

    def both(name: str) -> None:
        for choice in ("dark", "light"):
            program.look.choose(choice)  # type: ignore[arg-type]
            look_at(dialog, out / f"batch-{name}-{choice}.png")

    try:
        dialog.form.set_value(Wanted([]))
        wait(lambda: dialog.empty.isVisible())
        both("empty")
        quick = str(folders.resources() / "presets" / "four-quick-ones.json")
        axes = [["steps", "1,2,90"], ["prompt", "a red boat on a calm sea | a tree on a hill in the snow"], ["", ""]]
        dialog.form.set_value(Wanted([quick], axes=axes, seeds="7"))
        wait(lambda: "90" in dialog.summary.text())
        both("mistake")
        axes[0][1] = "1-4"
        dialog.form.set_value(Wanted([quick], axes=axes, seeds="7"))
        wait(lambda: "8 rows" in dialog.summary.text())
        dialog.go.click()
        wait(lambda: len(dialog.list.rows.done) >= 2)
        both("working")
        wait(lambda: not program.batching.working.running and dialog.sheet.isVisible())
        both("sheet")
    finally:
        program.window.close()


def queue(out: Path) -> None:
    """The queue's panel in the window: empty, at work, and with only what failed; no engine runs behind it."""
    from desktop.app import Everyform
    from desktop.job import LEFT
    from desktop.queue import deeds
    from models.families.diffusion.latent_diffusion import CARD as DIFFUSION
    from models.families.flow_matching.dit import CARD as FLOW
    from models.protocol import Done, Failed, Hello, ModelInfo, Output, Progress, Request
    from models.samples import SAMPLES

    program = Everyform()
    window, told = program.window, program.worker.report
    scenes = ModelInfo("scenes", "Scenes", "/nowhere/scenes", 1, "", True, DIFFUSION)
    flow = ModelInfo("scenes-flow", "Scenes by flow", "/nowhere/flow", 1, "", True, FLOW)
    program.worker.hello.emit(Hello((scenes, flow), "2 cores"))
    program.session.state.pace["scenes"] = [2.4, 20.0 * 256 * 256]
    window.resize(1440, 900)
    window.show()

    def add(model: ModelInfo, prompt: str, count: int = 1, steps: int = 20):
        settings = {"steps": steps, "width": 256, "height": 256}
        task = model.card.tasks[0]
        asked = Request(model.id, model.path, model.card.architecture, task, prompt, count=count, settings=settings)
        return program.queue.add(asked, model)

    def shots(name: str) -> None:
        for choice in ("dark", "light"):
            program.look.choose(choice)
            look_at(window, out / f"queue-{name}-{choice}.png")

    program.queueing.toggle()
    panel = program.queueing.panel
    shots("empty")
    words = [*SAMPLES, "a lighthouse in the fog, with a long beam over the water and two small boats far out at sea"]
    jobs = [add(scenes, text, 3 if k == 3 else 1) for k, text in enumerate(words[:4])]
    for job in jobs[:3]:
        if job is jobs[1]:
            told.emit(job.id, Failed("The engine was killed, which is what the system does when memory runs out."))
            job.halfway = (14, 20)
        else:
            told.emit(job.id, Output("/nowhere.png", "picture", 2.0, {}))
            told.emit(job.id, Done(4.2))
    for k in range(120):
        add(flow if k % 5 == 1 else scenes, words[k % len(words)], 1 + k % 4, 20 + k % 3)
    deeds.hold(program.queue, program.queue.waiting[1], LEFT)
    program.queue.waiting[1].halfway = (9, 20)
    for step, seconds in ((1, 0.4), (2, 0.5), (30, 3.4)):
        told.emit(jobs[3].id, Progress(step, 60, seconds))
    panel.view.setCurrentIndex(panel.jobs.index(2))
    shots("running")
    panel.search.setText("fog")
    panel._find()
    shots("filtered")
    panel.search.clear()
    panel.filters.set_value("failed")
    panel._find()
    panel.view.setCurrentIndex(panel.jobs.index(0))
    shots("failed")
    window.resize(1024, 640)
    panel.filters.set_value("")
    panel._find()
    shots("small")
    window.close()


def _pan(frame: int, width: int = 320, height: int = 200):
    """One frame of a film that moves over the scene, (height, width, 3) bytes."""
    import numpy as np
    from PySide6.QtGui import QImage

    from tests.desktop.scene import scene

    left = frame * width // 96
    part = scene(width * 3 // 2, height).copy(left, 0, width, height).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(part.constBits(), np.uint8).reshape(height, part.bytesPerLine())
    return rows[:, : width * 3].reshape(height, width, 3).copy()


def main(out: Path, room: str) -> None:
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    out.mkdir(parents=True, exist_ok=True)
    {"text": text, "video": video, "prompt": prompt, "batch": batch, "queue": queue}[room](out)
    app.processEvents()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("EVERYFORM_HOME", home)
        main(Path(sys.argv[1]), sys.argv[2])
