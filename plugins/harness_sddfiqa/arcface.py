"""ArcFace (Deng et al., CVPR 2019), the loss with which TFace trains its recognisers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ArcFace"]


class ArcFace(nn.Module):
    """Cross entropy of scaled cosines to one direction a person, the own one's angle widened by a margin.

    Args:
        people: how many are told apart.
        size: of an embedding.
        scale: of cosines (s = 30). ``margin``: radians at full share (m = 0.5); both as TFace's `quality` has them.
    """

    def __init__(self, people: int, size: int, scale: float = 30.0, margin: float = 0.5) -> None:
        super().__init__()
        self.scale, self.margin = scale, margin
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(people, size)))

    def forward(self, embedding: Tensor, person: Tensor, share: float = 1.0) -> tuple[Tensor, Tensor]:
        """Loss and share of right answers without the margin, for ``embedding`` [N,d] and ``person`` [N].

        Beyond pi - m, where cos(angle + m) rises again, the cosine less m sin(m) stands in (as published).
        """
        cosine = F.linear(F.normalize(embedding), F.normalize(self.weight))
        margin = share * self.margin
        own = cosine.gather(1, person[:, None])
        sine = (1 - own.square()).clamp(min=1e-9).sqrt()
        widened = own * math.cos(margin) - sine * math.sin(margin)
        widened = torch.where(own > math.cos(math.pi - margin), widened, own - margin * math.sin(margin))
        right = (cosine.argmax(1) == person).float().mean()
        logits = cosine.scatter(1, person[:, None], widened)
        return F.cross_entropy(self.scale * logits, person), right
