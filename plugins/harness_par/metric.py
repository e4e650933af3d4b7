"""`par`, `par_image` and `par_original`: how much of a fill, of a picture, of an untouched original is artifact."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import LoadedWeights, MetricBatch
from harness.weights import resolve_weights
from harness_par.finder import Finder
from harness_par.method import share
from harness_par.spec import PAR

__all__ = ["Par", "ParImage", "ParOriginal"]


class _Remembering:
    """A finder that looks at a tensor once, however many metrics ask about it."""

    def __init__(self, weights: LoadedWeights, device: str) -> None:
        self._find = Finder(weights, device, None)
        self._known = WeakTensorKeyDictionary()

    def __call__(self, image: Tensor) -> Tensor:
        if image not in self._known:
            self._known[image] = self._find(image)
        found: Tensor = self._known[image]
        return found


@lru_cache(maxsize=2)
def _finder(weights: LoadedWeights, device: str) -> _Remembering:
    return _Remembering(weights, device)


def _weights() -> LoadedWeights:
    """The first of `par`'s files that is here. Raises `MissingRequirement`: which file, its licence, its place."""
    try:
        found = resolve_weights(PAR)
    except MissingRequirement:
        found = resolve_weights(PAR, PAR.weights[0].name)  # says which file, its licence, its place and where it is
    assert found is not None  # par has weights
    return found


class Par:
    """Perceptual artifact ratio: ``|artifact ∩ hole| / |hole|`` of the composite (Zhang et al., ECCV 2022).

    Images ``[N,3,H,W]`` RGB in [0, 1] and a mask -> ``{"par": [N]}`` in [0, 1], lower is better; NaN for an empty hole.
    Networks of two files must not be compared: the file's sha256 is part of the column's identity.

    Raises:
        MissingRequirement: no file of the network is here.
        HarnessError: a region is asked for, or the task has no mask.
    """

    name = "par"

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        if region:
            raise HarnessError(f"{self.name} has its region in its definition: ask for it without @{region}")
        weights = self.weights()
        self.weights_sha256 = weights.sha256
        self._find = _finder(weights, device)

    @staticmethod
    def weights() -> LoadedWeights:
        """Which file counts. Raises `MissingRequirement` where none is here."""
        return _weights()

    @classmethod
    def available(cls) -> None:
        """Raise `MissingRequirement` where no file of the network is here; builds nothing."""
        cls.weights()

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {self.name: share(self._find(batch.output), self.hole(batch))}

    def hole(self, batch: MetricBatch) -> Tensor:
        """The batch's mask. Raises `HarnessError` where the task has none."""
        if batch.mask is None:
            raise HarnessError(f"{self.name} needs a mask, and this task gives none: ask for par_image")
        return batch.mask


class ParImage(Par):
    """Share of artifact pixels in the whole picture (PAL4VST's ``curate_images``): ``{"par_image": [N]}``."""

    name = "par_image"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {self.name: share(self._find(batch.output))}


class ParOriginal(Par):
    """ours: ``par`` of the truth in the same hole: what the network calls artifact where nothing was filled.

    ``{"par_original": [N]}``; asked for in PAL4Inpaint's first issue, which its author answers with "many false
    positives" on other pictures than it was trained on.
    """

    name = "par_original"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {self.name: share(self._find(batch.truth), self.hole(batch))}
