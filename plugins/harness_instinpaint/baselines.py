"""What an instruction's edit is measured against: nothing done, and the true mask given to any inpainter."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup

__all__ = ["Identity", "OracleMask", "filled", "grown"]


class Identity:
    """The picture as it came. Args: ``setup``, of which nothing is used."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def inpaint(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image."""
        if batch.image is None:
            raise HarnessError("identity needs an image")
        return Images(batch.image.clone())


def filled(setup: Setup, batch: Batch, image: Tensor, region: Tensor) -> Images:
    """The wrapped method's fill of ``region`` ``[N, 1, H, W]``, blanked first; every other pixel is the picture's."""
    hole = (region > 0).to(image)
    if not bool(hole.any()):
        return Images(image.clone())
    if setup.inner is None:
        raise HarnessError("this method wraps another one: write its name, a colon and METHOD")
    given: Images = setup.inner.inpaint(replace(batch, image=image * (1 - hole), mask=hole))
    return Images(torch.where(hole > 0, given.image.to(image), image), given.maps, given.facts)


def grown(region: Tensor, reach: int) -> Tensor:
    """``[N, 1, H, W]``, dilated by ``reach`` pixels to every side."""
    return functional.max_pool2d(region, 2 * reach + 1, 1, reach)


class OracleMask:
    """Any inpainter with the true mask of what an instruction names: what a perfect finder would make of it.

    Args:
        setup: the wrapped method.
        grow: pixels by which the mask is grown; an object's edge pixels are partly its own.

    Raises:
        HarnessError: no method to wrap, or a negative ``grow``.
    """

    def __init__(self, setup: Setup, *, grow: int = 2) -> None:
        if setup.inner is None:
            raise HarnessError("oracle-mask wraps another method: write oracle-mask:METHOD")
        if grow < 0:
            raise HarnessError(f"oracle-mask: grow is 0 or more, not {grow}")
        self.setup, self.grow = setup, grow

    def inpaint(self, batch: Batch) -> Images:
        """An empty mask (the object is not there) leaves the picture as it is. Raises what the wrapped method does."""
        image, mask = batch.image_and_mask("oracle-mask")
        return filled(self.setup, batch, image, grown((mask > 0).to(image), self.grow))
