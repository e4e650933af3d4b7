"""What this plugin registers: two data sets with their mask sets, metrics and two floors of translation."""

from __future__ import annotations

from harness.specs import DatasetSpec, MaskSetSpec, MethodSpec, MetricSpec, Param, Requirement

SCENES_HOLES = DatasetSpec(
    name="scenes-holes",
    target="harness_scenes.dataset:SceneHoles",
    version="1",
    summary="60 CLEVR-like scenes at 256 px with instance and label maps, in looks held out of training",
    licence="CC0-1.0",
    gives=frozenset({"image", "labels"}),
)

SCENES_REMOVAL = DatasetSpec(
    name="scenes-removal",
    target="harness_scenes.removal:SceneRemovals",
    version="1",
    summary="24 CLEVR-like scenes at 256 px, each with and without one object, in looks held out of training",
    licence="CC0-1.0",
    gives=frozenset({"image", "mask", "target"}),
)

REMOVED_OBJECT = MaskSetSpec(
    name="removed-object",
    target="harness_scenes.removal:RemovedObject",
    version="1",
    summary="the visible silhouette of the object that a pair's truth lacks, grown by some pixels, or its box",
    source="ours: the renderer's instance maps; goes with scenes-removal",
    params={
        "grow": Param(0, "pixels (Euclidean) by which the silhouette is grown on every side"),
        "shape": Param("silhouette", "the grown silhouette, or the upright box about it", ("silhouette", "box")),
    },
)

SCENE_CUTS = MaskSetSpec(
    name="scene-cuts",
    target="harness_scenes.masks:SceneCuts",
    version="1",
    summary="bands, blobs and strokes of 10-35 % that cut through objects; a quarter of each is object",
    source="ours: rules in harness_scenes.masks; needs instance maps",
    params={
        "seed": Param(0, "another draw of the whole set; not the run's seed"),
        "count": Param(2, "masks a sample"),
    },
)

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_SEGMENTER = "this project's segmenter of rendered scenes (harness_scenes.segmenter, 0.24 M parameters)"

SEG_MIOU = MetricSpec(
    name="seg_miou",
    target="harness_scenes.segmentation:SegmenterIou",
    version="1",
    kind="sample",
    higher_is_better=True,
    summary="ours: mean IoU of the classes our segmenter sees in an output with those given; rendered scenes",
    licence="Apache-2.0",
    uses=frozenset({"output", "labels"}),
    reduction="mean over the classes of a sample's label map, then mean over samples (papers pool all pixels)",
    extractor=_SEGMENTER,
    bounds=(0, 1),
    requires=_TORCH,
)

SEG_ACCURACY = MetricSpec(
    name="seg_accuracy",
    target="harness_scenes.segmentation:SegmenterAccuracy",
    version="1",
    kind="sample",
    higher_is_better=True,
    summary="ours: share of pixels whose class our segmenter sees as it was given; rendered scenes",
    licence="Apache-2.0",
    uses=frozenset({"output", "labels"}),
    reduction="mean over pixels, then mean over samples",
    extractor=_SEGMENTER,
    bounds=(0, 1),
    requires=_TORCH,
)

LABEL_MEAN = MethodSpec(
    name="label-mean",
    capabilities=("restore",),
    target="harness_scenes.label_mean:LabelMean",
    version="1",
    summary="each class of a scene's label map in its mean colour over training scenes",
    licence="Apache-2.0",
    needs=frozenset({"labels"}),
    requires=(Requirement("torch", "torch"),),
    tags=frozenset({"floor", "smooth"}),
    card="harness_scenes:README.md",
)

LABEL_PATCHES = MethodSpec(
    name="label-patches",
    capabilities=("restore",),
    target="harness_scenes.label_patches:LabelPatches",
    version="1",
    summary="patches of twelve training scenes, copied where their label layout and place agree best",
    licence="Apache-2.0",
    needs=frozenset({"labels"}),
    requires=(Requirement("torch", "torch"),),
    tags=frozenset({"floor"}),
    card="harness_scenes:README.md",
)
