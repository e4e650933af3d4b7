"""Pictures to latents and back: harness's small first stage, or Stable Diffusion's that a checkpoint brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from torch import Tensor

from harness.nn.autoencoder import KlAutoencoder, VectorAutoencoder
from harness.nn.first_stage import SHIPPED, load_first_stage

__all__ = ["KlLatents", "Latents", "SmallLatents"]

KL_SCALE = 0.18215


class Latents(Protocol):
    """A first stage: pictures ``[N, 3, 8h, 8w]`` in [-1, 1], latents ``[N, 4, h, w]`` of about unit variance."""

    def encode(self, image: Tensor) -> Tensor: ...

    def decode(self, latent: Tensor) -> Tensor: ...


class SmallLatents:
    """ours: latents as they are before the codebook; what was drawn is held to it, as the decoder has learnt it."""

    def __init__(self, path: Path = SHIPPED, device: str = "cpu") -> None:
        self.network: VectorAutoencoder = load_first_stage(path).to(device)

    def encode(self, image: Tensor) -> Tensor:
        return self.network.features(image)

    def decode(self, latent: Tensor) -> Tensor:
        return self.network.decode(self.network.quantize.read(self.network.quantize(latent)))


class KlLatents:
    """Means of the Gaussians, scaled as Stable Diffusion scales them."""

    def __init__(self, network: KlAutoencoder) -> None:
        self.network = network

    def encode(self, image: Tensor) -> Tensor:
        return KL_SCALE * self.network.encode(image)[0]

    def decode(self, latent: Tensor) -> Tensor:
        return self.network.decode(latent / KL_SCALE)
