"""LPIPS (Zhang et al. 2018) by its authors' package, where the backbone's file is present."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import MetricBatch
from harness.metrics.offline import curl, files_sha256, lacking, no_downloads

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
        raise lacking(name, LICENCE, str(path), command)
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
        self.available(net=net)
        with warnings.catch_warnings(), no_downloads("lpips", LICENCE) as files:
            warnings.simplefilter("ignore")  # lpips names torchvision's weights by a retired argument
            import lpips

            self.network = lpips.LPIPS(net=net, version="0.1", verbose=False).to(device)
        self.weights_sha256 = files_sha256(files)

    @staticmethod
    def available(*, net: str = "alex") -> None:
        """Raise `MissingRequirement` where the package or the backbone's file is not here; builds nothing."""
        if find_spec("lpips") is None:
            raise MissingRequirement("needs lpips: pip install lpips")
        backbone_file(net)

    @torch.inference_mode()
    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"lpips": self.network(batch.output, batch.truth, normalize=True).reshape(-1)}
