"""Fills of registered methods, made while a training runs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from harness.interfaces import Batch, Setup
from harness.plugins import load_target, registry

__all__ = ["Fills"]


class Fills:
    """Inpainters that need no weights, by name.

    Raises `UnknownName` for a name that nobody registered, `MissingRequirement` where what a method needs is not here.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._methods = {name: load_target(registry().method(name))(Setup()) for name in names}

    def __call__(self, name: str, image: Tensor, hole: Tensor, seed: int = 0) -> Tensor:
        """Fill ``hole`` [1,H,W] of ``image`` [3,H,W] in [0,1]: the composite, rounded to 8 bit as a run keeps it.

        The method is not shown what lies under the hole.
        """
        shown = Batch((name,), image=(image * (1 - hole))[None], mask=hole[None], seeds=(seed,))
        filled = self._methods[name].inpaint(shown).image[0].clamp(0, 1)
        return torch.where(hole > 0, (255 * filled).round() / 255, image)
