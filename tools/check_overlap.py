"""Look for evaluation photographs among gathered training photographs by looks and by content of the scene.

    python -m tools.check_overlap --photos /tmp/train_photos [--nearest 12]

Prints the nearest pairs by perceptual hash (bits of 143) and by cosine of EfficientNet-Lite0 features; exits
with 1 if a hash says that two are the same photograph. Features find other pictures of the same kind too, so
their nearest pairs are for looking at, not for a limit.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from harness.datasets.decode import decode
from harness.datasets.photos import Photos
from harness.datasets.similarity import SAME, distance, hash_views, probe_views
from harness.metrics.embedders import Efl0Embedder

Pixels = np.ndarray
SIDE = 224


def _load(folder: Path) -> dict[str, Pixels]:
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["photos"]
    return {row["id"]: decode(folder / row["file"]).pixels for row in rows}


def _features(pictures: dict[str, Pixels]) -> np.ndarray:
    """Unit-length features [N, 1280] of the pictures squeezed to 224 x 224."""
    embedder = Efl0Embedder()
    rows = []
    for pixels in pictures.values():
        small = np.array(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        image = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
        rows.append(torch.nn.functional.normalize(embedder.embed(image))[0].numpy())
    return np.stack(rows)


def main() -> None:
    """Command line of the tool."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of gather_training_photos")
    parser.add_argument("--nearest", type=int, default=12, help="how many pairs to print")
    arguments = parser.parse_args()
    photos = Photos("native")
    ours = {id: photos.load(id).image for id in photos.ids()}
    theirs = _load(arguments.photos)
    probes = {id: probe_views(pixels) for id, pixels in ours.items()}
    stored = {id: hash_views(pixels) for id, pixels in theirs.items()}
    near = sorted((distance(probes[a], stored[b]), a, b) for a in probes for b in stored)
    print("bits, evaluation, training")
    print("\n".join(f"{bits:4d}  {a}  {b}" for bits, a, b in near[: arguments.nearest]))
    cosines = _features(ours) @ _features(theirs).T
    order = np.argsort(cosines, axis=None)[::-1][: arguments.nearest]
    print("cosine, evaluation, training")
    for a, b in zip(*np.unravel_index(order, cosines.shape), strict=True):
        print(f"{cosines[a, b]:.3f}  {list(ours)[a]}  {list(theirs)[b]}")
    if near[0][0] <= SAME:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
