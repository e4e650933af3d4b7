"""LPIPS (Zhang et al. 2018) by its authors' package, where the backbone's file is present."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import MetricBatch
from harness.metrics.offline import curl, no_downloads, skipped

__all__ = ["BACKBONES", "LICENCE", "Lpips", "backbone_file"]

LICENCE = "BSD-2-Clause (lpips); BSD-3-Clause (torchvision's ImageNet weights)"
BACKBONES = {
    "alex": "alexnet-owt-7be5be79.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
    "vgg": "vgg16-397923af.pth",
}
"""Files of torchvision that the package's linear heads sit on; the heads themselves come inside the package."""


def backbone_file(net: str) -> Path:
    """Where torchvision looks for a backbone; `MissingRequirement` (file, licence, place, command) without it."""
    name = BACKBONES[net]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.is_file():
        command = curl(f"https://download.pytorch.org/models/{name}", str(path))
        raise skipped("lpips", name, LICENCE, str(path), command)
    return path


class Lpips:
    """LPIPS v0.1, linear heads calibrated on human judgements. Lower is better; perceptual similarity of patches.

    Images ``[N,3,H,W]`` RGB in [0, 1] (moved to [-1, 1] as the package wants) -> ``{"lpips": [N]}``. Whole images
    only. Values of two backbones must not be compared.

    Args:
        net: ``alex`` (the authors' choice for measuring), ``vgg`` or ``squeeze``.

    Raises:
        MissingRequirement: the package or the backbone's file is not here. Nothing is ever downloaded.
        HarnessError: a region is asked for, or an unknown net.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> Lpips()(MetricBatch(("a",), x, x, None))["lpips"]  # doctest: +SKIP
        tensor([0.])
    """

    def __init__(self, device: str = "cpu", region: str = "", *, net: str = "alex") -> None:
        if region:
            raise HarnessError(f"lpips judges whole images: ask for it without @{region}, or for feat_efl0@{region}")
        if net not in BACKBONES:
            raise HarnessError(f"lpips has no net '{net}': one of {', '.join(BACKBONES)}")
        self.weights_sha256 = hashlib.sha256(backbone_file(net).read_bytes()).hexdigest()
        with warnings.catch_warnings(), no_downloads("lpips", LICENCE):
            warnings.simplefilter("ignore")  # lpips names torchvision's weights by a retired argument
            try:
                import lpips
            except ModuleNotFoundError as error:
                raise MissingRequirement("lpips skipped: its package is not installed: pip install lpips") from error
            self.network = lpips.LPIPS(net=net, version="0.1", verbose=False).to(device)

    @torch.inference_mode()
    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"lpips": self.network(batch.output, batch.truth, normalize=True).reshape(-1)}
