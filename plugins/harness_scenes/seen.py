"""Where an object is seen in a picture: its box, the centre of that, and how much of the object others hide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from . import render_numpy
from .scene import Scene

__all__ = ["box_centre", "shown_share"]


def box_centre(silhouette: NDArray[np.bool_]) -> tuple[int, int]:
    """Return (row, column) of the centre of a silhouette's box, rounded down. Raises `ValueError` for an empty one."""
    rows, columns = np.flatnonzero(silhouette.any(axis=1)), np.flatnonzero(silhouette.any(axis=0))
    if not len(rows):
        raise ValueError("an object that is nowhere seen has no box")
    return int(rows[0] + rows[-1]) // 2, int(columns[0] + columns[-1]) // 2


def shown_share(scene: Scene, k: int, silhouette: NDArray[np.bool_]) -> float:
    """Return which share of object k's pixels is seen: those of `silhouette` [S, S] among those of the object alone."""
    alone = render_numpy.instances(replace(scene, objects=(scene.objects[k],)), len(silhouette)) > 0
    return float(silhouette.sum() / max(1, alone.sum()))
