"""Pseudo-labels of face quality (SDD-FIQA, Ou et al., CVPR 2021, Eq. 7): no person rates anything.

A face is as good as the similarities to its own identity are far from those to others. For each face, up to ``m`` other
faces of its identity and ``m`` of others are drawn; the Wasserstein distance of the two sets of cosine similarities is
scaled over all faces to [0, 100]; the label is the mean over ``repeats`` draws.

ours: a seed (the published code has none), so that a label follows from faces, seed and settings alone; a block of
faces at once; a folder in which finished repeats are kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness_sddfiqa.sampling import People, draw_subsets, sort_people
from harness_sddfiqa.wasserstein import wasserstein

__all__ = ["BLOCK", "Labelling", "distances", "pseudo_labels"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Faces = NDArray[np.floating[Any]]
BLOCK = 2048
"""Faces that are compared at once. Draws are seeded by it: another value gives other labels."""
CACHED = 16
"""Faces whose comparisons are gathered at once, so that they stay in the processor's cache; changes no label."""
HIGHEST = 100.0
ROUNDING = 8
"""Distances that spread by fewer units of precision are the same."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """How labels are made; the defaults are the published ones.

    Attributes:
        m: most positives and number of negatives of a face.
        repeats: draws over which labels are averaged (K).
        kind: ``wd`` is the paper's. ``intra`` looks at the identity alone: ours is the mean positive similarity, which
            is the distance of the positives to "no similarity at all" (-1) up to a constant.
        seed: of the draws.

    """

    m: int = 24
    repeats: int = 12
    kind: Literal["wd", "intra"] = "wd"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.m < 1 or self.repeats < 1:
            raise ValueError(f"m={self.m}, repeats={self.repeats}: both are at least 1")
        if self.kind not in ("wd", "intra"):
            raise ValueError(f"kind={self.kind!r}: choose 'wd' or 'intra'")
        if self.seed < 0:
            raise ValueError(f"seed={self.seed}: at least 0")


def pseudo_labels(
    embeddings: Faces,
    identities: Sequence[str] | NDArray[np.generic],
    how: Labelling | None = None,
    folder: Path | None = None,
) -> Array:
    """Labels in [0, 100] of every face, [N], in the faces' order.

    Args:
        embeddings: [N,d], of any length; similarities are computed in their precision (float32 or float64).
        identities: whose face each row is.
        how: settings; None for the published ones.
        folder: where finished repeats are kept; a call for the same faces and settings goes on after them.

    Raises:
        HarnessError: embeddings that are not finite or zero, other sizes, an identity of a single face, too few others,
            distances that are all the same, or a folder of other faces or settings.
    """
    how = how or Labelling()
    faces, people = _prepared(embeddings, identities, how)
    if folder is not None:
        _claim(folder, _key(faces, people, how))
    total, least = np.zeros(len(faces)), ROUNDING * float(np.finfo(faces.dtype).eps)
    for repeat in range(how.repeats):
        total += _scaled(_kept_distances(faces, people, how, repeat, folder), least)
    labels = np.empty(len(faces))
    labels[people.order] = total / how.repeats
    return labels


def distances(
    embeddings: Faces, identities: Sequence[str] | NDArray[np.generic], how: Labelling | None = None, repeat: int = 0
) -> Array:
    """Unscaled distances [N] of one repeat, in the faces' order. Raises as `pseudo_labels` does."""
    how = how or Labelling()
    faces, people = _prepared(embeddings, identities, how)
    found = np.empty(len(faces))
    found[people.order] = _distances(faces, people, how, repeat)
    return found


def _prepared(
    embeddings: Faces, identities: Sequence[str] | NDArray[np.generic], how: Labelling
) -> tuple[Faces, People]:
    """Embeddings of length 1 in the order of identities."""
    if embeddings.ndim != 2 or len(embeddings) != len(identities):
        raise HarnessError(f"embeddings {embeddings.shape} do not belong to {len(identities)} identities")
    people = sort_people(identities, how.m if how.kind == "wd" else 0)
    lengths = np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings, dtype=np.float64))
    wrong = np.flatnonzero(~np.isfinite(lengths) | (lengths == 0))
    if len(wrong):
        raise HarnessError(f"{len(wrong)} embeddings are zero or not finite; the first is row {wrong[0]}")
    precision = np.result_type(embeddings.dtype, np.float32)
    faces: Faces = embeddings[people.order].astype(precision, copy=False)
    return faces / lengths[people.order, None].astype(precision), people


