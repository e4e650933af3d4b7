"""Which objects lists name, in which words and shapes: those of COCO, OpenImages, EditBench and BrushBench."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from harness.datasets.picks import Chosen
from harness.errors import HarnessError

__all__ = ["BrushList", "CocoInstances", "Described", "OpenImagesMasks"]

Known = dict[str, dict[str, str | int | float]]


def _json(path: Path, *fields: str) -> dict[str, Any]:
    import json  # here, as csv below: every command imports this, and reads no list

    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path}: cannot be read as JSON") from error
    if not isinstance(read, dict) or any(field not in read for field in fields):
        raise HarnessError(f"{path}: expected an object{' with ' if fields else ''}{', '.join(fields)}")
    return read


def _table(path: Path, *columns: str) -> list[dict[str, str]]:
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise HarnessError(f"{path}: cannot be read as CSV") from error
    if not rows or any(rows[0].get(column) is None for column in columns):
        raise HarnessError(f"{path}: expected a table with the columns {', '.join(columns)}")
    return rows


class Described(NamedTuple):
    """Samples that a table names by `key`, with the words of its column `text`."""

    table: str
    key: str
    text: str

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.table,)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"as {self.table} lists them, {self.text} of each"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        rows = {row[self.key]: row[self.text] for row in _table(lists[self.table], self.key, self.text)}
        here = set(keys)
        known: Known = {key: {"prompt": text} for key, text in rows.items() if key in here}
        return Chosen(tuple(known), tuple(key for key in rows if key not in here), known=known)


class BrushList(NamedTuple):
    """All that BrushNet's mapping file names: picture, caption, and one of its two masks as runs counted from 1."""

    mask: Literal["inpainting_mask", "outpainting_mask"]
    side: int = 512
    file: str = "mapping_file.json"

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.file,)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"as {self.file} lists them, {self.mask}"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        del keys  # the one role is shared
        known: Known = {}
        for key, one in _json(lists[self.file]).items():
            try:
                # a list, or the same as text with blanks between
                runs = one[self.mask].split() if isinstance(one[self.mask], str) else one[self.mask]
                numbers = [int(number) - (place % 2 == 0) for place, number in enumerate(runs)]
                picture = PurePosixPath(one["image"]).with_suffix("").as_posix()
                told = " ".join(map(str, [self.side, self.side, *numbers]))
                known[key] = {"reference": picture, "prompt": str(one["caption"]), "outline": f"runs {told}"}
            except (KeyError, TypeError, ValueError) as error:
                raise HarnessError(
                    f"{lists[self.file]}: '{key}' has no image, caption and {self.mask}: this is another set than "
                    "BrushBench, or another version"
                ) from error
        return Chosen(tuple(known), known=known)


class CocoInstances(NamedTuple):
    """Objects of COCO's instances that are no crowd and cover ``least`` of their picture (ours), by their class."""

    file: str
    least: float = 0.01

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.file,)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"single objects of {self.file} that cover {self.least:.0%} of their picture"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        del keys  # the one role is shared
        path = lists[self.file]
        facts = _json(path, "images", "annotations", "categories")
        known: Known = {}
        try:
            pictures = {one["id"]: one for one in facts["images"]}
            names = {one["id"]: str(one["name"]) for one in facts["categories"]}
            for one in sorted(facts["annotations"], key=lambda each: (each["image_id"], each["id"])):
                of = pictures[one["image_id"]]
                if one["iscrowd"] or one["area"] < self.least * of["height"] * of["width"]:
                    continue
                stem = PurePosixPath(of["file_name"]).stem
                name, outline = names[one["category_id"]], _outline(one["segmentation"])
                known[f"{stem}/{one['id']}"] = {"reference": stem, "prompt": name, "name": name, "outline": outline}
        except (KeyError, TypeError, ValueError) as error:
            raise HarnessError(f"{path}: these are no instances of COCO ({type(error).__name__}: {error})") from error
        return Chosen(tuple(known), known=known)


def _outline(segmentation: Any) -> str:
    if isinstance(segmentation, list):
        return "polygons " + " / ".join(" ".join(f"{number:g}" for number in polygon) for polygon in segmentation)
    height, width = segmentation["size"]
    if not isinstance(segmentation["counts"], list):
        raise TypeError("compressed runs: convert them to lists of counts")
    return " ".join(map(str, ["columns", height, width, *segmentation["counts"]]))


class OpenImagesMasks(NamedTuple):
    """Masks that OpenImages' table of segmentations names, by their class in words."""

    table: str
    classes: str = "class-descriptions-boxable.csv|oidv7-class-descriptions-boxable.csv"

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.table, self.classes)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"as {self.table} lists them"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        import csv

        with lists[self.classes].open(encoding="utf-8-sig", newline="") as file:
            names = {row[0]: row[1] for row in csv.reader(file) if len(row) == 2}
        here, known, absent = set(keys), Known(), list[str]()
        for row in _table(lists[self.table], "MaskPath", "ImageID", "LabelName"):
            key = PurePosixPath(row["MaskPath"]).stem
            if key not in here:
                absent.append(key)
                continue
            name = names.get(row["LabelName"])
            if name is None:
                raise HarnessError(f"{lists[self.classes]}: has no name for {row['LabelName']}")
            known[key] = {"reference": row["ImageID"], "prompt": name.lower(), "name": name}
        return Chosen(tuple(known), tuple(absent), known=known)
