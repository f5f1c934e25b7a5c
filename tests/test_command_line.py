"""The command line, run as people and programs run it: `python main.py ...` in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from models.outputs import read
from models.outputs.library import Library
from tests.tiny import name_it

ROOT = Path(__file__).resolve().parent.parent
PROMPT = "a red sailboat on a calm sea at sunset"


def run(*words: str | Path, cwd: Path = ROOT, prefix: tuple[str, ...] = (), **options: Any) -> Any:
    command = [*prefix, sys.executable, str(ROOT / "main.py"), *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=150, **options)


def events(done: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith((".\n", "`.\n")) and "Traceback" not in text and "Error:" not in text


@pytest.fixture(scope="session")
def tiny(tiny_stable_diffusion: Path) -> Path:
    return tiny_stable_diffusion


@pytest.fixture(scope="session")
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str, Path]:
    """Two pictures from seed 5, as events, with what stood on stderr and the home that they lie in."""
    home = tmp_path_factory.mktemp("made")
    done = run(
        "generate", tiny, "--prompt", PROMPT, "--set", "steps=4", "--set", "guidance-scale=5",
        "--seed", "5", "--count", "2", "--out", home / "out", "--json",
        env=os.environ | {"EVERYFORM_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return events(done), done.stderr, home


# ── generate ──────────────────────────────────────────────────────────────────


def test_every_event_is_a_line_and_the_files_hold_their_settings(made: tuple[list[dict[str, Any]], str, Path]) -> None:
    told, errors, home = made
    assert errors == ""
    kinds = [event["event"] for event in told]
    assert kinds[0] == "loading" and kinds[-1] == "output" and kinds.count("output") == 2
    progress = [event for event in told if event["event"] == "progress"]
    assert {event["total"] for event in progress} == {8} and progress[-1]["step"] == 8
    assert [e["step"] for e in progress] == sorted(e["step"] for e in progress)
    assert all(event["elapsed_s"] >= 0 for event in progress)
    assert all(e["width"] > 0 and e["height"] > 0 for e in told if e["event"] == "preview")
    for item, output in enumerate(event for event in told if event["event"] == "output"):
        assert output["medium"] == "picture" and output["seconds"] > 0
        path = Path(output["path"])
        assert path.parent == home / "out" and path.name.endswith(
            f"-{5 + item}-a-red-sailboat-on-a-calm-sea-at-sunset.png"
        )
        with Image.open(path) as image:
            image.load()
            assert image.size == (128, 128)
        found = read.read_settings(path)
        assert found is not None and found["seed"] == 5 + item and found["prompt"] == PROMPT
        assert {name: found[name] for name in output["settings"]} == output["settings"]
        assert found["settings"]["steps"] == 4 and found["settings"]["guidance_scale"] == 5


def test_what_was_made_is_in_the_library(made: tuple[list[dict[str, Any]], str, Path]) -> None:
    told, _, home = made
    items = Library(home / "library.sqlite3").items()
    assert sorted(item.path for item in items) == sorted(e["path"] for e in told if e["event"] == "output")
    assert all(item.seconds > 0 and item.prompt == PROMPT and item.width == 128 for item in items)


def test_the_same_seed_gives_the_same_bytes_and_only_the_path_is_printed(
    made: tuple[list[dict[str, Any]], str, Path], tiny: Path, tmp_path: Path
) -> None:
    """Alone, and as the second of two, in another process and another folder."""
    done = run(
        "generate", tiny, "--prompt", PROMPT, "--set", "steps=4", "--set", "guidance_scale=5",
        "--seed", "6", "--out", "pictures", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == ""
    path = Path(done.stdout.rstrip("\n"))
    second = Path([e for e in made[0] if e["event"] == "output"][1]["path"])
    assert path.parent == tmp_path / "pictures" and path.name == second.name
    assert path.read_bytes() == second.read_bytes()


def test_inputs_choose_the_task_and_formats_are_written(
    made: tuple[list[dict[str, Any]], str, Path], tiny: Path, tmp_path: Path
) -> None:
    start = Path(next(e for e in made[0] if e["event"] == "output")["path"])
    mask = tmp_path / "mask=white.png"
    Image.new("L", (128, 128), 255).save(mask)
    done = run(
        "generate", tiny, "--prompt", "snow", "--set", "steps=3", "--set", "strength=0.7", "--seed", "1",
        "--input", f"mask={mask}", "--input", start, "--format", "jpeg", "--json", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    output = events(done)[-1]
    assert output["settings"]["task"] == "inpaint"
    assert output["settings"]["inputs"] == {"picture": str(start), "mask": str(mask)}
    with Image.open(output["path"]) as image:
        assert image.format == "JPEG"
    found = read.read_settings(output["path"])
    assert found is not None and found["settings"]["strength"] == 0.7


@contextlib.contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ROOT / "main.py"), *map(str, words)]
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate(timeout=30)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent in another way there")
def test_control_c_ends_it_cleanly(tiny: Path, tmp_path: Path) -> None:
    words = ("generate", tiny, "--prompt", PROMPT, "--count", "64", "--set", "steps=150", "--json", "--out", tmp_path)
    with started(*words) as child:
        assert child.stdout is not None and child.stderr is not None
        for line in child.stdout:
            if json.loads(line)["event"] == "progress":
                break
        family = psutil.Process(child.pid).children(recursive=True)
        assert family  # the engine
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        began = time.monotonic()
        rest = child.stdout.read().splitlines()
        assert child.wait(30) == 130
        assert time.monotonic() - began < 10
        assert json.loads(rest[-1]) == {"event": "cancelled"}
        assert child.stderr.read() == "Stopped.\n"
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_engine_is_a_sentence(tiny: Path, tmp_path: Path) -> None:
    words = ("generate", tiny, "--prompt", PROMPT, "--count", "64", "--set", "steps=150", "--json", "--out", tmp_path)
    with started(*words) as child:
        assert child.stdout is not None and child.stderr is not None
        while not json.loads(child.stdout.readline())["stage"].startswith("Reading"):
            pass
        for process in psutil.Process(child.pid).children(recursive=True):
            if "resource_tracker" not in " ".join(process.cmdline()):
                process.kill()
        rest = child.stdout.read().splitlines()
        assert child.wait(30) == 1
        last = json.loads(rest[-1])
        assert last["event"] == "failed" and last["reason"].startswith("The engine was killed")
        assert one_sentence(child.stderr.read())


# ── bad input: exit 2, one sentence, before anything heavy ────────────────────


def refused(*words: str | Path, **options: Any) -> str:
    """The sentence. Quickly: nothing heavy may have been started for it."""
    done = run(*words, **options)
    assert done.returncode == 2, done.stderr
    assert one_sentence(done.stderr), done.stderr
    if "--json" in words:
        (failed,) = events(done)
        assert failed == {"event": "failed", "reason": done.stderr.rstrip("\n")}
    else:
        assert done.stdout == ""
    return done.stderr


def test_bad_input_names_the_valid_choices(tiny: Path, tmp_path: Path) -> None:
    home = Path(os.environ["EVERYFORM_HOME"])
    home.mkdir()
    entry = {"id": "tiny", "path": str(tiny)}
    (home / "models.json").write_text(json.dumps({"everyform_models": 1, "models": [entry]}))
    assert "tiny" in refused("generate", "tinny", "--prompt", "x", "--json")
    assert refused("generate", "tiny", "--set", "steps=0", "--json") == "steps is 0, but must be from 1 to 150.\n"
    assert "multiple of 8" in refused("generate", "tiny", "--set", "width=129")
    assert "it has" in refused("generate", "tiny", "--set", "colour=red") and "NAME=VALUE" in refused(
        "generate", "tiny", "--set", "steps"
    )
    assert "DPM++ 2M Karras" in refused("generate", "tiny", "--set", "scheduler=magic")
    assert "from 0 to 4294967295" in refused("generate", "tiny", "--seed", "-1")
    assert "from 1 to 64" in refused("generate", "tiny", "--count", "many")
    assert "png, jpeg or webp" in refused("generate", "tiny", "--format", "gif")
    assert "text-to-picture, picture-to-picture or inpaint" in refused("generate", "tiny", "--task", "fly")
    assert "picture=FILE" in refused("generate", "tiny", "--task", "inpaint")
    (tmp_path / "no picture.png").write_text("text")
    assert "use PNG, JPEG" in refused("generate", "tiny", "--input", tmp_path / "no picture.png")
    assert "no file" in refused("generate", "tiny", "--input", tmp_path / "missing.png", "--json")
    assert "takes only 2" in refused("generate", "tiny", *["--input", "a.png"] * 3)
    assert "20,000" in refused("generate", "tiny", "--prompt", "x" * 20_001)
    assert "choose generate, compare, batch, prompt, models, info, doctor, selftest or menu-entry" in refused("paint")
    assert "MODEL" in refused("generate")


def test_a_folder_that_takes_nothing_is_told_before_the_model_is_read(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "choose a folder" in refused("generate", tiny, "--out", tmp_path / "file", "--json")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    # Root may write anywhere, unless it gives that right away.
    prefix = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()
    if not prefix or shutil.which("setpriv"):
        assert "is read-only: choose a folder" in refused("generate", tiny, "--out", locked, prefix=prefix)
    assert list(locked.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_is_told_before_the_model_is_read(tiny: Path, tmp_path: Path) -> None:
    import resource

    def full() -> None:  # the kernel refuses every byte past the first thousand, as a full disk does
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    said = refused("generate", tiny, "--out", tmp_path / "full", preexec_fn=full)
    assert "There is no room left" in said and list((tmp_path / "full").iterdir()) == []


# ── models ────────────────────────────────────────────────────────────────────


def test_models_are_added_listed_shown_verified_and_removed(tiny: Path, tmp_path: Path) -> None:
    mine = tmp_path / "My Scenes"
    shutil.copytree(tiny, mine)
    name_it(mine, name="My scenes", licence="Apache-2.0")
    added = json.loads(run("models", "add", mine, "--json").stdout)
    assert added["id"] == "my-scenes"
    row = next(m for m in json.loads(run("models", "list", "--json").stdout) if m["id"] == "my-scenes")
    assert row["name"] == "My scenes" and row["licence"] == "Apache-2.0" and row["starter"] is False
    assert row["architecture"] == "latent-diffusion" and row["family"] == "diffusion" and row["medium"] == "picture"
    assert row["tasks"] == ["text-to-picture", "picture-to-picture", "inpaint"] and row["path"] == str(mine)
    assert row["size_bytes"] == sum(p.stat().st_size for p in mine.rglob("*") if p.is_file())
    for key in ("my-scenes", str(mine)):
        shown = json.loads(run("models", "show", key, "--json").stdout)
        assert row.items() <= shown.items()
        fields = {"name", "type", "default", "minimum", "maximum", "choices", "unit", "help", "advanced"}
        assert all(fields <= set(parameter) for parameter in shown["parameters"])
        steps = next(p for p in shown["parameters"] if p["name"] == "steps")
        assert steps["type"] == "int" and steps["minimum"] == 1
        assert [(i["name"], i["medium"]) for i in shown["inputs"]] == [("picture", "picture"), ("mask", "picture")]
    assert "guidance_scale" in run("models", "show", "my-scenes").stdout
    done = run("models", "verify", "my-scenes", "--json")
    assert done.returncode == 0 and {e["ok"] for e in events(done)} == {True} and len(events(done)) == 3
    weights = mine / "vae" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 255
    weights.write_bytes(data)
    done = run("models", "verify", "my-scenes")
    assert done.returncode == 1 and "BROKEN" in done.stdout and done.stderr == "1 file is not as recorded.\n"
    done = run("models", "remove", "my-scenes")
    assert done.returncode == 0 and weights.is_file()
    assert "my-scenes" not in run("models", "list").stdout
    assert "There is no added model" in refused("models", "remove", "my-scenes")


def test_pickles_and_code_are_refused(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x80\x04.")
    assert "fetch the model as .safetensors" in refused("models", "add", tmp_path / "model.bin")
    (tmp_path / "model.ckpt").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    assert "wants to run os.system" in refused("models", "add", tmp_path / "model.ckpt")
    hostile = tmp_path / "hostile"
    shutil.copytree(tiny, hostile)
    (hostile / "pipeline.py").write_text("raise SystemExit('it ran')")
    assert "program code" in refused("generate", hostile, "--prompt", "x", "--json")


def test_listing_and_showing_load_nothing_heavy_and_start_nothing(tiny: Path) -> None:
    code = (
        "import sys, main\n"
        f"code = main.main(['models', 'show', {str(tiny)!r}]) or main.main(['models', 'list'])\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'PySide6', 'models.engine', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_early_is_no_error(tiny: Path) -> None:
    with started("models", "show", tiny, "--json") as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        assert child.wait(30) == 1 and child.stderr.read() == ""
        child.stdout = None


# ── info and doctor ───────────────────────────────────────────────────────────


def test_info_tells_how_a_file_was_made(made: tuple[list[dict[str, Any]], str, Path], tmp_path: Path) -> None:
    output = made[0][-1]
    told = json.loads(run("info", output["path"], "--json").stdout)
    assert told["settings"] == output["settings"] and told["source"] == "everyform"
    assert (told["width"], told["height"], told["medium"]) == (128, 128, "picture")
    assert PROMPT in run("info", output["path"]).stdout
    Image.new("RGB", (9, 7)).save(tmp_path / "plain.png")
    done = run("info", tmp_path / "plain.png", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["settings"] is None
    assert "use PNG" in refused("info", ROOT / "main.py")
    assert "no file" in refused("info", tmp_path / "missing.png")


def test_doctor_tells_what_is_here_and_what_is_missing(home: Path) -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["versions"]["torch"].startswith("2.13.0")
    assert report["devices"][0]["in_use"] and report["devices"][0]["memory_bytes"] > 10**8
    assert {f["name"]: f["path"] for f in report["folders"]} == {
        "settings": str(home),
        "outputs": str(home / "outputs"),
    }
    assert all(folder["writable"] and folder["free_bytes"] > 0 for folder in report["folders"])
    assert report["screen"]["works"] in (True, False) and "latent-diffusion" in report["models"]["architectures"]
    assert report["sound"]["works"] is True or report["sound"]["reason"] in " ".join(report["missing"])
    assert not home.exists(), "it only looks"


def test_doctor_tells_of_a_folder_that_takes_nothing(home: Path) -> None:
    home.write_text("a file where the folder should be")
    report = json.loads(run("doctor", "--json").stdout)
    assert not any(folder["writable"] for folder in report["folders"])
    assert all(folder["reason"] in report["missing"] and str(home) in folder["reason"] for folder in report["folders"])


# ── without a screen ──────────────────────────────────────────────────────────


def test_without_a_screen_one_output_is_made_for_each_medium(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of `main.py` without words, with a starter of random weights in place of the shipped ones."""
    starter = tmp_path / "resources" / "starter" / "scenes"
    shutil.copytree(tiny, starter)
    name_it(starter, name="Scenes", defaults={"steps": 3})
    code = (
        "import sys\n"
        "if __name__ == '__main__':\n"
        f"    sys.path.insert(0, {str(ROOT)!r})\n"
        f"    sys._MEIPASS = {str(tmp_path)!r}\n"
        "    import main\n"
        "    sys.exit(main.main([]))"
    )
    (tmp_path / "start.py").write_text(code)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run(
        [sys.executable, "start.py"], cwd=tmp_path, capture_output=True, text=True, timeout=150,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "There is no screen here" in done.stderr and "main.py generate" in done.stderr
    (path,) = done.stdout.splitlines()
    assert Path(path).parent == tmp_path / "outputs" and read.picture_size(path)[0] >= 128
