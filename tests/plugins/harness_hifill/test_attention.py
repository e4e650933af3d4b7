"""Attention as products and diagonal sums against what the paper says: convolutions with kernels made of patches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from harness_hifill.attention import Window, attend, overlapped, part, paste, scores, transfer, valid_keys

ROWS, COLS = 4, 6


def _kernels(image: Tensor, kernel: int, stride: int, before: int, after: int) -> Tensor:
    padded = F.pad(image, (before, after, before, after))
    return F.unfold(padded, kernel, stride=stride)[0].T.reshape(-1, image.shape[1], kernel, kernel)


@pytest.fixture
def features() -> Tensor:
    return torch.randn(1, 5, 2 * ROWS, 2 * COLS, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def mask() -> Tensor:
    mask = torch.zeros(1, 1, 16 * ROWS, 16 * COLS)
    mask[..., 20:30, 70:90] = 1
    return mask


def _as_kernels(attention: Tensor) -> Tensor:
    """``[1, Q, K]`` -> ``[1, K, rows, cols]``, the input of a transposed convolution."""
    return attention.transpose(1, 2).reshape(1, -1, ROWS, COLS)


def test_scores_are_convolutions_with_normalised_patches_fused_twice(features: Tensor) -> None:
    thin = features[..., ::2, ::2]
    keys = _kernels(thin, 3, 1, 1, 1)
    found = F.conv2d(thin, keys / keys.square().sum((1, 2, 3), keepdim=True).sqrt(), padding=1)
    table, identity = found.permute(0, 2, 3, 1).reshape(1, 1, 24, 24), torch.eye(3).view(1, 1, 3, 3)
    table = F.conv2d(table, identity, padding=1).view(ROWS, COLS, ROWS, COLS).permute(1, 0, 3, 2).reshape(1, 1, 24, 24)
    table = F.conv2d(table, identity, padding=1).view(COLS, ROWS, COLS, ROWS).permute(1, 0, 3, 2).reshape(1, 24, 24)
    torch.testing.assert_close(scores(features), table)


def test_pasting_is_a_transposed_convolution(features: Tensor, mask: Tensor) -> None:
    attention = attend(features, mask)
    wanted = F.conv_transpose2d(_as_kernels(attention), _kernels(features, 3, 2, 0, 1), stride=2)[..., :-1, :-1]
    torch.testing.assert_close(paste(attention, features), wanted)


@pytest.mark.parametrize("cell", [4, 8])
def test_transfer_is_a_transposed_convolution_of_half_overlapping_patches(
    features: Tensor, mask: Tensor, cell: int
) -> None:
    attention, skip, edge = attend(features, mask), torch.randn(1, 3, ROWS * cell, COLS * cell), cell // 2
    kernels = _kernels(skip, 2 * cell, cell, edge, edge)
    wanted = F.conv_transpose2d(_as_kernels(attention), kernels, stride=cell)[..., edge:-edge, edge:-edge]
    torch.testing.assert_close(transfer(overlapped(attention, ROWS, COLS), skip, ROWS, COLS), wanted)


def test_a_part_gives_the_same_in_its_window(features: Tensor, mask: Tensor) -> None:
    attention, window = attend(features, mask), Window.around(mask).grown(1)
    assert window == Window(0, 3, 3, 6, ROWS, COLS)
    valid = valid_keys(mask)
    whole, some = paste(attention, features), paste(attention, features, part(window, valid))
    torch.testing.assert_close(window.cut(some, 2), window.cut(whole, 2))
    assert not torch.equal(some, whole)
    overlap, skip = overlapped(attention, ROWS, COLS), torch.randn(1, 3, ROWS * 4, COLS * 4)
    some = transfer(overlap, skip, ROWS, COLS, part(window, valid, extra=1))
    torch.testing.assert_close(window.cut(some, 4), window.cut(transfer(overlap, skip, ROWS, COLS), 4))
