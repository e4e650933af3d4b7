"""Pictures with a region and the words for it: EditBench, BrushBench, objects of COCO and OpenImages."""

from __future__ import annotations

from harness.datasets.described import BrushList, CocoInstances, Described, OpenImagesMasks
from harness.datasets.layouts import Collection, Place, Role, Split

__all__ = ["DESCRIBED"]


def _editbench(kind: str, text: str, name: str) -> Split:
    roles = (
        Role("image", (Place(f"references_{kind}"),)),
        Role("mask", (Place(f"masks_{kind}"),)),
    )
    pick = Described(f"annotations_{kind}.csv", "aos", text)
    return Split(f"{kind}{name}", roles, 120, "read", "a loader of it, and a card", pick, prompted=True)


EDITBENCH = Collection(
    name="editbench",
    title="EditBench: pictures, regions and three texts each; half of them photographs, half generated",
    licence="not verified; its photographs are of Visual Genome and Open Images",
    get=(
        "Download EditBench from the page of Imagen Editor (https://imagen.research.google/editor).",
        "It is told by its two tables annotations_natural.csv and annotations_generated.csv: copies that others made "
        "under this name have a mapping_file.json instead and are not it.",
    ),
    splits=tuple(
        _editbench(kind, text, name)
        for kind in ("natural", "generated")
        for text, name in (("prompt_mask-rich", ""), ("prompt_mask-simple", "-simple"), ("prompt_full", "-full"))
    ),
    tops=("EditBench", "editbench_data", "editbench"),
    layout="read",
    notes=(
        "natural, generated: the words for the region alone, rich ones; -simple: few words; -full: of the picture.",
        "Whether white or black is the region was not verified: look at one mask, and say hole=black where it is.",
    ),
)


def _brush(name: str, pick: BrushList) -> Split:
    role = Role("image", (Place("."),), shared=True)
    return Split(name, (role,), 600, "known", pick=pick, prompted=True, outlined=True)


BRUSHBENCH = Collection(
    name="brushbench",
    title="BrushBench: 600 pictures of 512 px, each with a mask of its object, one of the rest, and a caption",
    licence="not verified (BrushNet's code is Apache-2.0)",
    get=(
        "Ask for it by the form that 'Data' links in the README of github.com/TencentARC/BrushNet; it is told by its "
        "mapping_file.json with image, caption, inpainting_mask and outpainting_mask.",
    ),
    splits=(_brush("inside", BrushList("inpainting_mask")), _brush("outside", BrushList("outpainting_mask"))),
    tops=("BrushBench", "brushbench"),
    layout="read",
    notes=("Its captions are of the whole picture. BrushNet's published masked PSNR and MSE count channels wrongly.",),
)


def _coco(name: str, total: int | None) -> Split:
    role = Role("image", (Place(name, r"(?P<key>\d+)"), Place(f"images/{name}", r"(?P<key>\d+)")), shared=True)
    pick = CocoInstances(f"annotations/instances_{name}.json|instances_{name}.json")
    return Split(name, (role,), total, pick=pick, prompted=True, outlined=True)


COCO = Collection(
    name="coco-instances",
    title="COCO 2017: one sample an object, its mask and its class in words",
    licence="annotations CC BY 4.0; photographs under their Flickr terms (not verified)",
    get=("Download val2017.zip and annotations_trainval2017.zip from https://cocodataset.org/#download.",),
    splits=(_coco("val2017", None), _coco("train2017", None)),
    tops=("coco", "COCO", "coco2017"),
    layout="known",
    notes=("ours: crowds, and objects below 1 % of their picture, are left out.",),
)


def _open_images(name: str) -> Split:
    roles = (
        Role("image", (Place(name), Place(f"images/{name}")), shared=True),
        Role(
            "mask",
            (Place(f"{name}-masks"), Place(f"masks/{name}")),
        ),
    )
    pick = OpenImagesMasks(f"{name}-annotations-object-segmentation.csv")
    return Split(name, roles, pick=pick, prompted=True)


OPEN_IMAGES = Collection(
    name="openimages-instances",
    title="Open Images V5 and later: one sample a segmented object, its mask and its class in words",
    licence="annotations CC BY 4.0; photographs CC BY 2.0 as listed (not verified)",
    get=(
        "Download the segmentation masks, their table (…-annotations-object-segmentation.csv) and "
        "class-descriptions-boxable.csv from https://storage.googleapis.com/openimages/web/download_v7.html.",
        "Pictures must have the masks' size: where a copy of another size was downloaded, a sample is refused.",
    ),
    splits=tuple(_open_images(name) for name in ("validation", "test", "train")),
    tops=("open-images", "openimages", "OpenImages"),
    layout="known",
)

DESCRIBED = (EDITBENCH, BRUSHBENCH, COCO, OPEN_IMAGES)
