"""Is everything said that a list, a card, a leaderboard or a reader will ask for?"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from harness.specs import Capability, MethodSpec, MetricSpec
from harness.suites import load_suite
from harness.testing.conformance.model import Fault, check
from harness.testing.conformance.subjects.subject import Subject

__all__ = ["spec"]

NAME = re.compile(r"[a-z0-9]+([._:-][a-zA-Z0-9]+|_[a-z0-9]+)*")
FIELDS = ("image", "mask", "prompt", "labels", "exposures", "operator", "target_size", "seeds", "reference",
          "precision")  # fmt: skip
ROLES = ("hole", "region")
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _said(spec: Any, *words: str) -> Iterator[str]:
    for word in words:
        if not str(getattr(spec, word)).strip():
            yield f"says no {word}"


def _common(spec: Any) -> Iterator[str]:
    for name in (spec.name, *getattr(spec, "aliases", ())):
        if not NAME.fullmatch(name):
            yield f"the name '{name}' is not lower-case words joined by - _ or ."
    if not TARGET.fullmatch(spec.target):
        yield f"the target '{spec.target}' does not read module:Class"
    for key, param in spec.params.items() if hasattr(spec, "params") else ():
        if not key.isidentifier():
            yield f"the parameter '{key}' is no Python name"
        if not param.help.strip():
            yield f"parameter {key} says no help"
        if param.choices and param.default not in param.choices:
            yield f"the default of {key}, {param.default}, is not among its choices"
    for need in getattr(spec, "requires", ()):
        if not need.pip.strip():
            yield f"the requirement {need.module} says no pip words"


def _card(spec: MethodSpec) -> Iterator[str]:
    package, _, inside = spec.card.partition(":")
    if not package or not inside:
        yield "has no card: write README.md into the package and card='PACKAGE:README.md'"
        return
    try:
        text = files(package).joinpath(inside).read_text(encoding="utf-8")
    except (OSError, ModuleNotFoundError):
        yield f"the card {spec.card} is not there: ship it as package data"
        return
    if spec.name not in text.lower():
        yield f"the card {spec.card} does not name {spec.name}"


def _weights(spec: MethodSpec) -> Iterator[str]:
    for weights in spec.weights:
        name = f"weights {weights.name}"
        yield from (f"{name}: {line}" for line in _said(weights, "licence", "origin"))
        if weights.kind == "random":
            continue
        if not weights.resource and not weights.file:
            yield f"{name}: neither a resource in the package nor a file to look for"
        if weights.resource and not weights.trained_on:
            yield f"{name}: shipped, and does not say what they were trained on (trained_on)"
        if weights.file and not weights.fetch:
            yield f"{name}: does not say how to get {weights.file} (fetch)"
    if spec.weights and (spec.paper is None or not spec.paper.url):
        yield "is learned, and names no paper with its url (arXiv id or DOI)"


def _method(spec: MethodSpec) -> Iterator[str]:
    if unknown := sorted({str(word) for word in spec.capabilities} - {str(word) for word in get_args(Capability)}):
        yield f"unknown capability {', '.join(unknown)}"
    if not spec.capabilities:
        yield "has no capability"
    if unknown := sorted(spec.needs - set(FIELDS)):
        yield f"needs {', '.join(unknown)}, which no batch has: {', '.join(FIELDS)}"
    if unknown := sorted(set(spec.roles) - set(ROLES)):
        yield f"unknown mask role {', '.join(unknown)}: {' or '.join(ROLES)}"
    if "inpaint" in spec.capabilities and not spec.roles:
        yield "inpaints, and declares no mask role"
    yield from (f"paper: {line}" for line in (_said(spec.paper, "title", "venue") if spec.paper else ()))
    yield from _weights(spec)


def _class(subject: Subject) -> Iterator[str]:
    wanted = {
        "method": tuple(getattr(subject.spec, "capabilities", ())),
        "dataset": ("ids", "load", "content_hash", "pairs", "attribution", "__len__"),
        "mask": ("draw",),
        "embedder": ("embed",),
        "metric": ("reduce", "real_band") if getattr(subject.spec, "kind", "") == "set" else ("__call__",),
    }.get(subject.target.kind, ())
    lacking = [name for name in wanted if not callable(getattr(subject.cls, name, None))]
    if lacking:
        yield f"{subject.spec.target} has no method {', '.join(lacking)}"


def _metric(subject: Subject) -> Iterator[str]:
    spec: MetricSpec = subject.spec
    yield from _said(spec, "colour", "range", "reduction", "resize")
    if spec.kind == "set" and not spec.extractor:
        yield "compares features, and names no extractor"
    low, high = spec.bounds
    if low is not None and high is not None and low >= high:
        yield f"the bounds {spec.bounds} are not (smallest, largest)"
    if spec.paper is None and not spec.equals and not inspect.getdoc(subject.cls):
        yield "is nobody's: name its paper, what it equals, or write the formula into the class's docstring"


def _faults(subject: Subject) -> Iterator[str]:
    spec, kind = subject.spec, subject.target.kind
    if kind == "suite":
        suite = load_suite(spec)
        yield from _said(suite, "title", "summary", "cost", "version")
        return
    yield from _said(spec, "summary", "version", *(("licence",) if hasattr(spec, "licence") else ()))
    yield from _common(spec)
    if kind == "mask":
        yield from _said(spec, "source")
    if kind == "method":
        yield from _method(spec)
        if not isinstance(subject.target.plugin.home, Path):  # one file is no package that could ship a card
            yield from _card(spec)
    if kind == "degradation":
        return
    try:
        subject.need()
        _ = subject.cls
    except Exception:  # an absent extra is a skip, a target that cannot be imported a fault, of the check `builds`
        return
    yield from _class(subject)
    if kind == "metric":
        yield from _metric(subject)


@check("method metric dataset mask embedder suite degradation", stage="static")
def spec(subject: Subject) -> str:
    """Its spec is complete: well-formed names, licence, summary, version, parameters with help; a method's card exists
    and names it (a one-file plugin needs none), a learned one has a paper with url, its weights licence, origin and
    training data, its needs are batch fields and its roles known; a metric states colour, range, reduction and whose
    number it is; a mask set its source; a suite its cost. The class has the methods of its interface.
    """
    if lines := list(_faults(subject)):
        raise Fault("; ".join(lines))
    return ""
