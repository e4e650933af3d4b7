"""Referring, then inpainting: a small network finds what an instruction names, and any inpainter fills it.

The shape of Instruct X-Decoder (Zou et al., CVPR 2023, arXiv:2212.11270), with which the paper compares: a mask from
the words first, an inpainter that never reads them second. The network here is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness.nn.spatial_transformer import SpatialTransformer
from harness.nn.text_transformer import TextConfig, TextTransformer
from harness.nn.word_list import list_encoder
from harness_instinpaint.baselines import filled, grown
from harness_instinpaint.network import ATTRIBUTES, FEATURES
from harness_instinpaint.selection import Selection
from harness_instinpaint.words import small_words

__all__ = ["FACTOR", "FOUND", "Finder", "FinderConfig", "Found", "ReferThenInpaint", "load_finder"]

FACTOR = 8
"""Pixels of a side that are one position where text and picture meet."""
FOUND = 0.5


@dataclass(frozen=True)
class FinderConfig:
    """What decides the network.

    Attributes:
        channels: of its positions; `blocks`, `heads`, `groups` of the transformers that read the text.
        text: the text encoder.
        words: its vocabulary, by number.
        side: shorter side, in pixels, of the pictures that it was trained on.
        features, attributes: of a position, from which the words select (`harness_instinpaint.selection`).
    """

    channels: int = 48
    blocks: int = 2
    heads: int = 4
    groups: int = 8
    text: TextConfig = field(default_factory=lambda: TextConfig(48, 2, 4, 12, len(small_words()), 20))
    words: tuple[str, ...] = field(default_factory=small_words)
    side: int = 128
    features: int = FEATURES
    attributes: tuple[int, ...] = ATTRIBUTES

    @classmethod
    def stated(cls, facts: Mapping[str, Any]) -> FinderConfig:
        """From the JSON of `dataclasses.asdict`. Raises `KeyError` or `TypeError` for other names."""
        lists = {name: tuple(facts[name]) for name in ("words", "attributes")}
        return cls(**{**facts, **lists, "text": TextConfig(**facts["text"])})


class Found(NamedTuple):
    """Log-odds: of every pixel ``[N, 1, H, W]``; of every position ``[N, 1, h, w]`` and of what it shows."""

    pixels: Tensor
    where: Tensor
    shows: Tensor


class _Convolved(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, groups: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.GroupNorm(groups, outputs), nn.SiLU())


class Finder(nn.Module):
    """Finds the pixels of what the words name; H and W are multiples of `FACTOR`."""

    def __init__(self, config: FinderConfig | None = None) -> None:
        super().__init__()
        self.config = config or FinderConfig()
        wide, groups, text = self.config.channels, self.config.groups, self.config.text
        half = wide // 2
        self.text = TextTransformer(text)
        self.fine = nn.Sequential(nn.PixelUnshuffle(2), _Convolved(12, half, groups))
        self.middle = _Convolved(half, wide, groups, 2)
        self.coarse = nn.Sequential(_Convolved(wide, wide, groups, 2), _Convolved(wide, wide, groups))
        self.reading = nn.ModuleList(
            [SpatialTransformer(wide, self.config.heads, text.width, groups) for _ in range(self.config.blocks)]
        )
        attributes = self.config.attributes
        self.places = nn.Conv2d(wide, 1 + self.config.features + sum(attributes), 1)
        self.select = Selection(text.width, self.config.features, attributes)
        self.narrow = nn.Conv2d(wide + 1, half, 1)
        self.join_middle = _Convolved(half + wide, half, groups)
        self.join_fine = _Convolved(half + half, half, groups)
        self.out = nn.Conv2d(half, 4, 3, padding=1)

    def forward(self, image: Tensor, ids: Tensor) -> Found:
        """``image`` ``[N, 3, H, W]`` in [-1, 1], ``ids`` ``[N, T]``."""
        fine = self.fine(image)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        coarse = coarse + _places(coarse)
        context = self.text(ids)
        for block in self.reading:
            coarse = block(coarse, image, context)
        where, shows = self.select(self.places(coarse), self.select.read(ids, self.text.token_emb(ids), context))
        narrow = self.narrow(torch.cat([coarse, where], dim=1))
        up = self.join_middle(torch.cat([_doubled(narrow), middle], dim=1))
        up = self.join_fine(torch.cat([_doubled(up), fine], dim=1))
        # what no position was selected for is nobody's pixel
        pixels = functional.pixel_shuffle(self.out(up), 2) + functional.interpolate(where, image.shape[-2:])
        return Found(pixels, where, shows)


def _doubled(image: Tensor) -> Tensor:
    return functional.interpolate(image, scale_factor=2, mode="nearest")


def _places(image: Tensor) -> Tensor:
    """Waves over columns and rows: to be left of, or behind, is a matter of where."""
    _, channels, height, width = image.shape
    waves = torch.arange(1, channels // 4 + 1, device=image.device)[:, None] * torch.pi / 4
    across, down = (torch.linspace(0, 1, size, device=image.device)[None] * waves for size in (width, height))
    columns = torch.cat([across.sin(), across.cos()])[:, None, :].expand(-1, height, -1)
    rows = torch.cat([down.sin(), down.cos()])[:, :, None].expand(-1, -1, width)
    return torch.cat([columns, rows])[None]


def load_finder(path: Path) -> Finder:
    """The network with the weights of a file of ours. Raises `HarnessError` if it cannot be read or does not fit."""

    def build(_: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> Finder:
        if stated is None:
            raise HarnessError(f"{path} states no configuration: it is not of harness train instinpaint --recipe refer")
        return Finder(FinderConfig.stated(stated))

    return weights.load_network(path, "refer-then-inpaint", build)


class ReferThenInpaint:
    """Finds what the words name and has it filled by the wrapped method; where it finds nothing, nothing is changed.

    The map `where` is the probability by pixel.

    Args:
        setup: device, the finder's weights (without a file it is random), and the wrapped method.
        grow: pixels by which what is found is grown before it is filled.
        threshold: above it a pixel is found.

    Raises:
        HarnessError: no method to wrap, a parameter out of its range, or a file that cannot be used.
    """

    def __init__(self, setup: Setup, *, grow: int = 2, threshold: float = FOUND) -> None:
        if setup.inner is None:
            raise HarnessError("refer-then-inpaint wraps another method: write refer-then-inpaint:METHOD")
        if grow < 0 or not 0 < threshold < 1:
            raise HarnessError("refer-then-inpaint: grow is 0 or more, threshold between 0 and 1")
        path = setup.weights.path if setup.weights else None
        network = load_finder(path) if path else weights.random_network(Finder)
        self.network = network.eval().requires_grad_(False).to(setup.device)
        self.encode = list_encoder(network.config.words, network.config.text.longest)
        self.setup, self.grow, self.threshold = setup, grow, threshold

    @torch.inference_mode()
    def inpaint(self, batch: Batch) -> Images:
        """Raises `HarnessError` without image or instruction, and whatever the wrapped method raises."""
        if batch.image is None or batch.prompt is None:
            raise HarnessError("refer-then-inpaint needs an image and an instruction (--prompt)")
        where = self._found(batch.image, batch.prompt)
        region = grown((where > self.threshold).to(batch.image), self.grow)
        made = filled(self.setup, batch, batch.image, region)
        return Images(made.image, {**made.maps, "where": where}, made.facts)

    def _found(self, image: Tensor, prompts: tuple[str, ...]) -> Tensor:
        size = image.shape[-2:]
        scale = self.network.config.side / min(size)
        shown = tuple(max(1, round(side * scale / FACTOR)) * FACTOR for side in size)
        small = functional.interpolate(image, shown, mode="bilinear", antialias=True)
        ids = torch.tensor([self.encode(text) for text in prompts], device=image.device)
        found: Found = self.network(2 * small - 1, ids)
        return functional.interpolate(found.pixels, size, mode="bilinear").sigmoid()
