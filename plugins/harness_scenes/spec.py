"""What this plugin registers: two data sets with their mask sets."""

from __future__ import annotations

from harness.specs import DatasetSpec, MaskSetSpec, Param

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
