"""A program that knows nothing of `harness`: it reads an export and writes one picture a sample.

    python fill.py EXPORT OUT

It needs OpenCV and numpy only. The fill: each picture is halved until nothing in it is unknown, every level averaging
known pixels only; then the levels are enlarged again, and each fills what the one below it did not know.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

CARD = {
    "summary": "averages of known pixels, from coarse to fine",
    "licence": "Apache-2.0",
    "weights": "none",
}


def fill(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Fill `hole` (bool H×W, True = hole) of `image` (uint8 H×W×3)."""
    weight = (~hole).astype(np.float32)
    colour = image.astype(np.float32) * weight[..., None]
    return np.where(hole[..., None], _level(colour, weight), image).round().astype(np.uint8)


def _level(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Known pixels as they are, unknown ones from a level half as wide. `colour` is already times `weight`."""
    mean = colour / np.maximum(weight, 1e-6)[..., None]
    if weight.min() > 0 or min(weight.shape) == 1:
        return mean
    height, width = weight.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    coarse = _level(*(cv2.resize(array, half, interpolation=cv2.INTER_AREA) for array in (colour, weight)))
    spread = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(weight[..., None] > 0, mean, spread).clip(0, 255)


def main(export: Path, out: Path) -> None:
    """Answer every sample of the manifest, and say how long each took."""
    manifest = json.loads((export / "manifest.json").read_text())
    seconds = {}
    for sample in manifest["samples"]:
        image = cv2.imread(str(export / sample["image"]["path"]))
        mask = cv2.imread(str(export / sample["mask"]["path"]), cv2.IMREAD_GRAYSCALE)
        began = time.perf_counter()
        filled = fill(image, mask == 255)
        seconds[f"{sample['task']}/{sample['key']}"] = round(time.perf_counter() - began, 4)
        target = out / sample["output"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(target), filled):
            sys.exit(f"cannot write {target}")
    (out / "entry.json").write_text(json.dumps({**CARD, "seconds": seconds}))
    print(f"{len(seconds)} pictures in {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
