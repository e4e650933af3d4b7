"""A method run by the dashboard: which are offered, its limit, its end, what it may say."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from harness import plugins
from harness.errors import HarnessError
from harness.plugins import build_registry
from harness_dashboard.trying import Job, Outcome, choices, command_line, start

SLEEPER = """
import subprocess, sys, time
from pathlib import Path
from harness import MethodSpec, hookimpl

class Sleeper:
    def __init__(self, setup):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(__file__).with_name("child").write_text(str(child.pid))
        time.sleep(600)

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("sleeper", ("inpaint",), "sleeper:Sleeper", "1", "sleeps", "MIT"))
"""
KINDS = """
from harness import MethodSpec, WeightsSpec, hookimpl

@hookimpl
def harness_register_methods(register):
    def add(name, **more):
        register(MethodSpec(name, ("inpaint",), "harness_kinds:Kind", "1", "s", "MIT", **more))
    add("timing-only", weights=(WeightsSpec("random", "random", "MIT", "drawn"),))
    add("needs-words", needs=frozenset({"image", "mask", "prompt"}))
    add("editor", roles=("region",))
    register(MethodSpec("gone", ("inpaint",), "harness_nowhere.method:Gone", "1", "s", "MIT"))
    register(MethodSpec("judge", ("assess",), "harness_kinds:Kind", "1", "s", "MIT"))
"""


@pytest.fixture
def picture() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    hole = np.zeros((24, 32), bool)
    hole[8:14, 10:20] = True
    return rng.integers(0, 256, (24, 32, 3), dtype=np.uint8), hole


def ended(job: Job) -> Outcome:
    end = time.monotonic() + 120
    while job.outcome is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    return job.outcome


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_only_what_can_run_here_is_offered_and_random_weights_never(
    with_plugin: Callable[[str, str, Mapping[str, str]], None],
) -> None:
    with_plugin("harness_kinds", KINDS, {})
    found, absent = choices(build_registry())
    assert {"telea", "mean"} <= {one.reference for one in found}
    assert not {"timing-only", "needs-words", "editor", "gone", "judge"} & {one.reference for one in found}
    why = {one.name: (one.why, one.command) for one in absent}
    assert why["timing-only"] == ("no weights here", "harness show timing-only")
    assert why["needs-words"] == ("needs prompt, which this page does not give", "")
    assert why["gone"][0] == "broken: no module harness_nowhere.method"
    assert "editor" in why
    assert "judge" not in why


def test_shipped_checkpoints_are_offered_by_name_and_kind() -> None:
    found, _ = choices(plugins.registry())
    kinds = {one.reference: one.kind for one in found}
    assert kinds["telea"] == ""
    assert kinds["coordfill@mini"] == "mini"
    assert not [name for name in kinds if name.endswith("@random")]


def test_a_run_that_takes_too_long_is_ended_with_its_children(
    picture: tuple[np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    monkeypatch.setenv("HARNESS_PLUGIN_FILES", str(tmp_path / "sleeper.py"))
    job = start("sleeper", *picture, limit=60)
    with pytest.raises(HarnessError, match="another picture is being filled"):
        start("telea", *picture, limit=60)
    end = time.monotonic() + 50
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    child = int((tmp_path / "child").read_text())
    assert _runs(child)
    job.stop()
    outcome = ended(job)
    assert (outcome.pixels, outcome.line) == (None, "sleeper stopped")
    while _runs(child):
        assert time.monotonic() < end
        time.sleep(0.05)
    late = ended(start("sleeper", *picture, limit=0.3))
    assert late.line == "sleeper took longer than 0.3 s, and was ended: harness dashboard --timeout SECONDS"
    assert late.whole < 30


def test_a_fill_comes_back_and_known_pixels_stay(
    picture: tuple[np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, hole = picture
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other tests' jobs may be running at this moment
    outcome = ended(start("mean", pixels, hole, limit=110))
    assert outcome.line == ""
    assert outcome.pixels is not None
    np.testing.assert_array_equal(outcome.pixels[~hole], pixels[~hole])
    assert (outcome.pixels[hole] != pixels[hole]).any()
    assert outcome.seconds is not None
    assert 0 <= outcome.seconds <= outcome.whole
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_the_one_line_that_the_command_printed(picture: tuple[np.ndarray, np.ndarray]) -> None:
    outcome = ended(start("telaa", *picture, limit=110))
    assert outcome.pixels is None
    assert outcome.line.startswith("Error: unknown method 'telaa'. Did you mean telea")


def test_the_command_can_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_PLUGIN_FILES", raising=False)
    assert command_line("mean", "cat") == "harness inpaint mean cat.png --mask cat-mask.png -o cat-filled.png"
    monkeypatch.setenv("HARNESS_PLUGIN_FILES", "/my plugins/a.py")
    assert command_line("a[k=1]", "cat").startswith("harness --plugin '/my plugins/a.py' inpaint 'a[k=1]' cat.png ")
