"""The judge of what stands somewhere in a rendered scene: nothing, or an object of some shape, colour, material, size.

Ours, and trained on renders of the split `judge` only: `python -m harness_scenes.train_judge`. It sees every look that
a scene can have, for it judges outputs and is nobody's method. What it gets right stands in `README.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.weights import load_network

from .segmenter import STRIDE, Segmenter
from .vocabulary import COLOURS, MATERIALS, SHAPES, SIZES

__all__ = ["CROP", "HEADS", "PICTURE", "WEIGHTS", "ObjectJudge", "crops_of", "judge_digest", "load_judge"]

WEIGHTS = "weights/object_judge.safetensors"
PICTURE: Final = 128
"""Side of the pictures that it knows."""
CROP: Final = 64
"""Side of what it sees of one: the largest object and its shadow fit in."""
HEADS: Final = {
    "present": 2,
    "shape": len(SHAPES),
    "colour": len(COLOURS),
    "material": len(MATERIALS),
    "size": len(SIZES),
}
"""What it tells, with the number of answers to each; `present` is 0 for nothing there."""


class ObjectJudge(nn.Module):
    """The halving scales of the `Segmenter`, then one hidden layer and a head for each of `HEADS`.

    `forward` takes crops [N, 3, 64, 64] in [0, 1] about the place that is asked about, and that place, [N, 2] (row and
    column in shares of the picture's side: what is far is small); it gives logits [N, answers] by head.
    """

    def __init__(self, widths: tuple[int, ...] = (8, 20, 36, 56, 64), hidden: int = 96) -> None:
        super().__init__()
        self.widths, self.hidden = widths, hidden
        whole = Segmenter(widths)
        self.stem, self.down = whole.stem, whole.down
        self.joint = nn.Linear(widths[-1] * (CROP // STRIDE) ** 2 + 2, hidden)
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, answers) for name, answers in HEADS.items()})

    def forward(self, crop: Tensor, place: Tensor) -> dict[str, Tensor]:
        x = self.stem((crop - 0.5) / 0.25)
        for scale in self.down:
            x = scale(x)
        x = F.relu(self.joint(torch.cat([x.flatten(1), place * 2 - 1], 1)))
        return {name: head(x) for name, head in self.heads.items()}


def crops_of(pictures: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Cut crops [N, 3, 64, 64] of pictures [N, 3, 128, 128] about places int64 [N, 2] (row, column).

    Beyond the picture its border pixels are repeated. Returns the crops and the places in shares of the side.
    """
    half = CROP // 2
    wide = F.pad(pictures, (half, half, half, half), mode="replicate")
    cut = [picture[:, r : r + CROP, c : c + CROP] for picture, (r, c) in zip(wide, places.tolist(), strict=True)]
    return torch.stack(cut), (places.to(pictures.dtype) + 0.5) / PICTURE


@cache
def judge_digest() -> str:
    """Return the sha256 of the committed weights."""
    return sha256(files(__package__).joinpath(WEIGHTS).read_bytes()).hexdigest()


def load_judge(device: str) -> ObjectJudge:
    """Return the trained network, in eval mode. Raises `HarnessError` if its file is not what it should be."""

    def build(_: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> ObjectJudge:
        network = stated or {}
        return ObjectJudge(tuple(network["widths"]), network["hidden"])

    with as_file(files(__package__).joinpath(WEIGHTS)) as path:
        network = load_network(path, "object judge", build)
    return network.eval().requires_grad_(False).to(device)
