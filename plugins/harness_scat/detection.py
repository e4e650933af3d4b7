"""`scat-detect`: SCAT's segmentation network as a judge of pictures, which pixels look generated."""

from __future__ import annotations

import torch

from harness.errors import HarnessError
from harness.interfaces import Batch, Scores, Setup
from harness.weights import load_network, random_network
from harness_scat.segmenter import SMALL, Segmenter

__all__ = ["ScatDetector"]


class ScatDetector:
    """Which pixels of a picture look generated; sees no mask, takes any size.

    The primary score, ``valid``, is the mean over the pixels of the probability of being a photograph's; the map is
    each pixel's probability of being generated. A file's stated configuration builds the network, the paper's without
    one (`harness.weights.load_network`).

    Args:
        setup: device and weights; without a weights file the network is small and random.
    """

    def __init__(self, setup: Setup) -> None:
        path = setup.weights.path if setup.weights else None
        if path:
            network = load_network(path, "scat-detect", lambda _, stated: Segmenter(**(stated or {})))
        else:
            network = random_network(lambda: Segmenter(**SMALL))
        self.network = network.eval().requires_grad_(False).to(setup.device)

    @torch.no_grad()
    def assess(self, batch: Batch) -> Scores:
        """Judge ``batch.image`` [N,3,H,W] in [0,1]. Raises `HarnessError` where there is none."""
        if batch.image is None:
            raise HarnessError("scat-detect needs an image")
        valid = self.network(2 * batch.image - 1).segmented().sigmoid()
        return Scores({"valid": valid.mean((1, 2, 3))}, primary="valid", map=1 - valid)
