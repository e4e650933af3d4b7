"""Features of outputs and truths for set metrics: computed on the device, stored once, reduced in numpy."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from harness.interfaces import Embedder, SetMetric
from harness.plugins import Registry, load_target
from harness.references import metric_column, parse_metric
from harness.store.folder import RunFolder
from harness.store.shards import ShardWriter, read_rows, seal
from harness.suites import Task

__all__ = ["FeatureBook", "real_bands", "set_aggregates"]

TRUTH = "truth"


class FeatureBook:
    """Feature shards of one cell, one per extractor that the task's set metrics name."""

    def __init__(self, run: RunFolder, extractors: Mapping[str, Embedder], entry: str, task: str) -> None:
        self._extractors = extractors
        self._stems = {name: run.features(name, entry, task) for name in extractors}
        self._writers: dict[str, ShardWriter] = {}
        self.have: dict[str, set[str]] = {}
        for name, stem in self._stems.items():
            rows = read_rows(stem)
            self.have[name] = set() if rows.empty else set(rows["key"])

    def missing(self, key: str) -> bool:
        """Whether any extractor lacks the features of this output hash."""
        return any(key not in have for have in self.have.values())

    def add(self, sample: str, repeat: int, cluster: str, key: str, image: torch.Tensor) -> None:
        """Embed one image [3,H,W] with every extractor that lacks it."""
        for name, extractor in self._extractors.items():
            if key in self.have[name]:
                continue
            with torch.inference_mode():
                feature = extractor.embed(image[None])[0].float().cpu().numpy()
            if name not in self._writers:
                self._writers[name] = ShardWriter(self._stems[name])
            text = base64.b64encode(feature.tobytes()).decode()
            self._writers[name].append(
                {"sample": sample, "repeat": repeat, "cluster": cluster, "key": key, "feature": text}
            )
            self.have[name].add(key)

    def close(self) -> None:
        """Seal what was written."""
        for writer in self._writers.values():
            writer.close()
        for stem in self._stems.values():
            seal(stem)


def _matrix(rows: pd.DataFrame) -> NDArray[np.float32]:
    return np.stack([np.frombuffer(base64.b64decode(text), np.float32) for text in rows["feature"]])


def _reduce(metric: SetMetric, run: RunFolder, entry: str, task: str) -> dict[str, Any] | None:
    """One set metric of one cell, over the samples whose output was embedded (repeat 0 of stochastic methods)."""
    outputs = read_rows(run.features(metric.extractor, entry, task))
    truths = read_rows(run.features(metric.extractor, TRUTH, task))
    if outputs.empty or truths.empty:
        return None
    both = outputs[outputs["repeat"] == 0].merge(truths[["sample", "feature"]], on="sample", suffixes=("", "_truth"))
    both = both.sort_values("sample")
    if both.empty:
        return None
    truth = _matrix(both[["feature_truth"]].rename(columns={"feature_truth": "feature"}))
    value, low, high = metric.reduce(_matrix(both), truth, list(both["cluster"]))
    return {"n": len(both), "clusters": both["cluster"].nunique(), "value": value, "lo": low, "hi": high}


def set_aggregates(run: RunFolder, registry: Registry, entries: Sequence[str], tasks: Sequence[Task]) -> pd.DataFrame:
    """Every set metric of every cell as rows of the aggregates table."""
    rows = []
    for task in tasks:
        for column in task.metrics:
            name, region = parse_metric(column)
            spec = registry.metric(name)
            if spec.kind != "set":
                continue
            metric: SetMetric = load_target(spec)()
            for entry in entries:
                found = _reduce(metric, run, entry, task.id)
                if found is not None and not math.isnan(found["value"]):
                    rows.append(
                        {"entry": entry, "task": task.id, "metric": metric_column(name, region), "subset": "", **found}
                    )
    columns = ["entry", "task", "metric", "subset", "n", "clusters", "value", "lo", "hi"]
    return pd.DataFrame(rows, columns=columns)


def real_bands(run: RunFolder, registry: Registry, task: Task) -> dict[str, dict[str, float]]:
    """For every set metric of a task: where truths stand against truths (`lo`, `hi`), from how many sources.

    A value inside the band cannot be told from real pictures by this metric at this size.
    """
    bands = {}
    for column in task.metrics:
        spec = registry.metric(parse_metric(column)[0])
        if spec.kind != "set":
            continue
        metric: SetMetric = load_target(spec)()
        truths = read_rows(run.features(metric.extractor, TRUTH, task.id))
        if truths.empty:
            continue
        low, high = metric.real_band(_matrix(truths), list(truths["cluster"]))
        if math.isfinite(low) and math.isfinite(high):
            bands[column] = {"lo": low, "hi": high, "sources": truths["cluster"].nunique()}
    return bands
