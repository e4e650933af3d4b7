"""What this plugin registers: the data set `scenes-holes` and the mask set `scene-cuts`."""

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
