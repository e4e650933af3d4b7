"""What a face quality method must beat: sharpness, a recogniser's vector, a detector; and what nobody can."""

from __future__ import annotations

from abc import ABC, abstractmethod

import cv2
import numpy as np
import torch

from harness.errors import HarnessError
from harness.faces.detection import Detector
from harness.faces.finding import FaceFinder, pixels_of
from harness.interfaces import Batch, Scores, Setup

from .recogniser import DlibRecogniser

__all__ = ["FaceDetector", "FaceKnown", "FaceNorm", "FaceSharpness", "FaceUtility"]


class FaceSharpness:
    """Variance of the Laplacian of grey (Pech-Pacheco et al. 2000), as a logarithm.

    Args:
        setup: not used.
        align: as of `harness.faces.finding.FaceFinder`.
    """

    def __init__(self, setup: Setup, align: str = "auto") -> None:
        del setup
        self._finder = FaceFinder(align)

    def assess(self, batch: Batch) -> Scores:
        """Judge the faces of `batch.image` [N,3,H,W]; raises as `FaceFinder.find` does."""
        found = self._finder.find(batch)
        grey = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in found.faces]
        values = [float(np.log1p(cv2.Laplacian(face, cv2.CV_64F).var())) for face in grey]
        return found.told(Scores({"sharpness": torch.tensor(values, dtype=torch.float64)}, primary="sharpness"))


class FaceNorm:
    """Length of the vector that dlib's recogniser makes of an aligned face: long where it sees much of one.

    Args:
        setup: not used.
        align: as of `harness.faces.finding.FaceFinder`.
    """

    def __init__(self, setup: Setup, align: str = "auto") -> None:
        del setup
        self._finder = FaceFinder(align)
        self._recogniser = DlibRecogniser()

    def assess(self, batch: Batch) -> Scores:
        """Judge the faces of `batch.image` [N,3,H,W]; raises as `FaceFinder.find` and `DlibRecogniser` do."""
        found = self._finder.find(batch)
        values = np.linalg.norm(self._recogniser.vectors(found.faces), axis=1)
        return found.told(Scores({"norm": torch.from_numpy(values)}, primary="norm"))


class FaceDetector:
    """MTCNN's confidence that there is a face; 0 where it finds none, which is an answer here and no refusal.

    Args:
        setup: not used.
    """

    def __init__(self, setup: Setup) -> None:
        del setup
        self._detector = Detector()

    def assess(self, batch: Batch) -> Scores:
        """Judge the widest face of each of `batch.image` [N,3,H,W], aligned or not; raises as `Detector` does."""
        if batch.image is None:
            raise HarnessError("face-detector needs an image")
        found = [self._detector.detect(picture) for picture in pixels_of(batch.image)]
        values = [faces[0].confidence if faces else 0.0 for faces in found]
        return Scores({"confidence": torch.tensor(values, dtype=torch.float64)}, primary="confidence")


class _Oracle(ABC):
    """Reads what is known of a picture of `faces-synth` off its id."""

    name = ""

    def __init__(self, setup: Setup) -> None:
        del setup
        from .dataset import FacesSynth

        self.faces = FacesSynth()
        self._ids = set(self.faces.ids())

    def assess(self, batch: Batch) -> Scores:
        """A picture that is not of `faces-synth` is refused. Raises `HarnessError` where there is no image."""
        if batch.image is None:
            raise HarnessError(f"face-{self.name} needs an image")
        values = [self.known(id) if id in self._ids else float("nan") for id in batch.ids]
        strange = {place: "no picture of faces-synth" for place, id in enumerate(batch.ids) if id not in self._ids}
        return Scores({self.name: torch.tensor(values, dtype=torch.float64)}, primary=self.name, refused=strange)

    @abstractmethod
    def known(self, id: str) -> float:
        """Of one picture, higher is better."""


class FaceKnown(_Oracle):
    """Minus the strength of what was done to a picture of `faces-synth`: a ceiling.

    Kinds are not comparable in strength, so even this is not the best possible order.
    """

    name = "known"

    def known(self, id: str) -> float:
        """In [-1, 0]."""
        return -self.faces.done_to(*map(int, id.split("-")))[1]


class FaceUtility(_Oracle):
    """What a picture of `faces-synth` is worth to dlib's recogniser (`harness_faces.utility`): a ceiling."""

    name = "utility"

    def known(self, id: str) -> float:
        """In [-1, 1]."""
        return self.faces.utility[id]
