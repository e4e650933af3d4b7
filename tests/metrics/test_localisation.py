"""Marks found by maps: scikit-learn's and torchmetrics' numbers, the floor of finding nothing, laws, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn
from torchmetrics.classification import MulticlassJaccardIndex

from harness.errors import HarnessError, RefusedSet
from harness.interfaces import Assessed
from harness.metrics.localisation import (
    ArtifactAp,
    ArtifactAuroc,
    ArtifactF1,
    ArtifactImageIou,
    ArtifactIou,
    ArtifactMiou,
    ArtifactPrecision,
    ArtifactRecall,
    CleanArea,
)
from harness.metrics.separation import FaultAuroc
from harness.runner.levels import counted, packed, unpacked

Maps = np.ndarray
PIXELS = 400


def drawn(seed: int, pictures: int = 12, clean: int = 3) -> tuple[Maps, Maps]:
    """Maps uint8 [n,P] that know something of their marks bool [n,P]; the last pictures have none."""
    rng = np.random.default_rng(seed)
    marks = rng.random((pictures, PIXELS)) < rng.uniform(0.02, 0.4)
    marks[pictures - clean :] = False
    maps = np.clip(90 + 70 * marks + 60 * rng.standard_normal(marks.shape), 0, 255).astype(np.uint8)
    return maps, marks


def assessed(maps: Maps, marks: Maps, per_cluster: int = 2) -> Assessed:
    n = len(maps)
    levels = np.stack([counted(map, mark) for map, mark in zip(maps, marks, strict=True)])
    kinds = tuple({"kind": ("seam", "blur")[i % 2] if marks[i].any() else "clean"} for i in range(n))
    names = tuple(f"p{i:03d}" for i in range(n))
    clusters = tuple(f"c{i // per_cluster}" for i in range(n))
    return Assessed(names, clusters, np.zeros(n), kinds, levels=levels)


SKLEARN: list[tuple[type, Callable[[Maps, Maps], float]]] = [
    (ArtifactF1, lambda maps, marks: sklearn.f1_score(marks, maps >= 128)),
    (ArtifactPrecision, lambda maps, marks: sklearn.precision_score(marks, maps >= 128)),
    (ArtifactRecall, lambda maps, marks: sklearn.recall_score(marks, maps >= 128)),
    (ArtifactIou, lambda maps, marks: sklearn.jaccard_score(marks, maps >= 128)),
    (ArtifactAuroc, lambda maps, marks: sklearn.roc_auc_score(marks, maps)),
    (ArtifactAp, lambda maps, marks: sklearn.average_precision_score(marks, maps)),
]


@pytest.mark.parametrize(("metric", "theirs"), SKLEARN, ids=[metric.__name__ for metric, _ in SKLEARN])
def test_pooled_numbers_are_scikit_learns(metric: type, theirs: Callable[[Maps, Maps], float]) -> None:
    for seed in range(2):
        maps, marks = drawn(seed)
        whole, *kinds = metric().reduce(assessed(maps, marks))
        assert whole.value == pytest.approx(theirs(maps.ravel(), marks.ravel()), abs=1e-12)
        assert whole.lo <= whole.value <= whole.hi
        assert [value.subset for value in kinds] == ["kind:blur", "kind:seam"]
        seams = slice(0, 9, 2)
        assert kinds[1].value == pytest.approx(theirs(maps[seams].ravel(), marks[seams].ravel()), abs=1e-12)


def test_iou_of_both_classes_is_torchmetrics() -> None:
    maps, marks = drawn(0)
    theirs = MulticlassJaccardIndex(2, average="none")(
        torch.from_numpy((maps >= 128).astype(np.int64)), torch.from_numpy(marks.astype(np.int64))
    )
    given = assessed(maps, marks)
    assert ArtifactIou().reduce(given)[0].value == pytest.approx(float(theirs[1]), abs=1e-6)
    assert ArtifactMiou().reduce(given)[0].value == pytest.approx(float(theirs.mean()), abs=1e-6)


def test_finding_nothing_has_half_the_miou_and_no_iou() -> None:
    maps, marks = drawn(1)
    nothing = assessed(np.zeros_like(maps), marks)
    share = marks.mean()
    assert ArtifactMiou().reduce(nothing)[0].value == pytest.approx((1 - share) / 2)
    assert ArtifactIou().reduce(nothing)[0].value == 0
    assert np.isnan(ArtifactPrecision().reduce(nothing)[0].value)
    assert ArtifactAuroc().reduce(nothing)[0].value == pytest.approx(0.5)
    assert ArtifactAp().reduce(nothing)[0].value == pytest.approx(share)
    everything = assessed(np.full_like(maps, 255), marks)
    assert ArtifactIou().reduce(everything)[0].value == pytest.approx(share)
    assert CleanArea().reduce(everything)[0].value == 1


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_bounds_and_orders_that_always_hold(seed: int) -> None:
    maps, marks = drawn(seed, pictures=4, clean=1)
    levels = np.stack([counted(map, mark) for map, mark in zip(maps, marks, strict=True)]).astype(float).sum(0)
    if not marks.any():
        return
    iou, f1 = float(ArtifactIou.of(levels)), float(ArtifactF1.of(levels))
    assert f1 == pytest.approx(2 * iou / (1 + iou))
    assert iou <= min(float(ArtifactPrecision.of(levels)), float(ArtifactRecall.of(levels)))
    mirrored = levels[:, ::-1]
    assert float(ArtifactAuroc.of(mirrored)) == pytest.approx(1 - float(ArtifactAuroc.of(levels)))
    perfect = np.zeros((2, 256))
    perfect[0, 0], perfect[1, 255] = levels.sum(1)
    assert [float(m.of(perfect)) for m in (ArtifactIou, ArtifactMiou, ArtifactAp, ArtifactAuroc)] == [1, 1, 1, 1]


def test_single_pictures_count_where_they_have_marks_or_where_they_have_none() -> None:
    maps, marks = drawn(2)
    given = assessed(maps, marks)
    found = maps >= 128
    each = [(found[i] & marks[i]).sum() / (found[i] | marks[i]).sum() for i in range(9)]
    assert ArtifactImageIou().reduce(given)[0].value == pytest.approx(np.mean(each))
    area, clean = CleanArea().reduce(given)
    assert area.value == pytest.approx(found[9:].mean())
    assert (clean.subset, clean.value) == ("kind:clean", area.value)
    with pytest.raises(RefusedSet, match="no picture of the data set counts"):
        CleanArea().reduce(assessed(maps[:9], marks[:9]))
    with pytest.raises(RefusedSet, match="nothing is marked"):
        ArtifactIou().reduce(assessed(maps[9:], marks[9:]))


def test_a_picture_without_a_map_refuses_the_set() -> None:
    maps, marks = drawn(3)
    given = assessed(maps, marks)
    assert given.levels is not None
    given.levels[4] = 0
    for metric in (ArtifactIou, CleanArea):
        with pytest.raises(RefusedSet, match="1 of 12 pictures have no map"):
            metric().reduce(given)
        with pytest.raises(RefusedSet, match="gives no map, or the data set marks nothing"):
            metric().reduce(Assessed(given.ids, given.clusters, given.scores, given.truths))


def test_entries_meet_the_same_resamples_and_curves_pass_through_the_value() -> None:
    maps, marks = drawn(4)
    one, other = (ArtifactIou().reduce(assessed(m, marks))[0] for m in (maps, np.clip(maps, 1, None)))
    assert one.replicates is not None
    assert other.replicates is not None
    np.testing.assert_array_equal(one.replicates, other.replicates)
    curve = json.loads(str(one.curve))
    at_half = int(np.argmin(np.abs(np.array(curve["x"]) - 0.5)))
    assert curve["lo"][at_half] <= one.value <= curve["hi"][at_half]
    steep = json.loads(str(ArtifactAp().reduce(assessed(maps, marks))[0].curve))
    assert (steep["x"][-1], steep["y"][-1]) == (1, pytest.approx(marks.mean()))


def test_faulty_below_right_is_scikit_learns() -> None:
    rng = np.random.default_rng(5)
    groups = np.array(["fault", "different", "untouched"] * 20)
    scores = np.round(rng.standard_normal(60) - (groups == "fault"), 1)
    scores[7] = np.nan
    truths = tuple({"group": str(group)} for group in groups)
    given = Assessed(tuple(map(str, range(60))), tuple(f"c{i // 3}" for i in range(60)), scores, truths)
    against, untouched = FaultAuroc().reduce(given)
    for value, group in ((against, "different"), (untouched, "untouched")):
        chosen = np.isin(groups, ["fault", group]) & np.isfinite(scores)
        assert value.value == pytest.approx(
            sklearn.roc_auc_score(groups[chosen] == "fault", -scores[chosen]), abs=1e-12
        )
        assert value.lo < value.value < value.hi
    assert untouched.subset == "against:untouched"
    with pytest.raises(RefusedSet, match="no scored picture of the group untouched"):
        FaultAuroc().reduce(Assessed(given.ids[:2], given.clusters[:2], scores[:2], truths[:2]))


def test_counts_come_back_from_their_text_and_damaged_ones_are_refused() -> None:
    maps, marks = drawn(6, pictures=1, clean=0)
    levels = counted(maps[0], marks[0])
    assert levels.sum() == PIXELS
    np.testing.assert_array_equal(unpacked(packed(levels)), levels)
    for wrong in ("", "no base64!", packed(levels)[:-8], packed(np.zeros((2, 9999), np.int64))):
        with pytest.raises(HarnessError, match="map_levels cannot be read"):
            unpacked(wrong)
