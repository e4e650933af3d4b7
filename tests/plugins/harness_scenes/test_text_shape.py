"""What is said of an output that was asked for an object: of the truth, the source, another object, half a shadow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness_scenes import render_numpy, text_alignment
from harness_scenes.brush import BrushScenes, ObjectShape
from harness_scenes.placement import BackgroundChange, MaskIou, PredictedMaskIou, ShadowDirection, ShadowPresent

PAIRS = BrushScenes()
IDS = PAIRS.ids()[:16]


def tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1).float() / 255


@cache
def given(precision: int = 5) -> MetricBatch:
    """A batch of pairs whose output is the truth."""
    samples = [PAIRS.load(id) for id in IDS]
    truths = torch.stack([tensor(s.target) for s in samples if s.target is not None])
    return MetricBatch(
        ids=tuple(IDS),
        output=truths,
        truth=truths,
        mask=torch.stack([torch.from_numpy(ObjectShape(precision).draw(s, 0))[None].float() for s in samples]),
        shown=torch.stack([tensor(s.image) for s in samples]),
        labels=torch.stack([torch.from_numpy(s.labels) for s in samples if s.labels is not None]),
    )


def put(output: Callable[[MetricBatch], Tensor], *, hole: bool = False, precision: int = 5) -> MetricBatch:
    batch = given(precision)
    return replace(batch, output=output(batch), region=batch.mask if hole else None)


def source(batch: MetricBatch) -> Tensor:
    assert batch.shown is not None
    return batch.shown


def value(metric: Callable[[MetricBatch], object], name: str, batch: MetricBatch) -> Tensor:
    return metric(batch)[name]  # type: ignore[index]


def test_the_truth_fills_the_silhouette_and_the_source_does_not() -> None:
    metric = MaskIou()
    true = value(metric, "mask_iou", given())
    assert true.mean() > 0.97
    assert true.min() > 0.8
    assert (value(metric, "mask_iou", put(source)) == 0).all()


def test_an_object_that_fills_the_box_or_half_of_its_silhouette_is_told_by_the_area() -> None:
    batch = given()
    assert batch.mask is not None
    assert batch.labels is not None
    silhouette, box = (batch.labels[:, :1] == 1).float(), batch.mask
    red = torch.tensor([0.9, 0.05, 0.6])[None, :, None, None]
    full = value(MaskIou(), "mask_iou", put(lambda b: source(b).lerp(red.expand_as(source(b)), box)))
    assert full.numpy() == pytest.approx((silhouette.sum((1, 2, 3)) / box.sum((1, 2, 3))).numpy(), abs=0.02)
    half = silhouette * (torch.arange(128)[None, None, None] % 2)
    some = value(MaskIou(), "mask_iou", put(lambda b: source(b).lerp(red.expand_as(source(b)), half)))
    assert some.numpy() == pytest.approx((half.sum((1, 2, 3)) / silhouette.sum((1, 2, 3))).numpy(), abs=0.01)


def test_the_mask_that_a_method_predicts_is_compared_with_the_silhouette() -> None:
    batch = given()
    assert batch.mask is not None
    assert batch.labels is not None
    silhouette = (batch.labels[:, :1] == 1).float()
    name = "predicted_mask_iou"
    told = value(PredictedMaskIou(), name, replace(batch, maps={"mask": silhouette * 0.6 + 0.1}))
    assert (told == 1).all()
    boxed = value(PredictedMaskIou(), name, replace(batch, maps={"mask": batch.mask}))
    assert boxed.numpy() == pytest.approx((silhouette.sum((1, 2, 3)) / batch.mask.sum((1, 2, 3))).numpy())
    assert value(PredictedMaskIou(), name, batch).isnan().all()


def test_a_shadow_is_no_object_wherever_it_falls() -> None:
    batch = given()
    assert batch.labels is not None
    off = (batch.labels[:, :1] != 1).float()
    dark = value(MaskIou(), "mask_iou", put(lambda b: b.truth.lerp(source(b) * 0.6, off)))
    assert dark.numpy() == pytest.approx(value(MaskIou(), "mask_iou", batch).numpy())


def test_neither_source_nor_truth_nor_half_a_shadow_changes_the_background_and_grey_does() -> None:
    metric, name = BackgroundChange(), "background_change"
    for output in (source, lambda b: b.truth, lambda b: (b.truth + source(b)) / 2):
        assert value(metric, name, put(output)).abs().max() < 1e-7
    changed = value(metric, name, put(lambda b: torch.where(source(b) > 0.5, b.truth * 0 + 1, b.truth * 0)))
    assert changed.min() > 0.15
    by = value(metric, name, put(lambda b: torch.maximum(b.truth, source(b)) + 0.1))
    assert by.numpy() == pytest.approx(0.1, abs=1e-6)
    assert value(metric, name, put(source, precision=0)).isnan().all()


def test_how_much_of_the_shadow_is_there() -> None:
    metric, name = ShadowPresent(), "shadow_present"
    assert value(metric, name, given()).numpy() == pytest.approx(1)
    assert (value(metric, name, put(source)) == 0).all()
    half = value(metric, name, put(lambda b: (b.truth + source(b)) / 2))
    assert half.numpy() == pytest.approx(0.5)
    assert (value(metric, name, put(lambda b: source(b) + 0.1)) == 0).all()
    in_mask = value(metric, name, put(lambda b: source(b).lerp(b.truth, b.mask), hole=True))  # type: ignore[arg-type]
    assert in_mask[~in_mask.isnan()].numpy() == pytest.approx(1)
    assert (value(metric, name, put(lambda b: source(b).lerp(b.truth, b.mask))) < 0.9).all()  # type: ignore[arg-type]


def test_the_shadow_falls_where_the_key_light_is_not() -> None:
    metric, name = ShadowDirection(), "shadow_direction"
    true = value(metric, name, given())
    assert true[~true.isnan()].numpy() == pytest.approx(1, abs=1e-5)
    assert (~true.isnan()).float().mean() > 0.9
    assert value(metric, name, put(source)).isnan().all()
    assert value(metric, name, put(source, hole=True)).isnan().all()
    assert value(metric, name, put(source, hole=True, precision=0)).isnan().all()
    other = value(metric, name, put(_mirrored_shadow))
    known = ~other.isnan()
    assert known.float().mean() > 0.6
    assert other[known].mean() < 0.2


def _mirrored_shadow(batch: MetricBatch) -> Tensor:
    """The source, darkened by the truth's shadow turned about the silhouette's centre by half a turn."""
    assert batch.labels is not None
    shown, outputs = source(batch), []
    for before, truth, labels in zip(shown, batch.truth, batch.labels, strict=True):
        rows, columns = torch.nonzero(labels[0] == 1, as_tuple=True)
        middle = round(float(rows.float().mean())), round(float(columns.float().mean()))
        dark = ((before - truth) * (labels[1] == 1)).clamp(min=0)
        turned = dark.flip(1, 2).roll((2 * middle[0] - 127, 2 * middle[1] - 127), (1, 2))
        outputs.append((before - turned).clamp(min=0))
    return torch.stack(outputs)


def test_the_truths_shadow_is_where_the_light_is_not() -> None:
    """The stated direction in the picture is that of the light's azimuth, seen by the camera."""
    agreeing = []
    for id in IDS[:8]:
        sample = PAIRS.load(id)
        scene, item = sample.truth["scene"], sample.truth["scene"].objects[sample.truth["object"]]
        alone = replace(scene, objects=(item,))
        lit, dark = (render_numpy.render(s, 48)[0].astype(int) for s in (replace(scene, objects=()), alone))
        shade = (lit - dark).sum(axis=2) * (render_numpy.instances(alone, 48) == 0)
        rows, columns = np.nonzero(shade > 30)
        x, y, _ = item.position
        lx, ly, _ = scene.light.position
        way = math.hypot(lx, ly)
        foot, tip = (scene.camera.project((x - t * lx / way, y - t * ly / way, 0.0)) for t in (0.0, 1.5 * item.half))
        pull = np.array([columns.mean() / 48 - foot[0], rows.mean() / 48 - foot[1]])
        cast = np.array([tip[0] - foot[0], tip[1] - foot[1]])
        agreeing.append(pull @ cast / np.linalg.norm(pull) / np.linalg.norm(cast))
    assert min(agreeing) > 0.7


