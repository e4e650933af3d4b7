"""The whole way, on real photographs: run, resume, fail, re-score, callables. Through the public face."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import torch

import harness
from harness.interfaces import Batch, Images
from harness.runner.api import plan_run
from harness.runner.entries import Entry

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "limit": 3, "device": "cpu", "report": False}


class CALLS:
    """What was asked. Of a class, for what a list holds would be part of what the functions are known by."""

    made: ClassVar[list[tuple[str, ...]]] = []


def grey(batch: Batch) -> torch.Tensor:
    """Fill with mid-grey, and remember what was asked."""
    assert batch.image is not None
    CALLS.made.append(batch.ids)
    return torch.full_like(batch.image, 0.5)


def cheat(batch: Batch) -> torch.Tensor:
    """Return the input: with the hole blanked by the engine it must score as a black fill."""
    assert batch.image is not None
    return batch.image


def sometimes(batch: Batch) -> Images:
    """Fail on one sample, answer NaN on another, refuse a third."""
    assert batch.image is not None
    CALLS.made.append(batch.ids)
    number = len(set(CALLS.made))
    if number == 1:
        raise ValueError("no good")
    if number == 2:
        return Images(batch.image * torch.nan)
    raise harness.errors.RefusedSample("there is no face in it")


@pytest.fixture(autouse=True)
def _forget() -> None:
    CALLS.made.clear()


def _scores(run: harness.Run) -> pd.DataFrame:
    frame = run.records.sort_values(["entry", "sample"]).reset_index(drop=True)
    return frame[
        [c for c in frame if c.startswith("score:") or c in ("entry", "sample", "status", "input_hash", "output_hash")]
    ]


def test_a_run_gives_records_intervals_and_a_report(tmp_path: Path) -> None:
    run = harness.run("demo", ["mean", "harmonic"], limit=3, device="cpu", out=tmp_path / "run")
    assert (run.records["status"] == "ok").all()
    assert len(run.records) == 6
    task = run.summary.tasks[0]
    assert [s.entry for s in sorted(task.standings, key=lambda s: s.rank or 9)] == ["harmonic", "mean"]
    assert run.folder.report_path.read_text().startswith("<!doctype html>")
    assert harness.open_run(tmp_path / "run").manifest["status"] == "complete"


def test_the_same_call_resumes_without_one_forward_pass(tmp_path: Path) -> None:
    first = harness.run("demo", [grey], out=tmp_path / "run", **SMALL)
    done = len(CALLS.made)
    again = harness.run("demo", [grey], out=tmp_path / "run", **SMALL)
    assert len(CALLS.made) == done
    pd.testing.assert_frame_equal(_scores(first), _scores(again))


def test_rows_do_not_depend_on_batch_size(tmp_path: Path) -> None:
    methods = ["telea", "coordfill@random"]
    one = harness.run("demo", methods, out=tmp_path / "one", **SMALL)
    three = harness.run("demo", methods, out=tmp_path / "three", batch_size=3, **SMALL)
    a, b = _scores(one), _scores(three)
    assert (a[["entry", "sample", "status", "input_hash"]] == b[["entry", "sample", "status", "input_hash"]]).all(
        axis=None
    )
    columns = [c for c in a if c.startswith("score:")]
    np.testing.assert_allclose(a[columns].astype(float), b[columns].astype(float), atol=1e-5)


def test_failures_are_rows_with_their_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    run = harness.run("demo", [sometimes, "mean"], out=tmp_path / "run", **SMALL)
    mine = run.records[run.records["entry"] == "sometimes"]
    assert list(mine["status"]) == ["failed", "failed", "skipped"]
    assert list(mine["reason"]) == [
        "ValueError: no good", "the output holds NaN or infinity", "there is no face in it",
    ]  # fmt: skip
    assert (run.records[run.records["entry"] == "mean"]["status"] == "ok").all()


def test_a_method_that_returns_its_input_sees_only_the_blanked_hole(tmp_path: Path) -> None:
    def black(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        return torch.zeros_like(batch.image)

    run = harness.run("demo", [cheat, black], out=tmp_path / "run", **SMALL)
    table = run.records.pivot_table(index="sample", columns="entry", values="score:psnr@hole")
    assert np.allclose(table["cheat"], table["black"])


def test_out_of_memory_halves_the_batch_and_loses_nothing(tmp_path: Path) -> None:
    sizes: list[int] = []

    def greedy(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        sizes.append(len(batch.ids))
        if len(batch.ids) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory (pretended)")
        return batch.image

    run = harness.run("demo", [greedy], out=tmp_path / "run", batch_size=4, **SMALL)
    assert (run.records["status"] == "ok").all()
    assert max(sizes) > 1


def test_the_clock_of_a_run_counts_no_warm_up(tmp_path: Path) -> None:
    import time

    def slow_start(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        if not CALLS.made:
            time.sleep(0.5)
        CALLS.made.append(batch.ids)
        return batch.image

    run = harness.run("demo", [slow_start], out=tmp_path / "run", **SMALL)
    assert run.records["seconds"].max() < 0.3


def test_every_sample_is_decoded_once_for_all_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.runner.units import TaskData

    decoded: list[str] = []
    original = TaskData._decode
    monkeypatch.setattr(TaskData, "_decode", lambda self, key: decoded.append(key.id) or original(self, key))
    harness.run("demo", ["mean", "nearest", "telea"], out=tmp_path / "run", **SMALL)
    assert sorted(decoded) == sorted(set(decoded))
    assert len(decoded) == 3


def test_a_callable_s_identity_is_in_the_manifest(tmp_path: Path) -> None:
    run = harness.run("demo", [grey], out=tmp_path / "run", **SMALL)
    entry = run.folder.manifest["entries"][0]
    assert entry["method"] == "grey"
    assert len(entry["source_digest"]) == 64
    assert isinstance(plan_run("demo", [grey]).entries[0], Entry)


def test_nothing_to_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(harness.HarnessError, match="has no task"):
        harness.run("demo", ["mean"], tasks=["nope"], out=tmp_path / "run")
    with pytest.raises(harness.HarnessError, match="nothing to run"):
        harness.run("demo", ["coordfill@official"], out=tmp_path / "run")
