"""Features of outputs and truths for set metrics: computed on the device, stored once, reduced in numpy.

They are stored, and so reduced, as float16: half the bytes. Rounding moves a component by at most 2^-11 of itself, and
independently of the others, which is far below what a feature moves with the device or the library that computed it.
Of thirty 1280-vectors it moves a distance of features in its fifth digit (`tests/runner/test_set_metrics.py`).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from harness.errors import RefusedSet
from harness.interfaces import Embedder, SetMetric, TableMetric
from harness.plugins import Registry, load_target
from harness.references import parse_metric, resolve_params
from harness.stats.table import task_table
from harness.store.folder import TRUTH, RunFolder
from harness.store.shards import ShardWriter, read_rows, seal
from harness.suites import Task

__all__ = [
    "TRUTH",
    "Extractor",
    "FeatureBook",
    "build_extractors",
    "feature_key",
    "matrix_of",
    "packed_feature",
    "real_bands",
    "set_aggregates",
    "set_metrics",
    "stored_truths",
    "table_metrics",
]

HALF_STEP = 2.0**-11
"""Half the distance between neighbouring float16 numbers, as a part of them."""


def feature_key(version: str, picture: str) -> str:
    """What a stored feature was computed from: the extractor's version and the picture's hash."""
    return f"{version}:{picture}"


class Extractor(NamedTuple):
    """A registered embedder, built, with the version that its features are stored under.

    A user's weights are part of the version: another file makes other features, and old ones are stale.
    """

    embedder: Embedder
    version: str

    def describe(self) -> dict[str, Any]:
        """The extractor as the manifest keeps it; `verified` is None where it needs no file of the user's."""
        return {
            "version": self.version,
            "weights_sha256": getattr(self.embedder, "weights_sha256", ""),
            "verified": getattr(self.embedder, "verified", None),
        }


def build_extractors(
    columns: Mapping[str, Sequence[str]], device: str, registry: Registry
) -> dict[str, dict[str, Extractor]]:
    """The embedders that each task's set and table metrics name, on a device; one that several name is built once.

    Raises `MissingRequirement` where a file is not here.
    """
    built: dict[str, Extractor] = {}
    tasks: dict[str, dict[str, Extractor]] = {}
    for task, named in columns.items():
        extractors = {metric.extractor for metric in set_metrics(named, registry).values()}
        extractors |= {metric.extractor for metric in table_metrics(named, registry).values()}
        names = sorted(extractors - {""})
        for name in names:
            if name not in built:
                spec = registry.embedder(name)
                embedder: Embedder = load_target(spec)(device)
                digest = getattr(embedder, "weights_sha256", "")
                built[name] = Extractor(embedder, f"{spec.version}+{digest[:16]}" if digest else spec.version)
        tasks[task] = {name: built[name] for name in names}
    return tasks


def set_metrics(columns: Sequence[str], registry: Registry) -> dict[str, SetMetric]:
    """The set metrics among a task's columns, built."""
    return _built(columns, registry, "set")


def table_metrics(columns: Sequence[str], registry: Registry) -> dict[str, TableMetric]:
    """The table metrics among a task's columns, built."""
    return _built(columns, registry, "table")


def _built(columns: Sequence[str], registry: Registry, kind: str) -> dict[str, Any]:
    specs = {column: registry.metric(parse_metric(column)[0]) for column in columns}
    return {
        column: load_target(spec)(**resolve_params(spec.name, dict(spec.params), ()))
        for column, spec in specs.items()
        if spec.kind == kind
    }


def _version(run: RunFolder, registry: Registry, extractor: str) -> str:
    """What the run's features are stored under: as the run noted it, so that a report needs no weights."""
    noted = run.manifest.get("extractors", {}).get(extractor)
    return str(noted["version"]) if noted else registry.embedder(extractor).version


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
            row = {"sample": sample, "repeat": repeat, "cluster": cluster, "key": key}
            self._writers[name].append(row | packed_feature(feature))
            self._have[name].add((sample, repeat, key))

    def close(self) -> None:
        """Seal what was written."""
        for writer in self._writers.values():
            writer.close()
        for stem in self._stems.values():
            seal(stem)


def packed_feature(feature: NDArray[np.float32]) -> dict[str, str]:
    """One feature [D] as its row holds it: base64 in `feature`, what it is of in `type`.

    float16, or float32 where float16 has no room for it: components above 65504, or all of them tiny.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        half = feature.astype("<f2")
        near = np.abs(half - feature).max() <= np.abs(feature).max() * HALF_STEP
    kind, values = ("float16", half) if near else ("float32", feature.astype("<f4"))
    return {"feature": base64.b64encode(values.tobytes()).decode(), "type": kind}


def matrix_of(rows: pd.DataFrame) -> NDArray[np.float32]:
    """[n,D] of rows of a feature shard; those without a type are float32, as all once were."""
    half = list(rows["type"] == "float16") if "type" in rows else [False] * len(rows)
    return np.stack(
        [
            np.frombuffer(base64.b64decode(text), "<f2" if short else "<f4").astype(np.float32)
            for text, short in zip(rows["feature"], half, strict=True)
        ]
    )


def stored_truths(run: RunFolder, registry: Registry, extractor: str, task: str) -> pd.DataFrame:
    """Features of a task's truths by an extractor, as the run noted its version; see `matrix_of`."""
    return _truths(run, extractor, _version(run, registry, extractor), task)


