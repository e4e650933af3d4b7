"""The authors' TensorFlow checkpoint as our state dict (`harness weights import hifill`); no TensorFlow needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.weights.tensor_bundle import open_bundle
from harness_hifill.names import SCOPE, entry_values, variable_names, variable_shape
from harness_hifill.network import HiFill

__all__ = ["official"]


def official(path: Path) -> dict[str, NDArray[np.float32]]:
    """The generator's entries from the checkpoint whose index is ``path``; the discriminator's are left.

    Raises:
        HarnessError: the checkpoint cannot be read, or its generator has other variables or shapes than HiFill's.
    """
    bundle = open_bundle(path)
    state = HiFill().state_dict()
    names = variable_names(list(state))
    here = {variable: tuple(variable_shape(state[entry].shape)) for variable, entry in names.items()}
    there = {name: entry.shape for name, entry in bundle.entries.items() if name.startswith(SCOPE)}
    wrong = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if wrong:
        shapes = [str(list(shapes[wrong[0]])) if wrong[0] in shapes else "absent" for shapes in (there, here)]
        shown = f"{wrong[0][:80]!r} is {shapes[0]} there, {shapes[1]} in HiFill"
        raise HarnessError(f"{path} is no HiFill checkpoint: {len(wrong)} variables differ; the first: {shown}")
    return entry_values({name: bundle.read(name) for name in names}, names)
