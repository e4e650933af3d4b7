"""A run that is killed at any moment, again and again, ends with the records of one that never was."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import harness

METHODS = ("mean", "nearest", "telea", "harmonic")
LIMIT = 4
COMMAND = [
    "run", "--suite", "demo", "--limit", str(LIMIT), "--keep", "all", "--device", "cpu", "--out", "run",
    "--metric", "fd_efl0", *(word for method in METHODS for word in ("-m", method)),
]  # fmt: skip
KILLS = 8
TIMES = ["seconds", "peak_mb"]


def _records(folder: Path) -> pd.DataFrame:
    """Final records without times, in an order that does not depend on who wrote first."""
    frame = harness.open_run(folder / "run").records().drop(columns=TIMES)
    return frame.sort_values(["entry", "sample", "repeat"], ignore_index=True)[sorted(frame)]


def _samples(folder: Path) -> pd.DataFrame:
    return harness.open_run(folder / "run").samples().sort_values("sample", ignore_index=True)


def _pictures(folder: Path) -> set[str]:
    return {path.name for path in (folder / "run" / "artifacts").iterdir()}


def _aggregates(folder: Path) -> pd.DataFrame:
    frame = harness.open_run(folder / "run").aggregates()
    assert frame is not None
    return frame.sort_values(["entry", "metric", "subset"], ignore_index=True)


def _done(folder: Path) -> set[tuple[str, str]]:
    """Which records stand on the disk at this moment, whole."""
    found = set()
    for path in folder.glob("run/records/*/*"):
        if path.suffix == ".parquet":
            rows = pd.read_parquet(path, columns=["entry", "sample"]).to_dict("records")
        elif path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
        else:
            continue
        found |= {(row["entry"], row["sample"]) for row in rows}
    return found


class Unbroken(NamedTuple):
    """The same command, left alone: its folder and how long it took."""

    folder: Path
    seconds: float


@pytest.fixture(scope="module")
def unbroken(zygote: Any, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    folder = tmp_path_factory.mktemp("unbroken")
    began = time.monotonic()
    assert zygote.start(COMMAND, folder).wait(120) == 0, _log(folder)
    return Unbroken(folder, time.monotonic() - began)


def _log(folder: Path) -> str:
    path = folder / "log.txt"
    return path.read_text() if path.exists() else ""


def _wait_for_another_record(child: Any, folder: Path, done: set[tuple[str, str]]) -> int | None:
    """Until there is one more record on the disk; how the process ended if it ended before that."""
    ended = None
    while ended is None and _done(folder) <= done:
        ended = child.wait(0.002)
    return ended


def _same(folder: Path, whole: Path) -> None:
    records = _records(folder)
    pd.testing.assert_frame_equal(records, _records(whole))
    assert len(records) == len(METHODS) * LIMIT
    pd.testing.assert_frame_equal(_samples(folder), _samples(whole))
    pd.testing.assert_frame_equal(_aggregates(folder), _aggregates(whole))
    assert _pictures(folder) == _pictures(whole)
    shards = sorted(folder.glob("run/records/*/*"))
    assert [path.suffix for path in shards] == [".parquet"] * len(METHODS)  # nothing unsealed, nothing half written
    assert [len(pd.read_parquet(path)) for path in shards] == [LIMIT] * len(METHODS)  # no record twice
    features = sorted(folder.glob("run/features/*/*/*.parquet"))
    assert [len(pd.read_parquet(path)) for path in features] == [LIMIT] * (len(METHODS) + 1)
    assert not list(folder.rglob("*.tmp"))
    assert harness.open_run(folder / "run").manifest["status"] == "complete"
    assert "Traceback" not in (folder / "log.txt").read_text()


def test_killed_at_random_moments_and_resumed_it_ends_as_if_nothing_had_been(
    zygote: Any, unbroken: Unbroken, tmp_path: Path
) -> None:
    """Every other kill comes at any moment of the process's life, the others right after another record."""
    chance, kills, partly, folders = random.Random(0), 0, 0, 0
    while kills < KILLS:
        folder = tmp_path / f"broken-{folders}"
        folder.mkdir()
        folders, done = folders + 1, set[tuple[str, str]]()
        ended = None
        while ended is None and kills < KILLS:
            child = zygote.start(COMMAND, folder)
            if kills % 2:
                ended = child.wait(chance.uniform(0, 0.6) * unbroken.seconds)
            else:
                ended = _wait_for_another_record(child, folder, done)
            if ended is None and (ended := child.kill()) == -signal.SIGKILL:
                kills, ended = kills + 1, None
            now = _done(folder)
            assert done <= now  # what was recorded stays recorded
            partly, done = partly + (0 < len(now) < len(METHODS) * LIMIT), now
        ended = zygote.start(COMMAND, folder).wait(120) if ended is None else ended
        assert ended == 0, _log(folder)
        _same(folder, unbroken.folder)
    assert partly >= 2  # kills that met a run with some records and not yet all


def test_a_kill_between_the_first_bytes_of_a_folder_leaves_one_that_can_be_continued(
    zygote: Any, unbroken: Unbroken, tmp_path: Path
) -> None:
    """A manifest half written, a torn list of samples, a torn record and a picture half written."""
    whole = unbroken.folder
    run = tmp_path / "run"
    run.mkdir()
    (run / ".manifest.json.1.tmp").write_text('{"sch')
    assert zygote.start(COMMAND, tmp_path).wait(120) == 0
    _same(tmp_path, whole)
    samples = (run / "samples.jsonl").read_bytes()
    (run / "samples.jsonl").write_bytes(samples[:-20])
    shard = next(run.glob("records/*/*.parquet"))
    shard.with_suffix(".jsonl").write_text('{"entry": "mean", "sam')
    (run / "artifacts" / ".abc.1.tmp").write_bytes(b"\x89PNG")
    assert zygote.start(COMMAND, tmp_path).wait(120) == 0, (tmp_path / "log.txt").read_text()
    _same(tmp_path, whole)


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_polite_signal_ends_a_run_with_the_line_that_tells_how_to_go_on(
    tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]], stop: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-m", "harness", *COMMAND]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"{len(METHODS) * LIMIT} samples to judge\n"
        process.send_signal(stop)
        _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.splitlines()[-1] == "Stopped. Everything computed is kept; the same command goes on from there."
    assert "Traceback" not in told
    assert harness.open_run(tmp_path / "run").manifest["status"] == "interrupted"
    status = harness_command("status", "run")
    assert status.stdout.splitlines()[-1] == f"go on with: harness {' '.join(COMMAND)}"
