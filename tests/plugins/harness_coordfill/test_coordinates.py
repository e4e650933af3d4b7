"""Tiles, positions and packed MLPs against their definitions, written out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness_coordfill.coordinates import (
    PackedMlp,
    TileLayout,
    from_tiles,
    layout_for,
    positional_encoding,
    to_tiles,
    touched_tiles,
)

sides = st.integers(1, 5000)


@pytest.mark.parametrize("side", [256, 384, 512, 1024, 2048])
def test_official_sizes_get_the_official_layout(side: int) -> None:
    layout = layout_for(side, side, cells=32, min_tile=2)
    assert layout == (side // 32, 32, 32)
    assert layout.encoder_size == (256, 256)


@given(sides, sides, st.integers(2, 64), st.integers(2, 16))
def test_a_layout_covers_the_image_and_keeps_within_its_cells(h: int, w: int, cells: int, tile: int) -> None:
    layout = layout_for(h, w, cells=cells, min_tile=tile)
    assert h <= layout.height < max(h + layout.tile, 2 * layout.tile + 1)
    assert w <= layout.width < max(w + layout.tile, 2 * layout.tile + 1)
    assert max(layout.rows, layout.cols) <= cells
    assert layout.tile >= tile


def test_an_empty_image_is_refused() -> None:
    with pytest.raises(ValueError, match="0x5"):
        layout_for(0, 5, cells=32, min_tile=2)


@pytest.mark.parametrize("tile", [2, 8, 16, 64])
def test_positions_are_those_of_the_paper_s_code(tile: int) -> None:
    encoding = positional_encoding(tile).reshape(tile, tile, 4)
    stretch = 7 / 8 * tile / (tile - 1)
    for y, x in ((0, 0), (0, tile - 1), (tile - 1, 1), (tile // 2, tile // 3)):
        along_x, along_y = (2 * math.pi * p / tile * stretch for p in (x, y * stretch))
        expected = [math.cos(along_x), math.sin(along_x), math.cos(along_y), math.sin(along_y)]
        assert encoding[y, x].tolist() == pytest.approx(expected, abs=1e-6)


def test_a_tile_of_one_pixel_has_no_positions() -> None:
    with pytest.raises(ValueError, match="2 pixels"):
        positional_encoding(1)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_cutting_and_pasting_tiles_are_inverse(tile: int, rows: int, cols: int, batch: int) -> None:
    layout = TileLayout(tile, rows, cols)
    image = torch.arange(batch * 3 * layout.height * layout.width).float()
    image = image.reshape(batch, 3, layout.height, layout.width)
    tiles = to_tiles(image, layout)
    assert torch.equal(from_tiles(tiles, layout), image)
    last = tiles[-1].reshape(tile, tile, 3).permute(2, 0, 1)
    assert torch.equal(last, image[-1, :, -tile:, -tile:])


def test_touched_tiles_are_those_with_a_hole_pixel() -> None:
    mask = torch.zeros(2, 1, 8, 12)
    mask[0, 0, 3, 4] = 1
    mask[1, 0, 4:, 8:] = 1
    assert touched_tiles(mask, TileLayout(4, 2, 3)).tolist() == [1, 11]
    assert touched_tiles(torch.zeros(1, 1, 8, 12), TileLayout(4, 2, 3)).tolist() == []


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
    packed, positions = torch.randn(tiles, mlp.length), positional_encoding(tile)
    torch.testing.assert_close(mlp.in_chunks(packed, positions), mlp(packed, positions))
