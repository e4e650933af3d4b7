"""Pictures of holes, outputs and errors, as lossless PNGs.

Pixels are uint8 H×W×3 RGB (H×W×4 RGBA for layers); masks are bool H×W, True = hole.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    Pixels = NDArray[np.uint8]
    Hole = NDArray[np.bool_]

__all__ = [
    "ERROR_GAIN",
    "at_size",
    "colour_error",
    "data_uri",
    "difference_layer",
    "error_levels",
    "error_png",
    "hole_layer",
    "input_layer",
    "map_layer",
    "overlay",
    "png_bytes",
    "strip_png",
]

ERROR_GAIN = 4.0
"""ours: an error of a quarter of the range is the brightest colour; larger ones are hard to rank by eye anyway."""

HOLE_STRIPES = ((214, 51, 132), (231, 92, 158))
HOLE_OUTLINE = (122, 18, 70)
STRIPE_PX = 5
COMPRESSION = 4
"""ours: 4 % larger than zlib's level 9 on these pictures, at an eighth of the time."""


def png_bytes(pixels: Pixels) -> bytes:
    """Lossless PNG of uint8 H×W (grey), H×W×3 (RGB) or H×W×4 (RGBA) pixels."""
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, orders[pixels.shape[2]])
    ok, encoded = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION])
    if not ok:
        raise ValueError(f"OpenCV could not encode pixels of shape {pixels.shape} as PNG")
    return encoded.tobytes()


def data_uri(png: bytes) -> str:
    """`png` as a data URI, so that a page needs no other file."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def hole_layer(mask: Hole, *, visible: bool = False) -> Pixels:
    """RGBA layer that marks a hole: magenta stripes with an outline, transparent elsewhere.

    Args:
        mask: bool H×W.
        visible: the method sees the pixels under the mask (role `region`), so they shine through.
    """
    height, width = mask.shape
    diagonal = np.add.outer(np.arange(height), np.arange(width)) // STRIPE_PX % 2
    layer = np.zeros((height, width, 4), dtype=np.uint8)
    layer[..., :3] = np.asarray(HOLE_STRIPES, dtype=np.uint8)[diagonal]
    layer[..., 3] = 110 if visible else 255
    inside = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    layer[mask & ~inside] = (*HOLE_OUTLINE, 255)
    layer[~mask] = 0
    return layer


def input_layer(mask: Hole | None, shown: Pixels | None, *, visible: bool = False) -> Pixels | None:
    """What makes a method's input of the truth when laid over it: its hole, and whatever was `shown` instead.

    Args:
        mask: bool H×W, or None.
        shown: uint8 H×W×3 that stood for the truth (with the object, label maps as colours), or None.
        visible: as for `hole_layer`.
    """
    hole = None if mask is None else hole_layer(mask, visible=visible)
    if shown is None:
        return hole
    return shown if hole is None else overlay(shown, hole)


def at_size(pixels: Pixels, shape: Sequence[int]) -> Pixels:
    """A picture (uint8 H×W×3) at the height and width of `shape`, its pixels as squares where it grows."""
    height, width = shape[:2]
    if pixels.shape[:2] == (height, width):
        return pixels
    grows = height >= pixels.shape[0] and width >= pixels.shape[1]
    scaled = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_NEAREST if grows else cv2.INTER_AREA)
    return np.asarray(scaled, dtype=np.uint8)


def difference_layer(output: Pixels, truth: Pixels) -> Pixels:
    """RGBA layer of the pixels where `output` is not `truth`; laid over `truth` it is `output`, bit for bit.

    An inpainter leaves most pixels alone, so a layer is a fraction of the whole picture's size.
    """
    differs = (output != truth).any(axis=2)
    alpha = np.where(differs, 255, 0).astype(np.uint8)
    return np.dstack([np.where(differs[..., None], output, 0).astype(np.uint8), alpha])


def map_layer(levels: Pixels) -> Pixels:
    """RGBA layer of a map (uint8 H×W): red, as opaque as the map's value."""
    colour = np.broadcast_to(np.asarray([255, 40, 40], np.uint8), (*levels.shape, 3))
    return np.dstack([colour, levels])


def overlay(pixels: Pixels, layer: Pixels) -> Pixels:
    """`pixels` (RGB) with an RGBA `layer` of the same size laid over it, as RGB."""
    alpha = layer[..., 3:].astype(np.float32) / 255
    blended = pixels * (1 - alpha) + layer[..., :3] * alpha
    flat: Pixels = np.rint(blended).astype(np.uint8)
    return flat


def error_levels(output: Pixels, truth: Pixels, gain: float = ERROR_GAIN) -> Pixels:
    """min(255, gain · mean over channels of |output − truth|) as uint8 H×W; both uint8 H×W×3 of one size."""
    distance = np.abs(output.astype(np.int16) - truth.astype(np.int16)).mean(axis=2)
    levels: Pixels = np.minimum(255, np.rint(gain * distance)).astype(np.uint8)
    return levels


def colour_error(levels: Pixels) -> Pixels:
    """Levels 0…255 (H×W) in OpenCV's inferno colours, black = none, as RGB."""
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1], dtype=np.uint8).copy()


def error_png(levels: Pixels) -> bytes:
    """`colour_error(levels)` as a PNG with a palette: a third of its size as RGB. OpenCV writes none, Pillow does."""
    image = Image.fromarray(levels)
    image.putpalette(colour_error(np.arange(256, dtype=np.uint8)[:, None]).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def strip_png(
    rows: Sequence[Sequence[Pixels]], labels: Sequence[str], *, tile: int = 192, captions: Sequence[str] = ()
) -> bytes:
    """Rows of pictures under column labels, on white, as one PNG for a README.

    Args:
        rows: each a sequence of uint8 H×W×3 pictures, one a column; scaled to `tile` px wide.
        labels: one text a column; a text wider than its column is cut with an ellipsis.
        captions: one text a row, written above it; none for none.

    Raises:
        ValueError: a row's length is not the number of labels, there is no row, or not one caption a row.
    """
    if not rows or any(len(row) != len(labels) for row in rows):
        raise ValueError(f"every row needs {len(labels)} pictures, one a label, and one row at least")
    if captions and len(captions) != len(rows):
        raise ValueError(f"{len(captions)} captions for {len(rows)} rows")
    gap, head, line = 8, 30, 20 if captions else 0
    scaled = [[_to_width(picture, tile) for picture in row] for row in rows]
    heights = [max(picture.shape[0] for picture in row) for row in scaled]
    size = (gap + len(labels) * (tile + gap), head + sum(line + height + gap for height in heights))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    font: Any = ImageFont.load_default(size=14)
    for column, label in enumerate(labels):
        draw.text((gap + column * (tile + gap), 8), _cut(draw, label, font, tile), fill="#1f2328", font=font)
    top = head
    for row, height, caption in zip(scaled, heights, captions or [""] * len(rows), strict=True):
        draw.text((gap, top), _cut(draw, caption, font, size[0] - 2 * gap), fill="#59636e", font=font)
        top += line
        for column, picture in enumerate(row):
            sheet.paste(Image.fromarray(picture), (gap + column * (tile + gap), top))
        top += height + gap
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _to_width(picture: Pixels, width: int) -> Pixels:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    shrinks = width < picture.shape[1]
    scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(scaled, dtype=np.uint8)


def _cut(draw: ImageDraw.ImageDraw, text: str, font: Any, width: int) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…"
