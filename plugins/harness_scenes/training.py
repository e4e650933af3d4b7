"""Training pictures: any number of scenes of the `train` split, as arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .render import Backend, label_map, render
from .sampling import sample_scene


def sample_training_scene_arrays(
    count: int,
    size: int,
    seed: int,
    backend: Backend = "auto",
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Render training scenes `seed`, `seed + 1`, ... `seed + count - 1`.

    Returns images uint8 [count, size, size, 3] (sRGB) and instances uint8 [count, size, size] (0 background,
    k + 1 object k). `progress` is called with the number of finished scenes. Raises `ValueError` for a seed
    outside the training range.
    """
    images = np.empty((count, size, size, 3), np.uint8)
    instances = np.empty((count, size, size), np.uint8)
    for k in range(count):
        rendered = render(sample_scene(seed + k, "train"), size, backend)
        images[k], instances[k] = rendered.image, rendered.instances
        if progress is not None:
            progress(k + 1)
    return images, instances


def training_label_maps(instances: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Turn instance maps of training scenes `seed`, `seed + 1`, ... into label maps of the same shape.

    A pixel's value is an index into `vocabulary.LABELS`.
    """
    classes = [tuple(item.label for item in sample_scene(seed + k, "train").objects) for k in range(len(instances))]
    return np.stack([label_map(scene, known) for scene, known in zip(instances, classes, strict=True)])
