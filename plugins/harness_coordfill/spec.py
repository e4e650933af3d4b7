"""What CoordFill is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["COORDFILL"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train coordfill --recipe mini",
    resource="harness_coordfill:weights/mini.safetensors",
    sha256="5758ca20f270da9e4dbc2c2bf96b67fddfbc327f69b196c07f301ae0a5aabcae",
    trained_on="3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY, "
    "CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
    parameters_m=0.491522,
)
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="BSD-3-Clause (repository; its README says nothing else about the files)",
    origin="https://github.com/NiFangBaAGe/CoordFill (Google Drive folder of its README)",
    file="official.pth",
    trained_on="CelebA-HQ or Places2, whichever file was fetched",
    parameters_m=31.63701,
    fetch="download a checkpoint from the Google Drive folder that the README of "
    "https://github.com/NiFangBaAGe/CoordFill links, and save it under this name",
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="official configuration, seed 0: for tests and timing",
    parameters_m=31.63701,
)

COORDFILL = MethodSpec(
    name="coordfill",
    capabilities=("inpaint",),
    target="harness_coordfill.method:CoordFillInpainter",
    version="1",
    summary="per-tile MLPs, predicted by a small attentional FFC encoder, queried at the hole's pixels only",
    licence="Apache-2.0",
    paper=Paper(
        "CoordFill: Efficient High-Resolution Image Inpainting via Parameterized Coordinate Querying",
        "AAAI",
        2023,
        "arXiv:2303.08524",
    ),
    params={
        "faithful": Param(
            False,
            "official order of operations: the resize before masking lets the hole's content leak",
        )
    },
    weights=(_MINI, _OFFICIAL, _RANDOM),
    requires=_TORCH,
    parity="full",
    card="harness_coordfill:README.md",
)
