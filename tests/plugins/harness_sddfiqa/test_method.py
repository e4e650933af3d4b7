"""`sddfiqa` judges faces of any picture size, resized as the published code does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from skimage import data

from harness.errors import HarnessError
from harness.faces.finding import FaceFinder
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.testing.conformance.tensors import pictures
from harness_sddfiqa.method import SddFiqa, network_input
from harness_sddfiqa.network import Config, build_network


def test_the_network_sees_what_pillow_makes() -> None:
    photo = data.astronaut()[:150, 150:280]
    picture = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 255
    expected = np.asarray(Image.fromarray(photo).resize((112, 112), Image.Resampling.BILINEAR), np.float32)
    assert np.array_equal(network_input(picture)[0].permute(1, 2, 0).numpy(), (expected / 255 - 0.5) / 0.5)


@pytest.mark.parametrize("size", [(112, 112), (150, 130), (40, 33)])
def test_any_size_and_batch(size: tuple[int, int]) -> None:
    judge, image = SddFiqa(Setup(), align="never"), pictures(3, size)
    found = judge.assess(Batch(("a", "b", "c"), image=image))
    assert found.primary == "raw"
    assert found.scores["raw"].shape == (3,)
    assert len(set(found.scores["raw"].tolist())) == 3
    alone = judge.assess(Batch(("b",), image=image[1:2]))
    assert torch.allclose(alone.scores["raw"], found.scores["raw"][1:2], atol=1e-5)


def test_it_needs_a_picture_and_a_quality_head(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="needs an image"):
        SddFiqa(Setup()).assess(Batch(("a",)))
    path = tmp_path / "official.safetensors"
    save_file(build_network(Config("mobilefacenet", "recognition")).state_dict(), path)
    with pytest.raises(HarnessError, match="recogniser"):
        SddFiqa(Setup(weights=LoadedWeights("official", "official", path, "")))


def test_weights_of_a_file_judge(tmp_path: Path) -> None:
    network = build_network(replace(Config("mobilefacenet"))).eval()
    path = tmp_path / "official.safetensors"
    save_file(network.state_dict(), path)
    image = pictures(1, (112, 112))
    found = SddFiqa(Setup(weights=LoadedWeights("official", "official", path, ""))).assess(Batch(("a",), image=image))
    with torch.no_grad():
        assert torch.equal(found.scores["raw"], network(network_input(image))[:, 0])


def test_the_face_of_a_photograph_is_found_and_a_picture_without_one_refused() -> None:
    pytest.importorskip("facenet_pytorch", reason="needs iq-harness[face]")
    astronaut = torch.from_numpy(data.astronaut()[30:210, 130:310].copy()).permute(2, 0, 1).float() / 255
    found = SddFiqa(Setup()).assess(Batch(("a", "b"), image=torch.stack([astronaut, astronaut.flip(1)])))
    assert found.refused == {1: "no face"}
    assert found.facts["alignment"] == ["found", ""]
    (face,) = FaceFinder().find(Batch(("a",), image=astronaut[None])).faces
    aligned = torch.from_numpy(face).permute(2, 0, 1)[None].float() / 255
    alone = SddFiqa(Setup()).assess(Batch(("a",), image=aligned))
    assert alone.facts["alignment"] == ["as given"]
    assert torch.allclose(alone.scores["raw"], found.scores["raw"][:1], atol=1e-6)
    assert abs(found.scores["raw"][1] - found.scores["raw"][0]) > 1e-4
