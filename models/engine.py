"""The child process that generates: it says what it can run, then serves one job at a time until its parent is gone."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

from models import folders, halfway, trace
from models.emitter import Emitter
from models.engine_process import DEVICE_LOST
from models.failures import device_lost, explain, out_of_memory
from models.generation import Generation
from models.offline import OFFLINE
from models.planning.plan import Need, Peak
from models.planning.warm import without
from models.protocol import (
    Add,
    BadInput,
    Cancel,
    Cancelled,
    Done,
    Event,
    Found,
    Hello,
    JobCancelled,
    Keep,
    Machine,
    ModelInfo,
    Order,
    Quit,
    Report,
    Rescan,
    Run,
    Unload,
)
from models.registry import Registry
from models.runtime import device
from models.runtime.fitting import offload_files
from models.runtime.fitting.slot import Slots
from models.store.store import Store

# Who has not asked for anything this long after the start is reading, or writing a prompt.
IDLE_S = 1.0
# So often an idle engine looks whether other programs want the memory of models that it keeps ready.
WATCH_S = 5.0

# Libraries talk to whoever reads a terminal; here that is a person with a window, or a program that reads JSON.
_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


def serve(orders: Connection, reports: Connection, package: str) -> None:
    """The child's main: never returns. `orders` and `reports` are its ends of two one-way pipes."""
    _settle_in()
    inbox = Inbox(orders)
    threading.Thread(target=inbox.read, name="orders", daemon=True).start()
    engine = Engine(inbox, reports, package)
    engine.run()
    # Threads of libraries may still run, and tidying up after them is what crashes; nothing here is left to save.
    os._exit(0)


class Inbox:
    """Orders as they arrive, read by a thread of its own, so that a stop is seen in the middle of a computation.

    The end of the pipe means that the parent is gone: then this process ends on the spot, whatever it is doing.
    """

    def __init__(self, orders: Connection) -> None:
        self._orders = orders
        self._waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._quitting = False

    def read(self) -> None:
        try:
            while True:
                order = self._orders.recv()
                if isinstance(order, Cancel):
                    self._cancelled.add(order.job)
                    continue
                self._quitting = self._quitting or isinstance(order, Quit)
                self._waiting.put(order)
        except BaseException:  # end of file, or a pipe that is not to be trusted any more
            os._exit(0)

    def next(self, timeout_s: float | None = None) -> Order | None:
        """The oldest order; None where none came in time."""
        try:
            return self._waiting.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def stopped(self, job: int) -> bool:
        return self._quitting or job in self._cancelled

    @property
    def quitting(self) -> bool:
        """Whether this engine is to end."""
        return self._quitting

    def forget(self, job: int) -> None:
        self._cancelled.discard(job)


