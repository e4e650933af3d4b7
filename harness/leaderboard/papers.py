"""Papers' numbers: `reported/<suite>/<name>.json`, one table a file, each with the source that was read.

Theirs are other pictures, masks, sizes and metrics than any suite's here, so they never share a table or a column with
measured numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.leaderboard.places import roots
from harness.leaderboard.schema import problems
from harness.report.reported import Column, Reported, ReportedRow

__all__ = ["read_reported", "reported", "reported_files"]


def reported_files(root: Path) -> list[Path]:
    """Files of reported tables below a root, by suite and name."""
    return sorted(root.glob("reported/*/*.json"))


def read_reported(path: Path) -> Reported:
    """One table. Raises `HarnessError` with what is wrong with it."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HarnessError(f"{path} is damaged: {error}") from error
    faults = [*problems("reported", value)] or [*_faults(value, path)]
    if faults:
        raise HarnessError(f"{path}: {'; '.join(faults)}")
    return Reported(
        value["suite"],
        value["name"],
        value["title"],
        value["source"],
        value["protocol"],
        tuple(Column(**column) for column in value["columns"]),
        tuple(ReportedRow(**{**row, "values": tuple(row["values"])}) for row in value["rows"]),
    )


def _faults(value: Mapping[str, Any], path: Path) -> Iterator[str]:
    """What a schema cannot say."""
    if value["suite"] != path.parent.name:
        yield f"it is of suite {value['suite']} and lies in {path.parent.name}/"
    if value["name"] != path.stem:
        yield f"its name is {value['name']}"
    names = [column["name"] for column in value["columns"]]
    yield from (f"two columns are called {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    seen = set()
    for row in value["rows"]:
        shown = f"{row['method']} {row['setting']}".strip()
        if len(row["values"]) != len(names):
            yield f"{shown}: {len(row['values'])} values for {len(names)} columns"
        if all(number is None for number in row["values"]):
            yield f"{shown}: no value at all"
        if (row["method"], row["setting"]) in seen:
            yield f"{shown} stands in it twice"
        seen.add((row["method"], row["setting"]))


def reported(suite: str = "", places: Sequence[Path] | None = None) -> list[Reported]:
    """Every reported table of a suite ("": of all) in these roots (default: all known). Raises as `read_reported`."""
    bases = [root for root, _ in roots()] if places is None else places
    files = [path for base in bases for path in reported_files(base) if suite in ("", path.parent.name)]
    return [read_reported(path) for path in files]
