"""OpenCV's two inpainters, and the first of them blurred.

OpenCV works on 8 bit, so known pixels are rounded on their way in (they come back exact, see `Filler`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from harness.errors import HarnessError
from harness.interfaces import Setup
from harness_classical.filler import Filler

if TYPE_CHECKING:
    from harness_classical.filler import Hole, Picture

__all__ = ["NavierStokes", "Telea", "TeleaBlur"]

WHITE = 255


class _OpenCV(Filler):
    """`cv2.inpaint` with one of its flags; `radius` is its inpaintRadius in pixels."""

    flag: ClassVar[int]

    def __init__(self, setup: Setup, radius: float = 3.0) -> None:
        super().__init__(setup)
        if radius <= 0:
            raise HarnessError(f"radius must be positive, not {radius}")
        self.radius = radius

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Run OpenCV on the 8-bit picture."""
        pixels = np.rint(image * WHITE).astype(np.uint8)
        filled = cv2.inpaint(pixels, hole.astype(np.uint8), self.radius, self.flag)
        return (filled / WHITE).astype(np.float32)


class Telea(_OpenCV):
    """Telea, "An Image Inpainting Technique Based on the Fast Marching Method", JGT 2004.

    OpenCV's rounding lets the fill creep upwards: by up to 6 levels in a flat picture. Kept: it is what users run.
    """

    flag = cv2.INPAINT_TELEA


class NavierStokes(_OpenCV):
    """Bertalmio, Bertozzi and Sapiro, "Navier-Stokes, Fluid Dynamics, and … Inpainting", CVPR 2001."""

    flag = cv2.INPAINT_NS


class TeleaBlur(Telea):
    """ours: Telea's fill after a Gaussian blur. PSNR rewards it, eyes do not: a guard against smooth winners.

    The blur sees known and filled pixels alike, so the fill joins its surroundings; `sigma` is in pixels.
    """

    def __init__(self, setup: Setup, radius: float = 3.0, sigma: float = 8.0) -> None:
        super().__init__(setup, radius)
        if sigma <= 0:
            raise HarnessError(f"sigma must be positive, not {sigma}")
        self.sigma = sigma

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Telea's fill within its picture, blurred as a whole."""
        blurred = cv2.GaussianBlur(super().fill(image, hole), (0, 0), self.sigma, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, np.float32)
