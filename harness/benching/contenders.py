"""Which configuration of a method is timed: the papers' size, whoever's weights are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.errors import HarnessError, MissingRequirement
from harness.plugins import Registry
from harness.references import Reference, canonical, parse_outputs, parse_reference
from harness.runner.entries import Entry, MethodLike, resolve_entry
from harness.specs import MethodSpec
from harness.store.timings import TimedEntry
from harness.weights.resolve import locate

__all__ = ["contender", "described", "official_size"]

KINDS = ("mini", "random", "official")
"""Of a method that wraps another one, the first of these that either has: what says least about the paper."""


def contender(method: MethodLike, registry: Registry) -> Entry:
    """The entry to time.

    Raises `HarnessError`: unknown, not an inpainter, outputs computed elsewhere, nothing of the official size.
    """
    named = isinstance(method, str) and parse_outputs(method, registry) is None
    entry = resolve_entry(official_size(str(method), registry) if named else method, registry)
    if entry.outputs is not None:
        raise HarnessError(f"{entry.reference} is a folder of outputs: there is nothing to time")
    if "inpaint" not in entry.spec.capabilities:
        raise HarnessError(f"{entry.spec.name} cannot inpaint; it can {', '.join(entry.spec.capabilities)}")
    return entry


def official_size(text: str, registry: Registry) -> str:
    """A reference with its weights named: as written, else `official` where the file is here, else `random`.

    Raises `MissingRequirement` for a method that declares neither.
    """
    return str(_official(canonical(parse_reference(text), registry)[0], registry))


def _official(reference: Reference, registry: Registry) -> Reference:
    spec = registry.method(reference.name)
    inner = _official(reference.inner, registry) if reference.inner else None
    return replace(reference, weights=reference.weights or _weights(spec), inner=inner)


def _weights(spec: MethodSpec) -> str:
    if not spec.weights:
        return ""
    here = [w.name for w in spec.weights if w.kind == "official" and locate(spec.name, w)]
    random = [w.name for w in spec.weights if w.kind == "random"]
    if chosen := [*here, *random]:
        return chosen[0]
    others = " or ".join(f"{spec.name}@{w.name}" for w in spec.weights if w.kind == "mini")
    hint = f"; a small one is timed where it is named: {others}" if others else ""
    raise MissingRequirement(f"{spec.name} has no official checkpoint here, and no random weights of its size{hint}")


def described(entry: Entry) -> TimedEntry:
    """The entry as a file of timings keeps it."""
    kinds = {part.weights.kind for part in _parts(entry) if part.weights}
    path = entry.weights.path if entry.weights else None
    return TimedEntry(
        reference=entry.reference,
        title=entry.title,
        method=entry.spec.name,
        version=entry.spec.version,
        kind=next((kind for kind in KINDS if kind in kinds), ""),
        weights=entry.weights.sha256 if entry.weights and path else "",
        parameters_m=entry.describe()["parameters_m"],
        source_digest=entry.source_digest(),
    )


def _parts(entry: Entry) -> Iterator[Entry]:
    """The method and those that it wraps."""
    yield entry
    if entry.inner is not None:
        yield from _parts(entry.inner)
