"""From what is set to what is made: requests go to the queue, and what comes back is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop import machine
from desktop.jobs import Job, JobQueue
from desktop.session import NO_MODEL, Session
from desktop.task import SKETCH, part_task, sketch_input, starts_from_file
from models.protocol import BadInput, Output, Preview, Request, incomplete
from models.samples import SAMPLES

STARTING = "The models are being looked for; try again in a moment."
SOON = "The models are being looked for. It begins as soon as they are there."


class Making(QObject):
    """`made` carries each Output as it comes."""

    made = Signal(object)

    def __init__(self, session: Session, queue: JobQueue) -> None:
        super().__init__(session)
        self.session, self.queue = session, queue
        self.window, self.studio = session.window, session.window.studio
        self._first_wanted = False
        self._shown: Job | None = None  # the job whose previews are on the canvas
        self._item = 0
        queue.job_changed.connect(self._job_changed)
        queue.preview.connect(self._preview)
        queue.output.connect(self._output)
        queue.notice.connect(lambda _, text: self.window.notices.say(text, quiet=True))
        session.models_known.connect(self._models_known)
        studio = self.studio
        studio.generate.generate.connect(self.generate)
        studio.generate.stop.connect(self.stop)
        studio.canvas.make_part_again.connect(self.make_part)
        studio.canvas.drawn.connect(self.make_of_sketch)
        studio.canvas.keep_drawn.connect(self.keep_of_sketch)
        studio.canvas.empty_acted.connect(self.first)
        studio.canvas.empty_suggested.connect(self.sample)
        studio.strip.chosen.connect(studio.canvas.pin)
        studio.strip.newest_wanted.connect(lambda: studio.canvas.pin(None))

    # ── asking ────────────────────────────────────────────────────────────────

    def request(self) -> Request:
        """What would be made now. Raises BadInput."""
        session, form = self.session, self.window.side.form
        model = session.model
        if model is None:
            raise BadInput(NO_MODEL if session.looked else STARTING)
        if model.missing:
            raise incomplete(model.name, model.missing)
        task = form.task()
        draft = form.draft()
        known = {p.name for p in model.card.parameters_for(task)}
        checked = model.card.check({k: v for k, v in draft.settings.items() if k in known}, task)
        seed = form.renew_seed()
        session.settle()
        prompt, negative = self.studio.prompt.texts() if model.card.prompt_limit else ("", "")
        return Request(
            model_id=model.id,
            model_path=model.path,
            architecture=model.card.architecture,
            task=task,
            prompt=prompt,
            negative_prompt=negative,
            seed=seed,
            count=draft.count,
            settings=checked,
            inputs={i.name: draft.inputs[i.name] for i in model.card.inputs_for(task) if i.name in draft.inputs},
            wish=session.wish_for(model.id),
        )

    def generate(self) -> None:
        """Make it; where something is being made already, it waits its turn."""
        try:
            request = self.request()
        except BadInput as error:
            self.session.say(str(error))
            return
        self.window.enter("picture")
        self.window.sides.close_drawers()
        self.studio.prompt.remember()
        self.queue.add(request, self.session.model)
        self.session.keep()

    def first(self) -> None:
        """The one button of the empty canvas: a picture without a word being typed."""
        model = self.session.model
        if model is None and self.session.looked:
            self.window.models.add_wanted.emit()
            return
        if model is not None and starts_from_file(model.card):
            if sketch_input(model.card):
                self.studio.canvas.set_draw_mode(True)
            else:
                self.window.side.form.ask_for_file()
            return
        self.sample(self.studio.prompt.texts()[0] or SAMPLES[0])

    def sample(self, text: str) -> None:
        """Make a picture of these words, as soon as there is a model."""
        prompt, negative = self.studio.prompt.texts()
        if prompt != text:
            self.studio.prompt.set_texts(text, negative)
        if self.session.model is None:
            self._first_wanted = True
            self.window.notices.say(SOON, quiet=True)
        else:
            self.generate()

    def make_part(self, picture: str, mask: str) -> None:
        """Make the painted part of a picture again, with everything else as it is set."""
        form, model = self.window.side.form, self.session.model
        task = part_task(model.card) if model is not None else ""
        if not task:
            self.session.say("This model cannot make a part of a picture again. Choose another one for that.")
            return
        before = form.draft()
        form.set_draft(replace(before, count=1, inputs={"picture": picture, "mask": mask}, task=task))
        self.generate()
        # The two files belong to this one piece of work: the next Generate starts from the prompt again.
        form.set_draft(replace(before, seed=form.draft().seed))
        self.session.settle()

    def make_of_sketch(self, sketch: str) -> None:
        """Show what becomes of a sketch: a draft, from the seed that stands there, instead of those still waiting."""
        if (request := self._of_sketch(sketch)) is not None:
            for job in self.queue.waiting:
                if not job.request.keep:
                    self.queue.cancel(job)
            self.queue.add(replace(request, keep=False), self.session.model)

    def keep_of_sketch(self) -> None:
        """Make what the sketch became once more, and keep it: the sketch is the form's input, its seed is held."""
        self.generate()

    def _of_sketch(self, sketch: str) -> Request | None:
        """The request for a sketch; None, and a sentence, where it cannot be made. It stays the form's input."""
        form, model = self.window.side.form, self.session.model
        name = sketch_input(model.card) if model is not None else ""
        if not name:
            return None
        before = form.draft()
        form.set_draft(replace(before, count=1, keep_seed=True, inputs={name: sketch}, task=SKETCH))
        self.session.settle()
        try:
            return self.request()
        except BadInput as error:
            self.session.say(str(error))
            return None

    def stop(self) -> None:
        """Stop what is being made; a second time, at once."""
        if job := self.queue.running:
            self.queue.cancel(job)

    def new_seed(self) -> None:
        """Another seed, and another with each piece of work."""
        self._seed(False)

    def keep_seed(self) -> None:
        """The seed that is shown, from now on."""
        self._seed(True)

    def _seed(self, keep: bool) -> None:
        session, form = self.session, self.window.side.form
        if session.model is not None:
            draft = form.draft()
            if not keep:
                form.set_draft(replace(draft, keep_seed=False))
                form.renew_seed()
                draft = form.draft()
            session.change("Change seed", session.model, replace(draft, keep_seed=keep))

    # ── what comes back ───────────────────────────────────────────────────────

    def _models_known(self) -> None:
        if self._first_wanted and self.session.model is not None:
            self._first_wanted = False
            self.generate()

    def _job_changed(self, job: Job) -> None:
        if not job.request.keep:
            if job.state == "failed":
                self.session.say(job.reason)
            return
        if job.state == "running" and job is not self._shown:
            self._begin(job)
        if job.ended and job is self._shown:
            self._end(job)
        elif not job.ended and job.state == "running":
            self.studio.generate.show_job(job)
            if job.progress:
                self.studio.strip.expect(job.progress.total // max(job.request.count, 1))

    def _begin(self, job: Job) -> None:
        self._shown, self._item = job, 0
        width, height = (int(job.request.settings.get(side, 512)) for side in ("width", "height"))
        self.studio.canvas.begin(width, height)
        self.studio.strip.begin(int(job.request.settings.get("steps", 0)))

    def _preview(self, job: Job, preview: Preview) -> None:
        if job is self._shown:
            self.studio.canvas.show_preview(preview)
            self.studio.strip.add(preview)

    def _output(self, job: Job, output: Output) -> None:
        if not job.request.keep:
            self.studio.canvas.show_made_of_sketch(output.path)
            return
        state = self.session.state
        if output.seconds > 0:
            state.pace[job.request.model_id] = [output.seconds, machine.work(job.request.settings)]
        self.studio.canvas.show_picture(output.path)
        state.shown = output.path
        self.made.emit(output)
        self.session.keep()

    def _end(self, job: Job) -> None:
        self.studio.strip.end(job.state == "done")
        if job.state != "done":
            self.studio.canvas.drop_preview()
        if job.state == "failed":
            self.session.say(job.reason)
        self._shown = None
