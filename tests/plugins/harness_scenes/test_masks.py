"""Holes cut through objects, and stay the same holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.interfaces import MaskSet, Sample
from harness_scenes.dataset import SceneHoles
from harness_scenes.masks import AREA, CUT, LEAST_LEFT, OBJECT_SHARE, SceneCuts, cuts, draw_cut, hidden_shares

SCENES = SceneHoles()
IDS = st.sampled_from(SCENES.ids())


@settings(max_examples=15, deadline=None)
@given(IDS, st.integers(0, 2**32), st.integers(0, 3))
def test_every_hole_keeps_the_rules(id: str, seed: int, k: int) -> None:
    sample = SCENES.load(id)
    instances = sample.truth["instances"]
    masks = SceneCuts(seed=seed, count=4)
    hole = masks.draw(sample, k)
    assert hole.dtype == np.bool_
    assert hole.shape == instances.shape
    assert AREA[0] <= hole.mean() <= AREA[1]
    assert len(np.unique(instances[hole])) >= 2
    assert (instances[hole] > 0).mean() >= OBJECT_SHARE
    hidden = [(hole & (instances == n)).sum() / (instances == n).sum() for n in np.unique(instances) if n]
    assert max(hidden) <= 1 - LEAST_LEFT
    assert any(CUT[0] <= share <= CUT[1] for share in hidden)
    assert (masks.draw(sample, k) == hole).all()


def test_masks_differ_by_seed_scene_and_number() -> None:
    a, b = SCENES.load("scene-00"), SCENES.load("scene-01")
    holes = [SceneCuts().draw(a, 0), SceneCuts().draw(a, 1), SceneCuts().draw(b, 0), SceneCuts(1).draw(a, 0)]
    assert len({hole.tobytes() for hole in holes}) == 4


def test_a_hole_needs_no_picture_only_the_instance_map() -> None:
    instances = np.zeros((96, 128), np.uint8)
    instances[20:70, 30:90] = 3  # numbers may be missing: objects 1 and 2 are not seen
    hole = draw_cut(np.random.default_rng(0), instances)
    assert cuts(instances, hole)
    assert hidden_shares(instances, hole)[:2].tolist() == [0.0, 0.0]


def test_rules_refuse_what_they_should() -> None:
    instances = np.zeros((100, 100), np.uint8)
    instances[:, 40:60] = 1
    whole, beside, half = (np.zeros((100, 100), bool) for _ in range(3))
    whole[:, 38:62] = True
    beside[:, :20] = True
    half[:50, 30:70] = True
    assert [cuts(instances, hole) for hole in (whole, beside, half)] == [False, False, True]


def test_what_cannot_be_cut_is_said() -> None:
    empty = Sample(id="x", cluster="x", image=np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(HarnessError, match="needs instance maps, 'x' has none"):
        SceneCuts().draw(empty, 0)
    bare = Sample(id="x", cluster="x", image=empty.image, truth={"instances": np.zeros((64, 64), np.uint8)})
    with pytest.raises(HarnessError, match=r"sample 'x', mask 0: no object covers 1\.5%"):
        SceneCuts().draw(bare, 0)
    with pytest.raises(ValueError, match="there is no mask 2"):
        SceneCuts().draw(SCENES.load("scene-00"), 2)
    with pytest.raises(ValueError, match="at least one mask"):
        SceneCuts(count=0)


def test_it_is_a_mask_set() -> None:
    assert isinstance(SceneCuts(), MaskSet)
