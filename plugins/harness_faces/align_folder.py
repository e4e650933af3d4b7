"""Align a folder of faces: `python -m harness_faces.align_folder FROM TO`. Needs the extra `face`.

Writes each picture's face as PNG of 112 x 112 px (five points, `harness.faces`) under the same name, text files (lists
of pairs) as they are, and `not_aligned.csv`: which pictures have none and why. Run again, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.decode import decode
from harness.datasets.folder import scan
from harness.errors import HarnessError
from harness.faces.alignment import align
from harness.faces.detection import DetectedFace, Detector
from harness.faces.finding import CONFIDENT

__all__ = ["chosen_face", "main"]

TOLD = "not_aligned.csv"


def main(arguments: Sequence[str] | None = None) -> None:
    """Align what is not there yet."""
    parser = argparse.ArgumentParser(prog="python -m harness_faces.align_folder", description=__doc__)
    parser.add_argument("source", type=Path, metavar="FROM")
    parser.add_argument("target", type=Path, metavar="TO")
    parser.add_argument("--nearest-centre", action="store_true", help="of several faces, not the widest (Adience)")
    options = parser.parse_args(arguments)
    if not options.source.is_dir():
        parser.error(f"{options.source}: no such folder")
    pictures, detector = scan(options.source).images, Detector()
    if not pictures:
        parser.error(f"{options.source}: no picture in it")
    lacking = []
    for number, name in enumerate(pictures, 1):
        out = (options.target / name).with_suffix(".png")
        if not out.exists():
            try:
                pixels = decode((options.source / name).read_bytes()).pixels
            except HarnessError as error:
                lacking.append((name, str(error)))
                continue
            face = chosen_face(detector.detect(pixels), pixels.shape[:2], nearest_centre=options.nearest_centre)
            if face is None:
                lacking.append((name, "no face"))
                continue
            _save(out, align(pixels, face.landmarks, area=True))
        if number % 100 == 0:
            print(f"{number:,} of {len(pictures):,}", file=sys.stderr)
    for path in sorted(options.source.glob("*.txt")):
        shutil.copyfile(path, options.target / path.name)
    with (options.target / TOLD).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("picture", "why"), *lacking])
    print(f"{len(pictures) - len(lacking):,} aligned in {options.target}, {len(lacking):,} not: {TOLD} says why")


def chosen_face(
    found: Sequence[DetectedFace], shape: tuple[int, ...], *, nearest_centre: bool = False
) -> DetectedFace | None:
    """Of a picture's faces [H, W] the widest, or the one whose box's middle is nearest the picture's; None without any.

    A set for verification shows one person a picture, so further faces are background (unlike
    `harness.faces.finding`, which refuses two). What is less sure than `CONFIDENT` is no face.
    """
    sure = [face for face in found if face.confidence >= CONFIDENT]
    if not sure:
        return None
    if not nearest_centre:
        return max(sure, key=lambda face: face.width)
    height, width = shape[:2]

    def away(face: DetectedFace) -> float:
        left, top, right, bottom = face.box
        return (left + right - width) ** 2 + (top + bottom - height) ** 2

    return min(sure, key=away)


def _save(path: Path, face: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    Image.fromarray(face).save(partial, "PNG")
    partial.replace(path)


if __name__ == "__main__":
    main()
