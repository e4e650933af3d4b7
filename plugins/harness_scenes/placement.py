"""Where an output shows the object that was asked for, what it did to the background, and the object's shadow.

All know the exact picture without the object (`shown`), the exact one with it (the truth), its silhouette and what
it changes outside; they judge raw outputs. Limits are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

from .asking import Asked, asked_of

__all__ = [
    "DIFFERS",
    "BackgroundChange",
    "MaskIou",
    "PredictedMaskIou",
    "ShadowDirection",
    "ShadowPresent",
    "found_object",
]

DIFFERS: Final = 12 / 255
"""Difference of the largest channel from which a pixel is no longer the background."""
SHADE: Final = 8 / 255
"""How far a shade of the background may be from a multiple of it, in any channel."""
DARKEST: Final = 0.2
DARKENED: Final = 3 / 255
FEWEST: Final = 12
"""Pixels below which nothing is said of a region."""
LUMA: Final = (0.299, 0.587, 0.114)


def found_object(output: Tensor, asked: Asked, truth: Tensor, mask: Tensor | None) -> Tensor:
    """Return where an output shows something that the background does not: bool [N,1,H,W].

    Looked for in the mask and in the silhouette's box grown by a quarter of its longer side (4 px or more). A pixel is
    found where it differs from the background by `DIFFERS` in some channel. Off the silhouette it is not found where
    the difference is a shade, that is, a multiple (`DARKEST` … 1) of the background within `SHADE`; nor where the
    output lies between background and truth, within `SHADE`: the truth's own shadow and reflections.
    """
    shown = asked.shown
    near = asked.near(0.25, 4) if mask is None else asked.near(0.25, 4) | (mask > 0.5)
    differs = (output - shown).abs().amax(1, keepdim=True) >= DIFFERS
    factor = (output * shown).sum(1, keepdim=True) / (shown * shown).sum(1, keepdim=True).clamp(min=1e-6)
    shade = (output - factor.clamp(DARKEST, 1) * shown).abs().amax(1, keepdim=True) <= SHADE
    explained = shade | (_outside(output, shown, truth).amax(1, keepdim=True) <= SHADE)
    return near & differs & (asked.silhouette | ~explained)


class MaskIou:
    """``mask_iou = |found and silhouette| / |found or silhouette|`` with the exact visible silhouette.

    `found_object` says what is found in the raw output. Images ``[N,3,H,W]`` RGB in [0, 1] and the label maps of
    `scenes-brush` -> ``{"mask_iou": [N]}`` in [0, 1]; higher is better. The truth scores just below 1: where an object
    has the background's colour it is not found.
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        _whole(region, "mask_iou")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        asked = asked_of(batch, "mask_iou")
        found = found_object(batch.output, asked, batch.truth, batch.mask)
        both = (found & asked.silhouette).sum((1, 2, 3))
        return {"mask_iou": both / (found | asked.silhouette).sum((1, 2, 3))}


class PredictedMaskIou:
    """``predicted_mask_iou``: IoU of the mask that the method itself predicts with the exact visible silhouette.

    It is the method's map `mask` ``[N,1,H,W]`` in [0, 1], from 0.5 on. -> ``{"predicted_mask_iou": [N]}`` in [0, 1];
    higher is better. NaN for a method that tells no such map.
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        _whole(region, "predicted_mask_iou")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        silhouette = asked_of(batch, "predicted_mask_iou").silhouette
        if "mask" not in batch.maps:
            return {"predicted_mask_iou": batch.output.new_full((len(batch.ids),), torch.nan)}
        found = batch.maps["mask"] >= 0.5
        return {"predicted_mask_iou": (found & silhouette).sum((1, 2, 3)) / (found | silhouette).sum((1, 2, 3))}


class BackgroundChange:
    """``background_change``: root of the mean squared change of the background inside the mask, off the object.

    Over the mask's pixels outside the silhouette and all channels; the change is how far the output is from the
    interval between the picture without the object and the truth, so that neither the one nor the other, nor half of
    the object's true shadow, counts as a change. ``[N,3,H,W]`` RGB in [0, 1] -> ``{"background_change": [N]}``; lower
    is better. NaN where fewer than 12 such pixels are (the exact mask).
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        _whole(region, "background_change")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        asked = asked_of(batch, "background_change")
        if batch.mask is None:
            raise HarnessError("background_change needs masks, and this task has none")
        off = (batch.mask > 0.5) & ~asked.silhouette
        squared = (_outside(batch.output, asked.shown, batch.truth) ** 2 * off).sum((1, 2, 3))
        count = off.sum((1, 2, 3))
        return {"background_change": (squared / (3 * count)).sqrt().masked_fill(count < FEWEST, torch.nan)}


