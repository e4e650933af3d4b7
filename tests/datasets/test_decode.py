"""One decoding policy: every mode with expected values, every fault with one line that names file and cause."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.datasets.decode import FORMATS, ImageError, decode, decode_mask, encode_png, image_size
from harness.errors import HarnessError


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def merged(mode: str, bands: np.ndarray) -> Image.Image:
    return Image.merge(mode, [Image.fromarray(np.ascontiguousarray(band)) for band in np.moveaxis(bands, 2, 0)])


def raw_png(width: int, height: int, depth: int, scanlines: bytes) -> bytes:
    """An RGB PNG with any header over any content."""

    def chunk(tag: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(scanlines)) + chunk(b"IEND", b"")


def png_of_size(width: int, height: int) -> bytes:
    """A tiny PNG whose header declares any size."""
    return raw_png(width, height, 8, b"\0" * 64)


GRADIENT = np.dstack(np.meshgrid(np.arange(0, 240, 10), np.arange(0, 160, 10))).astype(np.uint8)
RGB = np.dstack([GRADIENT, 255 - GRADIENT[..., 0]])
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_formats_keep_every_value(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode(saved(Image.fromarray(RGB), kind, **options))
    assert np.array_equal(decoded.pixels, RGB)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.facts["format"] == kind


@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "JPEG2000"])
def test_lossy_formats_are_read(kind):
    if kind not in FORMATS:
        pytest.skip(f"this Pillow was built without {kind}")
    options = {} if kind == "JPEG2000" else {"quality": 95}
    decoded = decode(saved(Image.fromarray(RGB), kind, **options))
    assert decoded.pixels.shape == RGB.shape
    assert np.abs(decoded.pixels.astype(int) - RGB).mean() < 4


def test_one_bit_and_grey_become_three_equal_channels():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(decode(saved(Image.fromarray(grey))).pixels, np.repeat(grey[..., None], 3, 2))
    bits = Image.fromarray(grey > 127)
    assert bits.mode == "1"
    assert np.array_equal(decode(saved(bits)).pixels[..., 0], np.where(grey > 127, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    wide = np.array([[0, 128, 129, 257, 32768, 65278, 65535]], dtype=np.uint16)
    decoded = decode(saved(Image.fromarray(wide), kind))
    assert decoded.pixels[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255]
    assert np.array_equal(decoded.pixels[..., 0], np.rint(wide / 257).astype(np.uint8))


def test_sixteen_bit_grey_pgm_is_scaled():
    body = np.array([0, 257, 32768, 65535], dtype=">u2").tobytes()
    assert decode(b"P5\n4 1\n65535\n" + body).pixels[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bit_colour_keeps_the_high_byte():
    raw = np.array([[0x0000, 0x12FF, 0xFFFF]], dtype=">u2").tobytes()
    assert decode(raw_png(1, 1, 16, b"\0" + raw)).pixels[0, 0].tolist() == [0x00, 0x12, 0xFF]


def test_transparency_is_laid_over_white_in_every_mode():
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    clear[..., 0], clear[:2, :, 3], clear[2, :, 3] = 200, 255, 51
    pixels = decode(saved(Image.fromarray(clear))).pixels
    assert pixels[0, 0].tolist() == [200, 0, 0]
    assert pixels[3, 0].tolist() == [255, 255, 255]
    assert np.abs(pixels[2, 0].astype(int) - [244, 204, 204]).max() <= 1
    assert decode(saved(merged("LA", clear[..., [0, 3]]))).pixels[:, 0, 0].tolist() == [200, 200, 244, 255]


def test_transparent_palette_entry_and_key_colour():
    indexed = Image.fromarray(np.array([[0, 1]], dtype=np.uint8))
    indexed = indexed.convert("P")
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    assert decode(saved(indexed)).pixels[0].tolist() == [[10, 20, 30], [40, 50, 60]]
    assert decode(saved(indexed, transparency=1)).pixels[0].tolist() == [[10, 20, 30], [255, 255, 255]]
    keyed = saved(Image.fromarray(RGB), transparency=tuple(int(v) for v in RGB[3, 4]))
    assert decode(keyed).pixels[3, 4].tolist() == [255, 255, 255]
    assert decode(keyed).facts["transparent"]


def test_cmyk_is_converted():
    inks = np.zeros((8, 8, 4), dtype=np.uint8)
    inks[..., 0] = 255
    cyan = merged("CMYK", inks)
    assert decode(saved(cyan, "TIFF")).pixels[0, 0].tolist() == [0, 255, 255]
    assert np.abs(decode(saved(cyan, "JPEG", quality=100)).pixels[0, 0].astype(int) - [0, 255, 255]).max() <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = np.zeros((20, 40, 3), dtype=np.uint8)
    wide[:, :20] = 255
    data = saved(Image.fromarray(wide), kind, exif=exif)
    decoded = decode(data)
    assert decoded.pixels.shape == (40, 20, 3)
    assert decoded.pixels[2, 10].min() > 240
    assert decoded.pixels[37, 10].max() < 15
    assert decoded.facts["orientation"] == 6
    assert image_size(data) == (40, 20)


def test_first_frame_of_an_animation_and_its_count():
    frames = [Image.new("RGB", (6, 5), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    decoded = decode(data)
    assert decoded.pixels[0, 0].tolist() == [255, 0, 0]
    assert decoded.facts["frames"] == 3


def test_a_profile_is_reported_not_applied():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = decode(saved(Image.fromarray(RGB), icc_profile=profile))
    assert decoded.facts["profile"]
    assert np.array_equal(decoded.pixels, RGB)


@pytest.mark.parametrize("values", [np.float32([[0.0, 0.5, 1.0]]), np.int32([[0, 70000, 2**30]])])
def test_float_and_32_bit_pictures_are_refused(tmp_path, values):
    path = tmp_path / "ambiguous.tif"
    path.write_bytes(saved(Image.fromarray(values), "TIFF"))
    with pytest.raises(ImageError, match=r"ambiguous\.tif: .* do not say which value is white"):
        decode(path)


FAULTS = {
    "empty.png": (b"", "is empty"),
    "page.png": (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
    "noise.jpg": (bytes(range(200)), "not an image"),
    "short.jpg": (saved(Image.fromarray(NOISE), "JPEG")[:-200], "damaged JPEG"),
    "shorter.jpg": (saved(Image.fromarray(NOISE), "JPEG")[:-2], "damaged JPEG"),
    "header.jpg": (saved(Image.fromarray(NOISE), "JPEG")[:100], "damaged header"),
    "short.png": (saved(Image.fromarray(NOISE))[:5000], "damaged PNG"),
    "flipped.png": (saved(Image.fromarray(RGB)).replace(b"IDAT\x78", b"IDAT\x79"), "damaged PNG"),
    "bomb.png": (png_of_size(12_000, 12_000), "declares too many pixels|12000 x 12000"),
    "bigger.png": (png_of_size(30_000, 30_000), "declares too many pixels"),
    "postscript.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", "not an image"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_one_line_with_file_and_cause(tmp_path, name):
    data, cause = FAULTS[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ImageError, match=cause) as caught:
        decode(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, HarnessError)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ImageError, match="cannot be read: No such file"):
        decode(tmp_path / "none.png")
    with pytest.raises(ImageError, match="cannot be read"):
        decode(tmp_path)


def test_bombs_are_refused_before_decoding():
    with pytest.raises(ImageError, match="limit of 1000"):
        decode(png_of_size(40, 26), max_pixels=1000)
    assert decode(saved(Image.new("RGB", (40, 25))), max_pixels=1000).pixels.shape == (25, 40, 3)


def test_a_bomb_costs_no_memory():
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(ImageError):
        decode(png_of_size(9_000, 9_000))
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_raise_image_error_or_give_an_image(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF"]))
    good = saved(Image.fromarray(RGB), kind)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    try:
        pixels = decode(bad, max_pixels=100_000).pixels
    except ImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


def test_threads_decode_the_same_pixels():
    data = [saved(Image.fromarray(np.roll(RGB, k, axis=1)), "JPEG") for k in range(24)]
    alone = [decode(one).pixels for one in data]
    with ThreadPoolExecutor(4) as pool:
        together = [decoded.pixels for decoded in pool.map(decode, data)]
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_mask_threshold_and_polarity():
    grey = np.array([[0, 126, 127], [128, 129, 255]], dtype=np.uint8)
    mask = decode_mask(saved(Image.fromarray(grey)))
    assert mask.dtype == np.bool_
    assert mask.tolist() == [[False, False, False], [True, True, True]]
    assert decode_mask(saved(Image.new("L", (3, 2)))).sum() == 0
    assert decode_mask(saved(Image.new("1", (3, 2), 1))).all()


def test_ambiguous_masks_are_refused(tmp_path):
    path = tmp_path / "mask.png"
    Image.fromarray(np.array([[0, 1]], dtype=np.uint8)).save(path)
    with pytest.raises(ImageError, match=r"mask\.png: a mask of values 0 and 1"):
        decode_mask(path)
    Image.new("RGBA", (3, 3), (0, 0, 0, 0)).save(path)
    with pytest.raises(ImageError, match="transparent pixels"):
        decode_mask(path)
    Image.new("RGBA", (3, 3), (255, 255, 255, 255)).save(path)
    assert decode_mask(path).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 33), st.integers(1, 33), st.integers(0, 2**32 - 1))
def test_png_round_trip(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(decode(encode_png(pixels)).pixels, pixels)
    hole = pixels[..., 0] > 127
    assert np.array_equal(decode_mask(encode_png(hole)), hole)
    assert np.array_equal(decode(encode_png(pixels[..., 1])).pixels[..., 0], pixels[..., 1])


def test_png_encoder_refuses_other_arrays():
    for wrong in (np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros(4, np.uint8)):
        with pytest.raises(ValueError, match="expected uint8"):
            encode_png(wrong)
