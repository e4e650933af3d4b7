"""A merged run folder: built beside its place, appearing there complete."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.merging.agree import check_agreement
from harness.merging.joined import joined_manifest
from harness.merging.pool import Pool, source_of
from harness.plugins import registry
from harness.store import RunFolder, open_run
from harness.store.files import clear_errors, sync_folder
from harness.store.folder import TRUTH
from harness.store.shards import ShardWriter, parquet_path, read_rows, write_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Merged", "merge"]


@dataclass(frozen=True)
class Merged:
    """A merged folder: how many rows it has, how many of them several runs computed, and what did not agree."""

    folder: RunFolder
    sources: int
    rows: int
    repeated: int
    events: tuple[Mapping[str, Any], ...]


def merge(runs: Sequence[str | Path], out: str | Path, *, argv: Sequence[str] = ()) -> Merged:
    """Join runs of one suite into the new folder `out`. The runs are read, never written.

    Rows of the same entry, task, sample and repeat that agree (equal output, scores within 1e-5) are one row. Where
    they do not, the earlier run's is kept and the other becomes a line of `events.jsonl`: a reproducibility event.
    Stale rows are left behind. `out` appears when it is complete; after a kill the same call starts anew.

    Args:
        runs: run folders, merged ones too; their order does not matter.
        out: a folder that is not there yet, or is empty.
        argv: the command to note in the manifest.

    Raises:
        HarnessError: a folder that is none, is being written or is damaged; the first field in which two runs
            disagree; an `out` that holds something or is the current folder; a full disk.
    """
    target = Path(out)
    opened = sorted((open_run(path) for path in runs), key=_order)
    if not opened:
        raise HarnessError("nothing to merge: name run folders")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise HarnessError(f"{target} is not empty; give another --out")
    if target.resolve() == Path.cwd():
        raise HarnessError(f"{target} is the current folder, which a merged one would replace; give another --out")
    began, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    with ExitStack() as held:
        for run in {run.path.resolve(): run for run in opened}.values():
            held.enter_context(run.at_rest())
        check_agreement(opened)
        pool = Pool()
        for run in opened:
            pool.add(run)
        with _building(target.resolve(), joined_manifest(opened, argv, started)) as folder:
            events = _write(folder, opened, pool)
            rows = len(folder.records())
            _end(folder, pool, len(events), began)
    return Merged(RunFolder(target, folder.manifest), len(pool.sources), rows, pool.repeated, tuple(events))


def _order(run: RunFolder) -> tuple[str, str]:
    """The earliest run first; its id where two began in one second."""
    source = source_of(run.manifest)
    return source["started"], source["id"]


@contextmanager
def _building(target: Path, manifest: dict[str, Any]) -> Iterator[RunFolder]:
    """A folder beside the target that takes its place in one rename; what a killed merge left there is dropped."""
    folder = RunFolder(target.with_name(f".{target.name}.merging"), manifest)
    with folder.locked():
        for left in folder.path.iterdir():
            if left.name != ".lock":
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            folder.save_manifest()
            yield folder
            with clear_errors(target):
                os.replace(folder.path, target)
                sync_folder(target.parent)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise


def _write(folder: RunFolder, runs: Sequence[RunFolder], pool: Pool) -> list[dict[str, Any]]:
    """Samples, pictures, records, features and events of the merged folder. Returns the events."""
    import pandas as pd

    for run in runs:
        _copy_artifacts(run, folder)
    with closing(ShardWriter(folder.path / "samples")) as lines:
        known = pd.concat([run.samples() for run in runs]).drop_duplicates(["task", "sample"])
        for sample in known.to_dict("records"):
            lines.append({str(key): value for key, value in sample.items()})
    samples = {task["id"]: task["samples"] for task in folder.manifest["suite"]["tasks"]}
    for task, order in samples.items():
        truths = set(known.loc[known["task"] == task, "truth"])
        _write_features(folder, runs, TRUTH, task, truths)
        for entry in (entry["reference"] for entry in folder.manifest["entries"]):
            kept = pool.kept(entry, task, order)
            if kept:
                write_parquet(parquet_path(folder.cell(entry, task)), pd.DataFrame(kept))
                _write_features(folder, runs, entry, task, {row.get("composite_hash", "") for row in kept})
    events = list(pool.events(folder.artifacts.get))
    if events:
        with closing(ShardWriter(folder.path / "events")) as lines:
            for event in events:
                lines.append(event)
    return events


def _copy_artifacts(run: RunFolder, folder: RunFolder) -> None:
    """Copy every picture that is not there yet. Raises `HarnessError` for one that is not what its name says."""
    folder.artifacts.folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(run.artifacts.folder.glob("*.png")):
        target = folder.artifact(source.stem)
        if target.exists():
            continue
        run.artifacts.get(source.stem)
        with clear_errors(target, source.stat().st_size):
            shutil.copyfile(source, target)


def _write_features(folder: RunFolder, runs: Sequence[RunFolder], entry: str, task: str, pictures: set[str]) -> None:
    """One cell's features of the pictures (hashes) that were kept; of equal ones the first run's: they are alike."""
    import pandas as pd

    for extractor in sorted({path.name for run in runs for path in (run.path / "features").glob("*")}):
        shards = [rows for run in runs if not (rows := read_rows(run.features(extractor, entry, task))).empty]
        if not shards:
            continue
        both = pd.concat(shards).drop_duplicates(["sample", "repeat", "key"])
        mine = both[both["key"].str.rpartition(":")[2].isin(pictures)].sort_values(["sample", "repeat", "key"])
        write_parquet(parquet_path(folder.features(extractor, entry, task)), mine)


def _end(folder: RunFolder, pool: Pool, events: int, began: float) -> None:
    """Fill in what the rows decide, rebuild aggregates and summary, and close the manifest."""
    from harness.runner.execute import finish

    manifest = folder.manifest
    judged = folder.samples()
    for task in manifest["suite"]["tasks"]:
        task["clusters"] = int(judged.loc[judged["task"] == task["id"], "cluster"].nunique())
    rows = folder.records()
    manifest["merged"] = {"sources": pool.ordered_sources(), "events": events}
    finish(folder, registry())
    before = sum(call["seconds"] or 0.0 for call in manifest["history"])
    manifest |= {
        "status": "complete" if len(rows) == _due(manifest, rows) else "interrupted",
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(before + time.monotonic() - began, 2),
    }
    folder.save_manifest()


def _due(manifest: Mapping[str, Any], rows: pd.DataFrame) -> int:
    """Rows of a complete run: a sample has one of each entry, of one that draws random numbers as many as repeats.

    Whether a method that is not known here draws is told by its rows: only what does has a second one of a sample.
    """
    known = registry().specs["methods"]
    drawing = {e["reference"] for e in manifest["entries"] if getattr(known.get(e["method"]), "stochastic", False)}
    drawing |= set(rows.loc[rows["repeat"] > 0, "entry"])
    samples = {task["id"]: task["n"] for task in manifest["suite"]["tasks"]}
    return sum(
        samples[task] * (manifest["repeats"] if entry in drawing else 1)
        for entry, tasks in manifest["cell_keys"].items()
        for task in tasks
    )
