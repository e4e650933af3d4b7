"""What `harness check` prints: one line a check as it ends, or one table for a pull request or a program."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from harness.testing.conformance.case import Case
from harness.testing.conformance.model import Outcome

__all__ = ["as_json", "as_markdown", "asked", "counts", "heading", "text_line"]

Row = tuple[Case, Outcome]


def heading(case: Case) -> str:
    """`method telea`."""
    return f"{case.target.kind} {case.target.name}"


def asked(cases: Iterable[Case], say: Callable[[str], None]) -> list[Row]:
    """Ask every check, in order; each is told as it ends. A target's built object goes when its last check has run."""
    rows: list[Row] = []
    last = None
    for case in cases:
        if case.shared is not last:
            if last is not None:
                last.__dict__.pop("subject", None)
            say(heading(case))
            last = case.shared
        rows.append((case, case.run()))
        say(text_line(*rows[-1]))
    return rows


def text_line(case: Case, outcome: Outcome) -> str:
    """`  ✓ odd-sizes  what was measured`."""
    return f"  {outcome.mark} {case.check.name:18} {outcome.line}".rstrip()


def counts(rows: Sequence[Row]) -> str:
    """`23 checks of 1 thing: 20 ok, 0 failed, 3 skipped`."""
    number = Counter(outcome.status for _, outcome in rows)
    things = len({heading(case) for case, _ in rows})
    word = "thing" if things == 1 else "things"
    return (
        f"{len(rows)} checks of {things} {word}: {number['ok']} ok, {number['failed']} failed, "
        f"{number['skipped']} skipped"
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """One table a thing, and the counts."""
    lines: list[str] = []
    last = ""
    for case, outcome in rows:
        if heading(case) != last:
            last = heading(case)
            lines += ["", f"## {last}", "| | check | |", "|---|---|---|"]
        cell = outcome.line.replace("|", "\\|")
        lines.append(f"| {outcome.mark} | {case.check.name} | {cell} |")
    return "\n".join([*lines[1:], "", counts(rows)])


def as_json(rows: Sequence[Row]) -> str:
    """One object a check."""
    return json.dumps(
        [
            {
                "kind": case.target.kind,
                "name": case.target.name,
                "plugin": case.target.plugin.name,
                "check": case.check.name,
                "status": outcome.status,
                "line": outcome.line,
                "seconds": round(outcome.seconds, 3),
            }
            for case, outcome in rows
        ],
        ensure_ascii=False,
        indent=1,
    )
