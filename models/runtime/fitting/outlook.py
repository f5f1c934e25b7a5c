"""One job's outlook on memory: the plan that fits it, the next lower ones, and what it took in the end."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.planning import choice, memory, peaks, warm
from models.planning.machine import Machine
from models.planning.parts import Size
from models.planning.plan import NOTHING, Need, Peak, Plan
from models.planning.wish import Wish
from models.runtime import device
from models.runtime.fitting.measure import Meter
from models.runtime.fitting.plan import parts_in

# What ran out of memory took more than there was.
_MORE = 1.05


class Outlook:
    """For the model at `path`, whose files are as `stamp` has them, with a card's checked settings and a wish.

    A model without weights (a test's) needs no machine looked at, and so no torch.
    """

    def __init__(self, path: str, stamp: Hashable, settings: Mapping[str, Any], wish: Wish) -> None:
        self.parts = parts_in(path)
        self.size = Size.of(settings)
        self.wish = wish
        self._model = peaks.name(stamp)
        self._peaks = peaks.Peaks()
        self._meter = Meter()
        self._machine: Machine | None = None
        self._lowered = False
        self._before = 0

    @property
    def _known(self) -> bool:
        return any(part.parameters or part.bytes for part in self.parts)

    def begin(self) -> None:
        """From here on the memory that is taken is the job's."""
        self._meter.start()

    def reading(self) -> None:
        """From here on the memory that is taken is its model's."""
        self._before = device.in_use()

    def plan(self, held: Peak = NOTHING) -> Plan:
        """The plan, on the machine as it is without the models that wait, which hold so much: it comes before them.
        Raises BadInput where nothing fits."""
        if not self._known:
            return Plan()
        self._machine = self._free_of(held)
        return choice.decide(self.parts, self._machine, self.wish, self.size, self._peaks.correct(self._model))

    def suits(self, plan: Plan, held: Peak = NOTHING) -> bool:
        """Whether a warm model's plan is good for this job too; `held` is what all warm ones hold, itself as well."""
        if not self._known:
            return True
        self._machine = self._free_of(held)
        return choice.fits(self._told(plan), self._machine)

    def stay(self, plan: Plan, waiting: Sequence[Peak], limit: int | None) -> int:
        """How many of the models that wait, last used first, may stay beside it; after `plan` or `suits`."""
        machine = self._machine or Machine()  # of which nothing is known, so that all but the limit lets them stay
        return warm.stay(self._told(plan) if self._machine else plan, machine, waiting, limit)

    def holds(self, plan: Plan) -> Peak:
        """What its model, read in this job, holds while it waits for the next."""
        return warm.measured(warm.held(self.parts, plan), device.in_use() - self._before)

    def expects(self, plan: Plan) -> Peak:
        """The same, as far as it is known before the job has ended."""
        return warm.held(self.parts, plan)

    def _free_of(self, held: Peak) -> Machine:
        machine = device.detect()
        # What torch has set aside on the accelerator is free as well once they are gone.
        return warm.without(machine, replace(held, accelerator=Need(device.held())))

    def _told(self, plan: Plan) -> Plan:
        assert self._machine is not None
        peak = memory.predict(self.parts, self.size, self._machine, plan)
        return replace(plan, peak=self._peaks.correct(self._model)(plan, self.size, peak))

    def lower(self, plan: Plan) -> Plan | None:
        """The next plan below one that ran out of memory; None where nothing is left. Looks at no device: it is
        asked while the error still holds on to what there is."""
        self._lowered = True
        if not self._known or self._machine is None:
            return choice.lower(plan)
        self._record(plan, self._too_much(plan), ran_out=True)
        return choice.lower(plan, self.parts, self._machine, self.wish, self.size, self._peaks.correct(self._model))

    def end(self, plan: Plan, others: Peak = NOTHING) -> Peak:
        """The job is done under that plan: what it took at the highest, without what other models held meanwhile. It
        is remembered, but for a job of which plans failed: the highest moment was theirs."""
        found = self._meter.peak()
        accelerator = max(found.accelerator.total - others.accelerator.total, 0)
        measured = Peak(Need(0, accelerator), Need(0, max(found.ram.total - others.ram.total, 0)))
        if self._known and not self._lowered:
            self._record(plan, measured)
        return measured

    def _too_much(self, plan: Plan) -> Peak:
        """More than there was of the memory that is short."""
        assert self._machine is not None
        on = self._machine.as_processor() if plan.device == "cpu" else self._machine
        if on.one_memory:
            return Peak(ram=Need(0, max(int(on.room * _MORE), plan.peak.needed)))
        return Peak(Need(0, max(int(on.room * _MORE), plan.peak.accelerator.total)), plan.peak.ram)

    def _record(self, plan: Plan, measured: Peak, *, ran_out: bool = False) -> None:
        predicted = memory.predict(self.parts, self.size, self._machine or Machine(), plan)
        self._peaks.record(self._model, plan, self.size, measured, predicted, ran_out=ran_out)
