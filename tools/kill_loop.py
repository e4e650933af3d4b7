"""SIGKILL a run again and again; what is resumed must end as if nothing had been.

    python -m tools.kill_loop --kills 200

Kills come at random moments, right after a record, right after a whole cell, while the report is made, and, where
strace can be used, at the entry of the N-th write, rename, fsync or unlink of a thread. `tests/faults/test_kill.py`
runs the same loop with a few kills. Exit code 0, or an AssertionError that says what was lost, doubled or different.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import pandas as pd

import harness
from tools.kill_zygote import Child, Zygote, zygote

METHODS = ("mean", "telea", "harmonic")
LIMIT = 3
ALL = len(METHODS) * LIMIT
COMMAND = [
    "run", "--suite", "demo", "--limit", str(LIMIT), "--keep", "all", "--device", "cpu", "--out", "run",
    "--metric", "fd_efl0", *(word for method in METHODS for word in ("-m", method)),
]  # fmt: skip
TIMES = ["seconds", "peak_mb"]
PHASES = (
    "before the first record", "before the next record", "in the middle of a cell", "while sealing", "while reporting",
)  # fmt: skip
KILLS_A_FOLDER = 6
"""After so many a run is left to finish, so that many resumed folders are compared and not one."""
CALLS = {"write": 30, "rename,renameat,renameat2": 9, "fsync": 9, "unlink": 4}
"""System calls at whose entry strace kills, and up to which number of a thread: beyond, a run has few."""
END = 180


# ---- what stands on the disk


class Disk(NamedTuple):
    """Whole records as (entry, sample), lines of unsealed cells, number of sealed ones."""

    records: frozenset[tuple[str, str]]
    lines: tuple[int, ...]
    sealed: int


def disk(folder: Path) -> Disk:
    """What a run has written at this moment. Reads a folder that is being written."""
    found, lines, sealed = set(), [], 0
    for path in folder.glob("run/records/*/*"):
        if path.suffix == ".parquet":
            rows = pd.read_parquet(path, columns=["entry", "sample"]).to_dict("records")
            sealed += 1
        elif path.suffix == ".jsonl":
            try:
                text = path.read_text()
            except FileNotFoundError:  # sealed in this instant
                continue
            rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
            lines.append(len(rows))
        else:
            continue
        found |= {(str(row["entry"]), str(row["sample"])) for row in rows}
    return Disk(frozenset(found), tuple(lines), sealed)


def phase(folder: Path, before: Disk, now: Disk, began_ns: int) -> str:
    """What the killed process was doing, read from what it left."""
    if not now.records:
        return PHASES[0]
    if now.sealed == len(METHODS) and not now.lines:
        derived = [folder / "run" / name for name in ("aggregates.parquet", "summary.json", "report.html")]
        new = any(path.exists() and path.stat().st_mtime_ns >= began_ns for path in derived)
        return PHASES[4] if new or before != now else PHASES[1]
    if before == now:
        return PHASES[1]
    return PHASES[3] if LIMIT in now.lines else PHASES[2]


def log(folder: Path) -> str:
    """What the commands in a folder printed."""
    path = folder / "log.txt"
    return path.read_text() if path.exists() else ""


def assert_same(folder: Path, whole: Path) -> None:
    """A resumed run ends with the unbroken one's records (times excluded), samples, aggregates and pictures."""
    mine, other = harness.open_run(folder / "run"), harness.open_run(whole / "run")
    records = [run.records().drop(columns=TIMES) for run in (mine, other)]
    keys = ["entry", "sample", "repeat"]
    one, two = (frame.sort_values(keys, ignore_index=True)[sorted(frame)] for frame in records)
    pd.testing.assert_frame_equal(one, two)
    assert len(one) == ALL
    pairs = [(run.samples().sort_values("sample", ignore_index=True), run.aggregates()) for run in (mine, other)]
    pd.testing.assert_frame_equal(pairs[0][0], pairs[1][0])
    keys = ["entry", "metric", "subset"]
    assert pairs[0][1] is not None
    assert pairs[1][1] is not None
    pd.testing.assert_frame_equal(*(table.sort_values(keys, ignore_index=True) for _, table in pairs))
    assert {path.name for path in mine.artifacts.folder.iterdir()} == {
        path.name for path in other.artifacts.folder.iterdir()
    }
    shards = sorted(folder.glob("run/records/*/*"))
    assert [path.suffix for path in shards] == [".parquet"] * len(METHODS)  # nothing unsealed, nothing half written
    assert [len(pd.read_parquet(path)) for path in shards] == [LIMIT] * len(METHODS)  # no record twice
    features = sorted(folder.glob("run/features/*/*/*.parquet"))
    assert [len(pd.read_parquet(path)) for path in features] == [LIMIT] * (len(METHODS) + 1)
    assert not list(folder.rglob("*.tmp"))
    assert mine.manifest["status"] == "complete"
    assert "Traceback" not in log(folder)


class Unbroken(NamedTuple):
    """The same command, left alone: its folder and how long it took."""

    folder: Path
    seconds: float


def run_unbroken(forks: Zygote, folder: Path) -> Unbroken:
    """Run the command to its end."""
    began = time.monotonic()
    assert forks.start(COMMAND, folder).wait(END) == 0, log(folder)
    return Unbroken(folder, time.monotonic() - began)


# ---- ways to kill


class Victim(NamedTuple):
    """What a way to kill may look at."""

    forks: Zygote
    folder: Path
    before: Disk
    seconds: float
    chance: random.Random


