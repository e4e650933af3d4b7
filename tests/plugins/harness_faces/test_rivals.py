"""Rivals on photographs and on rendered faces: what they refuse, and what a detector is sure of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS
from harness.errors import HarnessError
from harness.interfaces import Batch, Setup
from harness_faces.dataset import FacesSynth
from harness_faces.degrade import degrade
from harness_faces.rivals import FaceDetector, FaceKnown, FaceSharpness


def batch_of(ids: tuple[str, ...], *pictures: NDArray[np.uint8]) -> Batch:
    return Batch(ids, image=torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255)


def test_the_detector_is_sure_of_a_face_and_of_none_without() -> None:
    pytest.importorskip("facenet_pytorch", reason="needs iq-harness[face]")
    astronaut = decode(PHOTOS / "astronaut.jpg").pixels[:160, 130:290]
    grass = decode(PHOTOS / "grass.jpg").pixels[:160, :160]
    blurred = degrade(astronaut, "blur", 1.0, 0)
    found = FaceDetector(Setup()).assess(batch_of(("a", "b", "c"), astronaut, blurred, grass))
    sure, less, none = found.scores["confidence"].tolist()
    assert 1 >= sure > 0.99
    assert sure > less
    assert none == 0
    assert not found.refused


def test_who_aligns_refuses_a_picture_without_a_face() -> None:
    pytest.importorskip("facenet_pytorch", reason="needs iq-harness[face]")
    found = FaceSharpness(Setup()).assess(batch_of(("a",), decode(PHOTOS / "grass.jpg").pixels[:100, :100]))
    assert found.refused == {0: "no face"}


def test_the_ceiling_knows_its_pictures_and_refuses_others() -> None:
    faces = FacesSynth()
    sample = faces.load(faces.ids()[3])
    found = FaceKnown(Setup()).assess(batch_of((sample.id, "other"), sample.image, sample.image))
    assert found.scores[found.primary][0] == -sample.truth["strength"]
    assert found.refused == {1: "no picture of faces-synth"}
    with pytest.raises(HarnessError, match="needs an image"):
        FaceKnown(Setup()).assess(Batch((sample.id,)))
