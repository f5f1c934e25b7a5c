"""How a model is to run: what can be chosen, what the window says becomes of it, and what it remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop import machine, settings
from desktop.app import Everyform
from desktop.machine import Memory
from desktop.wishing import AS_FITS, AUTOMATIC, Wishing
from models.families.diffusion.latent_diffusion import CARD
from models.planning.choice import decide
from models.planning.ladder import offers
from models.planning.machine import GIB, Machine
from models.planning.parts import Size
from models.planning.plan import Need, Peak, Plan
from models.planning.wish import PARAMETERS, Wish
from models.protocol import BadInput, ModelInfo
from tests.desktop.program import PATIENCE_MS, ended, set_steps
from tests.models.planning.machines import KNOWN, MACHINES, card, processor


def known_model(known: str) -> ModelInfo:
    return ModelInfo(known, known, f"/models/{known}", 5 * GIB, "", False, CARD, parts=KNOWN[known])


@pytest.fixture
def wishing(qtbot: QtBot) -> Wishing:
    wishing = Wishing()
    qtbot.addWidget(wishing)
    wishing.resize(300, 900)
    wishing.show()
    return wishing


# ── the section ───────────────────────────────────────────────────────────────


def test_it_is_one_line_until_it_is_opened(wishing: Wishing, qtbot: QtBot) -> None:
    wishing.say_plan("Float32 on the processor", ("A reason.",), "float32, 5.6 GB")
    assert wishing.fold.told == "float32, 5.6 GB"
    assert not wishing.plan.isVisible() and not wishing.heading.isVisible()
    qtbot.mouseClick(wishing.fold, Qt.MouseButton.LeftButton)
    assert wishing.plan.isVisible() and wishing.heading.isVisible() and "A reason." in wishing.why.text()
    assert not wishing.fields, "nothing of it is made before it is wanted"
    qtbot.mouseClick(wishing.by_hand, Qt.MouseButton.LeftButton)
    assert wishing.kept is not None and wishing.kept.isVisible()


def test_only_what_differs_is_a_wish(wishing: Wishing, qtbot: QtBot) -> None:
    assert wishing.wish() == {}
    wishing.fold.click()
    with qtbot.waitSignal(wishing.changed):
        qtbot.mouseClick(wishing.plan.segments.button(2), Qt.MouseButton.LeftButton)
    assert wishing.wish() == {"plan": "small"}
    wanted = {"plan": "fast", "quantize": "int8", "offload": "model"}
    with qtbot.assertNotEmitted(wishing.changed, wait=20):
        wishing.set_wish(wanted)
    assert wishing.wish() == wanted
    assert wishing.by_hand.told == "int8, one network at a time"
    wishing.by_hand.click()
    assert {name: field.value() for name, field in wishing.fields.items() if field.value()} == {
        "quantize": "int8",
        "offload": "model",
    }
    box = wishing.fields["quantize"].box
    with qtbot.waitSignal(wishing.changed):
        box.setCurrentIndex(0)
        box.activated.emit(0)
    assert wishing.wish() == {"plan": "fast", "offload": "model"}
    wishing.set_wish({})
    assert wishing.wish() == {} and wishing.by_hand.told == ""


def test_what_cannot_be_had_here_is_not_offered(wishing: Wishing, qtbot: QtBot) -> None:
    wishing.fold.click()
    wishing.by_hand.click()
    wishing.set_wish({"quantize": "bnb-nf4"})  # from a machine that has it
    wishing.offer(offers(KNOWN["SD 1.5"], processor(16), Wish()))
    assert not wishing.fields["device"].isVisible(), "there is one alone"
    assert not wishing.fields["cache"].isVisible()
    box = wishing.fields["dtype"].box
    assert [box.itemText(at) for at in range(box.count())] == [AUTOMATIC, "Float32", "Bfloat16"]
    shorter = wishing.fields["quantize"]
    assert shorter.value() == "bnb-nf4" and shorter.isVisible()
    assert wishing.wish() == {"quantize": "bnb-nf4"}, "it stays to be seen, and taken back"
    wishing.offer(offers(KNOWN["Flux dev"], card(24), Wish()))
    assert wishing.fields["device"].isVisible() and wishing.fields["cache"].isVisible()


@pytest.mark.parametrize("on", MACHINES)
@pytest.mark.parametrize("known", ["SD 1.5", "Flux dev", "Llama 8B"])
def test_whatever_is_offered_can_be_planned(on: str, known: str) -> None:
    """It fits or it does not; nothing that is offered is refused as such."""
    names = {wanted.name: wanted.choices for wanted in PARAMETERS}
    for name, choices in offers(KNOWN[known], MACHINES[on], Wish()).items():
        assert set(choices) <= set(names[name])
        for choice in choices:
            try:
                decide(KNOWN[known], MACHINES[on], Wish.of({name: choice}), Size())
            except BadInput as error:
                assert "too large for this machine" in str(error), (name, choice)


# ── what is said of it ────────────────────────────────────────────────────────


def test_the_plan_is_told_with_its_peak_and_its_reasons() -> None:
    told = machine.outlook(known_model("Flux dev"), card(24), {}, {"width": 512, "height": 512}, 41.0)
    assert not told.warns and "squeezed" in told.sentence and "takes about 41 s" in told.sentence
    assert told.heading.startswith("Bfloat16 on the graphics card, int8 weights")
    assert any("because as it is it would take 32 GB and 22 GB can be had" in reason for reason in told.reasons)
    assert told.short == "int8 weights, 17 GB"
    small = machine.outlook(known_model("Flux dev"), card(24), {"plan": "small"}, {})
    assert "a small plan takes the least" in " ".join(small.reasons)
    by_hand = machine.outlook(known_model("SD 1.5"), card(24), {"device": "cpu"}, {})
    assert by_hand.heading.startswith("Float32 on the processor")


def test_what_does_not_fit_and_what_cannot_be_warns() -> None:
    told = machine.outlook(known_model("Wan 14B"), card(4), {}, {})
    assert told.warns and "too large" in told.sentence and told.short == "does not fit"
    told = machine.outlook(known_model("SD 1.5"), processor(16), {"device": "cuda"}, {})
    assert told.warns and "There is no cuda on this machine" in told.sentence
    lacks = replace(known_model("SD 1.5"), missing="its text encoder")
    assert machine.outlook(lacks, card(24), {}, {}).warns


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    assert machine.outlook(known_model("SD 1.5"), None, {}, {}).reasons == (machine.NOT_SEEN,)
    bare = replace(known_model("SD 1.5"), parts=())
    told = machine.outlook(bare, card(8), {}, {})
    assert (told.sentence, told.heading, told.reasons) == ("", "", (machine.UNKNOWN,))


def test_what_the_engine_holds_counts_as_free() -> None:
    known = processor(24)
    before = machine.as_it_is(known, Memory(0, 16 * GIB, known.ram, known.base))
    warm = machine.as_it_is(known, Memory(0, 10 * GIB, known.ram, known.base + 6 * GIB))
    assert before is not None and warm is not None and before.ram_room == warm.ram_room
    # In a container, the system tells here of another machine's memory.
    inside = machine.as_it_is(known, Memory(0, 90 * GIB, 100 * GIB, 0))
    assert inside is not None and inside.ram_free == known.ram_free
    assert machine.as_it_is(None, Memory(0, 1, 2)) is None


@pytest.mark.parametrize("one", [card(8), processor(16, bf16=True), Machine()])
def test_a_machine_is_remembered_as_it_was(one: Machine) -> None:
    import json

    assert machine.from_state(json.loads(json.dumps(machine.to_state(one)))) == one
    assert machine.from_state({}) is None
    assert machine.from_state({**machine.to_state(one), "ram": "much"}) is None


def test_the_gauge_has_the_plan_and_what_it_took() -> None:
    now = Memory(3 * GIB, 21 * GIB, 24 * GIB)
    assert machine.in_header("", now) == "CPU · 3.0 of 24 GB"
    assert machine.in_header("", now, Plan()) == "CPU fp32 · 3.0 of 24 GB"
    peak = Peak(Need(0, 7 * GIB), Need(0, 2 * GIB))
    plan = Plan("cuda", "bfloat16", quantization="int8", quantized=("unet",))
    assert machine.in_header("NVIDIA H200, 140 GB", now, plan, peak) == "NVIDIA H200 bf16 · peak 7.0 GB · 3.0 of 24 GB"
    told = machine.in_full("SDXL", plan, peak)
    assert told.startswith("SDXL ran in bfloat16 on the graphics card, int8 weights. The last time it took 7.0 GB of")


# ── the whole program ─────────────────────────────────────────────────────────


def test_a_wish_goes_with_the_request_and_is_remembered(
    program: Everyform, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    wishing = program.window.side.form.wishing
    wishing.fold.click()
    wishing.plan.segments.button(2).click()
    set_steps(program, 2, 1)
    program.making.generate()
    (job,) = ended(program, qtbot)
    assert dict(job.request.wish) == {"plan": "small"}
    assert job.plan is not None and job.peak is not None
    program.window.close()
    assert settings.load().wishes == {"counter": {"plan": "small"}}
    again = open_window()
    wishing = again.window.side.form.wishing
    assert wishing.plan.value() == "small" and wishing.fold.isChecked()
    assert again.session.wish_for("counter") == {"plan": "small"}
    again.session.state.wishes["counter"] = {"plan": "huge"}
    assert again.session.wish_for("counter") == {}


def test_the_header_tells_the_peak_after_a_job(program: Everyform, qtbot: QtBot) -> None:
    set_steps(program, 2, 1)
    program.making.generate()
    ended(program, qtbot)
    chip = program.window.header.machine
    qtbot.waitUntil(lambda: "peak" in chip.text(), timeout=PATIENCE_MS)
    assert chip.text().startswith("CPU fp32 · peak ")
    assert chip.toolTip().startswith("Counter ran in float32 on the processor. The last time it took ")
    assert "The last time it took" in program.window.side.form.wishing.measured.text()


def test_the_verdict_follows_the_settings(program: Everyform, qtbot: QtBot) -> None:
    session, form = program.session, program.window.side.form
    session.machine = replace(card(8), ram=machine.memory().total)
    session.models = (*session.models, known_model("SDXL"))
    session.choose(session.models[-1])
    qtbot.waitUntil(lambda: "graphics card" in form.wishing.heading.text(), timeout=PATIENCE_MS)
    before = form.wishing.fold.told
    form.wishing.plan.segments.button(2).click()
    qtbot.waitUntil(lambda: form.wishing.fold.told not in ("", before), timeout=PATIENCE_MS)
    assert "a small plan takes the least" in form.wishing.why.text()
    assert form.fit.isVisibleTo(form) and form.fit.text()


def test_what_models_may_hold_is_told_to_the_engine_and_kept(
    program: Everyform, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int | None] = []
    monkeypatch.setattr(program.worker, "keep_ready", told.append)
    wishing = program.window.side.form.wishing
    wishing.by_hand.click()
    assert wishing.kept is not None
    box = wishing.kept.box
    for text, limit in (("The last one", 0), ("8 GB of them", 8 * GIB), ("As many as fit", None)):
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())
        assert told[-1] == limit
        assert program.session.gather().keep_ready == (AS_FITS if limit is None else limit)
