"""F12 and F18: a method that crashes, hangs or never starts costs the samples that it does so on, and nothing else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import psutil
import pytest

import harness
from harness.runner import isolation

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu", "report": False, "keep": "none"}
TIMES = ["seconds", "peak_mb"]

# What a sample does to the method is in ACTS, by the first letters of its id; FATE says what building does.
PLUGIN = """
import ctypes, os, re, signal, sys, time
from harness import Images, MethodSpec, hookimpl

def act(what):
    if what == "abort":
        os.abort()
    if what == "segv":
        time.sleep(2)  # what was computed before it is written by then
        ctypes.string_at(0)
    if what == "oom":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exit":
        os._exit(7)
    if what == "sleep":
        time.sleep(3600)
    if what == "raise":
        raise ValueError("no good")
    if what == "nap":
        time.sleep(1.5)
    if what == "stuck":
        re.match("(a+)+$", "a" * 40 + "b")  # hours in C, and the interpreter's lock is never given back

class Deadly:
    def __init__(self, setup):
        act(os.environ["FATE"])

    def inpaint(self, batch):
        acts = dict(pair.split("=") for pair in os.environ["ACTS"].split())
        for name in batch.ids:
            act(acts.get(name.partition("@")[0]))
        return Images(batch.image + 0.5, facts={"pid": [os.getpid()] * len(batch.ids)})

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("deadly", ("inpaint",), "deadly:Deadly", "1", "dies", "MIT"))
"""


@pytest.fixture
def deadly(with_plugin: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Load the method, and say which samples do what to it."""
    with_plugin("deadly", PLUGIN)

    def say(fate: str = "", **acts: str) -> None:
        monkeypatch.setenv("FATE", fate)
        monkeypatch.setenv("ACTS", " ".join(f"{name}={what}" for name, what in acts.items()))

    return say


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids of every child that is started."""
    pids: list[int] = []
    original = isolation.Host._start

    def start(self: isolation.Host) -> None:
        original(self)
        assert self._process is not None
        pids.append(self._process.pid)

    monkeypatch.setattr(isolation.Host, "_start", start)
    return pids


@pytest.fixture
def forked(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that have the libraries from the start. Two tests below start theirs as the product does."""

    def start(command: list[str], *, stdin: int, pass_fds: list[int], process_group: int) -> Any:
        assert (command[0], stdin, process_group) == (sys.executable, subprocess.DEVNULL, 0)
        return warm.start(command[1:], cwd=Path.cwd(), env=os.environ, out=1, err=2, fds=pass_fds, group=True)

    names = {"DEVNULL": subprocess.DEVNULL, "TimeoutExpired": subprocess.TimeoutExpired}
    monkeypatch.setattr(isolation, "subprocess", SimpleNamespace(Popen=start, **names))


@pytest.fixture
def running() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `harness run … --isolate`, ended whatever happens."""
    started: list[subprocess.Popen[str]] = []

    def run(folder: Path, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "harness", "run", "--suite", "demo", "--device", "cpu", "--out", "run", *words]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def _reasons(run: harness.Run) -> dict[str, str]:
    """Reason of each sample by the photograph's name; "" where it is ok."""
    return {row["sample"].partition("@")[0]: row["reason"] for row in run.records.to_dict("records")}


def _gone(pid: int, seconds: float = 20) -> bool:
    """Whether a process ends in time: a dead one that its parent has not asked about yet counts."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_isolated_results_are_those_of_a_run_that_is_not(tmp_path: Path, starts: list[int]) -> None:
    """Every figure and hash to the last bit, in two tasks, in batches; and it is the same plan with the same cells."""
    methods = ["telea", "coordfill"]
    more: dict[str, Any] = {**SMALL, "tasks": ["photos-thick", "photos-irregular"], "limit": 3, "batch_size": 2}
    plain = harness.run("inpainting", methods, out=tmp_path / "plain", **more)
    apart = harness.run("inpainting", methods, out=tmp_path / "apart", isolate=True, **more)
    assert len(starts) == 2  # one a method, for all its tasks
    frames = [run.records.sort_values(["entry", "task", "sample"], ignore_index=True) for run in (plain, apart)]
    assert len(frames[0]) == 12
    assert (frames[0]["status"] == "ok").all()
    pd.testing.assert_frame_equal(*(frame.drop(columns=TIMES) for frame in frames), check_exact=True)
    assert (frames[1][TIMES] > 0).all(axis=None)
    assert plain.folder.manifest["plan"] == apart.folder.manifest["plan"]
    assert plain.folder.manifest["cell_keys"] == apart.folder.manifest["cell_keys"]
    harness.run("inpainting", methods, out=tmp_path / "plain", isolate=True, timeout=9.0, **more)
    assert len(starts) == 2  # nothing was left to compute, so nothing was started
    assert all(_gone(pid) for pid in starts)


@pytest.mark.usefixtures("forked")
def test_the_sample_that_kills_the_method_fails_alone(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int]
) -> None:
    """Its batch is repeated sample by sample: once it dies with the batch, once alone, and the next child goes on."""
    deadly(chelsea="abort")
    more: dict[str, Any] = {**SMALL, "limit": 3, "batch_size": 3}
    run = harness.run("demo", ["deadly"], out=tmp_path / "run", isolate=True, **more)
    assert _reasons(run) == {"china": "", "chelsea": "the method's process died (SIGABRT)", "stream": ""}
    assert len(starts) == 3
    assert os.getpid() not in set(run.records["fact:pid"].dropna())
    deadly()
    again = harness.run("demo", ["deadly"], out=tmp_path / "run", **more)  # mended, and resumed without isolation
    assert (again.records["status"] == "ok").all()
    assert list(again.records["fact:pid"]).count(os.getpid()) == 1


@pytest.mark.usefixtures("forked")
def test_a_hang_costs_its_sample_and_building_does_not_count(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call of a size in a process has a limit of its own, too."""
    monkeypatch.setattr(isolation, "WARM_UP_SECONDS", 3.0)  # a busy machine has time for the first
    deadly("nap", chelsea="stuck", stream="sleep")
    run = harness.run("demo", ["deadly"], out=tmp_path / "run", limit=3, timeout=1.0, **SMALL)
    assert _reasons(run) == {
        "china": "",
        "chelsea": "no answer within 1 s",
        "stream": "no answer within 3 s of warming up",
    }
    assert len(starts) == 2
    assert all(_gone(pid) for pid in starts)


