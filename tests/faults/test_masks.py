"""Masks that are not what they should be: of another size, empty, full, grey, not a mask. In every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import harness
from harness.application import inpaint_files
from harness.datasets.decode import encode_png
from harness.errors import HarnessError
from harness.scoring import score

SIDES = st.integers(1, 24)
PICTURE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
CENTRE = np.zeros((40, 56), bool)
CENTRE[10:30, 14:40] = True


def _place(folder: Path, **arrays: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        (folder / f"{name}.png").write_bytes(encode_png(array))
    return folder


# ---- sizes


@settings(max_examples=15, deadline=None)
@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_sizes_that_differ_are_named_both_and_nothing_is_resized(
    tmp_path_factory: pytest.TempPathFactory, output: tuple[int, int], truth: tuple[int, int], mask: tuple[int, int]
) -> None:
    place = tmp_path_factory.mktemp("sizes")
    _place(
        place, output=np.zeros((*output, 3), np.uint8), truth=np.zeros((*truth, 3), np.uint8), mask=np.ones(mask, bool)
    )
    paths = [place / f"{name}.png" for name in ("output", "truth", "mask")]
    for shapes, call in (
        ((output, truth, mask), lambda: len(score(paths[0], paths[1], mask=paths[2], metrics=["l1"]).table)),
        ((truth, mask), lambda: len(list(inpaint_files("mean", [paths[1]], paths[2], place / "new", warn=print)))),
    ):
        if len(set(shapes)) == 1:
            assert call() == 1
            continue
        with pytest.raises(HarnessError) as caught:
            call()
        told = str(caught.value)
        first = next(shape for shape in shapes[1:] if shape != shapes[0]) if shapes[0] != shapes[1] else mask
        for height, width in (shapes[0] if first is not mask or len(shapes) == 2 else truth, first):
            assert f"{width}×{height}" in told
        assert "\n" not in told
        assert not (place / "new").exists()


# ---- contents


@pytest.mark.parametrize("method", ["mean", "nearest", "telea", "ns", "harmonic", "patchmatch", "coordfill"])
def test_an_empty_mask_gives_the_picture_back(tmp_path: Path, method: str) -> None:
    _place(tmp_path, picture=PICTURE, mask=np.zeros((40, 56), bool))
    list(inpaint_files(method, [tmp_path / "picture.png"], tmp_path / "mask.png", tmp_path / "new.png", warn=print))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "new.png")), PICTURE)


@pytest.mark.parametrize("method", ["mean", "nearest", "telea", "ns", "harmonic", "patchmatch", "coordfill"])
def test_a_full_mask_gives_a_picture_or_one_line(tmp_path: Path, method: str) -> None:
    _place(tmp_path, picture=PICTURE, mask=np.ones((40, 56), bool))
    try:
        list(inpaint_files(method, [tmp_path / "picture.png"], tmp_path / "mask.png", tmp_path / "new.png", warn=print))
    except HarnessError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert not (tmp_path / "new.png").exists()
    else:
        assert np.asarray(Image.open(tmp_path / "new.png")).shape == PICTURE.shape


MASKS = {
    "values of 0 and 1": (np.eye(40, 56, dtype=np.uint8), "a mask of values 0 and 1"),
    "clear pixels": (np.dstack([PICTURE, np.zeros((40, 56), np.uint8)]), "a mask with transparent pixels"),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_that_can_be_read_in_two_ways_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    pixels, words = MASKS[name]
    _place(tmp_path, picture=PICTURE)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    picture, mask = tmp_path / "picture.png", tmp_path / "mask.png"
    for call in (
        lambda: score(picture, picture, mask=mask, metrics=["l1"]),
        lambda: list(inpaint_files("mean", [picture], mask, tmp_path / "new.png", warn=print)),
    ):
        with pytest.raises(HarnessError, match=rf"mask\.png: {words}"):
            call()


def test_a_grey_mask_is_told_and_counts_above_127(tmp_path: Path) -> None:
    grey = np.full((40, 56), 127, np.uint8)
    grey[CENTRE] = 128
    _place(tmp_path, picture=PICTURE, mask=grey)
    told: list[str] = []
    list(
        inpaint_files("mean", [tmp_path / "picture.png"], tmp_path / "mask.png", tmp_path / "new.png", warn=told.append)
    )
    assert len(told) == 1
    assert "100% of its pixels are neither black nor white" in told[0]
    changed = (np.asarray(Image.open(tmp_path / "new.png")) != PICTURE).any(axis=2)
    assert not changed[~CENTRE].any()
    assert changed[CENTRE].mean() > 0.9


def test_scores_of_an_empty_hole_are_undefined_and_those_of_a_full_one_are_the_picture_s(tmp_path: Path) -> None:
    other = np.clip(PICTURE.astype(int) + 9, 0, 255).astype(np.uint8)
    for name, hole in (("empty", np.zeros((40, 56), bool)), ("full", np.ones((40, 56), bool))):
        _place(tmp_path, output=other, truth=PICTURE, mask=hole)
        paths = [tmp_path / f"{part}.png" for part in ("output", "truth", "mask")]
        row = score(paths[0], paths[1], mask=paths[2], metrics=["psnr@hole", "l1@hole", "l1"]).table.iloc[0]
        if name == "empty":
            assert np.isnan([row["psnr@hole"], row["l1@hole"]]).all()  # not 0, not the whole picture's
        else:
            assert row["l1@hole"] == pytest.approx(row["l1"])


# ---- a run

PLUGIN = """
import dataclasses
import numpy as np
from pathlib import Path
from harness import DatasetSpec, Param, SuiteSpec, hookimpl
from harness.datasets.decode import decode_mask
from harness.datasets.folder import Folder

