"""Features of outputs and truths for set metrics: computed on the device, stored once, reduced in numpy."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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

__all__ = ["Extractor", "FeatureBook", "real_bands", "set_aggregates"]

TRUTH = "truth"


def feature_key(version: str, picture: str) -> str:
    """What a stored feature was computed from: the extractor's version and the picture's hash."""
    return f"{version}:{picture}"


class Extractor(NamedTuple):
    """A registered embedder, built, with the version that its features are stored under."""

    embedder: Embedder
    version: str


class FeatureBook:
    """Feature shards of one cell, one per extractor that the task's set metrics name.

    A row is known by its sample, its repeat and its key: the extractor's version and the picture that was embedded.
    """

    def __init__(self, run: RunFolder, extractors: Mapping[str, Extractor], entry: str, task: str) -> None:
        self._extractors = extractors
        self._stems = {name: run.features(name, entry, task) for name in extractors}
        self._writers: dict[str, ShardWriter] = {}
        self._have: dict[str, set[tuple[str, int, str]]] = {}
        for name, stem in self._stems.items():
            rows = read_rows(stem)
            columns = () if rows.empty else (rows["sample"], rows["repeat"], rows["key"])
            self._have[name] = set(zip(*columns, strict=True))

    def missing(self, sample: str, repeat: int, picture: str) -> bool:
        """Whether any extractor lacks the features of this picture (a hash) as this sample's."""
        return any(
            (sample, repeat, feature_key(extractor.version, picture)) not in self._have[name]
            for name, extractor in self._extractors.items()
        )

    def add(self, sample: str, repeat: int, cluster: str, picture: str, image: torch.Tensor) -> None:
        """Embed one image [3,H,W], whose hash is `picture`, with every extractor that lacks it."""
        for name, extractor in self._extractors.items():
            key = feature_key(extractor.version, picture)
            if (sample, repeat, key) in self._have[name]:
                continue
            with torch.inference_mode():
                feature = extractor.embedder.embed(image[None])[0].float().cpu().numpy()
            if name not in self._writers:
                self._writers[name] = ShardWriter(self._stems[name])
            text = base64.b64encode(feature.tobytes()).decode()
            self._writers[name].append(
                {"sample": sample, "repeat": repeat, "cluster": cluster, "key": key, "feature": text}
            )
            self._have[name].add((sample, repeat, key))

    def close(self) -> None:
        """Seal what was written."""
        for writer in self._writers.values():
            writer.close()
        for stem in self._stems.values():
            seal(stem)


def _matrix(rows: pd.DataFrame) -> NDArray[np.float32]:
    return np.stack([np.frombuffer(base64.b64decode(text), np.float32) for text in rows["feature"]])


def _truths(run: RunFolder, extractor: str, version: str, task: str) -> pd.DataFrame:
    """Features of the truths that the task judges today."""
    rows, samples = read_rows(run.features(extractor, TRUTH, task)), run.samples()
    if rows.empty:
        return rows
    mine = samples[samples["task"] == task]
    today = {(name, feature_key(version, truth)) for name, truth in zip(mine["sample"], mine["truth"], strict=True)}
    return rows[[pair in today for pair in zip(rows["sample"], rows["key"], strict=True)]]


def _outputs(run: RunFolder, extractor: str, version: str, entry: str, task: str, good: pd.DataFrame) -> pd.DataFrame:
    """Features of one cell's outputs that are ok today (repeat 0 of stochastic methods)."""
    rows = read_rows(run.features(extractor, entry, task))
    mine = good[(good["entry"] == entry) & (good["task"] == task) & (good["repeat"] == 0)]
    if rows.empty or mine.empty:
        return pd.DataFrame()
    wanted = {(row["sample"], feature_key(version, row["composite_hash"])) for row in mine.to_dict("records")}
    first = rows[rows["repeat"] == 0]
    return first[[pair in wanted for pair in zip(first["sample"], first["key"], strict=True)]]


def _reduce(metric: SetMetric, outputs: pd.DataFrame, truths: pd.DataFrame) -> dict[str, Any] | None:
    """One set metric of one cell, over the samples that have both features."""
    if outputs.empty or truths.empty:
        return None
    both = outputs.merge(truths[["sample", "feature"]], on="sample", suffixes=("", "_truth")).sort_values("sample")
    if both.empty:
        return None
    truth = _matrix(both[["feature_truth"]].rename(columns={"feature_truth": "feature"}))
    value, low, high = metric.reduce(_matrix(both), truth, list(both["cluster"]))
    return {"n": len(both), "clusters": both["cluster"].nunique(), "value": value, "lo": low, "hi": high}


def set_aggregates(run: RunFolder, registry: Registry, entries: Sequence[str], tasks: Sequence[Task]) -> pd.DataFrame:
    """Every set metric of every cell as rows of the aggregates table."""
    rows = []
    records = run.records()
    good = records[records["status"] == "ok"]
    for task in tasks:
        for column in task.metrics:
            name, region = parse_metric(column)
            spec = registry.metric(name)
            if spec.kind != "set":
                continue
            metric: SetMetric = load_target(spec)()
            version = registry.embedder(metric.extractor).version
            truths = _truths(run, metric.extractor, version, task.id)
            for entry in entries:
                outputs = _outputs(run, metric.extractor, version, entry, task.id, good)
                found = _reduce(metric, outputs, truths)
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
        version = registry.embedder(metric.extractor).version
        truths = _truths(run, metric.extractor, version, task.id)
        if truths.empty:
            continue
        low, high = metric.real_band(_matrix(truths), list(truths["cluster"]))
        if math.isfinite(low) and math.isfinite(high):
            bands[column] = {"lo": low, "hi": high, "sources": truths["cluster"].nunique()}
    return bands
