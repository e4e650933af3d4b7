"""Ladders: every kind gets worse step by step, the same on every machine, level 0 is the photograph."""

from __future__ import annotations

import numpy as np
import pytest

from harness.datasets.ladders import KINDS, Ladders, distorted
from harness.datasets.photos import Photos
from harness.errors import HarnessError


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_is_farther_from_the_photograph(kind: str) -> None:
    photos = Photos()
    for name in photos.ids()[:3]:
        truth = photos.load(name).image
        steps = [distorted(truth, kind, level, name) for level in range(len(KINDS[kind][1]) + 1)]
        assert all(step.dtype == np.uint8 and step.shape == truth.shape for step in steps)
        errors = [float(np.mean((step.astype(float) - truth) ** 2)) for step in steps]
        assert errors[0] == 0
        assert np.all(np.diff(errors) > 0), errors
        assert np.array_equal(steps[2], distorted(truth, kind, 2, name))


def test_samples_say_what_was_done_and_cluster_by_photograph() -> None:
    ladders = Ladders(photographs=2)
    assert len(ladders) == 2 * len(KINDS) * 6
    sample = ladders.load(ladders.ids()[8])
    assert sample.truth == {"reference": sample.id.split("/")[0], "kind": "noise", "strength": 2}
    assert sample.cluster == Photos().load(Photos().ids()[0]).cluster
    assert Ladders(photographs=3).content_hash() != ladders.content_hash()
    assert len(ladders.attribution()) == 2
    with pytest.raises(HarnessError, match="there are 1 to 40"):
        Ladders(photographs=41)
    with pytest.raises(HarnessError, match="step"):
        ladders.load("nobody/blur/1")
