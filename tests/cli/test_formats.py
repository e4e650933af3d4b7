"""`report` and `score` in every format, as a user types them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

import harness


def test_an_export_leaves_the_run_as_it_is(finished: Any, call: Callable[..., Any]) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")}
    for layout in ("table", "csv", "json", "latex", "markdown"):
        code, out, err = call("report", finished.folder, "--format", layout)
        assert (code, err) == (0, "")
        assert "telea" in out
        assert "report: " not in out
    assert {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*")} == before


def test_the_table_is_the_run_s_own(finished: Any, call: Callable[..., Any]) -> None:
    shown = [line for line in finished.process.stdout.splitlines() if not line.startswith("report: ")]
    told = call("report", finished.folder, "--format", "table").out.splitlines()
    assert told == shown


def test_an_export_goes_to_a_file(finished: Any, call: Callable[..., Any], tmp_path: Path) -> None:
    asked = ("report", finished.folder, "--format", "csv")
    assert call(*asked, "-o", "out.csv").out == "written: out.csv\n"
    assert (tmp_path / "out.csv").read_text() == call(*asked).out


@pytest.mark.parametrize("layout", ["html", "latex"])
def test_a_file_in_no_folder_is_refused(finished: Any, mistake: Callable[..., str], layout: str) -> None:
    told = mistake("report", finished.folder, "--format", layout, "-o", "my papers/x.tex")
    assert told == "Error: no folder my papers to write into: mkdir -p 'my papers'\n"


def test_records_are_rows_of_samples(finished: Any, call: Callable[..., Any], mistake: Callable[..., str]) -> None:
    records = harness.open_run(finished.folder).records()
    rows = list(csv.DictReader(io.StringIO(call("report", finished.folder, "--records", "--format", "csv").out)))
    assert [(row["entry"], row["sample"]) for row in rows] == list(
        zip(records["entry"], records["sample"], strict=True)
    )
    assert [float(row["score:psnr"]) for row in rows] == list(records["score:psnr"])
    parsed = json.loads(call("report", finished.folder, "--records", "--format", "json").out)
    assert [row["output_hash"] for row in parsed] == list(records["output_hash"])
    assert "records are exported as csv or json, not html" in mistake("report", finished.folder, "--records")


def test_an_unknown_format_names_the_known(finished: Any, call: Callable[..., Any]) -> None:
    done = call("report", finished.folder, "--format", "xlsx")
    assert done.code == 2
    assert "'xlsx' is not one of" in done.err


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """Outputs and truths under a file name that a spreadsheet would calculate."""
    name = "=1+1,|x"
    picture = skimage.data.chelsea()[:64, :64]
    for folder, shift in (("mine", 3), ("truth", 0)):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.roll(picture, shift, 1)).save(tmp_path / folder / f"{name}.png")
    return name


def test_scores_go_through_the_same_writer(evil: str, call: Callable[..., Any]) -> None:
    asked = ("score", "mine", "--reference", "truth", "--metrics", "psnr", "--format")
    [row] = csv.DictReader(io.StringIO(call(*asked, "csv").out))
    [parsed] = json.loads(call(*asked, "json").out)
    assert row["sample"] == f"'{evil}"
    assert parsed["sample"] == evil
    assert float(row["psnr"]) == parsed["psnr"]
    mean = f"{parsed['psnr']:.4f}"
    assert re.search(rf"(?m)^\| psnr \| {re.escape(mean)} \|", call(*asked, "markdown").out)
    assert f"psnr & {mean} & " in call(*asked, "latex").out
