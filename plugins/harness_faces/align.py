"""Five points to the 112 px template of the field."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "TEMPLATE", "align"]

SIDE = 112
TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where eyes, nose and mouth corners stand (CR-FIQA, `extract_IJB.py`): the picture's left first, x and y."""


def align(image: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bring a uint8 [H, W, 3] picture's five points [5, 2] nearest the template by a similarity; outside is black.

    Least squares over all five points (Umeyama 1991), bilinear, so that one point is never taken for an outlier.
    """
    source, target = np.asarray(landmarks, np.float64), np.array(TEMPLATE)
    a, b = source - source.mean(0), target - target.mean(0)
    scale = (a * a).sum()
    cosine, sine = (a * b).sum() / scale, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / scale
    linear = np.array([[cosine, -sine], [sine, cosine]])
    shift = target.mean(0) - linear @ source.mean(0)
    matrix = np.concatenate([linear, shift[:, None]], axis=1)
    aligned: NDArray[np.uint8] = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR).astype(np.uint8)
    return aligned
