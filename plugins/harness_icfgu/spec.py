"""What ICF-GU is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["ICFGU"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train icfgu --recipe mini",
    resource="harness_icfgu:weights/mini.safetensors",
    sha256="001bc68977c5a52ac8172becb52c2051f11d0cf8eb92479ef0621181572f460c",
    trained_on="3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY, "
    "CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
    parameters_m=0.842538,
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="full-size configuration, seed 0: for tests and timing",
    parameters_m=4.703635,
)

ICFGU = MethodSpec(
    name="icfgu",
    capabilities=("inpaint",),
    target="harness_icfgu.method:IcfguInpainter",
    version="1",
    summary="two stages and a confidence decoder: keeps what it trusts, fills the rest again, upsamples by copying",
    licence="Apache-2.0",
    paper=Paper(
        "High-Resolution Image Inpainting with Iterative Confidence Feedback and Guided Upsampling",
        "ECCV",
        2020,
        "arXiv:2005.11742",
    ),
    params={
        "rounds": Param(4, "passes at most; the last one fills all that is left, 1 is one pass"),
        "threshold": Param(0.5, "confidence above which a pixel is kept for the next round"),
        "upsample": Param(
            "guided",
            "how pictures above the working size come back: detail copied from known patches, or none",
            ("guided", "bicubic"),
        ),
        "working": Param(256, "longest side, in pixels, that the network should see"),
    },
    weights=(_MINI, _RANDOM),
    requires=_TORCH,
    parity="no reference exists",
    card="harness_icfgu:README.md",
)
