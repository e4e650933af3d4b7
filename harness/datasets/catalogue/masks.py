"""Folders of masks without pictures: NVIDIA's irregular ones, and those that MI-GAN and MAT publish."""

from __future__ import annotations

from typing import Literal

from harness.datasets.layouts import Collection, Place, Role, Split

__all__ = ["MASKS"]


def _masks(*folders: str) -> tuple[Role, ...]:
    return (Role("mask", tuple(Place(folder) for folder in folders)),)


NVIDIA = Collection(
    name="nvidia-masks",
    title="NVIDIA's irregular masks (PConv), 512 px",
    licence="NVIDIA's, research only (text not verified); they may not be passed on",
    get=(
        "Download them from https://nv-adlr.github.io/publication/partialconv-inpainting "
        "(test: mask/testing_mask_dataset, train: disocclusion_img_mask).",
    ),
    splits=(
        Split("test", _masks("mask/testing_mask_dataset", "testing_mask_dataset", "test_mask"), 12_000, "read",
              "issue threads: 2,000 in each tenth of area"),
        Split("train", _masks("irregular_mask/disocclusion_img_mask", "disocclusion_img_mask"), 55_116, "known",
              hole="black"),
    ),
    layout="read",
    notes=(
        "In the test set white is hole, in the training set black is (knazeri/edge-connect#24): declared per split.",
        "Their bins of area are computed here, never taken from the order of files.",
    ),
)  # fmt: skip


def _published(name: str, *folders: str) -> Split:
    hole: Literal["black"] = "black"
    return Split(name, _masks(name, *folders), hole=hole)


MI_GAN = Collection(
    name="mi-gan-masks",
    title="MI-GAN's published masks, one for each picture, named as the picture",
    licence="MIT (its repository)",
    get=(
        "Download them from the folder that 'pre-generated masks' links in github.com/Picsart-AI-Research/MI-GAN's "
        "README; unpack into ROOT/places-512, ROOT/places-256, ROOT/ffhq-256.",
    ),
    splits=(
        _published("places-512", "places2_512_freeform/masks"),
        _published("places-256", "places2_256_freeform/masks"),
        _published("ffhq-256", "ffhq_256_freeform/masks"),
    ),
    tops=("examples",),
    layout="not verified",
    notes=("255 is what is known, and a mask has its picture's name (scripts/evaluate_fid_lpips.py): read.",),
)

MAT_MASKS = Collection(
    name="mat-masks",
    title="MAT's published masks of Places-val and CelebA-HQ-val",
    licence="research only (its README)",
    get=(
        "Download them as github.com/fenglinglwb/MAT's README says; unpack into ROOT/places-512-large, "
        "ROOT/places-512-small, ROOT/celeba-hq-512-large, ROOT/celeba-hq-512-small.",
    ),
    splits=tuple(
        _published(name)
        for name in ("places-512-large", "places-512-small", "celeba-hq-512-large", "celeba-hq-512-small")
    ),
    layout="not verified",
    notes=(
        "0 is hole (README: read). MAT takes the i-th mask for the i-th picture in sorted order; here a mask must be "
        "named as its picture, and a sample without one is refused.",
    ),
)

MASKS = (NVIDIA, MI_GAN, MAT_MASKS)
