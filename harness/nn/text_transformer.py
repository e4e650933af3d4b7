"""The text encoder that latent diffusion trains from scratch: a pre-norm transformer in x-transformers' key layout.

Rombach et al. 2022, arXiv:2112.10752, there called BERTEmbedder; only its tokenizer is BERT's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["TextConfig", "TextTransformer"]

WIDENING = 4


@dataclass(frozen=True)
class TextConfig:
    """What decides the encoder; the defaults are latent diffusion's text-to-image model but for its depth.

    Attributes:
        width: channels of a token.
        layers: pairs of attention and feed-forward.
        heads, head_channels: of an attention; their product may differ from ``width``.
        words: size of the vocabulary.
        longest: tokens of a text; shorter ones are padded, and the padding is read like any word.
    """

    width: int = 512
    layers: int = 16
    heads: int = 8
    head_channels: int = 64
    words: int = 30_522
    longest: int = 77


class _Attention(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        inner = config.heads * config.head_channels
        self.heads = config.heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(config.width, inner, bias=False) for _ in range(3))
        self.to_out = nn.Linear(inner, config.width)

    def forward(self, tokens: Tensor) -> Tensor:
        count, length, _ = tokens.shape
        query, key, value = (
            layer(tokens).reshape(count, length, self.heads, -1).transpose(1, 2)
            for layer in (self.to_q, self.to_k, self.to_v)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        told: Tensor = self.to_out(mixed)
        return told


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        first = nn.Sequential(nn.Linear(width, WIDENING * width), nn.GELU())
        # the empty second is the official dropout: it holds the place of its index
        self.net = nn.Sequential(first, nn.Identity(), nn.Linear(WIDENING * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        told: Tensor = self.net(tokens)
        return told


class _Layers(nn.Module):
    """Attention and feed-forward in turn, each a pair of norm and block."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        blocks = [block for _ in range(config.layers) for block in (_Attention(config), _FeedForward(config.width))]
        self.layers = nn.ModuleList([nn.ModuleList([nn.LayerNorm(config.width), block]) for block in blocks])

    def forward(self, tokens: Tensor) -> Tensor:
        for pair in self.layers:
            assert isinstance(pair, nn.ModuleList)
            tokens = tokens + pair[1](pair[0](tokens))
        return tokens


class _Positions(nn.Module):
    def __init__(self, longest: int, width: int) -> None:
        super().__init__()
        self.emb = nn.Embedding(longest, width)


class TextTransformer(nn.Module):
    """Tokens' numbers ``[N, T]`` (T at most ``longest``) to their meanings in context ``[N, T, width]``."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.token_emb = nn.Embedding(config.words, config.width)
        self.pos_emb = _Positions(config.longest, config.width)
        self.attn_layers = _Layers(config)
        self.norm = nn.LayerNorm(config.width)
        # not used: official checkpoints have it
        self.to_logits = nn.Linear(config.width, config.words)
        for embedding in (self.token_emb, self.pos_emb.emb):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        told: Tensor = self.norm(self.attn_layers(self.token_emb(ids) + self.pos_emb.emb(places)))
        return told
