"""ICF-GU's network (Zeng et al., ECCV 2020, arXiv 2005.11742), laid out like the first author's later crfill.

A coarse stage fills; a refinement encoder of two branches, one of which borrows by contextual attention, feeds two
decoders: the picture, and how far each of its pixels may be trusted. Images are RGB in [-1, 1], masks 1 = hole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness_icfgu.attention import paste, similarity
from harness_icfgu.blocks import RATES, Layers, coarse_layers, decoder_layers, dilated_layers, matching_layers

__all__ = ["LINEAGE", "MINI", "PATCH", "PATCH_STRIDE", "REDUCTION", "IcfguConfig", "Prediction", "TwoStage"]

RGB = 3
REDUCTION = 4
"""The encoders' features stand at a quarter of their input's size."""
PATCH, PATCH_STRIDE = 4, 2
"""Side and distance of the patches that the attention matches, in features."""


@dataclass(frozen=True, slots=True)
class IcfguConfig:
    """Sizes and parts of the network.

    Attributes
    ----------
    width
        Channels (crfill's ``cnum``), a multiple of 4.
    attention, confidence
        Whether the borrowing branch attends, and whether there is a decoder for the confidence (the refinement
        encoder then sees the mask, too). Both belong to ICF-GU; crfill's base network has neither.
    fold
        ours: pixels of ``fold × fold`` squares become channels before the first layer and pixels again after the
        last, so that a small configuration does its work at a lower resolution; dilations shrink with it, so that
        they reach as far in the picture.
    base
        ``none``: the hole is blank at the input and predictions end in a tanh. ours: with ``smooth`` the smooth fill
        stands in the hole, and each stage predicts what is to be added.

    """

    width: int = 48
    attention: bool = True
    confidence: bool = True
    fold: int = 1
    base: Literal["none", "smooth"] = "none"

    def __post_init__(self) -> None:
        if self.width < 4 or self.width % 4:
            raise ValueError(f"width={self.width} is not a multiple of 4")
        if self.fold < 1:
            raise ValueError(f"fold={self.fold}: at least 1")
        if self.base not in ("none", "smooth"):
            raise ValueError(f"base={self.base!r}: choose 'none' or 'smooth'")

    @property
    def multiple(self) -> int:
        """Height and width have to be multiples of this."""
        return REDUCTION * PATCH_STRIDE * self.fold

    @property
    def smallest(self) -> int:
        """The shortest side that holds a patch of the attention."""
        return REDUCTION * PATCH * self.fold


LINEAGE = IcfguConfig(attention=False, confidence=False)
"""crfill's base network: what the parity fixtures hold."""
MINI = IcfguConfig(width=20, fold=2, base="smooth")
"""ours: the configuration of the small weights."""


class Prediction(NamedTuple):
    """What the network makes of a blanked picture.

    Attributes:
        coarse, image: the two stages' whole-picture predictions ``[N, 3, H, W]``.
        confidence: ``[N, 1, H, W]`` in (0, 1), or None without that decoder.
        matched: the features that patches are matched by, ``[N, 2 · width, H / (4 fold), W / (4 fold)]``, not negative.
    """

    coarse: Tensor
    image: Tensor
    confidence: Tensor | None
    matched: Tensor


class TwoStage(nn.Module):
    """Coarse stage, refinement encoder, one or two decoders; layer names are crfill's, ``confconv*`` is ours."""

    def __init__(self, config: IcfguConfig | None = None) -> None:
        super().__init__()
        self.config = config or IcfguConfig()
        width, cells = self.config.width, self.config.fold**2
        seen = (RGB + self.config.confidence) * cells
        rates = [max(1, rate // self.config.fold) for rate in RATES]
        before, after = matching_layers(width, seen)
        parts = {
            "coarse": coarse_layers(width, (RGB + 2) * cells, RGB * cells, rates),
            "invent": dilated_layers(width, seen, rates),
            "match": before,
            "borrow": after,
            "image": decoder_layers(width, 4 * width, RGB * cells, "allconv"),
        }
        if self.config.confidence:
            parts["confidence"] = decoder_layers(width, 4 * width, cells, "confconv")
        self._order = {part: self._add(layers) for part, layers in parts.items()}

    def _add(self, layers: Layers) -> tuple[str, ...]:
        for name, layer in layers.items():
            self.add_module(name, layer)
        return tuple(layers)

    def _run(self, part: str, x: Tensor) -> Tensor:
        for name in self._order[part]:
            x = self.get_submodule(name)(x)
        return x

    def last_layers(self) -> Iterable[nn.Conv2d]:
        """The convolutions that predictions come out of."""
        for part in ("coarse", "image", "confidence"):
            if part in self._order:
                layer = self.get_submodule(self._order[part][-1])
                if isinstance(layer, nn.Conv2d):
                    yield layer

    def start(self, blank: Tensor, mask: Tensor) -> Tensor:
        """The picture with what its hole starts from."""
        return smooth_fill(blank, mask) if self.config.base == "smooth" else blank

    def forward(self, blank: Tensor, mask: Tensor) -> Prediction:
        """Predict a batch.

        Parameters
        ----------
        blank
            ``[N, 3, H, W]`` in [-1, 1], 0 in the hole; H and W multiples of ``config.multiple``.
        mask
            ``[N, 1, H, W]``, 1 = hole.

        """
        start = self.start(blank, mask)
        coarse = self._decode("coarse", self._fold(torch.cat([start, torch.ones_like(mask), mask], 1)), start)
        composed = coarse * mask + blank * (1 - mask)
        seen = self._fold(torch.cat([composed, mask], 1) if self.config.confidence else composed)
        matched = self._run("match", seen)
        features = torch.cat([self._run("invent", seen), self._run("borrow", self._attend(matched, mask))], 1)
        image = self._decode("image", features, composed)
        confidence = None
        if self.config.confidence:
            confidence = F.pixel_shuffle(self._run("confidence", features), self.config.fold).sigmoid()
        return Prediction(coarse, image, confidence, matched)

    def _fold(self, x: Tensor) -> Tensor:
        return F.pixel_unshuffle(x, self.config.fold)

    def _decode(self, part: str, x: Tensor, base: Tensor) -> Tensor:
        out = F.pixel_shuffle(self._run(part, x), self.config.fold)
        return base + out if self.config.base == "smooth" else out.tanh()

    def hole_share(self, mask: Tensor) -> Tensor:
        """Share of hole in each cell of the features."""
        return F.avg_pool2d(mask, REDUCTION * self.config.fold)

    def _attend(self, matched: Tensor, mask: Tensor) -> Tensor:
        if not self.config.attention:
            return matched
        share = self.hole_share(mask)
        # ours: keys normalised patch by patch, so that scores mean the same at every size of picture
        similar = similarity(matched, share, size=PATCH, stride=PATCH_STRIDE, norm="patch")
        return paste(similar, matched, size=PATCH, stride=PATCH_STRIDE, mask=share)
