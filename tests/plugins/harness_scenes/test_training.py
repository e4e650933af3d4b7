"""Training scenes as arrays and as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness_scenes.render import render
from harness_scenes.render_training import main
from harness_scenes.sampling import sample_scene
from harness_scenes.training import sample_training_scene_arrays, training_label_maps


def test_row_k_is_the_scene_of_seed_plus_k() -> None:
    done: list[int] = []
    images, instances = sample_training_scene_arrays(2, 16, 5, "numpy", done.append)
    expected = render(sample_scene(6, "train"), 16, "numpy")
    assert images.shape == (2, 16, 16, 3)
    assert images.dtype == instances.dtype == np.uint8
    assert (images[1] == expected.image).all()
    assert (instances[1] == expected.instances).all()
    assert (training_label_maps(instances, 5)[1] == expected.labels).all()
    assert done == [1, 2]


def test_both_kinds_of_file_hold_the_same_arrays(tmp_path: Path) -> None:
    words = ["--count", "1", "--size", "16", "--seed", "3", "--backend", "numpy"]
    main([str(tmp_path / "scenes.npz"), *words])
    main([str(tmp_path / "folder"), *words])
    with np.load(tmp_path / "scenes.npz") as archive:
        for name in ("images", "instances", "labels"):
            assert (archive[name] == np.load(tmp_path / "folder" / f"{name}.npy")).all()
