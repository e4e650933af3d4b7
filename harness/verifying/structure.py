"""Checks that need nothing but the folder: schemas, keys, hashes, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from harness.errors import HarnessError
from harness.store.folder import TRUTH
from harness.store.keys import digest
from harness.store.schema import problems
from harness.store.shards import plain_rows
from harness.verifying.pictures import read_picture
from harness.verifying.subject import Row, Skipped, Subject

__all__ = [
    "check_counts",
    "check_events",
    "check_features",
    "check_keys",
    "check_links",
    "check_pictures",
    "check_records",
    "check_samples",
    "check_summary_schema",
]


def check_records(subject: Subject) -> Iterator[str]:
    """Every shard can be read, every row is as its schema says and stands in its own cell."""
    yield from subject.damage
    yield from subject.row_faults


def check_samples(subject: Subject) -> Iterator[str]:
    """Every line of samples.jsonl is as its schema says, and of a task of the manifest."""
    yield from subject.sample_faults


def check_summary_schema(subject: Subject) -> Iterator[str]:
    """summary.json is as its schema says."""
    yield from problems("summary", subject.json("summary.json"))


def check_keys(subject: Subject) -> Iterator[str]:
    """Cell keys follow from the manifest's ingredients, output keys from the rows'."""
    manifest = subject.run.manifest
    identities = {entry["reference"]: entry["identity"] for entry in manifest["entries"]}
    for entry, keys in subject.cell_keys.items():
        for task, key in keys.items():
            if entry not in identities or task not in subject.tasks:
                yield f"{entry} on {task}: has a key, but the manifest does not describe it"
                continue
            of_task = subject.tasks[task]["identity"]
            if digest([identities[entry], of_task, manifest["seed"], manifest["numerics"]]) != key:
                yield f"{entry} on {task}: the manifest's entry, task, seed and numerics do not give its cell key"
    for row in subject.rows():
        if digest([row["cell_key"], row["input_hash"], row["sample"], row["repeat"]]) != row["output_key"]:
            yield f"{row['entry']} on {row['task']}, {row['sample']}: its ingredients do not give its output key"


def check_links(subject: Subject) -> Iterator[str]:
    """What a row that counts says of output, truth and mask belongs together."""
    for row in subject.counting():
        if row["status"] != "ok" or row["sample"] not in subject.tasks[row["task"]]["samples"]:
            continue
        where = f"{row['entry']} on {row['task']}, {row['sample']}"
        sample = subject.samples.get((row["task"], row["sample"]))
        if sample is None:
            yield f"{where}: samples.jsonl does not have this sample"
        elif digest([row["output_hash"], sample["truth"], sample["mask"]]) != row["composite_hash"]:
            yield f"{where}: hashes of output, truth and mask do not give its composite hash"
        elif row["cluster"] != sample["cluster"]:
            yield f"{where}: its cluster is {row['cluster']}, the sample's {sample['cluster']}"


def check_pictures(subject: Subject) -> Iterator[str]:
    """The pixels of every kept picture hash to its name; truths and masks are all there.

    A leaderboard keeps those of some samples and says of which: raises `Skipped` where nothing is wrong with these.
    """
    artifacts = subject.run.artifacts
    for path in sorted(artifacts.folder.glob("*.png")):
        try:
            read_picture(artifacts, path.stem)
        except HarnessError as error:
            yield str(error)
    for (task, sample), row in subject.samples.items():
        if not subject.has_pictures(task, sample):
            continue
        for kind in ("truth", "mask", "shown"):
            if row[kind] and not artifacts.path(row[kind]).exists():
                yield f"{task}, {sample}: the picture of its {kind} is missing"
    if "pictures" in subject.run.manifest:
        kept = sum(subject.has_pictures(*sample) for sample in subject.samples)
        raise Skipped(f"a leaderboard keeps pictures of {kept} of {len(subject.samples)} samples; only these were read")


def check_counts(subject: Subject) -> Iterator[str]:
    """Every cell of a complete run has every sample, as often as the others."""
    manifest = subject.run.manifest
    for name, task in subject.tasks.items():
        if task["n"] != len(task["samples"]):
            yield f"{name}: says {task['n']} samples and names {len(task['samples'])}"
    if manifest["status"] != "complete":
        raise Skipped(f"the run is not complete ({manifest['status']})")
    for entry, keys in subject.cell_keys.items():
        for name in keys:
            found = Counter(row["sample"] for row in subject.current(entry, name))
            most = max(found.values(), default=0)
            lacking = [sample for sample in subject.tasks[name]["samples"] if found[sample] < max(most, 1)]
            yield from (f"{entry} on {name}: a row of {sample} is missing" for sample in lacking)
            if most > manifest["repeats"]:
                yield f"{entry} on {name}: {most} rows a sample, the run has {manifest['repeats']} repeats"


def check_features(subject: Subject) -> Iterator[str]:
    """Every stored feature is of the picture that its row, or for truths its sample, names."""
    run = subject.run
    folders = [path for path in sorted((run.path / "features").glob("*")) if path.is_dir()]
    if not folders:
        raise Skipped("the run has no set metric")
    for extractor in (path.name for path in folders):
        for entry in (*subject.references, TRUTH):
            for task in subject.tasks:
                where = f"{extractor} of {entry} on {task}"
                try:
                    rows = plain_rows(run.shard(run.features(extractor, entry, task)))
                except HarnessError as error:
                    yield str(error)
                    continue
                named = _pictures_of(subject, entry, task)
                for row in rows:
                    yield from (f"{where}, {row.get('sample')}: {problem}" for problem in _feature_faults(row, named))


def _pictures_of(subject: Subject, entry: str, task: str) -> Callable[[Row], str | None]:
    """What a feature's row must have been computed from: a hash, "" where no row says so, None where it may differ.

    Features are written before their row, so a run that was stopped may have one more; a sample that failed when it
    was computed again leaves the feature of before.
    """
    if entry == TRUTH:
        return lambda row: subject.samples.get((task, row["sample"]), {}).get("truth", "")
    rows = {(row["sample"], row["repeat"]): row for row in subject.cells[entry, task]}
    complete = subject.run.manifest["status"] == "complete" and not subject.damage

    def named(row: Row) -> str | None:
        mine = rows.get((row["sample"], row["repeat"]))
        if mine is None:
            return "" if complete else None
        return mine["composite_hash"] if mine["status"] == "ok" else None

    return named


def _feature_faults(row: Row, named: Callable[[Row], str | None]) -> Iterator[str]:
    found = list(problems("feature", row))
    yield from found
    picture = None if found else named(row)
    if picture is not None and row["key"].rpartition(":")[2] != picture:
        yield "no row has the picture that it was computed from"


def check_events(subject: Subject) -> Iterator[str]:
    """A merged folder has as many events as it says, each as its schema says."""
    if "merged" not in subject.run.manifest:
        raise Skipped("not a merged folder")
    events = subject.run.events()
    if len(events) != subject.run.manifest["merged"]["events"]:
        yield f"events.jsonl has {len(events)} lines, the manifest says {subject.run.manifest['merged']['events']}"
    for event in events:
        where = f"{event.get('entry')} on {event.get('task')}, {event.get('sample')}"
        found = list(problems("event", event))
        yield from (f"{where}: {problem}" for problem in found)
        for side in ("kept", "other") if not found else ():
            yield from (f"{where}, {side}: {problem}" for problem in problems("record", event[side]["row"]))
