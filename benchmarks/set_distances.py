"""What a Fréchet distance costs by each of its forms, beside scipy's `sqrtm`; and our FID beside torch-fidelity's.

    OMP_NUM_THREADS=1 python benchmarks/set_distances.py [--repeats 1] [--dimension 2048]

The same features go through every form in turns; user and system seconds of this process, the covariances included.
Bars, as ratios to `sqrtm` in the same run: the Gram form (n = 500) at most 0.05, the symmetric form (n > dimension)
at most 0.6. The second part writes two folders of pictures and one file of random weights in the published format,
and sets `fid_tf` beside torch-fidelity's own command for the same files: a check of the code, no result about anything.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _machine import cpu_seconds, print_rows, write_result
from PIL import Image
from scipy import linalg

from harness.metrics.set_distances import frechet_eigh, frechet_gram

BARS = {"gram": 0.05, "eigh": 0.6}
PICTURES = 24


def sqrtm(x: np.ndarray, y: np.ndarray) -> float:
    """The textbook form: covariances, then the matrix square root of their product."""
    sigma_x, sigma_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(sigma_x @ sigma_y).real
    return float(np.square(x.mean(0) - y.mean(0)).sum() + np.trace(sigma_x + sigma_y - 2 * root))


def spent(form: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """CPU seconds and value."""
    before = cpu_seconds()
    value = form(x, y)
    return cpu_seconds() - before, value


def compare(name: str, n: int, dimension: int, repeats: int) -> dict[str, Any]:
    """One of our forms in turns with `sqrtm` on n + n rows of correlated features."""
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(dimension, dimension)) / np.sqrt(dimension)
    x, y = rng.normal(size=(n, dimension)) @ mix, rng.normal(size=(n, dimension)) @ mix * 1.1 + 0.1
    form = {"gram": frechet_gram, "eigh": frechet_eigh}[name]
    form(x[:16], y[:16])  # the first call of a library routine loads it
    ours, theirs = zip(*((spent(form, x, y), spent(sqrtm, x, y)) for _ in range(repeats)), strict=True)
    seconds = [min(time for time, _ in side) for side in (ours, theirs)]
    medians = [statistics.median(time for time, _ in side) for side in (ours, theirs)]
    ratio = seconds[0] / seconds[1]
    return {
        "form": name, "n": n, "dimension": dimension, "cpu_s": seconds[0], "sqrtm_cpu_s": seconds[1],
        "median_cpu_s": medians[0], "median_sqrtm_cpu_s": medians[1], "ratio": ratio, "bar": BARS[name],
        "met": ratio <= BARS[name], "relative_difference": abs(ours[0][1] / theirs[0][1] - 1),
    }  # fmt: skip


def random_weights(path: Path) -> None:
    """A file in the published format: right names and shapes, random numbers that keep a signal's size."""
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    torch.manual_seed(0)
    network = FeatureExtractorInceptionV3.__new__(FeatureExtractorInceptionV3)
    network.load_state_dict = lambda state: None
    empty = path.with_suffix(".empty")
    torch.save({}, empty)
    FeatureExtractorInceptionV3.__init__(network, "inception", ["2048"], feature_extractor_weights_path=empty)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    torch.save(network.state_dict(), path)


def pictures(folder: Path, seed: int) -> list[np.ndarray]:
    """Smooth random pictures of 96 x 80, written as PNG."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    made = []
    for i in range(PICTURES):
        small = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
        picture = small.resize((96, 80), Image.Resampling.BICUBIC)
        picture.save(folder / f"{i:02}.png")
        made.append(np.asarray(picture))
    return made


def beside_torch_fidelity(place: Path) -> dict[str, Any]:
    """Our `fid_tf` and torch-fidelity's FID of the same two folders with the same file."""
    import dataclasses
    from types import MappingProxyType

    import torch
    from torch_fidelity import calculate_metrics

    from harness.metrics import inception
    from harness.metrics.published import PublishedFrechet

    os.environ["HARNESS_HOME"] = str(place)
    file = place / "weights" / "inception" / inception.PORTED.name
    file.parent.mkdir(parents=True)
    random_weights(file)
    sets = [pictures(place / name, seed) for seed, name in enumerate(("outputs", "truths"))]
    theirs = calculate_metrics(
        input1=str(place / "outputs"), input2=str(place / "truths"), fid=True, cuda=False, verbose=False,
        feature_extractor_weights_path=str(file), batch_size=8, cache=False, save_cpu_ram=True,
    )["frechet_inception_distance"]  # fmt: skip
    anything = inception.VARIANTS["inception_tf"]
    anything = anything._replace(file=dataclasses.replace(anything.file, sha256=""))  # not the published file
    inception.VARIANTS = MappingProxyType({"inception_tf": anything})
    embedder = inception.InceptionTf()
    features = [
        embedder.embed(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255).numpy() for images in sets
    ]
    ours = PublishedFrechet("inception_tf").reduce(*features, [str(i) for i in range(PICTURES)])[0]
    return {
        "pictures": PICTURES, "ours": ours, "torch_fidelity": theirs, "relative_difference": abs(ours / theirs - 1),
    }  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--dimension", type=int, default=2048)
    options = parser.parse_args()
    dimension = options.dimension
    found = [compare("gram", min(500, dimension // 4), dimension, options.repeats),
             compare("eigh", dimension + 452, dimension, options.repeats)]  # fmt: skip
    rows = [
        [
            f"{row['form']}, n = {row['n']}", f"{row['cpu_s']:.2f}", f"{row['sqrtm_cpu_s']:.2f}",
            f"{row['ratio']:.3f}", f"{row['bar']} {'met' if row['met'] else 'MISSED'}",
            f"{row['relative_difference']:.1e}",
        ]
        for row in found
    ]  # fmt: skip
    head = ["form", "CPU s", "sqrtm", "ratio", "bar", "relative difference"]
    print_rows(f"Fréchet distance in {dimension} dimensions", head, rows)
    with tempfile.TemporaryDirectory() as place:
        same = beside_torch_fidelity(Path(place))
    print_rows(
        f"FID of {PICTURES} + {PICTURES} pictures, random weights: no result, a check", ["", "value"],
        [["fid_tf", f"{same['ours']:.6f}"], ["torch-fidelity", f"{same['torch_fidelity']:.6f}"],
         ["relative difference", f"{same['relative_difference']:.1e}"]],
    )  # fmt: skip
    write_result("set_distances", {"repeats": options.repeats, "rows": found, "beside_torch_fidelity": same})


if __name__ == "__main__":
    main()
