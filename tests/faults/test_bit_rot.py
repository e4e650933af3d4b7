"""A flipped bit in a shipped picture is found before it is decoded: JPEG and WebP would show other pixels silently."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness_scenes
from harness.datasets.decode import ImageError, decode
from harness.datasets.photos import PHOTOS, Photos
from harness.errors import HarnessError
from harness_scenes.dataset import SceneHoles

SCENES = Path(harness_scenes.__file__).parent / "data" / "scenes_holes"
SETS: dict[str, tuple[Path, str, str, Callable[[Path], Any]]] = {
    "photos": (PHOTOS, "china.jpg", "china", lambda folder: Photos("native", folder)),
    "scenes": (SCENES, "scene-00.webp", "scene-00", SceneHoles),
    "labels of scenes": (SCENES, "scene-00-instances.png", "scene-00", SceneHoles),
}


@pytest.mark.parametrize("name", SETS)
def test_each_of_a_hundred_flipped_bits_is_found(tmp_path: Path, name: str) -> None:
    folder, file, id, make = SETS[name]
    shutil.copytree(folder, tmp_path / "copy")
    path = tmp_path / "copy" / file
    dataset, whole, chance, silent = make(tmp_path / "copy"), path.read_bytes(), random.Random(0), 0
    pixels = decode(whole).pixels
    dataset.load(id)
    for count in range(100):
        bit = chance.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(HarnessError, match=rf"{file}.* (is not the manifest's|not what its manifest says)"):
            dataset.load(id)
        if count < 20:
            try:
                other = decode(bytes(damaged)).pixels
            except ImageError:
                continue
            silent += other.shape != pixels.shape or not np.array_equal(other, pixels)
    assert silent > 5 or file.endswith(".png")  # nothing else would have told
