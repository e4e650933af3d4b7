"""Steps 2 to 5 of GQA-Inpaint for the objects of one photograph: mask, better edge, fill, words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.datasets.decode import ImageError, decode, encode_png
from harness.datasets.scene_pairs import pair_id
from harness.datasets.scene_texts import instruction
from harness.errors import HarnessError
from harness.filling import Filler
from harness.store.files import write_atomic
from harness_gqa.choosing import Limits
from harness_gqa.outlines import Box, agreement, grown
from harness_gqa.refining import REFINERS
from harness_gqa.segmenters import Segmenter

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["Recipe", "Tools", "pair_files", "pair_rows"]

SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Recipe:
    """What a build is made with.

    Attributes:
        limits: of step 1.
        least_iou: of a mask's own box with the object's; below it the object is dropped (ours).
        refiner: one of `refining.REFINERS`; `dilation`: side of the square structuring element, as in the paper.
        pictures: only the first so many of the scene graphs; 0 for all.
    """

    limits: Limits = field(default_factory=Limits)
    least_iou: float = 0.5
    refiner: str = "grabcut"
    dilation: int = 11
    pictures: int = 0


@dataclass(frozen=True)
class Tools:
    """What finds, fills, and how it is gone about."""

    segmenters: tuple[Segmenter, ...]
    filler: Filler
    recipe: Recipe


def pair_files(out: Path, image: str, id: str) -> tuple[Path, Path]:
    """The picture without the object, and the mask."""
    return out / "images_inpainted" / image / f"{id}.png", out / "masks" / image / f"{id}.png"


def pair_rows(
    scene: Mapping[str, Any], image: str, ids: list[str], images: Path, out: Path, tools: Tools
) -> Iterator[dict[str, Any]]:
    """One row an object, once its files are written.

    `status` is `built`, `dropped` (no mask fits) or `failed` (the photograph, or the inpainter: tried again by the next
    call), `step` how far it came: `photograph`, `mask`, `fill` or `done`. Raises `HarnessError` where a file cannot be
    written.
    """
    photograph, why = _photograph(scene, image, images, out)
    looking = [] if photograph is None else [(one, one.on(photograph)) for one in tools.segmenters]
    for id in ids:
        row = {"pair": pair_id(image, id), "image": image, "object": id, "name": scene["objects"][id]["name"]}
        if photograph is None:
            yield row | {"status": "failed", "step": "photograph", "reason": why}
            continue
        found = [(one.identity, mask) for one, masks in looking for mask in masks(_box(scene, id))]
        yield row | _pair(photograph, found, scene, image, id, out, tools)


def _photograph(scene: Mapping[str, Any], image: str, images: Path, out: Path) -> tuple[Pixels | None, str]:
    """Read a photograph and copy its file, byte for byte, into the build; None and why it cannot be used."""
    path = next((place for suffix in SUFFIXES if (place := images / f"{image}{suffix}").is_file()), None)
    if path is None:
        return None, "its photograph is not there"
    content = path.read_bytes()
    try:
        pixels = decode(content).pixels
    except ImageError:
        return None, "its photograph cannot be read"
    if pixels.shape[:2] != (scene["height"], scene["width"]):
        return None, "its photograph is of another size than the scene graph says"
    copy = out / "images" / path.name
    if not copy.is_file():
        write_atomic(copy, content)
    return pixels, ""


def _pair(
    pixels: Pixels, found: list[tuple[str, Hole]], scene: Mapping[str, Any], image: str, id: str, out: Path,
    tools: Tools,
) -> dict[str, Any]:  # fmt: skip
    """Steps 2 to 5 for one object."""
    box, recipe = _box(scene, id), tools.recipe
    scored = [(agreement(mask, box), segmenter, mask) for segmenter, mask in found]
    iou, segmenter, mask = max(scored, key=lambda one: one[0], default=(0.0, "", pixels[..., 0] > 255))
    if iou < recipe.least_iou:
        return {"status": "dropped", "step": "mask", "reason": f"no mask with an IoU of {recipe.least_iou:g}"}
    refined = REFINERS[recipe.refiner](pixels, mask)
    hole = grown(refined, recipe.dilation)
    try:
        filled = encode_png(tools.filler.fill(pixels, hole, pair_id(image, id)))
    except HarnessError as error:
        return {"status": "failed", "step": "fill", "reason": str(error)}
    drawn = encode_png(hole)
    for path, content in zip(pair_files(out, image, id), (filled, drawn), strict=True):
        write_atomic(path, content)
    text, kind = instruction(scene, image, id)
    return {
        "status": "built",
        "step": "done",
        "reason": "",
        "segmenter": segmenter,
        "iou": round(iou, 4),
        "refined_iou": round(agreement(refined, box), 4),
        "hole": round(float(hole.mean()), 4),
        "instruction": text,
        "kind": kind,
        "target_sha256": hashlib.sha256(filled).hexdigest(),
        "mask_sha256": hashlib.sha256(drawn).hexdigest(),
    }


def _box(scene: Mapping[str, Any], id: str) -> Box:
    x0, y0, x1, y1 = scene["objects"][id]["bbox"]
    return x0, y0, x1, y1
