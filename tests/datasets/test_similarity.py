"""Nothing stands on both sides: no training photograph is an evaluation photograph, by content or by looks."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS, Photos
from harness.datasets.similarity import SAME, distance, from_hex, hash_views, probe_views, to_hex

RECORD = Path(__file__).parents[2] / "tools" / "training_photos.json.gz"


@cache
def training() -> list[dict]:
    return json.loads(gzip.decompress(RECORD.read_bytes()))["photos"]


@cache
def evaluation() -> dict[str, np.ndarray]:
    photos = Photos("native")
    return {id: photos.load(id).image for id in photos.ids()}


@cache
def digests() -> dict[str, str]:
    return {id: hashlib.sha256(pixels.tobytes()).hexdigest() for id, pixels in evaluation().items()}


@cache
def probes() -> dict[str, np.ndarray]:
    return {id: probe_views(pixels) for id, pixels in evaluation().items()}


def overlaps(rows: list[dict]) -> list[tuple[str, str]]:
    """(evaluation id, training id) of every pair that is the same photograph."""
    pairs = []
    for row in rows:
        stored = from_hex(row["views"])
        for id, probe in probes().items():
            if row["sha256_pixels"] == digests()[id] or distance(probe, stored) <= SAME:
                pairs.append((id, row["id"]))
    return pairs


def row_of(image: Image.Image) -> dict:
    pixels = np.asarray(image.convert("RGB"))
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return {"id": "copy", "sha256": "", "sha256_pixels": digest, "views": to_hex(hash_views(pixels))}


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.fromarray(decode(buffer.getvalue()).pixels)


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    w, h = image.size
    return image.crop((round(left * w), round(top * h), round(right * w), round(bottom * h)))


COPIES = {
    "the same pixels": lambda image: image,
    "re-encoded": lambda image: jpeg(image, 30),
    "a quarter of the size": lambda image: image.resize((image.width // 4, image.height // 4)),
    "mirrored": ImageOps.mirror,
    "cropped by 7 %": lambda image: cut(image, 0.05, 0.02, 1, 0.95),
    "cropped by 15 %": lambda image: cut(image, 0.08, 0.07, 0.93, 0.92),
    "the centre square": lambda image: ImageOps.fit(image, (256, 256)),
    "brighter, flatter": lambda image: ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(1.2)).enhance(0.9),
    "grey": lambda image: image.convert("L"),
    "mirrored, cropped, re-encoded": lambda image: jpeg(cut(ImageOps.mirror(image), 0.06, 0, 0.97, 0.95), 50),
}


# A wall of equal bricks shifted by less than a brick is another wall to a hash of 32 x 32 samples.
KNOWN_MISSES = {"mirrored, cropped, re-encoded": ["brick"]}


def test_no_photograph_stands_on_both_sides():
    assert len(training()) > 400
    assert overlaps(training()) == []


def test_files_and_sources_are_disjoint():
    shipped = json.loads((PHOTOS / "manifest.json").read_text(encoding="utf-8"))["photos"]
    for key in ("sha256", "sha256_source", "sha256_pixels"):
        assert {row[key] for row in shipped}.isdisjoint({row["sha256"] for row in training()})
    assert {row["source"] for row in shipped}.isdisjoint({row["source"] for row in training()})


@pytest.mark.parametrize("change", COPIES)
def test_a_changed_copy_is_found(change):
    missed = []
    for id, pixels in evaluation().items():
        found = overlaps([row_of(COPIES[change](Image.fromarray(pixels)))])
        missed += [] if (id, "copy") in found else [id]
    assert missed == KNOWN_MISSES.get(change, [])


def test_the_check_fails_when_one_copy_is_slipped_in():
    slipped = [*training()[:20], row_of(COPIES["mirrored, cropped, re-encoded"](Image.fromarray(evaluation()["dogs"])))]
    assert overlaps(slipped) == [("dogs", "copy")]


def test_unrelated_pictures_are_told_apart_with_room():
    nearest = min(distance(probe, from_hex(row["views"])) for probe in probes().values() for row in training())
    assert nearest >= SAME + 4


def test_training_rows_state_source_and_terms():
    ids = [row["id"] for row in training()]
    assert len(set(ids)) == len(ids)
    assert len({row["sha256"] for row in training()}) == len(ids)
    for row in training():
        assert all(row[key] for key in ("author", "licence", "source", "sha256", "sha256_pixels"))
        assert from_hex(row["views"]).shape == (7, 143)


def test_hex_round_trip():
    views = probe_views(evaluation()["china"])
    assert np.array_equal(from_hex(to_hex(views)), views)
    assert distance(views, views) == 0
