"""What SDD-FIQA is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from typing import Any

from harness.faces.specs import ALIGN
from harness.specs import EmbedderSpec, MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["FACE_MFN", "RIVALS", "SDD_FIQA"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_RENDERED = (
    "270 people rendered here (CC0-1.0), {} pictures each, degraded by blur, noise, occlusion, scale and "
    "darkness and never by compression; other people than those that the suite fiqa shows"
)
_RECOGNISER = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train sddfiqa --recipe recogniser",
    resource="harness_sddfiqa:weights/face-mfn.safetensors",
    sha256="4b33d3de721c0a9ac1b81c7b3ce30308a0088331da12ef34d21af0566e9eddfa",
    trained_on=_RENDERED.format(16),
    parameters_m=0.177424,
)
FACE_MFN = EmbedderSpec(
    name="face-mfn",
    target="harness_sddfiqa.embedding:MfnEmbedder",
    version="1",
    dimension=512,
    summary="a small MobileFaceNet trained here on rendered people, for aligned faces of 112 px",
    licence="Apache-2.0",
    requires=_TORCH,
)


def _mini(name: str, sha256: str, extractor: str, pictures: int) -> WeightsSpec:
    return WeightsSpec(
        name=name,
        kind="mini",
        licence="Apache-2.0",
        origin=f"trained by this project: harness train sddfiqa --recipe {name} (labels by {extractor}'s similarities)",
        resource=f"harness_sddfiqa:weights/{name}.safetensors",
        sha256=sha256,
        trained_on=_RENDERED.format(pictures),
        parameters_m=0.087121,
    )


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
        _mini("mini", "bc86a73b1520e98bb45e84409bf5b8a2b7023e83e3160b7ccc254199fc99de3a", "face-mfn", 16),
        _mini("mini-dlib", "3686743af92bd57c89e77740d4c9596535354b07088fa2df111cd09158d9a70d", "face-dlib", 8),
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


def _rival(name: str, target: str, summary: str, tags: frozenset[str], **more: Any) -> MethodSpec:
    return MethodSpec(
        name=name,
        capabilities=("assess",),
        target=f"harness_sddfiqa.rivals:{target}",
        version="1",
        summary=summary,
        licence="Apache-2.0",
        weights=(
            _RECOGNISER,
            WeightsSpec(
                name="random",
                kind="random",
                licence="Apache-2.0",
                origin="small configuration, seed 0: for tests",
                parameters_m=0.022424,
            ),
        ),
        needs=frozenset({"image"}),
        roles=(),
        requires=_TORCH,
        tags=tags,
        card="harness_sddfiqa:README.md",
        **more,
    )


RIVALS = (
    _rival(
        "face-serfiq",
        "SerFiq",
        "SER-FIQ on face-mfn: how much its vectors of a face agree when parts of it are dropped at random",
        frozenset(),
        paper=Paper(
            "SER-FIQ: Unsupervised Estimation of Face Image Quality Based on Stochastic Embedding Robustness",
            "CVPR",
            2020,
            "arXiv:2003.09373",
        ),
        params={"align": ALIGN, "passes": Param(100, "embeddings a face"), "seed": Param(0, "of what is dropped")},
    ),
    _rival(
        "face-mfn-norm",
        "MfnNorm",
        "length of face-mfn's vector: what its recogniser sees much in first",
        frozenset({"floor"}),
        paper=Paper(
            "L2-constrained Softmax Loss for Discriminative Face Verification", "arXiv", 2017, "arXiv:1703.09507"
        ),
        params={"align": ALIGN},
    ),
)
