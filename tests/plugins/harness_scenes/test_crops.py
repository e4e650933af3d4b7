"""`restoration-crops` and the clipped region of `scenes-hdr`."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import UnknownName
from harness_scenes.crops import RestorationCrops
from harness_scenes.hdr import HdrScenes


def test_thirty_crops_of_both_sources_in_turn() -> None:
    crops = RestorationCrops()
    assert len(crops) == len(crops.ids()) == 30
    samples = [crops.load(id) for id in crops.ids()]
    assert {s.image.shape for s in samples} == {(64, 64, 3)}
    assert [s.truth["source"] for s in samples] == ["photos", "scenes-holes"] * 15
    assert all(s.image.std() > 4 for s in samples)
    photographs = [s.image.astype(int) for s in samples[::2]]
    assert all(np.abs(p - p.mean(2, keepdims=True)).mean() > 2 for p in photographs)  # none is grey
    assert len({s.cluster for s in samples}) > 25
    assert np.array_equal(crops.load(crops.ids()[3]).image, samples[3].image)
    assert crops.content_hash() == RestorationCrops().content_hash()
    assert {row["image"] for row in crops.attribution() if "image" in row} == {s.id for s in samples[::2]}
    with pytest.raises(UnknownName):
        crops.load("nothing")


def test_the_mask_of_an_hdr_scene_is_where_a_plain_picture_is_clipped() -> None:
    scenes = HdrScenes()
    sample = scenes.load(scenes.ids()[0])
    assert sample.mask is not None
    assert np.array_equal(sample.mask, (sample.truth["radiance"] > 1).any(2))
    assert 0 < sample.mask.mean() < 0.5
