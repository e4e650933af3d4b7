"""What the classical inpainters share: one picture at a time, nothing under the hole, known pixels exact."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch

from harness.interfaces import Batch, Images, Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]
    Hole = NDArray[np.bool_]

__all__ = ["Filler"]

MID_GREY = 0.5  # ours: the answer where no pixel is known, for the methods' formulas have none


class Filler(ABC):
    """An `Inpainter` that fills one picture at a time on the CPU.

    Args:
        setup: handed in by the engine; classical methods have no weights and no inner method.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    @abstractmethod
    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Answer H×W×3 for one picture [0, 1] H×W×3, 0 under the hole; neither all nor nothing is hole.

        Only what the answer says inside the hole is used.
        """

    def inpaint(self, batch: Batch) -> Images:
        """Fill every picture. Known pixels come back bit for bit; the fill is clipped to [0, 1].

        An empty hole gives the picture itself; a picture without a known pixel becomes mid-grey 0.5. The fact
        `strategy` says which of the three it was: `filled`, `nothing to fill` or `mid-grey, nothing known`.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        images, masks = batch.image_and_mask(type(self).__name__)
        pictures, strategies = [], []
        for image, mask in zip(images, masks, strict=True):
            picture = image.permute(1, 2, 0).cpu().numpy().astype(np.float32)
            filled, strategy = self._answer(picture, mask[0].cpu().numpy() > MID_GREY)
            pictures.append(torch.from_numpy(filled).permute(2, 0, 1))
            strategies.append(strategy)
        return Images(torch.stack(pictures).to(images.device), facts={"strategy": strategies})

    def _answer(self, picture: Picture, hole: Hole) -> tuple[Picture, str]:
        if not hole.any():
            return picture, "nothing to fill"
        if hole.all():
            return np.full_like(picture, MID_GREY), "mid-grey, nothing known"
        blanked = np.where(hole[..., None], np.float32(0), picture)
        fill = np.clip(self.fill(blanked, hole), 0, 1)
        return np.where(hole[..., None], fill, picture).astype(np.float32), "filled"
