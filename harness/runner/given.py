"""What of a sample methods and metrics are given beside its picture and mask, each checked once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.plugins import Registry
from harness.references import parse_metric

if TYPE_CHECKING:
    from harness.interfaces import Degraded, MaskSet, Sample
    from harness.suites import Task

__all__ = ["exposures_of", "judged_by_labels", "labels_of", "precision_of", "reference_of"]


def judged_by_labels(columns: Sequence[str], registry: Registry) -> bool:
    """Whether a column's metric compares label maps."""
    specs = registry.specs["metrics"]
    names = [parse_metric(column)[0] for column in columns]
    return any("labels" in registry.metric(name).uses for name in names if name in specs)


def labels_of(sample: Sample, task: Task) -> NDArray[np.int64]:
    """Label maps int64 [L,H,W] of the picture's size. Raises `HarnessError` where there are none, or wrong ones."""
    labels, size = sample.labels, sample.image.shape[:2]
    if labels is None:
        gives = f"task {task.id} {'gives' if 'labels' in task.gives else 'is judged by'} labels"
        raise HarnessError(f"{sample.id}: {gives}, and {task.dataset} has none for it")
    if labels.dtype != np.int64 or labels.ndim != 3 or labels.shape[1:] != size:
        raise HarnessError(f"{sample.id}: labels are {labels.dtype} {labels.shape}, not int64 [L, *{size}]")
    return np.ascontiguousarray(labels)


def reference_of(sample: Sample, task: Task) -> NDArray[np.uint8]:
    """The undistorted picture. Raises `HarnessError` where there is none, or one of another size."""
    if sample.reference is None:
        raise HarnessError(f"{sample.id}: task {task.id} gives a reference; {task.dataset} has none for it")
    if sample.reference.shape != sample.image.shape:
        sizes = f"{sample.reference.shape}, the picture {sample.image.shape}"
        raise HarnessError(f"{sample.id}: its reference is {sizes}")
    return sample.reference


def exposures_of(sample: Sample, degraded: Degraded | None, task: Task) -> NDArray[np.uint8]:
    """uint8 [K,H,W,3] of the degradation, else of the data set. Raises `HarnessError` where there are none."""
    found = sample.exposures if degraded is None or degraded.exposures is None else degraded.exposures
    if found is None:
        source = task.degradation or task.dataset
        raise HarnessError(f"{sample.id}: task {task.id} gives exposures; {source} has none for it")
    if found.dtype != np.uint8 or found.ndim != 4 or found.shape[3] != 3 or not found.size:
        raise HarnessError(f"{sample.id}: exposures are {found.dtype} {found.shape}, not uint8 K×H×W×3")
    return np.ascontiguousarray(found)


def precision_of(mask_set: MaskSet | None, task: Task) -> int | None:
    """How closely the masks follow objects, where the task gives that. Raises `HarnessError` where nobody says it."""
    if "precision" not in task.gives:
        return None
    stated = getattr(mask_set, "precision", None)
    if not isinstance(stated, int):
        raise HarnessError(f"task {task.id} gives precision; {task.maskset or 'no mask set'} states none")
    return stated
