"""Tiles and packed MLPs against their definitions, written out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.nn.tile_mlp import PackedMlp, TileGrid, from_tiles, place_encoding, to_tiles, touched_tiles


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_cutting_and_pasting_tiles_are_inverse(tile: int, rows: int, cols: int, batch: int) -> None:
    grid = TileGrid(tile, rows, cols)
    image = torch.arange(batch * 3 * grid.height * grid.width).float()
    image = image.reshape(batch, 3, grid.height, grid.width)
    tiles = to_tiles(image, grid)
    assert torch.equal(from_tiles(tiles, grid), image)
    last = tiles[-1].reshape(tile, tile, 3).permute(2, 0, 1)
    assert torch.equal(last, image[-1, :, -tile:, -tile:])


def test_touched_tiles_are_those_with_a_hole_pixel() -> None:
    mask = torch.zeros(2, 1, 8, 12)
    mask[0, 0, 3, 4] = 1
    mask[1, 0, 4:, 8:] = 1
    assert touched_tiles(mask, TileGrid(4, 2, 3)).tolist() == [1, 11]
    assert touched_tiles(torch.zeros(1, 1, 8, 12), TileGrid(4, 2, 3)).tolist() == []


def test_packed_mlp_is_bias_then_weights_layer_by_layer() -> None:
    mlp = PackedMlp((4, 5, 3))
    assert mlp.length == 5 + 4 * 5 + 3 + 5 * 3
    packed, positions = torch.randn(2, mlp.length), torch.randn(7, 4)
    for tile, vector in enumerate(packed):
        b1, w1, b2, w2 = vector.split([5, 20, 3, 15])
        hidden = torch.nn.functional.leaky_relu(positions @ w1.reshape(4, 5) + b1, 0.01)
        expected = torch.tanh(hidden @ w2.reshape(5, 3) + b2)
        torch.testing.assert_close(mlp(packed, positions)[tile], expected)


@pytest.mark.parametrize(("tiles", "tile"), [(1, 2), (7, 8), (300, 8), (3, 100)])
def test_chunked_evaluation_gives_the_same_values(tiles: int, tile: int) -> None:
    mlp = PackedMlp((4, 16, 16, 3))
    packed, positions = torch.randn(tiles, mlp.length), torch.randn(tile * tile, 4)
    torch.testing.assert_close(mlp.in_chunks(packed, positions), mlp(packed, positions))


def test_every_tile_may_have_inputs_of_its_own() -> None:
    mlp = PackedMlp((4, 8, 3))
    packed, inputs = torch.randn(300, mlp.length), torch.randn(300, 64, 4)
    before = inputs.clone()
    together = mlp(packed, inputs)
    torch.testing.assert_close(mlp.in_chunks(packed, inputs), together)
    torch.testing.assert_close(mlp(packed[7:8], inputs[7])[0], together[7])
    assert torch.equal(inputs, before)


def test_chosen_tiles_are_cut_alone() -> None:
    grid, image = TileGrid(4, 2, 3), torch.randn(2, 5, 8, 12)
    chosen = torch.tensor([11, 0, 4])
    assert torch.equal(to_tiles(image, grid, chosen), to_tiles(image, grid)[chosen])


def test_places_are_points_of_two_circles() -> None:
    encoding = place_encoding(torch.tensor([0.0, 0.25]), torch.tensor([0.5, 0.125])).reshape(2, 2, 4)
    half = math.sqrt(0.5)
    assert encoding[0, 1].tolist() == pytest.approx([0, 1, -1, 0], abs=1e-6)
    assert encoding[1, 0].tolist() == pytest.approx([1, 0, half, half], abs=1e-6)
