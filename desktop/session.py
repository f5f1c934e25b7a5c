"""What is chosen and set: shows it, lets it be undone, and keeps it from one start to the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from desktop import machine, settings, welcome
from desktop.aside import Aside
from desktop.catalog.room import ModelsRoom
from desktop.draft import Draft, defaults, fitted
from desktop.edits import Change, Moment
from desktop.saving import Saving, Write
from desktop.settings import State
from desktop.window import Window
from desktop.wishing import AS_FITS
from desktop.work import Work
from desktop.worker import GenerationWorker
from models import cards
from models.planning.wish import Wish
from models.protocol import MEDIA, BadInput, Hello, Machine, ModelInfo

SAVE_AFTER_MS = 800


class Session(QObject):
    """The one place that knows what is chosen: in the room of each medium its model, its words and its file.

    `model_changed` follows a choice, `draft_changed` any setting, `models_known` each hello of the engine.
    """

    model_changed = Signal(object)
    models_known = Signal()
    draft_changed = Signal()

    def __init__(self, window: Window, worker: GenerationWorker, state: State, aside: Aside) -> None:
        super().__init__(window)
        self.window, self.worker, self.state, self.aside = window, worker, state, aside
        self.models: tuple[ModelInfo, ...] = ()
        self.model: ModelInfo | None = None  # of the room that is worked in
        self.medium = "picture"  # that room's
        self.machine: Machine | None = machine.from_state(state.machine)
        self.undo = QUndoStack(self)
        self.undo.setUndoLimit(200)
        self._now: Moment | None = None
        self.looked = False  # whether the engine has said what there is
        self.refusal_is_told: Callable[[], bool] = lambda: False  # whether who asked for a model says why it is refused
        self._known_problems: set[str] = set()
        self.saving = Saving(self._written, SAVE_AFTER_MS, aside, self.say, parent=self)
        self._connect()

    def _connect(self) -> None:
        window, studio = self.window, self.window.studio
        self.worker.hello.connect(self.on_hello)
        self.worker.engine_gave_up.connect(self.say)
        window.models.chosen.connect(self.choose)
        window.side.form.changed.connect(self._form_changed)
        window.side.form.wishing.changed.connect(self._wish_changed)
        window.side.form.wishing.kept_changed.connect(self._keep_changed)
        studio.prompt.changed.connect(self.keep)
        studio.prompt.refused.connect(self.say)
        studio.prompt.seed = self._seed
        self.draft_changed.connect(studio.prompt.look_again)
        studio.each_work(self._join_work)
        window.room_entered.connect(self._enter)
        window.room_made.connect(self._join_room)
        window.closing.connect(self.saving.now)

    def _join_room(self, room: QWidget) -> None:
        if isinstance(room, ModelsRoom):
            room.set_models(self.models)

    def _join_work(self, work: Work) -> None:
        work.notice.connect(self.say)
        work.shown.connect(lambda _: self.keep())
        work.recall(self.state.works.get(work.medium, {}))

    # ── start ─────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Show the remembered models, draft and prompts: all of it before the engine is up."""
        state, studio = self.state, self.window.studio
        self.medium = state.medium
        self.window.take_accent(self.medium)
        if state.geometry:
            self.window.restoreGeometry(QByteArray.fromBase64(state.geometry.encode("ascii", "ignore")))
        studio.prompt.avoid.setChecked(state.avoid_shown)
        self._show_texts()
        form = self.window.side.form
        form.fold.setChecked(state.advanced_open)
        form.wishing.fold.setChecked(state.machine_open)
        form.wishing.by_hand.setChecked(state.by_hand_open)
        form.wishing.set_kept(state.keep_ready)
        self._keep_ready()
        self._take_models(cards.recall(), sure=False)
        self._show_file()
        self.window.enter(state.medium)
        self.window.enter(state.room)
        studio.prompt.prompt.setFocus()

    # ── the rooms ─────────────────────────────────────────────────────────────

    def _enter(self, room: str) -> None:
        """A room is open: where it is another medium's, its model, its words and its file are there again."""
        if room not in MEDIA or room == self.medium:
            return
        self._go(room)
        model = self._remembered()
        if model is not None:
            self._show_model(model, fitted(model.card, self.state.drafts.get(model.id, {}))[0])
            self.settle()
        else:
            self._show_none()
        self._set_empty(self.looked)
        self._show_file()
        self.keep()
        self.draft_changed.emit()

    def _go(self, medium: str) -> None:
        """Leave one medium for another: what was set stays where it was, and the lists are the new one's."""
        self.gather()
        self.medium = self.state.medium = medium
        self.model = None
        self.window.take_accent(medium)
        self.window.models.set_models(self.usable)
        self._show_texts()

    @property
    def usable(self) -> list[ModelInfo]:
        """The models of the room that is worked in."""
        return [model for model in self.models if model.card.medium == self.medium]

    def _remembered(self) -> ModelInfo | None:
        """The model that was used last in this room; else one that can be used."""
        usable, last = self.usable, self.state.left(self.medium).get("model", "")
        model = next((m for m in usable if m.id == last), None)
        return model or next((m for m in usable if not m.missing), usable[0] if usable else None)

    def _show_texts(self) -> None:
        """The words that this room was left with. They are no step of the editors' undo."""
        left, prompt = self.state.left(self.medium), self.window.studio.prompt
        prompt.set_texts(left.get("prompt", ""), left.get("negative_prompt", ""))
        for edit in (prompt.prompt, prompt.negative):
            edit.document().clearUndoRedoStacks()

    def _show_file(self) -> None:
        """The file that this room was left with, where its work shows none yet."""
        left, work = self.state.left(self.medium), self.window.studio.work_for(self.medium)
        if (shown := left.get("shown", "")) and not Path(shown).is_file():
            left["shown"] = shown = ""  # it was deleted meanwhile, which is no news to whoever did it
        if shown and not work.path:
            work.show_file(shown)

    def on_hello(self, hello: Hello) -> None:
        """The engine says what there is: it knows better than what was remembered."""
        self.state.device = hello.device
        if hello.machine is not None:
            self.machine = hello.machine
            self.state.machine = machine.to_state(hello.machine)
        self._take_models(hello.models, sure=True)
        if hello.refused and not self.refusal_is_told():
            self.say(hello.refused)
        for problem in hello.problems:
            if problem not in self._known_problems:
                self._known_problems.add(problem)
                self.say(problem)
        self.looked = True
        self.models_known.emit()

    def _take_models(self, models: tuple[ModelInfo, ...], sure: bool) -> None:
        if models != self.models or sure:
            self.models = models
            self.window.models.set_models(self.usable)
            if self.window.models_room is not None:
                self.window.models_room.set_models(models)
        model = next((m for m in self.usable if self.model and m.id == self.model.id), None) or self._remembered()
        if model is not None and model != self.model:
            draft = self._now.draft.as_dict() if self._now and self._now.model_id == model.id else None
            self._show_model(model, fitted(model.card, draft or self.state.drafts.get(model.id, {}))[0])
            self.settle()
        elif model is None and sure:
            self._show_none()
        self._set_empty(sure)

    def _set_empty(self, sure: bool = True) -> None:
        """What the empty room says, for the model that is chosen; `sure` that there is none where there is none."""
        card = self.model.card if self.model else None
        self.window.studio.work_for(self.medium).set_empty(*welcome.words(self.medium, card, sure))

    # ── what is set ───────────────────────────────────────────────────────────

    def choose(self, model: ModelInfo) -> None:
        """Take another model; its own last settings come with it."""
        if self.model is not None and model.id == self.model.id:
            return
        self.gather()  # what was set in the last moment, too
        held = self.state.drafts.get(model.id, {})
        self.change("Choose " + model.name, model, fitted(model.card, held)[0])
        self.window.sides.close_drawers()

    def reset(self) -> None:
        """Every setting as the card has it."""
        if self.model is not None:
            self.change("Reset settings", self.model, defaults(self.model.card))

    def change(self, name: str, model: ModelInfo, draft: Draft, texts: tuple[str, str] | None = None) -> None:
        """Show a model with a draft (and texts), as one step of undo; the room of its medium is entered."""
        before = self._now
        old_texts = self.window.studio.prompt.texts() if texts is not None else None
        self._show_moment(Moment(model.id, draft, texts))
        if before is not None and self._now is not None:
            before = Moment(before.model_id, before.draft, old_texts)
            self.undo.push(Change(name, before, Moment(model.id, self._now.draft, texts), self._show_moment))

    def _show_moment(self, moment: Moment) -> None:
        model = next((m for m in self.models if m.id == moment.model_id), None)
        if model is None:
            return
        elsewhere = model.card.medium != self.medium
        if elsewhere:
            self._go(model.card.medium)
        if self.model is None or model.id != self.model.id:
            self._show_model(model, moment.draft)
        else:
            self.window.side.form.set_draft(moment.draft)
        if moment.texts is not None:
            self.window.studio.prompt.set_texts(*moment.texts)
        if elsewhere:
            self.window.enter(self.medium)
            self._show_file()
        self.settle()
        self.keep()
        self.draft_changed.emit()

    def _show_model(self, model: ModelInfo, draft: Draft) -> None:
        """Put a model before the person: list, form, guide, prompt and strip."""
        same_card = self.model is not None and self.model.id == model.id and self.model.card == model.card
        self.model = model
        window, studio = self.window, self.window.studio
        window.models.choose(model.id)
        if same_card:
            window.side.form.set_draft(draft)
        else:
            window.side.form.build(model.card, draft)
            studio.strip.show_card(model.card)
        window.side.form.wishing.set_wish(self.wish_for(model.id))
        window.show_model(model.name)
        window.side.show_model(model)
        studio.prompt.set_model(model)
        studio.work_for(self.medium).set_model(model)
        self._set_empty()
        self.model_changed.emit(model)

    def _show_none(self) -> None:
        """The room of a medium that nothing here makes."""
        self.model = self._now = None
        window, studio = self.window, self.window.studio
        window.show_model("")
        window.side.show_model(None)
        studio.prompt.set_model(None, self.medium)
        studio.strip.show_none(self.medium)
        studio.work_for(self.medium).set_model(None)
        self.model_changed.emit(None)

    def settle(self) -> None:
        """What the form shows now is where the next step of undo starts from."""
        if self.model is not None:
            self._now = Moment(self.model.id, self.window.side.form.draft())

    def _form_changed(self, name: str) -> None:
        if self.model is None:
            return
        now = Moment(self.model.id, self.window.side.form.draft())
        if self._now is not None:
            self.undo.push(Change(f"Change {name.replace('_', ' ')}", self._now, now, self._show_moment))
        self._now = now
        self.keep()
        self.draft_changed.emit()

    # ── how it runs ───────────────────────────────────────────────────────────

    def wish_for(self, model_id: str) -> dict[str, str]:
        """What the person wants of that model's plans, as `Request.wish` has it."""
        held = self.state.wishes.get(model_id, {})
        try:
            Wish.of(held)
        except BadInput:  # of another version
            return {}
        return dict(held)

    def _wish_changed(self) -> None:
        if self.model is None:
            return
        if wish := self.window.side.form.wishing.wish():
            self.state.wishes[self.model.id] = wish
        else:
            self.state.wishes.pop(self.model.id, None)
        self.keep()
        self.draft_changed.emit()

    def _keep_changed(self, limit: int) -> None:
        self.state.keep_ready = limit
        self._keep_ready()
        self.keep()

    def _keep_ready(self) -> None:
        limit = self.state.keep_ready
        self.worker.keep_ready(limit if limit != AS_FITS else None)

    def say(self, sentence: str) -> None:
        """A sentence for the person."""
        self.window.notices.say(sentence)

    def _seed(self) -> tuple[int, bool]:
        """The seed that the form shows, and whether it is kept."""
        draft = self.window.side.form.draft() if self.model is not None else Draft()
        return draft.seed, draft.keep_seed

    # ── what is kept ──────────────────────────────────────────────────────────

    def keep(self) -> None:
        """Note that something changed; it is written a moment later."""
        self.saving.soon()

    def gather(self) -> State:
        """The state as it is now."""
        window, state = self.window, self.state
        prompt = window.studio.prompt
        state.room, state.medium = window.room, self.medium
        state.geometry = bytes(window.saveGeometry().toBase64().data()).decode("ascii")
        left = state.left(self.medium)
        left["prompt"], left["negative_prompt"] = prompt.prompt.text(), prompt.negative.text()
        state.avoid_shown = prompt.avoid.isChecked()
        form = window.side.form
        state.advanced_open = form.fold.isChecked()
        state.machine_open = form.wishing.fold.isChecked()
        state.by_hand_open = form.wishing.by_hand.isChecked()
        for medium, work in window.studio.works.items():
            if work.path:
                state.left(medium)["shown"] = work.path
            if held := work.remember():
                state.works[medium] = held
        if self.model is not None:
            left["model"] = self.model.id
            state.drafts[self.model.id] = window.side.form.draft().as_dict()
        return state

    def _written(self) -> Write:
        """The writing of the state as it is now."""
        return partial(settings.write, settings.dumps(self.gather()), settings.path())
