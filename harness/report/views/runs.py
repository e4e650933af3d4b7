"""Runs: all of them in a table, one manifest, how far a run is, and what differs between two manifests."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from harness.report.manifests import Difference, shortened
from harness.report.templating import render
from harness.store.resuming import resume_command
from harness.store.watching import Look

__all__ = ["STATES", "RunLine", "difference", "manifest", "progress", "runs_table"]

STATES: Mapping[str, str] = {
    "complete": "complete",
    "running": "running",
    "killed": "killed: its process is gone",
    "interrupted": "interrupted",
    "failed": "ended by an error",
    "broken": "cannot be read",
}
MOST_DIFFERENCES = 300
"""ours: more fields than anybody reads; the table says how many it leaves out."""


@dataclass(frozen=True)
class RunLine:
    """A run or board in the table.

    Attributes:
        facts: its manifest, None where it cannot be read; `problem` then says why, and `remedy` is what to type next.
        look: counts and state; None where it cannot be read.
        address: link to its own part of the page, "" for none.
    """

    title: str
    kind: str
    address: str
    facts: Mapping[str, Any] | None = None
    look: Look | None = None
    problem: str = ""
    remedy: str = ""


def runs_table(lines: Sequence[RunLine]) -> Markup:
    """Every run: state, suite, entries, counts, seconds, device, when, and of which commit."""
    return render("views/runs.html.j2", lines=lines, states=STATES)


def progress(look: Look, titles: Mapping[str, str]) -> Markup:
    """How far a run is: a bar a cell, time left, the last failures. `titles` name entries by reference."""
    shown = [cell for cell in look.cells if cell.due]
    return render("views/progress.html.j2", look=look, cells=shown, titles=titles, states=STATES)


def manifest(of: Mapping[str, Any], folder: str) -> Markup:
    """One manifest in full, in folded sections. `folder` is where the run lies, as its commands are to name it."""
    return render(
        "views/manifest.html.j2",
        of=of,
        command=shlex.join(of["argv"]),
        again=resume_command(of, folder) if of["status"] != "complete" else "",
        whole=json.dumps(shortened(of), indent=1, ensure_ascii=False),
        constraints=of.get("constraints") or "",
    )


def difference(found: Sequence[Difference], a: str, b: str, verdicts: Sequence[tuple[str, str]] = ()) -> Markup:
    """What differs between the manifests of `a` and `b`, by section.

    Args:
        verdicts: (task, why it is not the same task) for tasks that both have; "" where their rows may be compared.
    """
    kept = found[:MOST_DIFFERENCES]
    sections = [(name, list(rows)) for name, rows in groupby(kept, key=lambda one: one.section)]
    return render(
        "views/difference.html.j2", sections=sections, a=a, b=b, verdicts=verdicts, total=len(found), kept=len(kept)
    )
