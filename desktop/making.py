"""From what is set to what is made: requests go to the queue, and what comes back is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop import machine, welcome
from desktop.jobs import Job, JobQueue
from desktop.session import Session
from desktop.task import SKETCH, part_task, sketch_input, starts_from_file, with_files
from desktop.work import Sign, Wanted, Work
from models import samples
from models.prompting.expand import check
from models.prompting.item import takes_signs
from models.protocol import BadInput, ModelInfo, Output, Preview, Request, incomplete

STARTING = "The models are being looked for; try again in a moment."
SOON = "The models are being looked for. It begins as soon as they are there."


class Making(QObject):
    """`made` carries each Output as it comes."""

    made = Signal(object)

    def __init__(self, session: Session, queue: JobQueue) -> None:
        super().__init__(session)
        self.session, self.queue = session, queue
        self.window, self.studio = session.window, session.window.studio
        # Where a request goes, with what is made of each of its pictures afterwards.
        self.ask: Callable[[Request, ModelInfo | None, Request | None], object] = queue.add
        self.then: Callable[[Request], Request | None] = lambda request: None
        self._first_wanted = False
        self._shown: Job | None = None  # the job that is seen being made
        queue.job_changed.connect(self._job_changed)
        queue.preview.connect(self._preview)
        queue.token.connect(self._preview)
        queue.output.connect(self._output)
        queue.notice.connect(lambda _, text: self.window.notices.say(text, quiet=True))
        session.models_known.connect(self._models_known)
        studio = self.studio
        studio.generate.generate.connect(self.generate)
        studio.generate.stop.connect(self.stop)
        studio.canvas.make_part_again.connect(self.make_part)
        studio.canvas.drawn.connect(self.make_of_sketch)
        studio.canvas.keep_drawn.connect(self.keep_of_sketch)
        studio.strip.chosen.connect(lambda preview: studio.work.pin(preview))
        studio.strip.newest_wanted.connect(lambda: studio.work.pin(None))
        studio.each_work(self._join_work)

    def _join_work(self, work: Work) -> None:
        work.empty_acted.connect(self.first)
        work.empty_suggested.connect(self.sample)
        work.asked.connect(self.make)
        work.stop_wanted.connect(self.stop)

    @property
    def format(self) -> str:
        """What is written, as a preset wants it; empty: the medium's own."""
        after = self.window.side.form.after
        # What is enlarged is written once more at the end: until then nothing of it may be lost.
        return "" if after.upscale is not None else after.written

    # ── asking ────────────────────────────────────────────────────────────────

    def request(self, wanted: Wanted | None = None) -> Request:
        """What would be made now, with what a work wants of its own. Raises BadInput."""
        session, form = self.session, self.window.side.form
        model, own = session.model, wanted or Wanted()
        if model is None:
            raise BadInput(welcome.words(session.medium, None)[0] if session.looked else STARTING)
        if model.missing:
            raise incomplete(model.name, model.missing)
        draft = form.draft()
        inputs = dict(draft.inputs if own.inputs is None else own.inputs)
        if own.task:
            task = with_files(model.card, own.task, inputs)
        else:
            task = form.task() if own.inputs is None else model.card.task_for(tuple(inputs))
        known = {p.name for p in model.card.parameters_for(task)}
        settings = {**draft.settings, **own.settings}
        checked = model.card.check({k: v for k, v in settings.items() if k in known}, task)
        seed = form.renew_seed() if own.seed is None else own.seed
        session.settle()
        prompt, negative = self.studio.prompt.texts() if model.card.prompt_limit else ("", "")
        prompt = prompt if own.prompt is None else own.prompt
        negative = negative if own.negative_prompt is None else own.negative_prompt
        if takes_signs(model.card, task):
            for text in (prompt, negative):
                check(text)
        return Request(
            model_id=model.id,
            model_path=model.path,
            architecture=model.card.architecture,
            task=task,
            prompt=prompt,
            negative_prompt=negative,
            seed=seed,
            count=own.count or draft.count,
            settings=checked,
            inputs={i.name: inputs[i.name] for i in model.card.inputs_for(task) if i.name in inputs},
            format=self.format,
            keep=own.keep,
            wish=session.wish_for(model.id),
            history=own.history,
        )

    def generate(self) -> None:
        """Make it; where something is being made already, it waits its turn."""
        self.make(self.studio.work_for(self.session.medium).wanted())

    def make(self, wanted: Wanted | None) -> None:
        """Make what is set, with what a work wants of its own."""
        try:
            request = self.request(wanted)
        except BadInput as error:
            self.session.say(str(error))
            return
        self.window.enter(self.session.medium)
        self.window.sides.close_drawers()
        if wanted is None or wanted.prompt is None:
            self.studio.prompt.remember()
        self.ask(request, self.session.model, self.then(request))
        self.session.keep()

    def first(self) -> None:
        """The one button of the empty room: something good without a word being typed."""
        model, medium = self.session.model, self.session.medium
        if model is None and self.session.looked:
            if medium == "picture":
                self.window.models.add_wanted.emit()
            else:
                self.window.see_models(medium)
            return
        if model is not None and starts_from_file(model.card):
            if sketch_input(model.card):
                self.studio.canvas.set_draw_mode(True)
            else:
                self.window.side.form.ask_for_file()
            return
        usual = samples.for_card(model.card) if model is not None else samples.for_task(welcome.HOPE)
        self.sample(self.studio.prompt.texts()[0] or usual[0])

    def sample(self, text: str) -> None:
        """Make something of these words, as soon as there is a model."""
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
            for job in self.queue.drafts:
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
            if job.progress and self._in_sight(job):
                self.studio.strip.count(job.progress, max(job.request.count, 1))

    def _work_of(self, job: Job) -> Work:
        return self.studio.work_for(job.model.card.medium if job.model is not None else self.session.medium)

    def _in_sight(self, job: Job) -> bool:
        return self._work_of(job) is self.studio.work

    def _begin(self, job: Job) -> None:
        self._shown = job
        self._work_of(job).begin(job.request)
        if self._in_sight(job):
            self.studio.strip.begin(int(job.request.settings.get("steps", 0)))

    def _preview(self, job: Job, sign: Sign) -> None:
        if job is not self._shown:
            return
        self._work_of(job).show_preview(sign)
        if isinstance(sign, Preview) and self._in_sight(job):
            self.studio.strip.add(sign)

    def _output(self, job: Job, output: Output) -> None:
        if not job.request.keep:
            if output.medium == "picture":
                self.studio.canvas.show_made_of_sketch(output.path)
            return
        state = self.session.state
        if output.seconds > 0:
            state.pace[job.request.model_id] = [output.seconds, machine.work(job.request.settings)]
        self.studio.work_for(output.medium).show_file(output.path)
        state.left(output.medium)["shown"] = output.path
        self.made.emit(output)
        self.session.keep()

    def _end(self, job: Job) -> None:
        if self._in_sight(job):
            self.studio.strip.end(job.state == "done")
        self._work_of(job).end(job.state == "done")
        if job.state == "failed":
            self.session.say(job.reason)
        self._shown = None
