"""Guided upsampling: reduced without a leak, matched small, copied large."""

from __future__ import annotations

import pytest
import torch

from harness_icfgu.upsampling import enlarge, guided, match, reduce


def test_reducing_reads_nothing_of_a_hole_and_blanks_its_blocks() -> None:
    torch.manual_seed(0)
    image, mask = torch.rand(1, 3, 12, 12), torch.zeros(1, 1, 12, 12)
    mask[..., 5, 5] = 1
    small, small_mask = reduce(image * (1 - mask), mask, 3)
    assert small.shape == (1, 3, 4, 4)
    assert small_mask.sum() == small_mask[..., 1, 1] == 1
    assert (small[..., 1, 1] == 0).all()
    torch.testing.assert_close(small[..., 0, 0], image[..., :3, :3].mean((2, 3)))


def _striped(scale: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two halves of different colour and texture; a hole in the right one, whose low-resolution fill is exact."""
    side = 32 * scale
    columns = torch.arange(side)
    right = (columns >= side // 2).float().expand(3, side, side)
    texture = 0.2 * torch.where(columns % scale < scale // 2, 1.0, -1.0).expand(3, side, side)
    truth = (right - 0.5 + right * texture)[None]
    mask = torch.zeros(1, 1, side, side)
    mask[..., side // 4 : side // 2, 3 * side // 4 :] = 1
    small, small_mask = reduce(truth * (1 - mask), mask, scale)
    whole = torch.nn.functional.avg_pool2d(truth, scale)
    return truth, mask, torch.where(small_mask > 0, whole, small), small_mask


@pytest.mark.parametrize("scale", [2, 4])
def test_texture_is_copied_from_where_the_colours_agree(scale: int) -> None:
    truth, mask, small, small_mask = _striped(scale)
    high = truth * (1 - mask)
    made, plain = guided(high, mask, small, small_mask, scale), enlarge(small, scale)
    inside = (mask > 0).expand_as(truth)
    # a hand's breadth from the hole's edge every copied patch is whole
    assert (made - truth)[inside].abs().mean() < 0.25 * (plain - truth)[inside].abs().mean()
    assert torch.equal(guided(high.masked_fill(mask > 0, 0.9), mask, small, small_mask, scale), made)


def test_the_nearest_known_patch_is_found() -> None:
    torch.manual_seed(0)
    small, mask = torch.rand(3, 24, 24), torch.zeros(1, 24, 24)
    small[:, 8:16, 8:16] = small[:, 0:8, 16:24] + 0.01
    mask[:, 10:14, 10:14] = 1
    found = match(small, mask)
    assert found is not None
    queries, keys = found
    assert set(queries.tolist()) == {6, 7, 8, 11, 12, 13, 16, 17, 18}  # of a grid of 5 × 5 patches
    assert keys[queries == 12].item() == 4
    assert not set(keys.tolist()) & set(queries.tolist())


def test_a_picture_with_nothing_to_copy_is_only_enlarged() -> None:
    small, mask = torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    high, high_mask = torch.zeros(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    assert torch.equal(guided(high, high_mask, small, mask, 2), enlarge(small, 2))
    empty = torch.zeros_like(mask)
    assert torch.equal(guided(high, torch.zeros_like(high_mask), small, empty, 2), enlarge(small, 2))
