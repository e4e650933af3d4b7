"""The segmentation head as a detector of fills at any size: which pixels of a picture were generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from harness.errors import MissingRequirement
from harness_scat.discriminator import SIDE_MULTIPLE, Judged, UnetDiscriminator

__all__ = ["SMALL", "Segmenter", "halves", "pixel_auroc"]

SMALL: Mapping[str, Any] = {"width": 12, "detail": 8.0}
"""ours: the configuration of the small weights, 0.98 M parameters."""


class Segmenter(UnetDiscriminator):
    """SCAT's discriminator, shown pictures of any size.

    A picture is extended to the right and below by repeating its last pixels to multiples of 64, and the logits are
    cropped back.

    Args:
        width: features of the first layer; the paper's is 64.
        detail: ours: how many times what a 3×3 mean takes away is added to the picture first. Spectral norm keeps every
            layer from amplifying anything, and fine texture is what tells fills from photographs; 0 is the paper's.
    """

    def __init__(self, width: int = 64, detail: float = 0.0) -> None:
        super().__init__(width)
        self.detail = detail

    def forward(self, image: Tensor, segment: bool = True) -> Judged:
        """Judge ``image`` [N,3,H,W] in [-1,1]; ``pixels`` are logits [N,1,H,W] of being valid."""
        height, width = image.shape[-2:]
        extended = F.pad(image, (0, -width % SIDE_MULTIPLE, 0, -height % SIDE_MULTIPLE), mode="replicate")
        if self.detail:
            smooth = F.avg_pool2d(F.pad(extended, (1, 1, 1, 1), mode="replicate"), 3, 1)
            extended = extended + self.detail * (extended - smooth)
        judged = super().forward(extended, segment)
        return judged._replace(pixels=None if judged.pixels is None else judged.pixels[..., :height, :width])


def halves(judged: Judged) -> tuple[Judged, Judged]:
    """What was said of the first and of the second half of a batch whose pixels were judged."""
    maps = [value.chunk(2) for value in judged.maps]
    pairs = [value.chunk(2) for value in (judged.pooled, judged.whole, judged.segmented())]
    first, second = (Judged(tuple(m[k] for m in maps), *(pair[k] for pair in pairs)) for k in (0, 1))
    return first, second


def pixel_auroc(valid: Tensor, hole: Tensor) -> float:
    """Area under the ROC curve of telling generated pixels from valid ones; 0.5: they cannot be told apart.

    Args:
        valid: logits [H,W] of each pixel being valid. `hole`: [H,W], above 0 where it was generated.

    Raises:
        MissingRequirement: torchmetrics is not here.

    Returns:
        A number in [0, 1]; NaN where the hole is nothing or everything.
    """
    try:
        from torchmetrics.functional.classification import binary_auroc
    except ModuleNotFoundError as error:
        raise MissingRequirement("the pixel AUROC needs torchmetrics: pip install 'iq-harness[metrics]'") from error
    generated = (hole > 0).flatten()
    if generated.all() or not generated.any():
        return float("nan")
    return float(binary_auroc((-valid.detach().double().flatten()).sigmoid(), generated.long()))