class Engine:
    """Registry, loaded models and pipe, and the loop over them. Everything here runs on the child's main thread."""

    def __init__(self, inbox: Inbox, reports: Connection, package: str) -> None:
        self._inbox = inbox
        self._reports = reports
        self._registry = Registry(package)
        self._slots = Slots()
        self._knows_device = False
        self._models: tuple[ModelInfo, ...] = ()

    def run(self) -> None:
        """Serve until Quit."""
        self._say_hello()
        idle_s: float | None = IDLE_S
        fresh = True
        while True:
            order = self._inbox.next(idle_s)
            if order is None and fresh:
                self._prepare()
            elif order is None:
                self._slots.make_way(*device.ram())
            elif isinstance(order, Run):
                self._job(order)
            elif isinstance(order, Rescan):
                self._say_hello()
            elif isinstance(order, Add):
                self._add(order.path)
            elif isinstance(order, Unload):
                self._slots.clear()
            elif isinstance(order, Keep):
                self._slots.keep_within(order.limit)
            elif isinstance(order, Quit):
                return
            fresh = False
            idle_s = WATCH_S if len(self._slots.keys) > 1 else None

    def _prepare(self) -> None:
        """Let the first model's family import its libraries while nobody waits: seconds off the first picture."""
        for model in self._models:
            prepare = getattr(self._registry.families[model.card.architecture], "prepare", None)
            if prepare is not None and not model.missing:
                try:
                    prepare()
                except Exception as error:  # whoever wants a picture will be told
                    trace.keep(error, f"preparing for {model.path}")
                break
        offload_files.sweep()
        self._tell_device()

    def _tell_device(self) -> None:
        """Torch knows the accelerator, and it is here since a family has imported it: say so, once."""
        if not self._knows_device and "torch" in sys.modules:
            self._say_hello()

    def _say_hello(self, refused: str = "") -> None:
        problems: tuple[str, ...] = ()
        found: tuple[Found, ...] = ()
        self._knows_device = "torch" in sys.modules
        try:
            store = Store(self._registry.recognise)
            shelf = store.look()
            self._models, found = tuple(shelf.models), tuple(shelf.found)
            problems = (*self._registry.problems, *store.problems)
        except Exception as error:  # without its models an engine is still worth more than none
            trace.keep(error, "looking for models")
            self._models = ()
            problems = (f"The models could not be looked at ({type(error).__name__}: {error}).",)
        machine = device.seen()
        if machine is not None and machine.memory:  # what loaded models hold is given back to whoever needs it
            machine = without(machine, Peak(Need(device.held())))
        self._send(Hello(self._models, device_in_words(machine), problems, refused, machine, found))

    def _add(self, path: str) -> None:
        try:
            Store(self._registry.recognise).add(path)
        except (BadInput, OSError) as error:
            self._say_hello(str(error))
        else:
            self._say_hello()

    def _send(self, message: Hello | Report) -> None:
        try:
            self._reports.send(message)
        except OSError:  # nobody listens any more
            os._exit(0)

    def _job(self, run: Run) -> None:
        job, request = run.job, run.request
        began = time.monotonic()

        def send(event: Event) -> None:
            self._send(Report(job, event))

        emit = Emitter(send, lambda: self._inbox.stopped(job), request.count)
        name = next((model.name for model in self._models if model.path == request.model_path), "")
        generation = Generation(request, self._registry, self._slots, emit, name, run.first, run.halfway)
        word: Event = Done()
        short_of_memory = False
        try:
            generation.run()
        except JobCancelled:
            word = Cancelled()
        except Exception as error:
            if not isinstance(error, BadInput):
                trace.keep(error, f"{generation.doing} {request.model_path}")
            if device_lost(error):
                os._exit(DEVICE_LOST)  # without a last word: the parent tries what is left of it in another engine
            folder = request.out or str(folders.outputs())
            word = explain(error, generation.doing, model=generation.name, folder=folder)
            short_of_memory = out_of_memory(error)
        else:
            word = Done(time.monotonic() - began, generation.peak)
        # Only out here is the error gone, and with it the frames that held on to its memory.
        if short_of_memory:
            self._slots.clear()
        if not self._inbox.quitting:  # a window that closes is no word on the job: it waits for the next one
            halfway.forget(run.halfway)
        emit.last(word)
        self._inbox.forget(job)
        self._tell_device()


def device_in_words(machine: Machine | None) -> str:
    """What this machine computes with. Before a family has imported torch, that is the processor."""
    if machine is not None:
        return machine.sentence()
    total, free = device.ram()
    return Machine(cores=device.cores(), ram=total, ram_free=free).sentence()


def _settle_in() -> None:
    """What must hold before anything else is imported or printed."""
    os.environ.update(OFFLINE)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    # A lock that a library makes (tqdm does) would be a file in shared memory that outlives a kill; made as for a fork,
    # it has no name. Nothing forks here: this process may have no children at all.
    if "fork" in multiprocessing.get_all_start_methods():
        multiprocessing.set_start_method("fork", force=True)
    # Ctrl+C in a terminal reaches every process of it; what it means is the parent's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not end up between the lines of a command that prints JSON.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        # A line at a time, because this process ends without emptying what it still holds.
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    trace.begin()
