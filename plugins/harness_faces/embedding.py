"""dlib's ResNet as an embedder of the engine: features of aligned faces, whose cosines are its similarities."""

from __future__ import annotations

import torch
from torch import Tensor

from .recogniser import DlibRecogniser

__all__ = ["DlibEmbedder"]


class DlibEmbedder:
    """[N,3,112,112] in [0, 1], aligned on five points -> [N,128] of length 1; on the CPU whatever the device.

    Example:
        >>> DlibEmbedder("cpu").size
        128
    """

    size = DlibRecogniser.size

    def __init__(self, device: str) -> None:
        del device
        self._recogniser = DlibRecogniser()

    def embed(self, images: Tensor) -> Tensor:
        """Raises `HarnessError` where a package of the extra `face` is missing."""
        pixels = (images * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
        return torch.from_numpy(self._recogniser.embed(pixels)).float().to(images.device)
