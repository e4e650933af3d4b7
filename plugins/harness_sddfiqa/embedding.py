"""`face-mfn`: the small MobileFaceNet trained here, as an embedder of the engine."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.weights.resolve import sha256_of
from harness_sddfiqa.method import load_face_network, network_input
from harness_sddfiqa.network import EMBEDDING, Ir50, MobileFaceNet

__all__ = ["WEIGHTS", "MfnEmbedder", "load_recogniser"]

WEIGHTS = Path(__file__).parent / "weights" / "face-mfn.safetensors"


def load_recogniser(path: Path = WEIGHTS) -> Ir50 | MobileFaceNet:
    """A recogniser in eval mode. Raises `HarnessError` where the file is missing or holds a quality network."""
    if not path.is_file():
        raise HarnessError(f"{path}: there is no recogniser; reinstall iq-harness or train one (--recipe recogniser)")
    network = load_face_network(path)
    if network.config.head != "recognition":
        raise HarnessError(f"{path} judges faces and embeds none: a recogniser is needed")
    return network.eval().requires_grad_(False)


class MfnEmbedder:
    """Aligned faces [N,3,H,W] in [0, 1], resized to 112 x 112 -> [N,512], not normalised.

    Attributes:
        weights_sha256: of the shipped file.
    """

    size = EMBEDDING

    def __init__(self, device: str) -> None:
        self._network = load_recogniser().to(device)
        self.weights_sha256 = sha256_of(WEIGHTS)

    @torch.no_grad()
    def embed(self, images: Tensor) -> Tensor:
        """Features, on the images' device."""
        found: Tensor = self._network(network_input(images))
        return found
