"""SCAT as the harness calls it: any size, exact known pixels, strict and safe loading."""

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
from harness_scat.method import ScatInpainter, load_network
from harness_scat.network import Generator, ScatConfig

TINY = ScatConfig(width=4, blocks=2)


@pytest.fixture(scope="module")
def method(tmp_path_factory: pytest.TempPathFactory) -> ScatInpainter:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(Generator(TINY).state_dict(), path, metadata={"harness": json.dumps({"network": asdict(TINY)})})
    return ScatInpainter(Setup(weights=LoadedWeights("tiny", "mini", path, "")))


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    image = torch.rand(count, 3, height, width, generator=generator)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 :, : width // 2 + 1] = 1
    return Batch(tuple(map(str, range(count))), image=image, mask=mask)


def _fill(method: ScatInpainter, image: Tensor, mask: Tensor) -> Tensor:
    return method.inpaint(Batch(("a",) * len(image), image=image, mask=mask)).image


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 64), (37, 150)])
def test_any_size_comes_back_with_its_known_pixels(method: ScatInpainter, size: tuple[int, int]) -> None:
    batch = _batch(*size, count=2)
    assert isinstance(method, Inpainter)
    image = method.inpaint(batch).image
    assert batch.image is not None
    assert batch.mask is not None
    assert torch.equal(image * (1 - batch.mask), batch.image * (1 - batch.mask))
    assert 0 <= image.min() <= image.max() <= 1
    assert not torch.equal(image, batch.image)


def test_the_hole_s_content_is_never_used(method: ScatInpainter) -> None:
    batch = _batch(70, 90)
    assert leak(method, batch).passed
    assert batch.image is not None
    assert batch.mask is not None
    other = batch.image.masked_fill(batch.mask > 0, torch.nan)
    assert torch.equal(_fill(method, other, batch.mask), _fill(method, batch.image, batch.mask))


def test_empty_full_and_soft_masks(method: ScatInpainter) -> None:
    batch = _batch(48, 60)
    assert batch.image is not None
    assert batch.mask is not None
    assert torch.equal(_fill(method, batch.image, torch.zeros_like(batch.mask)), batch.image)
    assert _fill(method, batch.image, torch.ones_like(batch.mask)).isfinite().all()
    assert torch.equal(_fill(method, batch.image, 0.3 * batch.mask), _fill(method, batch.image, batch.mask))


def test_what_is_missing_or_disagrees_is_one_line(method: ScatInpainter) -> None:
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        method.inpaint(Batch(("a",), image=torch.zeros(1, 3, 8, 8)))
    with pytest.raises(HarnessError, match="they must agree"):
        method.inpaint(Batch(("a",), image=torch.zeros(1, 3, 8, 8), mask=torch.zeros(1, 1, 8, 9)))


def test_an_official_checkpoint_loads_strict(tmp_path: Path) -> None:
    state = Generator().state_dict()
    torch.save(state, tmp_path / "official.pt")
    loaded = load_network(tmp_path / "official.pt")
    assert loaded.config == ScatConfig()
    assert torch.equal(loaded.decoder[-1].weight, state["decoder.4.weight"])
    del state["middle.3.gate.1.bias"]
    torch.save(state, tmp_path / "short.pt")
    with pytest.raises(HarnessError, match=r"middle\.3\.gate\.1\.bias"):
        load_network(tmp_path / "short.pt")


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    odd = {"harness": json.dumps({"network": {"depth": 3}})}
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=odd)
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    torch.save({"x": Path("a")}, tmp_path / "pickle.pt")
    for name in ("odd.safetensors", "bare.safetensors", "pickle.pt"):
        with pytest.raises(HarnessError, match=name):
            load_network(tmp_path / name)
