"""Pictures with opinion scores: KADID-10k, TID2013, LIVE, CSIQ, KonIQ-10k, SPAQ, PIPAL.

Layouts and ranges as chaofengc/IQA-PyTorch reads them (commit 01ae427, scripts/process_*.py and
default_dataset_configs); scores stand as published, but for DMOS of which lower is better: it is turned, and its rule
says how.
"""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.opinions import Opinions

__all__ = ["RATED"]

_SOURCE = "chaofengc/IQA-PyTorch"
_MIRROR = "Or take its archive from huggingface.co/datasets/chaofengc/IQA-PyTorch-Datasets (a copy by pyiqa's author)."


def _place(folder: str, key: str) -> Place:
    return Place(folder, f"(?P<key>{key})", fold=True)


def _in_folders(folder: str, key: str) -> Place:
    """Files in the folder or in folders of it, whose names are no part of the key."""
    return Place(folder, f"(?:[^/]+/)?(?P<key>{key})", fold=True)


def _image(*places: Place) -> Role:
    return Role("image", places)


def _reference(*places: Place) -> Role:
    return Role("reference", places, shared=True)


KADID = Collection(
    name="kadid-10k",
    title="KADID-10k: 81 pictures under 25 distortions at 5 levels, rated",
    licence="free for research; its pictures are Pixabay's (not verified)",
    get=("Download kadid10k.zip (3 GB) from http://database.mmsp-kn.de/kadid-10k-database.html.", _MIRROR),
    splits=(
        Split(
            "all",
            (_image(_place("images", r"[iI]\d\d_\d\d_\d\d")), _reference(_place("images", r"[iI]\d\d"))),
            10_125, "read", _SOURCE,
            Opinions("kadid-10k", ("dmos.csv",), "column dmos of dmos.csv as it stands: 1 to 5, higher is better"),
        ),
    ),
    tops=("kadid10k", "KADID-10k"),
    layout="read",
    notes=(
        "cite: Lin, Hosu, Saupe: KADID-10k, a large-scale artificially distorted IQA database. QoMEX 2019",
        "dmos is its name, but these are degradation ratings of which 5 is imperceptible.",
    ),
)  # fmt: skip

TID2013 = Collection(
    name="tid2013",
    title="TID2013: 25 pictures under 24 distortions at 5 levels, rated",
    licence="non-commercial research and education (not verified)",
    get=("Download tid2013.rar (0.9 GB) from http://www.ponomarenko.info/tid2013.htm.", _MIRROR),
    splits=(
        Split(
            "all",
            (
                _image(_place("distorted_images", r"[iI]\d\d_\d\d_\d")),
                _reference(_place("reference_images", r"[iI]\d\d")),
            ),
            3_000, "read", _SOURCE,
            Opinions("tid2013", ("mos_with_names.txt",), "mos_with_names.txt as it stands: 0 to 9, higher is better"),
        ),
    ),
    tops=("tid2013", "TID2013"),
    layout="read",
    notes=(
        "cite: Ponomarenko et al.: Image database TID2013: peculiarities, results and perspectives. Signal Processing: "
        "Image Communication 30, 2015",
    ),
)  # fmt: skip

_LIVE = (
    _image(_place(".", r"(?:jp2k|jpeg|wn|gblur|fastfading)/img\d+")),
    _reference(_place("refimgs", ".+")),
)


def _live(name: str, table: str, file: str) -> Split:
    rule = f"{file}, 100 - DMOS: about 0 to 100, higher is better; the 203 hidden references are left out"
    return Split(name, _LIVE, 779, "read", _SOURCE, Opinions(table, (file, "refnames_all.mat"), rule))


LIVE = Collection(
    name="live-iqa",
    title="LIVE Image Quality, release 2: 29 pictures under 5 distortions, rated",
    licence="free use with its copyright notice and acknowledgement (University of Texas at Austin)",
    get=(
        "Fill in the form at https://live.ece.utexas.edu/research/quality/subjective.htm: it sends the password of "
        "databaserelease2.zip (0.7 GB).",
        _MIRROR,
    ),
    splits=(_live("all", "live", "dmos.mat"), _live("realigned", "live-realigned", "dmos_realigned.mat")),
    tops=("LIVEIQA_release2", "databaserelease2", "LIVE"),
    layout="read",
    notes=(
        "cite: Sheikh, Sabir, Bovik: A statistical evaluation of recent full reference image quality assessment "
        "algorithms. IEEE TIP 15(11), 2006; and release 2 by its page",
        "realigned: the scores that the 2006 paper uses; all: those that IQA-PyTorch reads.",
    ),
)

