"""From a weights name to a verified file. Torch-free."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.places import locate, weights_place
from harness.specs import MethodSpec, WeightsSpec

if TYPE_CHECKING:
    from harness.interfaces import LoadedWeights

__all__ = ["locate", "resolve_weights", "sha256_of"]


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """sha256 of a file, remembered by its size and modification time."""
    facts = path.stat()
    return _digest(path, facts.st_size, facts.st_mtime_ns)


def _choose(spec: MethodSpec, name: str) -> WeightsSpec:
    if name:
        for weights in spec.weights:
            if weights.name == name:
                return weights
        raise UnknownName(f"weights of {spec.name}", name, [w.name for w in spec.weights], "harness list weights")
    for weights in spec.weights:
        if weights.kind != "random" and locate(spec.name, weights):
            return weights
    raise MissingRequirement(f"{spec.name} has no weights here: harness show {spec.name} says where to get them")


def resolve_weights(spec: MethodSpec, name: str = "") -> LoadedWeights | None:
    """The checkpoint called `name`, or the first one present. None for a method without weights.

    Raises `MissingRequirement` (where the file belongs and how to get it) or `HarnessError` on another sha256.
    """
    from harness.interfaces import LoadedWeights  # here: every command finds weights, few load any

    if not spec.weights:
        return None
    weights = _choose(spec, name)
    if weights.kind == "random":
        return LoadedWeights(weights.name, "random", None, "random")
    path = locate(spec.name, weights)
    if path is None:
        place = weights_place(spec.name, weights)
        raise MissingRequirement(
            f"{spec.name}@{weights.name}: {weights.file} ({weights.licence}) is not at {place}; get it: {weights.fetch}"
        )
    digest = sha256_of(path)
    if weights.sha256 and digest != weights.sha256:
        raise HarnessError(
            f"{spec.name}@{weights.name}: {path} has sha256 {digest[:16]}…, expected {weights.sha256[:16]}…"
        )
    return LoadedWeights(weights.name, weights.kind, path, digest)
