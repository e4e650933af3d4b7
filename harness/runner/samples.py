"""What is judged, written down once a task: truths and masks as pictures, ratios, truth features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np

from harness.runner.call import to_tensor
from harness.runner.features import TRUTH, FeatureBook
from harness.runner.units import TaskData, ahead
from harness.store.folder import RunFolder
from harness.store.keys import pixels_hash
from harness.store.shards import ShardWriter

__all__ = ["note_samples"]


def note_samples(run: RunFolder, data: TaskData, extractors: Mapping[str, Any], device: str) -> int:
    """Write a task's rows of `samples.jsonl` (again only where missing); returns its number of clusters."""
    task = data.task.id
    book = FeatureBook(run, extractors, TRUTH, task)
    known = run.samples()
    mine = known[known["task"] == task]
    have = {
        (row.sample, row.cluster, row.truth, row.mask, row.shown, row.known, row.prompt) for row in mine.itertuples()
    }
    clusters = set()
    with closing(book), closing(ShardWriter(run.path / "samples")) as stream:
        for key, unit in ahead(data, data.keys):
            if isinstance(unit, Exception):
                continue  # each entry's record of this sample carries the error
            clusters.add(unit.cluster)
            if book.missing(key.id, 0, unit.truth_hash):
                truth, _ = to_tensor([unit], device)
                book.add(key.id, 0, unit.cluster, unit.truth_hash, truth[0])
            run.artifacts.put(unit.truth_hash, unit.truth)  # again where somebody removed a damaged one
            if unit.mask is not None:
                run.artifacts.put(unit.mask_hash, unit.mask.astype(np.uint8) * 255)
            shown_hash = ""
            if (shown := unit.shown) is not None:
                shown_hash = pixels_hash(shown)
                run.artifacts.put(shown_hash, shown)
            told = json.dumps(dict(unit.known), sort_keys=True) if unit.known else ""
            prompt = (unit.prompt or "") if "prompt" in data.task.gives else ""
            if (key.id, unit.cluster, unit.truth_hash, unit.mask_hash, shown_hash, told, prompt) in have:
                continue
            row = {
                "task": task, "sample": key.id, "cluster": unit.cluster, "truth": unit.truth_hash,
                "mask": unit.mask_hash, "shown": shown_hash, "ratio": unit.ratio, "title": key.image,
                "known": told, "prompt": prompt,
            }  # fmt: skip
            stream.append(row)
    return len(clusters)
