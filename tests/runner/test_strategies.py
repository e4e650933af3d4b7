"""Strategies: smaller pictures before the method, known pixels as they were, everything in keys and records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.datasets.photos import Photos2048
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Sample
from harness.masks.irregular import IrregularTo25
from harness.plugins import registry
from harness.references import canonical, parse_reference
from harness.runner.call import Caller
from harness.runner.entries import resolve_entry
from harness.runner.strategies import strategic, tiles_of, windows_of
from harness.runner.units import Unit
from harness.strategies import Strategy

WAYS = ("resize-up-192", "crop-192", "tiled-192")


@pytest.fixture(scope="module")
def photo() -> Sample:
    """A real photograph, 700 × 500, of which every pixel is its own."""
    image = Photos2048("square-1024").load("stream").image[100:600, 100:800]
    return Sample("stream", "stream", np.ascontiguousarray(image))


def _unit(photo: Sample, mask: np.ndarray | None = None) -> Unit:
    hole = IrregularTo25().draw(photo, 0) if mask is None else mask
    return Unit(photo.id, photo.cluster, photo.image, hole, None, "", "", "")


def _answer(way: str, unit: Unit, reference: str = "telea") -> Any:
    entry = resolve_entry(reference, registry())
    caller = Caller(lambda: entry.build("cpu"), "inpaint", entry.spec.needs, "cpu", "hole", Strategy.parse(way))
    (answer,) = caller.run([unit], [1])
    assert answer.status == "ok", answer.reason
    return answer


@pytest.mark.parametrize(("reference", "way"), [*(("telea", way) for way in WAYS), ("coordfill@mini", "crop-192")])
def test_known_pixels_come_back_and_the_hole_is_filled(reference: str, way: str, photo: Sample) -> None:
    unit = _unit(photo)
    answer = _answer(way, unit, reference)
    pixels = answer.pixels.permute(1, 2, 0).numpy()
    assert unit.mask is not None
    assert np.array_equal(pixels[~unit.mask], photo.image[~unit.mask])
    assert answer.facts["size_strategy"] == way
    error = np.abs(pixels[unit.mask].astype(float) - photo.image[unit.mask])
    assert error.mean() < np.abs(photo.image[unit.mask].astype(float) - photo.image.mean()).mean()  # than one grey


@pytest.mark.parametrize("way", WAYS)
def test_nothing_under_the_hole_is_seen(way: str, photo: Sample) -> None:
    unit = _unit(photo)
    other = photo.image.copy()
    assert unit.mask is not None
    other[unit.mask] = 255 - other[unit.mask]
    changed = Unit(unit.id, unit.cluster, other, unit.mask, None, "", "", "")
    assert torch.equal(_answer(way, unit).pixels, _answer(way, changed).pixels)


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_that_fits_is_filled_natively(way: str) -> None:
    small = Sample("s", "s", Photos2048("square-1024").load("hills").image[:192, :160].copy())
    answer, native = (_answer(words, _unit(small)) for words in (way, "native"))
    assert torch.equal(answer.pixels, native.pixels)
    assert answer.facts["size_strategy"] == native.facts["size_strategy"] == "native"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fill", [True, False])
def test_full_and_empty_holes(way: str, fill: bool, photo: Sample) -> None:
    answer = _answer(way, _unit(photo, np.full(photo.image.shape[:2], fill)), "mean")
    assert answer.facts["size_calls"] >= 1
    if not fill:
        assert np.array_equal(answer.pixels.permute(1, 2, 0).numpy(), photo.image)


def test_the_method_is_never_shown_more_than_the_side_nor_anything_of_the_hole() -> None:
    """A grey hole border would show that blanked pixels were averaged into known ones."""
    seen: list[Batch] = []

    def fill(batch: Batch) -> Images:
        seen.append(batch)
        assert batch.image is not None
        assert batch.mask is not None
        return Images(batch.image + batch.mask * 0.5, maps={"doubt": torch.full_like(batch.mask, 0.25)})

    mask = torch.zeros(2, 1, 300, 420)
    mask[0, :, 31:77, 50:90] = mask[0, :, 200:250, 300:420] = mask[1, :, 5:295, 3:400] = 1
    image = (1 - mask).expand(2, 3, -1, -1).clone()  # white where it is known
    for way in ("resize-up-128", "crop-128", "tiled-128"):
        seen.clear()
        batch = Batch(("a", "b"), image, mask, target_size=(300, 420), seeds=(3, 4))
        answer = strategic(fill, Strategy.parse(way), "hole")(batch)
        for shown in seen:
            assert shown.image is not None
            assert shown.mask is not None
            assert max(shown.image.shape[-2:]) <= 128
            assert shown.target_size == tuple(shown.image.shape[-2:])
            known = shown.image[(shown.mask == 0).expand_as(shown.image)]
            assert bool((known == 1).all() if way != "tiled-128" else ((known == 1) | (known == 0.5)).all())
            assert set(shown.mask.unique().tolist()) <= {0.0, 1.0}
        assert torch.equal(answer.image[(mask == 0).expand_as(image)], image[(mask == 0).expand_as(image)])
        assert torch.allclose(answer.maps["doubt"], mask * 0.25, atol=1e-6)
        assert len({seed for shown in seen for seed in shown.seeds}) == len(seen)
        assert answer.facts["size_calls"][0] + answer.facts["size_calls"][1] == len(seen)


SHAPES = st.tuples(st.integers(1, 400), st.integers(1, 400))


@given(SHAPES, st.integers(64, 200))
def test_cores_of_tiles_cover_every_pixel_once(shape: tuple[int, int], side: int) -> None:
    covered = np.zeros(shape, int)
    for window, core in tiles_of(shape, side):
        assert 0 <= window.top <= core.top < core.bottom <= window.bottom <= shape[0]
        assert 0 <= window.left <= core.left < core.right <= window.right <= shape[1]
        assert max(window.height, window.width) <= side
        covered[core.top : core.bottom, core.left : core.right] += 1
    assert (covered == 1).all()


@given(SHAPES, st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_crops_cover_the_hole_and_never_overlap(shape: tuple[int, int], seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    hole = np.zeros(shape, bool)
    for _ in range(parts):
        top, left = (int(rng.integers(length)) for length in shape)
        hole[top : top + int(rng.integers(1, 40)), left : left + int(rng.integers(1, 40))] = True
    covered = np.zeros(shape, int)
    for window in windows_of(hole, 64):
        covered[window.top : window.bottom, window.left : window.right] += 1
    assert covered.max() == 1
    assert (covered[hole] == 1).all()


def test_who_decides() -> None:
    task = harness.suites.task_of({"id": "t", "title": "t", "dataset": "photos", "metrics": ["psnr"],
                                   "primary": "psnr", "strategy": "crop"})  # fmt: skip
    plain, named, native = (resolve_entry(text, registry())
                            for text in ("telea", "telea[strategy=tiled-256]", "telea[strategy=native]"))  # fmt: skip
    assert [str(entry.strategy_on(task)) for entry in (plain, named, native)] == ["crop-512", "tiled-256", "native"]
    assert str(plain.strategy_on()) == "native"
    assert "strategy" not in plain.identity()
    assert len({str(entry.identity()) for entry in (plain, named, native)}) == 3
    assert "strategy" not in named.params


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("telea[strategy=corp]", "'corp' is no strategy: native, resize-up, crop, tiled, with a side in pixels"),
        ("telea[strategy=crop-9]", "a side is 64 to 8192 pixels"),
        ("telea[strategy=native-512]", "native has no side"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(text: str, said: str) -> None:
    with pytest.raises(HarnessError, match=said):
        canonical(parse_reference(text), registry())


def test_a_run_keys_records_and_resumes_by_strategy(tmp_path: Path) -> None:
    ways = ["telea", "telea[strategy=resize-up-128]", "telea[strategy=tiled-128]"]
    run = harness.run("demo", ways, tasks=["photos-thick"], limit=1, out=tmp_path / "run", device="cpu", report=False)
    records = run.records.set_index("entry")
    assert list(records.loc[ways, "fact:size_strategy"]) == ["native", "resize-up-128", "tiled-128"]
    assert records["cell_key"].nunique() == records["output_hash"].nunique() == 3
    assert all(check.state != "wrong" for check in harness.verify(run.folder.path).checks)
    again = harness.run("demo", ways, tasks=["photos-thick"], limit=1, out=tmp_path / "run", device="cpu", report=False)
    assert list(again.records["seconds"]) == list(run.records["seconds"])  # nothing ran again
