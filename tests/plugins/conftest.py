"""What the tests of every method package share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.training.small_inpainter import HELD_OUT


@pytest.fixture(scope="session")
def packed_noise(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder of packed `scenes` and `photos` as recipes read them, by side in pixels: noise, some of it held out."""
    made: dict[tuple[int, int], Path] = {}

    def pack(side: int, count: int = HELD_OUT + 4) -> Path:
        if (side, count) not in made:
            folder = made[side, count] = tmp_path_factory.mktemp("packed")
            for seed, name in enumerate(("scenes", "photos")):
                stack = np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
                np.save(folder / f"{name}.npy", stack)
                (folder / f"{name}.json").write_text(json.dumps({"licence": "CC0-1.0", "source": "noise"}))
        return made[side, count]

    return pack
