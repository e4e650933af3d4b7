"""What run folders must agree on before their rows may stand in one table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import HarnessError
from harness.store import RunFolder

__all__ = ["Disagreement", "check_agreement", "first_disagreement"]

_PROTOCOL = (
    "version", "kind", "region", "colour", "range", "resize", "extractor", "reduction", "mean", "higher_is_better",
)  # fmt: skip
"""What of a metric's description changes its number or its reading."""
_LONGEST = 60
Fact = tuple[str, Any]


class Disagreement(NamedTuple):
    """The first field in which two runs disagree, and what it is (as words) in the one and in the other."""

    field: str
    one: RunFolder
    other: RunFolder
    first: str
    second: str


def first_disagreement(runs: Sequence[RunFolder]) -> Disagreement | None:
    """What forbids that these runs stand in one table, None where nothing does. A run may disagree with itself."""
    seen: dict[str, tuple[Any, RunFolder]] = {}
    for run in runs:
        for field, value in _facts(run):
            first, other = seen.setdefault(field, (value, run))
            if first != value:
                return Disagreement(field, other, run, _short(first), _short(value))
    return None


def check_agreement(runs: Sequence[RunFolder]) -> None:
    """Raise `HarnessError` naming the first field in which two runs disagree, and both values."""
    found = first_disagreement(runs)
    if found:
        raise HarnessError(
            f"{found.one.path} and {found.other.path} cannot be merged: {found.field} is {found.first} in the one, "
            f"{found.second} in the other"
        )


def _facts(run: RunFolder) -> Iterator[Fact]:
    """Everything that decides what the numbers of a run mean, by the name of its field."""
    manifest = run.manifest
    suite = manifest["suite"]
    for key in ("name", "version", "sha256"):
        yield f"suite.{key}", suite[key]
    for key in ("seed", "repeats", "numerics"):
        yield key, manifest[key]
    for name, extractor in manifest.get("extractors", {}).items():
        for key in ("version", "weights_sha256"):
            yield f"extractor {name}: {key}", extractor[key]
    for task in suite["tasks"]:
        yield from _task_facts(task)
    for entry in manifest["entries"]:
        for key, value in entry["identity"].items():
            yield f"entry {entry['reference']}: identity.{key}", value
    for entry, keys in manifest.get("cell_keys", {}).items():
        for task_id, key in keys.items():
            yield f"entry {entry} on {task_id}: cell key", key
    yield from _measured_facts(run)


def _task_facts(task: Mapping[str, Any]) -> Iterator[Fact]:
    where = f"task {task['id']}"
    for key, value in task["identity"].items():
        yield f"{where}: identity.{key}", value
    for key in ("role", "capability", "primary", "samples"):
        yield f"{where}: {key}", task[key]
    yield f"{where}: metrics", sorted(task["metrics"])
    for column, info in task["metrics_info"].items():
        for key in _PROTOCOL:
            yield f"{where}: {column}.{key}", info[key]


def _measured_facts(run: RunFolder) -> Iterator[Fact]:
    """What can only be read off the rows: the truths and masks as they were decoded, the metrics as they ran."""
    for row in run.samples().to_dict("records"):
        for key in ("truth", "mask", "shown", "known"):
            yield f"task {row['task']}, sample {row['sample']}: hash of its {key}", row[key]
        yield f"task {row['task']}, sample {row['sample']}: its prompt", row["prompt"]
    for task in run.manifest["suite"]["tasks"]:
        for entry in run.manifest["entries"]:
            rows = run.rows(entry["reference"], task)
            texts = set(rows.loc[rows["status"] == "ok", "metric_ids"]) if len(rows) else set()
            for text in sorted(texts):
                for column, identity in json.loads(text).items():
                    yield f"task {task['id']}: identity of metric {column} (version, weights or library)", identity


def _short(value: Any) -> str:
    text = f"{len(value)} of them" if isinstance(value, list) and len(value) > 3 else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
