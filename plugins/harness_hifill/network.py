"""HiFill's generator (Yi et al., *Contextual Residual Aggregation*, CVPR 2020, arXiv 2005.09704).

Layers carry the official names; `harness_hifill.names` maps the official variables to the entries here. Pictures are
[-1, 1] (the official weights expect BGR), masks 1 = hole. The defaults of `HiFillConfig` are the official
configuration: 2,722,791 parameters in 192 tensors, for 512x512.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness_hifill.attention import CELL, Window, attend, overlapped, part, paste, transfer, valid_keys
from harness_hifill.sampling import double, halve, pad_same

__all__ = ["MINI", "REACH", "Gated", "HiFill", "HiFillConfig", "Stages"]

COLOURS = 3
COARSE_RATES = (1, 1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8)
REFINE_RATES = (1, 2, 4, 8, 16)
GATED_GAIN = 2.4
"""ours: about 1 / rms(sigmoid(0) * ELU(n)), n standard normal: keeps a signal's size through gated layers."""

REACH = 5
"""Pixels around the hole's cells in which `HiFill.fill` equals `HiFill.forward`: what enlarging and blending read."""
MARGINS = {64: 3, 128: 2, 256: 1}
"""Cells around the hole's that each scale of the decoder has to see for that: its convolutions' reach."""


@dataclass(frozen=True, slots=True)
class HiFillConfig:
    """Sizes of the network; the defaults are the official ones.

    Attributes
    ----------
    width
        Features at the finest scale; doubled at each coarser one.
    size
        Side of the square picture that the network is shown; a multiple of 16.
    coarse_rates
        Dilation of each layer in the middle of the coarse network.
    base
        ``none`` is the paper. ours: with ``smooth`` a smooth fill of the hole stands in the input, the coarse network
        predicts what is to be added to it, and the refinement what is to be added to the coarse result.

    """

    width: int = 32
    size: int = 512
    coarse_rates: tuple[int, ...] = COARSE_RATES
    base: Literal["none", "smooth"] = "none"

    def __post_init__(self) -> None:
        object.__setattr__(self, "coarse_rates", tuple(self.coarse_rates))  # a list, when read from a file
        if self.size % CELL:
            raise ValueError(f"size={self.size} is not a multiple of {CELL}")
        if self.base not in ("none", "smooth"):
            raise ValueError(f"base={self.base!r}: choose 'none' or 'smooth'")


MINI = HiFillConfig(width=16, size=256, coarse_rates=(1, 2, 4, 8, 1, 2, 4, 8), base="smooth")
"""ours: the configuration of the `mini` weights."""


class Stages(NamedTuple):
    """What the network makes of a batch: coarse and refined picture ``[N, 3, H, W]``, attention ``[N, Q, K]``."""

    coarse: Tensor
    refined: Tensor
    attention: Tensor


