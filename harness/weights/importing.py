"""Turning a published checkpoint of another format into the safetensors that a method loads. Torch-free."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.places import weights_folder
from harness.specs import MethodSpec, WeightsSpec
from harness.store.files import write_atomic
from harness.weights.loading import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Importer = Callable[[Path], Mapping[str, NDArray[np.float32]]]

__all__ = ["import_weights", "importable"]


def importable(spec: MethodSpec, name: str = "") -> WeightsSpec:
    """The weights called ``name`` that can be imported, or the only ones. Raises `HarnessError` naming what can."""
    known = {weights.name: weights for weights in spec.weights if weights.importer}
    if not known:
        raise HarnessError(f"{spec.name} imports no weights: harness show {spec.name} says where its files come from")
    if name in known or (not name and len(known) == 1):
        return known[name] if name else next(iter(known.values()))
    choices = ", ".join(f"{spec.name}@{one}" for one in known)
    raise HarnessError(f"name what to import: {choices}" if not name else f"{spec.name}@{name}: imported are {choices}")


def import_weights(spec: MethodSpec, weights: WeightsSpec, path: Path, *, replace: bool = False) -> Path:
    """Read ``path`` by the weights' importer and write the file that the method looks for; returns its path.

    Raises:
        HarnessError: the file is there already and ``replace`` is not given; ``path`` is not what the importer reads.
    """
    target = weights_folder(spec.name) / weights.file
    if target.exists() and not replace:
        raise HarnessError(f"{target} is there already: --replace writes it anew")
    module, _, function = weights.importer.partition(":")
    read: Importer = getattr(importlib.import_module(module), function)
    state = read(path)
    from safetensors.numpy import save

    about = {"imported": {"from": path.name, "weights": f"{spec.name}@{weights.name}", "origin": weights.origin}}
    write_atomic(target, save(dict(state), metadata={METADATA: json.dumps(about, sort_keys=True)}))
    return target