class ShadowPresent:
    """``shadow_present``: how much of the object's true shadow an output has, 0 = none … 1 = all of it or more.

    With ``t`` and ``o`` the luma by which truth and output are darker than the picture without the object, over the
    pixels outside the silhouette that the truth darkens by 3/255 or more: ``sum(o t) / sum(t t)``, cut to [0, 1].
    ``@hole`` counts those inside the mask only: the most that a method can do which leaves all else alone. Images
    ``[N,3,H,W]`` RGB in [0, 1] -> ``{"shadow_present": [N]}``; higher is better. NaN where fewer than 12 such pixels
    are.
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        _whole_or_hole(region, "shadow_present")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        asked = asked_of(batch, "shadow_present")
        true = _darkening(batch.truth, asked)
        cast = (true >= DARKENED) & asked.touched
        cast = cast if batch.region is None else cast & (batch.region > 0.5)
        true = true * cast
        share = (_darkening(batch.output, asked) * true).sum((1, 2, 3)) / (true * true).sum((1, 2, 3))
        few = cast.sum((1, 2, 3)) < FEWEST
        return {"shadow_present": share.clamp(0, 1).masked_fill(few, torch.nan)}


class ShadowDirection:
    """``shadow_direction``: cosine of the angle between the output's shadow and the true one, seen from the object.

    A shadow's direction is that from the silhouette's centre to the centre of all darkening (luma, 3/255 or more),
    weighted by it, within the silhouette's box grown by its longer side and 2 px off the silhouette. The truth's is
    what the key light's known azimuth comes to in the picture. ``@hole`` as for `ShadowPresent`. Images ``[N,3,H,W]``
    RGB in [0, 1] -> ``{"shadow_direction": [N]}`` in [-1, 1]; higher is better. NaN where the output darkens less than
    a tenth of what the truth does, the truth less than 12 pixels by 3/255, or either in no direction (centre within a
    pixel).
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device
        _whole_or_hole(region, "shadow_direction")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        asked = asked_of(batch, "shadow_direction")
        near = asked.near(1.0, 8) & (F.max_pool2d(asked.silhouette.float(), 5, 1, 2) < 0.5)
        near = near if batch.region is None else near & (batch.region > 0.5)
        (a, sum_a), (b, sum_b) = (_pull(_darkening(x, asked) * near, asked) for x in (batch.output, batch.truth))
        lengths = a.norm(dim=1), b.norm(dim=1)
        unknown = (sum_b < FEWEST * DARKENED) | (sum_a < 0.1 * sum_b) | (lengths[0] < 1) | (lengths[1] < 1)
        cosine = (a * b).sum(1) / (lengths[0] * lengths[1])
        return {"shadow_direction": cosine.clamp(-1, 1).masked_fill(unknown, torch.nan)}


def _outside(output: Tensor, shown: Tensor, truth: Tensor) -> Tensor:
    """Return how far each value is from the interval between background and truth, [N,3,H,W]."""
    low, high = torch.minimum(shown, truth), torch.maximum(shown, truth)
    return torch.maximum(low - output, output - high).clamp(min=0)


def _darkening(picture: Tensor, asked: Asked) -> Tensor:
    """Return by how much luma a picture is darker than the one without the object, [N,1,H,W] in [-1, 1]."""
    weights = picture.new_tensor(LUMA)[None, :, None, None]
    return ((asked.shown - picture) * weights).sum(1, keepdim=True)


def _pull(darkening: Tensor, asked: Asked) -> tuple[Tensor, Tensor]:
    """Return the way (rows, columns) [N, 2] from the silhouette's centre to the darkening's, and its sum [N]."""
    height, width = darkening.shape[-2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    at = torch.stack([rows, columns]).to(darkening)[None]
    weight = darkening * (darkening >= DARKENED)
    total, inside = weight.sum((1, 2, 3)), asked.silhouette.float()
    centre = (inside * at).sum((2, 3)) / inside.sum((2, 3))
    return (weight * at).sum((2, 3)) / total[:, None].clamp(min=1e-9) - centre, total


def _whole(region: str, metric: str) -> None:
    if region:
        raise HarnessError(f"{metric} has a region of its own: ask for it without @{region}")


def _whole_or_hole(region: str, metric: str) -> None:
    if region not in ("", "hole"):
        raise HarnessError(f"{metric} knows the whole picture and @hole, not @{region}")
