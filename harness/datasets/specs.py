"""The data sets the engine ships or knows, as data. Torch-free and numpy-free."""

from __future__ import annotations

from collections.abc import Iterator

from harness.datasets.catalogue import collections
from harness.datasets.layouts import Collection, class_name
from harness.places import named_data
from harness.specs import DatasetSpec, Param

__all__ = ["dataset_specs", "known_dataset_specs", "own_dataset_specs"]

_VIEW = "native, or steps square, cropN, padN, shortN, resizeN[-FILTER] joined by + (docs/data.md)"
_HOLE = Param("declared", "the value of a mask file that means hole; declared: as the split says",
              choices=("declared", "white", "black"))  # fmt: skip
_COMPARED = {"lfw": "Lfw", "xqlfw": "Xqlfw", "adience": "Adience", "ijb-c": "IjbC"}
"""Classes of `harness.verification.published` for sets that come with pairs."""
_PAIR_LIST = "pair_list.txt"
_GIVES = {"pair": ("image", "labels"), "target": ()}  # a pair is both; what it is compared with is given to no method


def dataset_specs() -> tuple[DatasetSpec, ...]:
    """`photos` and `photos-2048`, and ladders of distortions over the first."""
    return (
        DatasetSpec(
            name="photos",
            target="harness.datasets.photos:Photos",
            version="1",
            summary="free photographs (CC0, CC-BY, CC-BY-SA), long side 768; for evaluation only",
            licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-2.0/4.0, CC-BY-SA-3.0/4.0, public domain",
            params={
                "view": Param(
                    "square-256",
                    "square-256: centre square resized to 256 px; native: as shipped",
                    choices=("square-256", "native"),
                )
            },
        ),
        DatasetSpec(
            name="photos-2048",
            target="harness.datasets.photos:Photos2048",
            version="2",
            summary="eight of the photographs at their own 2048 x 2048, or halved; for evaluation only",
            licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-4.0, CC-BY-SA-3.0/4.0",
            params={
                "view": Param(
                    "square-2048",
                    "square-2048: as shipped; square-1024: the mean of every 2 x 2 pixels",
                    choices=("square-2048", "square-1024"),
                )
            },
        ),
        DatasetSpec(
            name="ladders",
            target="harness.datasets.ladders:Ladders",
            version="1",
            summary="photographs at 256 px under blur, noise, JPEG, JPEG 2000, contrast, banding, six steps each",
            licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-2.0/4.0, CC-BY-SA-3.0/4.0, public domain",
            gives=frozenset({"image", "reference"}),
            params={"photographs": Param(12, "how many of them, from 1 to 40")},
        ),
    )


def known_dataset_specs() -> Iterator[DatasetSpec]:
    """Published data sets that a user brings: `harness data` says how (`harness.datasets.catalogue`)."""
    for one in collections().values():
        gives = _gives(one)
        if "image" not in gives:
            continue  # a folder of masks: harness.masks.file_specs
        names = tuple(split.name for split in one.splits)
        params = {"split": Param(names[0], "which part of it", choices=names), "view": Param("native", _VIEW)}
        if "mask" in gives:
            params["hole"] = _HOLE
        yield DatasetSpec(
            name=one.name,
            target=_target(one),
            version=one.version,
            summary=f"{one.title}; yours to get: harness data show {one.name}",
            licence=one.licence,
            gives=gives,
            params=params,
        )


def _target(collection: Collection) -> str:
    if collection.name in _COMPARED:
        return f"harness.verification.published:{_COMPARED[collection.name]}"
    return f"harness.datasets.named:{class_name(collection.name)}"


def _gives(collection: Collection) -> frozenset[str]:
    roles = {role.name for split in collection.splits for role in split.roles if not role.optional}
    prompt = {"prompt"} if all(split.prompted for split in collection.splits) else set()
    mask = {"mask"} if all(split.outlined for split in collection.splits) else set()
    return frozenset(field for role in roles for field in _GIVES.get(role, (role,))) | prompt | mask


def own_dataset_specs() -> Iterator[DatasetSpec]:
    """Folders that the user named: `harness data add NAME PATH`; a name of ours is a place of that set, no new one."""
    taken = {spec.name for spec in dataset_specs()} | set(collections())
    for name, folder in named_data().items():
        if name not in taken:
            paired = (folder / _PAIR_LIST).is_file()
            room = "harness.verification.published" if paired else "harness.datasets.named"
            yield DatasetSpec(
                name=name,
                target=f"{room}:{class_name(name)}",
                version="1",
                summary=f"{'faces in pairs' if paired else 'pictures'} in {folder}",
                licence="not stated: your own folder",
                params={"view": Param("native", _VIEW)},
            )
