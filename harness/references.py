"""How a method is named in full: `name[@weights][k=v,…]`, e.g. `coordfill@mini[faithful=true]`.

A method that wraps another one stands before it, with weights and parameters of its own:
`par-refine@mini-a[rounds=3]:coordfill@mini`.
What somebody else computed is named `NAME=folder:DIR`: the outputs in a folder, under a name of the user's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.errors import HarnessError, UnknownName
from harness.metrics.assessing import PREFIXES
from harness.plugins import Registry
from harness.specs import MethodSpec, Param, ParamValue
from harness.strategies import PARAM, Strategy

__all__ = [
    "Reference",
    "canonical",
    "metric_column",
    "parse_metric",
    "parse_outputs",
    "parse_reference",
    "resolve_params",
]

_PATTERN = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(?:@(?P<weights>[A-Za-z0-9_.-]+))?(?:\[(?P<params>[^\[\]]*)\])?")
_OUTER = re.compile(_PATTERN.pattern + ":")
_OUTPUTS = re.compile(r"(?P<name>[^=@:\[\]]*)=(?P<kind>\w+):(?P<place>.*)", re.DOTALL)
_ENTRY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


@dataclass(frozen=True)
class Reference:
    """A parsed method reference. `params` holds only what was written; `inner` is the wrapped method's reference."""

    name: str
    weights: str = ""
    params: tuple[tuple[str, str], ...] = field(default=())
    inner: Reference | None = None

    @property
    def strategy(self) -> str:
        """The strategy that it names (`harness.strategies`), "" for none."""
        return dict(self.params).get(PARAM, "")

    @property
    def own_params(self) -> tuple[tuple[str, str], ...]:
        """What is handed to the method: a strategy is the engine's."""
        return tuple(pair for pair in self.params if pair[0] != PARAM)

    def __str__(self) -> str:
        params = ",".join(f"{k}={v}" for k, v in sorted(self.params))
        text = self.name + (f"@{self.weights}" if self.weights else "") + (f"[{params}]" if params else "")
        return f"{text}:{self.inner}" if self.inner else text


def _split_params(text: str, whole: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise HarnessError(f"'{whole}': a parameter reads k=v, not '{part}'")
        pairs.append((key.strip(), value.strip()))
    return tuple(pairs)


def parse_reference(text: str) -> Reference:
    """Parse a method reference. Raises `HarnessError` in one line.

    >>> str(parse_reference("par-refine:coordfill@official[faithful=true]"))
    'par-refine:coordfill@official[faithful=true]'
    """
    if outer := _OUTER.match(text):
        params = _split_params(outer["params"] or "", text)
        return Reference(outer["name"], outer["weights"] or "", params, parse_reference(text[outer.end() :]))
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise HarnessError(f"'{text}' is no method reference: write name[@weights][k=v,…], or OUTER:name of a wrapper")
    return Reference(match["name"], match["weights"] or "", _split_params(match["params"] or "", text))


def parse_outputs(text: str, registry: Registry) -> tuple[str, str] | None:
    """(name, folder) of `NAME=folder:DIR`; None for a reference to a method.

    Raises `HarnessError` for a missing or malformed name, another kind than `folder`, a file in place of the folder,
    and the name of a registered method.

    >>> from harness.plugins import registry
    >>> parse_outputs("mylama=folder:out", registry())
    ('mylama', 'out')
    """
    found = _OUTPUTS.fullmatch(text)
    if found is None:
        if text.startswith("folder:") and "folder" not in registry.specs["methods"]:
            raise HarnessError(f"'{text}' names no entry: write NAME=folder:DIR, with a NAME of yours")
        return None
    name, kind, place = found.groups()
    if kind != "folder" or not place:
        raise HarnessError(f"'{text}': outputs of a method are named NAME=folder:DIR")
    if not _ENTRY_NAME.fullmatch(name):
        raise HarnessError(f"'{name}' cannot name an entry: at most 60 letters, digits, and . _ - within")
    if name in registry.specs["methods"] or ("methods", name) in registry.aliases:
        raise HarnessError(f"'{name}' is a registered method; give the outputs in {place} another name")
    if Path(place).expanduser().is_file():
        raise HarnessError(
            f"{place} is a file: name the folder of the outputs; harness export SUITE DIR writes what to fill"
        )
    return name, place


def _convert(key: str, text: str, param: Param, owner: str) -> ParamValue:
    kind = type(param.default)
    try:
        if kind is bool:
            value: ParamValue = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        else:
            value = kind(text)
    except (ValueError, KeyError) as error:
        raise HarnessError(f"{owner}: parameter {key} is a {kind.__name__}, not '{text}'") from error
    if param.choices and value not in param.choices:
        raise HarnessError(f"{owner}: parameter {key} is one of {', '.join(map(str, param.choices))}, not '{text}'")
    return value


def resolve_params(owner: str, declared: dict[str, Param], given: tuple[tuple[str, str], ...]) -> dict[str, ParamValue]:
    """Declared defaults overridden by what the reference says, converted to the default's type."""
    values: dict[str, ParamValue] = {key: param.default for key, param in declared.items()}
    for key, text in given:
        if key not in declared:
            raise UnknownName(f"parameter of {owner}", key, declared, f"harness show {owner}", listed=True)
        values[key] = _convert(key, text, declared[key], owner)
    return values


def canonical(reference: Reference, registry: Registry) -> tuple[Reference, MethodSpec]:
    """The reference with aliases resolved, and its spec. Raises `UnknownName` for names nobody registered."""
    if reference.inner is not None and reference.name in PREFIXES:
        if reference.weights or reference.params:
            raise HarnessError(f"'{reference}': {reference.name} has no weights and no parameters of its own")
        reference = replace(reference.inner, name=f"{reference.name}:{reference.inner.name}")
    spec = registry.method(reference.name)
    resolve_params(spec.name, dict(spec.params), reference.own_params)
    if reference.strategy:
        Strategy.parse(reference.strategy)
        if "inpaint" not in spec.capabilities:
            raise HarnessError(f"'{reference}': a strategy is for methods that inpaint; {spec.name} does not")
    if reference.weights and reference.weights not in {w.name for w in spec.weights}:
        known = [weights.name for weights in spec.weights]
        raise UnknownName(f"weights of {spec.name}", reference.weights, known, "harness list weights", listed=True)
    if spec.wraps and reference.inner is None:
        raise HarnessError(f"{spec.name} wraps another method: write {spec.name}:METHOD")
    if reference.inner is not None and not spec.wraps:
        raise HarnessError(f"{spec.name} wraps no method: '{reference}'")
    inner = canonical(reference.inner, registry)[0] if reference.inner else None
    return Reference(spec.name, reference.weights, reference.params, inner), spec


def parse_metric(text: str) -> tuple[str, str]:
    """Split `metric@region` into its two parts; no `@` is the whole image."""
    name, _, region = text.partition("@")
    return name, region


def metric_column(name: str, region: str) -> str:
    """The column a metric's values stand in."""
    return f"{name}@{region}" if region else name
