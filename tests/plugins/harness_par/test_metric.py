"""`par`, `par_image` and `par_original`, on a user's file placed where the line about its absence says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import MetricBatch
from harness.places import weights_folder
from harness.testing.conformance.tensors import holes, pictures
from harness.weights import random_network
from harness_par import metric
from harness_par.finder import Finder
from harness_par.metric import Par, ParImage, ParOriginal
from harness_par.network import SMALL, ArtifactNetwork, normalised


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def placed(home: Path) -> Path:
    path = weights_folder("par") / "official.pth"
    path.parent.mkdir(parents=True)
    network = random_network(lambda: ArtifactNetwork(SMALL)).eval()
    with torch.no_grad():  # half of a photograph's pixels are artifacts then
        logits = network(normalised(pictures(1, (64, 64))))
        network.decode_head.conv_seg.bias[1] -= (logits[:, 1] - logits[:, 0]).median()
    torch.save(network.state_dict(), path)
    return path


def test_without_a_file_the_line_says_which_and_where(home: Path) -> None:
    with pytest.raises(MissingRequirement) as told:
        Par.available()
    for words in ("official.pth", "none stated by the authors", str(weights_folder("par")), "owenzlz/PAL4VST"):
        assert words in str(told.value)


def test_they_count_artifacts_in_the_hole_in_the_picture_and_in_the_original(
    placed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    plain = Finder.__call__
    monkeypatch.setattr(Finder, "__call__", lambda self, image: looked.append(1) or plain(self, image))
    monkeypatch.setattr("harness_par.finder.SIDE", 64)
    truth, mask = pictures(3, (48, 64)), holes(3, (48, 64))
    mask[2] = 0
    output = torch.where(mask > 0, pictures(1, (48, 64)).flip(-1), truth)
    batch = MetricBatch(("a", "b", "c"), output, truth, mask)
    inside, whole, before = Par()(batch)["par"], ParImage()(batch)["par_image"], ParOriginal()(batch)["par_original"]
    assert len(looked) == 2  # once at the outputs, once at the truths
    found, original = (plain(metric._finder(metric._weights(), "cpu")._find, image) > 0.5 for image in (output, truth))
    for index in (0, 1):
        hole = mask[index] > 0
        assert float(inside[index]) == pytest.approx(float(found[index][hole].float().mean()))
        assert float(before[index]) == pytest.approx(float(original[index][hole].float().mean()))
    assert torch.allclose(whole, found.float().mean((1, 2, 3)))
    assert 0 < float(whole.mean()) < 1
    assert bool(inside[2].isnan())
    assert bool(before[2].isnan())


def test_another_file_is_another_column(placed: Path) -> None:
    first = Par().weights_sha256
    torch.save(random_network(lambda: ArtifactNetwork(SMALL)).state_dict(), placed)
    assert Par().weights_sha256 != first


def test_what_they_refuse(placed: Path) -> None:
    with pytest.raises(HarnessError, match="without @known"):
        Par(region="known")
    image = pictures(1, (32, 32))
    with pytest.raises(HarnessError, match="par needs a mask"):
        Par()(MetricBatch(("a",), image, image, None))
