"""What SDD-FIQA is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.faces.specs import ALIGN
from harness.specs import MethodSpec, Paper, Requirement, WeightsSpec

__all__ = ["SDD_FIQA"]

SDD_FIQA = MethodSpec(
    name="sddfiqa",
    capabilities=("assess",),
    target="harness_sddfiqa.method:SddFiqa",
    version="1",
    summary="how well a face can be recognised: regressed from the distance between its similarities to its "
    "own identity and to others",
    licence="Apache-2.0",
    paper=Paper(
        "SDD-FIQA: Unsupervised Face Image Quality Assessment with Similarity Distribution Distance",
        "CVPR",
        2021,
        "arXiv:2103.05977",
    ),
    weights=(
        WeightsSpec(
            name="official",
            kind="official",
            licence="Apache-2.0 (TFace; the terms of the faces it was trained on are not stated)",
            origin="https://github.com/Tencent/TFace (branch quality, Google Drive file of its README)",
            file="official.pth",
            trained_on="refined MS1M",
            parameters_m=30.777537,
            fetch="download SDD_FIQA_checkpoints_r50.pth "
            "(https://drive.google.com/file/d/1AM0iWVfSVWRjCriwZZ3FXiUGbcDzkF25/view, in the README of the quality "
            "folder of https://github.com/Tencent/TFace), and save it under this name",
        ),
        WeightsSpec(
            name="random",
            kind="random",
            licence="Apache-2.0",
            origin="small configuration, seed 0: for tests",
            parameters_m=0.022717,
        ),
        WeightsSpec(
            name="random-official",
            kind="random",
            licence="Apache-2.0",
            origin="official configuration, seed 0: for timing",
            parameters_m=30.777537,
        ),
    ),
    params={"align": ALIGN},
    needs=frozenset({"image"}),
    roles=(),
    requires=(Requirement("torch", "torch"), Requirement("safetensors", "safetensors")),
    parity="full",
    card="harness_sddfiqa:README.md",
)
