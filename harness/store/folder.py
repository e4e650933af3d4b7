"""A run's folder, opened to read or to continue."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.store.artifacts import Artifacts
from harness.store.files import clear_errors, write_json
from harness.store.keys import slug
from harness.store.shards import read_jsonl, read_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA", "RunFolder", "create_run", "open_run"]

SCHEMA = 1


class RunFolder:
    """Paths and readers of one run. `manifest` is what was read at opening or last saved."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    @property
    def manifest_path(self) -> Path:
        """`manifest.json`: written first."""
        return self.path / "manifest.json"

    @property
    def report_path(self) -> Path:
        """`report.html`."""
        return self.path / "report.html"

    @cached_property
    def artifacts(self) -> Artifacts:
        """The pictures."""
        return Artifacts(self.path / "artifacts")

    def save_manifest(self) -> None:
        """Write the manifest atomically."""
        write_json(self.manifest_path, self.manifest)

    def cell(self, entry: str, task: str) -> Path:
        """Stem of the shard of one entry on one task."""
        return self.path / "records" / slug(entry) / task

    def features(self, extractor: str, entry: str, task: str) -> Path:
        """Stem of the feature shard of one cell; the truth's features stand under the entry "truth"."""
        return self.path / "features" / extractor / slug(entry) / task

    def records(self) -> pd.DataFrame:
        """Every record of the manifest's entries × tasks, with `ratio` (mask area) joined from the samples."""
        import pandas as pd

        frames = []
        for entry in self.manifest["entries"]:
            for task in self.manifest["suite"]["tasks"]:
                frame = self._current(entry["reference"], task, read_rows(self.cell(entry["reference"], task["id"])))
                if not frame.empty:
                    frames.append(frame.dropna(axis=1, how="all"))
        if not frames:
            return pd.DataFrame(columns=["entry", "task", "sample", "cluster", "repeat", "status", "reason"])
        frame = pd.concat(frames, ignore_index=True)
        if "reason" not in frame:
            frame["reason"] = ""
        ratios = self.samples()[["task", "sample", "ratio"]]
        return frame.fillna({"reason": ""}).merge(ratios, on=["task", "sample"], how="left")

    def _current(self, entry: str, task: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of samples that the task has, computed as the manifest says: a stale row is a missing one."""
        cell_key = self.manifest.get("cell_keys", {}).get(entry, {}).get(task["id"])
        if rows.empty or cell_key is None:  # written before any cell was: there is nothing to be stale against
            return rows
        current: pd.DataFrame = rows.loc[(rows["cell_key"] == cell_key) & rows["sample"].isin(task["samples"])]
        return current

    def samples(self) -> pd.DataFrame:
        """What was judged: task, sample, cluster, truth and mask hashes, mask ratio."""
        import pandas as pd

        path = self.path / "samples.jsonl"
        rows = read_jsonl(path) if path.exists() else []
        columns = ["task", "sample", "cluster", "truth", "mask", "ratio", "title"]
        return pd.DataFrame(rows, columns=columns).drop_duplicates(["task", "sample"], keep="last")

    def aggregates(self) -> pd.DataFrame | None:
        """Aggregated values with intervals; None before the run has got so far."""
        import pandas as pd

        path = self.path / "aggregates.parquet"
        return pd.read_parquet(path) if path.exists() else None

    def artifact(self, name: str) -> Path:
        """Path of a picture by hash; it may have been pruned."""
        return self.artifacts.path(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. Raises `HarnessError` naming the process that has it."""
        path = self.path / ".lock"
        with clear_errors(path):
            self.path.mkdir(parents=True, exist_ok=True)
            stream = path.open("a+")
        try:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                stream.seek(0)
                holder = stream.read().strip() or "another process"
                raise HarnessError(f"{self.path} is being written by {holder}; wait, or give another --out") from error
            stream.truncate(0)
            stream.write(f"process {os.getpid()} on {socket.gethostname()}")
            stream.flush()
            for half_written in self.path.rglob(".*.tmp"):  # what a killed process left; nobody else writes here now
                half_written.unlink(missing_ok=True)
            yield
        finally:
            stream.close()


def open_run(path: str | Path) -> RunFolder:
    """Open a run folder. Raises `HarnessError` when it is none, or of a newer schema."""
    folder = Path(path)
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError as error:
        raise HarnessError(f"{folder} is not a run folder (no manifest.json); harness run makes one") from error
    except ValueError as error:
        raise HarnessError(f"{folder}/manifest.json is damaged: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema", 0) > SCHEMA:
        raise HarnessError(
            f"{folder} was written by a newer harness (schema {manifest.get('schema')}); upgrade to read it"
        )
    return RunFolder(folder, manifest)


_CALL = ("argv", "status", "started", "ended", "git", "packages", "hardware")
"""What the manifest of a continued run keeps of each earlier call."""


def _spent(manifest: dict[str, Any]) -> float | None:
    """Seconds of the manifest's own call; None where it was killed. The manifest itself adds up all calls."""
    if manifest["seconds"] is None:
        return None
    before = sum(call["seconds"] or 0.0 for call in manifest["history"])
    return round(float(manifest["seconds"]) - before, 2)


def create_run(path: Path, manifest: dict[str, Any], *, fresh: bool) -> RunFolder:
    """A folder to run into: new, or the same plan's continued. `fresh` deletes what an earlier run left."""
    run = RunFolder(path, {"schema": SCHEMA, **manifest, "history": []})
    if (path / "manifest.json").exists() and not fresh:
        earlier = open_run(path).manifest
        if earlier.get("plan") != manifest["plan"]:
            raise HarnessError(f"{path} holds another plan ({earlier.get('plan')}); give another --out or --fresh")
        run.manifest["history"] = [
            *earlier["history"],
            {key: earlier[key] for key in _CALL} | {"seconds": _spent(earlier)},
        ]
        for derived in ("aggregates.parquet", "summary.json"):  # of the rows as they were
            (path / derived).unlink(missing_ok=True)
    elif path.exists() and any(p.name != ".lock" and p.suffix != ".tmp" for p in path.iterdir()):
        if not (path / "manifest.json").exists() or "plan" not in open_run(path).manifest:
            raise HarnessError(f"{path} is not empty and not a run folder; give another --out")
        with run.locked():  # never under a process that is writing
            _clear(path)
    return run


def _clear(path: Path) -> None:
    """Delete what a run wrote, and nothing else."""
    for name in ("records", "features", "artifacts"):
        shutil.rmtree(path / name, ignore_errors=True)
    for name in ("samples.jsonl", "aggregates.parquet", "summary.json", "report.html", "manifest.json"):
        (path / name).unlink(missing_ok=True)
