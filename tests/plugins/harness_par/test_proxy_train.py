"""Training of `par-proxy`: halves that share nothing, batches by the seed, weights that the judge loads, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError, UnknownName
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.masks.lama import draw_lama
from harness.testing.conformance.pictures import photograph
from harness.testing.conformance.tensors import pictures
from harness.training.data import step_rng
from harness.training.export import read_metadata
from harness.training.loop import train
from harness_par.faults import DIFFERENT, FAULTS, Made, made
from harness_par.faults_scenes import REMOVAL, RENDERED, Triple, removed
from harness_par.proxy import ProxyAssessor
from harness_par.proxy_data import Constructed
from harness_par.proxy_measure import Judged, _moved, best_threshold, judge, told
from harness_par.proxy_network import TINY
from harness_par.proxy_train import ProxyTraining, Settings
from harness_par.roc import auroc

SIDE = 64


def scene() -> Triple:
    """A made-up scene: a bright square with a shadow beside it, gone, and of another colour."""
    without = np.full((SIDE, SIDE, 3), 120, np.uint8)
    silhouette = np.zeros((SIDE, SIDE), bool)
    silhouette[20:40, 20:40] = True
    whole, other = without.copy(), without.copy()
    whole[24:44, 40:50] = 70
    whole[silhouette], other[silhouette] = (220, 30, 30), (30, 30, 220)
    return Triple(whole, without, other, silhouette)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    np.save(folder / "photos.npy", np.stack([photograph(i, SIDE, SIDE) for i in range(6)]))
    np.save(folder / "photos_sources.npy", np.array([0, 1, 2, 3, 2, 3], np.int32))
    one = scene()
    np.save(folder / "removals.npy", np.stack([one.whole, one.without, one.other] * 4))
    np.save(folder / "removals_masks.npy", np.stack([one.silhouette] * 8).astype(np.uint8))
    return folder


def test_halves_share_no_photograph_and_no_scene(data: Path) -> None:
    a, b = Constructed(data, "a", 32), Constructed(data, "b", 32)
    assert set(a.crops) == {0, 2, 4}
    assert set(b.crops) == {1, 3, 5}
    assert not set(a.scenes) & set(b.scenes)
    assert {a.photographs, b.photographs} == {2}
    names = {a.named(step_rng(0, step))[1] for step in range(12)}
    assert names == {"photograph 0", "photograph 2"}
    with pytest.raises(UnknownName):
        Constructed(data, "c", 32)


def test_files_that_do_not_belong_together_are_refused(data: Path, tmp_path: Path) -> None:
    for name in ("photos", "removals"):
        np.save(tmp_path / f"{name}.npy", np.load(data / f"{name}.npy"))
    with pytest.raises(HarnessError, match=r"no .*photos_sources"):
        Constructed(tmp_path, "a", 32)
    np.save(tmp_path / "photos_sources.npy", np.zeros(5, np.int32))
    with pytest.raises(HarnessError, match="5 entries for 6"):
        Constructed(tmp_path, "a", 32)


def test_a_failed_removal_leaves_some_of_the_object_and_a_right_one_nothing() -> None:
    one, ways = scene(), set()
    for seed in range(12):
        failed, right = removed(one, seed, REMOVAL), removed(one, seed, RENDERED)
        assert failed.kind == REMOVAL
        left = np.abs(failed.picture.astype(int) - one.without).max(2) > 0
        assert np.array_equal(left & failed.hole, failed.artifact)
        ways.add((bool(left[one.silhouette].any()), bool(left[~one.silhouette].any())))
        assert not right.artifact.any()
        assert any(np.array_equal(right.picture, target) for target in (one.without, one.other))
        assert np.array_equal(right.picture[~right.hole], one.whole[~right.hole])
    assert ways == {(True, False), (False, True)}  # a piece or a pale object, a shadow
    assert removed(one, 0, "clean").picture is one.whole
    with pytest.raises(KeyError):
        removed(one, 0, "scratch")


def test_it_trains_validates_on_the_other_half_and_exports_what_the_judge_loads(data: Path, tmp_path: Path) -> None:
    small = replace(Settings(), batch=2, side=32, validated=1)
    recipe = ProxyTraining(data, 0, "a", TINY, small)
    first, again = recipe.batch(3), recipe.batch(3)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert first["picture"].shape == (2, 3, 32, 32)
    result = train(recipe, tmp_path / "out", steps=3, cpu=True, tell=lambda report: None)
    assert {"auroc", "false_area"} <= set(result.scores)
    facts = read_metadata(result.weights)
    assert (facts["half"], facts["photographs"]) == ("a", 2)
    assert result.weights.name == "par-proxy-mini-a.safetensors"
    image = pictures(1, (40, 56))

    def probability(path: Path) -> Tensor:
        found = ProxyAssessor(Setup("cpu", LoadedWeights("mini-a", "mini", path, ""))).assess(
            Batch(("a",), image=image)
        )
        assert found.map is not None
        return found.map

    before = probability(result.weights)
    threshold = float(before.quantile(0.7))
    _moved(result.weights, tmp_path / "moved.safetensors", threshold, {"auroc": 0.5})
    assert abs(float((probability(tmp_path / "moved.safetensors") > 0.5).float().mean()) - 0.3) < 0.02
    assert read_metadata(tmp_path / "moved.safetensors")["measured"] == {"auroc": 0.5}


def knowing(picture: Tensor) -> Tensor:
    """A finder that calls the photograph's red share a probability."""
    return picture[:, :1]


def test_what_is_told_of_a_finder_that_knows_and_of_one_that_does_not() -> None:
    drawn = []
    for index, kind in enumerate((*FAULTS, DIFFERENT, "clean") * 2):
        hole = draw_lama(np.random.default_rng(index), 48, 48).astype(bool)
        drawn.append((made(photograph(index % 4, 48, 48), hole, index, kind), f"p{index % 4}"))
    perfect = [Judged(one, source, 0.8 * one.artifact.astype(np.float32) + 0.1) for one, source in drawn]
    numbers: Mapping[str, object] = told(perfect)
    assert numbers["auroc"] == numbers["auroc_pixels"] == 1
    assert numbers["false_area"] == 0
    assert 0.1 <= best_threshold(perfect) < 0.9
    blind = [Judged(one, source, np.full(one.hole.shape, 0.25, np.float32)) for one, source in drawn]
    assert told(blind)["auroc"] == told(blind)["auroc_pixels"] == 0.5
    for one in judge(knowing, drawn[:2]):
        assert np.allclose(one.probability, one.made.picture[..., 0] / 255)


def test_auroc_by_hand() -> None:
    assert auroc([2.0, 3.0], [1.0, 0.0]) == 1
    assert auroc([1.0], [1.0, 0.0]) == 0.75
    assert np.isnan(auroc([], [1.0]))
    assert isinstance(made(photograph(0, 32, 32), np.ones((32, 32), bool), 0, "blob"), Made)
