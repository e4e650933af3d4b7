from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from harness.stats.model import TABLE_HEADINGS, RunSummary
from harness.stats.summary import summarise

Make = Callable[..., Any]
GOOD = {"psnr@hole": 28.0, "feat_efl0@hole": 0.3, "hf_ratio@hole": 0.9}
BAD = {"psnr@hole": 20.0, "feat_efl0@hole": 0.8, "hf_ratio@hole": 0.2}


@pytest.fixture
def summary(make_entry: Make, make_manifest: Make, make_records: Make) -> RunSummary:
    entries = [make_entry("a", tags=["floor"]), make_entry("b", kind="mini"), make_entry("c", kind="random")]
    return summarise(make_records({"a": BAD, "b": GOOD, "c": BAD}), make_manifest(entries, n=36, bar="noninferior"))


def test_to_json_and_back(summary: RunSummary) -> None:
    text = json.dumps(summary.to_dict(), allow_nan=False)
    assert RunSummary.from_dict(json.loads(text)) == summary
    assert summary.tasks[0].bars


def test_nan_becomes_null_and_nan_again(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    records = make_records({"a": GOOD, "b": BAD}, photographs=1)
    summary = summarise(records, make_manifest([make_entry("a"), make_entry("b")], n=3))
    data = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert data["tasks"][0]["cells"][0]["interval"]["lo"] is None
    back = RunSummary.from_dict(data)
    assert math.isnan(back.tasks[0].cells[0].interval.lo)  # type: ignore[union-attr]
    assert back.to_dict() == summary.to_dict()
    assert back.tasks[0].pairs[0].p == 1.0
    assert back.tasks[0].detectable is None


def test_a_summary_that_lacks_a_field_is_refused(summary: RunSummary) -> None:
    data = summary.to_dict()
    del data["tasks"][0]["primary"]
    with pytest.raises(KeyError, match="primary"):
        RunSummary.from_dict(data)


def test_every_table_has_a_heading(summary: RunSummary) -> None:
    assert summary.tasks[0].tables() == ("mini", "random")
    assert set(summary.tasks[0].tables()) < set(TABLE_HEADINGS)
    assert TABLE_HEADINGS["mini"] == "this project's small checkpoints; says nothing about the papers"
