"""Build what `label-patches` copies from: `python -m harness_scenes.build_training_sheet FOLDER`.

Training seeds 0 to 11 at 256 px, rendered by numpy, in a sheet of three rows of four: pictures, and their label maps.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .render import render
from .sampling import sample_scene

__all__ = ["main"]

ROWS, COLUMNS, SIZE = 3, 4, 256


def main(arguments: Sequence[str] | None = None) -> None:
    """Render and write `pictures.webp` (lossless) and `labels.png`; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_training_sheet", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    scenes = [render(sample_scene(seed, "train"), SIZE, "numpy") for seed in range(ROWS * COLUMNS)]
    pictures = _sheet([scene.image for scene in scenes])
    Image.fromarray(pictures).save(folder / "pictures.webp", lossless=True, quality=100, method=6)
    Image.fromarray(_sheet([scene.labels for scene in scenes])).save(folder / "labels.png", optimize=True)


def _sheet(tiles: Sequence[NDArray[Any]]) -> NDArray[Any]:
    rows = [np.concatenate(tiles[row * COLUMNS : (row + 1) * COLUMNS], 1) for row in range(ROWS)]
    return np.concatenate(rows, 0)


if __name__ == "__main__":
    main()
