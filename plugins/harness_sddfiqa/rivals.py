"""Quality that a recogniser tells without a label: agreement under dropout (SER-FIQ), length of its vector."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.faces.finding import FaceFinder
from harness.interfaces import Batch, Scores, Setup
from harness.weights import random_network
from harness_sddfiqa.embedding import load_recogniser
from harness_sddfiqa.method import found_input
from harness_sddfiqa.network import SMALL_RECOGNISER, Ir50, MobileFaceNet, build_network

__all__ = ["MfnNorm", "SerFiq", "agreement"]

DROPOUT = 0.5


def agreement(embeddings: Tensor) -> Tensor:
    """SER-FIQ of T embeddings of N faces [N,T,d]: 2 sigmoid(-2/T^2 sum of the distances of every two), [N] in (0, 1].

    Embeddings are scaled to length 1 first (Terhörst et al., CVPR 2020, Eq. 1; arXiv 2003.09373).
    """
    unit = F.normalize(embeddings.double(), dim=-1)
    passes = unit.shape[1]
    distance = torch.stack([torch.pdist(each).sum() for each in unit])
    return 2 * torch.sigmoid(-2 / passes**2 * distance)


def _network(setup: Setup) -> MobileFaceNet:
    weights = setup.weights
    found: Ir50 | MobileFaceNet
    if weights and weights.path:
        found = load_recogniser(weights.path)
    else:
        found = random_network(lambda: build_network(SMALL_RECOGNISER)).eval().requires_grad_(False)
    if not isinstance(found, MobileFaceNet):
        raise HarnessError("dropout is known here for MobileFaceNet alone, not for IR-50")
    return found.to(setup.device)


class SerFiq:
    """Agreement of a recogniser's embeddings when half of the values before its last layer are dropped at random.

    ours: MobileFaceNet has no dropout, so it is put where IR-50 has its own, before the embedding's layer; the trunk
    runs once. All pictures meet the same masks, drawn by ``seed``, so that a score depends on its picture alone.

    Args:
        setup: device and weights of a recogniser.
        passes: embeddings a face (the authors' 100).
        seed: of the masks.
        align: as of `harness.faces.finding.FaceFinder`.

    Raises `HarnessError` for weights of a quality network or of IR-50, and for fewer than two passes.
    """

    def __init__(self, setup: Setup, passes: int = 100, seed: int = 0, align: str = "auto") -> None:
        if passes < 2:
            raise HarnessError(f"passes={passes}: agreement needs two at least")
        self._finder, self._device = FaceFinder(align), setup.device
        self._network = _network(setup)
        head: Any = self._network.output_layer
        self._head = head
        width = head.linear.in_features
        drawn = torch.rand(passes, width, generator=torch.Generator().manual_seed(seed))
        self._masks = ((drawn >= DROPOUT).float() / (1 - DROPOUT)).to(setup.device)

    @torch.no_grad()
    def assess(self, batch: Batch) -> Scores:
        """Judge the faces of ``batch.image`` [N,3,H,W]; raises as `FaceFinder.find` does."""
        found = self._finder.find(batch)
        face = found_input(found, self._device)
        for name, part in self._network.steps():
            if name != "output_layer":
                face = part(face)
        head = self._head
        values = head.conv_6_dw(face).flatten(1)
        dropped = values[:, None] * self._masks
        embeddings = head.bn(head.linear(dropped.flatten(0, 1))).unflatten(0, dropped.shape[:2])
        return found.told(Scores({"agreement": agreement(embeddings)}, primary="agreement"))


class MfnNorm:
    """Length of the vector that `face-mfn` makes of a face. Raises as `SerFiq` does."""

    def __init__(self, setup: Setup, align: str = "auto") -> None:
        self._finder, self._device = FaceFinder(align), setup.device
        self._network: nn.Module = _network(setup)

    @torch.no_grad()
    def assess(self, batch: Batch) -> Scores:
        """Judge the faces of ``batch.image`` [N,3,H,W]; raises as `FaceFinder.find` does."""
        found = self._finder.find(batch)
        vectors = self._network(found_input(found, self._device))
        return found.told(Scores({"norm": vectors.norm(dim=1)}, primary="norm"))
