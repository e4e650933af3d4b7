"""A run's folder, opened to read or to continue."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.places import file_name
from harness.store.artifacts import Artifacts
from harness.store.files import clear_errors, write_json
from harness.store.keys import slug
from harness.store.packed import TEXTS, as_it_lies, both_names, unpack
from harness.store.shards import read_jsonl, read_parquet, read_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "REQUIRED",
    "SCHEMA",
    "TRUTH",
    "ReadOnce",
    "RunFolder",
    "asked",
    "call_of",
    "create_run",
    "open_run",
    "read_manifest",
]

SCHEMA = 1
"""Of the whole folder. Raised where today's readers would misread what was written; never for a new optional key."""
REQUIRED = (
    "argv", "attribution", "device", "ended", "entries", "git", "hardware", "history", "numerics", "observer_errors",
    "packages", "plan", "repeats", "schema", "seconds", "seed", "skipped", "started", "status", "suite",
)  # fmt: skip
"""Keys without which a manifest is not read. `harness show schema:manifest` says what stands under them."""
FILES = (
    *(name for text in TEXTS for name in both_names(text)), "events.jsonl", "aggregates.parquet", "report.html",
    "manifest.json",
)  # fmt: skip
TRUTH = "truth"
"""Stands for an entry where features of truths lie."""
NAMING_SECONDS = 1.0
MANIFEST_BYTES = 1 << 29
"""ours: the ids of ten million samples take less."""


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
        """Stem of the shard of one entry on one task. Raises `HarnessError` for a task that is a path."""
        return self.path / "records" / slug(entry) / file_name("task", task)

    def features(self, extractor: str, entry: str, task: str) -> Path:
        """Stem of the feature shard of one cell; the truth's features stand under the entry "truth".

        Raises `HarnessError` for an extractor or a task that is a path.
        """
        return self.path / "features" / file_name("extractor", extractor) / slug(entry) / file_name("task", task)

    def shard(self, stem: Path) -> pd.DataFrame:
        """The rows under a stem of `cell` or `features`; not to be changed in place."""
        return read_rows(stem)

    def records(self) -> pd.DataFrame:
        """Every record of the manifest's entries × tasks, with `ratio` (mask area) joined from the samples."""
        import pandas as pd

        frames = []
        for entry in self.manifest["entries"]:
            for task in self.manifest["suite"]["tasks"]:
                frame = self.rows(entry["reference"], task)
                if not frame.empty:
                    frames.append(frame.dropna(axis=1, how="all"))
        if not frames:
            return pd.DataFrame(columns=["entry", "task", "sample", "cluster", "repeat", "status", "reason"])
        frame = pd.concat(frames, ignore_index=True)
        if "reason" not in frame:
            frame["reason"] = ""
        ratios = self.samples()[["task", "sample", "ratio"]]
        return frame.fillna({"reason": ""}).merge(ratios, on=["task", "sample"], how="left")

    def rows(self, entry: str, task: Mapping[str, Any]) -> pd.DataFrame:
        """One cell's rows of samples that the task has, computed as the manifest says: a stale row is a missing one."""
        rows = self.shard(self.cell(entry, task["id"]))
        cell_key = self.manifest.get("cell_keys", {}).get(entry, {}).get(task["id"])
        if rows.empty or cell_key is None:  # written before any cell was: there is nothing to be stale against
            return rows
        import pandas as pd

        known = pd.Index(task["samples"]).unique()  # Series.isin takes thirty times as long for a list of words
        current: pd.DataFrame = rows.loc[(rows["cell_key"] == cell_key) & (known.get_indexer(rows["sample"]) >= 0)]
        return current

    def samples(self) -> pd.DataFrame:
        """What was judged: task, sample, cluster, hashes of truth, mask and of what was shown instead, mask ratio, as
        JSON what the data set knows beside the picture, and what methods were asked in words."""
        import pandas as pd

        path = self.path / "samples.jsonl"
        rows = read_jsonl(path) if as_it_lies(path).exists() else []
        columns = ["task", "sample", "cluster", "truth", "mask", "shown", "ratio", "title", "known", "prompt"]
        frame = pd.DataFrame(rows, columns=columns).drop_duplicates(["task", "sample"], keep="last")
        # What an older harness wrote has none.
        return frame.assign(
            **{name: frame[name].astype(object).where(frame[name].notna(), "") for name in ("shown", "known", "prompt")}
        )

    def aggregates(self) -> pd.DataFrame | None:
        """Aggregated values with intervals; None before the run has got so far."""
        path = self.path / "aggregates.parquet"
        return read_parquet(path) if path.exists() else None

    def events(self) -> list[dict[str, Any]]:
        """Rows that were computed twice with different results, as `harness merge` found them."""
        path = self.path / "events.jsonl"
        return read_jsonl(path) if path.exists() else []

    def artifact(self, name: str) -> Path:
        """Path of a picture by hash; it may have been pruned."""
        return self.artifacts.path(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. Raises `HarnessError` naming the process that has it."""
        path = self.path / ".lock"
        with clear_errors(path):
            self.path.mkdir(parents=True, exist_ok=True)
            stream = path.open("ab+", buffering=0)
        try:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = _holder(stream)
                raise HarnessError(f"{self.path} is being written by {holder}; wait, or give another --out") from error
            with clear_errors(path):
                stream.truncate(0)
                stream.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
            for half_written in self.path.rglob(".*.tmp"):  # what a killed process left; nobody else writes here now
                half_written.unlink(missing_ok=True)
            try:
                yield
            finally:
                stream.truncate(0)  # the name of a process that is gone must not stand for the next one
        finally:
            stream.close()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Keep writers away while the folder is read; writes nothing into it. Raises `HarnessError` as `locked`."""
        path = self.path / ".lock"
        if not path.exists():
            yield
            return
        with path.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HarnessError(f"{self.path} is being written by {_holder(stream)}; wait until it ends") from error
            yield


class ReadOnce(RunFolder):
    """A folder that nobody writes while it is checked: each file is read once, however many checks ask for it."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        super().__init__(path, manifest)
        self._shards: dict[Path, pd.DataFrame] = {}
        self._samples: pd.DataFrame | None = None

    def shard(self, stem: Path) -> pd.DataFrame:
        """As of any folder; damage is told each time."""
        if stem not in self._shards:
            self._shards[stem] = super().shard(stem)
        return self._shards[stem]

    def samples(self) -> pd.DataFrame:
        """As of any folder."""
        if self._samples is None:
            self._samples = super().samples()
        return self._samples


def _holder(stream: IO[bytes]) -> str:
    """Who holds a lock file, as it says of itself: a process that has just locked it may not have written it yet."""
    end = time.monotonic() + NAMING_SECONDS
    while True:
        stream.seek(0)
        named = stream.read().decode(errors="replace").strip()
        if named or time.monotonic() > end:
            return named or "another process"
        time.sleep(0.01)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The JSON object of a run folder's manifest, of whatever schema. Raises `HarnessError` where there is none."""
    path = folder / "manifest.json"
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # a pipe would be waited for
            raise HarnessError(f"{path} is damaged: it is not a file")
        if facts.st_size > MANIFEST_BYTES:
            raise HarnessError(f"{path} is damaged: it has {facts.st_size} bytes, more than any manifest")
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HarnessError(f"{folder} is not a run folder (no manifest.json); harness run makes one") from error
    except OSError as error:
        raise HarnessError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise HarnessError(f"{path} is damaged: {error}") from error
    if not isinstance(manifest, dict):
        raise HarnessError(f"{folder}/manifest.json is damaged: it holds no object")
    return manifest


def open_run(path: str | Path) -> RunFolder:
    """Open a run folder. Raises `HarnessError` when it is none, of another schema, or its manifest lacks a key."""
    folder = Path(path)
    manifest = read_manifest(folder)
    schema = manifest.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise HarnessError(
            f"{folder} was written by a newer harness (schema {schema}, this one reads {SCHEMA}): "
            f"pip install --upgrade iq-harness"
        )
    if schema != SCHEMA:
        raise HarnessError(f"{folder} has schema {schema}, which no harness wrote (this one writes {SCHEMA})")
    lacking = [key for key in REQUIRED if key not in manifest]
    if lacking:
        raise HarnessError(f"{folder}/manifest.json is damaged: it lacks {', '.join(lacking)}; harness verify {folder}")
    return RunFolder(folder, manifest)


def call_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the manifest's own call when another one follows; `seconds` are its own, None if it was killed.

    The manifest itself adds up the seconds of all calls.
    """
    call = {key: manifest[key] for key in ("argv", "status", "started", "ended", "git", "packages", "hardware")}
    if manifest["seconds"] is None:
        return call | {"seconds": None}
    before = sum(earlier["seconds"] or 0.0 for earlier in manifest["history"])
    return call | {"seconds": round(float(manifest["seconds"]) - before, 2)}


def asked(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a run was asked to compute, whatever words asked for it: a merged folder has no command of its own."""
    suite = manifest["suite"]
    return {
        "suite": [suite["name"], suite["version"], suite["sha256"]],
        "tasks": {task["id"]: task["samples"] for task in suite["tasks"]},
        "entries": sorted(entry["reference"] for entry in manifest["entries"]),
        "seed": manifest["seed"],
        "repeats": manifest["repeats"],
        "numerics": manifest["numerics"],
    }


def create_run(path: Path, manifest: dict[str, Any], *, fresh: bool) -> RunFolder:
    """A folder to run into: new, or the same plan's continued. `fresh` deletes what an earlier run left."""
    run = RunFolder(path, {"schema": SCHEMA, **manifest, "history": []})
    if (path / "manifest.json").exists() and not fresh:
        with run.locked():  # never under a process that is writing
            _continue(run)
    elif path.exists() and any(p.name != ".lock" and p.suffix != ".tmp" for p in path.iterdir()):
        if not (path / "manifest.json").exists() or "plan" not in read_manifest(path):
            raise HarnessError(f"{path} is not empty and not a run folder; give another --out")
        with run.locked():
            _clear(path)
    return run


def _continue(run: RunFolder) -> None:
    """Take over what the folder's manifest says of earlier calls; delete what was derived from the rows as they were.

    Raises `HarnessError` where the folder holds another plan.
    """
    earlier = open_run(run.path).manifest
    merged = "merged" in earlier and asked(earlier) == asked(run.manifest)
    if earlier["plan"] != run.manifest["plan"] and not merged:
        raise HarnessError(f"{run.path} holds another plan ({earlier['plan']}); give another --out or --fresh")
    run.manifest["history"] = [*earlier["history"], call_of(earlier)]
    if "merged" in earlier:
        run.manifest["merged"] = earlier["merged"]
    unpack(run.path / "samples.jsonl")  # lines are appended to it
    for derived in ("aggregates.parquet", *both_names("summary.json")):
        (run.path / derived).unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Delete what a run wrote, and nothing else."""
    for name in ("records", "features", "artifacts"):
        shutil.rmtree(path / name, ignore_errors=True)
    for name in FILES:
        (path / name).unlink(missing_ok=True)
