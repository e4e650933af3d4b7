"""Faces: CelebA-HQ, FFHQ, and CelebA as it was aligned."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.picks import Listed, Numbers, Partition

__all__ = ["FACES"]

# Keys are CelebA-HQ's numbers from 0. Archives count from 0 or from 1, so a file tells which.
_HQ = (
    Role(
        "image",
        (
            *(
                Place(folder, r"(?P<key>\d{5})", shift=-1, witness="00001")
                for folder in ("data256x256", "data512x512", "data1024x1024")
            ),
            *(
                Place(folder, r"(?P<key>\d{1,5})", shift=0, witness=first)
                for folder in ("data256x256", "CelebA-HQ-img", "celeba_hq_256", "celeba_hq_512")
                for first in ("0", "00000")
            ),
        ),
    ),
)
_LISTS = "advimman/lama fetch_data"
_MAT = "metric fid2993 of fenglinglwb/MAT; that it is CelebA's own split is known by the number only"

CELEBA_HQ = Collection(
    name="celeba-hq",
    title="CelebA-HQ: 30,000 aligned faces",
    licence="non-commercial research only (not verified)",
    get=(
        "Download data256x256.zip as LaMa's README says (github.com/advimman/lama), or CelebAMask-HQ.zip "
        "(github.com/switchablenorms/CelebAMask-HQ).",
        "lama-test, lama-train: place val_shuffled.flist and train_shuffled.flist of advimman/lama fetch_data in ROOT",
        "mat-val: place CelebA-HQ-to-CelebA-mapping.txt (CelebAMask-HQ) and list_eval_partition.txt (CelebA) in ROOT",
    ),
    splits=(
        Split("all", _HQ, 30_000, "read", _LISTS),
        Split("lama-test", _HQ, 2_000, "read", _LISTS, Listed("val_shuffled.flist")),
        Split("lama-train", _HQ, 28_000, "read", _LISTS, Listed("train_shuffled.flist")),
        Split("mat-val", _HQ, 2_993, "read", _MAT, Partition(1)),
    ),
    tops=("celeba-hq-dataset", "CelebAMask-HQ"),
    layout="read",
    notes=("data256x256.zip counts from 00001, LaMa's lists and CelebAMask-HQ from 0: keys here count from 0.",),
)

FFHQ = Collection(
    name="ffhq",
    title="FFHQ: 70,000 faces at 1024 px",
    licence="CC-BY-NC-SA-4.0 (the set); each picture its own; not for face recognition, says its card",
    get=("Follow github.com/NVlabs/ffhq-dataset (images1024x1024, 89 GB, or thumbnails128x128).",),
    splits=tuple(
        Split(
            f"{name}{ending}",
            (
                Role(
                    "image",
                    tuple(Place(folder, r"(?:\d{5}/)?(?P<key>\d{5})") for folder in folders),
                ),
            ),
            count,
            "read",
            source,
            pick,
        )
        for ending, folders in (
            ("", ("images1024x1024", "images512x512", "images256x256", "ffhq512", "ffhq256")),
            ("-128", ("thumbnails128x128",)),
        )
        for name, count, source, pick in (
            ("all", 70_000, "its card", None),
            ("first-10k", 10_000, "MI-GAN's README", Numbers(0, 10_000)),
        )
    ),
    tops=("ffhq-dataset", "FFHQ", "ffhq"),
)

CELEBA = Collection(
    name="celeba",
    title="CelebA: 202,599 aligned and cropped faces, 178 x 218 px",
    licence="non-commercial research only (not verified)",
    get=("Download img_align_celeba.zip from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html.",),
    splits=(
        Split(
            "all",
            (Role("image", (Place("img_align_celeba", r"(?P<key>\d{6})"),)),),
            202_599,
            "known",
        ),
        Split(
            "test",
            (Role("image", (Place("img_align_celeba", r"(?P<key>\d{6})"),)),),
            19_962,
            "known",
            "numbers from 182638",
            Numbers(182_638, 202_600),
        ),
    ),
    tops=("celeba", "CelebA", "Img"),
    notes=("view=crop178+resize256 is what SCAT sees: a centre crop of 178 px, then 256 px.",),
)

FACES = (CELEBA_HQ, FFHQ, CELEBA)
