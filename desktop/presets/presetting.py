"""Presets in the window: kept of what is set, used, renamed, shared, taken in, deleted and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog

from desktop.aside import sentence
from desktop.draft import fitted
from desktop.making import Making
from desktop.picker import Picker, Row
from desktop.presets.deleting import Deletion
from desktop.presets.dialog import Asked, PresetDialog
from desktop.session import Session
from models.outputs import formats
from models.presets import fitting, form
from models.presets.preset import After, Preset
from models.presets.shelf import Kept, Presets
from models.protocol import BadInput, ModelInfo, Request, incomplete, listed

PATTERN = f"Presets (*{form.ENDING})"
NOT_HERE = "its model is not here"


class Presetting(QObject):
    """What the row over the settings asks for. `kept` is the preset in use."""

    def __init__(self, session: Session, making: Making) -> None:
        super().__init__(session)
        self.session, self.making, self.window = session, making, session.window
        self.shelf = Presets()
        self.bar = session.window.side.presets
        self.kept: Kept | None = None
        self.list: Picker | None = None
        bar = self.bar
        bar.opened.connect(self.open)
        bar.save_wanted.connect(self.ask)
        bar.deed.connect(self._do)
        bar.plain_wanted.connect(self._leave_out)
        session.draft_changed.connect(self._show)
        session.model_changed.connect(self._model_changed)
        for changed in (session.draft_changed, session.model_changed, session.models_known):
            changed.connect(lambda *_: self._show_after())
        self.window.studio.prompt.changed.connect(self._show)
        making.then = self._then

    # ── the list ──────────────────────────────────────────────────────────────

    def look(self, then: Callable[[Any], None]) -> None:
        """Every preset, each with its model here or None; or the exception. Aside: many small files are read."""
        models = self.session.models
        self.session.aside.run(
            lambda: [(kept, fitting.find(kept.preset.model, models)) for kept in self.shelf.look()], then
        )

    def open(self) -> None:
        """Show every preset: those of this room's models first."""
        self.look(self._list)

    def _list(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.bar.closed()
            self.session.say(sentence(found))
            return
        for problem in self.shelf.problems[:1]:
            self.session.say(problem)
        if self.list is None:
            self.list = Picker(self.window, "Search presets", "No preset is here yet.")
            self.list.taken.connect(self.use)
            self.list.shut.connect(self.bar.closed)
        rows = [self._row(kept, model) for kept, model in found]
        rows.sort(key=lambda row: row[0])
        corner = self.bar.mapToGlobal(QPoint(0, self.bar.fold.height()))
        self.list.open_at([row for _, row in rows], corner, self.bar.width())

    def _row(self, kept: Kept, model: ModelInfo | None) -> tuple[int, Row]:
        rank = 3 if model is None else 2 if model.card.medium != self.session.medium else 1
        if model is not None and self.session.model is not None and model.id == self.session.model.id:
            rank = 0
        return rank, Row(kept.preset.name, kept, model.name if model is not None else NOT_HERE)

    # ── using one ─────────────────────────────────────────────────────────────

    def use(self, kept: Kept) -> None:
        """Bring back its model, prompt and settings, as one step of undo; the seed stays, and files that its task
        takes."""
        preset, session = kept.preset, self.session
        model = fitting.find(preset.model, session.models)
        if model is None:
            self.window.notices.say(
                f"{preset.name}: {fitting.absent(preset.model)}", action="See the models", run=self._see_models
            )
            return
        if model.missing:
            session.say(str(incomplete(model.name, model.missing)))
            return
        now = self.window.side.form.draft() if session.model is not None else None
        takes = {given.name for given in model.card.inputs_for(preset.task)}
        held: dict[str, Any] = {"settings": dict(preset.settings), "count": preset.count, "task": preset.task}
        if now is not None:
            inputs = {name: path for name, path in now.inputs.items() if name in takes}
            held |= {"seed": now.seed, "keep_seed": now.keep_seed, "inputs": inputs}
        draft, unfit = fitted(model.card, held)
        told = [f"{model.name} cannot use its {name}." for name in unfit]
        after = preset.after
        if after.upscale is not None and fitting.find(after.upscale, session.models) is None:
            told.append(fitting.absent(after.upscale))
            after = replace(after, upscale=None)
        try:
            fitting.takes(replace(preset, after=after), model.card)
        except BadInput as error:
            told.append(str(error))
            after = After()
        texts = (preset.prompt, preset.negative_prompt) if preset.prompt or preset.negative_prompt else None
        session.change(f"Use preset {preset.name}", model, replace(draft, after=after), texts)
        self.window.enter(model.card.medium)
        self.kept = kept
        self._show()
        lacking = [i for i in model.card.inputs_for(preset.task) if i.required and i.name not in draft.inputs]
        if told:
            session.say(f"{preset.name} is set as far as it fits. {' '.join(told[:3])}")
        elif lacking:
            labels = listed([f"a {i.label.lower()}" for i in lacking])
            self.window.notices.say(f"{preset.name} is set. It starts from {labels}: give one.", quiet=True)
        else:
            self.window.notices.say(f"{preset.name} is set. {preset.note}".strip(), quiet=True)

    def _see_models(self) -> None:
        self.window.enter("models")

    def take(self, path: str) -> None:
        """A preset's file that was dropped or opened: kept, and used."""
        self.session.aside.run(lambda: self.shelf.take(path), self._taken)

    def _taken(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.session.say(sentence(found))
        else:
            self.use(found)

    # ── keeping one ───────────────────────────────────────────────────────────

    def ask(self) -> PresetDialog | None:
        """Ask what to call what is set now."""
        model = self.session.model
        if model is None:
            self.session.say("There is no model yet whose settings could be kept.")
            return None
        upscalers = [m for m in self.session.models if "upscale" in m.card.tasks and not m.missing]
        words = self.window.studio.prompt.texts()[0].split()
        name = self.kept.preset.name if self.kept else " ".join(words[:6])[: form.MAX_NAME] or model.name
        note = self.kept.preset.note if self.kept else ""
        dialog = PresetDialog(name, self._save, model.card.medium, upscalers, self.after, note, self.window)
        dialog.open()
        return dialog

    def preset(self, asked: Asked) -> Preset:
        """What is set now. Raises BadInput."""
        model, form_ = self.session.model, self.window.side.form
        assert model is not None
        draft = form_.draft()
        try:
            task = form_.task()
        except BadInput:  # a file is missing, which a preset has not either
            task = draft.task or model.card.tasks[0]
        known = {p.name for p in model.card.parameters_for(task)}
        settings = model.card.check({k: v for k, v in draft.settings.items() if k in known}, task)
        prompt, negative = self.window.studio.prompt.texts() if asked.words and model.card.prompt_limit else ("", "")
        negative = negative if model.card.negative_prompt else ""
        return Preset(
            asked.name, fitting.key(model), task, settings, prompt, negative, draft.count, asked.after, asked.note
        )

    def _save(self, asked: Asked) -> None:
        """Raises BadInput."""
        kept = self.shelf.save(self.preset(asked))
        form_, session = self.window.side.form, self.session
        form_.set_draft(replace(form_.draft(), after=asked.after))
        session.settle()
        session.keep()
        session.draft_changed.emit()
        self._kept(kept, "is kept.")

    def _kept(self, kept: Kept, what: str) -> None:
        self.kept = kept
        self._show()
        self.window.notices.say(f"{kept.preset.name} {what}", quiet=True)

    # ── what is done with the one in use ──────────────────────────────────────

    def _do(self, deed: str) -> None:
        if (kept := self.kept) is None:
            return
        if deed == "rename":
            PresetDialog(kept.preset.name, lambda asked: self.rename(asked.name), parent=self.window).open()
        elif deed == "export":
            start = str(Path.home() / kept.path.name)
            path, _ = QFileDialog.getSaveFileName(self.window, "Share the preset as a file", start, PATTERN)
            if path:
                self._try(lambda: self._shared(self.shelf.export(kept, path)))
        elif deed == "replace":
            words = bool(kept.preset.prompt or kept.preset.negative_prompt)  # one without leaves those that are there
            asked = Asked(kept.preset.name, kept.preset.note, words, self.after)
            self._try(lambda: self._kept(self.shelf.save(self.preset(asked), kept), "is what is set now."))
        elif deed == "delete":
            self._try(self.delete)

    def _shared(self, path: Path) -> None:
        self.window.notices.say(f"It lies in {path}.", quiet=True)

    def rename(self, name: str) -> None:
        """Give the preset in use another name. Raises BadInput."""
        if self.kept is not None:
            self._kept(self.shelf.rename(self.kept, name), "is its name now.")

    def delete(self) -> None:
        """Take the preset in use away; Undo brings it back, and so does the notice. Raises BadInput."""
        if (kept := self.kept) is None:
            return
        step = Deletion(self.shelf, kept, self.shelf.delete(kept), self._came_or_went)
        self.kept = None
        self._show()
        self.session.undo.push(step)
        undo = self.session.undo.undo
        self.window.notices.say(f"{kept.preset.name} is deleted.", quiet=True, action="Undo", run=undo)

    def _came_or_went(self, kept: Kept | None, problem: str) -> None:
        """A deletion was undone, or done again."""
        if problem:
            self.session.say(problem)
        elif kept is not None:
            self._kept(kept, "is back.")
        else:
            self.kept = None
            self._show()

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except BadInput as error:
            self.session.say(str(error))

    # ── what is seen ──────────────────────────────────────────────────────────

    def _model_changed(self, model: ModelInfo | None) -> None:
        """Another model is another set-up, and so is what is done afterwards."""
        if self.kept is not None and (model is None or fitting.find(self.kept.preset.model, [model]) is None):
            self.kept = None
        self._show()

    @property
    def after(self) -> After:
        """What is done with what is made."""
        return self.window.side.form.after if self.session.model is not None else After()

    def _leave_out(self) -> None:
        """Nothing more be done with what is made: a step of undo."""
        if (model := self.session.model) is not None:
            draft = replace(self.window.side.form.draft(), after=After())
            self.session.change("Leave out what comes after", model, draft)

    def _after_words(self, after: After) -> str:
        model = fitting.find(after.upscale, self.session.models) if after.upscale is not None else None
        done = [f"made larger by {model.name}"] if model is not None else []
        if after.format:
            label = next((one.label for one in formats.FORMATS if one.name == after.format), after.format)
            label = label.partition(",")[0]  # the rest says what it is good for
            done.append(f"saved as {label}" + (f" of quality {after.quality}" if after.quality is not None else ""))
        return f"Then {' and '.join(done)}." if done else ""

    def _show_after(self) -> None:
        self.bar.show_after(self._after_words(self.after))

    def _show(self) -> None:
        if (kept := self.kept) is None:
            self.bar.show_preset("", path="")
            return
        self.bar.show_preset(kept.preset.name, path=str(kept.path), own=not kept.shipped, changed=self._changed(kept))

    def _changed(self, kept: Kept) -> bool:
        """Whether something is set to another value than it says."""
        preset = kept.preset
        if self.session.model is None:
            return True
        draft, texts = self.window.side.form.draft(), self.window.studio.prompt.texts()
        own = (preset.prompt.strip(), preset.negative_prompt.strip())
        prompts = any(own) and texts != own
        now = {name: draft.settings.get(name) for name in preset.settings if name in draft.settings}
        other = any(now[name] != preset.settings[name] for name in now)
        return prompts or other or draft.count != preset.count or self.after != preset.after

    # ── what comes after ──────────────────────────────────────────────────────

    def _then(self, request: Request) -> Request | None:
        """What makes its pictures larger, as the preset in use wants it."""
        upscale, model = self.after.upscale, self.session.model
        if upscale is None or model is None or request.task == "upscale":
            return None
        upscaler = fitting.find(upscale, self.session.models)
        if upscaler is None:
            return None
        card = upscaler.card
        return Request(
            upscaler.id, upscaler.path, card.architecture, "upscale", settings=card.check({}, "upscale"),
            format=self.after.written, wish=self.session.wish_for(upscaler.id),
        )  # fmt: skip
