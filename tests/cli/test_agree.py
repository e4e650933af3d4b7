"""`harness agree` on choices whose truth is by construction: a fill, and the same fill with a fault put in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from harness.choosing import agreement, read_choices
from harness.errors import HarnessError
from harness.testing.conformance.pictures import photograph

SIDE = 128
Row = dict[str, str]


def written(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Of five photographs a fill, the same with noise in half of the hole, and one line with both the same."""
    rng = np.random.default_rng(0)
    hole = np.zeros((SIDE, SIDE), np.uint8)
    hole[40:88, 40:88] = 255
    rows = []
    for index in range(5):
        truth = photograph(index, SIDE, SIDE)
        fill = cv2.inpaint(truth, hole, 3, cv2.INPAINT_TELEA)
        fault = fill.copy()
        fault[40:64, 40:88] = rng.integers(0, 256, (24, 48, 3))
        for name, picture in (("truth", truth), ("fill", fill), ("fault", fault)):
            cv2.imwrite(str(tmp_path / f"{name}{index}.png"), picture[..., ::-1])
        order = ("fill", "fault") if index % 2 else ("fault", "fill")
        rows.append({"picture": f"p{index}", "a": f"{order[0]}{index}.png", "b": f"{order[1]}{index}.png",
                     "choice": "worse" if index % 2 else "better", "truth": f"truth{index}.png",
                     "mask": "hole.png"})  # fmt: skip
    rows.append({**rows[0], "a": "fill0.png", "b": "fill0.png", "choice": "same"})
    cv2.imwrite(str(tmp_path / "hole.png"), hole)
    return written(tmp_path / "choices.csv", rows)


def test_metrics_that_see_the_fault_agree_and_what_cannot_be_asked_says_why(
    made: Path, call: Callable[..., Any]
) -> None:
    done = call("agree", made, "--metrics", "psnr@hole,l1@hole,psnr@known,par", "--device", "cpu", "--format", "json")
    assert done.code == 0
    assert "par: " in done.err
    assert "official.pth" in done.err
    rows = {row["metric"]: row for row in json.loads(done.out)}
    for metric in ("psnr@hole", "l1@hole"):
        row = rows[metric]
        assert (row["agreement"], row["pictures"], row["decided"], row["ties"], row["same"]) == (1, 5, 5, 0, 1)
        assert row["same_told"] == 1
    # outside the hole both are one picture: no metric has a preference there
    assert (rows["psnr@known"]["decided"], rows["psnr@known"]["ties"]) in ((5, 5), (0, 0))
    nothing = call("agree", made, "--metrics", "par", "--device", "cpu")
    assert (nothing.code, nothing.out) == (1, "")
    assert "par: " in nothing.err


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"choice": "b"}, r"line 2: a choice is better, same, worse \(b against a\), not 'b'"),
        ({"a": ""}, "line 2: a is empty"),
        ({"a": "gone.png"}, "line 2: gone.png is not there"),
        ({"b": "../outside.png"}, "line 2: ../outside.png lies outside"),
    ],
)
def test_a_line_that_is_wrong_is_named(made: Path, change: Row, why: str) -> None:
    (made.parent.parent / "outside.png").write_bytes(b"")
    rows = list(csv.DictReader(made.read_text().splitlines()))
    rows[0] |= change
    with pytest.raises(HarnessError, match=why):
        read_choices(written(made, rows))


def test_what_a_file_and_a_metric_lack_is_said(made: Path) -> None:
    choices = read_choices(made)
    for metric, why in (("hf_ratio@hole", "has no better direction"), ("fd_efl0", "judges a set of pictures")):
        with pytest.raises(HarnessError, match=why):
            agreement(choices, [metric])
    rows = [{name: row[name] for name in ("picture", "a", "b", "choice")}
            for row in csv.DictReader(made.read_text().splitlines())]  # fmt: skip
    bare = read_choices(written(made, rows))
    with pytest.raises(HarnessError, match="psnr needs a truth: give the file of choices a column truth"):
        agreement(bare, ["psnr"])
    cv2.imwrite(str(made.parent / "hole.png"), np.zeros((8, 8), np.uint8))
    with pytest.raises(HarnessError, match="of different sizes"):
        agreement(choices, ["psnr@hole"])
    made.write_text("picture,a,b,choice\n")
    with pytest.raises(HarnessError, match="holds no choice"):
        read_choices(made)
    made.write_text("picture,a,choice\n")
    with pytest.raises(HarnessError, match="has no column b"):
        read_choices(made)
