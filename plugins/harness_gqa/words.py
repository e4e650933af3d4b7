"""Which of GQA's attributes an instruction may use: colour, shape and material, as the paper says.

ours: the words. The paper names the three kinds and lists none; GQA's own list mixes them with states ("open", "wet"),
ages, moods and numbers, which a picture without the object does not explain.
"""

from __future__ import annotations

__all__ = ["COLOURS", "MATERIALS", "SHAPES", "visible_words"]

COLOURS = frozenset({
    "beige", "black", "blond", "blue", "bronze", "brown", "colorful", "cream colored", "dark", "dark blue",
    "dark brown", "dark colored", "dark green", "dark red", "gold", "golden", "gray", "green", "ivory", "khaki",
    "lavender", "light blue", "light brown", "light colored", "maroon", "orange", "pink", "purple", "red", "rose",
    "silver", "tan", "teal", "transparent", "turquoise", "violet", "white", "yellow",
})  # fmt: skip
SHAPES = frozenset({
    "curved", "domed", "flat", "hexagonal", "large", "long", "narrow", "octagonal", "oval", "pointed", "pointy",
    "rectangular", "round", "rounded", "short", "small", "square", "straight", "tall", "thick", "thin", "tiny",
    "triangular", "wide",
})  # fmt: skip
MATERIALS = frozenset({
    "brass", "brick", "cardboard", "cement", "ceramic", "clay", "cloth", "cobblestone", "concrete", "denim", "fabric",
    "glass", "granite", "iron", "leather", "marble", "metal", "metallic", "paper", "plastic", "porcelain", "rubber",
    "stainless steel", "steel", "stone", "tile", "tin", "wicker", "wire", "wood", "wooden", "wool", "woven",
})  # fmt: skip


def visible_words(attributes: list[str]) -> list[str]:
    """Those of an object's attributes that say colour, shape or material, each once, in their order."""
    return [word for word in dict.fromkeys(attributes) if word in COLOURS or word in SHAPES or word in MATERIALS]
