"""The one face of a picture, aligned, or why there is none: a portrait (`skimage.data.astronaut`), grass, a crowd."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS
from harness.errors import HarnessError, MissingRequirement
from harness.faces import detection
from harness.faces.alignment import SIDE, TEMPLATE, align, similarity
from harness.faces.detection import Detector
from harness.faces.finding import FaceFinder, FoundFaces
from harness.interfaces import Batch

Picture = NDArray[np.uint8]
ASTRONAUT: Picture = data.astronaut()[:256, 100:356]
EYES = ((105, 102), (147, 104))
"""Where the astronaut's pupils are, by eye."""


def batch_of(*pictures: Picture) -> Batch:
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return Batch(tuple(map(str, range(len(pictures)))), image=images)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    pytest.importorskip("facenet_pytorch", reason="needs iq-harness[face]")
    return FaceFinder()


@pytest.fixture(scope="module")
def found(finder: FaceFinder) -> FoundFaces:
    without = decode(PHOTOS / "grass.jpg").pixels[:256, :256]
    several = np.tile(ASTRONAUT[44:172, 60:188], (2, 2, 1))
    return finder.find(batch_of(ASTRONAUT, without, several))


def test_one_face_is_found_and_the_others_refused_with_a_reason(found: FoundFaces) -> None:
    assert found.refused == {1: "no face", 2: "4 faces: one is judged at a time, crop the picture"}
    assert found.facts["alignment"] == ["found", "", ""]
    assert found.facts["confidence"][0] > 0.999
    points = np.array(str(found.facts["landmarks"][0]).split(), float).reshape(5, 2)
    assert np.abs(points[:2] - EYES).max() < 4
    assert found.facts["scale"][0] == pytest.approx(35.2 / 42, rel=0.1)
    assert not found.faces[1:].any()


def test_the_found_face_stands_on_the_template(found: FoundFaces, finder: FaceFinder) -> None:
    face = found.faces[0]
    assert face.shape == (SIDE, SIDE, 3)
    again = FaceFinder("always").find(batch_of(face))  # MTCNN finds its parts where the template has them
    points = np.array(str(again.facts["landmarks"][0]).split(), float).reshape(5, 2)
    assert np.abs(points - TEMPLATE).max() < 8
    assert again.facts["scale"][0] == pytest.approx(1, abs=0.07)


def test_what_was_found_is_drawn(found: FoundFaces) -> None:
    assert found.map is not None
    assert found.map.shape == (3, 1, 256, 256)
    rows, columns = np.nonzero(found.map[0, 0].numpy())
    assert 70 < columns.min() < 105
    assert columns.max() < 180
    assert rows.max() < 190
    assert not found.map[1].any()
    assert found.map[2].any()


def test_a_large_picture_gives_the_same_face(
    finder: FaceFinder, found: FoundFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "LARGEST", 200)
    face = finder.find(batch_of(ASTRONAUT)).faces[0]
    assert not np.array_equal(face, found.faces[0])
    assert cv2.PSNR(face, found.faces[0]) > 24


def test_faces_of_the_template_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Detector, "detect", lambda self, image: pytest.fail("looked for a face"))
    face = ASTRONAUT[50:162, 60:172]
    as_given = FaceFinder().find(batch_of(face))
    assert np.array_equal(as_given.faces[0], face)
    assert as_given.map is None
    assert as_given.facts == {"alignment": ["as given"]}
    assert FaceFinder("never").find(batch_of(ASTRONAUT)).faces.shape == (1, SIDE, SIDE, 3)
    assert FaceFinder("always").looks(SIDE, SIDE)


@pytest.mark.parametrize("size", [(3, 400), (19, 19), (20, 21)])
def test_a_picture_too_small_for_a_face_has_none(finder: FaceFinder, size: tuple[int, int]) -> None:
    assert finder.find(batch_of(ASTRONAUT[: size[0], : size[1]])).refused == {0: "no face"}


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "find_spec", lambda name: None)
    with pytest.raises(MissingRequirement, match=r"pip install 'iq-harness\[face\]'"):
        FaceFinder().find(batch_of(ASTRONAUT))


def test_mistakes_are_told() -> None:
    with pytest.raises(HarnessError, match="choose auto, always or never"):
        FaceFinder("no")
    with pytest.raises(HarnessError, match="needs an image"):
        FaceFinder().find(Batch(("a",)))


@pytest.mark.parametrize("turn", [0, 25, -40])
def test_alignment_undoes_a_similarity(turn: float) -> None:
    """Points moved by a known similarity come back to the template, with its scale."""
    radians, scale = np.deg2rad(turn), 3.0
    matrix = scale * np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    points = np.array(TEMPLATE) @ matrix.T + [200, 310]
    back, told = similarity(points)
    assert points @ back[:, :2].T + back[:, 2] == pytest.approx(np.array(TEMPLATE))
    assert told == pytest.approx(1 / scale)


def test_averaging_down_first_keeps_the_place_and_tames_noise() -> None:
    points = np.array(TEMPLATE) * 8 + 3
    ramp = np.tile(np.linspace(0, 255, 1000)[:, None], (1, 1000))
    flat = np.repeat(ramp[..., None], 3, 2).astype(np.uint8)
    plain, averaged = align(flat, points), align(flat, points, area=True)
    assert np.abs(plain.astype(int) - averaged).max() <= 1
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    inside = (slice(5, -5), slice(5, -5))
    assert align(noise, points)[inside].std() > 40
    assert align(noise, points, area=True)[inside].std() < 20
