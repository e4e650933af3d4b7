"""Pictures with the masks (and re-shot truths) that come with them: LaMa's, MAT's and CM-GAN's folders, RORD."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.picks import FirstOfEach, Pick

__all__ = ["PAIRED"]

_CROP = r"(?P<key>.+_crop\d+)"


def _lama(of: str, kind: str, side: int, folders: tuple[str, ...], count: int) -> Split:
    places = [f"{folder}{'/' if folder else ''}random_{kind}_{side}" for folder in folders]
    roles = (
        Role("image", tuple(Place(place, _CROP) for place in places)),
        Role("mask", tuple(Place(place, _CROP + r"_mask\d+") for place in places)),
    )
    return Split(f"{of}-{kind}-{side}", roles, count, "read", "advimman/lama README and fetch_data")


_PLACES = ("evaluation", "places_standard_dataset/evaluation", "")
_CELEBA = ("visual_test_256", "celeba-hq-dataset/visual_test_256")
_KINDS = ("thick", "medium", "thin")

LAMA = Collection(
    name="lama-eval",
    title="LaMa's evaluation folders: a crop and its mask, as its scripts write them",
    licence="that of the pictures in them (Places365, CelebA-HQ)",
    get=(
        "Make them with LaMa's own scripts (github.com/advimman/lama): fetch_data/places_standard_evaluation_*.sh, "
        "fetch_data/celebahq_*.sh.",
        "Its masks have no seed: two people's folders differ. The suite's other tasks use the same holes everywhere.",
    ),
    splits=(
        *(_lama("places", kind, side, _PLACES, 30_000) for side in (512, 256) for kind in _KINDS),
        *(_lama("celeba-hq", kind, 256, _CELEBA, 2_000) for kind in _KINDS),
    ),
    layout="read",
)

_PICTURES = ("images", "image", "img", "gt", "GT")
_HOLES = ("masks", "mask")
_DEMO = r"(?:test_?)?(?P<key>.+)"
_DEMO_MASK = r"(?:mask_?)?(?P<key>.+?)(?:_mask)?"


def _side_by_side(top: str) -> tuple[Role, ...]:
    before = f"{top}/" if top else ""
    return (
        Role("image", tuple(Place(before + folder, _DEMO) for folder in _PICTURES)),
        Role("mask", tuple(Place(before + folder, _DEMO_MASK) for folder in _HOLES)),
    )


MAT = Collection(
    name="mat-eval",
    title="MAT's test folders: images/ and masks/, 0 = hole",
    licence="that of the pictures in them (Places365, CelebA-HQ)",
    get=(
        "Lay out Places/images, Places/masks (CelebA-HQ/…) as test_sets/ of github.com/fenglinglwb/MAT does;",
        "its published masks are linked in its README. MAT pairs by sorted position; here names must agree.",
    ),
    splits=(
        Split("places", _side_by_side("Places"), hole="black"),
        Split("celeba-hq", _side_by_side("CelebA-HQ"), hole="black"),
    ),
    tops=("test_sets",),
    layout="read",
)

CM_GAN = Collection(
    name="cm-gan-eval",
    title="CM-GAN's evaluation set on Places at 512 px, object-aware masks",
    licence="that of Places365",
    get=(
        "Ask at github.com/htzheng/CM-GAN-Inpainting, whose authors released pictures, masks and results;",
        "lay them out as images/ and masks/ with one name each, as this project has not seen the archive.",
    ),
    splits=(Split("places-512", _side_by_side("")),),
    tops=("places", "evaluation"),
    layout="not verified",
    notes=("Whether white or black is hole was not verified: look at one mask, and say hole=black where it is.",),
)

_FRAME_MASK = r"(?P<key>.+?)(?:_M)?"
_CLIP = r".+(?=/)|.+(?=[_-]\d+$)"


def _rord(name: str, folder: str, pick: Pick | None = None) -> Split:
    roles = (
        Role("image", (Place(f"{folder}/img"),)),
        Role("target", (Place(f"{folder}/gt"),)),
        Role("mask", (Place(f"{folder}/mask", _FRAME_MASK),)),
    )
    return Split(name, roles, hole="black", pick=pick)


RORD = Collection(
    name="rord",
    title="RORD: frames with an object, the same place without it, and the object's mask",
    licence="AI Hub's terms (Korea), research; not verified",
    get=(
        "Register at https://aihub.or.kr (data set 487, linked from github.com/Forty-lock/RORD) and download it;",
        "the layout is that of the authors' loader: val/img, val/gt, val/mask, one name each (masks may end in _M).",
    ),
    splits=(
        *(_rord(split, split) for split in ("val", "train", "test")),
        _rord("val-clips", "val", FirstOfEach(_CLIP)),
    ),
    tops=("RORD",),
    cluster=_CLIP,
    layout="read",
    notes=(
        "val-clips, ours: the first frame of every clip of val; its other frames show the same place.",
        "The authors' preprocessing.py writes 0 in the object; other copies may not: hole=white turns it round.",
        "A clip's frames are one cluster: a key's folder, else what stands before its last number.",
    ),
)

PAIRED = (LAMA, MAT, CM_GAN, RORD)
