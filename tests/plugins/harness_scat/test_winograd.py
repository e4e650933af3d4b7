"""Winograd's convolution is the direct one, at any size and number of channels."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from harness_scat.winograd import SIDE, TILE, prepared, winograd_conv2d

BOUND = 5e-5


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 5), st.integers(1, 21), st.integers(1, 21), st.integers(0, 99)
)
def test_it_is_the_direct_convolution(count: int, into: int, out: int, height: int, width: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    padded = torch.rand(count, into, height + 2, width + 2, generator=generator) * 2 - 1
    weight, bias = torch.randn(out, into, 3, 3, generator=generator), torch.randn(out, generator=generator)
    expected = F.conv2d(padded.double(), weight.double(), bias.double())
    found = winograd_conv2d(padded, prepared(weight, bias))
    assert found.shape == expected.shape
    torch.testing.assert_close(found.double(), expected, atol=BOUND, rtol=0)


def test_it_multiplies_less_and_knows_both_formats() -> None:
    torch.manual_seed(0)
    padded, weight, bias = torch.randn(2, 8, 18, 18), torch.randn(4, 8, 3, 3), torch.zeros(4)
    kernel = prepared(weight, bias)
    assert kernel.values.shape == (TILE**2, 8, 4)
    assert len(kernel.values) * (16 // SIDE) ** 2 < 9 * 16 * 16 / 2
    found = winograd_conv2d(padded, kernel)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found, winograd_conv2d(padded.contiguous(memory_format=torch.channels_last), kernel))
