"""Explanations as one picture: a face a column, its two histograms, and the two distributions with their distance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from harness_sddfiqa.explain import Explanation

__all__ = ["draw"]

WIDTH, HEIGHT, MARGIN = 480, 560, 28
FACE = 112
BINS = 24
FINE = 2
"""Drawn so many times as large and averaged down: Pillow's lines have steps."""
POSITIVE, NEGATIVE, BETWEEN = (31, 119, 180), (214, 96, 20), (205, 205, 205)
INK, FAINT = (31, 35, 40), (150, 150, 150)

Values = NDArray[np.float64]
Box = tuple[int, int, int, int]


def draw(explanations: Sequence[Explanation], recogniser: str) -> bytes:
    """A PNG, one column a face, all on the same axes.

    Above: counts of similarities to its person (Pos-Sim) and to others (Neg-Sim). Below: shares at most as similar; the
    area between the two is the Wasserstein distance.
    """
    everything = np.concatenate([each for of in explanations for each in (of.positive, of.negative)])
    low, high = float(everything.min()), float(everything.max())
    room = 0.05 * max(high - low, 1e-3)
    span = (low - room, high + room)
    tallest = max(_counts(values, span).max() for of in explanations for values in (of.positive, of.negative))
    sheet = Image.new("RGB", (FINE * WIDTH * len(explanations), FINE * HEIGHT), "white")
    for column, of in enumerate(explanations):
        _column(sheet, column * WIDTH, of, span, float(tallest), recogniser)
    stream = io.BytesIO()
    sheet.resize((sheet.width // FINE, sheet.height // FINE), Image.Resampling.LANCZOS).save(
        stream, "PNG", optimize=True
    )
    return stream.getvalue()


def _counts(values: Values, span: tuple[float, float]) -> Values:
    """Share of the values in each bin."""
    return np.histogram(values, BINS, span)[0] / len(values)


def _column(
    sheet: Image.Image, left: int, of: Explanation, span: tuple[float, float], tallest: float, recogniser: str
) -> None:
    pen = ImageDraw.Draw(sheet)
    x = left + MARGIN
    face = Image.fromarray(of.face).resize((FINE * FACE, FINE * FACE), Image.Resampling.BICUBIC)
    sheet.paste(face, (FINE * x, FINE * MARGIN))
    beside = x + FACE + 16
    lines = (
        (_shortened(of.name, 34), INK, 16),
        (f"distance {of.distance:.4f}", INK, 22),
        (f"Pos-Sim: {len(of.positive)} of its person, mean {of.positive.mean():.3f}", POSITIVE, 13),
        (f"Neg-Sim: {len(of.negative)} of others, mean {of.negative.mean():.3f}", NEGATIVE, 13),
    )
    top = MARGIN
    for text, colour, size in lines:
        _write(pen, (beside, top), text, colour, size)
        top += size + 12
    right = left + WIDTH - MARGIN
    _histogram(pen, (x, 176, right, 330), of, span, tallest)
    _distributions(pen, (x, 362, right, 508), of, span)
    _ticks(pen, (x, 508, right, 508), span)
    _write(pen, (x, HEIGHT - 26), f"cosine similarity, {recogniser}", FAINT, 12)


def _histogram(pen: ImageDraw.ImageDraw, box: Box, of: Explanation, span: tuple[float, float], tallest: float) -> None:
    left, top, right, bottom = box
    _write(pen, (left, top - 18), "share of the comparisons", FAINT, 12)
    step = (right - left) / BINS
    for offset, values, colour in ((0.0, of.negative, NEGATIVE), (0.5, of.positive, POSITIVE)):
        for place, share in enumerate(_counts(values, span)):
            if share:
                start = left + (place + offset) * step
                high = bottom - share / tallest * (bottom - top)
                pen.rectangle(_fine(start + 1, high, start + step / 2, bottom), fill=colour)
    pen.line(_fine(left, bottom, right, bottom), fill=INK, width=FINE)


def _distributions(pen: ImageDraw.ImageDraw, box: Box, of: Explanation, span: tuple[float, float]) -> None:
    left, top, right, bottom = box
    _write(pen, (left, top - 18), "share at most as similar; the grey area is the distance", FAINT, 12)
    grid = np.linspace(*span, FINE * (right - left))
    shares = [np.searchsorted(np.sort(values), grid, "right") / len(values) for values in (of.positive, of.negative)]
    levels = [FINE * (bottom - share * (bottom - top)) for share in shares]
    for column, (one, other) in enumerate(zip(*levels, strict=True)):
        pen.line((FINE * left + column, one, FINE * left + column, other), fill=BETWEEN, width=1)
    for level, colour in zip(levels, (POSITIVE, NEGATIVE), strict=True):
        points = [(FINE * left + column, height) for column, height in enumerate(level.tolist())]
        pen.line(points, fill=colour, width=2 * FINE)
    pen.line(_fine(left, bottom, right, bottom), fill=INK, width=FINE)


def _ticks(pen: ImageDraw.ImageDraw, box: Box, span: tuple[float, float]) -> None:
    left, top, right, _ = box
    step = 10 ** np.floor(np.log10(span[1] - span[0]))
    step = next(step * part for part in (1, 0.5, 0.2, 0.1) if (span[1] - span[0]) / (step * part) >= 3)
    for value in np.arange(np.ceil(span[0] / step), np.floor(span[1] / step) + 1) * step:
        x = left + (value - span[0]) / (span[1] - span[0]) * (right - left)
        pen.line(_fine(x, top, x, top + 5), fill=INK, width=FINE)
        _write(pen, (round(x) - 10, top + 7), f"{value:.3g}", INK, 12)


def _fine(*places: float) -> tuple[float, ...]:
    return tuple(FINE * place for place in places)


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, colour: tuple[int, int, int], size: int) -> None:
    font: Any = ImageFont.load_default(size=FINE * size)
    pen.text((FINE * at[0], FINE * at[1]), text, fill=colour, font=font)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[1 - most :]}"