def _at_a_moment(victim: Victim) -> int:
    child = victim.forks.start(COMMAND, victim.folder)
    return _end(child, child.wait(victim.chance.uniform(0, 0.6 * victim.seconds)))


def _once(victim: Victim, ready: Callable[[Disk], bool], delay: float = 0.0) -> int:
    """Kill as soon as the disk shows something, or a little later."""
    child = victim.forks.start(COMMAND, victim.folder)
    ended = None
    while ended is None and not ready(disk(victim.folder)):
        ended = child.wait(0.002)
    return _end(child, child.wait(victim.chance.uniform(0, delay)) if ended is None and delay else ended)


def _after_a_record(victim: Victim) -> int:
    return _once(victim, lambda now: not now.records <= victim.before.records)


def _after_a_whole_cell(victim: Victim) -> int:
    return _once(victim, lambda now: now.sealed > victim.before.sealed or LIMIT in now.lines)


def _at_the_report(victim: Victim) -> int:
    """From the last sealed cell on; a third of the run's time holds what follows."""
    return _once(victim, lambda now: now.sealed == len(METHODS) and not now.lines, victim.seconds / 3)


def _await_stop(child: Child) -> None:
    """Wait for the child to have stopped itself: a SIGCONT that comes before is lost, and it would never go on."""
    limit = time.monotonic() + END
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < limit
        time.sleep(0.005)


def _at_a_system_call(victim: Victim) -> int:
    calls = victim.chance.choice(tuple(CALLS))
    number = victim.chance.randint(1, CALLS[calls])
    child = victim.forks.start(COMMAND, victim.folder, stopped=True)
    _await_stop(child)
    command = ["strace", "-f", "-o", "/dev/null", "-p", str(child.pid), "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:signal=KILL:when={number}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        os.kill(child.pid, signal.SIGCONT)
        tracer.communicate(timeout=END)
    ended = child.wait(60)
    assert ended is not None
    return ended


def _end(child: Child, ended: int | None) -> int:
    return child.kill() if ended is None else ended


WAYS: dict[str, Callable[[Victim], int]] = {
    "right after a record": _after_a_record,
    "at a system call": _at_a_system_call,
    "at a random moment": _at_a_moment,
    "right after a whole cell": _after_a_whole_cell,
    "while the report is made": _at_the_report,
}


def can_inject() -> bool:
    """Whether strace is here and may trace."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


# ---- the loop


class Kill(NamedTuple):
    """One kill: how it came and what it met."""

    way: str
    phase: str


def run_loop(
    forks: Zygote, unbroken: Unbroken, place: Path, kills: int, seed: int, tell: Callable[[str], None] = lambda _: None
) -> tuple[list[Kill], int]:
    """Kill and resume until there were `kills`; returns them and how many folders were finished and compared.

    Raises AssertionError where a record got lost, a run did not go on, or a finished folder differs.
    """
    chance = random.Random(seed)
    ways = [way for way in WAYS if way != "at a system call" or can_inject()]
    done: list[Kill] = []
    folders = 0
    while len(done) < kills:
        folder = place / f"broken-{folders}"
        folder.mkdir()
        folders, here, ended = folders + 1, 0, -signal.SIGKILL
        while ended == -signal.SIGKILL and len(done) < kills and here < KILLS_A_FOLDER:
            way = ways[len(done) % len(ways)] if here or folders == 1 else chance.choice(ways)
            before, began = disk(folder), time.time_ns()
            ended = WAYS[way](Victim(forks, folder, before, unbroken.seconds, chance))
            now = disk(folder)
            assert before.records <= now.records, f"{folder}: lost {sorted(before.records - now.records)}"
            if ended == -signal.SIGKILL:
                done.append(Kill(way, phase(folder, before, now, began)))
                here += 1
        ended = forks.start(COMMAND, folder).wait(END) if ended == -signal.SIGKILL else ended
        assert ended == 0, log(folder)
        assert_same(folder, unbroken.folder)
        tell(f"{len(done):4} kills, folder {folders} ends as the unbroken run ({here} kills)")
        shutil.rmtree(folder)
    return done, folders


def table(kills: list[Kill]) -> list[list[str]]:
    """Rows of counts: way × phase, with a row of sums."""
    counts = Counter(kills)
    rows = [[way, *(str(counts[Kill(way, name)]) for name in PHASES)] for way in WAYS]
    return [*rows, ["all", *(str(sum(kill.phase == name for kill in kills)) for name in PHASES)]]


@click.command()
@click.option("--kills", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Work here instead of in a temporary folder.")
def main(kills: int, seed: int, out: Path | None) -> None:
    """Run the loop, print kills by way and phase, write benchmarks/results/kill_loop.json."""
    from benchmarks._machine import print_rows, write_result

    began = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="kill-loop-", dir=out))
    (place / "unbroken").mkdir()
    with zygote() as forks:
        unbroken = run_unbroken(forks, place / "unbroken")
        done, folders = run_loop(forks, unbroken, place, kills, seed, click.echo)
    shutil.rmtree(place)
    print_rows(f"{len(done)} kills, {folders} resumed folders equal to the unbroken run", ["way", *PHASES], table(done))
    ways = {row[0]: dict(zip(PHASES, map(int, row[1:]), strict=True)) for row in table(done)}
    result = {"kills": len(done), "folders_equal": folders, "seed": seed, "seconds": round(time.monotonic() - began)}
    write_result("kill_loop", {**result, "ways": ways})


if __name__ == "__main__":
    main()
