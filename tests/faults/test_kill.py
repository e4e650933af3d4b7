"""A run that is killed at any moment, again and again, ends with the records of one that never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from tools.kill_loop import (
    COMMAND,
    LIMIT,
    METHODS,
    PHASES,
    Unbroken,
    assert_same,
    can_inject,
    log,
    run_loop,
    run_unbroken,
)
from tools.kill_zygote import Zygote

KILLS = 12


@pytest.fixture(scope="module")
def unbroken(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    return run_unbroken(zygote, tmp_path_factory.mktemp("unbroken"))


def test_killed_at_random_moments_and_resumed_it_ends_as_if_nothing_had_been(
    zygote: Zygote, unbroken: Unbroken, tmp_path: Path
) -> None:
    """`python -m tools.kill_loop --kills 200` is the same loop."""
    kills, folders = run_loop(zygote, unbroken, tmp_path, KILLS, seed=0)
    assert len(kills) == KILLS
    assert folders >= 2
    met = [kill.phase for kill in kills]
    assert sum(phase in PHASES[1:4] for phase in met) >= 3  # they met runs with some records and not yet all


def test_a_kill_between_the_first_bytes_of_a_folder_leaves_one_that_can_be_continued(
    zygote: Zygote, unbroken: Unbroken, tmp_path: Path
) -> None:
    """A manifest half written, a torn list of samples, a torn record and a picture half written."""
    whole = unbroken.folder
    run = tmp_path / "run"
    run.mkdir()
    (run / ".manifest.json.1.tmp").write_text('{"sch')
    assert zygote.start(COMMAND, tmp_path).wait(120) == 0
    assert_same(tmp_path, whole)
    samples = (run / "samples.jsonl").read_bytes()
    (run / "samples.jsonl").write_bytes(samples[:-20])
    shard = next(run.glob("records/*/*.parquet"))
    shard.with_suffix(".jsonl").write_text('{"entry": "mean", "sam')
    (run / "artifacts" / ".abc.1.tmp").write_bytes(b"\x89PNG")
    assert zygote.start(COMMAND, tmp_path).wait(120) == 0, log(tmp_path)
    assert_same(tmp_path, whole)


REPLACE = """
from pathlib import Path
from harness.store.files import write_atomic
write_atomic(Path("file"), b"new" * 50_000)
"""


@pytest.mark.skipif(not can_inject(), reason="strace is not here or may not trace")
@pytest.mark.parametrize("calls", ["write", "fsync", "rename,renameat,renameat2", "unlink"])
def test_a_file_is_replaced_whole_whichever_system_call_the_kill_meets(tmp_path: Path, calls: str) -> None:
    """The first, second and third of a kind: Python itself makes none of them before the file is written."""
    contents, killed = [], 0
    for number in (1, 2, 3):
        (tmp_path / "file").write_bytes(b"old" * 10)
        inject = ["-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={number}"]
        command = ["strace", "-f", "-o", "/dev/null", *inject, sys.executable, "-B", "-c", REPLACE]
        killed += subprocess.run(command, cwd=tmp_path, check=False).returncode != 0
        contents.append((tmp_path / "file").read_bytes())
    assert killed >= 1
    assert contents[-1] == b"new" * 50_000
    assert {len(content) for content in contents} <= {30, 150_000}


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_polite_signal_ends_a_run_with_the_line_that_tells_how_to_go_on(
    tmp_path: Path,
    warm: Any,
    harness_command: Callable[..., subprocess.CompletedProcess[str]],
    stop: signal.Signals,
    code: int,
) -> None:
    reader, writer = os.pipe()
    with open(reader) as errors, open(os.devnull, "wb") as out:
        process = warm.start(["-m", "harness", *COMMAND], cwd=tmp_path, env=os.environ, out=out.fileno(), err=writer)
        os.close(writer)
        assert errors.readline() == f"{len(METHODS) * LIMIT} samples to judge\n"
        process.send_signal(stop)
        told = errors.read()
    assert process.wait(60) == code
    assert told.splitlines()[-1] == "Stopped. Everything computed is kept; the same command goes on from there."
    assert "Traceback" not in told
    assert harness.open_run(tmp_path / "run").manifest["status"] == "interrupted"
    status = harness_command("status", "run")
    assert status.stdout.splitlines()[-1] == f"go on with: harness {' '.join(COMMAND)}"
