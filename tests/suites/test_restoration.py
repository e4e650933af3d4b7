"""Suite `restoration` runs offline: observations of their own size, what is told and what is not, exposures."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from harness.plugins import registry
from harness.runner.plan import source_skip
from harness.suites import load_suite


def test_it_runs_offline_and_each_floor_where_it_is_told_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    suite = load_suite(registry().suite("restoration"))
    assert all(source_skip(task, registry()) == "" for task in suite.tasks)
    done = harness.run(
        "restoration", ["bicubic", "back-projection", "exposure-fusion"], tasks=["sr4", "lowlight", "hdr"], limit=2,
        out=tmp_path / "run", device="cpu", report=False,
    )  # fmt: skip
    records = done.records
    assert (records["status"] == "ok").all()
    pairs = {(method, task) for method, task in zip(records["entry"], records["task"], strict=True)}
    assert pairs == {
        ("bicubic", "sr4"), ("bicubic", "lowlight"), ("bicubic", "hdr"), ("back-projection", "sr4"),
        ("exposure-fusion", "hdr"),
    }  # fmt: skip
    mean = records.groupby(["entry", "task"])["score:consistency"].mean()
    assert mean["back-projection", "sr4"] < mean["bicubic", "sr4"]
    assert records.set_index("task").loc["hdr", "score:psnr@hole"].notna().all()
