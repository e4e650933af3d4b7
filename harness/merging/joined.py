"""The manifest of a merged folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.merging.pool import source_of
from harness.store import RunFolder
from harness.store.folder import SCHEMA, asked, call_of
from harness.store.keys import digest

__all__ = ["joined_manifest", "merged_line"]

_OF_THE_FIRST = ("seed", "repeats", "device", "numerics", "hardware", "packages", "constraints", "git")


def joined_manifest(runs: Sequence[RunFolder], argv: Sequence[str], started: str) -> dict[str, Any]:
    """The manifest of runs that agree, the earliest first; what depends on rows is filled in later.

    Machine and packages are the first run's: those of every source stand in `history`.
    """
    manifests = [run.manifest for run in runs]
    first = manifests[0]
    entries = {entry["reference"]: entry for manifest in reversed(manifests) for entry in manifest["entries"]}
    order = dict.fromkeys(entry["reference"] for manifest in manifests for entry in manifest["entries"])
    tasks = {task["id"]: task for manifest in reversed(manifests) for task in manifest["suite"]["tasks"]}
    task_order = dict.fromkeys(task["id"] for manifest in manifests for task in manifest["suite"]["tasks"])
    keys: dict[str, dict[str, str]] = {}
    for manifest in manifests:
        for entry, by_task in manifest.get("cell_keys", {}).items():
            keys.setdefault(entry, {}).update(by_task)
    history = _once(_calls(manifests))
    joined = {
        "schema": SCHEMA,
        "status": "running",
        "argv": list(argv),
        "suite": {**first["suite"], "tasks": [tasks[name] for name in task_order]},
        "entries": [entries[name] for name in order],
        "skipped": [skip for skip in _once(s for m in manifests for s in m["skipped"]) if not _was_run(skip, keys)],
        **{key: first[key] for key in _OF_THE_FIRST if key in first},
        "attribution": _once(row for manifest in manifests for row in manifest["attribution"]),
        "observer_errors": _once(row for manifest in manifests for row in manifest["observer_errors"]),
        "cell_keys": keys,
        "extractors": {name: e for m in manifests for name, e in m.get("extractors", {}).items()},
        "history": history,
        "started": started,
        "ended": None,
        "seconds": None,
    }
    if any("pictures" in manifest for manifest in manifests):
        joined["pictures"] = _pictures(manifests)
    plans = {manifest["plan"] for manifest in manifests}
    return {**joined, "plan": plans.pop() if len(plans) == 1 else digest(asked(joined))[:8]}


def _pictures(manifests: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Samples by task whose truths and masks one of the runs has: of a leaderboard's only some, else all."""
    kept: dict[str, set[str]] = {}
    for manifest in manifests:
        of_run = manifest.get("pictures")
        for task in manifest["suite"]["tasks"]:
            name = task["id"]
            kept.setdefault(name, set()).update(task["samples"] if of_run is None else of_run.get(name, ()))
    return {task: sorted(samples) for task, samples in kept.items()}


def _calls(manifests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every call behind the runs, each with the id of the source that it belongs to."""
    for manifest in manifests:
        own = source_of(manifest)["id"]
        yield from ({"source": own, **call} for call in (*manifest["history"], call_of(manifest)))


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that were there before, in order."""
    return list({digest(row): row for row in rows}.values())


def _was_run(skip: Mapping[str, str], keys: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether what one run skipped was computed by another."""
    return skip["what"] in keys and (not skip["task"] or skip["task"] in keys[skip["what"]])


def merged_line(manifest: Mapping[str, Any]) -> str:
    """Where the rows of a merged folder come from and how many did not agree, in one line."""
    sources, events = manifest["merged"]["sources"], manifest["merged"]["events"]
    hosts = ", ".join(dict.fromkeys(source["host"] for source in sources if source["host"]))
    told = f"{events} reproducibility event{'s' * (events > 1)}: events.jsonl" if events else "no reproducibility event"
    return f"merged from {len(sources)} runs{f' on {hosts}' if hosts else ''}; {told}"
