"""The one face of each picture, aligned, or why there is none: what assessors of faces judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError
from harness.faces.alignment import SIDE, align, similarity
from harness.faces.detection import DetectedFace, Detector
from harness.interfaces import Batch, Scores

__all__ = ["CONFIDENT", "RIVAL", "FaceFinder", "FoundFaces", "pixels_of"]

CONFIDENT = 0.95
"""ours: a detection below it is no face. In the photographs of `photos` two people are above it, and nothing else: the
likeliest false one has .91."""
RIVAL = 1 / 3
"""ours: a second face counts from this share of the widest one's width on; a smaller one is background."""


@dataclass(frozen=True)
class FoundFaces:
    """What a batch of N pictures holds.

    Attributes:
        faces: uint8 [N, 112, 112, 3], aligned; black where refused.
        refused: why a picture has no face to judge, by its place.
        facts: by name one a picture: `alignment` ("as given", "found"), and of a found face `confidence`, `scale`
            (pixels of the template over pixels of the picture: above 1 the face was enlarged) and `landmarks` (x and y
            of eyes, nose, mouth corners, in the picture's pixels). NaN and "" where there is nothing to tell.
        map: [N, 1, H, W] in [0, 1]: the box and the five points of a found face; None where none was looked for.
    """

    faces: NDArray[np.uint8]
    refused: Mapping[int, str]
    facts: Mapping[str, Sequence[str | float]]
    map: Tensor | None

    def told(self, scores: Scores) -> Scores:
        """`scores` of the aligned faces with what was found, and refused, told beside them."""
        return replace(scores, map=self.map, refused=self.refused, facts={**scores.facts, **self.facts})


class FaceFinder:
    """Aligned faces of pictures of any size.

    Args:
        align: `auto` takes a picture of 112 x 112 for one aligned face and looks for a face in every other; `always`
            looks for one in those too; `never` takes every picture for one aligned face, resized to 112 x 112.

    Raises `HarnessError` for another word.
    """

    def __init__(self, align: str = "auto") -> None:
        if align not in ("auto", "always", "never"):
            raise HarnessError(f"align={align}: choose auto, always or never")
        self._align = align
        self._detector = Detector()

    def looks(self, height: int, width: int) -> bool:
        """Whether a face is looked for in pictures of that size."""
        return self._align == "always" or (self._align == "auto" and (height, width) != (SIDE, SIDE))

    def find(self, batch: Batch) -> FoundFaces:
        """The faces of ``batch.image`` [N,3,H,W] in [0, 1].

        Raises:
            HarnessError: there is no image.
            MissingRequirement: a face must be looked for and the extra `face` is not installed.
        """
        if batch.image is None:
            raise HarnessError("an assessor of faces needs an image")
        pixels = pixels_of(batch.image)
        if not self.looks(*pixels.shape[1:3]):
            faces = np.stack([_resized(picture) for picture in pixels])
            return FoundFaces(faces, {}, {"alignment": ["as given"] * len(pixels)}, None)
        return _looked_for([(picture, self._detector.detect(picture)) for picture in pixels])


def pixels_of(image: Tensor) -> NDArray[np.uint8]:
    """Pictures [N, 3, H, W] in [0, 1] as uint8 [N, H, W, 3]."""
    pixels: NDArray[np.uint8] = (image * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """By Pillow's bilinear filter, the aspect not kept, as SDD-FIQA's published code does."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _looked_for(pictures: Sequence[tuple[NDArray[np.uint8], list[DetectedFace]]]) -> FoundFaces:
    faces = np.zeros((len(pictures), SIDE, SIDE, 3), np.uint8)
    refused: dict[int, str] = {}
    facts: dict[str, list[str | float]] = {"alignment": [], "confidence": [], "scale": [], "landmarks": []}
    shapes = np.zeros((len(pictures), 1, *pictures[0][0].shape[:2]), np.float32)
    for place, (picture, detected) in enumerate(pictures):
        sure = [face for face in detected if face.confidence >= CONFIDENT]
        several = [face for face in sure if face.width >= RIVAL * sure[0].width]
        if len(several) == 1:
            (face,) = several
            faces[place] = align(picture, face.landmarks, area=True)
            told: tuple[str | float, ...] = ("found", face.confidence, similarity(face.landmarks)[1], _text(face))
        else:
            refused[place] = _reason(several, detected)
            told = ("", float("nan"), float("nan"), "")
        for row, value in zip(facts.values(), told, strict=True):
            row.append(value)
        for face in several:
            _mark(shapes[place, 0], face)
    return FoundFaces(faces, refused, facts, torch.from_numpy(shapes))


def _reason(several: Sequence[DetectedFace], detected: Sequence[DetectedFace]) -> str:
    if several:
        return f"{len(several)} faces: one is judged at a time, crop the picture"
    best = max((face.confidence for face in detected), default=0.0)
    return "no face" + (f" (the likeliest has confidence {best:.2f}, below {CONFIDENT})" if detected else "")


def _text(face: DetectedFace) -> str:
    return " ".join(f"{value:.1f}" for value in face.landmarks.ravel())


def _mark(map: NDArray[np.float32], face: DetectedFace) -> None:
    """Draw a face's box and points into a map [H, W]."""
    import cv2

    thick = max(1, round(max(map.shape) / 400))
    left, top, right, bottom = (round(value) for value in face.box)
    cv2.rectangle(map, (left, top), (right, bottom), 1.0, thick)
    for x, y in face.landmarks:
        cv2.circle(map, (round(x), round(y)), 2 * thick, 1.0, -1)
