"""CoordFill as the harness calls it: any size, exact known pixels, strict and safe loading."""

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
from harness_coordfill.method import CoordFillInpainter, load_network
from harness_coordfill.network import CoordFill, CoordFillConfig

TINY = CoordFillConfig(ngf=16, blocks=1, mlp_width=8, mlp_layers=3, encoder_size=64)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> LoadedWeights:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(CoordFill(TINY).state_dict(), path, metadata={"harness": json.dumps({"network": asdict(TINY)})})
    return LoadedWeights("tiny", "mini", path, "")


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    image = torch.rand(count, 3, height, width, generator=generator)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 :, : width // 2 + 1] = 1
    return Batch(tuple(map(str, range(count))), image=image, mask=mask)


def _fill(method: CoordFillInpainter, image: Tensor, mask: Tensor) -> Tensor:
    return method.inpaint(Batch(("a",) * len(image), image=image, mask=mask)).image


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 64), (37, 150), (200, 64), (128, 128)])
@pytest.mark.parametrize("faithful", [False, True])
def test_any_size_comes_back_with_its_known_pixels(
    weights: LoadedWeights, size: tuple[int, int], faithful: bool
) -> None:
    method, batch = CoordFillInpainter(Setup(weights=weights), faithful=faithful), _batch(*size, count=2)
    assert isinstance(method, Inpainter)
    answer = method.inpaint(batch)
    assert answer.image.shape == batch.image.shape
    assert torch.equal(answer.image * (1 - batch.mask), batch.image * (1 - batch.mask))
    assert 0 <= answer.image.min() <= answer.image.max() <= 1
    assert len(answer.facts["tile"]) == 2
    if min(size) > 1:
        assert not torch.equal(answer.image, batch.image)


def test_the_hole_s_content_is_never_used(weights: LoadedWeights) -> None:
    method, batch = CoordFillInpainter(Setup(weights=weights)), _batch(150, 90)
    for content in (0.0, 1.0, torch.nan):
        other = batch.image.masked_fill(batch.mask > 0, content)
        assert torch.equal(_fill(method, other, batch.mask), _fill(method, batch.image, batch.mask))


def test_the_harness_s_leak_check_tells_the_two_orders_apart(weights: LoadedWeights) -> None:
    batch = _batch(160, 160, count=2)
    assert leak(CoordFillInpainter(Setup(weights=weights)), batch).passed
    scaled = CoordFillInpainter(Setup(weights=weights), faithful=True)
    with torch.no_grad():
        scaled.network.asap.linear.weight.mul_(20)
    assert not leak(scaled, batch).passed


def test_a_batch_equals_its_samples(weights: LoadedWeights) -> None:
    method, batch = CoordFillInpainter(Setup(weights=weights)), _batch(70, 100, count=3)
    together = method.inpaint(batch).image
    alone = torch.cat([_fill(method, batch.image[i : i + 1], batch.mask[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_empty_full_and_soft_masks(weights: LoadedWeights) -> None:
    method, batch = CoordFillInpainter(Setup(weights=weights)), _batch(64, 80)
    assert torch.equal(_fill(method, batch.image, torch.zeros_like(batch.mask)), batch.image)
    full = _fill(method, batch.image, torch.ones_like(batch.mask))
    assert full.isfinite().all()
    assert torch.equal(_fill(method, batch.image, 0.3 * batch.mask), _fill(method, batch.image, batch.mask))


def test_a_batch_without_a_mask_is_a_clear_error(weights: LoadedWeights) -> None:
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        CoordFillInpainter(Setup(weights=weights)).inpaint(Batch(("a",), image=torch.zeros(1, 3, 8, 8)))


def test_random_weights_are_official_in_size_and_the_same_every_time() -> None:
    before = torch.random.get_rng_state()
    first, second = (CoordFillInpainter(Setup()).network for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.config == CoordFillConfig()
    assert torch.equal(first.asap.linear.weight, second.asap.linear.weight)


def test_an_official_checkpoint_loads_strict(tmp_path: Path) -> None:
    state = CoordFill().state_dict()
    torch.save(state, tmp_path / "official.pth")
    loaded = load_network(tmp_path / "official.pth")
    assert loaded.config == CoordFillConfig()
    assert torch.equal(loaded.asap.linear.weight, state["asap.lowres_stream.out_para.0.weight"])
    del state["asap.lowres_stream.out_para.0.bias"]
    torch.save(state, tmp_path / "short.pth")
    with pytest.raises(HarnessError, match=r"out_para\.0\.bias"):
        load_network(tmp_path / "short.pth")


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("nothing")
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    odd = {"harness": json.dumps({"network": {"depth": 3}})}
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=odd)
    torch.save({"x": Path("a")}, tmp_path / "pickle.pth")
    for name in ("text.safetensors", "bare.safetensors", "odd.safetensors", "pickle.pth"):
        with pytest.raises(HarnessError, match=name):
            load_network(tmp_path / name)
