"""Every method of the suite costs what the suite's file says: measured on a few samples, added up over all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import harness
from harness.plugins import registry
from harness.runner.units import TaskData
from harness.suites import load_suite

SUITE = load_suite(registry().suite("inpainting"))
FEW, MORE = 1, 4


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """CPU seconds of one thread: what two waiting threads burn is not the method's cost."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _cpu_seconds(method: str, limit: int, out: Path) -> float:
    began = time.process_time()
    run = harness.run("inpainting", [method], limit=limit, device="cpu", out=out, report=False)
    assert (run.records["status"] == "ok").all()
    return time.process_time() - began


@pytest.mark.parametrize("method", SUITE.methods)
def test_each_method_of_the_suite_stays_within_thirty_seconds(method: str, tmp_path: Path) -> None:
    sizes = {task.id: len(TaskData(task, registry()).keys) for task in SUITE.tasks}
    assert sizes == {"photos-thick": 30, "photos-irregular": 30, "scenes-holes": 60}
    a_sample_less = _cpu_seconds(method, FEW, tmp_path / "few")
    a_sample_more = _cpu_seconds(method, MORE, tmp_path / "more")
    extra = (MORE - FEW) * 4  # images of three tasks, the scenes with two masks each
    assert (a_sample_more - a_sample_less) / extra * sum(sizes.values()) <= 30
