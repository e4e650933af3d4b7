"""Faces that are compared in pairs: LFW, XQLFW, Adience, IJB-C. InsightFace's `.bin` is unpacked: `harness pairs`.

How pairs come of them is `harness.verification.published`.
"""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split

__all__ = ["ADIENCE", "COMPARED", "IJB_C", "LFW", "XQLFW"]

_ALIGN = "align them on five points to 112 px: python -m harness_faces.align_folder FOLDER ALIGNED"
_LFW_KEY = r"(?P<key>[^/]+/[^/]+_\d{4})"
_XQLFW_FOLDERS = ("xqlfw", "xqlfw_aligned_112", "lfw_original_imgs_min_qual0.85variant11", "lfw", ".")
_LFW_FOLDERS = ("lfw", "lfw-deepfunneled", "lfw_funneled", "lfw_aligned", ".")

LFW = Collection(
    name="lfw",
    title="LFW: 13,233 faces of 5,749 people, 6,000 pairs",
    licence="not stated by its owners (not verified); research use is customary",
    get=(
        "Get lfw.tgz and pairs.txt (http://vis-www.cs.umass.edu/lfw/, or torchvision's LFWPairs says where).",
        f"then {_ALIGN}; pairs.txt into ALIGNED",
    ),
    splits=(
        Split(
            "view2",
            (Role("image", tuple(Place(folder, _LFW_KEY) for folder in _LFW_FOLDERS)),),
            13_233, "known",
        ),
    ),
    cluster=r"[^/]+",
    layout="known",
    notes=(
        "pairs.txt: 10 folds of 300 genuine and 300 impostor pairs; 3,000 impostors tell no FMR below 1e-2 well (10 / "
        "FMR of them at least), which reports say.",
    ),
)  # fmt: skip

XQLFW = Collection(
    name="xqlfw",
    title="XQLFW: LFW's faces at crossed qualities, 6,000 pairs",
    licence="MIT (its repository, github.com/Martlgap/xqlfw); that of the pictures is LFW's",
    get=(
        "Download pictures and xqlfw_pairs.txt from https://martlgap.github.io/xqlfw/pages/download.",
        f"the set aligned to 112 px as it is, else {_ALIGN}; xqlfw_pairs.txt beside them",
    ),
    splits=(
        Split(
            "pairs",
            (
                Role(
                    "image",
                    tuple(Place(folder, _LFW_KEY) for folder in _XQLFW_FOLDERS),
                ),
            ),
        ),
    ),
    cluster=r"[^/]+",
    layout="not verified",
)

ADIENCE = Collection(
    name="adience",
    title="Adience: faces of 2,284 people in ordinary photographs",
    licence="research only, on registration (not verified)",
    get=(
        "Register at https://talhassner.github.io/home/projects/Adience/Adience-data.html; download faces or aligned.",
        f"then {_ALIGN} --nearest-centre",
    ),
    splits=(
        Split(
            "all",
            (
                Role(
                    "image",
                    tuple(
                        Place(folder, r"(?:[^/]+/)?(?P<key>[^/]+\.\d+\.[^/]+)") for folder in ("aligned", "faces", ".")
                    ),
                ),
            ),
        ),
    ),
    cluster=r"(?:landmark_aligned_face|coarse_tilt_aligned_face)\.\d+",
    layout="read",
    notes=(
        "person: the second word between dots, as fdbtrs/CR-FIQA reads it; compared: every two pictures of a person, "
        "and 200,000 drawn pairs of two (ours; there all pairs, of which there are 10^8).",
    ),
)

IJB_C = Collection(
    name="ijb-c",
    title="IJB-C, 1:1: 469,375 faces in 23,124 templates, 15,658,489 pairs of templates",
    licence="NIST's, on request; its distribution was discontinued (says oufuzhao/CLIB-FIQA)",
    get=(
        "For those who have NIST's licence: IJB_release of deepinsight/insightface (evaluation/IJB): loose_crop, meta.",
    ),
    splits=(
        Split(
            "verification",
            (Role("image", (Place("loose_crop", r"(?P<key>\d+)"), Place("IJBC/loose_crop", r"(?P<key>\d+)"))),),
            469_375, "known",
        ),
    ),
    tops=("IJBC", "IJB_release"),
    layout="read",
    notes=(
        "aligned here on the five points of meta/ijbc_name_5pts_score.txt; a template's vector is the sum of its "
        "media's means, its quality the lowest of its pictures' (ours).",
        "persons are what genuine pairs connect; not run on the real set here: its pairs take about 4 GB of memory.",
    ),
)  # fmt: skip

COMPARED = (LFW, XQLFW, ADIENCE, IJB_C)
