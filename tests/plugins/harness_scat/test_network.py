"""Laws of SCAT's generator and discriminator on small configurations; their sizes on the official ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.nn.smooth_fill import smooth_fill
from harness_scat.discriminator import UnetDiscriminator
from harness_scat.network import MINI, Generator, ScatConfig

TINY = ScatConfig(width=4, blocks=2)
SMOOTH = ScatConfig(width=4, blocks=2, base="smooth")


def _network(config: ScatConfig = TINY) -> Generator:
    torch.manual_seed(0)
    return Generator(config).eval()


def _batch(count: int = 2, height: int = 64, width: int = 48) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(count, 1, height, width)
    for index in range(count):
        mask[index, :, 10 + 5 * index : 40, 13:40] = 1
    return torch.rand(count, 3, height, width, generator=generator) * 2 - 1, mask


def test_official_and_mini_sizes() -> None:
    official = Generator()
    assert sum(p.numel() for p in official.parameters()) == 15_200_835
    assert len(official.state_dict()) == 108
    assert sum(p.numel() for p in Generator(MINI).parameters()) <= 2_000_000
    assert sum(p.numel() for p in UnetDiscriminator().parameters()) == 27_951_106


@pytest.mark.parametrize("config", [TINY, SMOOTH])
def test_the_hole_is_never_read(config: ScatConfig) -> None:
    network, (image, mask) = _network(config), _batch()
    torch.nn.init.normal_(network.decoder[-1].weight, std=0.1)
    filled = network(image, mask)
    assert torch.equal(filled, network(image.masked_fill(mask > 0, torch.nan), mask))
    assert not torch.equal(filled, network(image.roll(1, 2), mask))


def test_a_batch_is_its_samples_one_by_one() -> None:
    network, (image, mask) = _network(), _batch(3)
    alone = torch.cat([network(image[i : i + 1], mask[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(network(image, mask), alone, atol=1e-5, rtol=0)


def test_the_gate_sees_the_whole_map() -> None:
    network, (image, mask) = _network(), _batch(1, 160, 160)
    far = image.clone()
    far[..., -1, -1] = 1 - far[..., -1, -1]
    changed = (network.stages(image, mask).blocks[0] - network.stages(far, mask).blocks[0]).abs()
    assert changed[..., 0, 0].max() > 0


def test_the_smooth_base_starts_at_the_smooth_fill_and_can_leave_it() -> None:
    network, (image, mask) = _network(SMOOTH), _batch()
    filled = network(image, mask)
    assert torch.equal(filled, smooth_fill(image, mask))
    filled.sum().backward()
    gradient = network.decoder[-1].weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize(("height", "width"), [(66, 64), (64, 32)])
def test_sizes_that_do_not_fit_are_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        _network()(torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width))


@pytest.mark.parametrize("wrong", [{"width": 0}, {"blocks": 0}, {"base": "mean"}])
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ScatConfig(**wrong)  # type: ignore[arg-type]


def test_the_discriminator_judges_pixels_and_pictures_of_any_multiple_of_64() -> None:
    torch.manual_seed(0)
    critic = UnetDiscriminator(4).eval()
    image = torch.randn(2, 3, 64, 128)
    judged = critic(image)
    assert judged.segmented().shape == (2, 1, 64, 128)
    assert [tuple(m.shape[1:]) for m in judged.maps[:2]] == [(4, 32, 64), (8, 16, 32)]
    assert judged.whole.shape == (2, 1)
    short = critic(image, segment=False)
    assert torch.equal(short.pooled, judged.pooled)
    with pytest.raises(ValueError, match="not asked for"):
        short.segmented()


def test_training_brings_the_largest_singular_value_to_one_and_eval_keeps_it() -> None:
    torch.manual_seed(0)
    critic = UnetDiscriminator(4)
    layer = critic.linear_middle
    with torch.no_grad():
        layer.weight_orig.mul_(7)
    image = torch.randn(1, 3, 64, 64)
    for _ in range(3):
        critic(image, segment=False)
    assert torch.linalg.matrix_norm(layer.weight(), 2).item() == pytest.approx(1, abs=1e-4)
    before = {name: value.clone() for name, value in critic.eval().state_dict().items()}
    critic(image)
    assert all(torch.equal(value, before[name]) for name, value in critic.state_dict().items())


def test_two_forwards_of_the_discriminator_can_share_one_gradient() -> None:
    torch.manual_seed(0)
    critic = UnetDiscriminator(2)
    image = torch.randn(1, 3, 64, 64)
    (critic(image).whole - critic(-image).whole).sum().backward()
    assert all(p.grad is not None for name, p in critic.named_parameters() if name.startswith("blocks.0"))
