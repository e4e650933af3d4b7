"""A third party's metric that is undefined here and there: null, left out of means, its n shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness

PLUGIN = """
import torch
from harness import MetricSpec, hookimpl

class Fickle:
    def __init__(self, device, region):
        self.calls = 0

    def __call__(self, batch):
        values = batch.output.mean((1, 2, 3))
        values[0] = [values[0], torch.nan, torch.inf][self.calls % 3]
        self.calls += 1
        return {"fickle": values}

@hookimpl
def harness_register_metrics(register):
    register(MetricSpec(
        name="fickle", target="fickle:Fickle", version="1", kind="sample", higher_is_better=True, licence="MIT",
        summary="the mean brightness, on every third picture",
    ))
"""


def test_undefined_scores_are_null_and_left_out_of_the_mean(tmp_path: Path, with_plugin: Callable[..., None]) -> None:
    with_plugin("fickle", PLUGIN)
    run = harness.run("demo", ["mean"], metrics=["fickle"], limit=6, device="cpu", out=tmp_path / "run")
    scores = run.records.sort_values("sample")["score:fickle"]
    assert (run.records["status"] == "ok").all()
    assert list(scores.notna()).count(True) == 2
    assert np.isfinite(scores.dropna()).all()
    cell = next(c for c in run.summary.tasks[0].cells if c.metric == "fickle" and not c.subset)
    assert cell.interval is not None
    assert (cell.interval.n, cell.n_ok) == (2, 6)
    assert cell.interval.value == pytest.approx(scores.mean())
    text = (run.path / "summary.json").read_text()
    assert json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    stored = pd.read_parquet(next(run.path.glob("records/*/*.parquet")))["score:fickle"]
    assert stored.isna().sum() == 4


def test_a_metric_that_is_never_defined_has_no_value_anywhere(tmp_path: Path, with_plugin: Callable[..., None]) -> None:
    with_plugin("fickle", PLUGIN.replace("[values[0], torch.nan", "[torch.nan, torch.nan"))
    run = harness.run("demo", ["mean", "telea"], metrics=["fickle"], limit=2, device="cpu", out=tmp_path / "run")
    cells = [c for c in run.summary.tasks[0].cells if c.metric == "fickle"]
    assert cells
    assert all(cell.interval is None for cell in cells)
    assert "NaN" not in (run.path / "summary.json").read_text()
    assert "fickle" in run.folder.report_path.read_text()