def _truths(run: RunFolder, extractor: str, version: str, task: str) -> pd.DataFrame:
    """Features of the truths that the task judges today, with the clusters of today: pixels stay as data regroup."""
    rows, samples = run.shard(run.features(extractor, TRUTH, task)), run.samples()
    if rows.empty:
        return rows
    mine = samples[samples["task"] == task]
    today = {(name, feature_key(version, truth)) for name, truth in zip(mine["sample"], mine["truth"], strict=True)}
    rows = rows[[pair in today for pair in zip(rows["sample"], rows["key"], strict=True)]]
    return rows.assign(cluster=rows["sample"].map(dict(zip(mine["sample"], mine["cluster"], strict=True))))


def _outputs(run: RunFolder, extractor: str, version: str, entry: str, task: str, good: pd.DataFrame) -> pd.DataFrame:
    """Features of one cell's outputs that are ok today (repeat 0 of stochastic methods)."""
    rows = run.shard(run.features(extractor, entry, task))
    mine = good[(good["entry"] == entry) & (good["repeat"] == 0)]
    if rows.empty or mine.empty:
        return pd.DataFrame()
    wanted = {(row["sample"], feature_key(version, row["composite_hash"])) for row in mine.to_dict("records")}
    first = rows[rows["repeat"] == 0]
    return first[[pair in wanted for pair in zip(first["sample"], first["key"], strict=True)]]


class _Pair(NamedTuple):
    """Outputs and truths of one cell, row by row: features [n,D] and clusters [n]."""

    outputs: NDArray[np.float32]
    truths: NDArray[np.float32]
    clusters: list[str]


def _paired(outputs: pd.DataFrame, truths: pd.DataFrame) -> _Pair | None:
    """The samples that have both features, by name, in the truths' clusters; None where none has."""
    if outputs.empty or truths.empty:
        return None
    mine = outputs[["sample"]].assign(mine=range(len(outputs)))
    theirs = truths[["sample", "cluster"]].assign(theirs=range(len(truths)))
    both = mine.merge(theirs, on="sample").sort_values("sample")
    if both.empty:
        return None
    matrices = matrix_of(outputs.iloc[both["mine"]]), matrix_of(truths.iloc[both["theirs"]])
    return _Pair(*matrices, list(both["cluster"]))


def _reduce(metric: SetMetric, pair: _Pair) -> dict[str, Any]:
    """One set metric of one cell; a refused one has no value but a reason."""
    value, low, high, why = math.nan, math.nan, math.nan, ""
    try:
        value, low, high = metric.reduce(*pair)
    except RefusedSet as refusal:
        why = str(refusal)
    if math.isnan(value) and not why:
        why = "undefined"
    clusters = len(set(pair.clusters))
    return {"n": len(pair.clusters), "clusters": clusters, "value": value, "lo": low, "hi": high, "why": why}


def _common(records: pd.DataFrame, run: RunFolder, entries: Sequence[str], task: str) -> pd.DataFrame:
    """Records of a task that are ok, on the samples that all compared entries have: n must not differ by entry."""
    total = next(table["n"] for table in run.manifest["suite"]["tasks"] if table["id"] == task)
    table = task_table(records, task, entries, n_total=total, reasons={})
    shared = set(table.samples[table.common])
    return records[(records["task"] == task) & (records["status"] == "ok") & records["sample"].isin(shared)]


def set_aggregates(run: RunFolder, registry: Registry, entries: Sequence[str], tasks: Sequence[Task]) -> pd.DataFrame:
    """Every set metric of every cell as rows of the aggregates table, over the samples common to the entries."""
    rows = []
    records = run.records()
    for task in tasks:
        metrics = set_metrics(task.metrics, registry)
        good = _common(records, run, entries, task.id) if metrics else records
        for extractor in dict.fromkeys(metric.extractor for metric in metrics.values()):
            version = _version(run, registry, extractor)
            truths = _truths(run, extractor, version, task.id)
            for entry in entries:
                pair = _paired(_outputs(run, extractor, version, entry, task.id, good), truths)
                rows += [
                    {"entry": entry, "task": task.id, "metric": column, "subset": "", **_reduce(metric, pair)}
                    for column, metric in metrics.items()
                    if pair is not None and metric.extractor == extractor
                ]
    columns = ["entry", "task", "metric", "subset", "n", "clusters", "value", "lo", "hi", "why"]
    return pd.DataFrame(rows, columns=columns)


def real_bands(run: RunFolder, registry: Registry, task: Task) -> dict[str, dict[str, float]]:
    """For every set metric of a task: where truths stand against truths (`lo`, `hi`), from how many sources.

    A value inside the band cannot be told from real pictures by this metric at this size.
    """
    bands = {}
    for column, metric in set_metrics(task.metrics, registry).items():
        truths = _truths(run, metric.extractor, _version(run, registry, metric.extractor), task.id)
        if truths.empty:
            continue
        low, high = metric.real_band(matrix_of(truths), list(truths["cluster"]))
        if math.isfinite(low) and math.isfinite(high):
            bands[column] = {"lo": low, "hi": high, "sources": truths["cluster"].nunique()}
    return bands
