"""The network's laws, on a small configuration; its sizes, on the official and the mini one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.nn.smooth_fill import smooth_fill
from harness_coordfill.network import MINI, CoordFill, CoordFillConfig

TINY = CoordFillConfig(ngf=16, blocks=2, mlp_width=8, mlp_layers=3, encoder_size=64)


def _network(**changes: object) -> CoordFill:
    torch.manual_seed(0)
    fields = {name: getattr(TINY, name) for name in TINY.__dataclass_fields__}
    return CoordFill(CoordFillConfig(**(fields | changes))).eval()


def _batch(count: int = 2, side: int = 128) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(count, 1, side, side)
    for index in range(count):
        mask[index, :, 20 + 10 * index : 70, 33:90] = 1
    return torch.rand(count, 3, side, side, generator=generator) * 2 - 1, mask


def test_official_and_mini_sizes() -> None:
    official = CoordFill()
    assert sum(p.numel() for p in official.parameters()) == 31_637_010
    assert len(official.state_dict()) == 272
    mini = CoordFill(MINI)
    assert sum(p.numel() for p in mini.parameters()) <= 2_000_000
    assert len(mini.state_dict()) == 272


@pytest.mark.parametrize("base", ["none", "pyramid"])
def test_training_inference_and_all_pixels_agree_in_the_hole(base: str) -> None:
    network, (image, mask) = _network(base=base), _batch()
    torch.nn.init.normal_(network.asap.linear.weight, std=0.05)
    fast, slow = network.fill(image, mask), network(image, mask)
    torch.testing.assert_close(fast.composite, slow.composite, atol=1e-5, rtol=0)
    torch.testing.assert_close(fast.raw, slow.raw, atol=1e-5, rtol=0)
    everywhere = torch.where(mask > 0, network.all_pixels(image, mask), image)
    torch.testing.assert_close(everywhere, slow.composite, atol=1e-5, rtol=0)
    assert torch.equal(slow.composite * (1 - mask), image * (1 - mask))
    assert (slow.composite - slow.base)[mask.expand_as(image) > 0].abs().mean() > 0.01


def test_a_batch_is_its_samples_one_by_one() -> None:
    network, (image, mask) = _network(), _batch(3)
    together = network(image, mask).composite
    for index in range(3):
        alone = network(image[index : index + 1], mask[index : index + 1]).composite
        torch.testing.assert_close(together[index : index + 1], alone, atol=1e-5, rtol=0)


def test_only_the_faithful_order_lets_the_hole_leak() -> None:
    network, (image, mask) = _network(), _batch()
    other = torch.where(mask > 0, -image, image)
    assert torch.equal(network(image, mask).composite, network(other, mask).composite)
    blank = image.masked_fill(mask > 0, torch.nan)
    assert torch.equal(network(blank, mask).composite, network(image, mask).composite)
    leaks = network(image, mask, faithful=True).composite - network(other, mask, faithful=True).composite
    assert leaks.abs().max() > 1e-4


def test_gradients_reach_every_living_weight() -> None:
    network, (image, mask) = _network(), _batch()
    network(image, mask).composite.square().mean().backward()
    for name, parameter in network.named_parameters():
        if ".bn" in name:
            assert parameter.grad is None
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_inference_mode_before_training_does_no_harm() -> None:
    network, (image, mask) = _network(min_tile=11), _batch(side=352)
    with torch.inference_mode():
        network.fill(image, mask)
    network(image, mask).composite.sum().backward()


def test_norms_are_dead() -> None:
    network, (image, mask) = _network(), _batch()
    before = network(image, mask).composite
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.constant_(module.weight, 7)
            module.running_var.fill_(3)
    assert torch.equal(before, network.train()(image, mask).composite)


def test_pyramid_starts_at_the_smooth_fill_and_can_leave_it() -> None:
    network, (image, mask) = _network(base="pyramid"), _batch()
    fill = network(image, mask)
    assert torch.equal(fill.composite, smooth_fill(image, mask))
    assert torch.equal(fill.base, smooth_fill(image, mask))
    fill.composite.sum().backward()
    last = network.mlp.sizes[-1]
    assert network.asap.linear.weight.grad[-last:].abs().sum() > 0


def test_empty_and_full_holes() -> None:
    network, (image, mask) = _network(), _batch()
    assert torch.equal(network(image, torch.zeros_like(mask)).composite, image)
    full = network(image, torch.ones_like(mask))
    assert torch.equal(full.composite, full.raw)
    assert full.composite.isfinite().all()
    mixed = mask.clone()
    mixed[0] = 0
    assert torch.equal(network(image, mixed).composite[0], image[0])


def test_small_tiles_enlarge_and_a_minimum_tile_keeps_the_scale() -> None:
    assert _network().layout(32, 32).encoder_size == (64, 64)
    assert _network(min_tile=8).layout(32, 32).encoder_size == (32, 32)
    assert _network(min_tile=8).layout(128, 96) == (16, 8, 6)


@pytest.mark.parametrize(("height", "width"), [(130, 128), (128, 127)])
def test_sizes_that_need_padding_are_refused_with_the_size_to_pad_to(height: int, width: int) -> None:
    network = _network()
    with pytest.raises(ValueError, match="pad to"):
        network(torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width))


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        _network()(torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 32))


@pytest.mark.parametrize("wrong", [{"encoder_size": 100}, {"base": "mean"}])
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CoordFillConfig(**wrong)  # type: ignore[arg-type]