def test_other_data_and_other_regions_are_refused() -> None:
    batch = given()
    for metric in (MaskIou(), BackgroundChange(), ShadowPresent(), ShadowDirection()):
        with pytest.raises(HarnessError, match="use scenes-brush"):
            metric(replace(batch, labels=None))
    for kind in (MaskIou, BackgroundChange):
        with pytest.raises(HarnessError, match="without @hole"):
            kind(region="hole")
    for kind in (ShadowPresent, ShadowDirection):
        with pytest.raises(HarnessError, match="not @known"):
            kind(region="known")


def said(name: str, batch: MetricBatch) -> torch.Tensor:
    kind = {kind.name: kind for kind in vars(text_alignment).values() if hasattr(kind, "name")}[name]
    return kind()(batch)[name]


def test_the_truth_is_what_was_asked_for_and_the_source_is_nothing() -> None:
    assert said("text_misaligned", given()).mean() <= 2 / len(IDS)
    assert said("text_absent", given()).sum() == 0
    assert said("text_absent", put(source)).mean() >= 1 - 1 / len(IDS)
    assert said("text_misaligned", put(source)).mean() >= 1 - 1 / len(IDS)
    there = said("text_wrong_shape", put(source))
    assert (there.isnan() == (said("text_absent", put(source)) == 1)).all()


@cache
def exchanged() -> MetricBatch:
    """Five scenes with an object of another shape and colour in the asked one's place."""
    outputs = []
    for id in IDS[:5]:
        sample = PAIRS.load(id)
        scene, k = sample.truth["scene"], sample.truth["object"]
        old = scene.objects[k]
        shape = {"cube": "sphere", "sphere": "cylinder", "cylinder": "cube"}[old.shape]
        new = replace(old, shape=shape, colour="cyan" if old.colour != "cyan" else "red")
        other = replace(scene, objects=(*scene.objects[:k], new, *scene.objects[k + 1 :]))
        outputs.append(torch.from_numpy(render_numpy.render(other, 128)[0]).permute(2, 0, 1).float() / 255)
    batch = given()
    parts = {name: getattr(batch, name)[:5] for name in ("ids", "truth", "mask", "shown", "labels")}
    return MetricBatch(output=torch.stack(outputs), **parts)


def test_another_object_is_wrong_in_what_is_other_of_it() -> None:
    batch = exchanged()
    assert (said("text_misaligned", batch) == 1).all()
    assert said("text_wrong_shape", batch).nansum() >= 4
    assert said("text_wrong_colour", batch).nansum() >= 4
    assert said("text_wrong_material", batch).nansum() <= 1
    assert said("text_wrong_size", batch).nansum() <= 1


def test_pictures_of_another_size_and_regions_are_refused() -> None:
    batch = given()
    with pytest.raises(HarnessError, match="128 px, not 64x64"):
        said("text_absent", replace(batch, output=batch.output[..., :64, :64]))
    with pytest.raises(HarnessError, match="without @hole"):
        text_alignment.TextMisaligned(region="hole")
