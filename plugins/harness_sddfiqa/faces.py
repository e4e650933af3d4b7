"""The faces that training sees: packed pictures of known people, some of whom are held out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError
from harness.training.data import PackedImages, open_packed

__all__ = ["HELD_OUT", "FaceSet", "open_faces", "to_network"]

HELD_OUT = 30
"""ours: people at the end of the set who are never trained on; variants are chosen by them."""


@dataclass(frozen=True)
class FaceSet:
    """Aligned faces of 112 x 112.

    Attributes:
        packed: the pictures, uint8 [N,112,112,3].
        person: whose each is [N], counted from 0.
        clean: whether nothing was done to it [N].
        held_out: whether its person is one of the last `HELD_OUT`.
    """

    packed: PackedImages
    person: NDArray[np.int64]
    clean: NDArray[np.bool_]
    held_out: NDArray[np.bool_]

    def describe(self) -> Mapping[str, Any]:
        """JSON-ready: the packed set's own facts, and how many people are trained on."""
        people = len(np.unique(self.person[~self.held_out]))
        return {**self.packed.describe(), "people": people, "licence": "CC0-1.0"}


def open_faces(folder: Path, held_out: int = HELD_OUT) -> FaceSet:
    """Read `faces.npy` and `faces.json` (`rows` with `person` and `kind`), as `harness_faces.train_set` writes them.

    Raises `HarnessError` where one is missing or they do not belong together, or nobody would be left to train on.
    """
    packed, path = open_packed(folder, "faces"), folder / "faces.json"
    try:
        rows = json.loads(path.read_text("utf-8"))["rows"]
        names = [row["person"] for row in rows]
        clean = np.array([not row["kind"] for row in rows], np.bool_)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"{path}: expected 'rows' with 'person' and 'kind' of every picture") from error
    if len(rows) != len(packed.images):
        raise HarnessError(f"{path} tells of {len(rows)} pictures; {len(packed.images)} lie beside it")
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    if len(number) < held_out + 2:
        raise HarnessError(f"{path}: {len(number)} people; {held_out} are held out and two are the least to train on")
    person = np.array([number[name] for name in names])
    return FaceSet(packed, person, clean, person >= len(number) - held_out)


def to_network(pictures: NDArray[np.uint8]) -> Tensor:
    """[N,112,112,3] in bytes -> [N,3,112,112] in [-1, 1], as `harness_sddfiqa.method.network_input` gives them."""
    return (torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
