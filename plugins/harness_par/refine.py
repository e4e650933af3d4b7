"""Refinement of any inpainter: what a network calls artifact becomes the next hole, and the best fill is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness_par.finder import THRESHOLD, steering

__all__ = ["KERNEL", "Refiner", "grown"]

KERNEL = 5
"""Side of the square that a region grows by, as PAL4VST's ``refine_artifacts.py`` has it."""
_NEXT = 0x9E3779B97F4A7C15
_SEEDS = 1 << 63


def grown(region: Tensor, times: int) -> Tensor:
    """``[N, 1, H, W]`` of 0 and 1, dilated ``times`` times by a square of `KERNEL` pixels."""
    reach = times * (KERNEL // 2)
    return F.max_pool2d(region, 2 * reach + 1, 1, reach)


class _Path:
    """One picture's way through the rounds.

    Attributes:
        image: ``[3, H, W]``, the best fill so far within the known pixels; before the first round, blanked.
        hole: ``[1, H, W]``; `next`: what of it is filled next.
        map: each pixel's probability of being an artifact of `image`, 0 outside the hole.
        ratios: artifact pixels / pixels of the hole, by round; `kept`: the round that `image` is from.
    """

    def __init__(self, image: Tensor, hole: Tensor) -> None:
        self.image, self.hole, self.next = image * (1 - hole), hole, hole
        self.map = torch.zeros_like(hole)
        self.ratios: list[float] = []
        self.kept = 0
        self.ended = False

    @property
    def so_far(self) -> list[float]:
        """The smallest ratio up to each round; none of an empty hole."""
        return [round(ratio, 6) for ratio in accumulate(self.ratios, min) if math.isfinite(ratio)]

    def take(self, image: Tensor, probability: Tensor, threshold: float, iterations: int) -> None:
        """Keep what was just filled if fewer of its pixels are artifacts; else this is the end."""
        inside = (probability > threshold).to(image) * self.hole
        ratio = float(inside.sum() / self.hole.sum())
        if self.ratios and not ratio < self.ratios[-1]:
            self.ended = True
        else:
            self.kept, self.image, self.map = len(self.ratios), image, probability * self.hole
            self.next = grown(inside[None], iterations)[0] * self.hole
            self.ended = not bool(self.next.any())
        self.ratios.append(ratio)


class Refiner:
    """Fills with another method; refills what of the fill a network calls artifact, while that share of the hole falls.

    A round: artifact pixels of the hole (probability above ``threshold``), grown by ``iterations`` squares of 5×5
    pixels and cut by the hole, are the next hole; the same method fills it from everything else. The way ends where no
    artifact is left, where their share does not fall, or after ``rounds`` refills. The picture with the smallest
    share is the answer; the first fill is one of them, and is the method's own to the last bit.

    ours, where neither paper says (ECCV's figure shows five refills of one method, ICCV's script has one): when to
    stop, what is kept, that artifacts of known pixels are no reason to fill, 8-bit rounding before the network looks
    (it judges what will be shown), another seed a round.

    Facts: ``rounds`` refills, which was ``kept`` (0: the first fill), all ``ratios``, and ``artifacts_by_round``, the
    smallest so far (a JSON list); those of the wrapped method are of its first fill. The map ``artifacts`` is the
    steering network's, in the hole.

    Args:
        setup: the device, the steering network's weights, and the method that fills.
        rounds: refills at most.
        iterations: how many times the region is grown.
        threshold: above it a pixel is an artifact.

    Raises:
        HarnessError: no method to wrap, a parameter out of its range, or a file that cannot be used.
    """

    def __init__(
        self, setup: Setup, *, rounds: int = 5, iterations: int = 5, threshold: float = THRESHOLD
    ) -> None:  # fmt: skip
        if setup.inner is None:
            raise HarnessError("par-refine wraps another method: write par-refine:METHOD")
        if rounds < 0 or not 0 <= iterations <= 64 or not 0 < threshold < 1:
            raise HarnessError("par-refine: rounds is 0 or more, iterations 0 to 64, threshold between 0 and 1")
        self._fill: Callable[[Batch], Images] = setup.inner.inpaint
        self._find = steering(setup.weights, setup.device)
        self._rounds, self._iterations, self._threshold = rounds, iterations, threshold

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` of ``batch.image``. Raises `HarnessError`, and whatever the wrapped method raises."""
        image, mask = batch.image_and_mask("par-refine")
        hole = (mask > 0).to(image)
        paths = [_Path(one, where) for one, where in zip(image, hole, strict=True)]
        first = self._round(batch, paths, range(len(paths)), 0)
        for number in range(1, self._rounds + 1):
            going = [index for index, path in enumerate(paths) if not path.ended]
            if going:
                self._round(batch, paths, going, number)
        told = {
            "rounds": [len(path.ratios) - 1 for path in paths],
            "kept": [path.kept for path in paths],
            "ratios": [" ".join(f"{ratio:.4f}" for ratio in path.ratios) for path in paths],
            # a running minimum, for the report's curve: what would be kept after each round
            "artifacts_by_round": [json.dumps(path.so_far) for path in paths],
        }
        maps = {"artifacts": torch.stack([path.map for path in paths])}
        return Images(torch.stack([path.image for path in paths]), maps, {**first.facts, **told})

    def _round(self, batch: Batch, paths: Sequence[_Path], going: Sequence[int], number: int) -> Images:
        """Fill what comes next of the pictures that go on, and look at it; returns the wrapped method's answer."""
        image = torch.stack([paths[index].image for index in going])
        hole = torch.stack([paths[index].next for index in going])
        given = self._fill(_part(batch, going, image * (1 - hole), hole, number))
        if given.image.shape != image.shape:
            raise HarnessError(f"the wrapped method returned {tuple(given.image.shape)}, not {tuple(image.shape)}")
        filled = torch.where(hole > 0, given.image.to(image).clamp(0, 1).mul(255).round() / 255, image)
        for index, made, probability in zip(going, filled, self._find(filled), strict=True):
            paths[index].take(made, probability, self._threshold, self._iterations)
        return given


def _part(batch: Batch, going: Sequence[int], image: Tensor, hole: Tensor, number: int) -> Batch:
    """Some pictures of a batch with other pixels and another hole, as round ``number`` gives them to a method."""
    index = list(going)
    return replace(
        batch,
        ids=tuple(batch.ids[i] for i in index),
        image=image,
        mask=hole,
        prompt=tuple(batch.prompt[i] for i in index) if batch.prompt is not None else None,
        labels=batch.labels[index] if batch.labels is not None else None,
        exposures=batch.exposures[index] if batch.exposures is not None else None,
        seeds=tuple((batch.seeds[i] + number * _NEXT) % _SEEDS for i in index) if batch.seeds else (),
    )
