"""What a face quality method must beat: sharpness, the length of a recogniser's vector; and what nobody can."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Scores, Setup

from .recogniser import DlibRecogniser

__all__ = ["FaceKnown", "FaceNorm", "FaceSharpness"]


def _pixels(batch: Batch, name: str) -> NDArray[np.uint8]:
    if batch.image is None:
        raise HarnessError(f"{name} needs an image")
    return (batch.image * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


class FaceSharpness:
    """Variance of the Laplacian of grey (Pech-Pacheco et al. 2000), as a logarithm."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def assess(self, batch: Batch) -> Scores:
        """Judge `batch.image` [N,3,H,W]."""
        grey = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in _pixels(batch, "face-sharpness")]
        values = [float(np.log1p(cv2.Laplacian(face, cv2.CV_64F).var())) for face in grey]
        return Scores({"sharpness": torch.tensor(values, dtype=torch.float64)}, primary="sharpness")


class FaceNorm:
    """Length of the vector that dlib's recogniser makes of an aligned face: long where it sees much of one."""

    def __init__(self, setup: Setup) -> None:
        del setup
        self._recogniser = DlibRecogniser()

    def assess(self, batch: Batch) -> Scores:
        """Judge `batch.image` [N,3,112,112]. Raises `HarnessError` where a package of the extra `face` is missing."""
        values = np.linalg.norm(self._recogniser.vectors(_pixels(batch, "face-norm")), axis=1)
        return Scores({"norm": torch.from_numpy(values)}, primary="norm")


class FaceKnown:
    """Minus the strength of what was done to a picture of `faces-synth`: a ceiling, which reads it off the id.

    Kinds are not comparable in strength, so even this is not the best possible order.
    """

    def __init__(self, setup: Setup) -> None:
        del setup
        from .dataset import FacesSynth

        self._faces = FacesSynth()

    def assess(self, batch: Batch) -> Scores:
        """Raises `HarnessError` for a picture that is not of `faces-synth`."""
        return Scores({"strength": self._strengths(batch.ids)}, primary="strength")

    def _strengths(self, ids: tuple[str, ...]) -> Tensor:
        known = set(self._faces.ids())
        strange = [id for id in ids if id not in known]
        if strange:
            raise HarnessError(f"face-known knows pictures of faces-synth only, not {strange[0]}")
        found = [self._faces.done_to(*map(int, id.split("-")))[1] for id in ids]
        return -torch.tensor(found, dtype=torch.float64)