class Gated(nn.Module):
    """sigmoid(gate) * ELU(feature), both convolutions with TensorFlow's ``SAME`` padding.

    The coarse network's gate is a convolution like the feature's, with one output; the refinement's is 1x1.
    """

    def __init__(
        self, source: int, target: int, kernel: int = 3, *, stride: int = 1, rate: int = 1, one_gate: bool
    ) -> None:
        super().__init__()
        self.stride, self.rate, self.kernel = stride, rate, kernel
        self.feat = nn.Conv2d(source, target, kernel, stride, dilation=rate)
        if one_gate:
            self.gate = nn.Conv2d(source, 1, kernel, stride, dilation=rate)
        else:
            self.gate = nn.Conv2d(source, target, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.gate.kernel_size != self.feat.kernel_size:
            gate = F.conv2d(x, self.gate.weight, self.gate.bias, self.stride)
            return torch.sigmoid(gate) * F.elu(self._convolved(x, self.feat.weight, self.feat.bias))
        # one convolution for both: of one output alone, it would cost nearly as much again
        weight, bias = (torch.cat(pair) for pair in zip(self.feat.parameters(), self.gate.parameters(), strict=True))
        both = self._convolved(x, weight, bias)
        return torch.sigmoid(both[:, -1:]) * F.elu(both[:, :-1])

    def _convolved(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.stride == 1:  # symmetric: the convolution pads without a copy
            return F.conv2d(x, weight, bias, padding=self.rate * (self.kernel // 2), dilation=self.rate)
        return F.conv2d(pad_same(x, self.kernel, self.stride), weight, bias, self.stride)


class HiFill(nn.Module):
    """Coarse network at half size, then refinement with contextual attention at an eighth."""

    def __init__(self, config: HiFillConfig | None = None) -> None:
        super().__init__()
        self.config = config or HiFillConfig()
        self._build_coarse(self.config.width)
        self._build_refinement(self.config.width)
        if self.config.base == "smooth":
            self._start_at_base()

    def _add(self, name: str, source: int, target: int, kernel: int = 3, *, stride: int = 1, rate: int = 1) -> None:
        unit = Gated(source, target, kernel, stride=stride, rate=rate, one_gate=name.startswith("c_"))
        self.add_module(name, unit)

    def _build_coarse(self, w: int) -> None:
        self._add("c_en_down_128", COLOURS + 1, w, 5, stride=2)
        self._add("c_en_conv_128", w, w)
        self._add("c_en_down_64", w, 2 * w, stride=2)
        for index in (1, 2, 3):
            self._add(f"c_en_conv{index}_64", 2 * w, 2 * w)
        for index, rate in enumerate(self.config.coarse_rates, 1):
            self._add(f"c_dil_d{index}", 2 * w, 2 * w, rate=rate)
        for index in (1, 2, 3):
            self._add(f"c_de_conv{index}_64", 2 * w, 2 * w)
        self._add("c_de_up_128", 2 * w, w)
        self._add("c_de_conv_128", w, w)
        self._add("c_de_toRGB", w, COLOURS)

    def _build_refinement(self, w: int) -> None:
        for scale, source, target in ((256, COLOURS + 1, w), (128, w, 2 * w), (64, 2 * w, 4 * w)):
            self._add(f"re_en_down_{scale}", source, target, stride=2)
            self._add(f"re_en_conv_{scale}", target, target)
        for rate in REFINE_RATES:
            self._add(f"re_dil_d{rate}", 4 * w, 4 * w, rate=rate)
        self._add("re_att_64_att1", 4 * w, 4 * w)
        self._add("re_att_64_att3", 8 * w, 4 * w)
        for scale, source, target in ((128, 4 * w, 2 * w), (256, 4 * w, w)):
            self._add(f"re_de_up__{scale}", source, target)
            self._add(f"re_de_conv_{scale}", target, target)
            self._add(f"re_de_att_{scale}_1", target, target)
            self._add(f"re_de_att_{scale}_2", target, target, rate=2)
        self._add("re_de_toRGB__256", 2 * w, COLOURS)

    def _start_at_base(self) -> None:
        """ours: signals keep their size on their way, and both pictures start at the base."""
        for unit in self.modules():
            if isinstance(unit, Gated):
                fan_in = unit.feat.weight[0].numel()
                nn.init.normal_(unit.feat.weight, std=GATED_GAIN * fan_in**-0.5)
                if unit.feat.bias is not None:
                    nn.init.zeros_(unit.feat.bias)
        for name in ("c_de_toRGB", "re_de_toRGB__256"):
            nn.init.zeros_(self._unit(name).feat.weight)

    def _unit(self, name: str) -> Gated:
        unit = self.get_submodule(name)
        assert isinstance(unit, Gated)
        return unit

    def _through(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self._unit(name)(x)
        return x

    def start(self, image: Tensor, mask: Tensor) -> Tensor:
        """The picture with what its hole starts from: grey (0), or the smooth fill."""
        blank = image.masked_fill(mask > 0, 0)
        return smooth_fill(blank, mask) if self.config.base == "smooth" else blank

    def coarse(self, start: Tensor, mask: Tensor) -> Tensor:
        """The coarse picture, computed at half size: ``[N, 3, H, W]``."""
        x = halve(torch.cat([start, mask], 1))
        x = self._through(x, "c_en_down_128", "c_en_conv_128", "c_en_down_64")
        x = self._through(x, *(f"c_en_conv{index}_64" for index in (1, 2, 3)))
        x = self._through(x, *(f"c_dil_d{index + 1}" for index in range(len(self.config.coarse_rates))))
        x = self._through(x, *(f"c_de_conv{index}_64" for index in (1, 2, 3)))
        x = self._through(double(x), "c_de_up_128", "c_de_conv_128")
        x = self._through(double(x), "c_de_toRGB")
        if self.config.base == "smooth":
            return (start + double(x)).clamp(-1, 1)
        return double(x.clamp(-1, 1))

    def encode(self, composed: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of the refinement at a half, a quarter and (after the dilated layers) an eighth of the size."""
        half = self._through(torch.cat([composed, mask], 1), "re_en_down_256", "re_en_conv_256")
        quarter = self._through(half, "re_en_down_128", "re_en_conv_128")
        eighth = self._through(quarter, "re_en_down_64", "re_en_conv_64", *(f"re_dil_d{r}" for r in REFINE_RATES))
        return half, quarter, eighth

    def refine(self, composed: Tensor, mask: Tensor, hole: Window | None = None) -> tuple[Tensor, Tensor]:
        """The refined picture and the attention, from the coarse result composed with the known pixels.

        With ``hole`` only what the window and `REACH` pixels around it need is decoded; the rest stays as composed.
        """
        half, quarter, eighth = self.encode(composed, mask)
        attention = attend(eighth, mask)
        whole = Window(0, eighth.shape[-2] // 2, 0, eighth.shape[-1] // 2, eighth.shape[-2] // 2, eighth.shape[-1] // 2)
        valid = valid_keys(mask) if hole else None
        near = hole.grown(MARGINS[64]) if hole else whole
        pasted = paste(attention, eighth, None if valid is None else part(near, valid))
        x = self._through(near.cut(pasted, 2), "re_att_64_att1")
        x = self._through(torch.cat([near.cut(eighth, 2), x], 1), "re_att_64_att3")
        overlap = overlapped(attention, whole.rows, whole.cols)
        for scale, skip, cell in ((128, quarter, 4), (256, half, 8)):
            wide, near = near, hole.grown(MARGINS[scale]) if hole else whole
            needed = None if valid is None else part(near, valid, extra=1)
            moved = near.cut(transfer(overlap, skip, whole.rows, whole.cols, needed), cell)
            x = self._level(scale, near.cut(double(x), cell, wide), moved)
        x = self._through(double(x), "re_de_toRGB__256")
        if self.config.base == "smooth":
            x = near.cut(composed, CELL) + x
        x = x.clamp(-1, 1)
        return (_placed(composed, x, near, hole) if hole else x), attention

    def _level(self, scale: int, x: Tensor, moved: Tensor) -> Tensor:
        """One scale of the decoder: the enlarged features and the transferred ones of the encoder."""
        x = self._through(x, f"re_de_up__{scale}", f"re_de_conv_{scale}")
        return torch.cat([self._through(moved, f"re_de_att_{scale}_1", f"re_de_att_{scale}_2"), x], 1)

    def forward(self, image: Tensor, mask: Tensor) -> Stages:
        """Fill a batch; differentiable. The hole's content is ignored.

        Parameters
        ----------
        image
            ``[N, 3, H, W]`` in [-1, 1]; sides are multiples of 16 (the official network: 512).
        mask
            ``[N, 1, H, W]``, 1 = hole.

        """
        start, coarse = self._begin(image, mask)
        return Stages(coarse, *self.refine(torch.where(mask > 0, coarse, start), mask))

    @torch.no_grad()
    def fill(self, image: Tensor, mask: Tensor) -> Stages:
        """`forward`, but refined only where the hole and `REACH` pixels around it need it: the same there, sooner."""
        start, coarse = self._begin(image, mask)
        composed = torch.where(mask > 0, coarse, start)
        hole = Window.around(mask) if mask.any() else None
        return Stages(coarse, *self.refine(composed, mask, hole))

    def _begin(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if image.shape[-1] % CELL or image.shape[-2] % CELL:
            raise ValueError(f"{image.shape[-2]}x{image.shape[-1]}: sides have to be multiples of {CELL}")
        if mask.shape != (image.shape[0], 1, *image.shape[-2:]):
            raise ValueError(f"mask {tuple(mask.shape)} does not fit image {tuple(image.shape)}")
        start = self.start(image, mask)
        return start, self.coarse(start, mask)


def _placed(composed: Tensor, decoded: Tensor, near: Window, hole: Window) -> Tensor:
    """``decoded`` (of the cells ``near``) where it is exact, the composed picture elsewhere."""
    out = composed.clone()
    height, width = composed.shape[-2:]
    top, left = max(0, hole.top * CELL - REACH), max(0, hole.left * CELL - REACH)
    bottom, right = min(height, hole.bottom * CELL + REACH), min(width, hole.right * CELL + REACH)
    lines = slice(top - near.top * CELL, bottom - near.top * CELL)
    out[..., top:bottom, left:right] = decoded[..., lines, left - near.left * CELL : right - near.left * CELL]
    return out
