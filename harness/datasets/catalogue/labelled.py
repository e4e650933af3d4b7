"""Pictures with label maps: CMP facades in its three incompatible splits, Cityscapes."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.picks import Numbers

__all__ = ["LABELLED"]

_JPG, _PNG = (".jpg", ".jpeg"), (".png",)
_BASE, _BOTH = r"(?P<key>cmp_b\d+)", r"(?:base|extended)/(?P<key>cmp_[bx]\d+)"
_X = r"(?P<key>cmp_x\d+)"


def _cmp(folder: str, pattern: str, *others: str) -> tuple[Role, ...]:
    """Photograph and label map: by suffix in CMP's own folders, or in ASAP-Net's two folders."""
    images = [Place(folder, pattern, suffixes=_JPG)]
    labels = [Place(folder, pattern, suffixes=_PNG)]
    for other in others:
        images.insert(0, Place(f"{other}_img", pattern))
        labels.insert(0, Place(f"{other}_label", pattern, suffixes=_PNG))
    return (Role("image", tuple(images)), Role("labels", tuple(labels)))


_ASAP = "tamarott/ASAPNet's lists"

FACADES = Collection(
    name="cmp-facades",
    title="CMP facades: rectified photographs and label maps of 12 classes",
    licence="not verified (a copy on Hugging Face declares MIT, the owner's page does not)",
    get=(
        "Download CMP_facade_DB_base.zip and CMP_facade_DB_extended.zip from "
        "https://cmp.felk.cvut.cz/~tylecr1/facade/.",
    ),
    splits=(
        Split("asapnet-val", _cmp("base", _BASE, "val"), 60, "read", _ASAP, Numbers(1, 61)),
        Split("asapnet-train", _cmp("base", _BASE, "train"), 318, "read", _ASAP, Numbers(61, 100_000)),
        Split("base", _cmp("base", _BASE), 378, "known"),
        Split("extended", _cmp("extended", _X), 228, "known"),
        Split("all", _cmp(".", _BOTH), 606, "read", "data set card"),
    ),
    tops=("facadesHR", "CMP_facade_DB_base", "cmp_facade"),
    layout="read",
    notes=(
        "labels: the palette's index, 1 to 12 (0: none). Three splits of the field do not fit together: ASAP-Net's "
        "318/60 of base, pix2pix's 400/106/100 (facades-pix2pix), and 378/114/114 of a copy (which: not verified).",
    ),
)

PIX2PIX = Collection(
    name="facades-pix2pix",
    title="pix2pix's facades: photograph and coloured labels side by side, 512 x 256",
    licence="not verified (that of CMP facades)",
    get=("Download facades.tar.gz from http://efrosgans.eecs.berkeley.edu/pix2pix/datasets/.",),
    splits=tuple(
        Split(name, (Role("pair", (Place(name, r"(?P<key>\d+)"),)),), count, "known")
        for name, count in (("test", 106), ("val", 100), ("train", 400))
    ),
    tops=("facades",),
    notes=(
        "labels: the nearest of CMP's twelve colours (known), 1 to 12; the file is a JPEG, so edges are uncertain.",
    ),
)

_SIGHT = r"(?:[^/]+/)?(?P<key>[^/]+?)(?:_leftImg8bit)?"
_FINE = r"(?:[^/]+/)?(?P<key>[^/]+?)_gtFine_{}"


def _cityscapes(split: str, count: int) -> Split:
    labels = _FINE.format("labelIds")
    roles = (
        Role("image", (Place(f"leftImg8bit/{split}", _SIGHT), Place(f"{split}_images", _SIGHT))),
        Role(
            "labels",
            (
                Place(f"gtFine/{split}", labels, suffixes=_PNG),
                Place(f"{split}_labels", r"(?P<key>[^/]+?)(?:_gtFine_labelIds)?", suffixes=_PNG),
            ),
        ),
        Role("instances", (Place(f"gtFine/{split}", _FINE.format("instanceIds"), suffixes=_PNG),), optional=True),
    )
    return Split(split, roles, count, "known")


CITYSCAPES = Collection(
    name="cityscapes",
    title="Cityscapes: street scenes with fine labels",
    licence="Cityscapes terms: non-commercial research (not verified)",
    get=("Register at https://www.cityscapes-dataset.com; download leftImg8bit_trainvaltest.zip and gtFine_*.zip.",),
    splits=(_cityscapes("val", 500), _cityscapes("train", 2_975)),
    tops=("cityscapes",),
    cluster=r"[^_]+_[^_]+",
    layout="read",
    notes=("labels: labelIds as in the file (35 ids); a city's sequence is one cluster.",),
)

LABELLED = (FACADES, PIX2PIX, CITYSCAPES)
