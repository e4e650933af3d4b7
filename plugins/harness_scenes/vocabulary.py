"""What a scene may be made of, and which of it only the evaluation may show: all of it data.

Words and colours are those of CLEVR (Johnson et al., CVPR 2017, arXiv:1612.06890); the sizes' numbers and
everything about splits are ours.

Training and evaluation never share a scene, nor the looks of one:

* **seeds**: each split draws from its own range (`SEEDS`) and its own random stream;
* **colour x shape**: one shape of every colour is held out (`HELD_COLOUR_SHAPE`, 8 of 24);
* **material**: four colours are held out in one of the two materials (`HELD_COLOUR_MATERIAL`, 4 of 16);
* **light**: two sectors of the key light's azimuth belong to the evaluation (`EVAL_LIGHT_SECTORS`), with a
  guard on either side that neither split uses.

The split `judge` has every look and every light, and seeds of its own: what is trained on it may judge methods' outputs
and never be a method.

An object is *held out* when its colour x shape or its colour x material is. Training scenes hold no such
object; evaluation scenes hold nothing else: 24 of the 48 combinations stand on either side.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

Split = Literal["train", "eval", "judge"]

VERSION: Final = 1
"""Raise it whenever a seed would give another scene or a scene another picture."""

COLOURS: Final = MappingProxyType(
    {
        "gray": (87, 87, 87),
        "red": (173, 35, 35),
        "blue": (42, 75, 215),
        "green": (29, 105, 20),
        "brown": (129, 74, 25),
        "purple": (129, 38, 192),
        "cyan": (41, 208, 208),
        "yellow": (255, 238, 51),
    }
)
"""Name to sRGB, 0 to 255."""

SHAPES: Final = ("cube", "sphere", "cylinder")
MATERIALS: Final = ("rubber", "metal")
SIZES: Final = MappingProxyType({"small": 0.38, "large": 0.72})
"""Name to half the edge (cube), or radius and half the height (sphere, cylinder), in scene units."""

LABELS: Final = ("background", *SHAPES)
"""Classes of the label map; the index is the value of a pixel."""

OBJECT_COUNT: Final = (3, 8)
"""Fewest and most objects in a scene, both included."""

SEEDS: Final = MappingProxyType(
    {"train": range(0, 10**9), "eval": range(10**9, 2 * 10**9), "judge": range(2 * 10**9, 3 * 10**9)}
)

HELD_COLOUR_SHAPE: Final = frozenset(
    {
        ("gray", "cube"),
        ("red", "cylinder"),
        ("blue", "sphere"),
        ("green", "cube"),
        ("brown", "sphere"),
        ("purple", "cylinder"),
        ("cyan", "cube"),
        ("yellow", "sphere"),
    }
)

HELD_COLOUR_MATERIAL: Final = frozenset(
    {("red", "metal"), ("green", "rubber"), ("purple", "rubber"), ("yellow", "metal")}
)

EVAL_LIGHT_SECTORS: Final = ((30.0, 75.0), (210.0, 255.0))
"""Azimuths of the key light, degrees counter-clockwise from the viewing direction, from and to."""

LIGHT_GUARD: Final = 10.0
"""Degrees on either side of a sector that neither split uses."""


def is_held_out(colour: str, shape: str, material: str) -> bool:
    """Say whether only evaluation scenes may show this combination."""
    return (colour, shape) in HELD_COLOUR_SHAPE or (colour, material) in HELD_COLOUR_MATERIAL


def looks(split: Split) -> tuple[tuple[str, str, str], ...]:
    """Return every (colour, shape, material) that scenes of `split` may show, in a fixed order."""
    return tuple(
        (colour, shape, material)
        for colour in COLOURS
        for shape in SHAPES
        for material in MATERIALS
        if split == "judge" or is_held_out(colour, shape, material) == (split == "eval")
    )


def light_sectors(split: Split) -> tuple[tuple[float, float], ...]:
    """Return the azimuth intervals, in degrees, that the key light of `split` is drawn from."""
    if split == "eval":
        return EVAL_LIGHT_SECTORS
    if split == "judge":
        return ((0.0, 360.0),)
    (first_lo, first_hi), (second_lo, second_hi) = EVAL_LIGHT_SECTORS
    return (
        (first_hi + LIGHT_GUARD, second_lo - LIGHT_GUARD),
        (second_hi + LIGHT_GUARD, 360.0 + first_lo - LIGHT_GUARD),
    )
