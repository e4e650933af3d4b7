"""Does an inpainter look at what it may not see? Call it directly, without the engine's blanking, and find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LeakReport", "leak"]

LEVELS = 255
LIMIT = 0.5  # ours: smaller differences are rounding noise of parallel kernels and vanish in the 8-bit output
SHIFT = 0.5  # the second content differs from the first by this much (of [0, 1]) at every pixel and channel


@dataclass(frozen=True)
class LeakReport:
    """How far outputs follow what stands under the hole.

    Attributes:
        levels: by sample id, the largest absolute difference over the whole output between two contents under
            the hole, in 8-bit levels (0 to 255). NaN where an output was not a number.
    """

    levels: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether every sample stays within half a level. NaN never does."""
        return all(level <= LIMIT for level in self.levels.values())

    def __str__(self) -> str:
        leaking = {id: level for id, level in self.levels.items() if not level <= LIMIT}
        if not leaking:
            return f"no leak: {len(self.levels)} samples, at most {max(self.levels.values()):.2g} levels"
        worst = max(leaking, key=leaking.__getitem__)
        share = f"{len(leaking)} of {len(self.levels)} samples"
        return f"leak: {share} follow the hole, {worst} by {leaking[worst]:.3g} levels"


def leak(inpainter: Inpainter, batch: Batch) -> LeakReport:
    """Run `inpainter` on `batch` with two contents under the hole and compare everything it gives back.

    The contents are the batch's own picture (where a caller leaves the truth, this is what a cheat would copy)
    and the same shifted by half the range, wrapped around. Known pixels, mask and seeds are the same both times.

    Args:
        inpainter: any method with `inpaint`, called as it is: the engine's blanking is bypassed.
        batch: image [N,3,H,W] in [0, 1] with content under the hole, mask [N,1,H,W]; not changed.

    Raises:
        HarnessError: without an image or a mask, or where a sample has no hole (it could not fail).
    """
    if batch.image is None or batch.mask is None:
        raise HarnessError("a leak can only be seen in a batch with an image and a mask")
    hole = batch.mask > SHIFT
    if not bool(hole.flatten(1).any(dim=1).all()):
        raise HarnessError("a leak can only be seen where every sample has a hole")
    shifted = torch.where(hole, (batch.image + SHIFT) % 1, batch.image)
    first, second = (_output(inpainter, batch, content) for content in (batch.image, shifted))
    difference = (first - second).abs().flatten(1).amax(dim=1) * LEVELS
    return LeakReport(dict(zip(batch.ids, difference.tolist(), strict=True)))


def _output(inpainter: Inpainter, batch: Batch, content: Tensor) -> Tensor:
    """One run on copies, so that a method which writes into its input cannot hide."""
    assert batch.mask is not None
    given = replace(batch, image=content.clone(), mask=batch.mask.clone())
    with torch.no_grad():
        return inpainter.inpaint(given).image.detach().float().cpu()
