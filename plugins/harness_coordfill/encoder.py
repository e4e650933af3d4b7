"""CoordFill's attentional FFC encoder (section 3.2 of arXiv 2303.08524), under the official key names."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

DOWNS = 3
INPUT_CHANNELS = 4  # masked RGB and the mask of known pixels


def _dead_norm(channels: int) -> nn.BatchNorm2d:
    """The official forward passes its batch norms by; they stand here for their keys only."""
    norm = nn.BatchNorm2d(channels)
    norm.requires_grad_(False)
    return norm


class FourierUnit(nn.Module):
    """A 1x1 convolution in the frequency domain; real and imaginary parts alternate as channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_layer = nn.Conv2d(2 * channels, 2 * channels, 1, bias=False)
        self.bn = _dead_norm(2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        spectrum = torch.view_as_real(torch.fft.rfft2(x, norm="ortho"))
        n, c, h, w, _ = spectrum.shape
        mixed = self.conv_layer(spectrum.permute(0, 1, 4, 2, 3).reshape(n, 2 * c, h, w)).relu()
        pairs = mixed.reshape(n, c, 2, h, w).permute(0, 1, 3, 4, 2).contiguous()
        return torch.fft.irfft2(torch.view_as_complex(pairs), s=x.shape[-2:], norm="ortho")


class SpectralTransform(nn.Module):
    """The global-to-global path of an FFC: reduce, mix frequencies, expand."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(channels, channels // 2, 1, bias=False), nn.ReLU())
        self.fu = FourierUnit(channels // 2)
        self.conv2 = nn.Conv2d(channels // 2, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        reduced = self.conv1(x)
        return self.conv2(reduced + self.fu(reduced))


class _Split(NamedTuple):
    """Channels, or features, of the local and of the global branch."""

    local: int
    distant: int


class FFC(nn.Module):
    """Fast Fourier convolution (Chi et al., 2020): two branches and the paths that exist between them."""

    def __init__(self, source: _Split, target: _Split, kernel: int, stride: int, padding: int) -> None:
        super().__init__()

        def conv(into: int, out: int) -> nn.Conv2d:
            return nn.Conv2d(into, out, kernel, stride, padding, bias=False, padding_mode="reflect")

        self.convl2l = conv(source.local, target.local)
        self.convl2g = conv(source.local, target.distant) if target.distant else None
        self.convg2l = conv(source.distant, target.local) if source.distant else None
        both = source.distant and target.distant
        self.convg2g = SpectralTransform(target.distant) if both else None

    def forward(self, local: Tensor, distant: Tensor | None) -> tuple[Tensor, Tensor | None]:
        near = self.convl2l(local)
        if self.convg2l is not None and distant is not None:
            near = near + self.convg2l(distant)
        if self.convl2g is None:
            return near, None
        far = self.convl2g(local)
        if self.convg2g is not None and distant is not None:
            far = far + self.convg2g(distant)
        return near, far


class FFCUnit(nn.Module):
    """An FFC, its (dead) norms and its activation."""

    def __init__(
        self,
        source: _Split,
        target: _Split,
        kernel: int = 3,
        *,
        stride: int = 1,
        padding: int = 1,
        activation: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.ffc = FFC(source, target, kernel, stride, padding)
        self.bn_l = _dead_norm(target.local)
        self.bn_g = _dead_norm(target.distant) if target.distant else None
        self.act = activation()

    def forward(self, local: Tensor, distant: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        near, far = self.ffc(local, distant)
        return self.act(near), None if far is None else self.act(far)


class AttFFC(nn.Module):
    """Attentional FFC block (section 3.2): subtract what the hole spoilt, add what surrounds it."""

    def __init__(self, width: _Split) -> None:
        super().__init__()
        self.add = FFCUnit(width, width)
        self.minus = FFCUnit(_Split(sum(width) + 1, 0), width)
        self.mask = FFCUnit(width, _Split(1, 0), activation=nn.Sigmoid)

    def forward(self, local: Tensor, distant: Tensor) -> tuple[Tensor, Tensor]:
        attention, _ = self.mask(local, distant)
        near, far = self.minus(torch.cat([local, distant, attention], 1))
        local, distant = local - near, distant - far
        near, far = self.add(local, distant)
        return local + near, distant + far


class AttFFCEncoder(nn.Module):
    """Masked RGB and the mask of known pixels, ``[N, 4, 8h, 8w]`` -> features ``[N, ngf, h, w]``."""

    def __init__(self, ngf: int, blocks: int, ratio_global: float) -> None:
        super().__init__()
        distant = int(ngf * ratio_global)
        width = _Split(ngf - distant, distant)
        stages = [_Split(ngf >> step, 0) for step in range(DOWNS, 0, -1)] + [width]
        stem = FFCUnit(_Split(INPUT_CHANNELS, 0), stages[0], 7, padding=0)
        downs = [FFCUnit(a, b, 4, stride=2) for a, b in pairwise(stages)]
        self.dowm = nn.ModuleList([nn.ReflectionPad2d(3), stem, *downs])  # sic: the official key
        self.depth = blocks
        for index in range(1, blocks + 1):
            self.add_module(f"block{index}", AttFFC(width))

    def forward(self, x: Tensor) -> Tensor:
        pad, *units = self.dowm
        local, distant = pad(x), None
        for unit in units:
            local, distant = unit(local)
        for index in range(1, self.depth + 1):
            local, distant = self.get_submodule(f"block{index}")(local, distant)
        return torch.cat([local, distant], 1)