def _distances(faces: Faces, people: People, how: Labelling, repeat: int) -> Array:
    places = np.arange(len(faces))
    blocks = [places[first : first + BLOCK] for first in range(0, len(faces), BLOCK)]
    return np.concatenate([_block(faces, people, block, how, [how.seed, repeat, k]) for k, block in enumerate(blocks)])


def _block(faces: Faces, people: People, places: Index, how: Labelling, seed: list[int]) -> Array:
    uniform = np.random.default_rng(seed).random((2, len(places), how.m))
    if how.kind == "wd":
        drawn = draw_subsets(uniform[1], len(faces) - people.size[places])
        negative = _similarities(faces, places, people.negatives(places, drawn))
    others = people.size[places] - 1
    used = np.minimum(others, how.m)
    found = np.empty(len(places))
    for size in np.unique(used):
        mine = np.flatnonzero(used == size)
        if size == others[mine].max():
            positive = _all_own(faces, people, places[mine])
        else:
            drawn = draw_subsets(uniform[0, mine, :size], others[mine])
            positive = _similarities(faces, places[mine], people.positives(places[mine], drawn))
        found[mine] = wasserstein(positive, negative[mine]) if how.kind == "wd" else positive.mean(1, dtype=np.float64)
    return found


def _all_own(faces: Faces, people: People, places: Index) -> Faces:
    """Cosines [n,k-1] of the faces at ``places`` [n] with all others of their identities, each of k faces."""
    size, place = people.size[places[0]], np.arange(people.size[places[0]])
    starts, which = np.unique(people.start[places], return_inverse=True)
    together = faces[starts[:, None] + place]
    own = places - people.start[places]
    rows: Faces = np.matmul(together, together.swapaxes(1, 2))[which, own]
    return rows[place != own[:, None]].reshape(len(places), size - 1)


def _similarities(faces: Faces, places: Index, compared: Index) -> Faces:
    """Cosines [n,k] of the faces at ``places`` [n] with those at ``compared`` [n,k]."""
    cosines: Faces = np.empty(compared.shape, faces.dtype)
    for start in range(0, len(places), CACHED):
        some = slice(start, start + CACHED)
        gathered = faces.take(compared[some], 0)
        np.matmul(gathered, faces[places[some], :, None], out=cosines[some, :, None])
    return cosines


def _scaled(found: Array, least: float) -> Array:
    low, high = float(found.min()), float(found.max())
    if high - low <= least:
        raise HarnessError(f"all {len(found)} distances are {low:.3g}: they tell no face from another")
    scaled: Array = HIGHEST * (found - low) / (high - low)
    return scaled


def _key(faces: Faces, people: People, how: Labelling) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(faces).tobytes())
    for part in people:
        digest.update(part.tobytes())
    facts = {"faces": digest.hexdigest(), "precision": str(faces.dtype), "block": BLOCK, **asdict(how)}
    del facts["repeats"]  # a repeat is the same however many are asked for
    return json.dumps(facts, sort_keys=True)


def _claim(folder: Path, key: str) -> None:
    """Hold a folder to one set of faces and settings."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "labelling.json"
    if path.exists():
        if path.read_text() != key:
            raise HarnessError(f"{folder} holds repeats of other faces or settings: name another folder")
        return
    _write(path, key.encode())


def _kept_distances(faces: Faces, people: People, how: Labelling, repeat: int, folder: Path | None) -> Array:
    if folder is None:
        return _distances(faces, people, how, repeat)
    path = folder / f"repeat-{repeat:02}.float64"
    if not path.exists():
        _write(path, _distances(faces, people, how, repeat).tobytes())
    found = np.frombuffer(path.read_bytes(), np.float64)
    if len(found) != len(faces):
        raise HarnessError(f"{path} has {len(found)} distances, not {len(faces)}: delete it and repeat")
    return found


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
