"""Strategies at work: a method is shown smaller pictures, and what it fills is put into the large one.

Known pixels come back bit for bit, and nothing of a hole's blanked pixels is mixed into what the method is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from harness.interfaces import Batch, Images
from harness.runner.images import CALLS, checked_image, facts_of
from harness.store.keys import seed_of
from harness.strategies import NATIVE, Strategy

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["Window", "strategic", "tiles_of", "windows_of"]

Call = Callable[[Batch], Images]

CONTEXT = 0.5
"""ours: of a hole's bounding box, added on each side of a crop; a hole needs surroundings to be continued from."""
LEAST_CONTEXT = 1 / 8
"""ours: of the strategy's side, added at least."""
MARGIN = 1 / 8
"""ours: of a tile's side; what lies so near a tile's edge inside the picture is left to the next tile."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, in pixels; `bottom` and `right` are the first ones outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    def of(self, picture: torch.Tensor) -> torch.Tensor:
        """This part of [..., H, W]: a view."""
        return picture[..., self.top : self.bottom, self.left : self.right]

    def touches(self, other: Window) -> bool:
        """Whether both share a pixel."""
        rows = self.top < other.bottom and other.top < self.bottom
        return rows and self.left < other.right and other.left < self.right

    def joined(self, other: Window) -> Window:
        """The smallest window around both."""
        return Window(
            min(self.top, other.top), min(self.left, other.left),
            max(self.bottom, other.bottom), max(self.right, other.right),
        )  # fmt: skip


def strategic(call: Call, strategy: Strategy, role: str) -> Call:
    """The method behind a strategy: takes and gives batches of the full size. Native is the method itself.

    Samples are filled one by one, for their holes lie elsewhere. `Images.maps` are carried along (0 where nothing was
    asked); facts are kept of a sample that needed one call. In the `role` hole what a mask marks is blank.
    """
    if not strategy.side:
        return call

    def filled(batch: Batch) -> Images:
        if batch.target_size is None or strategy.at(*batch.target_size) == NATIVE or batch.mask is None:
            return call(batch)
        return _joined([_fill(call, strategy, _one(batch, i), role) for i in range(len(batch.ids))])

    return filled


def _one(batch: Batch, index: int) -> Batch:
    """One sample of a batch, as a batch."""
    part = slice(index, index + 1)
    changed: dict[str, Any] = {"ids": batch.ids[part], "seeds": batch.seeds[part]}
    for name in ("image", "mask", "labels"):
        if (tensor := getattr(batch, name)) is not None:
            changed[name] = tensor[part]
    for name in ("prompt", "precision"):
        if (several := getattr(batch, name)) is not None:
            changed[name] = several[part]
    return replace(batch, **changed)


def _joined(parts: Sequence[Images]) -> Images:
    """Samples as one answer again. Maps and facts that not every sample has are left out."""
    names = [name for name in parts[0].maps if all(name in part.maps for part in parts)]
    told = [name for name in parts[0].facts if all(name in part.facts for part in parts)]
    return Images(
        torch.cat([part.image for part in parts]),
        {name: torch.cat([part.maps[name] for part in parts]) for name in names},
        {name: [part.facts[name][0] for part in parts] for name in told},
    )


@dataclass
class _Canvas:
    """The large picture [1,3,H,W] while its hole fills; `left` [1,1,H,W] is what is still empty."""

    batch: Batch
    image: torch.Tensor
    left: torch.Tensor
    role: str
    maps: dict[str, torch.Tensor] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, call: Call, window: Window, side: int, accepted: torch.Tensor) -> None:
        """Let the method fill a window, shown at most `side` pixels large, and keep its pixels where `accepted`."""
        size = _within(window, side)
        seen = _shown(self, window, size)
        answer = call(seen)
        image = checked_image(answer, (1, 3, *size)).to(self.image)
        self.facts.append(facts_of(answer, 0))
        window.of(self.image).copy_(torch.where(accepted > 0, _enlarged(image, window), window.of(self.image)))
        for name, values in answer.maps.items():
            layer = self.maps.setdefault(name, torch.zeros_like(self.left))
            grown = _enlarged(values.reshape(1, 1, *size).to(layer), window)
            window.of(layer).copy_(torch.where(accepted > 0, grown, window.of(layer)))
        window.of(self.left).mul_(1 - accepted)


def _fill(call: Call, strategy: Strategy, batch: Batch, role: str) -> Images:
    """One sample, by the strategy."""
    assert batch.mask is not None, "without a mask there is no hole to look at"
    shown = batch.image
    if shown is None:  # a method that needs no picture is given none, and yet its fill needs a place
        shown = batch.mask.new_zeros(1, 3, *batch.mask.shape[-2:])
    canvas = _Canvas(batch, shown.clone(), batch.mask.clone(), role)
    {"resize-up": _resize_up, "crop": _crop, "tiled": _tiled}[strategy.kind](call, canvas, strategy.side)
    facts = {name: [value] for name, value in canvas.facts[0].items()} if len(canvas.facts) == 1 else {}
    return Images(canvas.image, canvas.maps, {**facts, CALLS: [len(canvas.facts)]})


def _resize_up(call: Call, canvas: _Canvas, side: int) -> None:
    height, width = canvas.left.shape[-2:]
    canvas.ask(call, Window(0, 0, height, width), side, canvas.left.clone())


def _crop(call: Call, canvas: _Canvas, side: int) -> None:
    hole = _hole(canvas.left)
    for window in windows_of(hole, side) or [_corner(hole.shape, side)]:
        canvas.ask(call, window, side, window.of(canvas.left).clone())


def _tiled(call: Call, canvas: _Canvas, side: int) -> None:
    """The tile that knows most of its pixels comes first; what it filled is known to its neighbours."""
    hole = _hole(canvas.left)
    waiting = [(window, core) for window, core in tiles_of(hole.shape, side) if bool(core.of(canvas.left).any())]
    if not waiting:
        corner = _corner(hole.shape, side)
        waiting = [(corner, corner)]
    while waiting:
        emptiness = [float(window.of(canvas.left).mean()) for window, _ in waiting]
        window, core = waiting.pop(int(np.argmin(emptiness)))
        inside = torch.zeros_like(canvas.left)
        core.of(inside).fill_(1)
        canvas.ask(call, window, side, window.of(inside) * window.of(canvas.left))


def _hole(mask: torch.Tensor) -> Hole:
    return np.asarray(mask[0, 0].cpu().numpy() > 0)


def _corner(shape: Sequence[int], side: int) -> Window:
    """What a method is asked of a picture without a hole, so that it is asked at all."""
    return Window(0, 0, min(side, shape[0]), min(side, shape[1]))


def windows_of(hole: Hole, side: int) -> list[Window]:
    """Crops that cover a hole bool H×W: one a connected part with its context, joined until none overlap."""
    _, _, parts, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    found = [_with_context(part, hole.shape, side) for part in parts[1:]]
    merged: list[Window] = []
    while found:
        window = found.pop()
        near = [other for other in merged if window.touches(other)]
        merged = [other for other in merged if not window.touches(other)]
        for other in near:
            window = window.joined(other)
        if near:
            found.append(window)  # it has grown, and may touch others
        else:
            merged.append(window)
    return sorted(merged, key=lambda one: (one.top, one.left))


def _with_context(part: Sequence[int], shape: Sequence[int], side: int) -> Window:
    """The window of one connected part (left, top, width, height, area), cut at the picture's edges."""
    left, top, width, height = (int(value) for value in part[:4])
    high, wide = (max(round(CONTEXT * length), round(LEAST_CONTEXT * side)) for length in (height, width))
    return Window(
        max(0, top - high), max(0, left - wide),
        min(shape[0], top + height + high), min(shape[1], left + width + wide),
    )  # fmt: skip