CSIQ = Collection(
    name="csiq",
    title="CSIQ: 30 pictures under 6 distortions at 4 or 5 levels, rated",
    licence="not verified",
    get=(
        "Download src_imgs.zip, dst_imgs.zip and csiq.DMOS.xlsx from https://s2.smu.edu/~eclarson/csiq.html, and save "
        "the sheet all_by_image as csiq.DMOS.csv (csiq_label.txt, lines `1600.AWGN.1.png 0.062`, does too).",
        _MIRROR,
    ),
    splits=(
        Split(
            "all",
            (
                _image(_in_folders("dst_imgs", r"[^/]+\.[A-Za-z0-9]+\.\d")),
                _reference(_place("src_imgs", r"[^/]+")),
            ),
            866, "read", _SOURCE,
            Opinions(
                "csiq", ("csiq_label.txt|csiq.DMOS.csv",),
                "csiq_label.txt or csiq.DMOS.csv, 1 - DMOS: 0 to 1, higher is better",
            ),
        ),
    ),
    tops=("CSIQ", "csiq"),
    layout="read",
    notes=(
        "cite: Larson, Chandler: Most apparent distortion: full-reference image quality assessment and the role of "
        "strategy. Journal of Electronic Imaging 19(1), 2010",
    ),
)  # fmt: skip


def _koniq(name: str, part: str, count: int, folder: str) -> Split:
    rule = "column MOS of koniq10k_distributions_sets.csv as it stands: 1 to 100, higher is better"
    pick = Opinions("koniq-10k", ("koniq10k_distributions_sets.csv",), rule, part)
    return Split(name, (_image(_place(folder, r"\d+")),), count, "known", "its paper", pick)


KONIQ = Collection(
    name="koniq-10k",
    title="KonIQ-10k: 10,073 pictures from the wild, rated",
    licence="pictures of YFCC100m under Creative Commons, each its own (not verified); scores free for research",
    get=(
        "Download koniq10k_512x384.zip (or koniq10k_1024x768.zip) from "
        "http://database.mmsp-kn.de/koniq-10k-database.html, and place koniq10k_distributions_sets.csv of "
        "github.com/subpic/koniq (metadata/) beside its folder.",
        _MIRROR,
    ),
    splits=tuple(
        _koniq(f"{name}{ending}", part, count, folder)
        for ending, folder in (("", "512x384"), ("-1024", "1024x768"))
        for name, part, count in (
            ("test", "test", 2_015), ("validation", "validation", 1_000), ("train", "training", 7_058),
            ("all", "", 10_073),
        )
    ),
    tops=("koniq10k",),
    layout="read",
    notes=(
        "cite: Hosu, Lin, Sziranyi, Saupe: KonIQ-10k: an ecologically valid database for deep learning of blind image "
        "quality assessment. IEEE TIP 29, 2020",
    ),
)  # fmt: skip

SPAQ = Collection(
    name="spaq",
    title="SPAQ: 11,125 photographs of 66 smartphones, rated",
    licence="research only (not verified)",
    get=(
        "Download it as github.com/h4nwei/SPAQ says, and save Annotations/MOS and Image attribute scores.xlsx as CSV "
        "beside it.",
        _MIRROR,
    ),
    splits=(
        Split(
            "all", (_image(_place("TestImage", r"\d+")),), 11_125, "read", _SOURCE,
            Opinions(
                "spaq", ("MOS and Image attribute scores.csv",),
                "column MOS of MOS and Image attribute scores.csv as it stands: 0 to 100, higher is better",
            ),
        ),
    ),
    tops=("SPAQ",),
    layout="read",
    notes=(
        "cite: Fang, Zhu, Zeng, Ma, Wang: Perceptual quality assessment of smartphone photography. CVPR 2020",
        "view=short448-bilinear is what IQA-PyTorch judges: the short side resized to 448 px.",
    ),
)  # fmt: skip

PIPAL = Collection(
    name="pipal",
    title="PIPAL: 200 patches under 116 distortions and restorations each, rated",
    licence="research only (not verified)",
    get=(
        "Download Train_Ref.zip, Train_Dist (four archives, into one folder) and Train_Label.zip as "
        "github.com/HaomingCai/PIPAL-dataset says.",
        _MIRROR,
    ),
    splits=(
        Split(
            "train",
            (
                _image(*(_in_folders(folder, r"[aA]\d{4}_\d\d_\d\d") for folder in ("Dist_Imgs", "Train_Dist"))),
                _reference(_place("Train_Ref", r"[aA]\d{4}")),
            ),
            23_200, "known", "its paper",
            Opinions(
                "pipal", ("Train_Label/",),
                "Train_Label/*.txt as it stands: Elo scores, about 900 to 1850, higher is better",
            ),
        ),
    ),
    tops=("PIPAL",),
    layout="read",
    notes=(
        "cite: Gu, Cai, Chen, Ye, Ren, Dong: PIPAL: a large-scale image quality assessment dataset for perceptual "
        "image restoration. ECCV 2020",
        "The scores of its validation and test parts were never published: train is what there is. kind: the first "
        "number of a file's name (00 to 06).",
    ),
)  # fmt: skip

RATED = (KADID, TID2013, LIVE, CSIQ, KONIQ, SPAQ, PIPAL)
