"""Layouts and positions against their definitions, written out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_coordfill.coordinates import layout_for, positional_encoding

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
