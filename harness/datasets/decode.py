"""The one policy by which image files become pixels: uint8 H×W×3 RGB, or a bool H×W mask.

Pillow only: on damaged files OpenCV and libvips answer with grey or black fill, torchvision with a crash.

| in the file | becomes |
|---|---|
| EXIF orientation | applied |
| 1 bit, grey, palette, CMYK, YCbCr, Lab | RGB as Pillow converts it |
| 16-bit grey | rounded v / 257 (never clipped) |
| 16-bit RGB (PNG) | its high byte: Pillow reads no more |
| transparency | composited over white (`BACKGROUND`) |
| several frames or pages | the first; `facts["frames"]` says how many |
| colour profile | not applied, as no method's own loader does; `facts["profile"]` says that there is one |
| float, or 32-bit integers | refused: the file does not say which value is white |
| more than `max_pixels` (and Pillow's own 89 million) by its header | refused before a pixel is decoded |
| more than a gigabyte, a pipe, a device | refused before a byte is read |
| empty, truncated, not an image, a format outside `FORMATS` | refused |
"""

from __future__ import annotations

import io
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "DecodedImage",
    "ImageError",
    "decode",
    "decode_mask",
    "encode_png",
    "image_size",
    "printable",
]

MAX_PIXELS = 64_000_000
MAX_BYTES = 1 << 30  # ours: twice what `MAX_PIXELS` of four 16-bit channels take without compression
BACKGROUND = (255, 255, 255, 255)
# ours: the raster formats people keep pictures in. Others that Pillow knows start programs (EPS).
# A Pillow built without one of their libraries reads the rest.
Image.init()
WANTED = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
FORMATS = tuple(name for name in WANTED if name in Image.OPEN)
MASK_THRESHOLD = 127
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")

# Set once, for these classes and words only: `warnings.catch_warnings` is not safe in decoding threads.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
warnings.filterwarnings("error", message=r"(?i).*(corrupt|truncated|metadata warning)", module=r"PIL\.")


class ImageError(HarnessError):
    """A file that cannot be decoded, or only by guessing. One line: the file, then the cause."""


@dataclass(frozen=True)
class DecodedImage:
    """Pixels uint8 H×W×3 RGB, and what the file said.

    `facts`: `format`, `mode` (Pillow's), `frames`, `orientation` (EXIF, 1 = upright), `transparent`,
    `profile`.
    """

    pixels: Pixels
    facts: Mapping[str, str | int | bool]


def decode(source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Decode one image file (or its bytes) by the policy above.

    Raises:
        ImageError: naming the file and the cause.
    """
    name, data = _read(source)
    with _open(name, data, max_pixels) as image:
        facts: dict[str, str | int | bool] = {
            "format": str(image.format),
            "mode": image.mode,
            "frames": int(getattr(image, "n_frames", 1)),
            "profile": "icc_profile" in image.info,
        }
        try:
            # before load(), which turns a TIFF itself and forgets that it did
            facts["orientation"] = int(image.getexif().get(ExifTags.Base.Orientation, 1))
            image.load()
            upright = ImageOps.exif_transpose(image)
        except Exception as error:  # Pillow's readers raise some twenty types on damaged files
            raise ImageError(f"{name}: damaged {image.format} file: {_cause(error)}") from error
        facts["transparent"] = upright.has_transparency_data
        return DecodedImage(_to_rgb(name, upright, str(image.format)), facts)


def decode_mask(source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Hole:
    """Decode a mask file: bool H×W, True (1 = hole) where the grey value is above 127.

    Refused because they can be read in two ways: a mask with transparent pixels, and one of values 0 and 1.
    """
    name, data = _read(source)
    decoded = decode(data if isinstance(source, bytes) else source, max_pixels=max_pixels)
    if decoded.facts["transparent"] and _has_clear_pixels(data):
        raise ImageError(f"{name}: a mask with transparent pixels; save it as grey, white = hole")
    grey = np.asarray(Image.fromarray(decoded.pixels).convert("L"))
    if grey.max() == 1:
        raise ImageError(f"{name}: a mask of values 0 and 1 only; save it as 0 and 255, 255 = hole")
    return np.asarray(grey > MASK_THRESHOLD)


def encode_png(pixels: Pixels | Hole) -> bytes:
    """Lossless PNG of uint8 H×W×3 RGB, uint8 H×W grey, or bool H×W (True = 255).

    OpenCV's encoder: 8 to 12 times cheaper than Pillow's default for 7 to 16 % more bytes.
    """
    import cv2

    array: Pixels = pixels.astype(np.uint8) * 255 if pixels.dtype == np.bool_ else pixels.view(pixels.dtype)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(f"expected uint8 H×W×3 or H×W, got {array.dtype} {list(array.shape)}")
    done, buffer = cv2.imencode(".png", array[..., ::-1] if array.ndim == 3 else array)
    if not done:
        raise ImageError(f"OpenCV could not encode a PNG of {list(array.shape)}")
    return bytes(buffer.tobytes())


def image_size(source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """(height, width) as `decode` would give them, from the header alone."""
    name, data = _read(source)
    with _open(name, data, max_pixels) as image:
        # Pillow says a TIFF's size as it will be shown, any other's as it is stored
        turned = image.format != "TIFF" and image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
        return (image.width, image.height) if turned else (image.height, image.width)


def printable(name: str) -> str:
    """A file's name on one line: whatever a terminal would obey or not show (newline, escape, RTL mark) is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _read(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return f"<{len(source)} bytes>", source
    name = printable(str(source))
    try:
        facts = Path(source).stat()
        # a pipe would be waited for, and a device never ends
        if not stat.S_ISREG(facts.st_mode):
            raise ImageError(f"{name}: cannot be read: not a file")
        if facts.st_size > MAX_BYTES:
            raise ImageError(f"{name}: has {facts.st_size} bytes, more than the limit of {MAX_BYTES}")
        return name, Path(source).read_bytes()
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror}") from error


def _open(name: str, data: bytes, max_pixels: int) -> Image.Image:
    if not data:
        raise ImageError(f"{name}: is empty (0 bytes)")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: not an image: {_looks_like(data)}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name}: declares too many pixels: {_cause(error)}") from error
    except Exception as error:
        raise ImageError(f"{name}: damaged header: {_cause(error)}") from error
    if image.width * image.height > max_pixels:
        size = f"{image.width} x {image.height}"
        image.close()
        raise ImageError(f"{name}: declares {size} pixels, more than the limit of {max_pixels}")
    return image


def _to_rgb(name: str, image: Image.Image, kind: str) -> Pixels:
    # Pillow reads a PGM of more than 255 levels into 32-bit integers, scaled to 0..65535.
    if image.mode in SIXTEEN_BIT or (image.mode == "I" and kind == "PPM"):
        if "transparency" in image.info:
            raise ImageError(f"{name}: 16-bit grey with a transparent value; save it as 8 bit")
        wide = np.asarray(image).astype(np.uint32)
        grey = ((wide + 128) // 257).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in ("F", "I"):
        depth = "float" if image.mode == "F" else "32-bit"
        raise ImageError(f"{name}: {depth} pixels do not say which value is white; save 8 or 16 bit")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, BACKGROUND), layer)
    return np.array(image.convert("RGB"))


def _has_clear_pixels(data: bytes) -> bool:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return float(str(low)) < 255


def _looks_like(data: bytes) -> str:
    start = data[:64].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        return "its content is HTML or XML text"
    return f"it starts with {data[:12]!r}; known formats are {', '.join(FORMATS)}"


def _cause(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
