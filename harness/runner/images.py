"""What a method's answer must be, and what of it is kept: pixels, grey maps, facts. Wrong ones are told in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch

from harness.errors import HarnessError
from harness.interfaces import Images, Scores
from harness.runner.levels import LEVELS

__all__ = ["CALLS", "FACT", "MAP", "checked_image", "facts_of", "finite", "grey_maps"]

FACT, CALLS = "size_strategy", "size_calls"
"""Facts of the engine's: how a picture was brought before a method (`harness.strategies`), and in how many calls."""
MAP = "map:"
"""Facts that begin so name kept maps by their hash."""
_MAP_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def checked_image(images: Any, shape: Sequence[int]) -> torch.Tensor:
    """The picture [N,3,H,W] of an answer of this shape. Raises `HarnessError` for anything else."""
    if not isinstance(images, Images):
        raise HarnessError(f"the method returned {type(images).__name__}, not Images")
    output = images.image
    if tuple(output.shape) != tuple(shape):
        raise HarnessError(f"the method returned shape {tuple(output.shape)}, expected {tuple(shape)}")
    if not output.is_floating_point():
        raise HarnessError(f"the method returned {output.dtype} pixels; images are float32 in [0, 1]")
    return output


def finite(output: torch.Tensor) -> list[bool]:
    """Whether each of [N,…] holds neither NaN nor infinity; one pass over the pixels where all is well."""
    if bool(torch.isfinite(output.sum())):
        return [True] * len(output)
    return torch.isfinite(output).flatten(1).all(1).tolist()


def grey_maps(images: Images) -> list[dict[str, torch.Tensor]]:
    """The maps of every sample as uint8 [H,W], 0 to 255 for 0 to 1, clamped.

    Raises `HarnessError` for a map that is not [N,1,H,W] of the picture's size, holds NaN, or has no plain name.
    """
    count, _, height, width = images.image.shape
    found: list[dict[str, torch.Tensor]] = [{} for _ in range(count)]
    for name, values in images.maps.items():
        if not _MAP_NAME.fullmatch(name):
            raise HarnessError(f"the method's map {name!r} needs a plain name: small letters, digits, - and _")
        if tuple(values.shape) != (count, 1, height, width):
            wanted = (count, 1, height, width)
            raise HarnessError(f"the method's map {name} has shape {tuple(values.shape)}, expected {wanted}")
        if not all(finite(values.float())):
            raise HarnessError(f"the method's map {name} holds NaN or infinity")
        grey = values.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
        for own, levels in zip(found, grey, strict=True):
            own[name] = levels[0]
    return found


def facts_of(answer: Images | Scores, index: int) -> dict[str, str | int | float]:
    """One sample's facts, as Python's own types: a record is JSON. Raises `HarnessError` for other values."""
    found = {name: values[index] for name, values in answer.facts.items()}
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in found.items()}
    for name, value in plain.items():
        if not isinstance(value, str | int | float):
            raise HarnessError(f"the method's fact {name} is a {type(value).__name__}, not a text or a number")
        if name.startswith(MAP) or name in (FACT, LEVELS):
            raise HarnessError(f"the method's fact {name} has a name that is the engine's")
    return plain
