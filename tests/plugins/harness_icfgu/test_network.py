"""The network, its attention and its parts."""

from __future__ import annotations

import pytest
import torch

from harness_icfgu.attention import copy_blocks, hard, overlaps, paste, similarity
from harness_icfgu.network import LINEAGE, MINI, IcfguConfig, TwoStage
from harness_icfgu.train import small_network

TINY = IcfguConfig(width=4, fold=2, base="smooth")


def _hole(height: int, width: int) -> torch.Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., height // 4 : height // 2, width // 4 : width // 2] = 1
    return mask


@pytest.mark.parametrize(
    "config", [TINY, IcfguConfig(width=4), IcfguConfig(width=4, attention=False, confidence=False)]
)
def test_predictions_have_the_pictures_size(config: IcfguConfig) -> None:
    torch.manual_seed(0)
    image, mask = torch.rand(1, 3, 48, 64), _hole(48, 64)
    found = TwoStage(config)(image * (1 - mask), mask)
    assert found.coarse.shape == found.image.shape == image.shape
    cell = 4 * config.fold
    assert found.matched.shape == (1, 8, 48 // cell, 64 // cell)
    assert found.matched.min() >= 0
    if config.confidence:
        assert found.confidence is not None
        assert found.confidence.shape == mask.shape
        assert 0 < found.confidence.min() <= found.confidence.max() < 1
    else:
        assert found.confidence is None


def test_the_small_network_starts_at_the_smooth_fill_and_half_confidence() -> None:
    network = small_network()
    image, mask = torch.rand(1, 3, 32, 32), _hole(32, 32)
    found = network(image * (1 - mask), mask)
    assert torch.equal(found.image, network.start(image * (1 - mask), mask))
    assert found.confidence is not None
    assert torch.equal(found.confidence, torch.full_like(mask, 0.5))
    assert network.config == MINI
    assert sum(p.numel() for p in network.parameters()) < 2_000_000


def test_only_icf_gu_has_a_confidence_decoder_and_attention_has_no_weights() -> None:
    mine, lineage = (set(TwoStage(config).state_dict()) for config in (IcfguConfig(), LINEAGE))
    assert {key.split("1")[0] for key in mine - lineage} == {"confconv"}
    assert lineage < mine


@pytest.mark.parametrize("wrong", [{"width": 6}, {"width": 0}, {"fold": 0}, {"base": "pyramid"}])
def test_configurations_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        IcfguConfig(**wrong)  # type: ignore[arg-type]


def test_a_patch_is_most_alike_to_its_copy_among_the_known() -> None:
    torch.manual_seed(0)
    features = torch.randn(1, 4, 16, 16)
    features[..., 4:8, 4:8] = 3 * features[..., 8:12, 0:4]
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:8, 4:8] = 1
    similar = similarity(features, mask, size=4, stride=4, norm="patch")
    assert similar.shape == (1, 16, 4, 4)
    torch.testing.assert_close(similar.sum(1), torch.ones(1, 4, 4))
    assert similar[0, :, 1, 1].argmax() == 8  # third row, first column
    assert similar[0, 8, 1, 1] > 0.99
    pasted = paste(hard(similar), features, size=4, stride=4, mask=mask)
    assert torch.equal(pasted[..., 4:8, 4:8], features[..., 8:12, 0:4])
    large = torch.rand(1, 3, 32, 32)
    assert torch.equal(copy_blocks(similar, large)[..., 8:16, 8:16], large[..., 16:24, 0:8])


def test_overlaps_count_the_patches_of_a_pixel() -> None:
    cover = overlaps(8, 8, size=4, stride=2)[0, 0]
    assert cover[0, 0] == 1
    assert cover[4, 4] == 4
    assert cover.sum() == 9 * 16
