"""Scenes in linear light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness_scenes
from harness.interfaces import Dataset
from harness_scenes import render_numpy
from harness_scenes.hdr import LEVELS, PEAK, HdrScenes, mu_law, undo_mu_law
from harness_scenes.sampling import sample_scene

SCENES = HdrScenes()


def test_it_is_a_small_data_set_whose_scenes_are_partly_brighter_than_white() -> None:
    assert isinstance(SCENES, Dataset)
    assert len(SCENES) == 24
    folder = Path(harness_scenes.__file__).parent / "data" / "scenes_hdr"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 200_000
    for id in SCENES.ids()[::4]:
        sample = SCENES.load(id)
        radiance = sample.truth["radiance"]
        assert (radiance.shape, radiance.dtype) == ((64, 64, 3), np.float32)
        assert 1 < radiance.max() < PEAK
        assert (sample.image == np.rint(mu_law(radiance) * 255)).all()


def test_a_scene_is_the_light_that_its_seed_gives() -> None:
    sample = SCENES.load("hdr-05")
    assert sample.truth["scene"] == sample_scene(sample.truth["seed"], "eval")
    again = render_numpy.radiance(sample.truth["scene"], 64)
    assert mu_law(again) == pytest.approx(mu_law(sample.truth["radiance"]), abs=0.6 / LEVELS)


def test_where_nothing_is_cut_off_the_light_is_the_pictures() -> None:
    scene = sample_scene(3, "train")
    picture, _ = render_numpy.render(scene, 32)
    light = render_numpy.radiance(scene, 32)
    encoded = np.where(light < 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)
    dim = light.max(axis=2) < 0.25  # a quarter of a pixel at white is a quarter
    assert dim.mean() > 0.1
    assert np.abs(encoded[dim] * 255 - picture[dim]).max() <= 0.51
    assert (encoded * 255 >= picture - 0.51).all()


@given(st.floats(0, PEAK))
def test_the_curve_is_undone(value: float) -> None:
    light = np.full((1, 1, 3), value, np.float32)
    assert undo_mu_law(mu_law(light)) == pytest.approx(light, rel=2e-5, abs=1e-6)
