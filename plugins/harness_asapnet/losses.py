"""ASAP-Net's adversary and losses: those of SPADE (Park et al., CVPR 2019), which its training builds on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from harness.training.backbones import backbone_file

__all__ = ["VGG19", "MultiscaleDiscriminator", "PatchLayers", "VggLoss", "matching", "vgg_file", "voiced"]

SLOPE = 0.2
KERNEL, PADDING = 4, 2
VGG19 = "vgg19-dcbb9e9d.pth"
VGG_CUTS = (2, 7, 12, 21, 30)  # after relu1_1, relu2_1, ... relu5_1
VGG_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
Judged = list[list[Tensor]]
"""For every scale, the feature maps of every layer; the last one holds the logits."""


class PatchLayers(nn.Module):
    """A PatchGAN: ``layers`` convolutions of stride 2 (the last of stride 1) and one to the logits."""

    def __init__(self, inputs: int, width: int, layers: int, most: int) -> None:
        super().__init__()
        widths = [min(width << k, most) for k in range(layers)]
        stages = [nn.Sequential(nn.Conv2d(inputs, width, KERNEL, 2, PADDING), nn.LeakyReLU(SLOPE))]
        for index, (before, after) in enumerate(pairwise(widths), 2):
            conv = nn.Conv2d(before, after, KERNEL, 1 if index == layers else 2, PADDING, bias=False)
            stages.append(nn.Sequential(spectral_norm(conv), nn.InstanceNorm2d(after), nn.LeakyReLU(SLOPE)))
        stages.append(nn.Sequential(nn.Conv2d(widths[-1], 1, KERNEL, 1, PADDING)))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: list[Tensor] = []
        for stage in self.stages:
            maps.append(stage(maps[-1] if maps else x))
        return maps


class MultiscaleDiscriminator(nn.Module):
    """PatchGANs of one form at full and at half size, given condition and picture ``[N, inputs, H, W]``."""

    def __init__(self, inputs: int, width: int = 64, layers: int = 4, most: int = 512, scales: int = 2) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchLayers(inputs, width, layers, most) for _ in range(scales))

    def forward(self, x: Tensor) -> Judged:
        judged: Judged = []
        for scale in self.scales:
            judged.append(scale(x))
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return judged


def voiced(judged: Judged, aim: str) -> Tensor:
    """Hinge loss over the scales: ``real`` or ``fake`` for the discriminator, ``fool`` for the generator."""
    signs = {"real": -1.0, "fake": 1.0}
    logits = [maps[-1] for maps in judged]
    if aim == "fool":
        return torch.stack([-logit.mean() for logit in logits]).mean()
    return torch.stack([F.relu(1 + signs[aim] * logit).mean() for logit in logits]).mean()


def matching(fake: Judged, real: Judged) -> Tensor:
    """Feature matching: L1 of every map but the logits, summed over layers, mean over scales."""
    scales = [
        torch.stack([F.l1_loss(a, b.detach()) for a, b in zip(mine[:-1], theirs[:-1], strict=True)]).sum()
        for mine, theirs in zip(fake, real, strict=True)
    ]
    return torch.stack(scales).mean()


def vgg_file() -> Path:
    """ImageNet's VGG-19 where torchvision looks for it. Raises `MissingRequirement` when it is not there."""
    return backbone_file(VGG19, "VGG-19 of its perceptual loss", 548)


class VggLoss(nn.Module):
    """L1 between VGG-19 features of pictures in [-1, 1], deeper layers weighing more.

    As in the published code, pictures are not normalised to ImageNet's mean and spread first.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        from torchvision.models import vgg19

        network = vgg19()
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        layers = list(cast(nn.Sequential, network.features))[: VGG_CUTS[-1]]
        starts = (0, *VGG_CUTS[:-1])
        self.slices = nn.ModuleList(nn.Sequential(*layers[a:b]) for a, b in zip(starts, VGG_CUTS, strict=True))
        self.eval().requires_grad_(False)

    def forward(self, output: Tensor, truth: Tensor) -> Tensor:
        """Scalar."""
        total = output.new_zeros(())
        for weight, part in zip(VGG_WEIGHTS, self.slices, strict=True):
            output, truth = part(output), part(truth)
            total = total + weight * F.l1_loss(output, truth.detach())
        return total
