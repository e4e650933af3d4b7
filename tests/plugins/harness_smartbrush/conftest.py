"""A few made-up scenes, packed as `render_instructions` packs them, and a first stage of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from harness.nn.autoencoder import VectorAutoencoder
from harness.nn.first_stage import SMALL

SIDE, SCENES = 32, 6
TEXTS = ("a small red metal cube", "a large blue rubber sphere")


@pytest.fixture(scope="session")
def scenes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Squares on noise: each scene whole and without each of its two squares; one more square is a dot."""
    folder = tmp_path_factory.mktemp("scenes")
    rng = np.random.default_rng(0)
    pictures, instances, scenes = [], [], []
    for number in range(SCENES):
        ground = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        map_ = np.zeros((SIDE, SIDE), np.uint8)
        map_[4:14, 3:14], map_[16:28, 18:30], map_[0, 0] = 1, 2, 3
        for shown in ((1, 2, 3), (2, 3), (1, 3), (1, 2)):
            kept = np.where(np.isin(map_, shown), map_, 0).astype(np.uint8)
            pictures.append(np.where(kept[..., None] > 0, np.uint8(40) * kept[..., None], ground))
            instances.append(kept)
        first = 4 * number
        texts = {"0": TEXTS[0], "1": TEXTS[1], "2": "a small gray rubber cylinder"}
        scenes.append(
            {
                "whole": first,
                "scene": {},
                "without": {"0": first + 1, "1": first + 2, "2": first + 3},
                "prompts": {},
                "text": texts,
                "absent": [],
            }
        )
    np.save(folder / "instructions.npy", np.stack(pictures).astype(np.uint8))
    np.save(folder / "instructions_instances.npy", np.stack(instances))
    facts = {"title": "squares", "licence": "CC0-1.0", "source": "noise", "scenes": scenes}
    (folder / "instructions.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="session")
def first_stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small first stage that nobody trained."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("first") / "first-stage.safetensors"
    save_file(VectorAutoencoder(SMALL).state_dict(), path)
    return path