@pytest.mark.usefixtures("forked")
def test_a_method_that_dies_at_start_up_is_started_twice_and_then_given_up(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int]
) -> None:
    deadly("exit")
    run = harness.run("demo", ["deadly"], out=tmp_path / "run", limit=4, isolate=True, **SMALL)
    assert list(run.records["reason"]) == ["the method's process died at start-up (exit code 7)"] * 4
    assert len(starts) == 2


@pytest.mark.usefixtures("forked")
def test_a_method_that_never_finishes_building_is_given_up(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "START_SECONDS", 0.3)
    monkeypatch.setattr(isolation, "MOST_STARTS", 1)
    deadly("sleep")
    run = harness.run("demo", ["deadly"], out=tmp_path / "run", limit=3, isolate=True, **SMALL)
    assert list(run.records["reason"]) == ["no answer within 0.3 s of starting up"] * 3
    assert len(starts) == 1


def test_where_no_process_can_be_started_every_sample_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **more: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(isolation.subprocess, "Popen", full)
    run = harness.run("demo", ["mean"], out=tmp_path / "run", limit=2, isolate=True, **SMALL)
    assert set(run.records["reason"]) == {"the method's process could not be started: Cannot allocate memory"}


@pytest.mark.usefixtures("forked")
def test_a_method_that_is_another_one_in_the_child_is_not_judged(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly()
    harness.plugins.registry()
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_classical")  # as where a plugin was uninstalled meanwhile
    run = harness.run("demo", ["deadly"], out=tmp_path / "run", limit=2, isolate=True, **SMALL)
    assert set(run.records["status"]) == {"failed"}
    assert set(run.records["reason"]) == {"unknown method 'deadly'. See them all: harness list methods"}
    assert len(starts) == 1


@pytest.mark.usefixtures("forked")
def test_a_run_that_is_interrupted_leaves_no_process(
    tmp_path: Path, deadly: Callable[..., None], starts: list[int]
) -> None:
    class Stop(harness.runner.progress.Silent):
        def advance(self, samples: int) -> None:
            if samples:
                raise KeyboardInterrupt

    deadly()
    with pytest.raises(KeyboardInterrupt):
        harness.run("demo", ["deadly"], out=tmp_path / "run", limit=2, isolate=True, progress=Stop(), **SMALL)
    assert [_gone(pid, 1) for pid in starts] == [True]


def test_a_run_that_is_killed_leaves_no_process_even_of_a_method_that_never_lets_go(
    tmp_path: Path, deadly: Callable[..., None], running: Callable[..., subprocess.Popen[str]]
) -> None:
    deadly(chelsea="stuck")
    process = running(tmp_path, "-m", "deadly", "--limit", "2", "--isolate")
    end = time.monotonic() + 120
    children: list[psutil.Process] = []
    while not (children and list(tmp_path.glob("run/records/*/*.jsonl"))) and time.monotonic() < end:
        time.sleep(0.05)
        children = psutil.Process(process.pid).children()
    (child,) = children
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _gone(child.pid)


def test_without_isolation_a_crash_ends_the_run_loses_nothing_and_status_tells_what_to_do(
    tmp_path: Path,
    deadly: Callable[..., None],
    running: Callable[..., subprocess.Popen[str]],
    harness_command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    deadly(stream="segv")
    process = running(tmp_path, "-m", "deadly", "--limit", "4")
    process.communicate(timeout=240)
    assert process.returncode == -signal.SIGSEGV
    run = harness.open_run(tmp_path / "run")
    assert len(run.records()) == 2
    assert (run.records()["status"] == "ok").all()
    told = harness_command("status", "run").stdout.splitlines()
    assert "2/4 ok" in told[1]
    assert "with --isolate only the sample that does so fails, and is named" in told[-2]
    assert told[-1].startswith("go on with: harness run --suite demo")


def test_a_callable_cannot_be_isolated_and_a_limit_is_more_than_nothing(
    tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    def fill(batch: Any) -> Any:
        return batch.image

    with pytest.raises(harness.HarnessError, match="fill is a Python callable, which cannot run in a process") as told:
        harness.run("demo", ["mean", fill], out=tmp_path / "run", timeout=1.0, **SMALL)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "run").exists()
    done = harness_command("run", "--suite", "demo", "--timeout", "0")
    assert done.returncode == 2
    assert "0.0 is not in the range x>0" in done.stderr


def test_a_process_that_died_between_two_tasks_costs_no_sample() -> None:
    """What is asked next has not begun, whatever step the task before it ended with."""
    host = isolation.Host(None, "cpu", 1.0)  # type: ignore[arg-type]
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.settimeout(0.2)
    host._line, host._process = ours, subprocess.Popen(["true"], process_group=0)
    host._process.wait()
    host._step, host._limit = "call", 1.0
    task = SimpleNamespace(capability="inpaint", role="hole", strategy="")
    with pytest.raises(isolation.Lost) as lost:
        host.ask(task, [], [])  # type: ignore[arg-type]
    assert lost.value.starting
