"""The paper's setting: ResNet50-MS1M on both sides, thresholds re-estimated, area over curve at three FMRs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from harness.errors import MissingRequirement
from harness.interfaces import TableValue
from harness.places import weights_folder
from harness.verification.evaluation import Evaluation
from harness.verification.metric import ErrorAgainstDiscard
from harness.weights.resolve import sha256_of
from harness_sddfiqa.embedding import load_recogniser
from harness_sddfiqa.method import network_input
from harness_sddfiqa.network import EMBEDDING
from harness_sddfiqa.protocol_spec import R50_FETCH, R50_FILE

__all__ = ["PaperProtocol", "R50Embedder"]

FMRS = (1e-2, 1e-3, 1e-4)


def _required() -> Path:
    """The recogniser's file. Raises `MissingRequirement` with its place and what belongs there."""
    path = weights_folder("face-r50") / R50_FILE
    if not path.is_file():
        raise MissingRequirement(f"needs the recogniser's file, place: {path}, get it: {R50_FETCH}")
    return path


class R50Embedder:
    """Aligned faces [N,3,H,W] in [0, 1], resized to 112 x 112 -> [N,512], not normalised.

    Attributes:
        weights_sha256: of the user's file; `verified` is False, for nobody publishes one to compare it with.

    Raises:
        MissingRequirement: the file is not in its place.
        HarnessError: it is no recogniser.
    """

    size = EMBEDDING
    verified = False

    def __init__(self, device: str) -> None:
        path = _required()
        self._network = load_recogniser(path).to(device)
        self.weights_sha256 = sha256_of(path)

    @torch.no_grad()
    def embed(self, images: Tensor) -> Tensor:
        """Features, on the images' device."""
        found: Tensor = self._network(network_input(images))
        return found


class PaperProtocol(ErrorAgainstDiscard):
    """AOC by the paper's definition (`harness.verification.discard.aoc`), mean over FMR 1e-2, 1e-3 and 1e-4.

    Its table 1 prints that mean as "avg" beside the three, which stand here as `fmr0.001-re-estimated/aoc`.
    """

    def __init__(self, extractor: str) -> None:
        super().__init__(extractor, point="fmr0.001-re-estimated", value="aoc")
        self._rule = "ranked by the mean of aoc at FMR 0.01, 0.001 and 0.0001, thresholds re-estimated"

    @staticmethod
    def available(**params: object) -> None:
        """Raise `MissingRequirement` where the recogniser's file is not here."""
        del params
        _required()

    def _ranking(self, found: Evaluation) -> TableValue:
        points = [found.points[f"fmr{fmr:g}-re-estimated"] for fmr in FMRS]
        replicates = np.mean([point.replicates["aoc"] for point in points], axis=0)
        ends = np.quantile(replicates, [0.025, 0.975]) if np.isfinite(replicates).all() and len(replicates) else None
        low, high = (float("nan"),) * 2 if ends is None else map(float, ends)
        value = float(np.mean([point.values["aoc"].value for point in points]))
        return TableValue(value, low, high, curve=points[1].curve.to_text(), replicates=replicates)
