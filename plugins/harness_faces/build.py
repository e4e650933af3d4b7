"""Render the committed evaluation set: `python -m harness_faces.build`. Needs the extra `synth`.

Writes `data/evaluation.zip`: one WebP a take, as rendered and aligned, nothing degraded, and `index.json`. What
degrades a picture is done when it is read (`harness_faces.dataset`).
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from harness.faces.alignment import SIDE, align

from .dataset import FILE, FIRST, INDEX, TAKES
from .identity import VERSION, draw_identities
from .render import render
from .view import View

__all__ = ["main"]

PEOPLE = 150
QUALITY = 90
"""ours: of WebP, method 6; about 4 KB a picture, and 40 dB from the picture as rendered."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Render and write; the same seeds give the same people and views, a driver may round otherwise."""
    parser = argparse.ArgumentParser(prog="python -m harness_faces.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / FILE)
    parser.add_argument("--people", type=int, default=PEOPLE)
    options = parser.parse_args(arguments)
    people = draw_identities(options.people, FIRST)
    options.out.parent.mkdir(exist_ok=True)
    partial = options.out.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for number, person in enumerate(people):
            for take in range(TAKES):
                portrait = render(person, View.draw(person.seed, take))
                file = io.BytesIO()
                face = Image.fromarray(align(portrait.image, portrait.landmarks))
                face.save(file, "WEBP", quality=QUALITY, method=6)
                _put(archive, f"{person.seed}-{take}.webp", file.getvalue())
            print(f"{number + 1} of {len(people)} people", file=sys.stderr)
        index = {"version": VERSION, "side": SIDE, "takes": TAKES, "people": [person.seed for person in people]}
        _put(archive, INDEX, json.dumps(index).encode())
    partial.replace(options.out)


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)  # the same bytes whenever it is made


if __name__ == "__main__":
    main()
