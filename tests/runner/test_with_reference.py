"""Assessors that compare with the undistorted picture: they get it where a task gives it, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.assessment import assess_files

SUITE = """
name = "steps"
version = 1
title = "Steps"
summary = "blur of one photograph"
cost = "seconds"
methods = ["metric:ssim"]

[[task]]
id = "ladders"
title = "Ladders"
dataset = "ladders[photographs=1]"
capability = "assess"
gives = ["image", "reference"]
metrics = ["ladder_srcc"]
primary = "ladder_srcc"
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., harness.Run]:
    def call(methods: list[str], folder: str = "run", suite: str = SUITE, **more: Any) -> harness.Run:
        (tmp_path / "steps.toml").write_text(suite)
        options: dict[str, Any] = {"device": "cpu", "out": tmp_path / folder, "report": False, "limit": 6, **more}
        return harness.run(str(tmp_path / "steps.toml"), methods, **options)

    return call


def test_a_metric_that_compares_is_given_the_reference(run: Callable[..., harness.Run]) -> None:
    methods = ["metric:ssim", "metric:psnr"]
    done = run(methods)
    rows = {entry: mine.sort_values("sample") for entry, mine in done.records.groupby("entry")}
    ssim = rows["metric:ssim"]["score:assessed"].to_numpy()
    assert ssim[0] == pytest.approx(1)
    assert (np.diff(ssim) < 0).all()  # farther from the photograph step by step, so it is what was compared with
    assert (np.diff(rows["metric:psnr"]["score:assessed"]) < 0).all()
    apart = run(["metric:psnr"], "apart", isolate=True).records.reset_index(drop=True)
    columns = ["entry", "sample", "status", "score:assessed", "output_key", "output_hash"]
    assert apart[columns].equals(done.records[done.records["entry"] == "metric:psnr"][columns].reset_index(drop=True))
    assert harness.verify(done.folder.path).ok


def test_where_a_task_gives_no_reference_it_is_skipped_in_a_line(run: Callable[..., harness.Run]) -> None:
    done = run(["metric:ssim", "metric:piqe"], suite=SUITE.replace(', "reference"', ""), report=True)
    assert [(skip["what"], skip["reason"]) for skip in done.folder.manifest["skipped"]] == [
        ("metric:ssim", "needs reference, which the task does not give")
    ]
    assert set(done.records["entry"]) == {"metric:piqe"}
    page = (done.folder.path / "report.html").read_text()
    assert "each assessor's score beneath" in page.replace("&#39;", "'")
    for score in done.records["score:assessed"]:
        assert f"<b>\u2212{-score:.3f}</b>" in page


def test_a_data_set_without_references_fails_its_samples_in_a_line(run: Callable[..., harness.Run]) -> None:
    done = run(["metric:piqe"], suite=SUITE.replace("ladders[photographs=1]", "photos"))
    assert all("gives a reference; photos has none for it" in reason for reason in done.records["reason"])


def test_pyiqas_metrics_are_methods_where_nothing_must_be_downloaded(run: Callable[..., harness.Run]) -> None:
    pytest.importorskip("pyiqa")
    done = run(["pyiqa:psnr", "pyiqa:niqe", "metric:psnr"])
    scores = done.records.pivot_table(index="sample", columns="entry", values="score:assessed").iloc[1:]
    assert scores["pyiqa:psnr"].to_numpy() == pytest.approx(scores["metric:psnr"].to_numpy(), abs=1e-3)
    (absent,) = done.folder.manifest["skipped"]
    assert absent["what"] == "pyiqa:niqe"
    assert absent["reason"].startswith("needs the file niqe_modelparameters.mat, licence: PolyForm-Noncommercial")
    assert "\n" not in absent["reason"]
    licences = {entry["reference"]: entry["licence"] for entry in done.folder.manifest["entries"]}
    assert licences["pyiqa:psnr"].startswith("PolyForm-Noncommercial")


def test_files_alone_have_no_reference_and_are_told_where_to_go(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(harness.HarnessError, match="metric:ssim compares with a reference: harness score PICTURES"):
        list(assess_files("metric:ssim", [tmp_path], device="cpu"))
