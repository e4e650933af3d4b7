"""Winograd's convolution is the direct one, at any size, dilation and number of channels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from harness.nn.winograd import Side, prepared, winograd_conv2d

BOUNDS: dict[Side, float] = {2: 1e-5, 4: 5e-5}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 5), st.integers(1, 21), st.integers(1, 21),
    st.sampled_from([1, 2, 3, 8]), st.sampled_from([2, 4]), st.integers(0, 99),
)  # fmt: skip
def test_it_is_the_direct_convolution(
    count: int, into: int, out: int, height: int, width: int, rate: int, side: Side, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    padded = torch.rand(count, into, height + 2 * rate, width + 2 * rate, generator=generator) * 2 - 1
    weight, bias = torch.randn(out, into, 3, 3, generator=generator), torch.randn(out, generator=generator)
    expected = F.conv2d(padded.double(), weight.double(), bias.double(), dilation=rate)
    found = winograd_conv2d(padded, prepared(weight, bias, side), rate)
    assert found.shape == expected.shape
    torch.testing.assert_close(found.double(), expected, atol=BOUNDS[side], rtol=0)


@pytest.mark.parametrize("side", [2, 4])
def test_it_multiplies_less_and_knows_both_formats(side: Side) -> None:
    torch.manual_seed(0)
    padded, weight, bias = torch.randn(2, 8, 18, 18), torch.randn(4, 8, 3, 3), torch.zeros(4)
    kernel = prepared(weight, bias, side)
    assert kernel.values.shape == ((side + 2) ** 2, 8, 4)
    tiles = (16 // side) ** 2
    assert len(kernel.values) * tiles < 9 * 16 * 16 / 2
    found = winograd_conv2d(padded, kernel)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found, winograd_conv2d(padded.contiguous(memory_format=torch.channels_last), kernel))
