"""How far a run is: cheap counts, a killed run told from one that goes on, and what is left."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.store import open_run
from harness.store.files import write_json
from harness.store.resuming import resume_command
from harness.store.shards import ShardWriter, seal
from harness.store.watching import Look, Watch, writer

PATIENCE = 120.0  # a busy machine is slow, which no test is about
TOLD = {
    "schema": 1, "plan": "f" * 8, "status": "running", "argv": ["harness", "run"], "seed": 0, "repeats": 1,
    "suite": {"name": "s", "version": 1, "sha256": "a", "title": "S", "tasks": [{"id": "t", "n": 4}]},
    "entries": [{"reference": "a", "title": "A"}, {"reference": "b", "title": "B"}], "device": "cpu", "numerics": {},
    "hardware": {}, "packages": {}, "git": None, "observer_errors": [], "started": "2026-11-22T22:00:00+00:00",
    "ended": None, "seconds": None, "attribution": [], "skipped": [], "history": [],
}  # fmt: skip
START = 1795384800.0  # of `started`


def told(folder: Path, **more: Any) -> Path:
    write_json(folder / "manifest.json", {**TOLD, **more})
    return folder


def cell(folder: Path, entry: str, ending: str = "") -> Path:
    stem = open_run(folder).cell(entry, "t")
    return stem.with_name(f"t{ending}")


def rows(folder: Path, entry: str, *statuses: str, sealed: bool = False, first: int = 0) -> None:
    stem = cell(folder, entry)
    shard = ShardWriter(stem)
    for number, status in enumerate(statuses, first):
        shard.append({"sample": f"s{number}", "repeat": 0, "status": status, "reason": 'a "status": "ok" of words'})
    shard.close()
    if sealed:
        seal(stem)


def held(folder: Path) -> Any:
    stream = (folder / ".lock").open("wb")
    fcntl.flock(stream, fcntl.LOCK_EX)
    stream.write(b"process 7 on here")
    stream.flush()
    return stream


def test_rows_are_counted_in_lines_and_in_sealed_cells(tmp_path: Path) -> None:
    rows(told(tmp_path), "a", "ok", "failed", "ok", "skipped", sealed=True)
    rows(tmp_path, "b", "ok", "failed")
    look = Watch(tmp_path).look()
    assert [(cell.entry, cell.done, cell.due) for cell in look.cells] == [("a", 4, 4), ("b", 2, 4)]
    assert (look.count("ok"), look.count("failed"), look.count("skipped")) == (3, 2, 1)
    assert [(one.entry, one.sample) for one in look.failures] == [("a", "s1"), ("b", "s1")]


def test_only_what_was_written_since_is_read(tmp_path: Path) -> None:
    rows(told(tmp_path), "a", "ok", "ok")
    watch = Watch(tmp_path)
    assert watch.look().done == 2
    path = cell(tmp_path, "a", ".jsonl")
    whole = path.read_bytes()
    with path.open("r+b") as stream:  # what was counted may change: nobody reads it again
        stream.write(b" " * (len(whole) - 1) + b"\n")
    rows(tmp_path, "a", "failed", first=2)
    look = watch.look()
    assert (look.count("failed"), look.done) == (1, 3)
    assert Watch(tmp_path).look().done == 1


def test_a_torn_line_counts_when_it_is_whole(tmp_path: Path) -> None:
    rows(told(tmp_path), "a", "ok", "ok")
    path = cell(tmp_path, "a", ".jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    watch = Watch(tmp_path)
    assert watch.look().done == 1
    path.write_bytes(whole)
    assert watch.look().done == 2


def test_sealing_moves_a_cell_and_loses_none(tmp_path: Path) -> None:
    rows(told(tmp_path), "a", "ok", "ok", "failed")
    watch = Watch(tmp_path)
    assert watch.look().done == 3
    seal(cell(tmp_path, "a"))
    assert (watch.look().done, watch.look().count("failed")) == (3, 1)


def test_a_lock_tells_running_from_killed(tmp_path: Path) -> None:
    told(tmp_path)
    assert Watch(tmp_path).look().state == "killed"
    stream = held(tmp_path)
    look = Watch(tmp_path).look()
    assert (look.state, look.writer) == ("running", "process 7 on here")
    stream.close()
    assert (tmp_path / ".lock").read_bytes() == b"process 7 on here", "a killed process leaves its name"
    assert (Watch(tmp_path).look().state, writer(tmp_path)) == ("killed", "")
    told(tmp_path, seconds=3.0, status="interrupted")
    assert Watch(tmp_path).look().state == "interrupted"


def test_time_left_is_told_by_this_call_s_pace(tmp_path: Path) -> None:
    now = [START + 10]
    rows(told(tmp_path), "a", "ok", "ok")
    stream = held(tmp_path)
    watch = Watch(tmp_path, clock=lambda: now[0])
    assert watch.look().seconds_left == pytest.approx(30)  # two rows in ten seconds, six to go
    told(tmp_path, history=[{}], started="2026-11-22T23:00:00+00:00")
    assert watch.look().seconds_left is None, "what an earlier call computed is no pace"
    now[0] += 4
    rows(tmp_path, "b", "ok", "ok")
    assert watch.look().seconds_left == pytest.approx(8)
    stream.close()


def test_a_cell_that_nobody_asked_for_is_not_due(tmp_path: Path) -> None:
    told(tmp_path, cell_keys={"a": {"t": "k"}})
    assert [(cell.entry, cell.due) for cell in Watch(tmp_path).look().cells] == [("a", 4), ("b", 0)]


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, ending: str) -> None:
    folder = told(tmp_path / "run")
    (tmp_path / "secret").write_text('{"status": "failed", "reason": "secret"}\n')
    path = cell(folder, "a", ending)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(HarnessError, match="no file inside"):
        Watch(folder).look()


def test_a_damaged_sealed_cell_is_one_line(tmp_path: Path) -> None:
    rows(told(tmp_path), "a", "ok", sealed=True)
    path = cell(tmp_path, "a", ".parquet")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(HarnessError, match=r"t\.parquet cannot be read"):
        Watch(tmp_path).look()


# ---- a real run


def _until(watch: Watch, wanted: Callable[[Look], bool], process: Any) -> list[Look]:
    """Looks at a run until one is as wanted."""
    seen, end = list[Look](), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (watch.path / "manifest.json").exists():
            seen.append(watch.look())
            if wanted(seen[-1]):
                return seen
        elif process.poll():
            break
        time.sleep(0.02)
    raise AssertionError(f"it did not get so far: {seen[-1:]}")


def _started(warm: Any, words: list[str], folder: Path) -> Any:
    env = {**os.environ, "HARNESS_HOME": str(folder / "home")}
    with open(os.devnull, "wb") as nowhere:
        return warm.start(["-m", *words], cwd=folder, env=env, out=nowhere.fileno(), err=nowhere.fileno())


def test_a_run_is_watched_killed_and_goes_on_by_the_command_that_is_shown(tmp_path: Path, warm: Any) -> None:
    watch = Watch(tmp_path / "run")
    words = ["harness", "run", "--suite", "demo", "-m", "mean", "-m", "telea", "--out", "run"]
    process = _started(warm, words, tmp_path)
    seen = _until(watch, lambda look: look.done > 0, process)
    assert (seen[-1].state, seen[-1].due) == ("running", 12)
    assert str(process.pid) in seen[-1].writer
    process.send_signal(signal.SIGKILL)
    process.wait()
    look = watch.look()
    assert look.state == "killed"
    told = json.loads((tmp_path / "run" / "manifest.json").read_text())
    again = resume_command(told, "run").split()
    assert again == words
    process = _started(warm, again, tmp_path)
    seen = _until(watch, lambda look: look.state == "complete", process)
    assert process.wait() == 0
    assert [look.done for look in seen] == sorted(look.done for look in seen)
    assert "running" in {look.state for look in seen}
    assert (seen[-1].done, seen[-1].count("ok")) == (12, 12)
