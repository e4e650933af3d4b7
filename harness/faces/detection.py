"""Faces by MTCNN (Zhang et al. 2016), with the weights inside the package facenet-pytorch (MIT; extra `face`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import MissingRequirement
from harness.faces.specs import FINDING

__all__ = ["LARGEST", "SMALLEST", "DetectedFace", "Detector"]

SMALLEST = 20
"""Pixels of the smallest face that is looked for; facenet-pytorch's own."""
LARGEST = 1024
"""ours: a longer side is averaged down to this many pixels before a face is looked for; landmarks are told in the
picture's own pixels."""
THRESHOLDS = (0.6, 0.7, 0.7)
FACTOR = 0.709


@dataclass(frozen=True)
class DetectedFace:
    """One face: `box` (left, top, right, bottom), five `landmarks` [5, 2] (x, y), `confidence` in [0, 1]."""

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float64]
    confidence: float

    @property
    def width(self) -> float:
        """Of the box, in pixels."""
        return self.box[2] - self.box[0]


class Detector:
    """MTCNN's three networks on the CPU, so that a picture has the same landmarks on every machine."""

    def detect(self, image: NDArray[np.uint8]) -> list[DetectedFace]:
        """Faces of a uint8 [H, W, 3] RGB picture, the widest first, whatever their confidence above .7.

        Raises `MissingRequirement` where the extra `face` is not installed.
        """
        shrunk, ratio = _shrunk(image)
        if min(shrunk.shape[:2]) < SMALLEST:
            return []
        boxes, points = self._ask(shrunk)
        found = [
            DetectedFace(tuple((box[:4] / np.tile(ratio, 2)).tolist()), (five + 0.5) / ratio - 0.5, float(box[4]))
            for box, five in zip(boxes, points, strict=True)
        ]
        return sorted(found, key=lambda face: -face.width)

    def _ask(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Boxes with confidences [n, 5] and landmarks [n, 5, 2]."""
        import torch

        ask, networks = self._networks
        with torch.inference_mode():
            boxes, points = ask(image, SMALLEST, *networks, THRESHOLDS, FACTOR, "cpu")
        return np.asarray(boxes[0], np.float64).reshape(-1, 5), np.asarray(points[0], np.float64).reshape(-1, 5, 2)

    @cached_property
    def _networks(self) -> tuple[Any, list[Any]]:
        """The package's search over scales, and its networks; their files are not read by the package's own loader."""
        spec = find_spec(FINDING.module)
        if spec is None or spec.origin is None:
            raise MissingRequirement(f"facenet-pytorch, which finds faces, is missing: pip install '{FINDING.pip}'")
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
        from facenet_pytorch.models.utils.detect_face import detect_face

        from harness.weights import load_state

        networks = []
        for kind in (PNet, RNet, ONet):
            network = kind(pretrained=False)
            network.load_state_dict(load_state(Path(spec.origin).parent / "data" / f"{kind.__name__.lower()}.pt"))
            networks.append(network.eval().requires_grad_(False))
        return detect_face, networks


def _shrunk(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture with no side above `LARGEST`, and its width and height over those before."""
    height, width = image.shape[:2]
    factor = min(1.0, LARGEST / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if factor < 1:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return image, np.array([size[0] / width, size[1] / height])
