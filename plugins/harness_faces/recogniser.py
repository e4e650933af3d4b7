"""The packaged dlib ResNet (King 2017, CC0) as a recogniser of aligned pictures. Needs the extra `face`."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.faces.alignment import TEMPLATE

__all__ = ["DlibRecogniser"]

_CHIP: Final = 150
_CHIP_EYES: Final = ((47.2, 46.6), (99.8, 46.6))
"""Where dlib's chips of 150 px with .25 padding have the eyes, from the mean shape of its five-point alignment."""


class DlibRecogniser:
    """Embeddings of faces that stand on the 112 px template.

    `dlib.get_face_chip` finds its own landmarks, which a degraded picture may not let it; here the eyes are known, so a
    fixed similarity (ours) brings the template to dlib's chip. What lies outside the picture repeats its edge.
    """

    name = "dlib-resnet"
    size = 128

    def embed(self, images: NDArray[np.uint8], batch: int = 16) -> NDArray[np.float64]:
        """Return [N, 128] vectors of length 1 for uint8 [N, 112, 112, 3] RGB pictures.

        dlib compares by Euclidean distance and its vectors are nearly of one length; ours are scaled to 1, so that
        cosine similarity orders as its distance does.
        """
        table = self.vectors(images, batch)
        unit: NDArray[np.float64] = table / np.linalg.norm(table, axis=1, keepdims=True)
        return unit

    def vectors(self, images: NDArray[np.uint8], batch: int = 16) -> NDArray[np.float64]:
        """Return the same vectors as dlib gives them."""
        chips = [_chip(image) for image in images]
        rows = [
            np.array(vector)
            for start in range(0, len(chips), batch)
            for vector in self._network.compute_face_descriptor(chips[start : start + batch])
        ]
        return np.array(rows, np.float64).reshape(len(chips), self.size)

    @cached_property
    def _network(self) -> Any:
        """Read the weights. Raises `HarnessError` where a package of the extra is missing."""
        spec = find_spec("face_recognition_models")  # never imported: it wants pkg_resources
        if spec is None or spec.origin is None or find_spec("dlib") is None:
            raise HarnessError("dlib-bin or face-recognition-models is missing: install iq-harness[face]")
        import dlib

        weights = Path(spec.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat"
        return dlib.face_recognition_model_v1(str(weights))


def _chip(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring a picture on the template to dlib's chip, by the eyes."""
    (left, right), (a, b) = np.array(TEMPLATE[:2]), np.array(_CHIP_EYES)
    span = right - left
    scale = np.linalg.norm(b - a) / np.linalg.norm(span)
    angle = -np.arctan2(span[1], span[0])
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.concatenate([linear, (a - linear @ left)[:, None]], axis=1)
    chip = cv2.warpAffine(image, matrix, (_CHIP, _CHIP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(chip, np.uint8)
