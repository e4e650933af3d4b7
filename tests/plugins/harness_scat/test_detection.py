"""`scat-detect`: any size, no mask, a map and a score; how its small weights are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import HarnessError
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.testing.conformance.tensors import holes, pictures
from harness.training.export import read_metadata
from harness.training.fills import Fills
from harness.training.loop import train
from harness_scat.detect_train import Detection, Settings
from harness_scat.detection import ScatDetector
from harness_scat.discriminator import UnetDiscriminator
from harness_scat.segmenter import Segmenter, halves, pixel_auroc


@pytest.fixture
def data(packed_noise: Callable[..., Path]) -> Path:
    return packed_noise(64)


def test_small_weights_train_export_and_judge_any_size(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness_scat.detect_train.HELD_OUT", 2)
    monkeypatch.setattr("harness_scat.detect_train.SMALL", {"width": 2, "detail": 8.0})
    recipe = Detection(data, 0, replace(Settings(), batch=2, side=64, methods=("telea", "mean")))
    result = train(recipe, tmp_path / "out", steps=2, cpu=True, tell=lambda report: None)
    assert set(result.scores) == {f"{n}/{m}" for n in ("scenes", "photos") for m in ("telea", "mean")}
    assert read_metadata(result.weights)["settings"]["methods"] == ["telea", "mean"]
    detector = ScatDetector(Setup("cpu", LoadedWeights("mini", "mini", result.weights, "")))
    assert detector.network.detail == 8
    for size in ((64, 128), (45, 90)):
        image = pictures(2, size)
        scores = detector.assess(Batch(("a", "b"), image=image))
        assert scores.map is not None
        assert scores.map.shape == (2, 1, *size)
        assert torch.allclose(scores.scores["valid"], 1 - scores.map.mean((1, 2, 3)))
        alone = detector.assess(Batch(("b",), image=image[1:]))
        assert torch.allclose(alone.scores["valid"], scores.scores["valid"][1:], atol=1e-5)


def test_it_needs_a_picture() -> None:
    with pytest.raises(HarnessError, match="needs an image"):
        ScatDetector(Setup()).assess(Batch(("a",)))


def test_without_detail_it_is_the_paper_s_network() -> None:
    torch.manual_seed(0)
    ours, theirs = Segmenter(2).eval(), UnetDiscriminator(2).eval()
    theirs.load_state_dict(ours.state_dict())
    image = 2 * pictures(2, (64, 128)) - 1
    assert torch.equal(ours(image).segmented(), theirs(image).segmented())
    first, second = halves(ours(image))
    assert torch.equal(torch.cat([first.segmented(), second.segmented()]), theirs(image).segmented())
    assert torch.equal(torch.cat([first.whole, second.whole]), theirs(image).whole)


def test_pixel_auroc_by_hand() -> None:
    hole = torch.tensor([[1, 1, 0, 0]])
    assert pixel_auroc(torch.tensor([[-2.0, -1.0, 0.0, 3.0]]), hole) == 1
    assert pixel_auroc(torch.tensor([[3.0, 0.0, -1.0, -2.0]]), hole) == 0
    assert pixel_auroc(torch.tensor([[-2.0, 1.0, 0.0, 3.0]]), hole) == 0.75
    assert pixel_auroc(torch.zeros(1, 4), hole) == 0.5
    assert np.isnan(pixel_auroc(torch.zeros(1, 4), torch.ones(1, 4)))


def test_fills_see_nothing_under_the_hole_and_are_8_bit() -> None:
    fills = Fills(("mean", "telea"))
    image, hole = pictures(1, (48, 64))[0], holes(1, (48, 64))[0]
    for name in fills.names:
        filled = fills(name, image, hole)
        assert torch.equal(filled, fills(name, torch.where(hole > 0, 1 - image, image), hole))
        assert torch.equal(filled * (1 - hole), image * (1 - hole))
        assert torch.allclose(255 * filled, (255 * filled).round(), atol=1e-4)
