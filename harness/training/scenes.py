"""Packed scenes with what is known of them, as `python -m harness_scenes.render_instructions` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.training.data import PackedImages, open_packed

__all__ = ["NAME", "PackedScenes", "open_scenes"]

NAME = "instructions"
Read = TypeVar("Read")


class PackedScenes(NamedTuple):
    """Pictures, and the instance map (uint8 [M, S, S], 0 the background) of each."""

    packed: PackedImages
    instances: NDArray[np.uint8]


def open_scenes(folder: Path, read: Callable[[int, Mapping[str, Any]], Read]) -> tuple[PackedScenes, tuple[Read, ...]]:
    """The pictures in ``folder``, and what ``read(row, facts)`` makes of every scene's facts.

    Raises `HarnessError` where they are not there, or hold something else.
    """
    packed = open_packed(folder, NAME)
    path = folder / f"{NAME}.json"
    try:
        facts = json.loads(path.read_text("utf-8"))
        instances = np.load(folder / f"{NAME}_instances.npy", mmap_mode="r", allow_pickle=False)
        found = tuple(read(row, scene) for row, scene in enumerate(facts["scenes"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise HarnessError(f"{path}: holds no scenes to train on ({type(error).__name__}: {error})") from error
    if len(instances) != len(packed.images):
        raise HarnessError(f"{path}: not one map of instances for each picture")
    return PackedScenes(packed, instances), found
