"""F5 and F9: a run's folder that cannot be written or vanishes is one line; failed records can fail the command."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import harness
from harness.interfaces import Batch
from harness.runner.api import plan_run

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu", "report": False}


@pytest.fixture
def calls() -> list[str]:
    """Samples that the method was asked for."""
    return []


@pytest.fixture
def method(calls: list[str]) -> Callable[[Batch], torch.Tensor]:
    """Fails on every second sample."""

    def every_other(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        calls.extend(batch.ids)
        if len(set(calls)) % 2 == 0:
            raise ValueError("no good")
        return batch.image

    return every_other


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/sys/harness-run", "cannot write /sys/harness-run"),  # no user may, and root neither
        ("{}/file", "file is not a folder; give another --out"),
        ("{}/file/run", "cannot write"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_first_forward_pass(
    tmp_path: Path, method: Any, calls: list[str], place: str, words: str
) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(harness.HarnessError) as told:
        harness.run("demo", [method], limit=2, out=place.format(tmp_path), **SMALL)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert calls == []
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("keep", ["all", "none"])
def test_a_folder_that_vanishes_ends_the_run_and_no_manifest_is_made_in_its_place(tmp_path: Path, keep: str) -> None:
    def vandal(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        return batch.image

    with pytest.raises(harness.HarnessError, match="run vanished while the run was writing into it; run it again"):
        harness.run("demo", [vandal, "mean"], limit=2, out=tmp_path / "run", keep=keep, **SMALL)
    assert not (tmp_path / "run" / "manifest.json").exists()


@pytest.mark.parametrize(("most", "code"), [(None, 0), (2, 0), (1, 4), (0, 4)])
def test_more_failed_records_than_allowed_change_the_exit_code_and_nothing_else(
    tmp_path: Path, method: Any, capsys: pytest.CaptureFixture[str], most: int | None, code: int
) -> None:
    from harness.cli.running import run_and_show

    plan = plan_run("demo", [method, "mean"], limit=4, device="cpu", keep="none")
    ended = run_and_show(plan, tmp_path / "run", fresh=False, isolate=False, timeout=None, max_errors=most)
    shown = capsys.readouterr()
    assert ended == code
    assert (harness.open_run(tmp_path / "run").records()["status"] == "failed").sum() == 2
    assert shown.out.splitlines()[-1].startswith("report: ")
    told = f"2 records failed, more than --max-errors {most}: harness status {tmp_path / 'run'}"
    assert (told in shown.err.splitlines()) == (code == 4)
