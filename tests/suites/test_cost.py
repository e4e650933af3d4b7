"""Every method of the suite costs what the suite's file says: measured on a few samples, added up over all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

import harness
from harness.plugins import registry
from harness.runner.progress import Silent
from harness.runner.units import TaskData
from harness.suites import load_suite

SUITE = load_suite(registry().suite("inpainting"))
FEW, MORE = 1, 4
DEAREST = "patchmatch"


class Meter(Silent):
    """CPU seconds of every cell: method, metrics, encoding and writing."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = {}

    def cell(self, entry: str, task: str) -> None:
        self.began = time.process_time()

    def cell_done(self, entry: str, task: str, result: object, seconds: float) -> None:
        self.seconds[entry, task] = time.process_time() - self.began


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """CPU seconds of one thread: what two waiting threads burn is not the method's cost."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _measure(methods: Sequence[str], limit: int, out: Path) -> dict[tuple[str, str], float]:
    meter = Meter()
    run = harness.run("inpainting", methods, limit=limit, device="cpu", out=out, report=False, progress=meter)
    assert (run.records["status"] == "ok").all()
    return meter.seconds


def test_the_dearest_method_of_the_suite_stays_within_thirty_seconds(tmp_path: Path) -> None:
    """Measured whole: its seconds differ ten times from hole to hole. A further method: truths are known by then."""
    seconds = _measure(["mean", DEAREST], 0, tmp_path)
    assert sum(own for (entry, _), own in seconds.items() if entry == DEAREST) <= 30, seconds


def test_every_other_method_of_the_suite_stays_within_thirty_seconds(tmp_path: Path) -> None:
    others = [method for method in SUITE.methods if method != DEAREST]
    few, more = _measure(others, FEW, tmp_path / "few"), _measure(others, MORE, tmp_path / "more")
    total: dict[str, float] = {}
    for (entry, task), seconds in more.items():
        one = next(t for t in SUITE.tasks if t.id == task)
        extra = (MORE - FEW) * (1 if one.rotate else one.masks)
        samples = len(TaskData(one, registry()).keys)
        total[entry] = total.get(entry, 0.0) + (seconds - few[entry, task]) / extra * samples
    assert len(total) == len(others)
    assert max(total.values()) <= 30, {entry: round(seconds, 1) for entry, seconds in total.items()}
