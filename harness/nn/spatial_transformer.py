"""Attention of a picture's positions to one another and to a text, in latent diffusion's key layout.

Rombach et al. 2022, arXiv:2112.10752; gated feed-forward of Shazeer 2020, arXiv:2002.05202.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Attention", "SpatialTransformer"]

NORM_EPSILON = 1e-6
WIDENING = 4


class Attention(nn.Module):
    """Multi-head attention of ``[N, T, channels]`` to a context ``[N, S, context]``; None: to itself."""

    def __init__(self, channels: int, heads: int, context: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context or channels, channels, bias=False)
        self.to_v = nn.Linear(context or channels, channels, bias=False)
        # officially dropout follows, with a chance of 0
        self.to_out = nn.Sequential(nn.Linear(channels, channels))

    def _split(self, tokens: Tensor) -> Tensor:
        count, length, _ = tokens.shape
        return tokens.reshape(count, length, self.heads, -1).transpose(1, 2)

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        read = tokens if context is None else context
        query, key, value = self._split(self.to_q(tokens)), self._split(self.to_k(read)), self._split(self.to_v(read))
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        told: Tensor = self.to_out(mixed.flatten(2))
        return told


class _Gated(nn.Module):
    """A linear map whose second half gates its first."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 2 * outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        value, gate = self.proj(tokens).chunk(2, dim=-1)
        gated: Tensor = value * functional.gelu(gate)
        return gated


class _FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = WIDENING * channels
        # the empty second is the official dropout: it holds the place of its index
        self.net = nn.Sequential(_Gated(channels, inner), nn.Identity(), nn.Linear(inner, channels))

    def forward(self, tokens: Tensor) -> Tensor:
        told: Tensor = self.net(tokens)
        return told


class _Block(nn.Module):
    """Self-attention, attention to the text, feed-forward; each adds to what it was given."""

    def __init__(self, channels: int, heads: int, context: int) -> None:
        super().__init__()
        self.attn1 = Attention(channels, heads)
        self.ff = _FeedForward(channels)
        self.attn2 = Attention(channels, heads, context)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))

    def forward(self, tokens: Tensor, context: Tensor | None) -> Tensor:
        tokens = tokens + self.attn1(self.norm1(tokens))
        tokens = tokens + self.attn2(self.norm2(tokens), context)
        told: Tensor = tokens + self.ff(self.norm3(tokens))
        return told


class SpatialTransformer(nn.Module):
    """A transformer block over the positions of ``[N, channels, H, W]``, reading a text ``[N, T, context]``.

    Called as the U-Net's other layers are: with the step's embedding, which it ignores.
    """

    def __init__(self, channels: int, heads: int, context: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, eps=NORM_EPSILON)
        self.proj_in = nn.Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([_Block(channels, heads, context)])
        self.proj_out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.proj_out.weight)
        if self.proj_out.bias is not None:
            nn.init.zeros_(self.proj_out.bias)

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:
        del embedding
        inner: Tensor = self.proj_in(self.norm(image))
        tokens = inner.flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            tokens = block(tokens, context)
        told: Tensor = image + self.proj_out(tokens.transpose(1, 2).reshape(inner.shape))
        return told
