"""How fast SDD-FIQA's pseudo-labels are made, against the published procedure, repeated here step by step.

    OMP_NUM_THREADS=1 python benchmarks/pseudo_labels.py [--compare N] [--label N] [--dims D ...]

The published procedure, for every repeat: each identity's faces are found by a walk over the list of all names; each
face's positives are shuffled and cut to m; its negatives are drawn one by one and refused where they repeat or are of
the same identity; each pair's cosine is computed from two vectors and their lengths; `scipy` gives the distance. Its
progress bars and files are left out. Both label the same faces: noise around one direction an identity, 5 to 19 faces
each. Times are CPU seconds; one repeat is timed against one (`distances`), all K are timed for the second table.
Results go to `benchmarks/results/pseudo_labels.json`.
"""

from __future__ import annotations

import argparse
import random
from typing import Any

import numpy as np
from _machine import cpu_seconds, print_rows, write_result
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from harness_sddfiqa.labels import Labelling, distances, pseudo_labels

BAR = 50.0
SECONDS = {128: 15.0, 512: 60.0}
BAR_AT = 50_000
Array = NDArray[Any]


def faces(count: int, dim: int) -> tuple[Array, list[str]]:
    """Embeddings [count,dim] float32 and whose they are, in the order of identities."""
    rng = np.random.default_rng(0)
    sizes: list[int] = []
    while sum(sizes) < count - 19:
        sizes.append(int(rng.integers(5, 20)))
    sizes.append(count - sum(sizes))
    number = np.repeat(np.arange(len(sizes)), sizes)
    centres, noise = rng.standard_normal((len(sizes), dim)), rng.standard_normal((count, dim))
    strength = rng.uniform(0.5, 2, (count, 1))
    return (centres[number] + strength * noise).astype(np.float32), [f"person{k:06}" for k in number]


def cosine(one: Array, other: Array) -> float:
    """As published: lengths again for every pair."""
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def published(embeddings: Array, names: list[str], m: int) -> Array:
    """Distances of one repeat by the published order of operations."""
    positive: dict[int, list[float]] = {}
    for name in sorted(set(names)):
        mine = [k for k, value in enumerate(names) if value == name]
        for k in mine:
            others = [value for value in mine if value != k]
            random.shuffle(others)
            positive[k] = [cosine(embeddings[k], embeddings[other]) for other in others[:m]]
    found = np.empty(len(names))
    shuffled = list(range(len(names)))
    random.shuffle(shuffled)
    for name in sorted(set(names)):
        for k in [k for k, value in enumerate(names) if value == name]:
            drawn: list[int] = []
            negative: list[float] = []
            while len(negative) < m:
                other = shuffled[random.randint(0, len(names) - 1)]
                if other in drawn or names[other] == name:
                    continue
                drawn.append(other)
                negative.append(cosine(embeddings[k], embeddings[other]))
            found[k] = wasserstein_distance(positive[k], negative)
    return found


def timed(call: Any) -> tuple[float, Array]:
    """CPU seconds and what was returned."""
    start = cpu_seconds()
    found = call()
    return cpu_seconds() - start, found


def compare(count: int, dim: int) -> dict[str, Any]:
    """One repeat of both. Raises `SystemExit` where the two do not agree in distribution."""
    embeddings, names = faces(count, dim)
    how = Labelling()
    ours = min(timed(lambda: distances(embeddings, names, how))[0] for _ in range(5))
    random.seed(0)
    theirs, reference = timed(lambda: published(embeddings, names, how.m))
    found = distances(embeddings, names, how)
    # other draws, the same procedure: as like as two of the published runs are to each other, and without bias
    alike, bias = float(np.corrcoef(found, reference)[0, 1]), float((found - reference).mean() / reference.std())
    if alike < 0.9 or abs(bias) > 0.02:
        raise SystemExit(f"the distances do not agree: correlation {alike:.3f}, bias {bias:.3f}")
    row = {"faces": count, "dim": dim, "published_s": theirs, "ours_s": ours, "ratio": theirs / ours, "bar": BAR}
    return row | {"correlation": alike, "bias": bias}


def label(count: int, dim: int) -> dict[str, Any]:
    """All K repeats, and labels."""
    embeddings, names = faces(count, dim)
    spent, _ = timed(lambda: pseudo_labels(embeddings, names))
    bar = SECONDS.get(dim) if count == BAR_AT else None
    return {"faces": count, "dim": dim, "repeats": Labelling().repeats, "cpu_s": spent, "bar_s": bar}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--compare", type=int, default=5_000, help="faces for the published procedure")
    parser.add_argument("--label", type=int, default=BAR_AT, help="faces for all repeats")
    parser.add_argument("--dims", type=int, nargs="+", default=[128, 512])
    given = parser.parse_args()
    compared = [compare(given.compare, dim) for dim in given.dims]
    labelled = [label(given.label, dim) for dim in given.dims]
    print_rows(
        f"one repeat of {given.compare} faces, CPU seconds",
        ["dimensions", "published", "ours", "ratio", "bar"],
        [
            [str(r["dim"]), f"{r['published_s']:.2f}", f"{r['ours_s']:.3f}", f"{r['ratio']:.0f}×", f"{r['bar']:.0f}×"]
            for r in compared
        ],
    )
    print_rows(
        f"{Labelling().repeats} repeats of {given.label} faces, CPU seconds",
        ["dimensions", "ours", "bar"],
        [[str(r["dim"]), f"{r['cpu_s']:.1f}", f"{r['bar_s'] or 'none'}"] for r in labelled],
    )
    write_result("pseudo_labels", {"compared": compared, "labelled": labelled})


if __name__ == "__main__":
    main()
