"""EfficientNet-Lite features that metrics share."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import cache
from threading import Lock
from typing import ClassVar

import torch
from torch import Tensor

from harness.nn.efficientnet_lite import EfficientNetLiteFeatures

__all__ = ["Efl0Embedder", "Efl2Embedder", "LiteEmbedder", "LiteStages", "lite_network", "lite_stages"]

MEMORY_BYTES = 192 * 2**20  # ours: about 110 pictures of 256², more than a task's truths


@cache
def lite_network(backbone: str, device: str) -> EfficientNetLiteFeatures:
    """The process's one such network on a device, shared by feature distances and set metrics."""
    network = EfficientNetLiteFeatures(backbone).to(device)
    return network.to(memory_format=torch.channels_last)


class LiteEmbedder:
    """Pooled EfficientNet-Lite features: ``[N,3,H,W]`` RGB in [0, 1] -> ``[N,1280]`` float32.

    Pictures are resized to the network's own side (bilinear, antialiased) and normalised as it was trained; see
    `harness.nn.efficientnet_lite`. Raises `MissingRequirement` without the packages that carry the weights.
    """

    backbone: ClassVar[str]

    def __init__(self, device: str = "cpu") -> None:
        self.network = lite_network(self.backbone, device)

    @torch.inference_mode()
    def embed(self, images: Tensor) -> Tensor:
        """Features of a batch, on the batch's device."""
        return self.network.pooled(images.contiguous(memory_format=torch.channels_last))


class Efl0Embedder(LiteEmbedder):
    """EfficientNet-Lite0, 224 × 224.

    Example:
        >>> Efl0Embedder().embed(torch.rand(2, 3, 256, 256)).shape
        torch.Size([2, 1280])
    """

    backbone = "efl0"


class Efl2Embedder(LiteEmbedder):
    """EfficientNet-Lite2, 260 × 260: a second opinion.

    Example:
        >>> Efl2Embedder().embed(torch.rand(2, 3, 256, 256)).shape
        torch.Size([2, 1280])
    """

    backbone = "efl2"


class LiteStages:
    """EfficientNet-Lite stage maps with unit-length channel vectors, remembered by the pictures' bytes.

    Every entry of a run is compared with the same truths, and several columns with one output: on a CPU the network
    would be most of what scoring costs. At most ``budget`` bytes are kept: outputs go first, then the truths that were
    not used for longest. On a GPU, where hashing would wait for the device and the network is cheap, nothing is
    remembered.

    Example:
        >>> [tuple(level.shape) for level in LiteStages("efl0", "cpu")(torch.rand(1, 3, 64, 64))]
        [(1, 16, 32, 32), (1, 24, 16, 16), (1, 40, 8, 8), (1, 112, 4, 4)]
    """

    def __init__(self, backbone: str, device: str, budget: int = MEMORY_BYTES) -> None:
        self.network = lite_network(backbone, device)
        self.budget = budget
        self.used = 0
        self._known: OrderedDict[bytes, list[Tensor]] = OrderedDict()
        self._lock = Lock()

    @torch.inference_mode()
    def __call__(self, images: Tensor, *, lasting: bool = False) -> list[Tensor]:
        """Maps at strides 2, 4, 8, 16 of ``[N,3,H,W]``: ``[N,C,h,w]`` each, channel vectors of length 1.

        `lasting`: these are truths, which come again with every entry.
        """
        if images.device.type != "cpu":
            return self._compute(images)
        levels = [self._one(image[None], lasting) for image in images]
        return [torch.cat(maps) for maps in zip(*levels, strict=True)]

    def _compute(self, images: Tensor) -> list[Tensor]:
        maps = self.network.stages(images.contiguous(memory_format=torch.channels_last))
        return [torch.nn.functional.normalize(level, dim=1, eps=1e-10) for level in maps]

    def _one(self, image: Tensor, lasting: bool) -> list[Tensor]:
        shape = str(tuple(image.shape)).encode()
        key = hashlib.sha256(shape + image.contiguous().numpy().tobytes()).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key, last=lasting)
                return self._known[key]
        maps = self._compute(image)
        with self._lock:
            if key not in self._known:
                while self._known and self.used + _bytes(maps) > self.budget:
                    self.used -= _bytes(self._known.popitem(last=False)[1])
                self._known[key] = maps
                self._known.move_to_end(key, last=lasting)
                self.used += _bytes(maps)
            while self.used > self.budget and self._known:
                self.used -= _bytes(self._known.popitem(last=False)[1])
        return maps


def _bytes(maps: list[Tensor]) -> int:
    return sum(level.nbytes for level in maps)


@cache
def lite_stages(backbone: str, device: str) -> LiteStages:
    """The process's one `LiteStages` of a network on a device."""
    return LiteStages(backbone, device)
