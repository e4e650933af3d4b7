"""The cross-fitted detector: what it may see, what it finds, and what it reads out of runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.errors import HarnessError
from harness.testing.conformance.pictures import hole, photograph
from harness_scat.crossfit import CrossFit, Finding, Painting, Settings, cross_fit, plan_folds
from harness_scat.paintings import read_paintings

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

TINY = Settings(steps=1, batch=2, width=2)
FEW = Settings(steps=4, batch=4, width=4)
PHOTOGRAPHS = 6


def _painting(method: str, number: int, fill: Callable[[Pixels, Hole], Pixels], side: int = 96) -> Painting:
    truth = photograph(number, side, side)
    where = np.roll(hole((side, side), number), 11 * number, axis=(0, 1))
    picture = np.where(where[..., None], fill(truth, where), truth)
    return Painting(method, f"photograph-{number}", f"{method}-{number}", picture, truth, where)


def _mean(truth: Pixels, where: Hole) -> Pixels:
    return np.broadcast_to(truth[~where].mean(0).round().astype(np.uint8), truth.shape)


def _truth(truth: Pixels, where: Hole) -> Pixels:
    del where
    return truth


def _same(one: Finding, other: Finding) -> bool:
    return np.array_equal(one.generated, other.generated) and one.auroc == other.auroc


# ---- who sees what


@given(st.integers(2, 9), st.integers(1, 4), st.integers(2, 5), st.integers(0, 99))
def test_nobody_is_judged_by_a_detector_that_saw_the_photograph_or_the_left_out_method(
    photographs: int, methods: int, folds: int, seed: int
) -> None:
    blank = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), bool)
    paintings = [
        Painting(f"m{m}", f"p{p}", f"{m}/{p}/{twice}", blank[0], blank[0], blank[1])
        for p in range(photographs)
        for m in range(methods)
        for twice in range(2)
    ]
    if folds > photographs:
        with pytest.raises(HarnessError, match="cannot be split"):
            plan_folds(paintings, folds, seed)
        return
    times: dict[bool, list[int]] = {False: [], True: []}
    for fold in plan_folds(paintings, folds, seed):
        seen = [paintings[index] for index in fold.trained]
        judged = [paintings[index] for index in fold.judged]
        assert seen
        assert not {p.photograph for p in seen} & {p.photograph for p in judged}
        assert fold.left_out not in {p.method for p in seen}
        assert not fold.left_out or {p.method for p in judged} == {fold.left_out}
        times[bool(fold.left_out)] += fold.judged
    assert sorted(times[False]) == list(range(len(paintings)))
    assert sorted(times[True]) == (list(range(len(paintings))) if methods > 1 else [])


def test_a_photograph_s_pixels_reach_no_detector_that_judges_its_fold() -> None:
    """Other pixels of one photograph change the maps of the other parts, and none but its own in its part."""
    paintings = [_painting("a", k, _mean, 64) for k in range(4)]
    first = plan_folds(paintings, 2)[0]
    changed, *_ = part = sorted({paintings[index].photograph for index in first.judged})
    altered = [replace(p, picture=255 - p.picture) if p.photograph == changed else p for p in paintings]
    before, after = cross_fit(paintings, FEW), cross_fit(altered, FEW)
    others = [
        pair for pair in zip(before.findings, after.findings, strict=True) if pair[0].painting.photograph != changed
    ]
    same = {
        inside: [_same(*pair) for pair in others if (pair[0].painting.photograph in part) == inside]
        for inside in (True, False)
    }
    assert all(same[True])
    assert not any(same[False])


def test_the_same_call_finds_the_same() -> None:
    paintings = [_painting("a", k, _mean, 64) for k in range(4)]
    one, two, other = (cross_fit(paintings, TINY, seed) for seed in (0, 0, 1))
    assert one.rows == two.rows
    assert one.rows != other.rows


# ---- what it finds


@pytest.fixture(scope="module")
def found() -> CrossFit:
    """Mean fills beside the truth itself, as two methods."""
    fills = {"mean": _mean, "truth": _truth}
    paintings = [_painting(name, k, fill) for name, fill in fills.items() for k in range(PHOTOGRAPHS)]
    return cross_fit(paintings, Settings(steps=25, batch=4, width=4))


def test_mean_fills_are_told_from_photographs(found: CrossFit) -> None:
    for row in (row for row in found.rows if row.method == "mean" and not row.unseen):
        assert row.auroc.value > 0.65
        assert row.auroc.lo > 0.5
        assert row.difference.lo > 0


def test_the_truth_cannot_be_told_from_itself(found: CrossFit) -> None:
    rows = [row for row in found.rows if row.method == "truth"]
    assert [row.unseen for row in rows] == [False, True]
    for row in rows:
        assert row.auroc.lo <= 0.5 <= row.auroc.hi
        assert row.auroc == row.control
        assert (row.difference.lo, row.difference.hi) == (0, 0)
        assert (row.auroc.n, row.auroc.clusters) == (PHOTOGRAPHS, PHOTOGRAPHS)


# ---- out of runs


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detect") / "run"
    harness.run("demo", ["mean", "telea"], limit=2, device="cpu", keep="all", out=folder, report=False)
    return folder


def test_paintings_are_the_kept_outputs_pasted_into_their_truths(run: Path) -> None:
    paintings = read_paintings([run])
    assert {p.method for p in paintings} == {"mean", "telea"}
    for painting in paintings:
        assert painting.hole.any()
        assert np.array_equal(painting.picture[~painting.hole], painting.truth[~painting.hole])
        assert not np.array_equal(painting.picture[painting.hole], painting.truth[painting.hole])
    with pytest.raises(HarnessError, match="has no task 'nowhere'"):
        read_paintings([run], ["nowhere"])
    with pytest.raises(HarnessError, match="stands in two of the runs"):
        read_paintings([run, run])


def test_the_command_tells_numbers_and_keeps_maps(
    run: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = harness_command("detect", str(run), "--steps", "1", "--out", "maps", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  others  ") == 2
    kept = json.loads((tmp_path / "maps" / "detect.json").read_text())
    assert [row["method"] for row in kept["rows"]] == ["mean", "mean", "telea", "telea"]
    assert len(list((tmp_path / "maps").glob("*.png"))) * 2 == len(kept["samples"])


def test_outputs_that_were_not_kept_are_told_in_one_line(
    run: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    for picture in (run / "artifacts").glob("*.png"):
        picture.rename(picture.with_suffix(".gone"))
    try:
        done = harness_command("detect", str(run))
    finally:
        for picture in (run / "artifacts").glob("*.gone"):
            picture.rename(picture.with_suffix(".png"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--keep all" in done.stderr
