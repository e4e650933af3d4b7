"""A registered inpainter as a function, for what makes data sets: one picture and hole in, the filled picture out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.application import answered, entry_that_can
from harness.errors import HarnessError
from harness.store.keys import seed_of

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["Filler", "open_filler"]


class Filler(NamedTuple):
    """An inpainter that is ready.

    Attributes:
        reference: how it is named in full, weights included.
        licence: of its code and weights, as they state them.
        fill: (pixels uint8 H×W×3, hole bool H×W, name) -> uint8 H×W×3 with every known pixel as it was. The name seeds
            a stochastic method. Raises `HarnessError` with the method's own failure.
    """

    reference: str
    licence: str
    fill: Callable[[Pixels, Hole, str], Pixels]


def open_filler(method: str, *, device: str = "cpu", seed: int = 0) -> Filler:
    """Resolve a reference that can inpaint; it is built at the first picture.

    Pictures larger than it was made for are shown to it as its reference or spec says (`harness.strategies`).
    Raises `HarnessError` for a method that is unknown, cannot inpaint or cannot run here, or needs more than a hole.
    """
    from harness.runner.api import pick_device
    from harness.runner.call import Caller
    from harness.runner.units import Unit

    device = pick_device(device)
    entry = entry_that_can(method, "inpaint")
    if more := sorted(entry.spec.needs - {"image", "mask"}):
        raise HarnessError(
            f"{entry.reference} does not fill a hole by its picture alone: it needs {', '.join(more)} too"
        )
    caller = Caller(lambda: entry.build(device), "inpaint", entry.spec.needs, device, "hole", entry.strategy_on())

    def fill(pixels: Pixels, hole: Hole, name: str) -> Pixels:
        unit = Unit(name, name, pixels, hole, None, "", "", "")
        filled, _ = answered(caller, unit, seed_of(seed, name, 0), f"{entry.reference} on {name}")
        return np.where(hole[..., None], filled, pixels)

    told = entry.describe()
    weights = told["weights"]
    licence = f"{entry.spec.licence}; weights {weights['licence']}" if weights else entry.spec.licence
    named = f"{told['title']} ({weights['sha256'][:12]})" if weights else str(entry.reference)
    return Filler(named, licence, fill)
