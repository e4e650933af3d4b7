"""From what a user wrote (`telea`, `metric:psnr`, `coordfill@mini`, `harness_scenes`) to what is to be checked."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import HarnessError, UnknownName
from harness.plugins import KINDS, PluginReport, Registry
from harness.references import Reference, parse_reference, resolve_params
from harness.specs import MethodSpec, ParamValue, Spec

__all__ = ["Target", "all_targets", "find_targets"]

SINGULAR = {kind.removesuffix("s"): kind for kind in KINDS}


@dataclass(frozen=True)
class Target:
    """One registered thing, or a plugin that could not be loaded (`kind` "plugin", no spec)."""

    kind: str
    reference: Reference
    plugin: PluginReport
    registry: Registry
    spec: Spec | None = None

    @property
    def name(self) -> str:
        """The reference as a user writes it."""
        return str(self.reference)

    @property
    def params(self) -> dict[str, ParamValue]:
        """Declared defaults, overridden by what the reference says. Raises `HarnessError` for what is not declared."""
        return resolve_params(self.reference.name, dict(getattr(self.spec, "params", {})), self.reference.own_params)


def _owner(known: Registry, kind: str, name: str) -> PluginReport:
    owner = known.owners.get((kind, name))
    return next(report for report in known.reports if report.name == (owner or known.reports[0].name))


def _thing(known: Registry, kind: str, reference: Reference) -> Target:
    spec = known.metric(reference.name) if kind == "metrics" else known.get(kind, reference.name)
    if reference.weights and not isinstance(spec, MethodSpec):
        raise HarnessError(f"{kind.removesuffix('s')} {spec.name} has no weights: write {spec.name} without @")
    exact = Reference(spec.name, reference.weights, reference.params, reference.inner)
    target = Target(kind.removesuffix("s"), exact, _owner(known, kind, spec.name), known, spec)
    _ = target.params  # a parameter that is not declared is the user's mistake, told before anything runs
    return target


def _plugins_named(text: str, known: Registry) -> list[PluginReport]:
    return [
        report
        for report in known.reports
        if text in {report.name, report.module, report.module.removeprefix("harness_"), report.distribution}
    ]


def _registered_by(report: PluginReport, known: Registry) -> list[Target]:
    if report.state == "broken":
        return [Target("plugin", Reference(report.name), report, known)]
    owned = [(kind, name) for (kind, name), who in known.owners.items() if who == report.name]
    return [_thing(known, kind, Reference(name)) for kind, name in owned if name in known.specs[kind]]


def find_targets(text: str, known: Registry) -> list[Target]:
    """What `text` names: one thing, or everything that a plugin registers.

    A thing goes before a plugin of the same name. Raises `UnknownName`, or
    `HarnessError` where a bare name is several things or a parameter is not declared.
    """
    kind, colon, rest = text.partition(":")
    if colon and kind in SINGULAR:
        return [_thing(known, SINGULAR[kind], parse_reference(rest))]
    if text.startswith("pyiqa:"):
        return [Target("metric", Reference(text), _owner(known, "metrics", text), known, known.metric(text))]
    reference = parse_reference(text)
    name = reference.name
    hits = [k for k in KINDS if name in known.specs[k] or (k, name) in known.aliases]
    if len(hits) > 1 and "methods" in hits and (reference.weights or reference.inner):
        hits = ["methods"]  # nothing else has weights or wraps
    if len(hits) > 1:
        kinds = ", ".join(f"{hit.removesuffix('s')}:{name}" for hit in hits)
        raise HarnessError(f"'{name}' is several things: {kinds}; write the one you mean")
    if hits:
        return [_thing(known, hits[0], reference)]
    plugins = _plugins_named(text, known)
    if not plugins:
        names = [n for k in KINDS for n in known.specs[k]] + [report.name for report in known.reports]
        raise UnknownName("name", text, names, "harness list methods (or plugins)")
    return [target for report in plugins for target in _registered_by(report, known)]


def all_targets(known: Registry) -> list[Target]:
    """Everything that every plugin registers, broken plugins too."""
    return [target for report in known.reports for target in _registered_by(report, known)]
