"""Pictures with marked artifacts: PAL4Inpaint's fills with hole and label, PAL4VST's pictures of ten tasks."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split

__all__ = ["ARTIFACTS"]

_PNG = (".png",)


def _fills(split: str, *folders: str) -> Split:
    """images, masks and labels with one name each; a split's folder has had two names."""
    roles = tuple(
        Role(role, tuple(Place(f"{folder}/{of}") for folder in folders))
        for role, of in (("image", "images"), ("mask", "masks"), ("labels", "labels"))
    )
    return Split(split, roles, source="PAL4Inpaint's README and visualize_labels.py", binary=True)


PAL4INPAINT = Collection(
    name="pal4inpaint",
    title="PAL4Inpaint: fills of several inpainters, their holes, and the artifacts that people marked",
    licence="Adobe Research License: noncommercial research, no redistribution (as the repository's; not verified)",
    get=(
        "Download the labelled pictures linked in the README of https://github.com/owenzlz/PAL4Inpaint.",
        "Pictures that you marked with the dashboard and exported are laid out alike: name that folder.",
    ),
    splits=(
        _fills("test", "testset"),
        _fills("val", "valset"),
        _fills("train", "trainset_subset", "train_subset"),
    ),
    tops=("datasets",),
    layout="read",
    notes=(
        "masks and labels: 0, or 1 and more. Published counts (2000/400/400) were not verified, so none is checked.",
        "Several fills of one photograph may be in it under names that do not tell: each counts as its own cluster.",
    ),
)


def _pictures(split: str) -> Split:
    roles = (
        Role("image", (Place(f"images/{split}"),)),
        Role("labels", (Place(f"labels/{split}", suffixes=_PNG),)),
    )
    return Split(split, roles, source="PAL4VST's training configuration", binary=True)


PAL4VST = Collection(
    name="pal4vst",
    title="PAL4VST: pictures of ten synthesis tasks and the artifacts that people marked",
    licence="none stated by the authors",
    get=(
        "Follow the README of https://github.com/owenzlz/PAL4VST to its data (10,168 pictures, says the abstract),",
        "and lay out one task, or all of them, as its mmsegmentation configuration does: images/ and labels/.",
    ),
    splits=tuple(_pictures(split) for split in ("test", "val", "train")),
    layout="read",
    notes=("labels: 0 background, 1 artifact (bad_region); no holes.",),
)

ARTIFACTS = (PAL4INPAINT, PAL4VST)
