"""ICF-GU as the harness calls it: any size, exact known pixels, rounds that are told, strict and safe loading."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter, LoadedWeights, Setup
from harness.testing import leak
from harness_icfgu.method import IcfguInpainter, load_network
from harness_icfgu.network import IcfguConfig, TwoStage

TINY = IcfguConfig(width=4, fold=2, base="smooth")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> LoadedWeights:
    """A tiny random network whose confidence lies on both sides of a half."""
    torch.manual_seed(0)
    network = TwoStage(TINY)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=2 * layer.weight[0].numel() ** -0.5)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(network.state_dict(), path, metadata={"harness": json.dumps({"network": asdict(TINY)})})
    return LoadedWeights("tiny", "mini", path, "")


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    image = torch.rand(count, 3, height, width, generator=generator)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 :, : width // 2 + 1] = 1
    return Batch(tuple(map(str, range(count))), image=image, mask=mask)


def _fill(method: IcfguInpainter, image: Tensor, mask: Tensor) -> Tensor:
    return method.inpaint(Batch(("a",) * len(image), image=image, mask=mask)).image


@pytest.mark.parametrize("upsample", ["guided", "bicubic"])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 64), (37, 150), (201, 64)])
def test_any_size_comes_back_with_its_known_pixels(
    weights: LoadedWeights, size: tuple[int, int], upsample: str
) -> None:
    method, batch = IcfguInpainter(Setup(weights=weights), working=64, upsample=upsample), _batch(*size, count=2)
    assert isinstance(method, Inpainter)
    answer = method.inpaint(batch)
    assert answer.image.shape == batch.image.shape
    assert torch.equal(answer.image * (1 - batch.mask), batch.image * (1 - batch.mask))
    assert 0 <= answer.image.min() <= answer.image.max() <= 1
    assert answer.facts["scale"] == [max(1, round(max(size) / 64))] * 2
    if min(size) > 1:
        assert not torch.equal(answer.image, batch.image)
    for confidence in answer.maps.values():
        assert confidence.shape == batch.mask.shape


def test_rounds_are_told_and_trust_only_what_is_above_the_threshold(weights: LoadedWeights) -> None:
    method, batch = IcfguInpainter(Setup(weights=weights), rounds=3), _batch(64, 64)
    answer = method.inpaint(batch)
    assert list(answer.maps) == ["confidence1", "confidence2", "confidence3"]
    (rounds,), (trusted,) = answer.facts["rounds"], answer.facts["trusted"]
    assert rounds == 3
    hole, kept = batch.mask > 0, 0
    for confidence in answer.maps.values():
        assert (confidence[~hole] == 1).all()
        kept += int(((confidence > 0.5) & hole).sum())
        hole = hole & ~(confidence > 0.5)
    assert 0 < trusted < 1
    assert trusted == pytest.approx(kept / float(batch.mask.sum()))
    assert IcfguInpainter(Setup(weights=weights), rounds=1).inpaint(batch).facts["rounds"] == [1]
    nothing = method.inpaint(Batch(("a",), image=batch.image, mask=0 * batch.mask))
    assert nothing.facts["rounds"] == [0]
    assert list(nothing.maps) == list(answer.maps)  # what a sample is told does not depend on others of its batch
    assert all((confidence == 1).all() for confidence in nothing.maps.values())


def test_guidance_and_rounds_change_the_fill(weights: LoadedWeights) -> None:
    batch = _batch(128, 128)
    fills = [
        IcfguInpainter(Setup(weights=weights), working=64, **chosen).inpaint(batch).image
        for chosen in ({}, {"upsample": "bicubic"}, {"rounds": 1}, {"threshold": 0.6})
    ]
    assert all(not torch.equal(fills[0], other) for other in fills[1:])


@pytest.mark.parametrize("side", [(150, 90), (60, 44)])
def test_the_hole_s_content_is_never_used(weights: LoadedWeights, side: tuple[int, int]) -> None:
    method, batch = IcfguInpainter(Setup(weights=weights), working=64), _batch(*side)
    for content in (1.0, torch.nan):
        other = batch.image.masked_fill(batch.mask > 0, content)
        assert torch.equal(_fill(method, other, batch.mask), _fill(method, batch.image, batch.mask))
    assert max(side) > 64 or leak(method, _batch(*side, count=2)).passed


def test_a_batch_equals_its_samples(weights: LoadedWeights) -> None:
    method, batch = IcfguInpainter(Setup(weights=weights)), _batch(70, 100, count=3)
    batch.mask[1, :, :40] = 1
    together = method.inpaint(batch).image
    alone = torch.cat([_fill(method, batch.image[i : i + 1], batch.mask[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_empty_full_and_soft_masks(weights: LoadedWeights) -> None:
    method, batch = IcfguInpainter(Setup(weights=weights), working=32), _batch(64, 80)
    assert torch.equal(_fill(method, batch.image, torch.zeros_like(batch.mask)), batch.image)
    assert _fill(method, batch.image, torch.ones_like(batch.mask)).isfinite().all()
    assert torch.equal(_fill(method, batch.image, 0.3 * batch.mask), _fill(method, batch.image, batch.mask))


def test_what_cannot_be_is_one_clear_error(weights: LoadedWeights) -> None:
    method, image = IcfguInpainter(Setup(weights=weights)), torch.zeros(1, 3, 8, 8)
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        method.inpaint(Batch(("a",), image=image))
    with pytest.raises(HarnessError, match="8×8, its mask 9×8"):
        method.inpaint(Batch(("a",), image=image, mask=torch.zeros(1, 1, 8, 9)))
    for wrong, words in (
        ({"rounds": 0}, "rounds=0"),
        ({"threshold": 1.5}, "threshold=1.5"),
        ({"working": 8}, "working=8"),
    ):
        with pytest.raises(HarnessError, match=words):
            IcfguInpainter(Setup(weights=weights), **wrong)


def test_random_weights_are_full_size_and_the_same_every_time() -> None:
    before = torch.random.get_rng_state()
    first, second = (IcfguInpainter(Setup()).network for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.config == IcfguConfig()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("nothing")
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    odd = {"harness": json.dumps({"network": {"depth": 3}})}
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=odd)
    torch.save({"x": Path("a")}, tmp_path / "pickle.pth")
    for name in ("text.safetensors", "bare.safetensors", "odd.safetensors", "pickle.pth"):
        with pytest.raises(HarnessError, match=name):
            load_network(tmp_path / name)
