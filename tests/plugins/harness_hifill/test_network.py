"""The network's laws, on a small configuration; its sizes, on the official and the mini one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness_hifill.network import MINI, REACH, Gated, HiFill, HiFillConfig

TINY = HiFillConfig(width=4, size=64, coarse_rates=(1, 2))


def _network(config: HiFillConfig = TINY) -> HiFill:
    torch.manual_seed(0)
    network = HiFill(config).eval()
    for unit in network.modules():
        if isinstance(unit, Gated):
            torch.nn.init.normal_(unit.feat.weight, std=2.4 * unit.feat.weight[0].numel() ** -0.5)
    return network


def _batch(count: int = 2, height: int = 96, width: int = 128) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(count, 1, height, width)
    for index in range(count):
        mask[index, :, 20 + 10 * index : 70, 33:60] = 1
    return torch.rand(count, 3, height, width, generator=generator) * 2 - 1, mask


def test_official_and_mini_sizes() -> None:
    official = HiFill()
    assert sum(p.numel() for p in official.parameters()) == 2_722_791
    assert len(official.state_dict()) == 192
    assert sum(p.numel() for p in HiFill(MINI).parameters()) <= 2_000_000


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 127), min_size=4, max_size=4), st.sampled_from(["none", "smooth"]))
def test_filling_a_window_equals_the_whole_network_around_any_hole(corners: list[int], base: str) -> None:
    top, bottom, left, right = *sorted(corners[:2]), *sorted(corners[2:])
    image, mask = _batch(1, 128, 128)
    mask = torch.zeros_like(mask)
    mask[..., top : bottom + 1, left : right + 1] = 1
    network = _network(HiFillConfig(width=4, size=128, coarse_rates=(1, 2), base=base))  # type: ignore[arg-type]
    whole, window = network(image, mask), network.fill(image, mask)
    near = F.max_pool2d(mask, 2 * REACH + 1, 1, REACH) > 0
    torch.testing.assert_close(whole.refined * near, window.refined * near, atol=2e-5, rtol=0)
    torch.testing.assert_close(whole.attention, window.attention)
    assert whole.refined.std() > 0.05


def test_a_batch_is_its_samples_one_by_one() -> None:
    network, (image, mask) = _network(), _batch(3)
    for whole in (network(image, mask), network.fill(image, mask)):
        for index in range(3):
            alone = network(image[index : index + 1], mask[index : index + 1]).refined
            hole = mask[index : index + 1]
            torch.testing.assert_close(whole.refined[index : index + 1] * hole, alone * hole, atol=2e-5, rtol=0)


def test_nothing_under_the_hole_is_read() -> None:
    network, (image, mask) = _network(), _batch()
    blank = image.masked_fill(mask > 0, torch.nan)
    assert torch.equal(network(blank, mask).refined, network(image, mask).refined)
    assert torch.equal(network.fill(blank, mask).refined, network.fill(image, mask).refined)


def test_attention_looks_at_cells_without_a_hole_near_and_nowhere_else() -> None:
    network, (image, mask) = _network(), _batch(1, 128, 128)
    attention = network(image, mask).attention[0].view(64, 8, 8)
    touched = F.max_pool2d(F.max_pool2d(mask, 16), 3, 1, 1)[0, 0] > 0
    assert torch.equal(attention.sum(0) == 0, touched)
    assert (attention.sum((1, 2)) <= 1 + 1e-5).all()


def test_smooth_start_is_the_smooth_fill_and_gradients_reach_every_weight() -> None:
    network, (image, mask) = HiFill(HiFillConfig(width=4, size=64, coarse_rates=(1, 2), base="smooth")), _batch()
    stages = network(image, mask)
    torch.testing.assert_close(stages.coarse, smooth_fill(image, mask))
    torch.testing.assert_close(stages.refined, smooth_fill(image, mask))
    network = _network()
    stages = network(image, mask)
    (stages.coarse.square().mean() + stages.refined.square().mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_empty_and_full_holes() -> None:
    network, (image, mask) = _network(), _batch()
    for hole in (torch.zeros_like(mask), torch.ones_like(mask)):
        assert network(image, hole).refined.isfinite().all()
        torch.testing.assert_close(network.fill(image, hole).refined, network(image, hole).refined)


def test_sizes_that_do_not_fit_are_refused() -> None:
    network = _network()
    with pytest.raises(ValueError, match="multiples of 16"):
        network(torch.zeros(1, 3, 60, 64), torch.zeros(1, 1, 60, 64))
    with pytest.raises(ValueError, match="does not fit"):
        network.fill(torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 32))


@pytest.mark.parametrize("wrong", [{"size": 100}, {"base": "mean"}])
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HiFillConfig(**wrong)  # type: ignore[arg-type]
