"""HiFill as the harness calls it: any size, exact known pixels, strict and safe loading."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter, LoadedWeights, Setup
from harness.testing import leak
from harness_hifill import pipeline
from harness_hifill.method import HiFillInpainter, load_network
from harness_hifill.network import HiFill, HiFillConfig

TINY = HiFillConfig(width=4, size=32, coarse_rates=(1, 2))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> LoadedWeights:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(HiFill(TINY).state_dict(), path, metadata={"harness": json.dumps({"network": asdict(TINY)})})
    return LoadedWeights("tiny", "mini", path, "")


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    image = torch.rand(count, 3, height, width, generator=generator)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 : 2 * height // 3 + 1, : width // 2 + 1] = 1
    return Batch(tuple(map(str, range(count))), image=image, mask=mask)


def _fill(method: HiFillInpainter, image: Tensor, mask: Tensor) -> Tensor:
    return method.inpaint(Batch(("a",) * len(image), image=image, mask=mask)).image


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (32, 32), (37, 150), (200, 64), (64, 64)])
@pytest.mark.parametrize("variant", ["places2", "atlas"])
@pytest.mark.parametrize("faithful", [False, True])
def test_any_size_comes_back_with_its_known_pixels(
    weights: LoadedWeights, size: tuple[int, int], variant: str, faithful: bool
) -> None:
    method = HiFillInpainter(Setup(weights=weights), variant=variant, faithful=faithful)
    assert isinstance(method, Inpainter)
    batch = _batch(*size, count=2)
    answer = method.inpaint(batch)
    assert answer.image.shape == batch.image.shape
    assert torch.equal(answer.image * (1 - batch.mask), batch.image * (1 - batch.mask))
    assert 0 <= answer.image.min() <= answer.image.max() <= 1
    assert answer.facts["times"] == [max(1, -(-max(size) // 32))] * 2
    if min(size) > 1:
        assert not torch.equal(answer.image, batch.image)


@pytest.mark.parametrize("variant", ["places2", "atlas"])
def test_the_hole_s_content_is_never_used(weights: LoadedWeights, variant: str) -> None:
    method, batch = HiFillInpainter(Setup(weights=weights), variant=variant), _batch(150, 90)
    for content in (0.0, 1.0, torch.nan):
        other = batch.image.masked_fill(batch.mask > 0, content)
        assert torch.equal(_fill(method, other, batch.mask), _fill(method, batch.image, batch.mask))


def test_the_harness_s_leak_check_tells_the_two_orders_apart(weights: LoadedWeights) -> None:
    batch = _batch(160, 160, count=2)
    assert leak(HiFillInpainter(Setup(weights=weights)), batch).passed
    assert not leak(HiFillInpainter(Setup(weights=weights), faithful=True), batch).passed


def test_a_batch_equals_its_samples(weights: LoadedWeights) -> None:
    method, batch = HiFillInpainter(Setup(weights=weights)), _batch(70, 100, count=3)
    together = method.inpaint(batch).image
    alone = torch.cat([_fill(method, batch.image[i : i + 1], batch.mask[i : i + 1]) for i in range(3)])
    assert torch.equal(together, alone)


def test_empty_full_and_soft_masks(weights: LoadedWeights) -> None:
    method, batch = HiFillInpainter(Setup(weights=weights)), _batch(64, 80)
    assert torch.equal(_fill(method, batch.image, torch.zeros_like(batch.mask)), batch.image)
    assert _fill(method, batch.image, torch.ones_like(batch.mask)).isfinite().all()
    assert torch.equal(_fill(method, batch.image, 0.3 * batch.mask), _fill(method, batch.image, batch.mask))


def test_sizes_that_disagree_and_impossible_times_are_clear_errors(weights: LoadedWeights) -> None:
    method, batch = HiFillInpainter(Setup(weights=weights)), _batch(64, 80)
    with pytest.raises(HarnessError, match="80×64, its mask 40×64"):
        _fill(method, batch.image, batch.mask[..., :40])
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        method.inpaint(Batch(("a",), image=batch.image))
    for times in (-1, 17):
        with pytest.raises(HarnessError, match=f"times={times}"):
            HiFillInpainter(Setup(weights=weights), times=times)


def test_how_much_is_read_at_once_changes_nothing(weights: LoadedWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = _batch(500, 300)  # 16 times the network's 32: as 8K is for the official one
    method = HiFillInpainter(Setup(weights=weights))
    assert method.inpaint(batch).facts["times"] == [16]
    once = _fill(method, batch.image, batch.mask)
    monkeypatch.setattr(pipeline, "CHUNK_BYTES", 1 << 17)
    torch.testing.assert_close(_fill(method, batch.image, batch.mask), once, atol=1e-6, rtol=0)


def test_blue_comes_first_where_a_file_states_no_configuration(tmp_path: Path, weights: LoadedWeights) -> None:
    network = HiFill()
    save_file(network.state_dict(), tmp_path / "official.safetensors")
    loaded, blue_first = load_network(tmp_path / "official.safetensors")
    assert loaded.config == HiFillConfig()
    assert blue_first
    assert weights.path is not None
    assert not load_network(weights.path)[1]
    rgb, bgr = (HiFillInpainter(Setup(weights=weights)) for _ in range(2))
    bgr.blue_first = True
    batch = _batch(64, 64)
    turned = _fill(bgr, batch.image.flip(1), batch.mask).flip(1)
    torch.testing.assert_close(turned, _fill(rgb, batch.image, batch.mask))


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    state = HiFill().state_dict()
    del state["c_de_toRGB.feat.bias"]
    save_file(state, tmp_path / "short.safetensors")
    odd = {"harness": json.dumps({"network": {"depth": 3}})}
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=odd)
    for name, words in (("short.safetensors", r"toRGB\.feat\.bias"), ("odd.safetensors", "depth")):
        with pytest.raises(HarnessError, match=words):
            load_network(tmp_path / name)
