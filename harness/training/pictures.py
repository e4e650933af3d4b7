"""Sample pictures of a training: one PNG of rows input, output, truth."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from harness.training.checkpoint import write_atomically

__all__ = ["save_grid"]

GAP = 2  # pixels of white between pictures


def save_grid(path: Path, pictures: Tensor) -> None:
    """Write ``[R, C, 3, H, W]`` in [0, 1] as a PNG of R rows and C columns, atomically."""
    rows, columns, _, height, width = pictures.shape
    levels = (pictures.detach().float().cpu().clamp(0, 1) * 255).round().byte().permute(0, 1, 3, 4, 2).numpy()
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + GAP), column * (width + GAP)
            sheet[top : top + height, left : left + width] = levels[row, column]
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())
