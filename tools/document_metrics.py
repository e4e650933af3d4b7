"""Rewrite the table of docs/metrics.md from the specs: `python -m tools.document_metrics`."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.metrics.specs import metric_specs
from harness.plugins import load_target
from harness.specs import MetricSpec

__all__ = ["documented", "table"]

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
BEGIN, END = "<!-- metrics: begin, written by python -m tools.document_metrics -->", "<!-- metrics: end -->"
HEAD = ("metric", "what", "of", "colour, range", "better", "equals", "tested difference", "licence", "needs")
TESTED = "; tested: "
BETTER = {True: "higher", False: "lower", None: "1 is best"}


def _row(spec: MetricSpec) -> tuple[str, ...]:
    whose, _, difference = spec.equals.partition(TESTED)
    needs = [requirement.pip.strip("'") for requirement in spec.requires]
    if hasattr(load_target(spec), "available"):
        needs.append("a file (harness tells which)")
    regions = ", ".join(f"@{region}" if region else "image" for region in spec.regions)
    return (
        f"`{spec.name}`",
        spec.summary,
        "set" if spec.kind == "set" else regions,
        f"{spec.colour}, {spec.range}",
        BETTER[spec.higher_is_better] + (", never ranks" if spec.diagnostic else ""),
        whose or "ours alone",
        difference,
        spec.licence,
        ", ".join(needs),
    )


def table() -> str:
    """The specs as one Markdown table; a bar in a cell would end it."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(spec) for spec in metric_specs())]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def documented(page: str) -> str:
    """The page with its table written anew between the two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE}: the lines '{BEGIN}' and '{END}' are missing")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Rewrite the page in place."""
    PAGE.write_text(documented(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
