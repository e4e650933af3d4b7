"""Inception-v3 features as five bodies of code compute them: weights × resize, each an extractor of its own.

Which of them a paper used moves its FID more than many methods differ (from 2048² the three resizes are 29 to 45 dB
apart), so no two ever share a name. No weights come with this package: the user places a file, and its sha256 becomes
part of every stored feature's key.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.metrics.offline import curl, lacking
from harness.places import weights_folder

__all__ = [
    "VARIANTS",
    "InceptionClean",
    "InceptionEmbedder",
    "InceptionNvidia",
    "InceptionPt",
    "InceptionTf",
    "InceptionTorchvision",
    "WeightsFile",
    "require",
    "resize_pil",
    "resize_tf1",
    "resize_torch",
]

SIDE = 299
DIMENSION = 2048


@dataclass(frozen=True)
class WeightsFile:
    """A file that a user places in `HARNESS_HOME/weights/inception/`; `sha256` is a prefix, "" where none is known."""

    name: str
    licence: str
    url: str
    sha256: str


PORTED = WeightsFile(
    "weights-inception-2015-12-05-6726825d.pth",
    "Apache-2.0 (TensorFlow's Inception of 2015-12-05, ported for pytorch-fid and torch-fidelity)",
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    "6726825d",
)
NVIDIA = WeightsFile(
    "inception-2015-12-05.pt",
    "stated by NVIDIA with StyleGAN2-ADA",
    "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/inception-2015-12-05.pt",
    "",
)
TORCHVISION = WeightsFile(
    "inception_v3_google-0cc3c7bd.pth",
    "BSD-3-Clause (torchvision's ImageNet weights)",
    "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    "0cc3c7bd",
)


def resize_tf1(levels: Tensor) -> Tensor:
    """TensorFlow 1's bilinear resize to 299 × 299 without half-pixel centres: ``[N,C,H,W]`` -> ``[N,C,299,299]``.

    Output pixel i stands at ``i · side / 299`` of the input; no antialiasing.
    """
    for axis in (3, 2):  # along rows first, as TensorFlow does: the last bit depends on it
        side = levels.shape[axis]
        at = torch.arange(SIDE, dtype=torch.float32, device=levels.device) * (side / SIDE)
        low = at.long()
        share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        first = levels.index_select(axis, low)
        second = levels.index_select(axis, (low + 1).clamp_max(side - 1))
        levels = first + (second - first) * share
    return levels


def resize_torch(levels: Tensor) -> Tensor:
    """torch's bilinear resize to 299 × 299 without antialiasing (half-pixel centres), as pytorch-fid and LaMa do."""
    return F.interpolate(levels, (SIDE, SIDE), mode="bilinear", align_corners=False)


