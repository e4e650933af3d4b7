"""Filled pictures out of finished run folders, as `crossfit` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.store.folder import RunFolder, open_run
from harness.store.shards import plain_rows
from harness_scat.crossfit import Painting

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_paintings"]

HOLE_ABOVE = 127


def read_paintings(runs: Sequence[str | Path], tasks: Sequence[str] = ()) -> list[Painting]:
    """Every kept output of the runs' tasks with holes, pasted into its truth; methods by their references.

    Entries with random weights are left out: what they output is no result.

    Raises:
        HarnessError: no such task, outputs that were not kept, or one entry in two of the runs.
    """
    found: list[Painting] = []
    for path in runs:
        run = open_run(path)
        with run.at_rest():
            here = [painting for task in _tasks(run, tasks) for painting in _of_task(run, task)]
        if twice := {p.method for p in here} & {p.method for p in found}:
            raise HarnessError(f"{sorted(twice)[0]} stands in two of the runs: give one of them, or harness merge them")
        found += here
    if not found:
        raise HarnessError("no filled pictures in these runs: finish them first (harness status RUN)")
    return found


def _tasks(run: RunFolder, wanted: Sequence[str]) -> list[Mapping[str, Any]]:
    tasks = run.manifest["suite"]["tasks"]
    holes = [task for task in tasks if task["capability"] == "inpaint" and task["role"] == "hole"]
    names = [task["id"] for task in holes]
    if unknown := [name for name in wanted if name not in names]:
        raise HarnessError(f"{run.path} has no task '{unknown[0]}' with holes; it has {', '.join(names) or 'none'}")
    return [task for task in holes if not wanted or task["id"] in wanted]


def _of_task(run: RunFolder, task: Mapping[str, Any]) -> Iterator[Painting]:
    samples = {row["sample"]: row for row in plain_rows(run.samples()) if row["task"] == task["id"]}
    for entry in run.manifest["entries"]:
        if (entry["weights"] or {}).get("kind") == "random":
            continue
        for row in plain_rows(run.rows(entry["reference"], task)):
            if row["status"] == "ok":
                yield _painting(run, entry["reference"], row, samples[row["sample"]])


def _painting(run: RunFolder, method: str, row: Mapping[str, Any], sample: Mapping[str, Any]) -> Painting:
    truth, mask = (_kept(run, method, str(sample[name])) for name in ("truth", "mask"))
    output, hole = _kept(run, method, str(row["output_hash"])), mask > HOLE_ABOVE
    picture = np.where(hole[..., None], output, truth)
    name = f"{row['task']} {row['sample']} {row['repeat']}"
    return Painting(method, str(row["cluster"]), name, picture, truth, hole)


def _kept(run: RunFolder, method: str, name: str) -> NDArray[np.uint8]:
    pixels = run.artifacts.get(name)
    if pixels is None:
        raise HarnessError(f"{run.path} did not keep all pictures of {method}: harness run … --keep all")
    return pixels
