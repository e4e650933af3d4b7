"""Whether rows of two runs may be compared: the same pictures, holes, metric and arithmetic, or a refusal that says
which is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Differing", "changes", "inputs_differ", "machines", "metric_differs", "task_differs"]

_TASK = {
    "maskset": "mask set", "mask_version": "mask set version", "role": "mask role", "gives": "gives",
    "degradation": "degradation",
}  # fmt: skip
_CONTENT = {"dataset": "data set", "version": "data set version", "content": "data set content"}
"""Asked in this order where the contents differ: the same pictures under another name are the same data set."""

_METRIC = ("version", "higher_is_better", "unit", "colour", "range", "resize", "extractor", "reduction", "mean")
_MACHINE = ("processor", "cores", "threads", "accelerator")


class Differing(NamedTuple):
    """A field and its value in A and in B."""

    field: str
    a: Any
    b: Any

    def __str__(self) -> str:
        return f"{self.field} {_short(self.a)} against {_short(self.b)}"


def _short(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return "+".join(map(_short, value)) or "none"
    text = str(value) if value is not None else "none"
    is_hash = len(text) >= 16 and not set(text) - set("0123456789abcdef")
    return text[:12] if is_hash else text or "none"


def task_differs(a: Mapping[str, Any], b: Mapping[str, Any], runs: tuple[Any, Any], seeded: bool) -> Differing | None:
    """How a task of two manifests (`runs`) is not one task; None where its rows are comparable.

    Args:
        seeded: whether the seed can matter to what is compared.
    """
    found = chain(_task_differences(a, b), _run_differences(*runs, seeded))
    return next(found, None)


def _task_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Differing]:
    mine, theirs = a["identity"], b["identity"]
    asked = (_CONTENT if mine["content"] != theirs["content"] else {}) | _TASK
    for field, words in asked.items():
        if mine.get(field) != theirs.get(field):
            yield Differing(words, mine.get(field), theirs.get(field))
    if a["primary"] != b["primary"]:
        yield Differing("primary metric", a["primary"], b["primary"])


def _run_differences(a: Mapping[str, Any], b: Mapping[str, Any], seeded: bool) -> Iterator[Differing]:
    if seeded and a["seed"] != b["seed"]:
        yield Differing("seed", a["seed"], b["seed"])
    for field in sorted({*a["numerics"], *b["numerics"]}):
        if a["numerics"].get(field) != b["numerics"].get(field):
            yield Differing(field, a["numerics"].get(field), b["numerics"].get(field))


def _described_differently(column: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Differing | None:
    mine, theirs = a["metrics_info"][column], b["metrics_info"][column]
    for field in _METRIC:
        if mine.get(field) != theirs.get(field):
            return Differing(f"{column} {field.replace('_', ' ')}", mine.get(field), theirs.get(field))
    return None


def metric_differs(
    column: str, a: Mapping[str, Any], b: Mapping[str, Any], records: tuple[pd.DataFrame, pd.DataFrame]
) -> Differing | None:
    """How a metric column of the two is not one metric: by its description, or by the id kept with every record.

    The id covers parameters, weights and library too.
    """
    if described := _described_differently(column, a, b):
        return described
    mine, theirs = (_metric_ids(column, rows) for rows in records)
    # More than one on a side: half of its records were scored before an upgrade.
    if mine and theirs and len(mine | theirs) > 1:
        return Differing(f"{column} parameters, weights or library (id)", sorted(mine), sorted(theirs))
    return None


def _metric_ids(column: str, rows: pd.DataFrame) -> set[str]:
    if rows.empty:
        return set()
    kept = rows.loc[rows["status"] == "ok", "metric_ids"]
    return {str(json.loads(text).get(column, "")) for text in kept.unique()}


def inputs_differ(a: pd.DataFrame, b: pd.DataFrame) -> Differing | None:
    """How a sample of one id is not one sample: pixels, hole and prompt as seen, or its cluster.

    The task's identity says so before; this holds where a mask set or data set changed under one version.
    """
    if a.empty or b.empty:
        return None
    columns = {"input_hash": "input", "cluster": "cluster"}
    mine, theirs = (rows.drop_duplicates("sample")[["sample", *columns]] for rows in (a, b))
    both = mine.merge(theirs, on="sample", suffixes=("_a", "_b"))
    both = both[(both["input_hash_a"] != "") & (both["input_hash_b"] != "")]  # a picture that could not be read
    for column, words in columns.items():
        changed = both[both[f"{column}_a"] != both[f"{column}_b"]]
        if len(changed):
            first = changed.iloc[0]
            return Differing(f"{words} of {first['sample']}:", first[f"{column}_a"], first[f"{column}_b"])
    return None


def machines(a: Mapping[str, Any], b: Mapping[str, Any]) -> Differing | None:
    """How the machines of two runs differ, all calls of a continued run counted; None where times are comparable."""
    seen = [[call["hardware"] for call in (*run["history"], run)] for run in (a, b)]
    for field in _MACHINE:
        mine, theirs = ([*dict.fromkeys(str(one.get(field)) for one in calls)] for calls in seen)
        if len({*mine, *theirs}) > 1:
            return Differing(field, mine, theirs)
    return None


def changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """What became another between two descriptions of one entry: version, weights, parameters, code; "" for nothing."""
    mine, theirs = a["identity"], b["identity"]
    found = [
        f"{field} {_short(mine.get(field))} → {_short(theirs.get(field))}"
        for field in sorted({*mine, *theirs})
        if mine.get(field) != theirs.get(field)
    ]
    if not found and a["source_digest"] != b["source_digest"]:
        found = [f"code changed under version {a['version']}"]
    return ", ".join(found)
