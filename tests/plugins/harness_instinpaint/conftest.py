"""A handful of made-up pairs, packed as `render_instructions` packs them, and a first stage of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from harness.nn.autoencoder import VectorAutoencoder
from harness.nn.first_stage import SMALL

SIDE, SCENES = 32, 8
COLOURS = ("gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow")


def _object(colour: str, shape: str) -> dict[str, str]:
    return {"colour": colour, "shape": shape, "material": "metal", "size": "small"}


def write_pairs(folder: Path) -> Path:
    """Squares on noise: each scene whole and without each of its two squares."""
    rng = np.random.default_rng(0)
    pictures, instances, scenes = [], [], []
    for number in range(SCENES):
        ground = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        map_ = np.zeros((SIDE, SIDE), np.uint8)
        map_[4:14, 4:14], map_[16:28, 18:30] = 1, 2
        for shown in ((1, 2), (2,), (1,)):
            kept = np.where(np.isin(map_, shown), map_, 0).astype(np.uint8)
            pictures.append(np.where(kept[..., None] > 0, np.uint8(40) * kept[..., None], ground))
            instances.append(kept)
        scenes.append(
            {
                "whole": 3 * number,
                "scene": {"objects": [_object("red", "cube"), _object(COLOURS[number], "sphere")]},
                "without": {"0": 3 * number + 1, "1": 3 * number + 2},
                "prompts": {
                    "0": ["remove the red cube", "remove the cube to the left of the sphere"],
                    "1": ["remove the sphere"],
                },
                "text": {"0": "a red cube", "1": "a sphere"},
                "absent": ["remove the cylinder"],
            }
        )
    np.save(folder / "instructions.npy", np.stack(pictures).astype(np.uint8))
    np.save(folder / "instructions_instances.npy", np.stack(instances))
    facts = {"title": "squares", "licence": "CC0-1.0", "source": "noise", "scenes": scenes}
    (folder / "instructions.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="session")
def pairs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight scenes of 32 px."""
    return write_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="session")
def first_stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small first stage that nobody trained."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("first") / "first-stage.safetensors"
    save_file(VectorAutoencoder(SMALL).state_dict(), path)
    return path
