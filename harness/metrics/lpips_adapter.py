"""LPIPS (Zhang et al. 2018) by its authors' package, where the backbone's file is present. One column, one net."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor

from harness.errors import MissingRequirement
from harness.interfaces import MetricBatch
from harness.metrics.offline import curl, files_sha256, lacking, no_downloads
from harness.metrics.regions import counted, known_only, whole_image_only

__all__ = ["BACKBONES", "LICENCE", "Lpips", "LpipsBrushBench", "LpipsGdpAll", "LpipsSqueeze", "LpipsVgg",
           "backbone_file"]  # fmt: skip

TORCHVISION = "BSD-3-Clause (torchvision's ImageNet weights)"
LICENCE = f"BSD-2-Clause (lpips); {TORCHVISION}"
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
        raise lacking(name, TORCHVISION, str(path), command)
    return path


class Lpips:
    """LPIPS v0.1 on AlexNet, the authors' choice for measuring: linear heads calibrated on human judgements.

    Images ``[N,3,H,W]`` RGB in [0, 1] (moved to [-1, 1] as the package wants) -> ``{"lpips": [N]}``, lower is better.
    Whole images only. Values of two backbones must not be compared: each has a metric of its own.

    Raises:
        MissingRequirement: the package or the backbone's file is not here. Nothing is ever downloaded.
        HarnessError: a region is asked for.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> Lpips()(MetricBatch(("a",), x, x, None))["lpips"]  # doctest: +SKIP
        tensor([0.])
    """

    name: ClassVar[str] = "lpips"
    net: ClassVar[Literal["alex", "squeeze", "vgg"]] = "alex"

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        self.check_region(region)
        self.available()
        with warnings.catch_warnings(), no_downloads("lpips", LICENCE) as files:
            warnings.simplefilter("ignore")  # lpips names torchvision's weights by a retired argument
            import lpips

            self.network = lpips.LPIPS(net=self.net, version="0.1", verbose=False).to(device)
        self.weights_sha256 = files_sha256(files)

    def check_region(self, region: str) -> None:
        """Raise `HarnessError` for a region that the metric has not."""
        whole_image_only(region, self.name, "feat_efl0")

    @classmethod
    def available(cls) -> None:
        """Raise `MissingRequirement` where the package or the backbone's file is not here; builds nothing."""
        if find_spec("lpips") is None:
            raise MissingRequirement("needs lpips: pip install lpips")
        backbone_file(cls.net)

    def inputs(self, batch: MetricBatch) -> tuple[Tensor, Tensor]:
        """What the network is given for output and truth."""
        return 2 * batch.output - 1, 2 * batch.truth - 1

    @torch.inference_mode()
    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        output, truth = self.inputs(batch)
        return {self.name: self.network(output, truth).reshape(-1)}


class LpipsVgg(Lpips):
    """LPIPS v0.1 on VGG-16: LaMa's, and most diffusion papers'; otherwise as `Lpips`.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> LpipsVgg()(MetricBatch(("a",), x, x, None))["lpips_vgg"]  # doctest: +SKIP
        tensor([0.])
    """

    name = "lpips_vgg"
    net = "vgg"


class LpipsSqueeze(Lpips):
    """LPIPS v0.1 on SqueezeNet 1.1, the smallest file (4.7 MB); otherwise as `Lpips`.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> LpipsSqueeze()(MetricBatch(("a",), x, x, None))["lpips_squeeze"]  # doctest: +SKIP
        tensor([0.])
    """

    name = "lpips_squeeze"
    net = "squeeze"


class LpipsGdpAll(LpipsVgg):
    """LPIPS of GDP's second script: VGG-16 given pictures in *[0, 1]* with their channels in *BGR* order.

    Fayeben/GenerativeDiffusionPrior, ``evaluations/cal_all_metrics.py``. The package wants [-1, 1] and RGB, so this
    is no LPIPS of anybody else's; GDP's first script is right and uses AlexNet: `Lpips`.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> LpipsGdpAll()(MetricBatch(("a",), x, x, None))["lpips_gdp_all"]  # doctest: +SKIP
        tensor([0.])
    """

    name = "lpips_gdp_all"

    def inputs(self, batch: MetricBatch) -> tuple[Tensor, Tensor]:
        return batch.output.flip(1), batch.truth.flip(1)


class LpipsBrushBench(LpipsSqueeze):
    """BrushBench's LPIPS outside the mask: SqueezeNet, what lies inside the mask painted *black* in both pictures.

    TencentARC/BrushNet, ``examples/brushnet/evaluate_brushnet.py``, on the raw output: region `known` only.

    Example:
        >>> x, known = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
        >>> metric = LpipsBrushBench(region="known")  # doctest: +SKIP
        >>> metric(MetricBatch(("a",), x, x, None, known))["lpips_brushbench"]  # doctest: +SKIP
        tensor([0.])
    """

    name = "lpips_brushbench"

    def check_region(self, region: str) -> None:
        known_only(region, self.name)

    def inputs(self, batch: MetricBatch) -> tuple[Tensor, Tensor]:
        known = counted(batch, "known", self.name)
        assert known is not None  # the region is "known"
        return 2 * batch.output * known - 1, 2 * batch.truth * known - 1