def tiles_of(shape: Sequence[int], side: int) -> list[tuple[Window, Window]]:
    """Tiles of at most `side` pixels with their cores; the cores cover a picture H×W exactly once."""
    rows, columns = (list(_spans(length, side)) for length in shape[:2])
    return [
        (Window(top, left, bottom, right), Window(inner_top, inner_left, inner_bottom, inner_right))
        for top, bottom, inner_top, inner_bottom in rows
        for left, right, inner_left, inner_right in columns
    ]


def _spans(length: int, side: int) -> Iterator[tuple[int, int, int, int]]:
    """(start, end, core start, core end) of the tiles along one axis."""
    if length <= side:
        yield 0, length, 0, length
        return
    margin = round(MARGIN * side)
    begin = 0
    while begin < length:
        start = min(max(0, begin - margin), length - side)
        end = start + side
        until = length if end == length else end - margin
        yield start, end, begin, until
        begin = until


def _within(window: Window, side: int) -> tuple[int, int]:
    """(height, width) of a window scaled to at most `side`, never enlarged."""
    scale = min(1.0, side / max(window.height, window.width))
    return max(1, round(window.height * scale)), max(1, round(window.width * scale))


def _shown(canvas: _Canvas, window: Window, size: tuple[int, int]) -> Batch:
    """The batch that the method is given of a window, at `size`.

    Shrunk by area: a pixel whose area holds any of the hole is hole and blank, so all others are means of known ones.
    Label maps take the nearest value. Every call of a sample has a seed of its own.
    """
    batch, left = canvas.batch, window.of(canvas.left)
    smaller = size != (window.height, window.width)
    image, mask = window.of(canvas.image), left
    if smaller:
        image, mask = F.adaptive_avg_pool2d(image, size), F.adaptive_max_pool2d(left, size)
        if canvas.role == "hole":
            image = image * (1 - mask)
    labels = batch.labels
    if labels is not None:
        labels = window.of(labels)
        labels = F.interpolate(labels.double(), size, mode="nearest").long() if smaller else labels
    calls = len(canvas.facts)
    return replace(
        batch,
        image=image.clone() if batch.image is not None else None,
        mask=mask.clone(),
        labels=labels,
        target_size=size,
        seeds=tuple(seed if calls == 0 else seed_of(str(seed), calls) for seed in batch.seeds),
    )


def _enlarged(values: torch.Tensor, window: Window) -> torch.Tensor:
    """[1,C,h,w] at the window's size, bicubic, in [0, 1]."""
    size = window.height, window.width
    if tuple(values.shape[-2:]) == size:
        return values
    return F.interpolate(values, size, mode="bicubic", align_corners=False).clamp(0, 1)
