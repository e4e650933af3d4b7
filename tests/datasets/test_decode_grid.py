"""Every kind of picture file that a user may bring: the mean colour that it must have, or the words it is refused with.

Made here with Pillow or byte by byte; the policy is the table at the top of `harness.datasets.decode`.
"""

from __future__ import annotations

import io
import os
import random
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from harness.datasets.decode import ImageError, decode, decode_mask, image_size

Pixels = NDArray[np.uint8]
HALVES = np.zeros((20, 40, 3), np.uint8)
HALVES[:, :10] = (200, 100, 50)
MEAN = (50.0, 25.0, 12.5)  # a quarter of it is coloured
NOISE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def saved(image: Image.Image | Pixels, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(buffer, kind, **options)
    return buffer.getvalue()


def raw_png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """A PNG with any header over any scan lines."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    packed = (struct.pack(">I", len(b)) + tag + b + struct.pack(">I", zlib.crc32(tag + b)) for tag, b in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def interlaced(pixels: Pixels) -> bytes:
    """Adam7: seven pictures of every eighth to every second pixel, one after the other."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    parts = [pixels[top::down, left::across] for top, left, down, across in passes]
    data = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    return raw_png(pixels.shape[1], pixels.shape[0], data, interlace=1)


def wide(levels: Pixels, order: str = ">u2") -> bytes:
    """8-bit levels as the 16-bit ones that mean the same."""
    return (levels.astype(np.uint16) * 257).astype(order).tobytes()


def palette(**options: object) -> bytes:
    indices = Image.fromarray((HALVES[..., 0] > 0).astype(np.uint8), "L").convert("P")
    indices.putpalette([0, 0, 0, 200, 100, 50])
    return saved(indices, **options)


def animated(kind: str, **options: object) -> bytes:
    frames = [Image.fromarray(HALVES), Image.new("RGB", (40, 20), (0, 255, 0)), Image.new("RGB", (40, 20))]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)


def with_alpha(mode: str) -> Image.Image:
    """The black three quarters are clear: laid over white they have the mean of white there."""
    image = Image.fromarray(HALVES).convert(mode[:-1])
    image.putalpha(Image.fromarray((HALVES[..., 0] > 0).astype(np.uint8) * 255))
    return image


def inks() -> Image.Image:
    cmyk = np.zeros((20, 40, 4), np.uint8)
    cmyk[..., :3], cmyk[..., 3] = 255 - HALVES, 0
    return Image.merge("CMYK", [Image.fromarray(np.ascontiguousarray(cmyk[..., i])) for i in range(4)])


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


