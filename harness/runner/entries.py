"""From what a user wrote (`coordfill@mini[…]`, a callable) to something that can be run and has an identity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.interfaces import Inpainter, LoadedWeights, Setup
from harness.plugins import Registry, load_target, missing
from harness.references import Reference, canonical, parse_outputs, parse_reference, resolve_params
from harness.runner.callables import callable_digest
from harness.runner.outputs import Outputs, open_outputs
from harness.runner.wrapping import joined_weights, one_strategy, wrapping
from harness.specs import MethodSpec, ParamValue, WeightsSpec
from harness.strategies import NATIVE, Strategy
from harness.suites import Task
from harness.weights import resolve_weights

__all__ = ["Entry", "MethodLike", "resolve_described", "resolve_entry"]

MethodLike = str | Callable[..., Any] | Inpainter


@dataclass(frozen=True)
class Entry:
    """What a leaderboard ranks: a method at a checkpoint with its parameters.

    `function` is set for a Python callable, which takes a `Batch` and returns `Images` or a tensor [N,3,H,W], with the
    `code` that it was when it was named; `outputs` for a method that ran elsewhere. `strategy` is the one that the
    reference names, None where it names none.
    """

    reference: str
    spec: MethodSpec
    params: dict[str, ParamValue]
    weights: LoadedWeights | None = None
    inner: Entry | None = None
    function: Callable[..., Any] | None = None
    code: str = ""
    outputs: Outputs | None = None
    strategy: Strategy | None = None

    def strategy_on(self, task: Task | None = None) -> Strategy:
        """How pictures are brought before it: what its reference says, else the task, else its spec."""
        if self.strategy is not None:
            return self.strategy
        stated = self.spec.strategy
        return Strategy.parse((task.strategy if task else "") or stated, stated)

    @property
    def title(self) -> str:
        """Short display name."""
        return f"{self.spec.name}@{self.weights.name}" if self.weights and "@" not in self.reference else self.reference

    def build(self, device: str) -> Any:
        """The ready object. Raises `MissingRequirement` or the constructor's own error."""
        if self.function is not None:
            return _FunctionMethod(self.function)
        if self.outputs is not None:
            raise HarnessError(f"{self.reference} is a folder of outputs: it cannot fill further pictures")
        inner = self.inner.build(device) if self.inner else None
        return load_target(self.spec)(Setup(device, self.weights, inner), **self.params)

    def identity(self) -> dict[str, Any]:
        """What decides the output: name, version, result-changing parameters, weights, and the inner method's."""
        params = self.spec.params
        outputs = {"outputs": self.outputs.identity()} if self.outputs is not None else {}
        # A reference that says native overrules the task: other pixels, so another key.
        strategy = str(self.strategy) if self.strategy == NATIVE else self.strategy_on().identity()
        return {
            "method": self.spec.name,
            "version": self.spec.version,
            "params": {k: v for k, v in self.params.items() if k not in params or params[k].result_changing},
            "weights": self.weights.sha256 if self.weights else "",
            "inner": self.inner.identity() if self.inner else None,
            "code": self.code,
            **({"strategy": strategy} if strategy else {}),
            **outputs,
        }

    def source_digest(self) -> str:
        """sha256 of the code behind the entry, so that code changed under one version can be told; "" if elsewhere."""
        if self.outputs is not None:
            return ""
        own = self.code or _source_digest(self.spec)
        if self.inner is None:
            return own
        return hashlib.sha256(f"{own} {self.inner.source_digest()}".encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """The entry as the manifest keeps it.

        `leak` is `unverified` where nobody made sure that the method saw no hole's truth, as the engine does by
        blanking holes; `folder` is where such outputs were read.
        """
        spec, inner = self.spec, self.inner.describe() if self.inner else {}
        weights = joined_weights((self._weights_row(), inner.get("weights")))
        millions = [m for m in (self._millions(), inner.get("parameters_m")) if m is not None]
        return {
            "reference": self.reference,
            "title": self.title,
            "method": spec.name,
            "summary": spec.summary,
            "capability": spec.capabilities[0],
            "version": spec.version,
            "params": self.params,
            **({"strategy": str(self.strategy_on())} if self.strategy is not None or spec.strategy else {}),
            "weights": weights,
            "parameters_m": sum(millions) if millions else None,
            "licence": spec.licence,
            "paper": f"{spec.paper.title} ({spec.paper.venue} {spec.paper.year})" if spec.paper else "",
            "tags": sorted(spec.tags),
            "optimises": list(spec.optimises),
            "parity": spec.parity,
            "leak": "",
            "folder": "",
            "identity": self.identity(),
            "source_digest": self.source_digest(),
            **(self.outputs.describe() if self.outputs is not None else {}),
        }

    def _declared(self) -> WeightsSpec | None:
        return next((w for w in self.spec.weights if self.weights and w.name == self.weights.name), None)

    def _millions(self) -> float | None:
        declared = self._declared()
        return declared.parameters_m if declared else None

    def _weights_row(self) -> dict[str, Any] | None:
        declared = self._declared()
        if declared is None or self.weights is None:
            return None
        return {
            "name": self.weights.name,
            "kind": self.weights.kind,
            "sha256": self.weights.sha256,
            "licence": declared.licence,
            "trained_on": declared.trained_on,
            "origin": declared.origin,
        }


class _FunctionMethod:
    """A plain Python callable behind the method interfaces."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def inpaint(self, batch: Any) -> Any:
        """Call it; a bare tensor is an image."""
        from harness.interfaces import Images

        answer = self._function(batch)
        if isinstance(answer, Images):
            return answer
        if not hasattr(answer, "is_floating_point"):
            raise HarnessError(f"the callable returned {type(answer).__name__}, not Images or a tensor [N,3,H,W]")
        return Images(answer)

    restore = inpaint


def _source_digest(spec: MethodSpec) -> str:
    """sha256 over the plugin package's Python files, so that `status` can warn of code changed under one version."""
    found = find_spec(spec.target.partition(":")[0].partition(".")[0])
    if found is None or not found.origin:
        return ""
    hasher = hashlib.sha256()
    if not found.submodule_search_locations:
        return hashlib.sha256(Path(found.origin).read_bytes()).hexdigest()
    for root in found.submodule_search_locations:
        for path in sorted(Path(root).rglob("*.py")):
            hasher.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()


def _function_entry(method: Any) -> Entry:
    """An entry of a callable, or of an object with `inpaint`, under its own or its class's name."""
    function = getattr(method, "inpaint", method)
    if isinstance(method, type) or not callable(function):
        shown = f"the class {method.__name__}: make one" if isinstance(method, type) else repr(method)
        raise HarnessError(f"a method is a name, a callable Batch -> Images or an object with inpaint, not {shown}")
    name = getattr(method, "__name__", type(method).__name__).strip("<>")
    spec = MethodSpec(
        name=name,
        capabilities=("inpaint", "restore"),
        target=f"{getattr(function, '__module__', '')}:{name}",
        version="0",
        summary="a Python callable",
        licence="not stated",
    )
    return Entry(name, spec, {}, function=function, code=callable_digest(function))


def _outputs_entry(name: str, folder: Path) -> Entry:
    outputs = open_outputs(folder)
    spec = MethodSpec(
        name=name,
        capabilities=("inpaint", "restore"),
        target="",
        version="",
        summary=outputs.card.summary,
        licence=outputs.card.licence,
        needs=frozenset(),
        roles=("hole", "region"),
    )
    return Entry(name, spec, {}, outputs=outputs)


def resolve_entry(method: MethodLike, registry: Registry) -> Entry:
    """Resolve a reference, callable or `NAME=folder:DIR`.

    Raises `HarnessError` (unknown), `MissingRequirement` (cannot run here).
    """
    if not isinstance(method, str):
        return _function_entry(method)
    if found := parse_outputs(method, registry):
        return _outputs_entry(found[0], Path(found[1]).expanduser())
    reference, spec = canonical(parse_reference(method), registry)
    line = missing(spec.requires)
    if line:
        from harness.errors import MissingRequirement

        raise MissingRequirement(f"{reference} {line}")
    return _resolved(reference, spec, registry)


def resolve_described(entry: Mapping[str, Any], registry: Registry) -> Entry:
    """The entry that a manifest describes, as it is today. Raises as `resolve_entry` does."""
    folder = entry.get("folder", "")  # what an older harness wrote has none
    return resolve_entry(f"{entry['reference']}=folder:{folder}" if folder else entry["reference"], registry)


def _resolved(reference: Reference, spec: MethodSpec, registry: Registry) -> Entry:
    reference = one_strategy(reference)
    weights = resolve_weights(spec, reference.weights)
    params = resolve_params(spec.name, dict(spec.params), reference.own_params)
    strategy = reference.strategy
    named = replace(reference, weights=weights.name if weights else "")
    inner = None
    if reference.inner is not None:
        inner = resolve_entry(str(reference.inner), registry)
        if spec.wraps not in inner.spec.capabilities:
            raise HarnessError(f"{spec.name} wraps a method that can {spec.wraps}; {inner.spec.name} cannot")
        spec = wrapping(spec, inner.spec)
        named = replace(named, inner=parse_reference(inner.reference))
    how = Strategy.parse(strategy, spec.strategy) if strategy else None
    return Entry(str(named), spec, params, weights, inner, strategy=how)
