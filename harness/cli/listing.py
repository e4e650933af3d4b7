"""`harness list`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

import click

from harness.errors import HarnessError
from harness.places import locate
from harness.plugins import PluginReport, Registry, missing, registry
from harness.specs import MethodSpec, SuiteSpec, WeightsSpec
from harness.suites import load_suite

__all__ = ["list_command", "rows_of"]

KINDS = (
    "methods",
    "suites",
    "datasets",
    "masks",
    "metrics",
    "embedders",
    "degradations",
    "weights",
    "pages",
    "plugins",
)
ONE = {kind: kind.removesuffix("s") for kind in KINDS} | {"datasets": "data set", "masks": "mask set"}
NO_FIX = "none needed"
ROOM_MIN = 24
"""ours: below so many columns, lines broken by us read worse than those that the terminal breaks."""
Row = Mapping[str, str]


def _is_there(module: str) -> bool:
    """Whether a module can be found; nothing is imported but the packages that it lies in."""
    package, _, name = module.rpartition(".")
    for folder in getattr(sys.modules.get(package), "__path__", ()):
        if os.path.isfile(f"{folder}/{name}.py"):  # most are, and one look is a tenth of what `find_spec` takes
            return True
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package on the way to it
        return False


def _state(method: MethodSpec) -> str:
    """ "ready", or what a method lacks here, in one line."""
    module = method.target.partition(":")[0]
    if not _is_there(module):
        return f"broken: no module {module}"
    line = missing(method.requires)
    if line:
        return line
    if method.weights and not any(w.kind != "random" and locate(method.name, w) for w in method.weights):
        return "no weights here"
    return "ready"


def _method_row(spec: MethodSpec) -> Row:
    capabilities = "/".join(spec.capabilities)
    return {"name": spec.name, "capabilities": capabilities, "state": _state(spec), "summary": spec.summary}


def _suite_row(spec: SuiteSpec) -> Row:
    try:
        suite = load_suite(spec)
    except (HarnessError, ModuleNotFoundError, FileNotFoundError) as error:
        return {"name": spec.name, "version": "", "methods": "", "cost": "", "summary": f"broken: {error}"}
    version, methods = f"v{suite.version}", f"{len(suite.methods)} methods"
    return {"name": spec.name, "version": version, "methods": methods, "cost": suite.cost, "summary": spec.summary}


def _weights_row(method: str, weights: WeightsSpec) -> Row:
    path = locate(method, weights)
    place = "drawn on use" if weights.kind == "random" else str(path) if path else f"not here: {weights.fetch}"
    return {"name": f"{method}@{weights.name}", "kind": weights.kind, "licence": weights.licence, "place": place}


def _plugin_row(report: PluginReport, known: Registry) -> Row:
    """`partial` is a plugin that loads and some of whose things cannot run here."""
    owners = known.owners
    owned = [spec for kind, by in known.specs.items() for name, spec in by.items() if owners[kind, name] == report.name]
    lacking = {spec.name: line for spec in owned if (line := missing(getattr(spec, "requires", ())))}
    pips = sorted({line.partition(": ")[2] for line in lacking.values()})
    absent = f", cannot run here: {', '.join(lacking)}" if lacking else ""
    return {
        "name": report.name,
        "state": "partial" if lacking else report.state,
        "source": f"{report.distribution} {report.version}".strip() or report.module,
        "detail": report.cause or f"{len(owned)} registered{absent}",
        "fix": report.fix or "; ".join(pips) or NO_FIX,
    }


def rows_of(kind: str, known: Registry) -> list[Row]:
    """One row of named words for everything of a kind; its name comes first."""
    methods = [spec for spec in known.all("methods") if isinstance(spec, MethodSpec)]
    if kind == "methods":
        return [_method_row(spec) for spec in methods]
    if kind == "suites":
        return [_suite_row(spec) for spec in known.all("suites") if isinstance(spec, SuiteSpec)]
    if kind == "weights":
        return [_weights_row(method.name, weights) for method in methods for weights in method.weights]
    if kind == "plugins":
        return [_plugin_row(report, known) for report in known.reports]
    return [
        {"name": spec.name, "version": getattr(spec, "version", ""), "summary": getattr(spec, "summary", "")}
        for spec in known.all(kind)
    ]


def _cells(row: Row) -> list[str]:
    """A row as the table shows it: what to do stands behind what is wrong."""
    cells = [word for key, word in row.items() if key != "fix"]
    if row.get("fix", NO_FIX) != NO_FIX:
        cells[-1] += f": {row['fix']}"
    return cells


def _columns() -> int:
    """How wide the terminal is; 0 where a program reads."""
    if not sys.stdout.isatty():
        return 0
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _wrapped(text: str, columns: int, indent: int) -> str:
    """`text` in lines that a terminal of so many columns need not break behind `indent`; as it is for a program (0)."""
    if columns - indent < ROOM_MIN:
        return text
    import textwrap

    lines = textwrap.wrap(text, columns - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS), default="methods")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(kind: str, as_json: bool) -> None:
    """List what is registered: methods, suites, datasets, masks, metrics, embedders, degradations,
    weights, plugins.
    """
    rows = rows_of(kind, registry())
    if as_json:
        import json

        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo(f"no {ONE[kind]} is registered yet: a plugin adds one (docs/plugins.md)")
        return
    table = [_cells(row) for row in rows]
    widths = [min(34, max(len(cells[i]) for cells in table)) for i in range(len(table[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    columns = _columns()
    for cells in table:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        click.echo("  ".join([*padded, _wrapped(cells[-1], columns, indent)]).rstrip())
    if kind == "metrics":
        terms = "any metric of pyiqa where its files are present (pyiqa is licensed for non-commercial use)"
        click.echo(f"pyiqa:NAME  {_wrapped(terms, columns, 12)}")
    broken = [report for report in registry().reports if report.state == "broken"]
    if broken and kind != "plugins":
        click.echo(f"{len(broken)} plugin(s) are broken: harness list plugins", err=True)
