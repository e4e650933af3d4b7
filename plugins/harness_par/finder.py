"""From a picture to the probability of each of its pixels being an artifact, whatever file the network comes from."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import LoadedWeights
from harness.weights import load_network, random_network
from harness_par.heads import enlarged
from harness_par.network import OFFICIAL, SMALL, ArtifactNetwork, config_of, normalised
from harness_par.torchscript import TorchScript

__all__ = ["ARTIFACT", "THRESHOLD", "Finder"]

ARTIFACT = 1
"""The class of artifacts."""
THRESHOLD = 0.5
"""Above it a pixel is an artifact: the larger of two logits, as both papers' scripts decide."""
_NESTED = "state_dict"


class Finder:
    """Finds artifacts.

    Args:
        weights: None or of the kind ``random`` for a network from a fixed seed; ``torchscript`` names a program.
        device: where it runs.
        side: the square that a picture is shown at; 0 for its own size.

    Raises:
        HarnessError: the file cannot be read, or is not what it is chosen as.
    """

    def __init__(self, weights: LoadedWeights | None, device: str, side: int) -> None:
        self._logits = _loaded(weights, device)
        self._side = side

    @torch.no_grad()
    def __call__(self, image: Tensor) -> Tensor:
        """RGB ``[N, 3, H, W]`` in [0, 1] -> probabilities ``[N, 1, H, W]``; of a class map, 0 and 1."""
        size = image.shape[-2:]
        shown = image
        if self._side and size != (self._side, self._side):
            # as PIL resizes, but for its rounding to 8 bit (ours)
            shape = (self._side, self._side)
            shown = F.interpolate(image, shape, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        answer = self._logits(normalised(shown))
        if not answer.is_floating_point():
            found = (answer == ARTIFACT).to(image.dtype)
            return found if found.shape[-2:] == size else F.interpolate(found, size, mode="nearest-exact")
        logits = answer if answer.shape[-2:] == size else enlarged(answer, size)
        return logits.softmax(1)[:, ARTIFACT : ARTIFACT + 1]


def _loaded(weights: LoadedWeights | None, device: str) -> Callable[[Tensor], Tensor]:
    if weights and weights.path and weights.name == "torchscript":
        return TorchScript(weights.path, device)
    if weights and weights.path:
        network = load_network(
            weights.path, "PAL4VST", lambda state, _: ArtifactNetwork(config_of(state)), nested=_NESTED
        )
    else:
        config = OFFICIAL if weights and weights.name == "random-official" else SMALL
        network = random_network(lambda: ArtifactNetwork(config))
    return network.eval().requires_grad_(False).to(device)
