"""Five points to the 112 px template of the field."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "TEMPLATE", "align", "similarity"]

SIDE = 112
TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where eyes, nose and mouth corners stand (CR-FIQA, `extract_IJB.py`): the picture's left first, x and y."""


def similarity(landmarks: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The similarity [2, 3] that brings five points [5, 2] nearest the template, and its scale.

    Least squares over all five points (Umeyama 1991), so that one point is never taken for an outlier.
    """
    source, target = np.asarray(landmarks, np.float64), np.array(TEMPLATE)
    a, b = source - source.mean(0), target - target.mean(0)
    spread = (a * a).sum()
    cosine, sine = (a * b).sum() / spread, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    shift = target.mean(0) - linear @ source.mean(0)
    return np.concatenate([linear, shift[:, None]], axis=1), float(np.hypot(cosine, sine))


def align(image: NDArray[np.uint8], landmarks: NDArray[np.float64], *, area: bool = False) -> NDArray[np.uint8]:
    """The face of a uint8 [H, W, 3] picture on the template, uint8 [112, 112, 3]; bilinear, outside is black.

    Args:
        image: RGB.
        landmarks: [5, 2] in its pixels: x and y of eyes, nose and mouth corners, the picture's left first.
        area: first average the picture down where the face is more than twice as large as the template, so that a
            bilinear step does not leap over pixels (ours; published code leaps).
    """
    points = np.asarray(landmarks, np.float64)
    matrix, scale = similarity(points)
    if area and scale < 0.5:
        height, width = image.shape[:2]
        smaller = (max(1, math.ceil(2 * scale * width)), max(1, math.ceil(2 * scale * height)))
        image = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA).astype(np.uint8)
        ratio = np.array([smaller[0] / width, smaller[1] / height])
        matrix, _ = similarity((points + 0.5) * ratio - 0.5)  # pixels' centres stand at whole numbers
    aligned: NDArray[np.uint8] = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR).astype(np.uint8)
    return aligned
