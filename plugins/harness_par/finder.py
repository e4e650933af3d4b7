"""From a picture to the probability of each of its pixels being an artifact, whatever file the network comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.interfaces import LoadedWeights
from harness.weights import load_network, random_network
from harness_par.heads import enlarged
from harness_par.network import OFFICIAL, SMALL, ArtifactNetwork, config_of, normalised
from harness_par.proxy_network import TINY, ProxyConfig, ProxyNetwork
from harness_par.torchscript import TorchScript

__all__ = ["ARTIFACT", "SIDE", "THRESHOLD", "Finder", "steering"]

ARTIFACT = 1
"""The class of artifacts."""
THRESHOLD = 0.5
"""Above it a pixel is an artifact: the larger of two logits, as both papers' scripts decide."""
SIDE = 512
"""The square that PAL4VST's scripts show a picture at."""
_NESTED = "state_dict"


class Finder:
    """Finds artifacts.

    Args:
        weights: None or of the kind ``random`` for a network from a fixed seed; ``torchscript`` names a program; a file
            that states its configuration holds a network of `par-proxy`, any other one of PAL4VST's.
        device: where it runs.
        side: the square that a picture is shown at; 0 for its own size, None for what the network was trained at.

    Raises:
        HarnessError: the file cannot be read, or is not what it is chosen as.
    """

    def __init__(self, weights: LoadedWeights | None, device: str, side: int | None) -> None:
        self._logits = _loaded(weights, device)
        self._side = side if side is not None else 0 if isinstance(self._logits, ProxyNetwork) else SIDE

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


_RANDOM: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {
        "random": lambda: ArtifactNetwork(SMALL),
        "random-official": lambda: ArtifactNetwork(OFFICIAL),
        "random-proxy": lambda: ProxyNetwork(TINY),
    }
)


def _stated(state: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> nn.Module:
    return ProxyNetwork(ProxyConfig(**stated)) if stated else ArtifactNetwork(config_of(state))


def _loaded(weights: LoadedWeights | None, device: str) -> Callable[[Tensor], Tensor]:
    if weights and weights.path and weights.name == "torchscript":
        return TorchScript(weights.path, device)
    if weights and weights.path:
        network = load_network(weights.path, "PAL4VST or par-proxy", _stated, nested=_NESTED)
    else:
        network = random_network(_RANDOM[weights.name if weights else "random"])
    return network.eval().requires_grad_(False).to(device)


def steering(weights: LoadedWeights | None, device: str) -> Callable[[Tensor], Tensor]:
    """What tells a refinement where artifacts are: RGB ``[N, 3, H, W]`` in [0, 1] -> probabilities ``[N, 1, H, W]``.

    Raises `HarnessError` where the file cannot be read, or is not what it is chosen as.
    """
    return Finder(weights, device, None)
