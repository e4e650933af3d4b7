"""Annotations as a data set laid out as PAL4Inpaint's: root / split / {images, masks, labels}, one name in all three.

`images` are fills, `masks` the holes, `labels` the artifacts; masks and labels are grey PNG of values 0 and 1. Splits
go by photograph: all fills of one are in one split. `about.json` says where everything is from.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.annotations.agreement import by_fill, majority
from harness.annotations.rounds import Mark, finished
from harness.annotations.store import Annotations
from harness.datasets.decode import ImageError, decode, encode_png
from harness.errors import HarnessError
from harness.store.files import write_atomic, write_json
from harness.store.keys import digest, slug

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

    Pixels = NDArray[np.uint8]

__all__ = ["PARTS", "SPLITS", "PalItem", "export_pal", "read_pal", "zipped"]

SPLITS = ("trainset_subset", "valset", "testset")
PARTS = ("images", "masks", "labels")
HELD_OUT = 7
"""ours: a seventh of the photographs each for validation and test, as PAL's 2,000 / 400 / 400 pictures."""


@dataclass(frozen=True)
class PalItem:
    """One picture of the data set: uint8 [H, W, 3], and bool [H, W] hole and label."""

    name: str
    image: Pixels
    hole: Hole
    label: Hole


def export_pal(annotations: Annotations, root: Path, *, annotator: str = "", seed: int = 0) -> Mapping[str, int]:
    """Write the data set; returns how many pictures each split has.

    Args:
        root: a folder that is empty or not there yet.
        annotator: whose labels; "" for what more than half of a fill's annotators marked.
        seed: of the split.

    Raises:
        HarnessError: the folder is not empty, nothing is marked, or fewer than three photographs are.
    """
    if root.exists() and any(root.iterdir()):
        raise HarnessError(f"{root} is not empty; name a new folder")
    chosen = {fill: kept for fill, marks in by_fill(annotations.marks()).items() if (kept := _of(marks, annotator))}
    if not chosen:
        whose = f"{annotator} marked none" if annotator else "none is marked yet"
        raise HarnessError(f"no fill to export: {whose}")
    split_of = _split([marks[0].fill.cluster for marks in chosen.values()], seed)
    counts, rows = dict.fromkeys(SPLITS, 0), []
    for marks in chosen.values():
        fill, split = marks[0].fill, split_of[marks[0].fill.cluster]
        name = f"{slug(fill.sample)}-{fill.id[:8]}.png"
        label = majority([annotations.mask(mark) for mark in marks])
        hole = annotations.picture(fill.hole) > 0
        contents = (annotations.picture(fill.output), hole.astype(np.uint8), label.astype(np.uint8))
        for part, pixels in zip(PARTS, contents, strict=True):
            write_atomic(root / split / part / name, encode_png(pixels))
        checked = all(finished(mark) for mark in marks)
        who = sorted(mark.annotator for mark in marks)
        rows.append({"name": name, "split": split, "cluster": fill.cluster, "entry": fill.entry, "sample": fill.sample,
                     "annotators": who, "checked": checked})  # fmt: skip
        counts[split] += 1
    write_json(
        root / "about.json",
        {
            "annotations": annotations.name, "suite": annotations.about["suite"], "seed": seed,
            "labels": annotator or "more than half of the annotators", "values": "masks and labels: 0 and 1",
            "split": "by photograph", "attribution": annotations.about["attribution"], "pictures": rows,
        },
    )  # fmt: skip
    return counts


def _of(marks: Sequence[Mark], annotator: str) -> list[Mark]:
    return [mark for mark in marks if annotator in ("", mark.annotator)]


def _split(clusters: Sequence[str], seed: int) -> Mapping[str, str]:
    """Each photograph's split, chosen by the seed."""
    ordered = sorted(set(clusters), key=lambda cluster: digest([seed, cluster]))
    if len(ordered) < len(SPLITS):
        raise HarnessError(f"{len(ordered)} photographs are marked, and a split by photograph needs {len(SPLITS)}")
    held = max(1, round(len(ordered) / HELD_OUT))
    names = ["testset"] * held + ["valset"] * held
    return dict(zip(ordered, names + ["trainset_subset"] * (len(ordered) - len(names)), strict=True))


def read_pal(root: Path) -> Mapping[str, list[PalItem]]:
    """Read such a data set, ours or PAL4Inpaint's own; `train_subset` is taken for `trainset_subset`.

    Values above 0 count as 1. Raises `HarnessError` for a picture without its mask or label, or of another size.
    """
    found: dict[str, list[PalItem]] = {}
    for folder in (root / "train_subset", *(root / split for split in SPLITS)):
        if folder.is_dir():
            split = "trainset_subset" if folder.name == "train_subset" else folder.name
            images = sorted((folder / "images").iterdir())
            found.setdefault(split, []).extend(_item(folder, path) for path in images)
    if not found:
        raise HarnessError(f"{root} has none of {', '.join(SPLITS)}")
    return found


def _item(folder: Path, image: Path) -> PalItem:
    pixels = decode(image).pixels
    hole, label = (_binary(folder / part / image.name, pixels.shape[:2]) for part in PARTS[1:])
    return PalItem(image.name, pixels, hole, label)


def _binary(path: Path, shape: tuple[int, ...]) -> Hole:
    """A mask of values 0 and 1, which `decode_mask` refuses: there it may be a mistake, here it is the rule."""
    try:
        with Image.open(path) as image:
            values = np.asarray(image.convert("L")) > 0
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error}") from error
    if values.shape != shape:
        raise HarnessError(f"{path} is {list(values.shape)}, its picture {list(shape)}: they must agree")
    return np.asarray(values)


def zipped(root: Path) -> bytes:
    """A folder as one zip file; PNG is compressed already and is stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            archive.writestr(zipfile.ZipInfo(path.relative_to(root).as_posix()), path.read_bytes())
    return buffer.getvalue()
