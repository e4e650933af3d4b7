"""Why a face is good or bad: its similarities to its own person and to others, whose distance is its label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError
from harness_sddfiqa.people import Picture, Portfolio
from harness_sddfiqa.wasserstein import wasserstein

__all__ = ["Explanation", "explain", "explain_pair"]

Embed = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Explanation:
    """One face: cosine similarities to other pictures of its person [p] and to other people [q], and their distance."""

    name: str
    face: NDArray[np.uint8]
    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    distance: float


def explain(of: Portfolio, embed: Embed) -> Explanation:
    """Embed a face and what it is compared with."""
    return _explanations(of, embed, [0])[0]


def explain_pair(of: Portfolio, embed: Embed) -> tuple[Explanation, Explanation]:
    """A face, and of the other pictures of its person the one whose distance differs most, by the same strangers.

    Raises `HarnessError` where the person has but two pictures: both have the one similarity to each other.
    """
    if len(of.positives) < 2:
        raise HarnessError(f"{of.face.name}: its person has two pictures only; name another face: --other")
    first, *others = _explanations(of, embed, list(range(len(of.positives) + 1)))
    return first, max(others, key=lambda other: abs(other.distance - first.distance))


def _explanations(of: Portfolio, embed: Embed, which: Sequence[int]) -> list[Explanation]:
    """Of the person's pictures named by number: 0 is the face, then its positives."""
    own = [of.face, *of.positives]
    vectors = _vectors([*own, *of.negatives], embed)
    mine, strangers = vectors[: len(own)], vectors[len(own) :]
    found = []
    for number in which:
        positive = np.delete(mine @ mine[number], number)
        negative = strangers @ mine[number]
        distance = float(wasserstein(positive[None], negative[None])[0])
        found.append(Explanation(own[number].name, own[number].pixels, positive, negative, distance))
    return found


def _vectors(pictures: Sequence[Picture], embed: Embed) -> NDArray[np.float64]:
    """Embeddings of length 1, [N, D]. Raises `HarnessError` where one is zero or not finite."""
    pixels = torch.from_numpy(np.stack([picture.pixels for picture in pictures])).permute(0, 3, 1, 2)
    vectors = embed(pixels.float() / 255).double().cpu().numpy()
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise HarnessError("the recogniser gives a vector that is zero or not finite")
    unit: NDArray[np.float64] = vectors / lengths
    return unit