GREY = round(float(np.asarray(Image.fromarray(HALVES).convert("L")).mean()), 2)
CLEAR = tuple(mean + 0.75 * 255 for mean in MEAN)
LEVELS = np.asarray(Image.fromarray(HALVES).convert("L"))
SOUND: dict[str, tuple[Callable[[], bytes], tuple[float, ...], float]] = {
    # name: how it is made, mean of R, G, B, tolerance
    "png": (lambda: saved(HALVES), MEAN, 0),
    "interlaced png": (lambda: interlaced(HALVES), MEAN, 0),
    "bmp": (lambda: saved(HALVES, "BMP"), MEAN, 0),
    "ppm": (lambda: saved(HALVES, "PPM"), MEAN, 0),
    "tiff, several pages": (lambda: animated("TIFF"), MEAN, 0),
    "tiff, lzw": (lambda: saved(HALVES, "TIFF", compression="tiff_lzw"), MEAN, 0),
    "webp, lossless": (lambda: saved(HALVES, "WEBP", lossless=True), MEAN, 0),
    "webp": (lambda: saved(HALVES, "WEBP", quality=95), MEAN, 2),
    "jpeg": (lambda: saved(HALVES, "JPEG", quality=95), MEAN, 1),
    "jpeg, progressive": (lambda: saved(HALVES, "JPEG", quality=95, progressive=True), MEAN, 1),
    "jpeg, cmyk": (lambda: saved(inks(), "JPEG", quality=100), MEAN, 2),
    "jpeg, grey": (lambda: saved(Image.fromarray(LEVELS), "JPEG", quality=95), (GREY,) * 3, 1),
    "mpo": (lambda: animated("MPO", quality=95), MEAN, 1),
    "tiff, cmyk": (lambda: saved(inks(), "TIFF"), MEAN, 0),
    "gif": (lambda: saved(HALVES, "GIF"), MEAN, 0),
    "gif, animated": (lambda: animated("GIF"), MEAN, 0),
    "webp, animated": (lambda: animated("WEBP", lossless=True), MEAN, 0),
    "apng": (lambda: animated("PNG"), MEAN, 0),
    "grey": (lambda: saved(Image.fromarray(LEVELS)), (GREY,) * 3, 0),
    "one bit": (lambda: saved(Image.fromarray(HALVES[..., 0] > 0)), (63.75,) * 3, 0),
    "16-bit grey png": (lambda: saved(Image.fromarray(LEVELS.astype(np.uint16) * 257)), (GREY,) * 3, 0),
    "16-bit grey tiff": (lambda: saved(Image.fromarray(LEVELS.astype(np.uint16) * 257), "TIFF"), (GREY,) * 3, 0),
    "16-bit grey pgm": (lambda: b"P5\n40 20\n65535\n" + wide(LEVELS), (GREY,) * 3, 0),
    "16-bit rgb png": (lambda: raw_png(40, 20, b"".join(b"\0" + wide(r) for r in HALVES), depth=16), MEAN, 0),
    "rgba": (lambda: saved(with_alpha("RGBA")), CLEAR, 0),
    "la": (lambda: saved(with_alpha("LA")), (GREY + 0.75 * 255,) * 3, 0),
    "palette": (palette, MEAN, 0),
    "palette with a clear colour": (lambda: palette(transparency=0), CLEAR, 0),
    "key colour": (lambda: saved(HALVES, transparency=(0, 0, 0)), CLEAR, 0),
    "profile": (lambda: saved(HALVES, icc_profile=srgb()), MEAN, 0),
    "one pixel": (lambda: saved(HALVES[:1, :1]), (200, 100, 50), 0),
    "one row": (lambda: saved(np.repeat(HALVES[:1], 500, 1)), MEAN, 0),
    "one column": (lambda: saved(np.ascontiguousarray(np.repeat(HALVES[:1], 500, 1).swapaxes(0, 1))), MEAN, 0),
    "a side of 60,000": (lambda: saved(np.repeat(HALVES[:1], 1500, 1)), MEAN, 0),
}


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_picture_has_the_mean_it_must_have_whatever_it_is_called(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    make, expected, tolerance = SOUND[kind]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(make())
    decoded = decode(path)
    assert decoded.pixels.mean((0, 1)) == pytest.approx(expected, abs=tolerance + 1e-9)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.flags["C_CONTIGUOUS"]
    assert image_size(path) == decoded.pixels.shape[:2]
    several = ("animated" in kind) or kind in ("mpo", "apng", "tiff, several pages")
    assert decoded.facts["frames"] == (3 if several else 1)
    assert decoded.facts["profile"] == (kind == "profile")


TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda p: p,
    2: np.fliplr,
    3: lambda p: np.rot90(p, 2),
    4: np.flipud,
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNS)
def test_every_orientation_is_shown_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = HALVES.copy()
    pixels[:5] = (0, 0, 255)  # no turn or mirror of it is like another
    data = saved(pixels, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    decoded = decode(data)
    expected = TURNS[orientation](decode(saved(pixels, kind, **({"lossless": True} if kind == "WEBP" else {}))).pixels)
    assert decoded.facts["orientation"] == orientation
    assert image_size(data) == decoded.pixels.shape[:2] == expected.shape[:2]
    assert np.array_equal(decoded.pixels, expected)


def test_an_orientation_that_does_not_exist_is_taken_for_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    assert np.array_equal(decode(saved(HALVES, exif=exif)).pixels, HALVES)


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "a page": (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "its content is HTML or XML text"),
    "a drawing": (b'<?xml version="1.0"?><svg/>', "its content is HTML or XML text"),
    "a program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", "not an image"),
    "a movie": (b"\0\0\0\x18ftypmp42" + bytes(64), "not an image"),
    "a signature only": (b"\x89PNG\r\n\x1a\n", "damaged|not an image"),
    "float tiff": (saved(Image.fromarray(np.float32([[0, 0.5, 1]])), "TIFF"), "float pixels do not say"),
    "32-bit tiff": (saved(Image.fromarray(np.int32([[0, 1 << 20]])), "TIFF"), "32-bit pixels do not say"),
    "16-bit grey with a key": (
        saved(Image.fromarray(np.uint16([[0, 65535]])), transparency=65535), "16-bit grey with a transparent value",
    ),
    "no width": (raw_png(0, 8, b""), "damaged|not an image"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_or_not_one_alone_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    data, words = REFUSED[kind]
    path = tmp_path / "x.png"
    path.write_bytes(data)
    for read in (decode, decode_mask):
        with pytest.raises(ImageError, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_picture_is_refused_wherever_it_ends(kind: str) -> None:
    """OpenCV and libvips fill the rest with grey or black."""
    options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    whole = saved(NOISE, kind, **options)
    sound, refused = decode(whole).pixels, 0
    cuts = {1, 9, 30, 100, *(len(whole) * k // 20 for k in range(1, 20)), *(len(whole) - k for k in range(1, 21))}
    for cut in sorted(cuts):
        try:
            pixels = decode(whole[:cut]).pixels
        except ImageError:
            refused += 1
        else:
            assert cut >= len(whole) - 20  # end marks and checksums may be missing
            assert np.array_equal(pixels, sound)
    assert refused >= 23


def test_no_flipped_bit_of_a_png_gives_other_pixels() -> None:
    """Its checksums see to it; torchvision crashes on most of these files."""
    whole, chance, refused = saved(NOISE), random.Random(0), 0
    sound = decode(whole).pixels
    for _ in range(100):
        bit = chance.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert np.array_equal(decode(bytes(damaged)).pixels, sound)
        except ImageError:
            refused += 1
    assert refused >= 95


def _resized(kind: str, side: int) -> bytes:
    """A small file whose header declares a square of any side."""
    if kind == "PNG":
        return raw_png(side, side, bytes(64))
    whole = bytearray(saved(NOISE[:8, :8], kind))
    if kind == "JPEG":
        at = whole.index(b"\xff\xc0") + 5
        whole[at : at + 4] = struct.pack(">HH", side, side)
    elif kind == "GIF":
        whole[6:10] = struct.pack("<HH", side, side)
    else:
        whole[18:26] = struct.pack("<ii", side, side)
    return bytes(whole)


BOMBS = [_resized(kind, side) for kind in ("PNG", "JPEG", "GIF", "BMP") for side in (9_000, 12_000, 30_000, 65_500)]
CEILING = """
import resource, sys
from pathlib import Path
from harness.datasets.decode import ImageError, decode, image_size
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    for read in (decode, image_size):
        try:
            read(path)
        except ImageError as error:
            assert "pixels" in str(error), error
        else:
            raise SystemExit(f"{path} was decoded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_are_refused_by_their_header_under_a_ceiling_of_memory(tmp_path: Path) -> None:
    """Pillow alone decodes the smaller ones to 1.8 GB of black. `RLIMIT_AS` would also end a reader that tries to."""
    for number, bomb in enumerate(BOMBS):
        assert len(bomb) < 1500
        (tmp_path / f"{number:02}").write_bytes(bomb)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    command = [sys.executable, "-c", CEILING, str(tmp_path)]
    one = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # it reserves memory a thread, and there may be many cores
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit, env=one)
    assert (done.returncode, done.stderr) == (0, "")  # no warning either
    assert int(done.stdout) < 20_000  # KiB


@pytest.mark.parametrize(
    "name",
    ["-o.png", "a b.png", "ünï.png", "日本.png", "🎈.png", "a\nb.png", "\u202egnp.png", "CON.png", "x" * 251 + ".png"],
)
def test_a_picture_may_be_called_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(saved(HALVES))
    assert np.array_equal(decode(tmp_path / name).pixels, HALVES)
    (tmp_path / name).write_bytes(b"<html>")
    with pytest.raises(ImageError) as caught:
        decode(tmp_path / name)
    assert "\n" not in str(caught.value)
