"""Made-up silhouettes: animals, people and things as unions of polygons in the unit square, y down.

ours: all of it. No free set of photographed silhouettes could be had offline, and a hole needs the outline
of an object (limbs, a neck, concave gaps), not its likeness.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.masks.outlines import capsule, ellipse, limb, profile

if TYPE_CHECKING:
    import numpy as np

    from harness.masks.outlines import Polygon

__all__ = ["KINDS", "bird", "car", "person", "plant", "quadruped", "silhouette", "vessel"]

DOWN = math.pi / 2


def quadruped(rng: np.random.Generator) -> list[Polygon]:
    """A standing or walking animal, head to the right."""
    leg, girth, neck = rng.uniform(0.22, 0.36), rng.uniform(0.09, 0.15), rng.uniform(0.08, 0.22)
    back = 0.8 - leg - girth
    pieces = [capsule((0.25, back), (0.68, back), girth, girth * rng.uniform(0.8, 1.1))]
    for hip in (0.24, 0.31, 0.63, 0.70):
        swing = DOWN + rng.normal(0, 0.22)
        bones = [(leg * 0.6, swing), (leg * 0.55, DOWN + 0.6 * (DOWN - swing))]
        pieces += limb((hip, back + girth * 0.4), bones, [0.055, 0.035, 0.022])
    rise = -rng.uniform(0.5, 1.2)
    nape = (0.70 + neck * math.cos(rise), back - 0.03 + neck * math.sin(rise))
    pieces.append(capsule((0.70, back - 0.02), nape, girth * 0.75, 0.055))
    pieces += limb(nape, [(rng.uniform(0.07, 0.13), rng.uniform(0.1, 0.6))], [0.06, 0.032])
    pieces.append(capsule(nape, (nape[0] - 0.02, nape[1] - rng.uniform(0.07, 0.12)), 0.025, 0.008))
    tail = rng.uniform(-0.6, 1.3)
    droop = math.pi - tail
    pieces += limb((0.17, back - 0.03), [(0.09, droop), (0.10, droop - 0.7)], [0.03, 0.02, 0.01])
    return pieces


def person(rng: np.random.Generator) -> list[Polygon]:
    """Somebody standing, walking or waving."""
    girth = rng.uniform(0.07, 0.11)
    pieces = [ellipse((0.5, 0.13), (0.062, 0.078)), capsule((0.5, 0.19), (0.5, 0.25), 0.03, 0.035)]
    pieces.append(capsule((0.5, 0.29), (0.5, 0.52), girth, girth * rng.uniform(0.8, 1.1)))
    for side in (-1, 1):
        shoulder, hip = (0.5 + side * girth * 0.85, 0.27), (0.5 + side * girth * 0.45, 0.54)
        lift = DOWN - side * rng.uniform(0.05, 2.4 if rng.random() < 0.4 else 0.5)
        pieces += limb(shoulder, [(0.15, lift), (0.15, lift + rng.normal(0, 0.5))], [0.042, 0.034, 0.022])
        step = DOWN - side * rng.uniform(-0.05, 0.4)
        leg = [(0.2, step), (0.2, DOWN + rng.normal(0, 0.12)), (0.04, 0.2)]
        pieces += limb(hip, leg, [0.06, 0.045, 0.03, 0.022])
    return pieces


def bird(rng: np.random.Generator) -> list[Polygon]:
    """A bird on its legs, beak to the right."""
    tilt, stout = -rng.uniform(0.2, 0.7), rng.uniform(0.12, 0.18)
    head = (0.5 + 0.24 * math.cos(tilt), 0.48 + 0.30 * math.sin(tilt) - 0.05)
    pieces = [ellipse((0.48, 0.5), (0.24, stout), tilt), ellipse(head, (0.085, 0.08))]
    pieces.append(capsule((0.58, 0.44), head, stout * 0.8, 0.07))
    pieces += limb(head, [(rng.uniform(0.1, 0.17), rng.uniform(-0.1, 0.35))], [0.04, 0.004])
    tail = (rng.uniform(0.15, 0.28), math.pi + tilt + rng.normal(0, 0.15))
    pieces += limb((0.33, 0.56), [tail], [0.07, 0.04])
    for leg in (0.46, 0.53):
        shin = (rng.uniform(0.14, 0.22), DOWN + rng.normal(0, 0.1))
        pieces += limb((leg, 0.6), [shin, (0.06, 0.15)], [0.02, 0.02, 0.02])
    return pieces


def vessel(rng: np.random.Generator) -> list[Polygon]:
    """A bottle, vase, cup or jug."""
    mouth, neck = rng.uniform(0.04, 0.16), rng.uniform(0.03, 0.12)
    belly, foot = rng.uniform(0.14, 0.28), rng.uniform(0.08, 0.2)
    levels = [0.06, 0.1, rng.uniform(0.2, 0.36), rng.uniform(0.5, 0.75), 0.94]
    pieces = [profile(levels, [mouth, max(mouth * 0.8, neck), neck, belly, foot])]
    if rng.random() < 0.5:
        reach = 0.5 + belly + rng.uniform(0.06, 0.14)
        top, bottom = levels[2], levels[3]
        handle = [(0.5 + neck, top), (reach, top + 0.02), (reach, bottom - 0.06), (0.5 + belly, bottom)]
        pieces += [capsule(a, b, 0.025, 0.025) for a, b in itertools.pairwise(handle)]
    return pieces


def car(rng: np.random.Generator) -> list[Polygon]:
    """A car, van or lorry from the side, with its wheels below the body."""
    roof, bonnet = rng.uniform(0.28, 0.42), rng.uniform(0.55, 0.82)
    pieces = [capsule((0.14, 0.58), (0.86, 0.59), 0.085, 0.08)]
    pieces.append(capsule((rng.uniform(0.16, 0.32), roof + 0.06), (bonnet - 0.12, roof + 0.06), 0.06, 0.06))
    pieces.append(capsule((0.26, 0.56), (bonnet - 0.04, 0.56), 0.10, 0.09))
    pieces.append(capsule((0.26, roof + 0.12), (bonnet - 0.12, roof + 0.12), 0.09, 0.08))
    wheel = rng.uniform(0.075, 0.10)
    return pieces + [ellipse((x, 0.67), (wheel, wheel)) for x in (0.26, 0.74)]


def plant(rng: np.random.Generator) -> list[Polygon]:
    """A tree or a potted plant: a stem, branches with leaves or a crown of round clumps."""
    crown = rng.uniform(0.26, 0.42)
    pieces = [capsule((0.5, 0.96), (0.5, crown), rng.uniform(0.03, 0.06), 0.03)]
    for _ in range(int(rng.integers(5, 11))):
        heading, reach = -rng.uniform(0.1, math.pi - 0.1), rng.uniform(0.1, 0.3)
        tip = (0.5 + reach * math.cos(heading), crown + 0.12 + reach * math.sin(heading))
        pieces.append(capsule((0.5, crown + 0.15), tip, 0.02, 0.02))
        pieces.append(ellipse(tip, (rng.uniform(0.07, 0.15), rng.uniform(0.05, 0.1)), heading))
    return pieces


KINDS: dict[str, Callable[[np.random.Generator], list[Polygon]]] = {
    "quadruped": quadruped,
    "person": person,
    "bird": bird,
    "vessel": vessel,
    "car": car,
    "plant": plant,
}


def silhouette(rng: np.random.Generator) -> list[Polygon]:
    """One of `KINDS`, with its own proportions and pose: polygons (x, y) whose union is the silhouette."""
    return KINDS[list(KINDS)[int(rng.integers(len(KINDS)))]](rng)
