"""`par` as a judge of single pictures: where artifacts are, how much of the picture they take, at every threshold."""

from __future__ import annotations

from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Scores, Setup
from harness_par.finder import THRESHOLD, Finder

__all__ = ["SWEEP", "ParAssessor", "share", "sweep"]

SWEEP = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Thresholds of the probability that are reported beside the papers' 0.5."""


def share(probability: Tensor, hole: Tensor | None = None, threshold: float = THRESHOLD) -> Tensor:
    """PAR: of the pixels of the hole, or of all, the share whose probability is above ``threshold``.

    Args:
        probability: ``[N, 1, H, W]``.
        hole: ``[N, 1, H, W]``, above 0.5 is hole; None for the whole picture.
        threshold: in [0, 1].

    Returns:
        ``[N]`` in [0, 1]; NaN where the hole is empty.

    Example:
        >>> share(torch.tensor([[[[0.9, 0.2, 0.6, 0.4]]]]), torch.tensor([[[[1.0, 1.0, 0.0, 0.0]]]]))
        tensor([0.5000])
    """
    found = (probability > threshold).float()
    if hole is None:
        return found.mean((1, 2, 3))
    inside = (hole > 0.5).float()
    return (found * inside).sum((1, 2, 3)) / inside.sum((1, 2, 3))


def sweep(probability: Tensor, hole: Tensor | None = None) -> dict[float, Tensor]:
    """`share` at every threshold of `SWEEP`: falls as the threshold rises; one value throughout for a class map."""
    return {threshold: share(probability, hole, threshold) for threshold in SWEEP}


class ParAssessor:
    """Judges a picture without a truth and without a mask (the metrics ``par``… know the hole).

    The map is each pixel's probability of being an artifact. Scores: ``clean``, the primary, is 1 less the mean of the
    map, so that higher is better; ``par_image`` the share of artifact pixels; ``par_image_10``…``_90`` the same at
    thresholds of 10…90 %.

    Args:
        setup: device and weights (see `Finder`).
        side: the square that a picture is shown at, 0 for its own size.

    Raises:
        HarnessError: ``side`` is negative, or the file cannot be used.
    """

    def __init__(self, setup: Setup, *, side: int = 512) -> None:
        if side < 0:
            raise HarnessError(f"par: side is {side}; give the side of a square in pixels, or 0 for the picture's own")
        self._find = Finder(setup.weights, setup.device, side)

    def assess(self, batch: Batch) -> Scores:
        """Judge ``batch.image`` [N,3,H,W] in [0,1]. Raises `HarnessError` where there is none."""
        if batch.image is None:
            raise HarnessError("par needs an image")
        probability = self._find(batch.image)
        scores = {"clean": 1 - probability.mean((1, 2, 3)), "par_image": share(probability)}
        scores |= {f"par_image_{round(100 * past)}": value for past, value in sweep(probability).items()}
        return Scores(scores, primary="clean", map=probability)
