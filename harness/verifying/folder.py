"""`verify`: every check of a run folder, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError
from harness.store import RunFolder, open_run
from harness.store.folder import SCHEMA, ReadOnce, read_manifest
from harness.store.schema import problems
from harness.verifying import numbers, structure
from harness.verifying.subject import Skipped, Subject

__all__ = ["Check", "Verified", "verify"]


@dataclass(frozen=True)
class Check:
    """One line of the answer: what was checked, or why not, and every problem that was found."""

    name: str
    state: Literal["ok", "wrong", "skipped"]
    said: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verified:
    """What `verify` found out about one folder."""

    path: Path
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; what could not be checked is not wrong."""
        return all(check.state != "wrong" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"run": str(self.path), "ok": self.ok, "checks": [asdict(check) for check in self.checks]}


_CHECKS: tuple[tuple[str, str, Callable[[Subject], Iterator[str]]], ...] = (
    ("records", "every shard is whole, every row as its schema says", structure.check_records),
    ("samples", "every line as its schema says", structure.check_samples),
    ("keys", "cell and output keys follow from their ingredients", structure.check_keys),
    ("hashes", "output, truth and mask of every row belong together", structure.check_links),
    ("pictures", "the pixels of every kept picture hash to its name", structure.check_pictures),
    ("counts", "every cell has every sample, as often as the others", structure.check_counts),
    ("features", "every stored feature is of a picture that a row names", structure.check_features),
    ("summary schema", "summary.json as its schema says", structure.check_summary_schema),
    ("summary", "summary.json says what the rows give today", numbers.check_summary),
    ("aggregates", "aggregates.parquet says what the rows give today", numbers.check_aggregates),
    ("events", "as many as the manifest says, as their schema says", structure.check_events),
    ("data sets", "data sets and mask sets are today what they were", numbers.check_datasets),
)


def verify(run: str | Path | RunFolder, *, rescore: int = 8, seed: int = 0) -> Verified:
    """Check a run folder. Nothing in it is written.

    Args:
        run: the folder; or one that was opened, and then its manifest is not read again.
        rescore: judge so many kept outputs again with today's metrics; 0: none.
        seed: which ones.

    Raises:
        HarnessError: no run folder, one of another schema, or one that is being written.
    """
    path = run.path if isinstance(run, RunFolder) else Path(run)
    manifest = run.manifest if isinstance(run, RunFolder) else read_manifest(path)
    if manifest.get("schema") != SCHEMA:
        open_run(path)  # refuses it, and says which harness reads it
    found = list(problems("manifest", manifest))
    said = "as its schema says"
    checks = [Check("manifest", "wrong" if found else "ok", said, tuple(found))]
    if found:
        return Verified(path, (*checks, Check("the rest", "skipped", "the manifest must be whole first")))
    folder = run if isinstance(run, RunFolder) else ReadOnce(path, open_run(path).manifest)
    with folder.at_rest():
        subject = Subject(folder)
        checks += [_made(name, said, check, subject) for name, said, check in _CHECKS]
        checks.append(_scores(subject, rescore, seed))
    return Verified(path, tuple(checks))


def _made(name: str, said: str, check: Callable[[Subject], Iterator[str]], subject: Subject) -> Check:
    """One check. What cannot be read any more is a problem of it."""
    found: list[str] = []
    try:
        for problem in check(subject):
            found.append(problem)
    except Skipped as why:
        return Check(name, "wrong" if found else "skipped", str(why), tuple(found))
    except HarnessError as error:
        found.append(str(error))
    return Check(name, "wrong" if found else "ok", said, tuple(found))


def _scores(subject: Subject, count: int, seed: int) -> Check:
    try:
        found, said = numbers.rescored(subject, count, seed)
    except Skipped as why:
        return Check("scores", "skipped", str(why))
    return Check("scores", "wrong" if found else "ok", said, tuple(found))
