"""Whether an output took away what the instruction names, all of it and nothing else: what only exact truth can tell.

Every metric judges the raw output ``o`` against the picture shown ``s`` and the truth ``t`` by the label maps of
`scenes-instruct`; distances are root mean squares over pixels and channels in [0, 1]. Limits are ours, wide enough
that a picture which went through a small autoencoder is not called touched.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

__all__ = [
    "TOUCHED", "AbsentKept", "Collateral", "Removed", "RemovedOnly", "ShadowRemoved", "Unchanged", "WrongObject",
]  # fmt: skip

GONE: Final = 0.5
"""Distance to the truth, as a share of that from shown to truth, up to which an object is gone."""
STAYED: Final = 0.5
"""Distance to what was shown, as the same share, up to which nothing was done: what was shown, through the project's
small first stage and back, lies at 0.13 to 0.44."""
TOUCHED: Final = 0.08
"""Distance to what was shown, off all that the object changes, from which the rest is touched."""
CONTRAST: Final = 0.04
"""Distance of an object from the ground about it below which nobody could tell whether it is gone."""
RING, AWAY, FEWEST = 6, 2, 12


@dataclass(frozen=True)
class _Asked:
    """A sample as it is judged: pictures [3,H,W], bool maps [H,W], the other objects' silhouettes."""

    output: Tensor
    shown: Tensor
    truth: Tensor
    named: Tensor
    touched: Tensor
    ground: Tensor
    others: tuple[Tensor, ...]

    @property
    def there(self) -> bool:
        """Whether the instruction names something that is there."""
        return bool(self.named.any())

    @property
    def rest(self) -> Tensor:
        """Pixels that the object does not change, two pixels away from those that it does."""
        return ~_grown(self.named | self.touched, AWAY)


def _grown(area: Tensor, by: int) -> Tensor:
    rows = F.max_pool2d(area[None, None].float(), (2 * by + 1, 1), 1, (by, 0))
    return F.max_pool2d(rows, (1, 2 * by + 1), 1, (0, by))[0, 0] > 0.5


def _asked(batch: MetricBatch, metric: str) -> list[_Asked]:
    labels, shown = batch.labels, batch.shown
    if labels is None or labels.shape[1] != 2:
        raise HarnessError(f"{metric} needs label maps that say what an instruction names: use scenes-instruct")
    # a task of absent objects alone shows its truth
    shown = batch.truth if shown is None else shown
    rows = []
    for k in range(len(batch.ids)):
        objects, touched = labels[k]
        others = tuple(objects == number for number in objects.unique().tolist() if number > 1)
        rows.append(_Asked(batch.output[k], shown[k], batch.truth[k], objects == 1, touched == 1, objects == 0, others))
    return rows


def _apart(one: Tensor, other: Tensor, where: Tensor) -> float:
    """Root mean square difference of two pictures in a part."""
    return float(((one - other)[:, where] ** 2).mean().sqrt())


def _named_share(of: _Asked, picture: Tensor, where: Tensor) -> float:
    """Distance of the output from a picture, as a share of that from what was shown to the truth."""
    return _apart(of.output, picture, where) / max(_apart(of.shown, of.truth, where), 1e-6)


def _is_gone(of: _Asked) -> bool:
    return _named_share(of, of.truth, of.named) <= GONE


def _others_gone(of: _Asked) -> bool:
    """Whether some other object is nearer to the ground about it than to itself, in its visible silhouette."""
    for silhouette in of.others:
        seen = silhouette & ~of.touched
        about = _grown(silhouette, RING) & of.ground & ~of.touched
        if int(seen.sum()) < FEWEST or int(about.sum()) < FEWEST:
            continue
        ground = of.shown[:, about].mean(1)[:, None, None].expand_as(of.shown)
        if _apart(of.shown, ground, seen) < CONTRAST:
            continue
        if _apart(of.output, ground, seen) < _apart(of.output, of.shown, seen):
            return True
    return False


def _collateral(of: _Asked) -> float:
    rest = of.rest
    return _apart(of.output, of.shown, rest) if int(rest.sum()) >= FEWEST else float("nan")


class _Judged(ABC):
    """What these metrics share: one number a sample, from `_of`."""

    name: str

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        if region:
            raise HarnessError(f"{self.name} has regions of its own: ask for it without @{region}")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        values = [self._of(one) for one in _asked(batch, self.name)]
        return {self.name: torch.tensor(values, dtype=torch.float32)}

    @abstractmethod
    def _of(self, of: _Asked) -> float: ...


class Removed(_Judged):
    """``removed``: 1 where ``rms(o - t) <= rms(s - t) / 2`` over the named object's silhouette, else 0.

    Higher is better. NaN where the instruction names nothing that is there.
    """

    name = "removed"

    def _of(self, of: _Asked) -> float:
        return float(_is_gone(of)) if of.there else float("nan")


class WrongObject(_Judged):
    """``wrong_object``: 1 where another object is gone, else 0; lower is better.

    Another object is gone where its silhouette is nearer to the mean colour of the ground about it than to what was
    shown; objects that hardly differ from that ground are not judged. One that was given quite another colour is gone
    too: it is no more what stood there.
    """

    name = "wrong_object"

    def _of(self, of: _Asked) -> float:
        return float(_others_gone(of))


class Unchanged(_Judged):
    """``unchanged``: 1 where ``rms(o - s) <= rms(s - t) / 2`` over all that the named object changes; lower is better.

    NaN where the instruction names nothing that is there.
    """

    name = "unchanged"

    def _of(self, of: _Asked) -> float:
        if not of.there:
            return float("nan")
        return float(_named_share(of, of.shown, of.named | of.touched) <= STAYED)


class Collateral(_Judged):
    """``collateral = rms(o - s)`` off all that the named object changes (2 px away); lower is better."""

    name = "collateral"

    def _of(self, of: _Asked) -> float:
        return _collateral(of)


class RemovedOnly(_Judged):
    """``removed_only``: 1 where the named object is gone, no other is, and `collateral` is at most 0.08, else 0.

    Higher is better. NaN where the instruction names nothing that is there.
    """

    name = "removed_only"

    def _of(self, of: _Asked) -> float:
        if not of.there:
            return float("nan")
        return float(_is_gone(of) and not _others_gone(of) and not _collateral(of) > TOUCHED)


class AbsentKept(_Judged):
    """``absent_kept``: 1 where no object is gone and `collateral` is at most 0.08, else 0; higher is better.

    NaN where the instruction names something that is there.
    """

    name = "absent_kept"

    def _of(self, of: _Asked) -> float:
        if of.there:
            return float("nan")
        return float(not _others_gone(of) and not _collateral(of) > TOUCHED)


class ShadowRemoved(_Judged):
    """``shadow_removed``: how far an output is from what was shown to the truth where the object changes the picture.

    ``sum((o - s)(t - s)) / sum((t - s)^2)`` outside its silhouette, cut to [0, 1]: 1 all gone, 0 all there; higher is
    better. NaN where fewer than 12 such pixels are.
    """

    name = "shadow_removed"

    def _of(self, of: _Asked) -> float:
        if int(of.touched.sum()) < FEWEST:
            return float("nan")
        way = (of.truth - of.shown)[:, of.touched]
        went = (of.output - of.shown)[:, of.touched]
        return float(((went * way).sum() / (way * way).sum().clamp(min=1e-9)).clamp(0, 1))
