"""What this plugin registers for objects that a text asks for (suite `text-shape`), and scenes in linear light."""

from __future__ import annotations

from harness.specs import DatasetSpec, MaskSetSpec, MetricSpec, Param, Requirement

__all__ = ["BRUSH_METRICS", "OBJECT_SHAPE", "RESTORATION_CROPS", "SCENES_BRUSH", "SCENES_HDR"]

SCENES_BRUSH = DatasetSpec(
    name="scenes-brush",
    target="harness_scenes.brush:BrushScenes",
    version="1",
    summary="100 CLEVR-like scenes at 128 px without and with one described object, in looks held out of training",
    licence="CC0-1.0",
    gives=frozenset({"image", "mask", "target", "prompt", "labels"}),
    params={"text": Param("local", "the object's text, or that of the whole scene as a control", ("local", "global"))},
)

SCENES_HDR = DatasetSpec(
    name="scenes-hdr",
    target="harness_scenes.hdr:HdrScenes",
    version="1",
    summary="24 CLEVR-like scenes at 64 px in linear light, partly brighter than white, in looks held out of training",
    licence="CC0-1.0",
    gives=frozenset({"image", "mask"}),
)

RESTORATION_CROPS = DatasetSpec(
    name="restoration-crops",
    target="harness_scenes.crops:RestorationCrops",
    version="1",
    summary="30 crops at 64 px: 15 of the shipped photographs, all in colour, and 15 of scenes-holes, in turn",
    licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-2.0/4.0, CC-BY-SA-3.0/4.0; scenes CC0-1.0",
)

OBJECT_SHAPE = MaskSetSpec(
    name="object-shape",
    target="harness_scenes.brush:ObjectShape",
    version="1",
    summary="the visible silhouette of the object that is asked for, from exact (0) over blurred to its box (5)",
    source="series of Xie et al. (SmartBrush), CVPR 2023; its sigmas and threshold ours (harness.masks.precision)",
    params={"precision": Param(0, "0 the exact silhouette … 5 its box")},
)

_JUDGE = "this project's judge of rendered objects (harness_scenes.judge, 0.25 M parameters)"
_USES = frozenset({"output", "truth", "mask", "shown", "labels"})
_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))


def _text(name: str, target: str, summary: str, reduction: str) -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness_scenes.text_alignment:{target}",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary=f"ours: {summary}; rendered scenes at 128 px",
        licence="Apache-2.0",
        uses=_USES,
        reduction=reduction,
        extractor=_JUDGE,
        bounds=(0, 1),
        requires=_TORCH,
    )


def _placed(
    name: str,
    target: str,
    summary: str,
    *,
    up: bool,
    bounds: tuple[float | None, float | None],
    regions: tuple[str, ...] = ("",),
    uses: frozenset[str] = _USES,
) -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness_scenes.placement:{target}",
        version="1",
        kind="sample",
        higher_is_better=up,
        summary=f"ours: {summary}",
        licence="Apache-2.0",
        uses=uses,
        regions=regions,
        reduction="mean over the samples where it is defined",
        bounds=bounds,
        requires=(Requirement("torch", "torch"),),
    )


_SHARE = "share of samples"
_SHARE_THERE = "share of the samples where an object is there"
_EITHER = ("", "hole")

BRUSH_METRICS = (
    _text("text_misaligned", "TextMisaligned", "the object asked for is absent, or an attribute is wrong", _SHARE),
    _text("text_absent", "TextAbsent", "nothing is seen where an object was asked for", _SHARE),
    _text("text_wrong_shape", "TextWrongShape", "the object that is there has another shape", _SHARE_THERE),
    _text("text_wrong_colour", "TextWrongColour", "the object that is there has another colour", _SHARE_THERE),
    _text("text_wrong_material", "TextWrongMaterial", "the object that is there is of another material", _SHARE_THERE),
    _text("text_wrong_size", "TextWrongSize", "the object that is there has the other size", _SHARE_THERE),
    _placed(
        "mask_iou",
        "MaskIou",
        "IoU of what differs from the known background with the exact silhouette of the object asked for",
        up=True,
        bounds=(0, 1),
    ),
    _placed(
        "predicted_mask_iou",
        "PredictedMaskIou",
        "IoU of the mask that the method predicts (its map `mask`) with the exact silhouette of the object asked for",
        up=True,
        bounds=(0, 1),
        uses=frozenset({"output", "shown", "labels", "maps"}),
    ),
    _placed(
        "background_change",
        "BackgroundChange",
        "RMS change of the background inside the mask, off the object and its shadow, on the raw output",
        up=False,
        bounds=(0, 1),
    ),
    _placed(
        "shadow_present",
        "ShadowPresent",
        "share of the object's true shadow that is there",
        up=True,
        bounds=(0, 1),
        regions=_EITHER,
    ),
    _placed(
        "shadow_direction",
        "ShadowDirection",
        "cosine between the directions of the shadow and of the true one",
        up=True,
        bounds=(-1, 1),
        regions=_EITHER,
    ),
)