def resize_pil(levels: Tensor) -> Tensor:
    """Pillow's antialiased bicubic resize of each channel as floats, clipped to [0, 255], as clean-fid does."""
    planes = levels.cpu().numpy().astype(np.float32)
    resized = np.stack(
        [
            np.stack(
                [np.asarray(Image.fromarray(plane).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for plane in image]
            )
            for image in planes
        ]
    )
    return torch.from_numpy(resized.clip(0, 255)).to(levels.device)


def _ported(path: Path) -> nn.Module:
    """torch-fidelity's architecture, from 299² pictures in [-1, 1] to pooled features; loads plain tensors only."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    plain = io.BytesIO()  # torch-fidelity unpickles what it is given, so it is given what we have checked
    torch.save(torch.load(path, map_location="cpu", weights_only=True), plain)
    plain.seek(0)
    network = FeatureExtractorInceptionV3("inception", [str(DIMENSION)], feature_extractor_weights_path=plain)
    return nn.Sequential(*(layer for name, layer in network.named_children() if name != "fc"), nn.Flatten())


def _torchvision(path: Path) -> nn.Module:
    """torchvision's own Inception-v3 before its classifier."""
    from torchvision.models.inception import Inception3

    network: nn.Module = Inception3(transform_input=True, init_weights=False)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    network.fc = nn.Identity()
    return network


def _script(path: Path) -> nn.Module:
    """NVIDIA's TorchScript: a program of its own with its own resize, run by torch's interpreter, not unpickled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch retires TorchScript, the only form this file has
        network: nn.Module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    return network


def _centred(levels: Tensor) -> Tensor:
    return (levels - 128) / 128


class _Variant(NamedTuple):
    file: WeightsFile
    load: Callable[[Path], nn.Module]
    features: Callable[[Any, Tensor], Tensor]
    """From the network and pictures ``[N,3,H,W]`` of levels 0..255."""


VARIANTS: Mapping[str, _Variant] = MappingProxyType(
    {
        "inception_tf": _Variant(PORTED, _ported, lambda net, x: net(_centred(resize_tf1(x)))),
        "inception_pt": _Variant(PORTED, _ported, lambda net, x: net(2 * resize_torch(x / 255) - 1)),
        "inception_clean": _Variant(NVIDIA, _script, lambda net, x: net.layers(_centred(resize_pil(x)))),
        "inception_nvidia": _Variant(NVIDIA, _script, lambda net, x: net(x.to(torch.uint8), return_features=True)),
        "inception_torchvision": _Variant(TORCHVISION, _torchvision, lambda net, x: net(resize_torch(x / 255))),
    }
)
"""Weights, and what is done to a picture: see the specs of the embedders.

inception_torchvision: Inst-Inpaint feeds [0, 1] to a network told to expect ImageNet-normalised pictures; so do we.
"""


def require(extractor: str) -> Path:
    """The file of an extractor, checked.

    Raises:
        MissingRequirement: it is not here (file, licence, place, command).
        HarnessError: it is not its publisher's.
    """
    file = VARIANTS[extractor].file
    path = weights_folder("inception") / file.name
    if not path.is_file():
        raise lacking(file.name, file.licence, str(path), curl(file.url, str(path)))
    digest = _sha256(path, path.stat().st_mtime_ns)
    if not digest.startswith(file.sha256):
        raise HarnessError(f"{path} has sha256 {digest[:8]}…, expected {file.sha256}…: get the file again")
    return path


@cache
def _sha256(path: Path, changed_ns: int) -> str:
    del changed_ns  # a file replaced while we run is another file
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class InceptionEmbedder:
    """Pooled Inception-v3 features of one variant: ``[N,3,H,W]`` RGB in [0, 1] -> ``[N,2048]`` float32.

    Pictures are taken to the 8-bit levels that a file would hold. `weights_sha256` is that of the user's file;
    `verified` says whether a published sha256 (its first eight digits) was there to check it against.

    Raises:
        MissingRequirement: the file is not in its place.
        HarnessError: the file has another sha256 than its publisher's.
    """

    extractor: ClassVar[str]

    def __init__(self, device: str = "cpu") -> None:
        path = require(self.extractor)
        variant = VARIANTS[self.extractor]
        self.weights_sha256 = _sha256(path, path.stat().st_mtime_ns)
        self.verified = bool(variant.file.sha256)
        self.network = variant.load(path).eval().to(device)
        self._features = variant.features

    @torch.inference_mode()
    def embed(self, images: Tensor) -> Tensor:
        """Features of a batch, on the batch's device."""
        levels = (images * 255).round().contiguous(memory_format=torch.channels_last)
        return self._features(self.network, levels).reshape(len(images), DIMENSION)


class InceptionTf(InceptionEmbedder):
    """torch-fidelity: ported weights, TensorFlow 1's bilinear resize.

    Example:
        >>> InceptionTf().embed(torch.rand(2, 3, 256, 256)).shape  # doctest: +SKIP
        torch.Size([2, 2048])
    """

    extractor = "inception_tf"


class InceptionPt(InceptionEmbedder):
    """pytorch-fid and LaMa: ported weights, torch's bilinear resize without antialiasing.

    Example:
        >>> InceptionPt().embed(torch.rand(2, 3, 256, 256)).shape  # doctest: +SKIP
        torch.Size([2, 2048])
    """

    extractor = "inception_pt"


class InceptionClean(InceptionEmbedder):
    """clean-fid: the layers of NVIDIA's file behind Pillow's antialiased bicubic resize.

    Example:
        >>> InceptionClean().embed(torch.rand(2, 3, 256, 256)).shape  # doctest: +SKIP
        torch.Size([2, 2048])
    """

    extractor = "inception_clean"


class InceptionNvidia(InceptionEmbedder):
    """CoModGAN and MAT: NVIDIA's file with the resize inside.

    Example:
        >>> InceptionNvidia().embed(torch.rand(2, 3, 256, 256)).shape  # doctest: +SKIP
        torch.Size([2, 2048])
    """

    extractor = "inception_nvidia"


class InceptionTorchvision(InceptionEmbedder):
    """Inst-Inpaint: torchvision's ImageNet classifier, no FID weights at all.

    Example:
        >>> InceptionTorchvision().embed(torch.rand(2, 3, 256, 256)).shape  # doctest: +SKIP
        torch.Size([2, 2048])
    """

    extractor = "inception_torchvision"
