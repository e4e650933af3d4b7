"""How fast SDD-FIQA's pseudo-labels are made, against the published procedure, repeated here step by step.

    OMP_NUM_THREADS=1 python benchmarks/pseudo_labels.py [--compare N] [--label N] [--dims D ...]

The published procedure (TFace, `gen_pseudo_labels.py`), for every repeat: each identity's faces are found by a walk
over the list of all names, once for positives and once for negatives; a face's positives are shuffled and cut to m; its
negatives are drawn one by one from a shuffled list of paths and refused where the path is drawn already or its folder
is the face's; each pair's cosine is computed from two vectors and their lengths and kept in several lists; `scipy`
gives the distance, which is written as text, read again and scaled. Its progress bars are left out. Both label the same
faces by all K repeats: noise around one direction an identity, 5 to 19 faces each. Times are CPU seconds. Results go to
`benchmarks/results/pseudo_labels.json`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from typing import Any

import numpy as np
from _machine import cpu_seconds, print_rows, write_result
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from harness_sddfiqa.labels import Labelling, pseudo_labels

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


def walk(wanted: str, names: list[str]) -> list[int]:
    """Where an identity's faces are, as published: by a look at every name."""
    return [place for place, name in enumerate(names) if name == wanted]


def positives(embeddings: Array, names: list[str], paths: list[str], m: int) -> dict[str, Array]:
    """Similarities of every path to others of its identity, by the published order of operations."""
    found: dict[str, Array] = {}
    first, second, everything = [], [], []
    for name in sorted(set(names)):
        mine = walk(name, names)
        for own in mine:
            others = [value for value in mine if value != own]
            random.shuffle(others)
            similarities = []
            for other in others[:m]:
                first.append(paths[own])
                second.append(paths[other])
                similarities.append(cosine(embeddings[own, :], embeddings[other, :]))
                everything.append(similarities[-1])
            found[paths[own]] = np.asarray(similarities)
    return found


def negatives(vectors: dict[str, Array], names: list[str], paths: list[str], m: int) -> dict[str, Array]:
    """Similarities of every path to others of other identities, by the published order of operations."""
    found: dict[str, Array] = {}
    first, second, everything = [], [], []
    shuffled = list(paths)
    random.shuffle(shuffled)
    for name in sorted(set(names)):
        for own in walk(name, names):
            similarities: list[float] = []
            drawn: list[str] = []
            while len(similarities) < m:
                other = random.randint(0, len(shuffled) - 1)
                if shuffled[other] in drawn or shuffled[other].split("/")[1] == paths[own].split("/")[1]:
                    continue
                drawn.append(shuffled[other])
                first.append(paths[own])
                second.append(shuffled[other])
                similarities.append(cosine(vectors[paths[own]], vectors[shuffled[other]]))
                everything.append(similarities[-1])
            found[paths[own]] = np.asarray(similarities)
    return found


def published(embeddings: Array, paths: list[str], how: Labelling) -> Array:
    """Labels by the published order of operations, its text files included."""
    names = [path.split("/")[-2] for path in paths]
    vectors = {path: embeddings[place, :] for place, path in enumerate(paths)}
    columns = []
    for _ in range(how.repeats):
        near, far = positives(embeddings, names, paths, how.m), negatives(vectors, names, paths, how.m)
        with tempfile.TemporaryFile("w+") as file:
            file.writelines(f"{path}\t{wasserstein_distance(near[path], far[path])}\n" for path in near)
            file.seek(0)
            distance = np.asarray([float(line.split()[1]) for line in file.readlines()])
        columns.append((distance - distance.min()) / (distance.max() - distance.min()) * 100)
    return np.mean(columns, axis=0)


def timed(call: Any) -> tuple[float, Array]:
    """CPU seconds and what was returned."""
    start = cpu_seconds()
    found = call()
    return cpu_seconds() - start, found


def compare(count: int, dim: int) -> dict[str, Any]:
    """All repeats of both. Raises `SystemExit` where the two do not agree in distribution."""
    embeddings, names = faces(count, dim)
    paths = [f"/{name}/{place}.jpg" for place, name in enumerate(names)]
    how = Labelling()
    spent, found = min(
        (timed(lambda: pseudo_labels(embeddings, names, how)) for _ in range(3)), key=lambda pair: pair[0]
    )
    random.seed(0)
    theirs, reference = timed(lambda: published(embeddings, paths, how))
    # other draws, the same procedure: as like as two of the published runs are to each other, and without bias
    alike, bias = float(np.corrcoef(found, reference)[0, 1]), float((found - reference).mean() / reference.std())
    if alike < 0.98 or abs(bias) > 0.1:
        raise SystemExit(f"the labels do not agree: correlation {alike:.3f}, bias {bias:.3f}")
    row = {"faces": count, "dim": dim, "published_s": theirs, "ours_s": spent, "ratio": theirs / spent, "bar": BAR}
    return row | {"repeats": how.repeats, "correlation": alike, "bias": bias}


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
        f"{Labelling().repeats} repeats of {given.compare} faces, CPU seconds",
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
