"""One job's outlook on memory: the plan that fits it, the next lower ones, and what it took in the end."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from models.planning import choice, memory, peaks
from models.planning.machine import Machine
from models.planning.parts import Size
from models.planning.plan import Need, Peak, Plan
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

    @property
    def _known(self) -> bool:
        return any(part.parameters or part.bytes for part in self.parts)

    def begin(self) -> None:
        """From here on the memory that is taken is the job's."""
        self._meter.start()

    def plan(self) -> Plan:
        """The plan, on the machine as it is now. Raises BadInput where nothing fits."""
        if not self._known:
            return Plan()
        self._machine = device.detect()
        return choice.decide(self.parts, self._machine, self.wish, self.size, self._peaks.correct(self._model))

    def suits(self, plan: Plan) -> bool:
        """Whether a warm model's plan is good for this job too: what it holds counts as free."""
        if not self._known:
            return True
        machine = device.detect()
        self._machine = replace(machine, memory_free=machine.memory_free + device.held())
        peak = memory.predict(self.parts, self.size, self._machine, plan)
        told = replace(plan, peak=self._peaks.correct(self._model)(plan, self.size, peak))
        return choice.fits(told, self._machine)

    def lower(self, plan: Plan) -> Plan | None:
        """The next plan below one that ran out of memory; None where nothing is left. Looks at no device: it is
        asked while the error still holds on to what there is."""
        self._lowered = True
        if not self._known or self._machine is None:
            return choice.lower(plan)
        self._record(plan, self._too_much(plan), ran_out=True)
        return choice.lower(plan, self.parts, self._machine, self.wish, self.size, self._peaks.correct(self._model))

    def end(self, plan: Plan | None) -> None:
        """The job is done under that plan: remember what it took. After plans that failed, the highest moment was
        theirs."""
        if plan is not None and self._known and not self._lowered:
            self._record(plan, self._meter.peak())

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
