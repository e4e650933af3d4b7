"""ASAP-Net as the harness calls it: any size, exact known pixels, labels that it knows, strict and safe loading."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter, LoadedWeights, Restorer, Setup
from harness.testing import leak
from harness_asapnet.condition import instance_edges, one_hot
from harness_asapnet.config import FACADES, AsapNetConfig
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.method import AsapNetInpainter, AsapNetRestorer, load_network
from harness_asapnet.network import AsapNet

TINY = AsapNetConfig(4, 8, 4, lr_width=6, lr_max_width=12, lr_depth=2, hr_width=8, hr_depth=3)
SIZES = [(1, 1), (5, 7), (64, 64), (37, 90)]


def _setup(folder: Path, config: AsapNetConfig) -> Setup:
    torch.manual_seed(0)
    path = folder / "tiny.safetensors"
    save_file(AsapNet(config).state_dict(), path, metadata={"harness": json.dumps({"network": asdict(config)})})
    return Setup(weights=LoadedWeights("tiny", "mini", path, ""))


@pytest.fixture
def inpainter(tmp_path: Path) -> AsapNetInpainter:
    return AsapNetInpainter(_setup(tmp_path, TINY))


@pytest.fixture
def restorer(tmp_path: Path) -> AsapNetRestorer:
    return AsapNetRestorer(_setup(tmp_path, TINY))


def _batch(height: int, width: int, count: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(height + width)
    mask = torch.zeros(count, 1, height, width)
    mask[..., height // 3 :, : width // 2 + 1] = 1
    image = torch.rand(count, 3, height, width, generator=generator)
    labels = torch.randint(0, 4, (count, 2, height, width), generator=generator)
    return Batch(tuple(map(str, range(count))), image=image, mask=mask, labels=labels)


@pytest.mark.parametrize("size", SIZES)
def test_any_hole_is_filled_and_known_pixels_come_back(inpainter: AsapNetInpainter, size: tuple[int, int]) -> None:
    batch = _batch(*size, count=2)
    assert isinstance(inpainter, Inpainter)
    answer = inpainter.inpaint(batch)
    assert answer.image.shape == batch.image.shape
    assert torch.equal(answer.image * (1 - batch.mask), batch.image * (1 - batch.mask))
    assert 0 <= answer.image.min() <= answer.image.max() <= 1
    assert answer.facts["tile"] == [8, 8]
    assert not torch.equal(answer.image, batch.image)


@pytest.mark.parametrize("size", SIZES)
def test_any_label_map_becomes_a_picture(restorer: AsapNetRestorer, size: tuple[int, int]) -> None:
    batch = _batch(*size, count=2)
    assert isinstance(restorer, Restorer)
    image = restorer.restore(batch).image
    assert image.shape == (2, 3, *size)
    assert 0 <= image.min() <= image.max() <= 1
    alone = [restorer.restore(replace(batch, labels=batch.labels[i : i + 1])).image for i in range(2)]
    torch.testing.assert_close(image, torch.cat(alone), atol=1e-5, rtol=0)


def test_nothing_leaks_out_of_the_hole(inpainter: AsapNetInpainter) -> None:
    batch = _batch(70, 50, count=2)
    assert leak(inpainter, batch).passed
    nan = replace(batch, image=batch.image.masked_fill(batch.mask > 0, torch.nan))
    assert torch.equal(inpainter.inpaint(nan).image, inpainter.inpaint(batch).image)


def test_empty_full_and_soft_masks(inpainter: AsapNetInpainter) -> None:
    batch = _batch(40, 48)
    assert torch.equal(inpainter.inpaint(replace(batch, mask=torch.zeros_like(batch.mask))).image, batch.image)
    assert inpainter.inpaint(replace(batch, mask=torch.ones_like(batch.mask))).image.isfinite().all()
    soft = inpainter.inpaint(replace(batch, mask=0.3 * batch.mask)).image
    assert torch.equal(soft, inpainter.inpaint(batch).image)


def test_what_is_missing_or_disagrees_is_one_line(inpainter: AsapNetInpainter, restorer: AsapNetRestorer) -> None:
    batch = _batch(16, 24)
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        inpainter.inpaint(replace(batch, mask=None))
    with pytest.raises(HarnessError, match="24×16, its mask 24×8"):
        inpainter.inpaint(replace(batch, mask=batch.mask[..., :8, :]))
    with pytest.raises(HarnessError, match="needs a label map"):
        restorer.restore(replace(batch, labels=None))
    with pytest.raises(HarnessError, match="class 4; this network knows 0 to 3"):
        restorer.restore(replace(batch, labels=batch.labels + 1))


def test_unlabelled_pixels_have_no_channel() -> None:
    labels = torch.tensor([[[0, -1], [255, 2]]])
    assert one_hot(labels, 3).permute(0, 2, 3, 1).tolist() == [[[[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 1]]]]


def test_instance_edges_are_on_both_sides_of_a_border() -> None:
    instances = torch.tensor([[[1, 1, 2], [1, 1, 2], [3, 1, 2]]])
    assert instance_edges(instances)[0, 0].tolist() == [[0, 1, 1], [1, 1, 1], [1, 1, 1]]


def test_weights_trained_with_edges_ask_for_instances(tmp_path: Path) -> None:
    method, batch = AsapNetRestorer(_setup(tmp_path, replace(TINY, instance_edge=True))), _batch(32, 32)
    first = method.restore(batch).image
    other = batch.labels.clone()
    other[:, 1] = 0
    assert not torch.equal(first, method.restore(replace(batch, labels=other)).image)
    with pytest.raises(HarnessError, match="instances as a second label map"):
        method.restore(replace(batch, labels=batch.labels[:, :1]))


def test_an_official_checkpoint_loads_strict_whatever_its_classes(tmp_path: Path) -> None:
    small = {"lr_width": 64, "lr_max_width": 1024, "lr_depth": 7}  # the official stream; meta costs nothing
    with torch.device("meta"):
        shapes = {k: v.shape for k, v in AsapNet(replace(FACADES, inputs=2, tile=16, **small)).state_dict().items()}
    state = {key: torch.zeros(()).expand(shape) for key, shape in shapes.items()}
    torch.save(state, tmp_path / "official.pth")  # expanded zeros are stored as one number
    loaded = load_network(tmp_path / "official.pth", AsapNet)
    assert (loaded.config.inputs, loaded.config.tile) == (2, 16)
    torch.save({k: v for k, v in state.items() if "22.bias" not in k}, tmp_path / "short.pth")
    with pytest.raises(HarnessError, match=r"model\.22\.bias"):
        load_network(tmp_path / "short.pth", AsapNet)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("nothing")
    save_file({"x": torch.zeros(1)}, tmp_path / "bare.safetensors")
    odd = {"harness": json.dumps({"network": {"depth": 3}})}
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=odd)
    labels = _setup(tmp_path, replace(TINY, inputs=5)).weights
    torch.save({"x": Path("a")}, tmp_path / "pickle.pth")
    assert labels is not None
    for name in ("text.safetensors", "bare.safetensors", "odd.safetensors", "pickle.pth", labels.path.name):
        with pytest.raises(HarnessError, match=name):
            load_network(tmp_path / name, AsapInpaint)
