"""Sizes of ASAP-Net: the official ones, ours, and how to tell them from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2

from torch import Tensor

from harness.nn.tile_mlp import PackedMlp

__all__ = ["FACADES", "INPAINT", "MINI", "MINI_INPAINT", "RGB", "AsapNetConfig", "config_of", "tile_for"]

RGB = 3
GRID = 16  # cells across an official training crop
LEARNED = 16
TILES = (16, 32, 64, 128)
FIRST = "lowres_stream.model.{}.0.weight"  # layer 0, or 1 where a padding layer stands before it


@dataclass(frozen=True, slots=True)
class AsapNetConfig:
    """Sizes of the network; the defaults are the official ones for CMP facades at 512 pixels.

    Attributes
    ----------
    inputs
        Channels that the MLPs see: label classes, or masked RGB and mask.
    tile
        Side of a tile in pixels, the total factor between picture and MLP grid (S in section 3.2).
    learned_factor
        Share of ``tile`` that strided convolutions reduce by; a tent filter does the rest. Powers of two.
    reflection_pad
        Reflect at the border (facades) or pad with zeros (Cityscapes).
    instance_edge
        One further channel, the edges of instances, which the low-resolution stream sees and the MLPs do not.
    lr_width, lr_max_width, lr_depth
        Channels of the strided layers, channels and number of the layers at the grid's resolution.
    hr_width, hr_depth
        Hidden width and number of affine maps of the MLPs.
    residual
        ours: the MLP's value is added to the first three input channels, and starts at zero.

    """

    inputs: int = 13
    tile: int = 32
    learned_factor: int = 16
    reflection_pad: bool = True
    instance_edge: bool = False
    lr_width: int = 64
    lr_max_width: int = 1024
    lr_depth: int = 7
    hr_width: int = 64
    hr_depth: int = 5
    residual: bool = False

    def __post_init__(self) -> None:
        for name in ("tile", "learned_factor"):
            value = getattr(self, name)
            if value < 2 or value & (value - 1):
                raise ValueError(f"{name}={value} is not a power of two from 2 on")
        if self.tile < self.learned_factor:
            raise ValueError(f"tile={self.tile} is smaller than learned_factor={self.learned_factor}")

    @property
    def encoding_channels(self) -> int:
        """Four for every frequency."""
        return 4 * int(log2(self.tile))

    @property
    def mlp_channels(self) -> tuple[int, ...]:
        """Channels between the MLP's affine maps."""
        return (self.inputs + self.encoding_channels, *[self.hr_width] * (self.hr_depth - 1), RGB)


def tile_for(crop_size: int, aspect_ratio: float = 1.0) -> int:
    """Official total factor of a training crop of this width: its grid is 16 cells wide (32 at aspect 2)."""
    return int(crop_size // (GRID * aspect_ratio))


FACADES = AsapNetConfig()
INPAINT = AsapNetConfig(inputs=RGB + 1)
"""The official configuration at 512, given masked RGB and mask. There are no official weights for it."""
MINI = AsapNetConfig(
    inputs=4, tile=8, learned_factor=8, lr_width=32, lr_max_width=128, lr_depth=7, hr_width=32, hr_depth=4
)
"""ours: four classes of rendered scenes to a picture, 1.4 M parameters."""
MINI_INPAINT = AsapNetConfig(
    inputs=RGB + 1,
    tile=8,
    learned_factor=8,
    lr_width=32,
    lr_max_width=128,
    lr_depth=7,
    hr_width=32,
    hr_depth=4,
    residual=True,
)
"""ours: a residual over the smooth fill, 1.4 M parameters."""


def _official(seen: int, reflect: bool) -> Iterator[AsapNetConfig]:
    """Every official configuration whose low-resolution stream has ``seen`` input channels."""
    for tile in TILES:
        yield AsapNetConfig(seen, tile, LEARNED, reflect)
        if seen > 1:
            yield AsapNetConfig(seen - 1, tile, LEARNED, reflect, instance_edge=True)


def config_of(state: Mapping[str, Tensor]) -> AsapNetConfig:
    """The official configuration that a generator's state dict belongs to, read off its shapes.

    Raises `ValueError` where no official configuration has such a state dict.
    """
    first = next((layer for layer in (1, 0) if FIRST.format(layer) in state), None)
    heads = [value for value in state.values() if value.ndim == 4 and value.shape[-1] == 1]
    if first is None or len(heads) != 1:
        raise ValueError("it has no low-resolution stream with one 1x1 convolution")
    seen, packed = state[FIRST.format(first)].shape[1], heads[0].shape[0]
    for config in _official(seen, reflect=first == 1):
        if PackedMlp(config.mlp_channels).length == packed:
            return config
    raise ValueError(f"no official configuration with {seen} input channels has {packed} weights an MLP")
