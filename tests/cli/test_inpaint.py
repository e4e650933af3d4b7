"""`harness inpaint` on photographs as people have them: any shape, transparent, turned by EXIF, grey."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.decode import decode

Pixels = NDArray[np.uint8]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Four photographs, none of them square, each saved another way, and their holes."""
    pictures, masks = tmp_path / "photos", tmp_path / "holes"
    pictures.mkdir()
    masks.mkdir()
    cat = Image.fromarray(skimage.data.chelsea()[:240, :330])
    cat.save(pictures / "cat.png")
    rocket = Image.fromarray(skimage.data.rocket()[:200, :320])
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: show it turned by 90 degrees
    rocket.save(pictures / "rocket.jpg", exif=turned)
    coffee = Image.fromarray(skimage.data.coffee()[:180, :300])
    coffee.putalpha(Image.linear_gradient("L").resize(coffee.size))
    coffee.save(pictures / "coffee.png")
    Image.fromarray(skimage.data.coins()[:150, :190]).save(pictures / "coins.webp", lossless=True)
    for path in pictures.iterdir():
        height, width = decode(path).pixels.shape[:2]
        hole = np.zeros((height, width), np.uint8)
        hole[height // 3 : height // 2, width // 4 : width // 2] = 255
        Image.fromarray(hole).save(masks / f"{path.stem}.png")
    return tmp_path


def _read(path: Path) -> Pixels:
    return np.asarray(Image.open(path))


def _check(album: Path, name: str, filled: Pixels) -> None:
    source = decode(next((album / "photos").glob(f"{name}.*"))).pixels
    hole = _read(album / "holes" / f"{name}.png") > 0
    assert filled.shape == source.shape
    assert np.array_equal(filled[~hole], source[~hole])
    assert not np.array_equal(filled[hole], source[hole])
    assert len(np.unique(filled[hole].reshape(-1, 3), axis=0)) > 20  # something was painted, not one colour


def test_photographs_of_every_kind_are_filled_and_known_pixels_kept(
    album: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    files = sorted(map(str, (album / "photos").iterdir()))
    done = harness_command("inpaint", "telea", *files, "--mask", "holes", "-o", "filled")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    names = ["cat", "coffee", "coins", "rocket"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == [f"filled/{name}.png" for name in names]
    for name in names:
        _check(album, name, _read(album / "filled" / f"{name}.png"))
    assert _read(album / "filled" / "rocket.png").shape == (320, 200, 3)  # upright, as a viewer shows it


@pytest.mark.parametrize("method", ["coordfill@random", "harmonic"])
def test_one_photograph_into_a_named_file(album: Path, call: Callable[..., Any], method: str) -> None:
    code, out, err = call("inpaint", method, "photos/cat.png", "--mask", "holes/cat.png", "-o", "new/cat.png")
    assert (code, err) == (0, "")
    assert out.startswith("new/cat.png  ")
    _check(album, "cat", _read(album / "new" / "cat.png"))


def test_a_folder_with_a_dot_in_its_name_is_a_folder(album: Path, call: Callable[..., Any]) -> None:
    (album / "fills.v2").mkdir()
    assert call("inpaint", "mean", "photos/cat.png", "--mask", "holes", "-o", "fills.v2").code == 0
    assert (album / "fills.v2" / "cat.png").is_file()


def test_every_file_is_checked_before_the_first_is_written(album: Path, mistake: Callable[..., str]) -> None:
    small = np.zeros((9, 9), np.uint8)
    Image.fromarray(small).save(album / "holes" / "rocket.png")
    files = sorted(map(str, (album / "photos").iterdir()))
    assert files[-1].endswith("rocket.jpg")
    assert "they must agree" in mistake("inpaint", "mean", *files, "--mask", "holes", "-o", "x")
    assert not (album / "x").exists()


def test_two_masks_of_one_name_are_one_line(album: Path, mistake: Callable[..., str]) -> None:
    (album / "holes" / "cat.txt").write_text("not a mask")
    (album / "holes" / "cat.bmp").write_bytes((album / "holes" / "cat.png").read_bytes())
    told = mistake("inpaint", "mean", "photos/cat.png", "--mask", "holes", "-o", "x")
    assert "holes holds 2 masks named cat: cat.bmp, cat.png; leave one" in told


def test_a_grey_mask_is_warned_of_once(album: Path, call: Callable[..., Any]) -> None:
    hole = _read(album / "holes" / "cat.png").copy()
    hole[:4] = 90  # 4 of 240 rows
    Image.fromarray(hole).save(album / "grey.png")
    Image.fromarray(_read(album / "photos" / "cat.png")).save(album / "again.png")
    code, out, err = call("inpaint", "mean", "photos/cat.png", "again.png", "--mask", "grey.png", "-o", "x")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err == "Warning: grey.png: 2% of its pixels are neither black nor white; what is above 127 counts as hole\n"
    hole[2:4] = 0  # 2 of 240 rows are less than 1 %, as drawn edges are
    Image.fromarray(hole).save(album / "grey.png")
    assert call("inpaint", "mean", "photos/cat.png", "--mask", "grey.png", "-o", "x").err == ""


MISTAKES = {
    "another size": (("telea", "photos/cat.png", "--mask", "holes/coins.png", "-o", "x"), "they must agree"),
    "no such mask": (("telea", "photos/cat.png", "--mask", "nope.png", "-o", "x"), "nope.png: cannot be read"),
    "no mask of that name": (("telea", "photos/cat.png", "--mask", "photos/..", "-o", "x"), "no mask named cat"),
    "no such picture": (("telea", "photos/dog.png", "--mask", "holes/cat.png", "-o", "x"), "dog.png: cannot be read"),
    "not a picture": (("telea", "notes.txt", "--mask", "holes/cat.png", "-o", "x"), "notes.txt: not an image"),
    "one file for two": (("telea", "photos/cat.png", "photos/coins.webp", "--mask", "holes", "-o", "x.png"), "2 pict"),
    "lossy": (("telea", "photos/cat.png", "--mask", "holes", "-o", "x.jpg"), "written lossless"),
    "same name": (("telea", "photos/cat.png", "holes/cat.png", "--mask", "holes", "-o", "x"), "overwrite each other"),
    "unknown method": (("telae", "photos/cat.png", "--mask", "holes", "-o", "x"), "Did you mean telea"),
    "weights not here": (("coordfill@official", "photos/cat.png", "--mask", "holes", "-o", "x"), "get it: download"),
    "no such device": (("telea", "photos/cat.png", "--mask", "holes", "-o", "x", "--device", "cuda:99"), "cuda:99"),
}


@pytest.mark.parametrize(("args", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_nothing_is_written(
    album: Path, mistake: Callable[..., str], args: tuple[str, ...], words: str
) -> None:
    (album / "notes.txt").write_text("buy milk")
    assert words in mistake("inpaint", *args)
    assert not (album / "x").exists()
    assert not (album / "x.png").exists()


def test_a_larger_picture_is_filled_by_the_strategy_that_is_named(
    album: Path, call: Callable[..., Any], mistake: Callable[..., str]
) -> None:
    """The option says more than the reference, and what is not larger is filled natively."""
    words = ["photos/cat.png", "--mask", "holes", "-o"]
    ways = {"native": [], "small": ["--strategy", "resize-up-64"], "whole": ["--strategy", "tiled-512"]}
    for name, way in ways.items():
        assert call("inpaint", "telea", *words, f"{name}.png", *way).code == 0
        _check(album, "cat", _read(album / f"{name}.png"))
    assert call("inpaint", "telea[strategy=resize-up-64]", *words, "named.png").code == 0
    filled = {name: _read(album / f"{name}.png") for name in (*ways, "named")}
    assert np.array_equal(filled["named"], filled["small"])
    assert np.array_equal(filled["whole"], filled["native"])
    assert not np.array_equal(filled["small"], filled["native"])
    assert "'zoom' is no strategy: native, resize-up" in mistake(
        "inpaint", "telea", *words, "x.png", "--strategy", "zoom"
    )
