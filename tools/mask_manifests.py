"""Write what every mask set of ours draws: `python -m tools.mask_manifests [--picture FILE]`.

A manifest holds size, area and sha256 of the masks of the first eight photographs, so that anybody can tell whether
their harness, numpy and OpenCV draw the same holes. A change means another version of the mask set.
"""

from __future__ import annotations

import argparse
import json
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from harness.datasets.photos import Photos
from harness.interfaces import MaskSet, Sample
from harness.masks import mask_set_specs
from harness.masks.identity import mask_hash
from harness.plugins import load_target
from harness.specs import MaskSetSpec

PHOTOGRAPHS = 8
SHOWN = 6
GREY = 96


def side_of(name: str) -> int:
    """The side in pixels that a mask set was published for; 256 where nothing says so."""
    return 512 if name.endswith("-512") else 256


def drawn(spec: MaskSetSpec, ids: list[str]) -> list[tuple[str, int, np.ndarray]]:
    """(sample, k, mask) of every mask that the set draws for these samples."""
    masks: MaskSet = load_target(spec)()
    blank = np.zeros((side_of(spec.name), side_of(spec.name), 3), np.uint8)
    return [(id, k, masks.draw(Sample(id, id, blank), k)) for id in ids for k in range(masks.count)]


def manifest(spec: MaskSetSpec, ids: list[str]) -> dict[str, object]:
    """What stands in a set's file."""
    rows = [
        {"sample": id, "k": k, "area": round(float(mask.mean()), 6), "sha256": mask_hash(mask)}
        for id, k, mask in drawn(spec, ids)
    ]
    side = side_of(spec.name)
    return {"name": spec.name, "version": spec.version, "seed": 0, "height": side, "width": side, "masks": rows}


def picture(ids: list[str]) -> np.ndarray:
    """Every set in a row of its own under its name, in two columns: uint8, white = hole, 128 pixels a mask."""
    rows = []
    for spec in mask_set_specs():
        shown = [mask for _, _, mask in drawn(spec, ids)][:SHOWN]
        step = side_of(spec.name) // 128
        cells = [np.pad(mask[::step, ::step].astype(np.uint8) * 255, 4, constant_values=GREY) for mask in shown]
        row = np.concatenate(cells, axis=1)
        name = np.full((28, row.shape[1]), GREY, np.uint8)
        cv2.putText(name, spec.name, (4, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_AA)
        rows.append(np.concatenate([name, row]))
    half = (len(rows) + 1) // 2
    rows += [np.full_like(rows[0], GREY)] * (len(rows) % 2)
    return np.concatenate([np.concatenate(rows[:half]), np.concatenate(rows[half:])], axis=1)


def main() -> None:
    """Write all manifests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="also write a sheet of all mask sets")
    ids = list(Photos(view="square-256").ids())[:PHOTOGRAPHS]
    folder = Path(str(files("harness.masks"))) / "manifests"
    for spec in mask_set_specs():
        text = json.dumps(manifest(spec, ids), indent=1)
        (folder / f"{spec.name}.json").write_text(text + "\n")
    sheet = parser.parse_args().picture
    if sheet is not None:
        cv2.imwrite(str(sheet), picture(ids))


if __name__ == "__main__":
    main()
