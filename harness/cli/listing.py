"""`harness list`."""

from __future__ import annotations

import json

import click

from harness.plugins import Registry, missing, registry
from harness.specs import MethodSpec, WeightsSpec
from harness.weights.resolve import locate

__all__ = ["list_command"]

KINDS = ("methods", "suites", "datasets", "masks", "metrics", "embedders", "degradations", "weights", "plugins")


def _state(method: MethodSpec) -> str:
    """ "ready", or what a method lacks here, in one line."""
    line = missing(method.requires)
    if line:
        return line
    if method.weights and not any(w.kind != "random" and locate(method.name, w) for w in method.weights):
        return "no weights here"
    return "ready"


def _methods(known: Registry) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for spec in known.all("methods"):
        if isinstance(spec, MethodSpec):
            rows.append((spec.name, "/".join(spec.capabilities), _state(spec), spec.summary))
    return rows


def _weights_row(method: str, weights: WeightsSpec) -> tuple[str, ...]:
    path = locate(method, weights)
    place = "drawn on use" if weights.kind == "random" else str(path) if path else f"not here: {weights.fetch}"
    return (f"{method}@{weights.name}", weights.kind, weights.licence, place)


def _rows(kind: str, known: Registry) -> list[tuple[str, ...]]:
    if kind == "methods":
        return _methods(known)
    if kind == "plugins":
        return [
            (
                r.name,
                r.state,
                f"{r.distribution} {r.version}".strip() or r.module,
                r.cause or f"{len(r.registered)} registered",
            )
            for r in known.reports
        ]
    if kind == "weights":
        methods = [spec for spec in known.all("methods") if isinstance(spec, MethodSpec)]
        return [_weights_row(m.name, w) for m in methods for w in m.weights]
    return [(spec.name, getattr(spec, "version", ""), getattr(spec, "summary", "")) for spec in known.all(kind)]


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS), default="methods")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(kind: str, as_json: bool) -> None:
    """List what is registered: methods, suites, datasets, masks, metrics, weights, plugins."""
    rows = _rows(kind, registry())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo(f"no {kind} are registered")
        return
    widths = [min(34, max(len(row[i]) for row in rows)) for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())
    if kind == "metrics":
        click.echo(
            "pyiqa:NAME  any metric of pyiqa where its files are present (pyiqa is licensed for non-commercial use)"
        )
    broken = [report for report in registry().reports if report.state == "broken"]
    if broken and kind != "plugins":
        click.echo(f"{len(broken)} plugin(s) are broken: harness list plugins", err=True)
