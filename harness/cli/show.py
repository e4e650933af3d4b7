"""`harness show`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import click

from harness.cli.completion import complete_names
from harness.errors import HarnessError, UnknownName
from harness.places import locate, weights_place
from harness.plugins import KINDS, Registry, registry
from harness.specs import MethodSpec, Param, Requirement, Spec, SuiteSpec, WeightsSpec
from harness.suites import load_suite

__all__ = ["find_spec_named", "show_command"]

_SINGULAR = {kind.removesuffix("s"): kind for kind in KINDS}


def find_spec_named(text: str, known: Registry) -> Spec:
    """`kind:name` or a bare name looked up in every kind. Raises `UnknownName`, or names the kinds when ambiguous."""
    kind, colon, name = text.partition(":")
    if colon and kind in _SINGULAR:
        return known.get(_SINGULAR[kind], name)
    if text.startswith("pyiqa:"):
        return known.metric(text)
    if colon:
        raise HarnessError(f"unknown kind '{kind}': write KIND:NAME, a kind is one of {', '.join(_SINGULAR)}")
    hits = [k for k in KINDS if text in known.specs[k] or (k, text) in known.aliases]
    if len(hits) > 1:
        kinds = ", ".join(f"{hit.removesuffix('s')}:{text}" for hit in hits)
        raise HarnessError(f"'{text}' is several things: {kinds}; write the one you mean")
    if hits:
        return known.get(hits[0], text)
    for report in known.reports:
        if report.state == "broken" and text in (report.name, report.module.removeprefix("harness_")):
            return known.get("methods", text)
    raise UnknownName("name", text, [name for k in KINDS for name in known.specs[k]], "harness list methods")


def _value(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value)))
    if isinstance(value, tuple):
        return ", ".join("whole image" if item == "" else _value(item) for item in value)
    if isinstance(value, Requirement):
        return value.pip
    if is_dataclass(value):
        return ", ".join(str(getattr(value, f.name)) for f in fields(value) if getattr(value, f.name) not in ("", None))
    return str(value)


def _param_line(name: str, param: Param) -> str:
    choices = f" ({', '.join(map(str, param.choices))})" if param.choices else ""
    return f"  {name} = {param.default}{choices}   {param.help}"


def _weights_lines(method: str, weights: WeightsSpec) -> list[str]:
    path = locate(method, weights)
    lines = [f"  {method}@{weights.name}: {weights.kind}, {weights.licence}, from {weights.origin}"]
    if weights.trained_on:
        lines.append(f"    trained on {weights.trained_on}")
    if weights.kind != "random":
        missing = f"not here; place it at {weights_place(method, weights)}: {weights.fetch}"
        lines.append(f"    {path if path else missing}")
    return lines


def _suite_lines(spec: SuiteSpec) -> list[str]:
    suite = load_suite(spec)
    lines = [
        suite.title,
        suite.summary,
        f"version {suite.version}; cost: {suite.cost}",
        f"methods: {', '.join(suite.methods)}",
    ]
    for task in suite.tasks:
        masks = f", masks {task.maskset}" if task.maskset else ""
        lines += [
            "",
            f"task {task.id}: {task.title}",
            f"  {task.dataset}, first {task.limit or 'all'}{masks}, role {task.role}",
        ]
        lines += [f"  primary {task.primary}; also {', '.join(m for m in task.metrics if m != task.primary)}"]
    return lines


@click.command("show")
@click.argument("name", shell_complete=complete_names)
def show_command(name: str) -> None:
    """Show everything known of NAME, or kind:NAME (method, suite, dataset, mask, metric, embedder).

    schema:NAME prints a JSON Schema: of what a run folder holds (manifest, record, sample, feature, summary, event),
    of a leaderboard's card (board), a paper's numbers (reported), or what harness bench writes (bench).
    """
    if name.startswith("schema:"):
        from harness.leaderboard.schema import schema_text

        click.echo(schema_text(name.removeprefix("schema:")), nl=False)
        return
    spec = find_spec_named(name, registry())
    if isinstance(spec, SuiteSpec):
        click.echo("\n".join([f"suite {spec.name}", *_suite_lines(spec)]))
        return
    kind = next(k for k, cls in KINDS.items() if isinstance(spec, cls)).removesuffix("s")
    click.echo(f"{kind} {spec.name}")
    for item in fields(spec):
        value = getattr(spec, item.name)
        if item.name in ("name", "params", "weights") or value in ("", None, (), frozenset()):
            continue
        click.echo(f"{item.name.replace('_', ' '):16} {_value(value)}")
    params: Mapping[str, Param] = getattr(spec, "params", {})
    if params:
        click.echo("parameters")
        for key, param in params.items():
            click.echo(_param_line(key, param))
    if isinstance(spec, MethodSpec) and spec.weights:
        click.echo("weights")
        for weights in spec.weights:
            click.echo("\n".join(_weights_lines(spec.name, weights)))
