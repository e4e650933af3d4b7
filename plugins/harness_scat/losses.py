"""SCAT's losses: segmentation confusion beside a global one, and two contrasts in the discriminator's features.

Masks are 1 = hole. The published code takes the mean over all pixels everywhere, hole or not; so does this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from harness_scat.discriminator import Judged
from harness_scat.network import WHITE

__all__ = [
    "TEXTURE_LAYERS",
    "Kind",
    "Pair",
    "confuse",
    "corrupted",
    "semantic_contrast",
    "tell_apart",
    "textural_contrast",
]

Kind = Literal["hinge", "nsgan", "lsgan"]
TEXTURE_LAYERS = 4
TINY = 1e-7


class Pair(NamedTuple):
    """One value for the picture as a whole, one for its pixels."""

    whole: Tensor
    pixels: Tensor


def _distance(kind: Kind, logits: Tensor, wanted: Tensor) -> Tensor:
    """How far each logit is from being called ``wanted``: 1 = real or valid, 0 = generated."""
    if kind == "hinge":
        return F.relu(1 - (2 * wanted - 1) * logits)
    if kind == "nsgan":
        return F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (logits - wanted).square()


def tell_apart(kind: Kind, fake: Judged, real: Judged, hole: Tensor) -> Pair:
    """What the discriminator descends: real pictures are valid everywhere, filled ones outside ``hole`` [N,1,H,W]."""
    valid = torch.ones_like(real.segmented())
    whole = _distance(kind, real.whole, torch.ones_like(real.whole)).mean()
    whole = whole + _distance(kind, fake.whole, torch.zeros_like(fake.whole)).mean()
    pixels = _distance(kind, real.segmented(), valid).mean() + _distance(kind, fake.segmented(), 1 - hole).mean()
    return Pair(whole, pixels)


def confuse(kind: Kind, fake: Judged, hole: Tensor) -> Pair:
    """What the generator descends: its fills should be called real, and valid inside ``hole``."""
    if kind == "hinge":
        return Pair(-fake.whole.mean(), (-fake.segmented() * hole).mean())
    whole, pixels = (_distance(kind, logits, torch.ones_like(logits)) for logits in (fake.whole, fake.segmented()))
    return Pair(whole.mean(), (pixels * hole).mean())


def corrupted(truth: Tensor, mask: Tensor, versions: int) -> Tensor:
    """``[N, K, 3, H, W]``: each picture under K masks of its batch, its own first, white in the hole.

    The published code takes every mask of its batch of 8. A batch has no more masks than pictures, so K is the smaller
    of ``versions`` and N.
    """
    count = min(versions, len(mask))
    masks = torch.stack([mask.roll(-shift, 0) for shift in range(count)], 1)
    return torch.where(masks > 0, WHITE, truth[:, None])


def textural_contrast(fake: Sequence[Tensor], real: Sequence[Tensor], spoilt: Sequence[Tensor]) -> Tensor:
    """Pull shallow features to the truth's and push them from the corrupted picture's: sum of ratios of L1.

    Each argument holds the discriminator's maps; the first `TEXTURE_LAYERS` count.
    """
    layers = zip(fake[:TEXTURE_LAYERS], real[:TEXTURE_LAYERS], spoilt[:TEXTURE_LAYERS], strict=True)
    return torch.stack([F.l1_loss(a, p) / (F.l1_loss(a, n) + TINY) for a, p, n in layers]).sum()


def _unit(features: Tensor) -> Tensor:
    length: Tensor = features.norm(dim=-1, keepdim=True)
    return features / (length + TINY)


def semantic_contrast(anchor: Tensor, positive: Tensor, negatives: Tensor) -> Tensor:
    """Cross-entropy of knowing the truth's projected features among those of its corrupted versions.

    ``anchor`` and ``positive`` are ``[N, D]``, ``negatives`` ``[N, K, D]``. As in the published code no temperature is
    applied (it declares 0.07 and never uses it).
    """
    others = torch.cat([_unit(positive)[:, None], _unit(negatives)], 1)
    logits = (others @ _unit(anchor)[:, :, None]).squeeze(2)
    loss: Tensor = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
    return loss