class Masked(Folder):
    def load(self, id):
        mask = Path(self.path.parent, "masks", id)
        found = np.load(mask.with_suffix(".npy")) if mask.with_suffix(".npy").exists() else decode_mask(mask)
        return dataclasses.replace(super().load(id), mask=found)

@hookimpl
def harness_register_datasets(register):
    register(DatasetSpec("mine", "harness_mine:Masked", "1", "pictures with masks", "none",
                         gives=frozenset({{"image", "mask"}}), params={{"path": Param({path!r}, "the folder")}}))

@hookimpl
def harness_register_suites(register):
    register(SuiteSpec("mine", "harness_mine:mine.toml", "a folder"))
"""
SUITE = """
name = "mine"
version = 1
title = "Mine"
summary = "A user's folder with masks."
cost = "seconds"
methods = ["mean"]

[[task]]
id = "fill"
title = "A user's folder"
dataset = "mine"
metrics = ["psnr@hole", "l1"]
primary = "psnr@hole"
"""
FAILED = {
    "other.png": ("mask is (30, 56), the picture (40, 56)",),
    "ambiguous.png": ("a mask of values 0 and 1 only",),
    "page.png": ("not an image: its content is HTML",),
    "missing.png": ("cannot be read: No such file",),
    "numbers.png": ("uint8", "bool"),
    "floats.png": ("float64", "bool"),
}


def test_masks_of_every_kind_in_a_run_are_judged_or_failed_records(
    tmp_path: Path, with_plugin: Callable[..., None]
) -> None:
    sound = [f"sound{k}.png" for k in range(5)]
    names = [*FAILED, *sound, "empty.png", "full.png"]
    pictures = _place(tmp_path / "pictures", **{name.removesuffix(".png"): PICTURE for name in names})
    edges = {"empty": np.zeros_like(CENTRE), "full": np.ones_like(CENTRE), "other": CENTRE[:30]}
    masks = _place(tmp_path / "masks", **edges, **{name.removesuffix(".png"): CENTRE for name in sound})
    Image.fromarray(CENTRE.astype(np.uint8)).save(masks / "ambiguous.png")
    (masks / "page.png").write_text("<html>")
    np.save(masks / "numbers.npy", CENTRE.astype(np.uint8) * 255)
    np.save(masks / "floats.npy", CENTRE.astype(np.float64))
    with_plugin("harness_mine", PLUGIN.format(path=str(pictures)), {"mine.toml": SUITE})
    run = harness.run("mine", ["mean", "telea", "harmonic"], device="cpu", out=tmp_path / "run")
    records = run.records.set_index(["entry", "sample"])
    for entry in ("mean", "telea", "harmonic"):
        mine = records.loc[entry]
        assert len(mine) == len(names)
        assert (mine.loc[[*sound, "empty.png", "full.png"], "status"] == "ok").all()
        assert (mine.loc[[*sound, "full.png"], "score:psnr@hole"] > 0).all()
        assert np.isnan(mine.loc["empty.png", "score:psnr@hole"])
        for name, words in FAILED.items():
            assert mine.loc[name, "status"] == "failed", name
            assert all(word in mine.loc[name, "reason"] for word in words), mine.loc[name, "reason"]
    cell = next(c for c in run.summary.tasks[0].cells if c.entry == "mean" and c.metric == "psnr@hole" and not c.subset)
    assert cell.interval is not None
    assert (cell.interval.n, cell.n_ok, cell.n_failed) == (6, 7, 6)  # the empty hole counts as ok, and for no mean
    assert "NaN" not in (run.path / "summary.json").read_text()
