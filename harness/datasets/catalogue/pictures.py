"""Pictures without masks or labels: Places365, Paris StreetView, DIV2K, the 1,000 of ImageNet."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.picks import Drawn, Listed

__all__ = ["PICTURES"]

_PLACES_PAGE = "http://places2.csail.mit.edu/download.html"
_MAT = "metrics fid36k5 and ids36k5 of fenglinglwb/MAT and zsyzzsoft/co-mod-gan"
_LAMA = "advimman/lama README and fetch_data/eval_sampler.py"


def _images(*places: Place) -> tuple[Role, ...]:
    return (Role("image", places),)


def _numbered(kind: str, *folders: str) -> tuple[Role, ...]:
    return _images(*(Place(folder, rf"(?P<key>Places365_{kind}_\d{{8}})") for folder in folders))


_VAL = _numbered("val", "val_large", "val_512", "val")
_TEST = _numbered("test", "test_large", "test")
_CLASSES = r"(?P<key>\w/.+/\d{8})"

PLACES = Collection(
    name="places365",
    title="Places2, Places365-Standard: scenes",
    licence="research and education only (terms on its page; not verified)",
    get=(
        f"Agree to the terms at {_PLACES_PAGE} and download what a split names:",
        "val: high-resolution images, val_large.tar (2.1 GB); val-256: small images, val_256.tar",
        "test: test_large.tar (19 GB); train: train_large_places365standard.tar (105 GB)",
        "test-lama-list: also configs/test_large_30k.lst of github.com/advimman/lama, placed beside test_large",
    ),
    splits=(
        Split("val", _VAL, 36_500, "read", _MAT),
        Split("val-256", _numbered("val", "val_256"), 36_500, "read", _MAT),
        Split(
            "val-30k", _VAL, 30_000, "read", f"{_LAMA}; it draws without a seed: which they are is ours",
            Drawn(30_000, 36_500, "places365/val-30k"),
        ),
        Split("test", _TEST, 328_500, "known"),
        Split("test-lama-list", _TEST, 30_000, "read", "advimman/lama configs", Listed("test_large_30k.lst")),
        Split("train", _images(Place("data_large", _CLASSES), Place("train", _CLASSES)), 1_803_460, "known"),
        Split("train-256", _images(Place("data_256", _CLASSES), Place("train_256", _CLASSES)), 1_803_460, "known"),
    ),
    tops=("places365_standard", "places365", "places_standard_dataset/original", "Places2"),
    layout="read",
    notes=(
        "LaMa's README samples 30,000 of val without a seed; its configs/test_large_30k.lst names files of test: "
        "two different sets. val-30k is a draw of val that is the same for everybody.",
    ),
)  # fmt: skip

PARIS = Collection(
    name="paris-streetview",
    title="Paris StreetView: facades",
    licence="on request from its authors; research (not verified)",
    get=("Ask the authors of context encoders (github.com/pathak22/context-encoder): they send it on request.",),
    splits=(
        Split("eval", _images(Place("paris_eval_gt"), Place("paris_eval/paris_eval_gt")), 100, "known"),
        Split("train", _images(Place("paris_train_original")), 14_900, "known"),
    ),
)

DIV2K = Collection(
    name="div2k",
    title="DIV2K: 2K photographs",
    licence="academic research only (not verified)",
    get=("Download DIV2K_valid_HR.zip and DIV2K_train_HR.zip from https://data.vision.ee.ethz.ch/cvl/DIV2K/.",),
    splits=(
        Split("valid", _images(Place("DIV2K_valid_HR", r"(?P<key>\d{4})")), 100, "read", "BasicSR"),
        Split("train", _images(Place("DIV2K_train_HR", r"(?P<key>\d{4})")), 800, "read", "BasicSR"),
    ),
    tops=("DIV2K",),
    notes=("The low-resolution folders (DIV2K_*_LR_*) are left alone: degradations are made here.",),
)

IMAGENET = Collection(
    name="imagenet-1k-list",
    title="one validation picture of each ImageNet class, as DGP, DDRM and GDP use them",
    licence="ImageNet terms of access: non-commercial research (not verified)",
    get=(
        "Register at https://image-net.org, download ILSVRC2012_img_val.tar (any folders below ROOT will do), and",
        "place scripts/imagenet_val_1k.txt of github.com/XingangPan/deep-generative-prior in ROOT.",
    ),
    splits=(
        Split(
            "list", _images(Place(".", r"(?:.*/)?(?P<key>ILSVRC2012_val_\d{8})(?:_n\d+)?")), 1_000, "read",
            "XingangPan/deep-generative-prior scripts/imagenet_val_1k.txt", Listed("imagenet_val_1k.txt"),
        ),
    ),
    layout="read",
    notes=("DDRM and GDP see view=square+resize256-bilinear: the long edge is cropped first, then it is resized.",),
)  # fmt: skip

PICTURES = (PLACES, PARIS, DIV2K, IMAGENET)
