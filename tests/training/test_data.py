"""Packed sets and crops: what a file says, and that (seed, step) decide everything."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.errors import HarnessError
from harness.training.data import Crop, open_packed, random_crop, step_rng


def _stack(count: int = 5, side: int = 24) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_arrays_and_archives_give_the_same_images(tmp_path: Path) -> None:
    stack = _stack()
    np.save(tmp_path / "a.npy", stack)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for index, image in enumerate(stack):
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, format="PNG")
            archive.writestr(f"{index}.png", buffer.getvalue())
        archive.writestr("manifest.json", "{}")
    array, zipped = open_packed(tmp_path, "a"), open_packed(tmp_path, "b")
    assert all(np.array_equal(one, other) for one, other in zip(array.images, zipped.images, strict=True))
    assert array.sha256 != zipped.sha256


def test_licence_and_source_come_from_the_file_beside(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", _stack())
    (tmp_path / "a.json").write_text(json.dumps({"licence": "CC0-1.0", "source": "made up", "files": ["x"]}))
    described = open_packed(tmp_path, "a").part(0, -2).describe()
    assert described["licence"] == "CC0-1.0"
    assert described["images"] == 3
    assert "files" not in described


def test_missing_or_odd_sets_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"neither scenes\.npy nor scenes.zip"):
        open_packed(tmp_path, "scenes")
    np.save(tmp_path / "grey.npy", np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(HarnessError, match="uint8 \\[N, H, W, 3\\]"):
        open_packed(tmp_path, "grey")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(8, 40),
    st.integers(8, 40),
    st.integers(4, 48),
    st.floats(0.25, 4),
    st.integers(0, 2**31),
    st.integers(0, 99),
)
def test_a_crop_is_square_and_decided_by_seed_and_step(
    height: int, width: int, side: int, zoom: float, seed: int, step: int
) -> None:
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    crop = Crop(side, (zoom, 2 * zoom))
    one, other = (random_crop(image, crop, step_rng(seed, step)) for _ in range(2))
    assert one.shape == (side, side, 3)
    assert np.array_equal(one, other)


def test_steps_and_lanes_draw_differently() -> None:
    draws = {step_rng(seed, step, lane).random() for seed in range(3) for step in range(3) for lane in range(3)}
    assert len(draws) == 27


def test_crops_are_mirrored_half_of_the_time_and_stay_inside() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, :, 0] = np.arange(16)
    rising = [random_crop(image, Crop(8), step_rng(0, step))[0, :, 0] for step in range(400)]
    mirrored = np.mean([int(row[0]) > int(row[-1]) for row in rising])
    assert 0.4 < mirrored < 0.6
    assert {int(row.min()) for row in rising} == set(range(9))
