"""The pixelwise network's laws on small configurations; its sizes, tent filter, places and checkpoints."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness.nn.tile_mlp import to_tiles, touched_tiles
from harness_asapnet.config import FACADES, INPAINT, MINI, MINI_INPAINT, AsapNetConfig, config_of, tile_for
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.network import AsapNet, bare_network, octave_encoding, tent_kernel, tent_reduce

TINY = AsapNetConfig(4, 8, 4, lr_width=6, lr_max_width=12, lr_depth=2, hr_width=8, hr_depth=3)


def _inpaint(**changes: object) -> AsapInpaint:
    torch.manual_seed(0)
    return AsapInpaint(replace(TINY, **changes)).eval()


def _hole(count: int = 2, height: int = 64, width: int = 80) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(count, 1, height, width)
    for index in range(count):
        mask[index, :, 10 + 9 * index : 37, 13:50] = 1
    return torch.rand(count, 3, height, width, generator=generator) * 2 - 1, mask


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (FACADES, 82_007_363),
        (INPAINT, 81_411_779),
        (replace(FACADES, tile=tile_for(256)), 81_744_963),
        (AsapNetConfig(35, tile_for(512, 2), reflection_pad=False, instance_edge=True), 83_201_411),
    ],
)
def test_official_sizes_and_what_a_checkpoint_says_of_itself(config: AsapNetConfig, parameters: int) -> None:
    network = bare_network(config, AsapNet)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert len(network.state_dict()) == 38
    assert config_of(network.state_dict()) == config


def test_official_channels() -> None:
    assert [tile_for(side) for side in (256, 512, 1024)] == [16, 32, 64]
    assert FACADES.mlp_channels == (33, 64, 64, 64, 64, 3)
    cityscapes = AsapNetConfig(35, 16, reflection_pad=False, instance_edge=True)
    assert bare_network(cityscapes, AsapNet).mlp.length == 16_003
    assert bare_network(replace(FACADES, tile=64), AsapNet).mlp.length == 15_107


def test_a_foreign_state_dict_belongs_to_nothing() -> None:
    with pytest.raises(ValueError, match="no low-resolution stream"):
        config_of({"x": torch.zeros(2)})
    state = dict(bare_network(TINY, AsapNet).state_dict())
    with pytest.raises(ValueError, match="4 input channels"):
        config_of(state)


@pytest.mark.parametrize("config", [MINI, MINI_INPAINT])
def test_small_configurations_are_small(config: AsapNetConfig) -> None:
    assert sum(p.numel() for p in AsapNet(config).parameters()) <= 2_000_000


@pytest.mark.parametrize("factor", [2, 4])
def test_the_tent_filter_is_a_convolution_with_a_triangle(factor: int) -> None:
    kernel = tent_kernel(factor)
    assert kernel.tolist() == pytest.approx([k / (2 * factor**2) for k in [*range(1, 2 * factor, 2)][:]] + [
        k / (2 * factor**2) for k in range(2 * factor - 1, 0, -2)
    ])  # fmt: skip
    image = torch.randn(2, 3, 16, 24)
    small = tent_reduce(image, kernel)
    assert small.shape == (2, 3, 16 // factor, 24 // factor)
    padded = F.pad(image, [factor // 2] * 4, mode="reflect")
    window = padded[1, 2, factor : 3 * factor, 2 * factor : 4 * factor]
    torch.testing.assert_close(small[1, 2, 1, 2], kernel @ window @ kernel)


def test_places_turn_once_in_the_tile_twice_in_half_of_it() -> None:
    encoding = octave_encoding(8).reshape(8, 8, 12)
    for y, x in ((0, 0), (3, 5), (7, 2)):
        turns = [(place % period) / period * 2 * math.pi for period in (8, 4, 2) for place in (x, y)]
        expected = [wave(angle) for angle in turns for wave in (math.cos, math.sin)]
        assert encoding[y, x].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("residual", [True, False])
def test_hole_tiles_equal_all_pixels_there(reflect: bool, residual: bool) -> None:
    network, (image, mask) = _inpaint(reflection_pad=reflect, residual=residual), _hole()
    torch.nn.init.normal_(network.lowres_stream.head.weight, std=0.1)
    everywhere = network.all_pixels(image, mask)
    grid = network.grid(64, 80)
    touched = touched_tiles(mask, grid)
    for raw in (network(image, mask), network.fill(image, mask)):
        torch.testing.assert_close(to_tiles(raw, grid, touched), to_tiles(everywhere, grid, touched), atol=1e-4, rtol=0)
        untouched = F.max_pool2d(mask, grid.tile).repeat_interleave(8, 2).repeat_interleave(8, 3) == 0
        assert torch.equal(raw * untouched, network.prepared(image, mask)[:, :3] * untouched)
    assert (everywhere - network.prepared(image, mask)[:, :3]).abs().mean() > 0.01


def test_a_residual_network_starts_at_the_smooth_fill_and_learns_to_leave_it() -> None:
    network, (image, mask) = _inpaint(residual=True), _hole()
    raw = network(image, mask)
    assert torch.equal(torch.where(mask > 0, raw, image), smooth_fill(image, mask))
    raw.sum().backward()
    assert network.lowres_stream.head.weight.grad[-network.mlp.sizes[-1] :].abs().sum() > 0


def test_the_hole_s_content_is_never_read() -> None:
    network, (image, mask) = _inpaint(residual=True), _hole()
    blank = image.masked_fill(mask > 0, torch.nan)
    assert torch.equal(network.fill(blank, mask), network.fill(image, mask))


def test_instance_edges_do_not_reach_the_mlps() -> None:
    torch.manual_seed(0)
    network = AsapNet(replace(TINY, instance_edge=True)).eval()
    inputs = torch.rand(1, 5, 32, 32)
    network(inputs).sum().backward()
    assert network.lowres_stream.model[1][0].weight.shape[1] == 5
    assert network.pixel_inputs(inputs, network.grid(32, 32)).shape[-1] == 4 + TINY.encoding_channels


def test_sizes_that_need_padding_are_refused_with_the_size_to_pad_to() -> None:
    with pytest.raises(ValueError, match="pad to 16x16"):
        AsapNet(TINY)(torch.zeros(1, 4, 8, 15))


@pytest.mark.parametrize("wrong", [{"tile": 12}, {"learned_factor": 1}, {"learned_factor": 16}])
def test_impossible_configurations_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(TINY, **wrong)
    with pytest.raises(ValueError, match="RGB and a mask"):
        AsapInpaint(FACADES)
